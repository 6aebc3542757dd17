//! Lints: what is sound and yet surely not meant. In: the files and what checking made of them; out: further warnings
//! among the findings, and without those that a comment `// allow CODE: reason` allows. Each lint is exact: where it
//! cannot be certain it is silent.
//!
//! `check` finds what is wrong with a program; this is for its authors: the command line and editors call it, training
//! does not.

mod comments;
mod conditions;
mod duplicates;
mod logic;
mod numbers;
mod patterns;
mod rename;
mod rules;
mod trees;
mod unused;
mod words;

use super::ast::DeclKind;
use super::check::{Analysis, Finding, SourceFile};
use super::checked::{Event, Literal};
use super::diag::Diagnostic;
use super::source::Source;

/// Adds the lints' warnings to an analysis of `files`, and takes away what comments allow.
pub fn lint(files: &[SourceFile], analysis: &mut Analysis) {
    let mut found = Vec::new();
    domains(analysis, &mut found);
    skills(analysis, &mut found);
    found.extend(
        duplicates::skills(&analysis.checked).into_iter().map(|(file, diagnostic)| Finding { file, diagnostic }),
    );
    analysis.findings.append(&mut found);
    for (file, (source, items)) in files.iter().zip(&analysis.trees).enumerate() {
        let Ok(source) = Source::new(&source.text) else { continue };
        let todos = comments::todos(&source).into_iter().map(|diagnostic| Finding { file, diagnostic });
        analysis.findings.extend(todos);
        // Where something is broken, what a comment allows may not have been found: comments are judged later.
        let broken = analysis.findings.iter().any(|f| f.file == file && f.diagnostic.is_error());
        comments::suppress(file, &source, items, !broken, &mut analysis.findings);
    }
    analysis
        .findings
        .sort_by_key(|f| (f.file, f.diagnostic.labels.first().map_or(0, |l| l.span.start), f.diagnostic.code));
}

/// Lints of vocabularies without an error.
fn domains(analysis: &Analysis, found: &mut Vec<Finding>) {
    for domain in &analysis.checked.domains {
        let Some((file, tree)) = trees::domain(&analysis.trees, domain) else { continue };
        let within = |d: &Diagnostic| {
            d.labels.first().is_some_and(|l| tree.span.start <= l.span.start && l.span.end <= tree.span.end)
        };
        if analysis.errors().any(|f| f.file == file && within(&f.diagnostic)) {
            continue;
        }
        let mut diagnostics = Vec::new();
        let empty = logic::empty_fluents(domain);
        conditions::domain(domain, &empty, tree, &mut diagnostics);
        let place = |event: &Event| {
            let named = tree.decls.iter().filter_map(|d| trees::name(&d.kind));
            named.filter(|name| name.text == event.name).map(|name| name.span).next()
        };
        patterns::ambiguous(domain, place, &mut diagnostics);
        tree.decls.iter().for_each(|decl| patterns::expressions(&decl.kind, &mut diagnostics));
        found.extend(diagnostics.into_iter().map(|diagnostic| Finding { file, diagnostic }));
    }
}

/// Lints of sound skills.
fn skills(analysis: &Analysis, found: &mut Vec<Finding>) {
    let empty: Vec<Vec<bool>> = analysis.checked.domains.iter().map(logic::empty_fluents).collect();
    for skill in &analysis.checked.skills {
        let Some(tree) = trees::skill(&analysis.trees, skill) else { continue };
        let (Some(domain), Some(empty)) = (analysis.checked.domains.get(skill.domain), empty.get(skill.domain)) else {
            continue;
        };
        let task: Vec<Literal> =
            skill.applies.iter().map(|(task, args)| Literal::Task { task: *task, args: args.clone() }).collect();
        let place = conditions::Place { domain, empty, task: &task };
        let mut diagnostics = Vec::new();
        conditions::skill(&place, skill, tree, &mut diagnostics);
        rules::skill(&place, skill, tree, &mut diagnostics);
        unused::skill(tree, &mut diagnostics);
        let owner = format!("{}.", skill.name);
        let own = |event: &Event| {
            let short = event.name.strip_prefix(&owner)?;
            trees::own(tree).filter_map(trees::name).find(|name| name.text == short).map(|name| name.span)
        };
        if trees::own(tree).any(|decl| matches!(decl, DeclKind::Event { .. })) {
            patterns::ambiguous(domain, own, &mut diagnostics);
        }
        for decl in trees::own(tree) {
            conditions::fluent(domain, empty, decl, &owner, &mut diagnostics);
            patterns::expressions(decl, &mut diagnostics);
        }
        found.extend(diagnostics.into_iter().map(|diagnostic| Finding { file: skill.file, diagnostic }));
    }
}
