//! The shape of one item from its tokens alone, so that it can be told of text that does not parse. In: the source of an
//! item; out: its frames (the brackets of domains, skills, rules, examples and patches) and the elements inside them, and
//! for a place the shortest text that leads the parser there. Used for completion and to parse around a syntax error.

use super::source::{Source, SourceToken};
use super::span::Span;

/// What a pair of braces, or the file around them, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    File,
    Domain,
    Skill,
    Rule,
    Example,
    Patch,
    Modify,
    /// Braces where none can stand.
    Unknown,
}

impl FrameKind {
    /// The words that begin an element of this frame.
    fn begins(self, word: &str) -> bool {
        match self {
            FrameKind::File => matches!(word, "domain" | "skill" | "patch"),
            FrameKind::Domain => is_declaration(word) || matches!(word, "task" | "fails"),
            FrameKind::Skill => is_declaration(word) || is_member(word) || matches!(word, "for" | "priority"),
            FrameKind::Rule => {
                matches!(word, "priority" | "at" | "let" | "advise" | "suggest" | "prefer" | "avoid" | "forbid")
            }
            FrameKind::Example => {
                matches!(word, "task" | "first" | "available" | "action" | "observation" | "expect")
            }
            FrameKind::Patch => matches!(word, "add" | "replace" | "retire" | "modify"),
            FrameKind::Modify => matches!(word, "add" | "replace" | "drop"),
            FrameKind::Unknown => false,
        }
    }

    /// Words that cannot stand in this frame and begin an element of the one around it: the closing brace is missing.
    fn ends_before(self, word: &str) -> bool {
        match self {
            FrameKind::Rule | FrameKind::Example => {
                matches!(word, "rule" | "assert" | "unverified" | "example" | "event" | "fluent" | "define" | "table")
            }
            _ => false,
        }
    }
}

fn is_declaration(word: &str) -> bool {
    matches!(word, "event" | "fluent" | "define" | "type" | "kind" | "table")
}

fn is_member(word: &str) -> bool {
    matches!(word, "rule" | "assert" | "unverified" | "example")
}

/// An element: a declaration, member, statement, line, operation or edit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Element {
    /// The frame it stands in.
    pub frame: FrameKind,
    pub depth: usize,
    /// From its first token to the next element, or to the closing brace of its frame.
    pub span: Span,
}

struct Open {
    kind: FrameKind,
    /// The element that is being read, by its start.
    element: Option<usize>,
}

/// The elements of an item, outer ones before those inside them.
pub fn elements(source: &Source) -> Vec<Element> {
    let mut found = Vec::new();
    walk(source, usize::MAX, &mut |element| found.push(element));
    found.sort_by_key(|e| (e.span.start, e.depth));
    found
}

/// The frames that are open before byte `at`, outermost first, each with the start of the element that `at` stands in
/// or follows.
pub fn frames(source: &Source, at: usize) -> Vec<(FrameKind, Option<usize>)> {
    walk(source, at, &mut |_| {}).into_iter().map(|open| (open.kind, open.element)).collect()
}

/// The text before byte `at` without the finished elements: the shortest that leads the parser to the same place.
pub fn lead_to(source: &Source, at: usize) -> String {
    let frames = frames(source, at);
    let mut text = String::new();
    for (n, (_, element)) in frames.iter().enumerate() {
        let Some(start) = element else { continue };
        // Of an element with braces that are still open only its head is needed.
        let end = match frames.get(n + 1) {
            Some(_) => opening_brace(source, *start, at),
            None => at,
        };
        text.push_str(source.text.get(*start..end).unwrap_or_default());
        text.push(' ');
    }
    text
}

/// The end of the first opening brace after `start`.
fn opening_brace(source: &Source, start: usize, limit: usize) -> usize {
    let first = source.lexemes.partition_point(|l| (l.span.start as usize) < start);
    let brace = |l: &&super::source::Lexeme| l.token == SourceToken::Open && source.slice(l.span) == "{";
    source.lexemes[first..].iter().find(brace).map_or(limit, |l| (l.span.end as usize).min(limit))
}

fn walk(source: &Source, until: usize, found: &mut dyn FnMut(Element)) -> Vec<Open> {
    let mut stack = vec![Open { kind: FrameKind::File, element: None }];
    let mut previous = "";
    let mut end = 0;
    let finish = |open: &Open, depth: usize, end: usize, found: &mut dyn FnMut(Element)| {
        if let Some(start) = open.element {
            found(Element { frame: open.kind, depth, span: Span::new(start, end) });
        }
    };
    for lexeme in source.lexemes.iter().take_while(|l| (l.span.start as usize) < until) {
        if matches!(lexeme.token, SourceToken::Blank | SourceToken::Comment) {
            continue;
        }
        let start = lexeme.span.start as usize;
        let word = source.slice(lexeme.span);
        match (lexeme.token, word) {
            (SourceToken::Open, "{") => {
                let kind = inner(source, &stack);
                stack.push(Open { kind, element: None });
            }
            (SourceToken::Close, "}") => {
                if stack.len() > 1
                    && let Some(open) = stack.pop()
                {
                    finish(&open, stack.len(), start, found);
                }
                // After its last brace an item is whole.
                if let [file] = stack.as_mut_slice() {
                    finish(file, 0, start + 1, found);
                    file.element = None;
                }
            }
            // A type stands after a colon; an edit's sort after `add`, `replace` or `drop`.
            (SourceToken::Word, _) if !matches!(previous, ":" | "add" | "replace" | "drop") => {
                while let Some(open) = stack.last()
                    && open.kind.ends_before(word)
                    && stack.len() > 1
                {
                    finish(open, stack.len() - 1, start, found);
                    stack.pop();
                }
                let depth = stack.len() - 1;
                if let Some(open) = stack.last_mut()
                    && open.kind.begins(word)
                {
                    finish(open, depth, start, found);
                    open.element = Some(start);
                }
            }
            _ => {}
        }
        previous = word;
        end = lexeme.span.end as usize;
    }
    for (depth, open) in stack.iter().enumerate().rev() {
        finish(open, depth, end, found);
    }
    stack
}

/// What an opening brace opens, by the words before it.
fn inner(source: &Source, stack: &[Open]) -> FrameKind {
    let Some(open) = stack.last() else { return FrameKind::Unknown };
    let Some(start) = open.element else { return FrameKind::Unknown };
    let first = source.lexemes.partition_point(|l| (l.span.start as usize) < start);
    let words = source.lexemes[first..].iter().filter(|l| l.token == SourceToken::Word).map(|l| source.slice(l.span));
    let mut words = words.take(2);
    match (open.kind, words.next(), words.next()) {
        (FrameKind::File, Some("domain"), _) => FrameKind::Domain,
        (FrameKind::File, Some("skill"), _) => FrameKind::Skill,
        (FrameKind::File, Some("patch"), _) => FrameKind::Patch,
        (FrameKind::Skill, Some("rule"), _) => FrameKind::Rule,
        (FrameKind::Skill, Some("example"), _) => FrameKind::Example,
        (FrameKind::Patch, Some("add" | "replace"), _) => FrameKind::Skill,
        (FrameKind::Patch, Some("modify"), _) => FrameKind::Modify,
        (FrameKind::Modify, Some("add" | "replace"), Some("rule")) => FrameKind::Rule,
        (FrameKind::Modify, Some("add" | "replace"), Some("example")) => FrameKind::Example,
        _ => FrameKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(text: &str) -> String {
        let source = Source::new(text).expect("small input");
        lead_to(&source, text.len()).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_lead_leaves_finished_elements_out() {
        let rule = "rule a when p(x) { advise \"x { rule\" prefer q(x) } ";
        assert_eq!(lead(&format!("skill s in d {{ for t() {rule} rule b when ")), "skill s in d { rule b when");
        assert_eq!(
            lead(&format!("skill s in d {{ {rule} rule b when p(x) {{ advise \"y\" pre")),
            "skill s in d { rule b when p(x) { advise \"y\" pre"
        );
        assert_eq!(lead(&format!("skill s in d {{ {rule} rule b when p(x) {{ ")), "skill s in d { rule b when p(x) {");
        assert_eq!(lead("domain d { event a(x: kind) = action \"a\" event b(y: "), "domain d { event b(y:");
        assert_eq!(
            lead("patch \"p\" { retire a modify b { drop rule x replace rule y when "),
            "patch \"p\" { modify b { replace rule y when"
        );
        assert_eq!(lead(&format!("skill s in d {{ {rule} }} sk")), "");
        // A brace that is missing ends with the next member.
        assert_eq!(lead("skill s in d { rule a when p(x) { advise \"y\" rule b when "), "skill s in d { rule b when");
    }

    #[test]
    fn elements_end_where_the_next_begins() {
        let text = "skill s in d { for t() rule a when p(x) { avoid q(x) } assert b: never q(_) }";
        let source = Source::new(text).expect("small input");
        let found: Vec<(usize, &str)> =
            elements(&source).iter().map(|e| (e.depth, source.slice(e.span).trim())).collect();
        assert_eq!(
            found,
            [
                (0, text),
                (1, "for t()"),
                (1, "rule a when p(x) { avoid q(x) }"),
                (2, "avoid q(x)"),
                (1, "assert b: never q(_)"),
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_shape(text in "(skill|domain|patch|rule|\\{|\\}|add|task|event|\"| |[a-z:(]){0,40}", at in 0usize..200) {
            let Ok(source) = Source::new(&text) else { unreachable!("small input") };
            for element in elements(&source) {
                proptest::prop_assert!(element.span.start <= element.span.end && element.span.end as usize <= text.len());
            }
            let at = at.min(text.len());
            lead_to(&source, at);
        }
    }
}
