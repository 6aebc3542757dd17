//! Conditions: safe conjunctions over what is in scope, their literals in any order.

use super::{Generator, Scope, Signature, is_number, is_wordy, of_types, play, pool};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};

/// Quantifiers stand in one another at most so deep.
const DEPTH: usize = 2;

impl Generator {
    /// With `fresh` it may bind variables, which join the scope.
    pub(super) fn conj(&mut self, scope: &mut Scope, fresh: bool) -> String {
        let count = self.pick(&[1, 1, 2, 2, 3, 4]);
        self.literals(count, scope, fresh, 0)
    }

    fn literals(&mut self, count: usize, scope: &mut Scope, fresh: bool, depth: usize) -> String {
        let mut literals: Vec<String> = (0..count).map(|_| self.literal(scope, fresh, depth)).collect();
        literals.shuffle(&mut self.rng);
        literals.join(" and ")
    }

    fn literal(&mut self, scope: &mut Scope, fresh: bool, depth: usize) -> String {
        let negated = self.chance(0.25);
        let not = if negated { "not " } else { "" };
        let binds = fresh && !negated;
        let words = self.words.clone();
        match self.rng.random_range(0..28) {
            0..4 => format!("{not}{}", self.call(&words.events, scope, binds)),
            4..8 => format!("{not}{}", self.call(&words.fluents, scope, binds)),
            8 | 9 => {
                let window = match self.chance(0.5) {
                    true => format!(" within {} steps", self.rng.random_range(1..=4)),
                    false => String::new(),
                };
                format!("{not}once {}{window}", self.call(&words.events, scope, binds))
            }
            10 => format!("{not}{}", self.call(&words.tasks, scope, binds)),
            11 => format!("{not}available {}", self.call(&words.actions, scope, binds)),
            12 => format!("{not}repeated"),
            13..16 => {
                let wordy = of_types(scope, is_wordy);
                let Some(left) = wordy.choose(&mut self.rng).cloned() else { return self.fallback() };
                match (self.rng.random_range(0..4), wordy.choose(&mut self.rng)) {
                    (0, Some(right)) => format!("{not}{left} is {right}"),
                    (1, _) => format!("{not}{left} is \"{}\"", self.pick(&words.groups)),
                    _ => format!("{not}{left} is \"{}\"", play::thing(&mut self.rng)),
                }
            }
            16 => {
                let lists = of_types(scope, |ty| ty == "list");
                let Some(list) = lists.choose(&mut self.rng).cloned() else {
                    return match fresh {
                        true => self.membership(scope),
                        false => self.fallback(),
                    };
                };
                match self.variable("item", scope, binds) {
                    Some(element) => format!("{not}{element} in {list}"),
                    None => self.fallback(),
                }
            }
            17 => {
                let defined = self.pick(&words.defines);
                let names: Vec<String> = defined.1.iter().filter_map(|ty| self.variable(ty, scope, false)).collect();
                match names.len() == defined.1.len() {
                    true => format!("{not}{}({})", defined.0, names.join(", ")),
                    false => self.fallback(),
                }
            }
            18 => format!("{not}{}", self.call(&words.tables, scope, binds)),
            19 | 20 => match self.tokens(scope) {
                Some(left) => {
                    let right = self.tokens(scope).filter(|right| *right != left && self.chance(0.4));
                    format!("{not}{left} contains {}", right.unwrap_or_else(|| self.phrase()))
                }
                None => self.fallback(),
            },
            21..24 if depth < DEPTH => format!("{not}{}", self.quantified(scope, depth)),
            24 if self.chance(0.2) => format!("{not}todo \"later\""),
            _ => format!("{not}{}", self.comparison(scope)),
        }
    }

    /// A quantifier over facts some of whose arguments are its own.
    fn quantified(&mut self, scope: &Scope, depth: usize) -> String {
        let words = &self.words;
        let (over, filled): (Vec<Signature>, f64) = match self.rng.random_range(0..8) {
            0 | 1 => (words.events.clone(), 0.3),
            2 => (words.tasks.clone(), 0.3),
            3 => (words.tables.clone(), 0.3),
            _ => (words.fluents.clone(), 0.4),
        };
        let (name, types) = self.pick(&over);
        let mut inner = scope.clone();
        let mut args = Vec::new();
        for ty in types {
            let known = self.variable(ty, &mut scope.clone(), false).filter(|_| self.chance(filled));
            args.push(match known {
                Some(known) => known,
                None if self.chance(0.25) => "_".to_owned(),
                None => {
                    let name = self.local();
                    inner.push((name.clone(), ty));
                    name
                }
            });
        }
        let (word, link) = self.pick(&[("every", ":"), ("some", " with"), ("no", " with")]);
        let count = self.pick(&[1, 1, 2, 3]);
        // Round brackets always do, and are needed around what is not one plain literal.
        let body = self.literals(count, &mut inner, false, depth + 1);
        let plain = !["and ", "every ", "some ", "no "].iter().any(|word| body.contains(word));
        match plain && self.chance(0.7) {
            true => format!("{word} {name}({}){link} {body}", args.join(", ")),
            false => format!("{word} {name}({}){link} ({body})", args.join(", ")),
        }
    }

    /// A variable of a type with tokens, if there is one.
    fn tokens(&mut self, scope: &Scope) -> Option<String> {
        of_types(scope, |ty| is_wordy(ty) || ty == "text").choose(&mut self.rng).cloned()
    }

    /// A quoted text that things of an episode may share tokens with.
    fn phrase(&mut self) -> String {
        let phrase = self.pick(&[
            "mug",
            "salt pot",
            "Egg 1",
            "good morning",
            "the",
            "pot",
            "1",
            "A1",
            "or so",
            "oven mug 2",
            // Parts of tokens are no tokens, and what is there twice is one shared token.
            "ug",
            "alt pot",
            "the pot the mug",
            "pot pot",
        ]);
        format!("\"{phrase}\"")
    }

    /// A list and one of its elements.
    fn membership(&mut self, scope: &mut Scope) -> String {
        let element = self.variable("item", scope, true).unwrap_or_else(|| "x".to_owned());
        if !scope.iter().any(|(name, _)| *name == element) {
            scope.push((element.clone(), "item"));
        }
        scope.push(("xs".to_owned(), "list"));
        let event = self.pick(&["see(_, xs)", "rumour(xs)"]);
        format!("{event} and {element} in xs")
    }

    /// What can be said without a variable.
    pub(super) fn fallback(&mut self) -> String {
        self.comparison(&mut Scope::new())
    }

    fn comparison(&mut self, scope: &mut Scope) -> String {
        let words = self.words.clone();
        let numbers = of_types(scope, is_number);
        let left = match (numbers.choose(&mut self.rng), self.rng.random_range(0..6)) {
            (Some(number), 0 | 1) => number.clone(),
            (_, 2) => "step".to_owned(),
            (_, 3) if self.floods => format!("count({}(_))", self.pick(&play::FLOODED)),
            (_, 3) => format!("count({})", self.call(&words.events, scope, false)),
            (_, 4) => match self.tokens(scope) {
                Some(text) => format!("words({text})"),
                None => format!("words({})", self.phrase()),
            },
            (_, 5) => match (self.tokens(scope), self.tokens(scope)) {
                (Some(left), Some(right)) if left != right => format!("shared({left}, {right})"),
                (Some(left), _) => format!("shared({}, {left})", self.phrase()),
                _ => format!("shared({}, {})", self.phrase(), self.phrase()),
            },
            _ => format!("count({})", self.call(&words.fluents, scope, false)),
        };
        let sign = self.pick(&["<", "<=", ">", ">=", "=", "!="]);
        let right = match (numbers.choose(&mut self.rng), self.rng.random_range(0..20)) {
            (Some(number), 0..6) => number.clone(),
            (_, 6) if left != "step" => "step".to_owned(),
            (_, 7) => format!("count({})", self.call(&words.fluents, scope, false)),
            _ if self.floods && left.starts_with("count") => self.pick(&["511", "512", "512.5"]).to_owned(),
            _ => self.pick(&["0", "1", "2", "2.5", "3", "4", "5", "0.5", "7"]).to_owned(),
        };
        match left != "1" && self.chance(0.15) {
            true => format!("{right} {sign} {left}"),
            false => format!("{left} {sign} {right}"),
        }
    }

    /// A call of one of `heads`: each argument is `_`, a variable in scope or, where it binds, a fresh one.
    pub(super) fn call(&mut self, heads: &[Signature], scope: &mut Scope, binds: bool) -> String {
        let (name, types) = self.pick(heads);
        let args: Vec<String> = types
            .iter()
            .map(|ty| match self.chance(0.35) {
                true => "_".to_owned(),
                false => self.variable(ty, scope, binds).unwrap_or_else(|| "_".to_owned()),
            })
            .collect();
        format!("{name}({})", args.join(", "))
    }

    pub(super) fn variable(&mut self, ty: &'static str, scope: &mut Scope, binds: bool) -> Option<String> {
        let known = of_types(scope, |t| t == ty || is_number(t) && is_number(ty));
        let fresh = pool(ty).iter().find(|name| !scope.iter().any(|(known, _)| known == *name)).filter(|_| binds);
        match (known.choose(&mut self.rng), fresh) {
            (Some(name), None) => Some(name.clone()),
            (Some(name), Some(_)) if self.rng.random_bool(0.6) => Some(name.clone()),
            (_, Some(name)) => {
                scope.push(((*name).to_owned(), ty));
                Some((*name).to_owned())
            }
            (None, None) => None,
        }
    }
}
