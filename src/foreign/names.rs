//! Names of the language for titles of any kind. In: a title; out: an identifier that is no keyword, and unique where it
//! has to be.

use std::collections::BTreeMap;

use crate::lang::check::limits;
use crate::lang::parse::parse;

/// Room for `_2` and the like at the end of a name.
const ROOM: usize = 6;

/// An identifier for `title`: its letters and digits in lower case, joined by `_`. `fallback`, a word, stands where the
/// title has none, before digits, and after keywords.
pub fn identifier(title: &str, fallback: &str) -> String {
    let mut name = String::new();
    for c in title.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !matches!(c, '\'' | '’') && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        if name.len() >= limits::NAME - ROOM - fallback.len() - 1 {
            break;
        }
    }
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None if is_name(fallback) => fallback.to_owned(),
        None => format!("unnamed_{fallback}"),
        Some(c) if c.is_ascii_digit() => format!("{fallback}_{name}"),
        Some(_) if is_name(name) => name.to_owned(),
        Some(_) => format!("{name}_{fallback}"),
    }
}

/// The parser knows which words are reserved.
fn is_name(word: &str) -> bool {
    parse(&format!("skill {word} in d {{ }}")).diagnostics.is_empty()
}

/// Names given out so far, and how often each was asked for.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<String, usize>);

impl Names {
    pub fn new(taken: impl IntoIterator<Item = String>) -> Self {
        Names(taken.into_iter().map(|name| (name, 1)).collect())
    }

    /// `name`, or `name_2` and so on where it is taken.
    pub fn fresh(&mut self, name: &str) -> String {
        let mut number = self.0.get(name).copied().unwrap_or(0);
        let mut fresh = name.to_owned();
        while self.0.contains_key(&fresh) {
            number += 1;
            fresh = format!("{name}_{number}");
        }
        self.0.insert(name.to_owned(), number.max(1));
        self.0.entry(fresh.clone()).or_insert(1);
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names() {
        for (title, name) in [
            ("Open Before Judging Empty", "open_before_judging_empty"),
            ("heat-then-place", "heat_then_place"),
            ("Don't repeat: \"look\"", "dont_repeat_look"),
            ("skill", "skill_skill"),
            ("when", "when_skill"),
            ("2 mugs", "skill_2_mugs"),
            ("…", "unnamed_skill"),
            ("Größe", "gr_e"),
        ] {
            assert_eq!(identifier(title, "skill"), name, "{title}");
        }
        assert_eq!(identifier("", "text"), "text");
        assert!(identifier(&"a".repeat(500), "skill").len() <= limits::NAME - ROOM);
    }

    #[test]
    fn the_same_name_is_given_out_once() {
        let mut names = Names::new(["a".to_owned()]);
        assert_eq!([names.fresh("a"), names.fresh("a"), names.fresh("b")], ["a_2", "a_3", "b"]);
    }

    proptest::proptest! {
        #[test]
        fn every_title_gives_a_name_that_parses(title in "\\PC{0,80}") {
            let name = identifier(&title, "skill");
            proptest::prop_assert!(name.len() <= limits::NAME - ROOM);
            let text = format!("skill {name} in d {{ }}");
            proptest::prop_assert!(parse(&text).diagnostics.is_empty());
        }
    }
}
