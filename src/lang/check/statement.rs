//! What a rule says: its statements. In: the scope of the rule with what every branch binds, and the statements as written; out:
//! advice, suggestion, lists and marks, with the variables that they use.

use super::super::ast::{self, MarkKind, StatementKind};
use super::super::checked::{AdvicePart, Let, MarkStatement, Variable};
use super::super::diag::{Code, Diagnostic};
use super::super::pattern::Type;
use super::super::span::Span;
use super::scope::Scope;
use super::table::Entry;
use super::{limits, unknown};

/// The statements of one rule, checked.
#[derive(Default)]
pub(super) struct Statements {
    pub(super) vars: Vec<Variable>,
    /// Slots of the rule's variables that a statement uses, ascending.
    pub(super) used: Vec<usize>,
    pub(super) priority: Option<u32>,
    pub(super) limit: Option<u32>,
    pub(super) lets: Vec<Let>,
    pub(super) advice: Option<Vec<AdvicePart>>,
    pub(super) suggestion: Option<Vec<AdvicePart>>,
    pub(super) marks: Vec<MarkStatement>,
}

impl Statements {
    pub(super) fn build(scope: &mut Scope, statements: &[ast::Statement]) -> Statements {
        let mut said = Statements { vars: scope.variables(), ..Statements::default() };
        let mut used = vec![false; said.vars.len()];
        // Lists first: advice may stand before the list that it shows.
        for statement in statements {
            if let StatementKind::Let { name, element, body } = &statement.kind {
                said.list(scope, name, element, body, &mut used);
            }
        }
        let mut shown = vec![false; said.lets.len()];
        for statement in statements {
            let span = statement.span;
            match &statement.kind {
                StatementKind::Let { .. } => {}
                StatementKind::Priority(n) => once(scope, &mut said.priority, *n, span, "has one priority"),
                StatementKind::Limit(0) => scope.report(
                    Diagnostic::error(Code::BadNumber, "a rule that may speak `at most 0 times` never speaks")
                        .label(span, "at least 1")
                        .help("leave the rule out, or give it a number"),
                ),
                StatementKind::Limit(n) => once(scope, &mut said.limit, *n, span, "has one `at most … times`"),
                StatementKind::Advise(text) => {
                    let parts = render(scope, text, &Rendered::ADVICE, &said.lets, &mut shown, &mut used);
                    once(scope, &mut said.advice, parts, span, "gives one advice");
                }
                StatementKind::Suggest(text) => {
                    let parts = render(scope, text, &Rendered::SUGGESTION, &[], &mut [], &mut used);
                    once(scope, &mut said.suggestion, parts, span, "suggests one action");
                }
                StatementKind::Mark { kind, call, filter } => {
                    said.marks.extend(mark(scope, *kind, call, filter.as_ref(), &mut used));
                }
            }
        }
        for (list, _) in said.lets.iter().zip(shown).filter(|(_, shown)| !shown) {
            let span = statements.iter().find_map(|s| match &s.kind {
                StatementKind::Let { name, .. } if name.text == list.name => Some(name.span),
                _ => None,
            });
            scope.report(
                Diagnostic::error(Code::Unused, format!("the list `{}` is not shown", list.name))
                    .label(span.unwrap_or_default(), "here")
                    .help(format!("write `{{{}}}` in the advice, or leave the list out", list.name)),
            );
        }
        said.used = (0..used.len()).filter(|slot| used[*slot]).collect();
        said
    }

    /// `let name = all element: body`.
    fn list(&mut self, scope: &mut Scope, name: &ast::Name, element: &ast::Name, body: &ast::Conj, used: &mut [bool]) {
        let taken = scope.slot(&name.text).is_some() || self.lets.iter().any(|l| l.name == name.text);
        if taken || scope.slot(&element.text).is_some() {
            let name = if taken { name } else { element };
            return scope.report(
                Diagnostic::error(Code::Duplicate, format!("`{}` has a value already", name.text))
                    .label(name.span, "second meaning")
                    .help("take another name"),
            );
        }
        let mut inner = scope.inner();
        let literals = inner.conj(body);
        match inner.slot(&element.text) {
            None if inner.failed() => {}
            Some((slot, ty, true)) => {
                inner.use_slot(slot);
                if !matches!(ty, Type::Item | Type::Kind | Type::Number | Type::Money) {
                    let message = format!("`{}` is of type {}", element.text, inner.table.type_name(ty));
                    inner.report(
                        Diagnostic::error(Code::BadAdvice, message)
                            .label(element.span, "free text of a world cannot be repeated in advice")
                            .help("a list holds values of type item, kind, number or money"),
                    );
                }
                self.lets.push(Let { name: name.text.clone(), element: slot, body: literals, vars: inner.variables() });
            }
            _ => inner.report(
                Diagnostic::error(Code::Unbound, format!("nothing binds `{}`", element.text))
                    .label(element.span, "the list's elements")
                    .help(format!("the condition after `:` must give `{}` its values", element.text)),
            ),
        }
        if !self.lets.iter().any(|l| l.name == name.text) {
            // Its failure is told already: advice that shows it need not repeat that.
            scope.note_unreadable(&name.text);
        }
        close(scope, inner, used);
    }
}

/// Puts `value` where there is none yet.
fn once<T>(scope: &mut Scope, place: &mut Option<T>, value: T, span: Span, what: &str) {
    if place.is_some() {
        return scope.report(
            Diagnostic::error(Code::Duplicate, format!("a rule {what}"))
                .label(span, "second one")
                .help("join the two, or write a second rule"),
        );
    }
    *place = Some(value);
}

/// Ends the scope of one statement: what it must not read, what it used, what it found.
fn close(scope: &mut Scope, mut inner: Scope, used: &mut [bool]) {
    // A statement must not read what some branch leaves without a value.
    for (slot, bound) in scope.bound().into_iter().enumerate() {
        if !bound && inner.uses(slot) > 0 {
            let variable = scope.variables()[slot].name.clone();
            let name = ast::Name { text: variable, span: scope.span_of(slot) };
            bound_everywhere(scope, &name);
        }
    }
    // Where the rule's condition is wrong, the use that seems to be missing may be there.
    if !scope.failed() {
        inner.warn_unused();
    }
    scope.used_inside(&inner);
    for (slot, used) in used.iter_mut().enumerate() {
        *used |= inner.uses(slot) > 0 && !scope.is_task_variable(slot);
    }
    inner.finish().0.into_iter().for_each(|d| scope.report(d));
}

/// Names that a statement uses, and that some branch of the rule leaves without a value, are reported here.
fn bound_everywhere(scope: &mut Scope, name: &ast::Name) -> bool {
    match scope.slot(&name.text) {
        Some((_, _, false)) if scope.is_unreadable(&name.text) => false,
        Some((_, _, false)) => {
            scope.report(
                Diagnostic::error(Code::Unbound, format!("`{}` has no value in every `when`", name.text))
                    .label(name.span, "used here")
                    .help("each `or when` must bind what the statements use"),
            );
            false
        }
        _ => true,
    }
}

fn mark(
    scope: &mut Scope,
    kind: MarkKind,
    call: &ast::Call,
    filter: Option<&ast::Conj>,
    used: &mut [bool],
) -> Option<MarkStatement> {
    let Entry::Event(event) = scope.event(call)? else { return None };
    scope.needs_action(event, call);
    for arg in &call.args {
        if let ast::Arg::Var(name) = arg
            && !bound_everywhere(scope, name)
        {
            return None;
        }
    }
    let mut inner = scope.inner();
    let args = inner.call(Entry::Event(event), call, true);
    let filter = filter.map(|c| inner.conj(c)).unwrap_or_default();
    let vars = inner.variables();
    close(scope, inner, used);
    Some(MarkStatement { kind, event, args: args?, filter, vars })
}

/// What a rendered text may hold.
struct Rendered {
    what: &'static str,
    fits: fn(Type) -> bool,
    /// Characters that could be read as markup by an agent.
    refused: fn(char) -> bool,
}

impl Rendered {
    const ADVICE: Rendered = Rendered {
        what: "advice",
        fits: Type::is_renderable,
        refused: |c| matches!(c, '<' | '>' | '[' | ']' | '{' | '}') || is_hidden(c),
    };
    /// An action of a world may need brackets; its captures are single values without marks or breaks.
    const SUGGESTION: Rendered = Rendered {
        what: "a suggested action",
        fits: Type::is_suggestible,
        refused: |c| matches!(c, '{' | '}') || is_hidden(c),
    };

    /// The types it may hold, as a list; a declared type stands for all.
    fn types(&self) -> String {
        let names: Vec<&str> = Type::ALL.iter().filter(|(ty, _)| (self.fits)(*ty)).map(|(_, name)| *name).collect();
        names.join(", ")
    }
}

/// Control and direction characters.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Reads `{x}` captures, and makes sure that nothing an observation says can change what the text means.
fn render(
    scope: &mut Scope,
    source: &ast::Str,
    rendered: &Rendered,
    lets: &[Let],
    shown: &mut [bool],
    used: &mut [bool],
) -> Vec<AdvicePart> {
    let mut parts = Vec::new();
    let mut rest = source.value.as_str();
    let mut length = 0;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| at + open) else { break };
        let (text, name) = (&rest[..open], rest[open + 1..close].trim());
        rest = &rest[close + 1..];
        length += text.chars().count() + limits::CAPTURE;
        if !text.is_empty() {
            parts.push(AdvicePart::Text(text.to_owned()));
        }
        let name = ast::Name { text: name.to_owned(), span: source.span };
        if let Some(list) = lets.iter().position(|l| l.name == name.text) {
            shown[list] = true;
            parts.push(AdvicePart::Let(list));
            continue;
        }
        match scope.slot(&name.text) {
            None if scope.is_unreadable(&name.text) => {}
            None => {
                let variables = scope.variables();
                let mut diagnostic = unknown("variable", &name, variables.iter().map(|v| v.name.as_str()));
                // The place is the whole text: a replacement would swallow it.
                diagnostic.fixes.clear();
                scope.report(diagnostic);
            }
            Some((slot, ty, bound)) => {
                if !(rendered.fits)(ty) {
                    let message = format!("`{{{}}}` is of type {}", name.text, scope.table.type_name(ty));
                    scope.report(
                        Diagnostic::error(Code::BadAdvice, message)
                            .label(source.span, format!("text of a world cannot be repeated so in {}", rendered.what))
                            .help(format!("only {} may be rendered", rendered.types())),
                    );
                }
                if bound {
                    scope.use_slot(slot);
                    used[slot] |= !scope.is_task_variable(slot);
                } else {
                    bound_everywhere(scope, &name);
                }
                parts.push(AdvicePart::Var(slot));
            }
        }
    }
    length += rest.chars().count();
    if !rest.is_empty() {
        parts.push(AdvicePart::Text(rest.to_owned()));
    }
    let texts = parts.iter().filter_map(|p| if let AdvicePart::Text(text) = p { Some(text) } else { None });
    if let Some(character) = texts.flat_map(|t| t.chars()).find(|c| (rendered.refused)(*c)) {
        scope.report(
            Diagnostic::error(Code::BadAdvice, format!("{character:?} cannot stand in {}", rendered.what))
                .label(source.span, "here")
                .help("brackets, control and direction characters could be read as markup by an agent"),
        );
    }
    if length > limits::ADVICE {
        scope.report(
            Diagnostic::error(
                Code::TooLong,
                format!("{} that may grow to {length} characters; at most {}", rendered.what, limits::ADVICE),
            )
            .label(source.span, format!("each capture counts {}", limits::CAPTURE))
            .help("say it shorter, or split the rule"),
        );
    }
    parts
}
