//! Events with random patterns over very few words: such as begin with a capture, a gap or an optional word, have no literal
//! at all, overlap one another, repeat a capture; and many expressions.

use super::{Generator, Signature};
use rand::RngExt;
use rand::seq::SliceRandom;

/// Events that actions can be, and that observations may tell.
pub(super) const ODD_ACTIONS: [Signature; 5] = [
    ("odd_a", &["item"]),
    ("odd_b", &["item", "item"]),
    ("odd_c", &["word", "number"]),
    ("odd_d", &["words"]),
    ("odd_e", &["code"]),
];
/// Events that only observations tell.
pub(super) const ODD_OBSERVATIONS: [Signature; 5] = [
    ("odd_f", &["item", "list"]),
    ("odd_g", &["kind"]),
    ("odd_h", &["words", "number"]),
    ("odd_i", &[]),
    ("odd_j", &["text"]),
];

const LITERALS: [&str; 12] = ["pip", "pop", "pip pop", "pop pip pip", "the", ",", ".", "of", "1", "mug", "p", "and"];
const OPTIONAL: [&str; 5] = ["{the?}", "{pip|pop}", "{pip pop|pip}", "{a pip?}", "{pip pop|of the}"];
const PARAMS: [&str; 2] = ["q", "r"];

impl Generator {
    pub(super) fn odd_events(&mut self) -> String {
        let mut text = String::new();
        for (can_be_done, events) in [(true, ODD_ACTIONS), (false, ODD_OBSERVATIONS)] {
            for (name, types) in events {
                let mut forms = Vec::new();
                if can_be_done {
                    forms.push(self.odd_action(types));
                }
                for _ in 0..self.rng.random_range(u32::from(!can_be_done)..=2) {
                    forms.push(match (can_be_done && self.chance(0.4), self.chance(0.4)) {
                        (true, _) => self.odd_action(types),
                        (_, true) => format!("each observation {}", self.odd_pattern(types)),
                        (_, false) => format!("observation {}", self.odd_pattern(types)),
                    });
                }
                let head: Vec<String> = PARAMS.iter().zip(types).map(|(name, ty)| format!("{name}: {ty}")).collect();
                text.push_str(&format!("    event {name}({}) = {}\n", head.join(", "), forms.join(" | ")));
            }
        }
        for _ in 0..self.pick(&[0, 1, 6]) {
            text.push_str(&format!("    fails {}\n", self.odd_pattern(&[])));
        }
        let sentences: Vec<String> = (0..self.pick(&[1, 2, 6])).map(|_| self.odd_pattern(&["kind", "word"])).collect();
        text.push_str(&format!("    task odd_task(q: kind, r: word) = {}\n", sentences.join(" | ")));
        text
    }

    fn odd_action(&mut self, types: &[&str]) -> String {
        match self.chance(0.3) {
            true => format!("action {} then observation {}", self.odd_pattern(types), self.odd_then(types)),
            false => format!("action {}", self.odd_pattern(types)),
        }
    }

    /// The pattern of an answer may leave parameters out.
    fn odd_then(&mut self, types: &[&str]) -> String {
        match self.chance(0.5) {
            true => self.odd_pattern(types),
            false => self.odd_pattern(&types[..types.len().min(1)]),
        }
    }

    fn odd_pattern(&mut self, types: &[&str]) -> String {
        match self.chance(0.35) {
            true => self.odd_expression(types),
            false => self.odd_tokens(types),
        }
    }

    fn odd_tokens(&mut self, types: &[&str]) -> String {
        let mut captures: Vec<&str> = PARAMS.iter().zip(types).map(|(name, _)| *name).collect();
        captures.shuffle(&mut self.rng);
        if self.chance(0.1)
            && let Some(again) = captures.first().copied()
        {
            captures.push(again);
        }
        let mut parts: Vec<String> = Vec::new();
        // The last part has no end of its own.
        let mut open = false;
        for capture in captures {
            if self.chance(0.2) && !open {
                parts.push("{...}".to_owned());
                open = true;
            }
            if open || self.chance(0.5) {
                if self.chance(0.3) {
                    parts.push(self.pick(&OPTIONAL).to_owned());
                }
                parts.push(self.pick(&LITERALS).to_owned());
            } else if self.chance(0.4) {
                parts.push(self.pick(&OPTIONAL).to_owned());
            }
            parts.push(format!("{{{capture}}}"));
            open = true;
        }
        if types.is_empty() || self.chance(0.5) {
            parts.push(self.pick(&LITERALS).to_owned());
            if self.chance(0.2) {
                parts.push(format!("{{...}} {}", self.pick(&LITERALS)));
            }
        } else if self.chance(0.2) {
            parts.push(self.pick(&OPTIONAL).to_owned());
        }
        format!("\"{}\"", parts.join(" "))
    }

    fn odd_expression(&mut self, types: &[&str]) -> String {
        let groups = PARAMS.iter().zip(types).map(|(name, ty)| {
            let inside = match *ty {
                "item" => self.pick(&["[a-z ]+[0-9]?", "[a-z]+ [0-9]", ".+"]),
                "kind" => self.pick(&["[a-z ]+", "\\w+"]),
                "number" => self.pick(&["\\d+", "[0-9.]+", "-?\\S+"]),
                "word" => self.pick(&["\\w+", "[A-Za-z]+"]),
                "list" => "[a-z0-9 ,]+",
                "code" => self.pick(&["\\S+", "[A-Z][0-9.]*"]),
                _ => self.pick(&[".*", "[^.\\n]+", "[a-z ]{1,9}"]),
            };
            format!("(?<{name}>{inside})")
        });
        let groups: Vec<String> = groups.collect();
        let mut out = String::new();
        if self.chance(0.3) {
            out.push_str(self.pick(&["^", "(?i)", "(?:^|\\n)"]));
        }
        for group in &groups {
            out.push_str(self.pick(&["pip ", "(?:pip|pop) ", "pop+ ?", "p.p ", ": "]));
            match self.chance(0.15) {
                // A group that took no part makes no match.
                true => out.push_str(&format!("(?:{group})?")),
                false => out.push_str(group),
            }
        }
        if groups.is_empty() || self.chance(0.4) {
            out.push_str(self.pick(&[" pop", "\\.", " ?(?:pip)+", " p{2}"]));
        }
        format!("/{out}/")
    }
}
