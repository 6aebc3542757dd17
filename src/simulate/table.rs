//! Simulated tests as a table. In: rows; out: text.

use std::fmt::Write;

use super::Row;

/// The mixture of true effects over which gates are compared by what they lose: half of the challengers change nothing.
pub const MIXTURE: [(f64, f64); 4] = [(0.0, 0.5), (-0.05, 0.2), (0.05, 0.2), (0.10, 0.1)];

/// Successes that a test loses under the [`MIXTURE`], and the half-width of its 95% interval; `None` unless all of its
/// effects were simulated.
pub fn mixed_regret(rows: &[&Row]) -> Option<(f64, f64)> {
    let (mut regret, mut variance) = (0.0, 0.0);
    for (effect, share) in MIXTURE {
        let row = rows.iter().find(|row| (row.effect - effect).abs() < 1e-9)?;
        regret += share * row.regret;
        variance += (share * (row.regret_interval.1 - row.regret)).powi(2);
    }
    Some((regret, variance.sqrt()))
}

/// A table in Markdown, by effect and gate; then the mixture.
pub fn table(rows: &[Row], gates: &[&str]) -> String {
    let mut out = String::from(
        "| effect | gate | accepted | rejected | undecided | steps to accept | steps to reject | successes lost |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    let mut effects: Vec<f64> = rows.iter().map(|row| row.effect).collect();
    effects.sort_by(f64::total_cmp);
    effects.dedup();
    let steps = |median: Option<f64>| median.map_or("-".to_owned(), |median| format!("{median}"));
    for effect in effects {
        for row in gates.iter().filter_map(|gate| rows.iter().find(|r| r.gate == *gate && r.effect == effect)) {
            let (low, high) = row.accepted_interval;
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "| {:+.0} | {} | {:.1}% [{:.1}, {:.1}] | {:.1}% | {:.1}% | {} | {} | {:.1} ± {:.1} |",
                100.0 * effect,
                row.gate,
                100.0 * row.accepted,
                100.0 * low,
                100.0 * high,
                100.0 * row.rejected,
                100.0 * row.undecided,
                steps(row.median_steps_to_accept),
                steps(row.median_steps_to_reject),
                row.regret,
                row.regret_interval.1 - row.regret,
            );
        }
    }
    let mixed: Vec<String> = gates
        .iter()
        .filter_map(|gate| {
            let (regret, error) = mixed_regret(&rows.iter().filter(|row| row.gate == *gate).collect::<Vec<_>>())?;
            Some(format!("{gate} {regret:.1} ± {error:.1}"))
        })
        .collect();
    if !mixed.is_empty() {
        let _ = write!(
            out,
            "\nSuccesses lost by a test when half of the challengers change nothing, a fifth each cost and bring 5 points \
             and a tenth brings 10: {}.\n",
            mixed.join(", ")
        );
    }
    out
}
