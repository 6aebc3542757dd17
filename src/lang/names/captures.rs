//! Names inside quoted texts. In: the raw source of a pattern, an advice or a regular expression, without its quotes or
//! slashes; out: where it captures or mentions a name. Escapes never stand inside a name, so raw places are exact places.

use std::ops::Range;

/// Names in braces: `{x}`, but neither `{the?}`, `{in|on}`, `{...}` nor the escaped `{{x}}`.
pub fn in_braces(raw: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(bracket) = raw[at..].find(['{', '}']).map(|i| at + i) {
        let rest = &raw[bracket..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            at = bracket + 2;
            continue;
        }
        at = bracket + 1;
        if !rest.starts_with('{') {
            continue;
        }
        let Some(close) = raw[at..].find('}').map(|i| at + i) else { break };
        let inside = &raw[at..close];
        let start = at + (inside.len() - inside.trim_start().len());
        let name = inside.trim();
        if is_word(name) {
            found.push(start..start + name.len());
        }
        at = close + 1;
    }
    found
}

/// Named groups of a regular expression: `(?<x>…)` and `(?P<x>…)`, outside classes and not escaped.
pub fn in_groups(raw: &str) -> Vec<Range<usize>> {
    let bytes = raw.as_bytes();
    let mut found = Vec::new();
    let mut class = 0usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' => {
                class += 1;
                // A bracket right after the opening one, or after its `^`, is a member of the class.
                at += usize::from(bytes.get(at + 1) == Some(&b'^'));
                at += usize::from(bytes.get(at + 1) == Some(&b']'));
            }
            b']' => class = class.saturating_sub(1),
            b'(' if class == 0 => {
                let rest = &bytes[at..];
                let open = if rest.starts_with(b"(?<") {
                    3
                } else if rest.starts_with(b"(?P<") {
                    4
                } else {
                    0
                };
                let start = at + open;
                if open > 0
                    && let Some(length) = bytes[start..].iter().position(|b| *b == b'>')
                    && raw.get(start..start + length).is_some_and(is_word)
                {
                    found.push(start..start + length);
                    at = start + length;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether `text` has the form of a name (it may still be a reserved word).
pub fn is_word(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' && text.len() > 1)
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(raw: &str, find: fn(&str) -> Vec<Range<usize>>) -> Vec<&str> {
        find(raw).into_iter().map(|range| &raw[range]).collect()
    }

    #[test]
    fn braces_hold_names_alternatives_and_gaps() {
        assert_eq!(names(r#"put { x } {in|on} {the?} {r}, {...} {{y}} \"{z}\" {"#, in_braces), ["x", "r", "z"]);
        assert_eq!(names("} {a} {b c} {d", in_braces), ["a"]);
    }

    #[test]
    fn groups_are_found_outside_classes_only() {
        let raw = r"(?i)^(?<x>[](?<a>)]+)\(?<b>(?P<y>\w+)(?:(?<z>.))(?<1>)[^]](?<last>)";
        assert_eq!(names(raw, in_groups), ["x", "y", "z", "last"]);
        assert_eq!(names("(?<", in_groups), [""; 0]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_places_inside_it(text in "\\PC{0,40}|[{}a-z(?<>\\[\\]\\\\P ]{0,40}") {
            for range in in_braces(&text).into_iter().chain(in_groups(&text)) {
                proptest::prop_assert!(text.get(range).is_some_and(is_word));
            }
        }
    }
}
