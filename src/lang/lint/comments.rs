//! What is said of a file's text itself: triggers that are not stated yet (W1013), and comments `// allow CODE: reason`, which
//! take warnings away (and are findings themselves where they take nothing: W1014).

use crate::lang::ast::{Decl, Item, Member, MemberKind, Operation, Statement};
use crate::lang::check::Finding;
use crate::lang::diag::{Code, Diagnostic, nearest};
use crate::lang::explain;
use crate::lang::source::{Lexeme, Source, SourceToken};
use crate::lang::span::Span;

/// W1013: every `todo "…"` of a text.
pub(super) fn todos(source: &Source) -> Vec<Diagnostic> {
    let significant: Vec<&Lexeme> =
        source.lexemes.iter().filter(|l| !matches!(l.token, SourceToken::Blank | SourceToken::Comment)).collect();
    let mut found = Vec::new();
    for pair in significant.windows(2) {
        let [word, prose] = pair else { continue };
        if word.token == SourceToken::Word && source.slice(word.span) == "todo" && prose.token == SourceToken::Text {
            found.push(
                Diagnostic::error(Code::Todo, "this trigger is not stated yet: until it is, it never holds")
                    .label(word.span.to(prose.span), "said in prose only")
                    .help("say it in events and fluents of the domain; what they cannot say may need a new event"),
            );
        }
    }
    found
}

/// A comment that allows a warning.
struct Allowance {
    comment: Span,
    /// What it allows, and where.
    allowed: Result<(Code, Span), Diagnostic>,
    used: bool,
}

/// Takes away the warnings of a file that its comments allow, and, if `judge`, adds what is to be said of these comments.
pub(super) fn suppress(file: usize, source: &Source, items: &[Item], judge: bool, findings: &mut Vec<Finding>) {
    let mut nodes = Vec::new();
    items.iter().for_each(|item| self::item(item, &mut nodes));
    let comments = source.lexemes.iter().filter(|l| l.token == SourceToken::Comment);
    let mut allowances: Vec<Allowance> = comments.filter_map(|c| allowance(source, c.span, &nodes)).collect();
    findings.retain(|finding| {
        let diagnostic = &finding.diagnostic;
        let Some(place) = diagnostic.labels.first().filter(|_| finding.file == file && !diagnostic.is_error()) else {
            return true;
        };
        let mut keep = true;
        for allowance in &mut allowances {
            if let Ok((code, span)) = &allowance.allowed
                && *code == diagnostic.code
                && span.start <= place.span.start
                && place.span.end <= span.end
            {
                allowance.used = true;
                keep = false;
            }
        }
        keep
    });
    for Allowance { comment, allowed, used } in allowances.into_iter().filter(|_| judge) {
        let diagnostic = match allowed {
            Ok(_) if used => continue,
            Ok((code, _)) => useless(format!("there is no {} here to allow", code.id()), comment)
                .help("leave the comment out")
                .fix("leave it out", comment, ""),
            Err(diagnostic) => diagnostic,
        };
        findings.push(Finding { file, diagnostic });
    }
}

fn useless(message: String, comment: Span) -> Diagnostic {
    Diagnostic::error(Code::UselessSuppression, message).label(comment, "this suppresses nothing")
}

/// Reads `// allow CODE: reason`; any other comment is none.
fn allowance(source: &Source, comment: Span, nodes: &[Span]) -> Option<Allowance> {
    let text = source.slice(comment).trim_start_matches('/').trim();
    let rest = text.strip_prefix("allow ")?;
    let (id, reason) = rest.split_once(':').map_or((rest, ""), |(id, reason)| (id, reason.trim()));
    let id = id.trim();
    // Prose may begin with "allow": what does not look like a code is prose.
    let mut letters = id.chars();
    let is_code = letters.next().is_some_and(|c| matches!(c, 'W' | 'E' | 'w' | 'e'))
        && letters.clone().count() > 0
        && letters.all(|c| c.is_ascii_digit());
    if !is_code {
        return None;
    }
    let allowed = match explain::by_id(id) {
        None => {
            let near = nearest(&id.to_ascii_uppercase(), Code::ALL.iter().map(|c| c.id()))
                .map(|n| format!("did you mean {n}?"));
            Err(useless(format!("there is no code {id}"), comment)
                .help(near.unwrap_or_else(|| "`reskill explain` lists all codes".to_owned())))
        }
        Some(code) if code.id().starts_with('E') => {
            Err(useless(format!("{} is an error, and only warnings can be allowed", code.id()), comment)
                .help("mend what the error tells of"))
        }
        Some(code) if reason.is_empty() => {
            Err(useless(format!("it does not say why {} is allowed", code.id()), comment)
                .help(format!("write `// allow {}: reason`", code.id())))
        }
        Some(code) => match node_after(source, comment, nodes) {
            Some(span) => Ok((code, span)),
            None => Err(useless("nothing stands after it to which it could apply".to_owned(), comment)
                .help("write it right before an item, a declaration, a member or a statement")),
        },
    };
    Some(Allowance { comment, allowed, used: false })
}

/// The largest node that begins right after a comment.
fn node_after(source: &Source, comment: Span, nodes: &[Span]) -> Option<Span> {
    let next = source.significant_at(comment.end as usize)?;
    nodes.iter().filter(|span| span.start == next.span.start).max_by_key(|span| span.end).copied()
}

/// The places of all nodes that a comment can speak of.
fn item(item: &Item, nodes: &mut Vec<Span>) {
    match item {
        Item::Domain(domain) => {
            nodes.push(domain.span);
            nodes.extend(domain.decls.iter().map(|Decl { span, .. }| *span));
        }
        Item::Skill(skill) => {
            nodes.push(skill.span);
            members(&skill.members, nodes);
        }
        Item::Patch(patch) => {
            nodes.push(patch.span);
            for operation in &patch.operations {
                match operation {
                    Operation::Add(skill) | Operation::Replace(skill) => {
                        nodes.push(skill.span);
                        members(&skill.members, nodes);
                    }
                    Operation::Modify { edits, .. } => nodes.extend(edits.iter().map(|e| e.span)),
                    Operation::Retire { .. } => {}
                }
            }
        }
    }
}

fn members(members: &[Member], nodes: &mut Vec<Span>) {
    for Member { kind, span, .. } in members {
        nodes.push(*span);
        if let MemberKind::Rule(rule) = kind {
            nodes.extend(rule.statements.iter().map(|Statement { span, .. }| *span));
        }
    }
}
