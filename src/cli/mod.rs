//! The command line. In: arguments; out: an exit code (0 clean, 1 findings, 2 could not run), text on stdout, progress and
//! errors on stderr.

mod check;
pub mod load;
pub mod report;
mod trace;

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Conditional skills for agents: write them, check them, train with them.
#[derive(Debug, Parser)]
#[command(name = "reskill", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check `.skill` files: syntax, names, types, binding, limits.
    ///
    /// A skill file's domain is looked for among the files given and as `domain.skill` beside it. Exits with 1 on
    /// warnings or errors, with 2 if a path cannot be read.
    Check {
        /// Files, or folders with `.skill` files in them
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// How findings are printed
        #[arg(long, value_enum, default_value_t = Format::Full)]
        format: Format,
    },
    /// Run the examples of skills.
    ///
    /// Every `example` is played alone and its `expect` lines are compared. Exits with 1 if one does not hold.
    Test {
        /// Files, or folders with `.skill` files in them
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// How findings are printed
        #[arg(long, value_enum, default_value_t = Format::Full)]
        format: Format,
    },
    /// Play recorded episodes through skills: which rules fired where, which assertions broke and why.
    Trace {
        /// Files, or folders with `.skill` files in them
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Episodes, one JSON object a line; `-` reads standard input
        #[arg(long, short)]
        trajectories: PathBuf,
        /// Only the episode with this id, or on this line
        #[arg(long)]
        episode: Option<String>,
        /// Print one JSON object an episode
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Drawn over the source, for people
    Full,
    /// One JSON array, for programs
    Json,
}

/// How a command ended when it could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Clean,
    Findings,
}

/// Why a command could not run; printed to stderr as one message.
#[derive(Debug)]
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.to_string())
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Printing help fails only if stdout or stderr is gone: then nobody is there to be told.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let outcome = match arguments.command {
        Command::Check { paths, format } => check::check(&paths, format),
        Command::Test { paths, format } => check::test(&paths, format),
        Command::Trace { paths, trajectories, episode, json } => {
            trace::trace(&paths, &trajectories, episode.as_deref(), json)
        }
    };
    match outcome {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(Failure(message)) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

/// Whether stdout takes colour.
fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Prints to stdout; a reader that has gone away (`| head`) ends the program quietly.
fn say(text: impl Display) {
    if writeln!(std::io::stdout().lock(), "{text}").is_err() {
        std::process::exit(0);
    }
}
