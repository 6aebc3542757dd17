//! What a skill declares for itself and never uses. In: a skill's tree; out: W1004.
//!
//! The vocabulary of a domain is an offer to skills that are still to be written, so nothing is said of it. A name counts
//! as used wherever it occurs beside its own declaration: a variable of the same name hides an unused one.

use super::trees;
use crate::lang::ast::{DeclKind, MemberKind, Skill, Sort};
use crate::lang::diag::{Code, Diagnostic};
use crate::lang::print;
use crate::lang::source::{Source, SourceToken};

pub(super) fn skill(tree: &Skill, out: &mut Vec<Diagnostic>) {
    for decl in trees::own(tree) {
        let Some((sort, name)) = decl.name() else { continue };
        let others = tree.members.iter().filter(|member| match &member.kind {
            MemberKind::Decl(other) => !std::ptr::eq(other, decl),
            _ => true,
        });
        if others.map(|m| print::member(&m.kind)).any(|text| mentions(&text, sort, &name.text)) {
            continue;
        }
        let help = match decl {
            DeclKind::Event { .. } | DeclKind::Fluent { .. } => "use it in a rule or an assertion, or leave it out",
            _ => "use it, or leave it out",
        };
        out.push(
            Diagnostic::error(
                Code::UnusedDeclaration,
                format!("nothing in this skill uses the {} `{}`", sort.word(), name.text),
            )
            .label(name.span, "declared here, and not seen again")
            .help(help),
        );
    }
}

/// Whether the text has the name: a kind in quotes, anything else as a word.
fn mentions(text: &str, sort: Sort, name: &str) -> bool {
    let Ok(source) = Source::new(text) else { return true };
    source.lexemes.iter().any(|lexeme| match lexeme.token {
        SourceToken::Word => sort != Sort::Kind && source.slice(lexeme.span) == name,
        SourceToken::Text => {
            sort == Sort::Kind && source.slice(lexeme.span).trim_matches('"').eq_ignore_ascii_case(name)
        }
        _ => false,
    })
}
