//! The names of an item, element by element. In: the text of a domain or skill; out: its names, with those elements left out
//! that do not parse. Elements that an earlier text had already are not read again: a keystroke in an item of thousands of
//! lines costs one declaration.

use std::collections::HashMap;
use std::rc::Rc;

use crate::lang::names::{self, NameKind, Names};
use crate::lang::outline::{self, Element};
use crate::lang::parse::parse;
use crate::lang::source::{Lexeme, Source, SourceToken, is_trivia};
use crate::lang::span::Span;

/// What was read of each element, by its text with the head of the item before it.
pub type Known = HashMap<String, Option<Rc<Names>>>;

/// An item as far as it can be read.
#[derive(Debug, Default)]
pub struct Parts {
    pub names: Names,
    /// Places that do not parse.
    pub gaps: Vec<Span>,
    pub known: Known,
}

/// Reads a domain or a skill by its elements; `None` for anything else.
pub fn read(text: &str, before: Option<&Known>) -> Option<Parts> {
    let source = Source::new(text).ok()?;
    let significant = |l: &&Lexeme| !is_trivia(l.token);
    let mut tokens = source.lexemes.iter().filter(significant);
    let first = tokens.next()?;
    if !matches!(source.slice(first.span), "domain" | "skill") {
        return None;
    }
    let brace = tokens.find(|l| source.slice(l.span) == "{")?;
    let all = outline::elements(&source);
    let end = all.iter().find(|e| e.depth == 0).map_or(text.len(), |e| e.span.end as usize);
    let elements: Vec<&Element> = all.iter().filter(|e| e.depth == 1).collect();
    let mut reading = Reading { source: &source, before, parts: Parts::default() };
    let mut at = brace.span.end as usize;
    // The variables of `for` are known in every member: it belongs to the head.
    let start = first.span.start as usize;
    let mut head = text.get(start..at)?.to_owned();
    let mut rest = elements.as_slice();
    if let Some((clause, others)) = rest.split_first()
        && source.significant_at(clause.span.start as usize).is_some_and(|l| source.slice(l.span) == "for")
    {
        let until = reading.last_of(clause.span).max(at);
        let with = text.get(start..until)?;
        if !parse(&format!("{with}}}")).items.is_empty() {
            head = with.to_owned();
            (at, rest) = (until, others);
        }
    }
    let lead = text.get(..start)?;
    let whole = format!("{lead}{head}}}");
    let mut names = names::collect(&parse(&whole).items, &whole);
    if names.declarations.is_empty() {
        return None;
    }
    for declaration in &mut names.declarations {
        declaration.span = Span::new(declaration.span.start as usize, end);
    }
    reading.parts.names = names;
    let begin = rest.first().map_or(end, |e| e.span.start as usize);
    let junk = source.significant_before(begin).map_or(at, |l| l.span.end as usize);
    if junk > at {
        reading.gap(at, junk);
        at = junk;
    }
    for element in rest {
        let until = reading.end_of(reading.last_of(element.span));
        reading.element(&head, at, Span::new(element.span.start as usize, until));
        at = until;
    }
    reading.gap(at.max(end), text.len());
    reading.parts.names.occurrences.sort_by_key(|o| (o.span.start, o.span.end));
    Some(reading.parts)
}

struct Reading<'s> {
    source: &'s Source<'s>,
    before: Option<&'s Known>,
    parts: Parts,
}

impl Reading<'_> {
    /// The end of the last token inside `span`.
    fn last_of(&self, span: Span) -> usize {
        let last = self.source.significant_before(span.end as usize);
        last.map_or(span.end as usize, |l| l.span.end as usize).max(span.start as usize)
    }

    /// `end`, or the end of a comment on the same line.
    fn end_of(&self, end: usize) -> usize {
        self.source.comment_after(end).map_or(end, |comment| comment.span.end as usize)
    }

    /// Notes a place that should hold nothing, if it holds something; closing braces are nothing.
    fn gap(&mut self, from: usize, to: usize) {
        let first = self.source.lexemes.partition_point(|l| (l.span.start as usize) < from);
        let inside = self.source.lexemes[first..].iter().take_while(|l| (l.span.end as usize) <= to);
        let mut inside = inside.filter(|l| !is_trivia(l.token) && l.token != SourceToken::Close);
        if inside.next().is_some() {
            self.parts.gaps.push(Span::new(from, to));
        }
    }

    /// Reads an element; `from` is where the comments before it begin.
    fn element(&mut self, head: &str, from: usize, span: Span) {
        let Some(part) = self.source.text.get(from..span.end as usize) else { return };
        let key = format!("{head}{part}");
        let names = match self.before.and_then(|before| before.get(&key)) {
            Some(known) => known.clone(),
            None => element_names(&key, head.len()).map(Rc::new),
        };
        match &names {
            Some(names) => self.add(names, from as i64 - head.len() as i64),
            None => self.parts.gaps.push(span),
        }
        self.parts.known.insert(key, names);
    }

    /// Puts the names of an element among the others, `by` bytes further on.
    fn add(&mut self, from: &Names, by: i64) {
        let names = &mut self.parts.names;
        let moved = |span: Span| Span::new((i64::from(span.start) + by) as usize, (i64::from(span.end) + by) as usize);
        let (owners, scopes) = (names.owners.len(), names.scopes.len());
        // The scope of `for` is one and the same for all members.
        let scope = |scope: usize| if scope == 0 && scopes > 0 { 0 } else { scope + scopes };
        names.owners.extend(from.owners.iter().cloned());
        names
            .scopes
            .extend(from.scopes.iter().map(|s| names::Scope { parent: s.parent.map(scope), span: moved(s.span) }));
        names.occurrences.extend(from.occurrences.iter().map(|o| names::Occurrence {
            span: moved(o.span),
            owner: o.owner + owners,
            scope: o.scope.map(scope),
            ..o.clone()
        }));
        names.declarations.extend(from.declarations.iter().map(|d| names::Declaration {
            name_span: moved(d.name_span),
            span: moved(d.span),
            owner: d.owner + owners,
            ..d.clone()
        }));
    }
}

/// The names of an element with the item's head, `head` bytes long, before it; only those of the element itself.
fn element_names(text: &str, head: usize) -> Option<Names> {
    let items = parse(&closed(text)).items;
    let [item] = items.as_slice() else { return None };
    let mut names = names::collect(std::slice::from_ref(item), text);
    let own = |span: Span| span.start as usize >= head;
    names.occurrences.retain(|o| own(o.span));
    names.declarations.retain(|d| own(d.name_span) && !matches!(d.kind, NameKind::Domain | NameKind::Skill));
    Some(names)
}

/// The text with the braces that are missing at its end, which change no place.
pub fn closed(text: &str) -> String {
    let Ok(source) = Source::new(text) else { return text.to_owned() };
    let count = |brace: &str| source.lexemes.iter().filter(|l| source.slice(l.span) == brace).count();
    // On a line of their own: the text may end in a comment.
    format!("{text}\n{}", "}".repeat(count("{").saturating_sub(count("}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::names::{Occurrence, collect};

    const SKILL: &str = "/// Doc.\nskill s in d { // head\n  for t(o, p)\n  // One.\n  rule a when f(x) and x is o { prefer e(x) } // a\n  \
                         priority 3\n  event own(x: item) = action \"{x}\"\n  assert b: never e(y) and y is p\n}\n";
    const DOMAIN: &str =
        "domain d {\n  task t(o: kind, p: kind) = \"{o} {p}\"\n  // F.\n  fluent f(x: item) initiated by e(x)\n}";

    fn summary(names: &Names) -> Vec<(String, u32, NameKind, Option<(usize, u32)>)> {
        // Scopes by their place: their numbers differ.
        let scope = |o: &Occurrence| {
            let home = names.occurrences.iter().position(|d| d.text == o.text && d.scope == o.scope);
            o.scope.and(home).map(|home| (0, names.occurrences[home].span.start))
        };
        names.occurrences.iter().map(|o| (o.text.clone(), o.span.start, o.kind, scope(o))).collect()
    }

    #[test]
    fn by_elements_as_by_the_whole() {
        for text in [SKILL, DOMAIN] {
            let parts = read(text, None).expect("an item");
            assert!(parts.gaps.is_empty(), "{:?}", parts.gaps);
            let whole = collect(&parse(text).items, text);
            assert_eq!(summary(&parts.names), summary(&whole));
            let declared = |names: &Names| -> Vec<(String, u32, u32, Vec<String>)> {
                let of = |d: &names::Declaration| (d.name.clone(), d.name_span.start, d.span.end, d.doc.clone());
                names.declarations.iter().map(of).collect()
            };
            assert_eq!(declared(&parts.names), declared(&whole));
            // Again, with what is known: nothing changes.
            let again = read(text, Some(&parts.known)).expect("an item");
            assert_eq!(summary(&again.names), summary(&whole));
        }
    }

    #[test]
    fn what_does_not_parse_is_a_gap() {
        let gaps = |text: &str| -> Vec<String> {
            let parts = read(text, None).expect("an item");
            parts.gaps.iter().map(|gap| text[gap.range()].trim().to_owned()).collect()
        };
        assert_eq!(
            gaps("skill s in d { rule a when p(x) { advize \"x\" } rule b when q() { avoid e() } }"),
            ["rule a when p(x) { advize \"x\" }"]
        );
        assert_eq!(gaps("skill s in d { junk rule b when q() { avoid e() }"), ["junk"]);
        assert_eq!(gaps("skill s in d { rule b when q() { avoid e() } } junk"), ["junk"]);
        // A brace that is missing at the end of a rule hides nothing.
        assert_eq!(gaps("skill s in d { rule a when p() { avoid e() rule b when q() { avoid e() } }"), [""; 0]);
        assert!(read("patch \"p\" { retire s }", None).is_none());
    }
}
