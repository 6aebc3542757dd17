//! Prose in skills. In: paragraphs as they were written; out: lines of doc comments, which hold them whole, and advice, which
//! holds what its limits allow.

use crate::lang::check::limits;

/// Advice made of paragraphs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advice {
    pub text: String,
    /// What is missing from it, if anything.
    pub missing: Option<String>,
}

/// Advice of the paragraphs, in order. Where not all of them fit, those at the end go first; of the last one that is
/// left, whole sentences. `name` says at least what the advice is about where nothing else can.
pub(super) fn advice(paragraphs: &[&str], name: &str) -> Advice {
    let flat: Vec<String> = paragraphs.iter().map(|p| sentence(p)).filter(|p| !p.is_empty()).collect();
    let usable: Vec<&str> = flat.iter().map(String::as_str).filter(|p| !p.contains(is_foreign)).collect();
    let foreign = flat.iter().flat_map(|p| p.chars()).find(|c| is_foreign(*c));
    let mut text = String::new();
    let mut cut = false;
    for paragraph in usable {
        for part in sentences(paragraph) {
            cut |= text.chars().count() + 1 + part.chars().count() > limits::ADVICE;
            if !cut {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(part);
            }
        }
    }
    let missing = match (foreign, cut) {
        (Some(c), _) => Some(format!("the paragraph with {c:?}, which advice cannot hold")),
        (None, true) => Some(format!("what goes beyond {} characters", limits::ADVICE)),
        (None, false) => None,
    };
    if text.is_empty() {
        text = sentence(&name.replace(is_foreign, " "));
        text.truncate(text.char_indices().nth(limits::ADVICE).map_or(text.len(), |(at, _)| at));
    }
    if text.is_empty() {
        text.push_str("An imported skill.");
    }
    Advice { text, missing }
}

/// Characters that advice refuses: they could be read as markup or captures.
pub(super) fn is_foreign(c: char) -> bool {
    matches!(c, '<' | '>' | '[' | ']' | '{' | '}')
        || c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Blanks and line breaks as single spaces, and an end.
pub(super) fn sentence(paragraph: &str) -> String {
    let mut flat = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '\'' | ')')) {
        flat.push('.');
    }
    flat
}

/// The sentences of a paragraph, each with its end.
fn sentences(paragraph: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in paragraph.match_indices(' ') {
        if paragraph[start..at].ends_with(['.', '!', '?', ';']) {
            found.push(&paragraph[start..at]);
            start = at + 1;
        }
    }
    found.push(&paragraph[start..]);
    found
}

/// Lines of a doc comment, without its slashes: `blocks` with an empty line between them.
pub(super) fn docs(blocks: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks.iter().filter(|b| !b.trim().is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(block.trim_matches('\n').lines().map(|l| l.trim_end().to_owned()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_keeps_whole_sentences() {
        let given = advice(&["When cold", "Heat it\nfirst."], "heat");
        assert_eq!(given, Advice { text: "When cold. Heat it first.".to_owned(), missing: None });
        let long = "Open every drawer that is closed before you go on. ".repeat(30);
        let given = advice(&[&long], "search");
        assert!(given.text.chars().count() <= limits::ADVICE && given.text.ends_with("go on."), "{}", given.text);
        assert!(given.missing.is_some_and(|m| m.contains("500")));
        let given = advice(&["Use click[buy now]", "Be quick"], "buy");
        assert_eq!(given.text, "Be quick.");
        assert!(given.missing.is_some_and(|m| m.contains("'['")));
        assert_eq!(advice(&["[a]"], "buy <now>").text, "buy now.");
    }

    proptest::proptest! {
        #[test]
        fn advice_is_never_over_its_limits(parts in proptest::collection::vec("\\PC{0,300}", 0..4), name in "\\PC{0,600}") {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let given = advice(&parts, &name);
            proptest::prop_assert!(!given.text.is_empty());
            proptest::prop_assert!(given.text.chars().count() <= limits::ADVICE);
            proptest::prop_assert!(!given.text.contains(is_foreign));
        }
    }
}
