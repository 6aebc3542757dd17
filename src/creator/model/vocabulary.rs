//! A domain's vocabulary for a prompt: what a patch may refer to. In: the domain as written, and how much room there is; out: a
//! list of its tasks, events, fluents and constants that fits.
//!
//! Where all of it does not fit, the first of these forms that does is taken: everything; tables without their rows and the
//! first few kinds of a group; only the first text of each event and task; texts only for tasks and actions; heads alone; heads as far as
//! they go, with a count of what is left out.

use crate::lang::ast::{DeclKind, Domain, EventForm, Head, TaskForm};
use crate::lang::print;

/// Kinds of a group shown when room is short.
const FEW: usize = 6;

/// The forms, from the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    All,
    FewConstants,
    FirstTexts,
    Actions,
    Heads,
}

const DETAILS: [Detail; 5] = [Detail::All, Detail::FewConstants, Detail::FirstTexts, Detail::Actions, Detail::Heads];

/// The vocabulary in at most `room` characters.
pub fn vocabulary(domain: &Domain, room: usize) -> String {
    for detail in DETAILS {
        let text = lines(domain, detail).join("\n");
        if text.chars().count() <= room {
            return text;
        }
    }
    let mut kept = lines(domain, Detail::Heads);
    let mut left_out = 0;
    while !kept.is_empty() {
        kept.pop();
        left_out += 1;
        let text = format!("{}\n… and {left_out} more that are not shown; use only what is", kept.join("\n"));
        if text.chars().count() <= room {
            return text;
        }
    }
    String::new()
}

fn lines(domain: &Domain, detail: Detail) -> Vec<String> {
    domain.decls.iter().filter_map(|decl| one(&decl.kind, detail)).map(|line| flat(&line)).collect()
}

fn one(decl: &DeclKind, detail: Detail) -> Option<String> {
    Some(match decl {
        DeclKind::Fails(_) | DeclKind::Type { .. } => return None,
        DeclKind::Task { head: h, forms } => match detail {
            Detail::All | Detail::FewConstants => print::decl(decl),
            Detail::Heads => format!("task {}", head(h)),
            _ => {
                // What a task stands for are all the tasks that it names.
                let mut forms = forms.clone();
                if let Some(first) = forms.iter().find(|form| matches!(form, TaskForm::Sentence(_))).cloned() {
                    forms = vec![first];
                }
                print::decl(&DeclKind::Task { head: h.clone(), forms })
            }
        },
        DeclKind::Event { head: h, forms } => {
            let acts = forms.iter().any(|form| matches!(form, EventForm::Action { .. }));
            let bare = format!("event {}{}", head(h), if acts { " (an action)" } else { "" });
            match detail {
                Detail::All | Detail::FewConstants => print::decl(decl),
                Detail::FirstTexts => event(h, forms, true),
                Detail::Actions if acts => event(h, forms, false),
                _ => bare,
            }
        }
        DeclKind::Fluent { head: h, value, .. } => {
            let value = value.as_ref().map(|v| format!(" -> {}: {}", v.name.text, v.ty.text)).unwrap_or_default();
            format!("fluent {}{value}", head(h))
        }
        DeclKind::Define { head: h, .. } if detail > Detail::FirstTexts => format!("define {}", head(h)),
        DeclKind::Define { .. } => print::decl(decl),
        DeclKind::Kind { name, kinds } => {
            let most = if detail == Detail::All { kinds.len() } else { FEW };
            let shown: Vec<String> = kinds.iter().take(most).map(|kind| print::string(&kind.value)).collect();
            let more = if kinds.len() > most { " | …" } else { "" };
            format!("kind {} = {}{more}", name.text, shown.join(" | "))
        }
        DeclKind::Table { name, columns, rows } => match detail {
            Detail::All => print::decl(decl),
            _ => {
                let columns: Vec<&str> = columns.iter().map(|column| column.name.text.as_str()).collect();
                format!("table {}({}), {} rows", name.text, columns.join(", "), rows.len())
            }
        },
    })
}

/// An event by its first form, an action's if it has one; `answer`: with what the world answers.
fn event(h: &Head, forms: &[EventForm], answer: bool) -> String {
    let action = forms.iter().find(|form| matches!(form, EventForm::Action { .. })).or(forms.first()).cloned();
    let form = action.map(|form| match form {
        EventForm::Action { pattern, then } => EventForm::Action { pattern, then: then.filter(|_| answer) },
        other @ EventForm::Observation { .. } => other,
    });
    print::decl(&DeclKind::Event { head: h.clone(), forms: form.into_iter().collect() })
}

fn head(head: &Head) -> String {
    let params: Vec<String> =
        head.params.iter().map(|param| format!("{}: {}", param.name.text, param.ty.text)).collect();
    format!("{}({})", head.name.text, params.join(", "))
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
