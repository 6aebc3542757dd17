//! The command line. In: arguments; out: an exit code (0 clean, 1 findings, 2 could not run), text on stdout, progress and
//! errors on stderr.

mod ask;
#[cfg(feature = "evolve")]
mod bank;
mod check;
mod compare;
#[cfg(feature = "train")]
mod demo;
#[cfg(feature = "evolve")]
mod diagnose;
mod diff;
#[cfg(feature = "train")]
mod eval;
mod explain;
mod export;
mod fix;
mod fmt;
#[cfg(feature = "evolve")]
mod games;
mod generate;
mod grammar;
#[cfg(feature = "evolve")]
mod history;
mod import;
mod lsp;
mod new;
mod patch;
#[cfg(feature = "evolve")]
mod play;
#[cfg(feature = "evolve")]
mod propose;
#[cfg(feature = "evolve")]
mod record;
pub mod report;
#[cfg(feature = "evolve")]
mod simulate;
#[cfg(feature = "evolve")]
mod strategies;
mod trace;
#[cfg(feature = "train")]
mod train;
#[cfg(feature = "train")]
mod versus;
mod watch;
#[cfg(feature = "evolve")]
mod worlds;

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[cfg(feature = "train")]
use crate::bank::version_test::Method;
use crate::files::write_atomic;

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
    /// warnings or errors, with 2 if a path cannot be read. `--fix` mends what can be mended without a doubt: a fix is
    /// applied only if it leaves no file with more errors than before.
    Check(check::Arguments),
    /// Run the examples of skills.
    ///
    /// Every `example` is played alone and its `expect` lines are compared. Exits with 1 if one does not hold.
    Test(check::TestArguments),
    /// Bring `.skill` files into their canonical form.
    ///
    /// Comments and single blank lines are kept. What is written is parsed again first: a file whose meaning would change
    /// is left as it is. A file with syntax errors is refused, and the others are formatted. Exits with 1 if one was
    /// refused, or if `--check` or `--diff` found one that is not canonical.
    Fmt(fmt::Arguments),
    /// Explain a finding by its code: what it means, why it matters, an example, what to do.
    Explain(explain::Arguments),
    /// Play recorded episodes through skills: which rules fired where, which assertions broke and why.
    Trace(trace::Arguments),
    /// Write the first draft of a domain or a skill: from flags, by questions, or from recorded episodes.
    New(new::Arguments),
    /// Tell what two banks differ in, by meaning.
    ///
    /// Comments, layout, names of variables and the order of literals are no difference. Exits with 0 if both mean the same,
    /// with 1 if not, with 2 if one of them has errors.
    Diff(compare::Arguments),
    /// Make skills of other systems' files: SKILL.md, assertions, banks.
    ///
    /// Prints the skills, or writes them with `--out`. Exits with 1 if something did not come across that matters to what
    /// a skill does or says, with 2 if a file cannot be read; then nothing is written.
    Import(import::Arguments),
    /// Tell skills in the forms that other agents read: SKILL.md folders, or a JSON bank.
    ///
    /// PATHS are `.skill` files, folders of them, or a run's folder, whose final bank is taken.
    Export(export::Arguments),
    /// Print the grammar of the language in another notation, for all names or for those of a domain.
    ///
    /// A language model that is held to it writes nothing but patches (or skills, or files) without syntax errors.
    Grammar(grammar::Arguments),
    /// Serve an editor: findings while you type, hover, definitions, references, rename, completion, formatting.
    ///
    /// Speaks the Language Server Protocol over stdin and stdout, and is started by an editor, not by hand. Unsaved text
    /// counts; the other `.skill` files of a document's folder are read from the disk. Exits with 0 after `shutdown` and
    /// `exit`, with 1 if the editor goes away without them, with 2 if what it says cannot be read.
    Lsp(lsp::Arguments),
    /// Apply a patch to the skills of a bank, whole or not at all, or tell why it does not fit.
    Patch(patch::Arguments),
    /// Print a completion script for a shell.
    Completions(generate::CompletionArguments),
    /// Print the manual page, or write the pages of all commands.
    Man(generate::ManArguments),
    /// Write a version of a run's bank as `.skill` files that say where they are from.
    #[cfg(feature = "evolve")]
    Bank(bank::Arguments),
    /// Tell what became of a run's versions: a tree, and a timeline.
    #[cfg(feature = "evolve")]
    History(history::Arguments),
    /// Tell why a version was accepted or not: what it changed, who proposed it, the evidence step by step.
    #[cfg(feature = "evolve")]
    Why(history::WhyArguments),
    /// Ask a creator for one proposal to a run's bank, by hand: the inducer, or a language model.
    ///
    /// Reads the newest checkpoint's reservoir and the version in force. A patch that passes the gate is written to
    /// RUN/proposals/NNNN.skill-patch; nothing else of the run changes. Keys come from environment variables only
    /// (docs/creator.md). Exits with 1 if there is no such patch, with 2 if it could not run.
    #[cfg(feature = "evolve")]
    Propose(propose::Arguments),
    /// Tell what to do about a run's bank: which assertions tell, which rules are followed and help, what is missing.
    ///
    /// Reads the reservoir of the newest checkpoint and the bank in force. Exits with 2 if there is none.
    #[cfg(feature = "evolve")]
    Diagnose(diagnose::Arguments),
    /// Try version tests on a simulated policy whose truth is known: false accepts, power, steps, successes lost.
    #[cfg(feature = "evolve")]
    Simulate(simulate::Arguments),
    /// Tell which of the household's seven core strategies a bank has, by what it does.
    ///
    /// Small scenes of the household are played under each bank, and its marks are looked at where it matters. How the
    /// skills say it makes no difference. Of no use for other worlds.
    #[cfg(feature = "evolve")]
    Strategies(strategies::Arguments),
    /// List worlds with their splits and sizes.
    #[cfg(feature = "evolve")]
    Worlds(worlds::Arguments),
    /// Play a world by hand, with skills speaking beside its text.
    #[cfg(feature = "evolve")]
    Play(play::Arguments),
    /// Let a world's demonstrator, or chance, play some tasks and keep what was played.
    #[cfg(feature = "evolve")]
    Record(record::Arguments),
    /// Write tasks of the household as ALFWorld's game files.
    #[cfg(feature = "evolve")]
    Games(games::Arguments),
    /// Train a policy by GRPO while its skills evolve.
    ///
    /// Ctrl-C saves after the step at hand; a run killed in any other way goes on from its last checkpoint. Exits with 1
    /// if it was interrupted, with 2 if it could not run.
    #[cfg(feature = "train")]
    Train {
        /// The configuration (TOML; docs/training.md explains every key), or a world's name: `shop` is envs/shop/train.toml
        config: Option<PathBuf>,
        /// Go on with the run in this folder
        #[arg(long, conflicts_with_all = ["config", "seed", "out"])]
        resume: Option<PathBuf>,
        /// The run's folder [default: runs/CONFIG-SEED]
        #[arg(long, short)]
        out: Option<PathBuf>,
        /// Instead of the configuration's `seed`
        #[arg(long)]
        seed: Option<u64>,
        /// Instead of the configuration's `run.steps`
        #[arg(long)]
        steps: Option<u64>,
        /// How versions are compared, instead of the configuration's `version_test.method`
        #[arg(long, value_name = "METHOD", conflicts_with = "resume")]
        version_test: Option<Method>,
        /// cpu or cuda
        #[arg(long, default_value = "cpu")]
        device: String,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Evaluate a run's policy: every task of a split exactly once, one fixed bank version.
    #[cfg(feature = "train")]
    Eval(eval::Arguments),
    /// Compare two runs on the same tasks: both policies, each with its final bank, and their paired difference.
    #[cfg(feature = "train")]
    Compare(versus::Arguments),
    /// Compare GRPO alone with GRPO and evolving skills: same warm start, equal rollouts, one table.
    ///
    /// The first arm is the configuration with no skills and no evolution. The same command again goes on where it was.
    #[cfg(feature = "train")]
    Demo {
        /// The configuration (TOML)
        #[arg(default_value = "envs/household/demo.toml")]
        config: PathBuf,
        /// Where the runs go
        #[arg(long, short, default_value = "runs/demo")]
        out: PathBuf,
        /// How many seeds, counting up from the configuration's
        #[arg(long, default_value_t = 1)]
        seeds: u64,
        /// How versions are compared, instead of the configuration's `version_test.method`
        #[arg(long, value_name = "METHOD")]
        version_test: Option<Method>,
        /// A few steps only, to see that everything works
        #[arg(long)]
        short: bool,
        /// Remove what is in the folder and begin anew
        #[arg(long)]
        fresh: bool,
    },
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
        Command::Check(told) => check::check(&told),
        Command::Test(told) => check::test(&told),
        Command::Fmt(told) => fmt::fmt(&told),
        Command::Explain(told) => explain::explain(&told),
        Command::Trace(told) => trace::trace(&told),
        Command::New(told) => new::new(&told),
        Command::Diff(told) => compare::compare(&told),
        Command::Import(told) => import::import_files(&told),
        Command::Export(told) => export::export(&told),
        Command::Grammar(told) => grammar::grammar(&told),
        Command::Lsp(told) => lsp::lsp(&told),
        Command::Patch(told) => patch::patch(&told),
        Command::Completions(told) => generate::completions(&told),
        Command::Man(told) => generate::man(&told),
        #[cfg(feature = "evolve")]
        Command::Bank(told) => bank::bank(&told),
        #[cfg(feature = "evolve")]
        Command::History(told) => history::history(&told),
        #[cfg(feature = "evolve")]
        Command::Why(told) => history::why(&told),
        #[cfg(feature = "evolve")]
        Command::Propose(told) => propose::propose(&told),
        #[cfg(feature = "evolve")]
        Command::Diagnose(told) => diagnose::diagnose(&told),
        #[cfg(feature = "evolve")]
        Command::Simulate(told) => simulate::run(&told),
        #[cfg(feature = "evolve")]
        Command::Strategies(told) => strategies::strategies(&told),
        #[cfg(feature = "evolve")]
        Command::Worlds(told) => worlds::worlds(&told),
        #[cfg(feature = "evolve")]
        Command::Play(told) => play::play(&told),
        #[cfg(feature = "evolve")]
        Command::Record(told) => record::record(&told),
        #[cfg(feature = "evolve")]
        Command::Games(told) => games::games(&told),
        #[cfg(feature = "train")]
        Command::Train { config, resume, out, seed, steps, version_test, device, json } => {
            let (config, resume, device) = (config.as_deref(), resume.as_deref(), device.as_str());
            train::train(train::Training { config, resume, out, seed, steps, version_test, device, json })
        }
        #[cfg(feature = "train")]
        Command::Eval(told) => eval::eval(&told),
        #[cfg(feature = "train")]
        Command::Compare(told) => versus::compare(&told),
        #[cfg(feature = "train")]
        Command::Demo { config, out, seeds, version_test, short, fresh } => {
            demo::demo(demo::Demo { config: &config, out, seeds, version_test, short, fresh })
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

/// Writes files whole, with the folders that they need. Files that are there already are replaced only with `force`; else
/// nothing is written.
fn write_files(files: &[(PathBuf, &str)], force: bool) -> Result<(), Failure> {
    let there: Vec<String> =
        files.iter().map(|(p, _)| p).filter(|p| p.exists()).map(|p| p.display().to_string()).collect();
    if !there.is_empty() && !force {
        return Err(Failure(format!(
            "{} is there already; replace with --force, or choose another folder",
            there.join(", ")
        )));
    }
    for (path, text) in files {
        let failure = |error: std::io::Error| Failure(format!("{}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failure)?;
        }
        write_atomic(path, text.as_bytes()).map_err(failure)?;
    }
    Ok(())
}

/// Whether stdout takes colour.
fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Replaces a source file by what a tool made of it, whole or not at all; a link stays a link.
fn rewrite(name: &str, text: &str) -> Result<(), Failure> {
    let replace = || write_atomic(&std::fs::canonicalize(name)?, text.as_bytes());
    replace().map_err(|error: std::io::Error| Failure(format!("{name}: cannot be written: {error}")))
}

/// Prints to stdout; a reader that has gone away (`| head`) ends the program quietly.
fn say(text: impl Display) {
    if writeln!(std::io::stdout().lock(), "{text}").is_err() {
        std::process::exit(0);
    }
}
