//! Two arms over seeds. In: the summaries of both arms, seed by seed; out: means, and paired differences with their intervals, at the
//! end of training and for the area under the curve, by split; and the same with the skills switched off.

use serde::Serialize;

use super::summary::{Summary, line};
use crate::stats::mean_interval;

/// One measure of both arms. Rates are in 0..1.
#[derive(Debug, Clone, Serialize)]
pub struct Paired {
    /// `end`, `area` or `end, skills off`.
    pub measure: &'static str,
    pub split: String,
    pub seeds: usize,
    pub first: f64,
    pub second: f64,
    /// Mean over seeds of second minus first, and its 95% interval by Student's t; no interval for a single seed.
    pub difference: f64,
    pub interval: Option<(f64, f64)>,
}

/// Compares two arms that were played with the same seeds, in the same order.
pub fn paired(first: &[Summary], second: &[Summary]) -> Vec<Paired> {
    let mut splits: Vec<&str> = first.iter().flat_map(|s| &s.evaluations).map(|e| e.split.as_str()).collect();
    splits.sort_unstable();
    splits.dedup();
    type Measure = fn(&Summary, &str) -> Option<f64>;
    let measures: [(&'static str, Measure, Measure); 3] =
        [("end", end, end), ("area", area, area), ("end, skills off", end, end_off)];
    let mut rows = Vec::new();
    for (measure, of_first, of_second) in measures {
        for split in &splits {
            let pairs: Vec<(f64, f64)> = (first.iter().zip(second))
                .filter_map(|(one, other)| Some((of_first(one, split)?, of_second(other, split)?)))
                .collect();
            if pairs.is_empty() {
                continue;
            }
            let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / pairs.len() as f64;
            let differences: Vec<f64> = pairs.iter().map(|(one, other)| other - one).collect();
            let (difference, interval) = mean_interval(&differences);
            rows.push(Paired {
                measure,
                split: (*split).to_owned(),
                seeds: pairs.len(),
                first: mean(&mut pairs.iter().map(|p| p.0)),
                second: mean(&mut pairs.iter().map(|p| p.1)),
                difference,
                interval,
            });
        }
    }
    rows
}

/// Success at the last evaluation with skills as served.
fn end(summary: &Summary, split: &str) -> Option<f64> {
    summary.evaluations.iter().rev().find(|e| e.skills && e.split == split).map(|e| e.rate())
}

fn end_off(summary: &Summary, split: &str) -> Option<f64> {
    summary.evaluations.iter().rev().find(|e| !e.skills && e.split == split).map(|e| e.rate())
}

/// Mean success over training: trapezoids between the evaluations.
fn area(summary: &Summary, split: &str) -> Option<f64> {
    let points: Vec<(f64, f64)> = (summary.evaluations.iter())
        .filter(|e| e.skills && e.split == split)
        .map(|e| (e.step as f64, e.rate()))
        .collect();
    let width = points.last()?.0 - points.first()?.0;
    let sum: f64 = points.windows(2).map(|p| (p[1].0 - p[0].0) * (p[0].1 + p[1].1) / 2.0).sum();
    (width > 0.0).then(|| sum / width)
}

/// As a table, in points.
pub fn table(rows: &[Paired], arms: [&str; 2]) -> String {
    let mut out = String::new();
    line(&mut out, &["measure, split", arms[0], arms[1], "paired difference, points"].map(str::to_owned));
    line(&mut out, &["---"; 4].map(str::to_owned));
    for row in rows {
        let interval =
            row.interval.map_or(String::new(), |(low, high)| format!(" [{:+.1}, {:+.1}]", 100.0 * low, 100.0 * high));
        line(
            &mut out,
            &[
                format!("{}, {}", row.measure, row.split),
                format!("{:.3}", row.first),
                format!("{:.3}", row.second),
                format!("{:+.1}{interval}", 100.0 * row.difference),
            ],
        );
    }
    out
}
