//! Names of a skill and its domain in words. In: calls of events, fluents, tasks and tables; out: phrases.

use crate::lang::ast::{
    Arg, Call, Constant, Decl, DeclKind, Domain, EventForm, MemberKind, Param, PatternText, Skill, TaskForm,
};
use crate::lang::print;

/// At most so many rows of a table are told at each use.
const MAX_ROWS: usize = 12;

/// A skill and the declarations that it sees: its own, then its domain's.
pub(super) struct Vocabulary<'t> {
    pub skill: &'t Skill,
    domain: Option<&'t Domain>,
}

/// When an event is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    /// Before a decision: what happened last.
    Last,
    /// At a step that is judged.
    Now,
}

/// A name as words.
pub(super) fn spoken(name: &str) -> String {
    name.split('_').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

impl<'t> Vocabulary<'t> {
    pub(super) fn new(skill: &'t Skill, domain: Option<&'t Domain>) -> Self {
        Vocabulary { skill, domain }
    }

    fn declaration(&self, name: &str) -> Option<&'t DeclKind> {
        let own =
            self.skill.members.iter().filter_map(|m| if let MemberKind::Decl(d) = &m.kind { Some(d) } else { None });
        let all = own.chain(self.domain.iter().flat_map(|d| d.decls.iter().map(|decl: &Decl| &decl.kind)));
        all.into_iter().find(|decl| decl.name().is_some_and(|(_, found)| found.text == name))
    }

    /// What an event, fluent, definition, task or table with these arguments says.
    pub(super) fn call(&self, call: &Call, tense: Tense) -> String {
        match self.declaration(&call.name.text) {
            Some(DeclKind::Event { head, forms }) => {
                let mut told = String::new();
                let mut before = "";
                for form in forms {
                    let (lead, text) = event(form, &head.params, &call.args, tense);
                    match (told.is_empty(), lead == before) {
                        (true, _) => told = format!("{lead} {text}"),
                        (false, true) => told.push_str(&format!(" or {text}")),
                        (false, false) => told.push_str(&format!(", or {lead} {text}")),
                    }
                    before = lead;
                }
                told
            }
            Some(DeclKind::Task { .. }) => format!("the task is {}", self.task(call)),
            Some(DeclKind::Fluent { value: Some(_), .. }) => match call.args.split_last() {
                Some((value, [])) => format!("{} is {}", spoken(&call.name.text), argument(value)),
                Some((value, keys)) => {
                    let keys: Vec<String> = keys.iter().map(argument).collect();
                    let name = spoken(&call.name.text);
                    let name = name.strip_suffix(" of").unwrap_or(&name);
                    format!("{name} of {} is {}", keys.join(", "), argument(value))
                }
                None => spoken(&call.name.text),
            },
            Some(DeclKind::Table { rows, .. }) => {
                let texts = rows.iter().take(MAX_ROWS).map(|row| {
                    let values: Vec<String> = row.values.iter().map(constant).collect();
                    values.join("/")
                });
                let mut texts: Vec<String> = texts.collect();
                if rows.len() > MAX_ROWS {
                    texts.push(format!("{} more", rows.len() - MAX_ROWS));
                }
                let args: Vec<String> = call.args.iter().map(argument).collect();
                format!("{} is one of {} ({})", args.join("/"), texts.join(", "), spoken(&call.name.text))
            }
            _ => named(&call.name.text, &call.args),
        }
    }

    /// The sentences of a task, in quotes.
    pub(super) fn task(&self, call: &Call) -> String {
        let Some(DeclKind::Task { head, forms }) = self.declaration(&call.name.text) else {
            return format!("\"{}\"", spoken(&call.name.text));
        };
        let forms: Vec<String> = forms
            .iter()
            .map(|form| match form {
                TaskForm::Sentence(sentence) => pattern(sentence, &head.params, &call.args),
                TaskForm::Derived(inner) => {
                    // A derived task cannot use itself: declarations come before their use.
                    self.task(&through(inner, &head.params, &call.args))
                }
            })
            .collect();
        forms.join(" or ")
    }

    /// Actions that are such an event.
    pub(super) fn action(&self, call: &Call) -> String {
        match self.declaration(&call.name.text) {
            Some(DeclKind::Event { head, forms }) => {
                let forms: Vec<String> = forms
                    .iter()
                    .filter_map(|form| match form {
                        EventForm::Action { pattern: p, .. } => Some(pattern(p, &head.params, &call.args)),
                        EventForm::Observation { .. } => None,
                    })
                    .collect();
                forms.join(" or ")
            }
            _ => named(&call.name.text, &call.args),
        }
    }
}

/// A call inside a declaration, with the arguments of a call of the declaration.
fn through(inner: &Call, params: &[Param], args: &[Arg]) -> Call {
    let arg = |arg: &Arg| match arg {
        Arg::Var(name) => {
            params.iter().position(|p| p.name.text == name.text).and_then(|at| args.get(at)).unwrap_or(arg).clone()
        }
        any => any.clone(),
    };
    Call { name: inner.name.clone(), args: inner.args.iter().map(arg).collect(), span: inner.span }
}

/// How a form of an event is introduced, and its text.
fn event(form: &EventForm, params: &[Param], args: &[Arg], tense: Tense) -> (&'static str, String) {
    match form {
        EventForm::Action { pattern: p, then } => {
            let lead = match (tense, p.regex) {
                (Tense::Last, false) => "the last action was",
                (Tense::Now, false) => "the action is",
                (Tense::Last, true) => "the last action matched",
                (Tense::Now, true) => "the action matches",
            };
            let action = pattern(p, params, args);
            let text = match then {
                None => action,
                Some(answer) => format!("{action}, answered by {}", pattern(answer, params, args)),
            };
            (lead, text)
        }
        EventForm::Observation { pattern: p, .. } => {
            let lead = if tense == Tense::Last { "the last answer says" } else { "the answer says" };
            (lead, pattern(p, params, args))
        }
    }
}

/// A pattern in quotes, arguments in place of its captures; an expression as it is.
fn pattern(text: &PatternText, params: &[Param], args: &[Arg]) -> String {
    if text.regex {
        return format!("`/{}/`", text.text.value);
    }
    let mut out = String::from("\"");
    let mut rest = text.text.value.as_str();
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}').map(|at| open + at) else { break };
        let inside = rest[open + 1..close].trim();
        match params.iter().position(|p| p.name.text == inside) {
            Some(at) => out.push_str(&format!("{{{}}}", args.get(at).map_or("…".to_owned(), argument))),
            None => out.push_str(&rest[open..=close]),
        }
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    out.push('"');
    out
}

/// `place of x`, `holding anything`.
fn named(name: &str, args: &[Arg]) -> String {
    let args: Vec<String> = args.iter().map(argument).collect();
    match args.is_empty() {
        true => spoken(name),
        false => format!("{} {}", spoken(name), args.join(", ")),
    }
}

fn argument(arg: &Arg) -> String {
    match arg {
        Arg::Any(_) => "anything".to_owned(),
        Arg::Var(name) => spoken(&name.text),
    }
}

fn constant(constant: &Constant) -> String {
    match constant {
        Constant::Text(text) => print::string(&text.value),
        Constant::Number(number, _) => number.to_string(),
    }
}
