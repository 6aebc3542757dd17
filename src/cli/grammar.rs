//! `reskill grammar`. In: a notation, what a text is, maybe a domain; out: the grammar on stdout; or the text of a JSON form.

use std::io::Read;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Failure, Outcome, check::analyse, colour, report, say};
use crate::lang::grammar::{self, Names};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill grammar --as lark > patch.lark
    reskill grammar --as gbnf --domain skills/domain.skill > patch.gbnf
    reskill grammar --as ebnf --root file
    reskill grammar --as json-schema --root skill --domain skills

Names that a skill declares for itself count as declared if the skill is among the files of --domain. What a model
answered under the JSON Schema becomes text by `reskill grammar --render ANSWER.json`.
Which engine reads which form, and what each form leaves out: docs/grammar.md.")]
pub(super) struct Arguments {
    /// The notation
    #[arg(long = "as", value_enum, value_name = "FORM", required_unless_present = "render")]
    form: Option<Form>,
    /// What a whole text is
    #[arg(long, value_enum, default_value_t = Root::Patch)]
    root: Root,
    /// Let only names that these files declare be used: `.skill` files, or a folder of them
    #[arg(long, value_name = "PATH")]
    domain: Vec<PathBuf>,
    /// Print the text of a JSON form instead; `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["form", "root", "domain"])]
    render: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For llama.cpp and xgrammar
    Gbnf,
    /// For Lark, llguidance and engines with it
    Lark,
    /// For people, and tools that read ISO's notation
    Ebnf,
    /// For engines that know JSON only: texts as nested arrays of words
    JsonSchema,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Root {
    /// One patch
    Patch,
    /// One skill
    Skill,
    /// Domains, skills and patches
    File,
}

pub(super) fn grammar(told: &Arguments) -> Result<Outcome, Failure> {
    if let Some(path) = &told.render {
        let failure = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
        let mut text = String::new();
        match path.as_os_str() == "-" {
            true => std::io::stdin().read_to_string(&mut text).map_err(|e| failure(&e))?,
            false => {
                std::fs::File::open(path).and_then(|mut f| f.read_to_string(&mut text)).map_err(|e| failure(&e))?
            }
        };
        let value = serde_json::from_str(&text).map_err(|e| failure(&e))?;
        say(grammar::render(&value).trim_end());
        return Ok(Outcome::Clean);
    }
    let names = if told.domain.is_empty() { None } else { Some(names(&told.domain)?) };
    let root = match told.root {
        Root::Patch => grammar::Root::Patch,
        Root::Skill => grammar::Root::Skill,
        Root::File => grammar::Root::File,
    };
    let notation = match told.form {
        Some(Form::Gbnf) => grammar::Notation::Gbnf,
        Some(Form::Lark) => grammar::Notation::Lark,
        // clap asks for a form where nothing is rendered.
        Some(Form::Ebnf) | None => grammar::Notation::Ebnf,
        Some(Form::JsonSchema) => grammar::Notation::JsonSchema,
    };
    say(grammar::export(notation, root, names.as_ref())?.trim_end());
    Ok(Outcome::Clean)
}

/// What the files declare; they must be sound.
fn names(paths: &[PathBuf]) -> Result<Names, Failure> {
    let (loaded, analysis) = analyse(paths)?;
    if analysis.has_errors() {
        let errors: Vec<_> = analysis.errors().cloned().collect();
        say(report::full(&loaded.files, &errors, colour()));
        return Err(Failure("the domain has errors; no grammar was printed".to_owned()));
    }
    let told: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Names::of(analysis.trees.iter().flatten()).map_err(|error| Failure(format!("{}: {error}", told.join(", "))))
}
