//! The proposal as a domain. In: templates and what follows what; out: source text in canonical form, every declaration
//! with a comment that says how often it was seen.

use super::actions::Actions;
use super::facts::{Fails, Undone};
use super::observations::Observed;
use super::tokens::{Kind, Piece, Template, Type, readable};
use crate::engine::value::is_article;
use crate::episode::Trajectory;
use crate::foreign::{Names, identifier};
use crate::lang::ast::{
    Arg, Call, Cause, CauseVerb, Decl, DeclKind, Domain, EventForm, Head, Item, Name, Param, PatternText, Str, TaskForm,
};
use crate::lang::print;
use crate::lang::span::Span;

const AT: Span = Span { start: 0, end: 0 };
/// Names of captures, by their place.
const ITEMS: [&str; 8] = ["x", "y", "z", "u", "v", "w", "p", "q"];
/// Words of a template that make its name.
const NAME_WORDS: usize = 4;
/// Characters of a sample.
const SAMPLE: usize = 80;

pub(super) struct Writer {
    domain: Domain,
    names: Names,
}

impl Writer {
    pub(super) fn new(name: &str, episodes: &[Trajectory]) -> Writer {
        let steps: usize = episodes.iter().map(|e| e.steps.len()).sum();
        let lead = vec![
            format!(
                "/// Proposed from {} episodes with {steps} steps; a comment says how often something was seen.",
                episodes.len()
            ),
            "/// Give things names that say what they are, and drop what is chance.".to_owned(),
        ];
        let domain = Domain { lead, name: named(name), decls: Vec::new(), tail: Vec::new(), span: AT };
        Writer { domain, names: Names::default() }
    }

    pub(super) fn write(
        mut self,
        tasks: &[Template],
        fails: &[Fails],
        actions: &Actions,
        observed: &[Observed],
        fluents: &[Undone],
    ) -> String {
        for task in tasks {
            let head = self.head(task, "asked");
            let forms = vec![TaskForm::Sentence(pattern(task))];
            self.declare(seen(task), DeclKind::Task { head, forms });
        }
        for Fails { text, count, templates } in fails {
            let note = format!("// {count} times, after {templates} kinds of action, and nothing had changed.");
            self.declare(note, DeclKind::Fails(vec![plain(&escaped(text))]));
        }
        if fails.is_empty() {
            let note = "// No answer shows that an action did not happen: `fails \"…\"` would name one.";
            self.domain.tail.push(note.to_owned());
        }
        let heads: Vec<Head> = actions.templates.iter().map(|action| self.head(&action.template, "it")).collect();
        for (head, action) in heads.iter().zip(&actions.templates) {
            let forms = vec![EventForm::Action { pattern: pattern(&action.template), then: None }];
            self.declare(seen(&action.template), DeclKind::Event { head: head.clone(), forms });
        }
        for Observed { template, each } in observed {
            let head = self.head(template, "seen");
            let forms = vec![EventForm::Observation { each: *each, pattern: pattern(template) }];
            self.declare(seen(template), DeclKind::Event { head, forms });
        }
        for undone in fluents {
            self.fluent(undone, &heads);
        }
        print::items(&[Item::Domain(self.domain)])
    }

    fn declare(&mut self, note: String, kind: DeclKind) {
        self.domain.decls.push(Decl { lead: vec![note], kind, span: AT });
    }

    fn head(&mut self, template: &Template, fallback: &str) -> Head {
        let words: Vec<&str> = template
            .literals()
            .filter(|word| word.kind == Kind::Word && !is_article(&word.text))
            .take(NAME_WORDS)
            .map(|word| word.text.as_str())
            .collect();
        let name = self.names.fresh(&identifier(&words.join("_"), fallback));
        let params = (0..template.types.len()).map(|slot| param(slot, template.types[slot])).collect();
        Head { name: named(&name), params }
    }

    fn fluent(&mut self, undone: &Undone, heads: &[Head]) {
        let initiated = &heads[undone.initiated];
        let name = self.names.fresh(&identifier(&format!("after_{}", initiated.name.text), "fact"));
        let first = initiated.params[..1].to_vec();
        let cause = |verb: CauseVerb, head: &Head| {
            let arg = |at: usize| if at == 0 { Arg::Var(first[0].name.clone()) } else { Arg::Any(AT) };
            let call = Call { name: head.name.clone(), args: (0..head.params.len()).map(arg).collect(), span: AT };
            Cause { verb, call, with: None, span: AT }
        };
        let ends = undone.terminated.iter().map(|at| cause(CauseVerb::Terminated, &heads[*at]));
        let causes = std::iter::once(cause(CauseVerb::Initiated, initiated)).chain(ends).collect();
        let note = format!(
            "// `{}` was done {} times and made its inverse possible {} times.",
            initiated.name.text, undone.done, undone.opened
        );
        let head = Head { name: named(&name), params: first };
        self.declare(note, DeclKind::Fluent { head, value: None, max: None, causes });
    }
}

fn named(text: &str) -> Name {
    Name { text: text.to_owned(), span: AT }
}

fn plain(text: &str) -> PatternText {
    PatternText { text: Str { value: text.to_owned(), span: AT }, regex: false }
}

/// A capture's name: lists are in the plural.
fn capture(slot: usize, ty: Type) -> String {
    let name = ITEMS[slot.min(ITEMS.len() - 1)];
    if ty == Type::List { format!("{name}s") } else { name.to_owned() }
}

fn param(slot: usize, ty: Type) -> Param {
    Param { name: named(&capture(slot, ty)), ty: named(ty.name()) }
}

fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// The template as a pattern: spacing does not matter, so it is for the eye.
fn pattern(template: &Template) -> PatternText {
    let shown = template.pieces.iter().map(|piece| match piece {
        Piece::Slot(slot) => (format!("{{{}}}", capture(*slot, template.types[*slot])), Kind::Word),
        Piece::Literal(word) => (escaped(&word.text), word.kind),
    });
    plain(&readable(shown))
}

fn seen(template: &Template) -> String {
    let times = if template.count == 1 { "once".to_owned() } else { format!("{} times", template.count) };
    let forms = if template.different > 1 { format!(" in {} forms", template.different) } else { String::new() };
    let sample: String =
        template.sample.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SAMPLE).collect();
    format!("// {times}{forms}: {sample}")
}
