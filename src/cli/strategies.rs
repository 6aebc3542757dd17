//! `reskill strategies`. In: banks or runs of the household; out: which of its seven core strategies each has, as a table or JSON.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, check::analyse, colour, export::final_bank, report, say};
use crate::engine::program::Program;
use crate::world::household::strategies::{Strategy, strategies as found};

/// What `reskill strategies` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill strategies skills
    reskill strategies skills skills/domain.skill --json

A strategy is there if the right actions stand above the wrong ones in at least two of its three scenes, and in none below:
preferred above unmarked above avoided above forbidden. \"3/3\" are scenes in which they stood above. Strategy 4 counts for two
of its three kinds of task, strategy 5 for plain deliveries or for two of the others.")]
pub(super) struct Arguments {
    /// Each a bank of its own: a `.skill` file, a folder of them, or a run's folder, whose final bank is taken
    #[arg(required = true, value_name = "BANK_OR_RUN")]
    banks: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A bank and what it has.
#[derive(Debug, Serialize)]
struct Bank {
    bank: String,
    there: usize,
    strategies: Vec<Strategy>,
}

pub(super) fn strategies(told: &Arguments) -> Result<Outcome, Failure> {
    let banks = told.banks.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    match told.json {
        true => say(serde_json::to_string_pretty(&banks)?),
        false => say(table(&banks).trim_end()),
    }
    Ok(Outcome::Clean)
}

fn read(path: &Path) -> Result<Bank, Failure> {
    let strategies = found(&program(path)?);
    let there = strategies.iter().filter(|strategy| strategy.there).count();
    Ok(Bank { bank: path.display().to_string(), there, strategies })
}

/// The bank's program in the household's domain, or in the only one that it has.
fn program(path: &Path) -> Result<Arc<Program>, Failure> {
    let (loaded, analysis) = analyse(&[final_bank(path)?])?;
    if analysis.has_errors() {
        let errors: Vec<_> = analysis.errors().cloned().collect();
        say(report::full(&loaded.files, &errors, colour()));
        return Err(Failure(format!("{}: the skills have errors; mend them first", path.display())));
    }
    let domains = &analysis.checked.domains;
    let household = domains.iter().position(|domain| domain.name == "household");
    match household.or((domains.len() == 1).then_some(0)) {
        Some(domain) => Ok(Program::of(&analysis.checked, domain)),
        None => {
            let names: Vec<&str> = domains.iter().map(|domain| domain.name.as_str()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Err(Failure(format!(
                "{}: no domain `household` among its domains ({names}); name a bank of the household, with its domain",
                path.display()
            )))
        }
    }
}

/// Rows are strategies, columns are banks by number.
fn table(banks: &[Bank]) -> String {
    let mut out = String::new();
    for (number, bank) in (1..).zip(banks) {
        out += &format!("{number:>4}  {}\n", bank.bank);
    }
    let cells = |first: &str, of: &dyn Fn(&Bank) -> String| {
        let cells: String = banks.iter().map(|bank| format!("{:>8}", of(bank))).collect();
        format!("{first:<42}{cells}").trim_end().to_owned() + "\n"
    };
    let numbers: String = (1..=banks.len()).map(|number| format!("{number:>8}")).collect();
    out += &format!("\n{:<42}{numbers}\n", "strategy");
    let names = banks.first().map_or(&[][..], |bank| &bank.strategies);
    for (at, Strategy { number, name, parts, .. }) in names.iter().enumerate() {
        let told = |bank: &Bank| {
            let strategy = &bank.strategies[at];
            let word = if strategy.there { "yes" } else { "no" };
            match strategy.parts.as_slice() {
                [part] => format!("{word} {}/{}", part.above, part.scenes),
                _ => format!("{word}    "),
            }
        };
        out += &cells(&format!("{number} {name}"), &told);
        for (place, part) in parts.iter().enumerate().filter(|_| parts.len() > 1) {
            let told = |bank: &Bank| {
                let part = bank.strategies[at].parts[place];
                format!("{}/{}", part.above, part.scenes)
            };
            out += &cells(&format!("    {}", part.kind), &told);
        }
    }
    let there = |bank: &Bank| format!("{}/{}", bank.there, bank.strategies.len());
    out + &cells("there", &there)
}
