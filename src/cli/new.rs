//! `reskill new`. In: flags, or answers on a terminal, or recorded episodes; out: a file with a domain or a skill that
//! checks, with warnings where something is still to be said.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::ask::Asking;
use super::report::{self, Format};
use super::{Failure, Outcome, colour, say, write_files};
use crate::episode::Trajectory;
use crate::foreign::identifier;
use crate::lang::ast::{DeclKind, Domain, Item};
use crate::lang::check::{Finding, SourceFile, check};
use crate::lang::diag::nearest;
use crate::lang::lint::lint;
use crate::lang::load::load_named;
use crate::lang::parse::parse;
use crate::propose::draft::{DomainDraft, SkillDraft};
use crate::propose::propose;

const DOMAIN_FILE: &str = "domain.skill";

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill new domain garden --dir garden --action \"water {plant}\"
    reskill new domain shop --dir shop --from episodes.jsonl
    reskill new skill wash_first --domain kitchen --for heat --dir skills

Run on a terminal without the flags that it needs, it asks.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write DIR/domain.skill: what can happen in a world, and what can be true.
    ///
    /// With --from, the domain is proposed from recorded episodes: action templates by what varies in them, sentences that
    /// come back, answers after which nothing had changed, and facts that one action begins and another ends. Everything
    /// carries a comment with its count.
    #[command(after_help = "Examples:
    reskill new domain garden --dir garden --action \"water {plant}\"
    reskill new domain shop --dir shop --from episodes.jsonl")]
    Domain(NewDomain),
    /// Write DIR/NAME.skill: a skill to go on from.
    ///
    /// What is not said yet is a warning of `reskill check`: a trigger written as `todo`, no assertion, no example.
    #[command(after_help = "Example:
    reskill new skill wash_first --domain kitchen --for heat --dir skills")]
    Skill(NewSkill),
}

#[derive(Debug, Args)]
struct NewDomain {
    /// The domain's name
    name: Option<String>,
    /// Propose it from these episodes, one JSON object a line
    #[arg(long, conflicts_with_all = ["task", "fails", "action", "observation"])]
    from: Option<PathBuf>,
    /// A task sentence, with {x} for what varies; may be given several times
    #[arg(long)]
    task: Vec<String>,
    /// An answer to an action that did not happen
    #[arg(long)]
    fails: Vec<String>,
    /// An action, with {x} or {x: number} for what varies
    #[arg(long)]
    action: Vec<String>,
    /// A sentence that is read after actions, with {x} for what varies
    #[arg(long)]
    observation: Vec<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
struct NewSkill {
    /// The skill's name
    name: Option<String>,
    /// Its domain, declared by a file in DIR
    #[arg(long)]
    domain: Option<String>,
    /// The task it is for: a name, or a name with variables
    #[arg(long = "for")]
    task: Option<String>,
    /// The condition of its rule, as a skill has it
    #[arg(long)]
    when: Option<String>,
    /// What its rule advises
    #[arg(long)]
    advise: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
struct Target {
    /// The folder of the file
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Replace the file if it is there already
    #[arg(long)]
    force: bool,
}

pub(super) fn new(told: &Arguments) -> Result<Outcome, Failure> {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    // Questions go where messages go: stdout may be piped.
    let asking = terminal.then(|| Asking::new(BufReader::new(std::io::stdin()), std::io::stderr()));
    match &told.what {
        What::Domain(told) => new_domain(told, asking),
        What::Skill(told) => new_skill(told, asking),
    }
}

fn new_domain<R: BufRead, W: std::io::Write>(
    told: &NewDomain,
    mut asking: Option<Asking<R, W>>,
) -> Result<Outcome, Failure> {
    let name = name(told.name.as_deref(), "domain", asking.as_mut())?;
    let path = told.target.dir.join(DOMAIN_FILE);
    refuse_existing(&path, &told.target)?;
    if let Some(from) = &told.from {
        let proposal = propose(&name, &read_episodes(from)?)?;
        finish(&path, &proposal.text, &told.target, &[])?;
        let share = proposal.matched as f64 * 100.0 / proposal.actions.max(1) as f64;
        eprintln!("its events match {} of {} different actions ({share:.0}%)", proposal.matched, proposal.actions);
        proposal.unmatched.iter().for_each(|action| eprintln!("    not matched: {action}"));
        return Ok(Outcome::Clean);
    }
    let mut draft = DomainDraft {
        name,
        tasks: told.task.clone(),
        fails: told.fails.clone(),
        actions: told.action.clone(),
        observations: told.observation.clone(),
    };
    let known = [&draft.tasks, &draft.fails, &draft.actions, &draft.observations];
    if let (Some(asking), true) = (&mut asking, known.iter().all(|list| list.is_empty())) {
        draft.actions =
            asking.ask_all("An action, with {x} for what varies, e.g. take {x} from {r} (empty: no more)")?;
        draft.observations =
            asking.ask_all("A sentence that is read then, e.g. You see {xs: list}. (empty: no more)")?;
        draft.tasks = asking.ask_all("A task, e.g. bring a {what} to the {spot} (empty: no more)")?;
        draft.fails = asking.ask_all("An answer to an action that did not happen (empty: no more)")?;
    }
    finish(&path, &draft.text(), &told.target, &[])?;
    Ok(Outcome::Clean)
}

fn new_skill<R: BufRead, W: std::io::Write>(
    told: &NewSkill,
    mut asking: Option<Asking<R, W>>,
) -> Result<Outcome, Failure> {
    let name = name(told.name.as_deref(), "skill", asking.as_mut())?;
    let path = told.target.dir.join(format!("{name}.skill"));
    refuse_existing(&path, &told.target)?;
    let others = files_beside(&told.target.dir, &path)?;
    let domains: Vec<Domain> = others.iter().flat_map(|file| domains(&file.text)).collect();
    let domain = domain(told, &domains, asking.as_mut())?;
    let mut draft = SkillDraft {
        name,
        domain: domain.name.text.clone(),
        task: told.task.clone(),
        when: told.when.clone(),
        advice: told.advise.clone(),
    };
    if let Some(asking) = &mut asking {
        let tasks: Vec<String> = tasks(domain).map(|(name, _)| name.to_owned()).collect();
        if draft.task.is_none() && !tasks.is_empty() {
            let question = format!("The task it is for, one of {} (empty: any)", tasks.join(", "));
            draft.task = asking.ask_for(&question, |answer| {
                let name = answer.split('(').next().unwrap_or_default().trim();
                (!tasks.iter().any(|task| task == name)).then(|| format!("the domain has no task `{name}`"))
            })?;
        }
        if draft.when.is_none() {
            draft.when = asking.ask("The condition under which it speaks, e.g. holding(x) (empty: later)")?;
        }
        if draft.advice.is_none() {
            draft.advice = asking.ask("What it advises then (empty: later)")?;
        }
    }
    draft.task = draft.task.map(|task| with_variables(task, domain)).transpose()?;
    finish(&path, &draft.text(), &told.target, &others)?;
    Ok(Outcome::Clean)
}

/// The name as told, or as answered.
fn name<R: BufRead, W: std::io::Write>(
    told: Option<&str>,
    what: &str,
    asking: Option<&mut Asking<R, W>>,
) -> Result<String, Failure> {
    let refuse = |name: &str| {
        let fitting = identifier(name, what);
        (fitting != name)
            .then(|| format!("`{name}` is no name: letters, digits and `_`, and no keyword; `{fitting}` is one"))
    };
    match (told, asking) {
        (Some(name), _) => refuse(name).map_or(Ok(name.to_owned()), |reason| Err(Failure(reason))),
        (None, Some(asking)) => {
            let answer = asking.ask_for(&format!("The {what}'s name"), refuse)?;
            answer.ok_or_else(|| Failure(format!("the {what} has no name; nothing was written")))
        }
        (None, None) => Err(Failure(format!("name it: `reskill new {what} NAME`"))),
    }
}

fn refuse_existing(path: &Path, target: &Target) -> Result<(), Failure> {
    match path.exists() && !target.force {
        true => Err(Failure(format!("{} is there already; replace it with --force", path.display()))),
        false => Ok(()),
    }
}

/// The `.skill` files of the folder, without the one that is to be written.
fn files_beside(folder: &Path, path: &Path) -> Result<Vec<SourceFile>, Failure> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let failure = |error: std::io::Error| Failure(format!("{}: {error}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(failure)? {
        let found = entry.map_err(failure)?.path();
        if found.extension().is_some_and(|e| e == "skill") && found.is_file() && found.file_name() != path.file_name() {
            paths.push(found);
        }
    }
    Ok(if paths.is_empty() { Vec::new() } else { load_named(&paths)?.files })
}

fn domains(text: &str) -> Vec<Domain> {
    let items = parse(text).items.into_iter();
    items.filter_map(|item| if let Item::Domain(domain) = item { Some(domain) } else { None }).collect()
}

/// The domain as told or answered; the only one of the folder where nothing is said.
fn domain<'d, R: BufRead, W: std::io::Write>(
    told: &NewSkill,
    domains: &'d [Domain],
    asking: Option<&mut Asking<R, W>>,
) -> Result<&'d Domain, Failure> {
    let folder = told.target.dir.display();
    let listed = domains.iter().map(|d| d.name.text.as_str()).collect::<Vec<_>>().join(", ");
    let find = |name: &str| domains.iter().find(|d| d.name.text == name);
    let name = match (&told.domain, domains, asking) {
        (Some(name), _, _) => name.clone(),
        (None, [only], _) => only.name.text.clone(),
        (None, [_, ..], Some(asking)) => {
            let refuse = |name: &str| find(name).is_none().then(|| format!("it is one of {listed}"));
            asking.ask_for(&format!("Its domain, one of {listed}"), refuse)?.unwrap_or_default()
        }
        _ => String::new(),
    };
    find(&name).ok_or_else(|| {
        Failure(match (domains, name.is_empty()) {
            ([], _) => format!("no domain in {folder}: write one with `reskill new domain NAME --dir {folder}`"),
            (_, true) => format!("name its domain with --domain: {folder} has {listed}"),
            (_, false) => format!("no domain `{name}` in {folder}: it has {listed}"),
        })
    })
}

/// A domain's tasks with the names of their parameters.
fn tasks(domain: &Domain) -> impl Iterator<Item = (&str, Vec<&str>)> {
    domain.decls.iter().filter_map(|decl| match &decl.kind {
        DeclKind::Task { head, .. } => {
            Some((head.name.text.as_str(), head.params.iter().map(|p| p.name.text.as_str()).collect()))
        }
        _ => None,
    })
}

/// A task by its name alone takes the variables of its declaration.
fn with_variables(task: String, domain: &Domain) -> Result<String, Failure> {
    if task.contains('(') {
        return Ok(task);
    }
    let declared = tasks(domain).find(|(name, _)| *name == task);
    declared.map(|(name, params)| format!("{name}({})", params.join(", "))).ok_or_else(|| {
        let near = nearest(&task, tasks(domain).map(|(name, _)| name));
        let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Failure(format!("the domain `{}` has no task `{task}`{help}", domain.name.text))
    })
}

fn read_episodes(path: &Path) -> Result<Vec<Trajectory>, Failure> {
    let name = path.display();
    let file = File::open(path).map_err(|error| Failure(format!("{name}: {error}")))?;
    let mut episodes = Vec::new();
    for (line, text) in BufReader::new(file).lines().enumerate() {
        let text = text.map_err(|error| Failure(format!("{name}, line {}: {error}", line + 1)))?;
        if !text.trim().is_empty() {
            let episode = serde_json::from_str(&text);
            episodes.push(episode.map_err(|e| Failure(format!("{name}, line {}: not an episode: {e}", line + 1)))?);
        }
    }
    Ok(episodes)
}

/// Checks the text together with the files beside it, tells what is still to be said, and writes it if there is no error.
fn finish(path: &Path, text: &str, target: &Target, others: &[SourceFile]) -> Result<(), Failure> {
    let mut files = vec![SourceFile::new(path.display().to_string(), text)];
    files.extend(others.iter().cloned());
    let mut analysis = check(&files);
    lint(&files, &mut analysis);
    let mut findings: Vec<Finding> = analysis.findings;
    findings.retain(|finding| finding.file == 0);
    if findings.iter().any(|finding| finding.diagnostic.is_error()) {
        eprintln!("{}", report::render(Format::Full, &files, &findings, colour()).trim_end_matches('\n'));
        return Err(Failure("what was said does not check; nothing was written".to_owned()));
    }
    write_files(&[(path.to_owned(), text)], target.force)?;
    say(format!("{} written", path.display()));
    for finding in &findings {
        let help = finding.diagnostic.help.as_deref().map(|help| format!(": {help}")).unwrap_or_default();
        say(format!("    still to do: {}{help}", finding.diagnostic.message));
    }
    Ok(())
}
