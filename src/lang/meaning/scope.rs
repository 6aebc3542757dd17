//! Canonical text of something with variables. In: its parts, with groups whose order does not count; out: one text for all
//! ways to order these groups and to name the variables.
//!
//! Variables get colours by how they are used, refined until nothing changes; of variables that look alike one is singled
//! out, and so on. For variables that look alike but are not interchangeable the text may still depend on the order in
//! which they were written: two texts may then differ though they say the same, but never are two texts equal that say
//! different things, since in the end every variable has its number.

use std::collections::BTreeMap;

/// A text with variables.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Var(usize),
    /// In any order, each after the word.
    Unordered(&'static str, Vec<Parts>),
}

impl Parts {
    pub(super) fn text(&mut self, text: &str) {
        self.0.push(Part::Text(format!("{text} ")));
    }

    pub(super) fn var(&mut self, slot: usize) {
        self.0.push(Part::Var(slot));
    }

    pub(super) fn append(&mut self, other: Parts) {
        self.0.extend(other.0);
    }

    /// Parts whose order does not count.
    pub(super) fn unordered(&mut self, word: &'static str, parts: Vec<Parts>) {
        self.0.push(Part::Unordered(word, parts));
    }

    /// With the variables from slot `from` on moved up by `by`.
    pub(super) fn shifted(mut self, from: usize, by: usize) -> Parts {
        self.each_var(&mut |slot| *slot += if *slot >= from { by } else { 0 });
        self
    }

    fn each_var(&mut self, visit: &mut dyn FnMut(&mut usize)) {
        for part in &mut self.0 {
            match part {
                Part::Text(_) => {}
                Part::Var(slot) => visit(slot),
                Part::Unordered(_, parts) => parts.iter_mut().for_each(|parts| parts.each_var(visit)),
            }
        }
    }

    /// The variables in order of writing.
    fn vars(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.clone().each_var(&mut |slot| {
            if !found.contains(slot) {
                found.push(*slot);
            }
        });
        found
    }

    /// Groups put in order of their texts with variables named so.
    fn ordered(&self, name: &dyn Fn(usize) -> String) -> Vec<Part> {
        let mut out = Vec::new();
        for part in &self.0 {
            match part {
                Part::Unordered(word, parts) => {
                    let mut parts: Vec<(String, Vec<Part>)> = parts
                        .iter()
                        .map(|parts| {
                            let ordered = parts.ordered(name);
                            (spelled(&ordered, &mut |slot| name(slot)), ordered)
                        })
                        .collect();
                    parts.sort_by(|(one, _), (other, _)| one.cmp(other));
                    out.push(Part::Text("(".to_owned()));
                    for (_, parts) in parts {
                        out.push(Part::Text(format!("{word} ")));
                        out.extend(parts);
                    }
                    out.push(Part::Text(") ".to_owned()));
                }
                other => out.push(other.clone()),
            }
        }
        out
    }
}

fn spelled(parts: &[Part], name: &mut dyn FnMut(usize) -> String) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Var(slot) => {
                out.push_str(&name(*slot));
                out.push(' ');
            }
            // Ordering has put the group's parts in its place.
            Part::Unordered(..) => {}
        }
    }
    out
}

/// The text with variables named as `name` says.
pub(super) fn named(parts: &Parts, name: &dyn Fn(usize) -> String) -> String {
    spelled(&parts.ordered(name), &mut |slot| name(slot))
}

/// The canonical text; the variables in slots below `outer` are told apart by their slots.
pub(super) fn canonical(outer: usize, parts: &Parts) -> String {
    let vars = parts.vars();
    let mut colours: BTreeMap<usize, String> = vars
        .iter()
        .map(|slot| (*slot, if *slot < outer { format!("outer{slot}") } else { "own".to_owned() }))
        .collect();
    loop {
        refine(&mut colours, parts);
        let alike = |slot: &&usize| vars.iter().filter(|other| colours[other] == colours[slot]).count() > 1;
        let Some(single) = vars.iter().filter(alike).min_by_key(|slot| &colours[slot]).copied() else { break };
        if let Some(colour) = colours.get_mut(&single) {
            colour.push('!');
        }
    }
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    spelled(&parts.ordered(&|slot| colours[&slot].clone()), &mut |slot| {
        let next = numbers.len();
        match slot < outer {
            true => format!("outer{slot}"),
            false => format!("v{}", numbers.entry(slot).or_insert(next)),
        }
    })
}

/// Colours each variable by the whole text as seen from it, until no more are told apart.
fn refine(colours: &mut BTreeMap<usize, String>, parts: &Parts) {
    let count = |colours: &BTreeMap<usize, String>| {
        let mut distinct: Vec<&String> = colours.values().collect();
        distinct.sort();
        distinct.dedup();
        distinct.len()
    };
    while count(colours) < colours.len() {
        let seen = |from: usize| {
            let text = named(parts, &|slot| {
                if slot == from { format!("@{}", colours[&slot]) } else { colours[&slot].clone() }
            });
            blake3::hash(text.as_bytes()).to_hex().to_string()
        };
        let finer: BTreeMap<usize, String> = colours.keys().map(|slot| (*slot, seen(*slot))).collect();
        if count(&finer) <= count(colours) {
            return;
        }
        *colours = finer;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name(args)` for each literal, as one unordered group.
    fn literals(literals: &[(&str, &[usize])]) -> Parts {
        let literal = |(name, args): &(&str, &[usize])| {
            let mut parts = Parts::default();
            parts.text(name);
            args.iter().for_each(|slot| parts.var(*slot));
            parts
        };
        let mut parts = Parts::default();
        parts.unordered("and", literals.iter().map(literal).collect());
        parts
    }

    #[test]
    fn order_and_names_do_not_count() {
        let one = literals(&[("r", &[0]), ("r", &[1]), ("s", &[0, 2]), ("s", &[1, 3])]);
        for other in [
            literals(&[("s", &[1, 3]), ("r", &[0]), ("s", &[0, 2]), ("r", &[1])]),
            literals(&[("r", &[3]), ("r", &[2]), ("s", &[2, 0]), ("s", &[3, 1])]),
        ] {
            assert_eq!(canonical(0, &one), canonical(0, &other));
        }
    }

    #[test]
    fn structure_counts_where_no_colour_tells_it() {
        let ring = |links: &[(usize, usize)]| {
            let pairs: Vec<Vec<usize>> = links.iter().map(|(a, b)| vec![*a, *b]).collect();
            let named: Vec<(&str, &[usize])> = pairs.iter().map(|p| ("p", p.as_slice())).collect();
            canonical(0, &literals(&named))
        };
        let six = ring(&[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0)]);
        let turned = ring(&[(3, 4), (5, 0), (0, 1), (2, 3), (4, 5), (1, 2)]);
        let three = ring(&[(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]);
        assert_eq!(six, turned);
        assert_ne!(six, three);
    }

    #[test]
    fn outer_variables_are_themselves() {
        let one = literals(&[("r", &[0]), ("s", &[1])]);
        let other = literals(&[("r", &[1]), ("s", &[0])]);
        assert_eq!(canonical(0, &one), canonical(0, &other));
        assert_ne!(canonical(2, &one), canonical(2, &other));
    }
}
