//! `reskill completions` and `reskill man`. In: the command line's own definition; out: a shell's completion script, or
//! manual pages.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::{Failure, Outcome};
use crate::files::write_atomic;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill completions bash > reskill.bash
    reskill completions zsh > _reskill")]
pub(super) struct CompletionArguments {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill man > reskill.1
    reskill man --out man1")]
pub(super) struct ManArguments {
    /// Write a page for every command into this folder, rather than the main page to stdout
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn completions(told: &CompletionArguments) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(told.shell, &mut super::Arguments::command(), "reskill", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Outcome::Clean)
}

pub(super) fn man(told: &ManArguments) -> Result<Outcome, Failure> {
    let mut command = super::Arguments::command();
    command.build();
    match &told.out {
        None => std::io::stdout().write_all(&page(&command)?)?,
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| Failure(format!("{}: {error}", folder.display())))?;
            let commands = command.get_subcommands().filter(|c| c.get_name() != "help");
            for command in std::iter::once(&command).chain(commands) {
                let path = folder.join(format!("{}.1", full_name(command)));
                write_atomic(&path, &page(command)?)
                    .map_err(|error| Failure(format!("{}: {error}", path.display())))?;
            }
        }
    }
    Ok(Outcome::Clean)
}

/// `reskill-check` for the subcommand `check`.
fn full_name(command: &Command) -> String {
    command.get_display_name().unwrap_or(command.get_name()).to_owned()
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).title(full_name(command)).render(&mut page)?;
    Ok(page)
}
