//! Skills: rules with every statement, and assertions of every form.

use super::{Generator, Scope, Signature, of_types};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};

/// Types that advice may show, and those that a suggested action may hold.
const SHOWN: [&str; 5] = ["item", "kind", "number", "money", "list"];
const SUGGESTED: [&str; 8] = ["item", "kind", "number", "money", "word", "words", "code", "tag"];

impl Generator {
    pub(super) fn bank(&mut self) -> String {
        let count = self.pick(&[1, 2, 3, 4, 12]);
        (0..count).map(|n| self.skill(n)).collect()
    }

    fn skill(&mut self, number: usize) -> String {
        let common = self.words.clone();
        let mut text = format!("skill s{number} in toy {{\n");
        let mut scope = Scope::new();
        if self.chance(0.5) {
            // Skills are often for the same task.
            let (name, types) = if self.chance(0.4) { common.tasks[0] } else { self.pick(&common.tasks) };
            let mut args = Vec::new();
            for (n, ty) in types.iter().enumerate() {
                let name = ["o", "p"][n];
                if self.chance(0.85) {
                    scope.push((name.to_owned(), ty));
                    args.push(name);
                } else {
                    args.push("_");
                }
            }
            text.push_str(&format!("    for {name}({})\n", args.join(", ")));
        }
        if self.chance(0.3) {
            text.push_str(&format!("    priority {}\n", self.rng.random_range(0..=2)));
        }
        if self.chance(0.4) {
            text.push_str(&self.own());
        }
        for n in 0..self.rng.random_range(0..=4) {
            text.push_str(&self.rule(n, &scope));
        }
        for n in 0..self.rng.random_range(1..=5) {
            text.push_str(&format!("    assert a{n}: {}\n", self.form(&scope)));
        }
        text.push_str("}\n");
        self.words = common;
        text
    }

    fn rule(&mut self, number: usize, task: &Scope) -> String {
        let mut text = format!("    rule r{number} when ");
        let mut everywhere: Option<Scope> = None;
        for branch in 0..self.pick(&[1, 1, 1, 2, 3]) {
            let mut scope = task.clone();
            let condition = match self.chance(0.15) {
                true => "step >= 0".to_owned(),
                false if self.chance(0.08) => self.steady(task),
                false => self.stocked(&mut scope),
            };
            text.push_str(&format!("{}{condition} ", if branch > 0 { "or when " } else { "" }));
            // What only some branches bind keeps its name to itself: no statement may use it.
            let only_here = scope.iter().filter(|v| everywhere.as_ref().is_some_and(|before| !before.contains(v)));
            let only_here: Scope = only_here.map(|(name, _)| (name.clone(), "nothing")).collect();
            let shared = |(name, ty): (String, &'static str)| match scope.contains(&(name.clone(), ty)) {
                true => (name, ty),
                false => (name, "nothing"),
            };
            everywhere = Some(match everywhere {
                None => scope,
                Some(before) => before.into_iter().map(shared).chain(only_here).collect(),
            });
        }
        let scope = everywhere.unwrap_or_default();
        let mut statements = Vec::new();
        if self.chance(0.25) {
            statements.push(format!("priority {}", self.rng.random_range(0..=3)));
        }
        if self.chance(0.2) {
            statements.push(format!("at most {} times", self.rng.random_range(1..=3)));
        }
        let mut shown = of_types(&scope, |ty| SHOWN.contains(&ty));
        shown.truncate(self.rng.random_range(0..=3));
        for n in 0..self.pick(&[0, 0, 0, 1, 2]) {
            statements.push(self.collected(n, &scope));
            shown.push(format!("all{n}"));
        }
        let parts: Vec<String> = shown.iter().map(|name| format!("{name}: {{{name}}}")).collect();
        if self.chance(0.6) || parts.iter().any(|part| part.starts_with("all")) {
            statements.push(format!("advise \"Say {}.\"", parts.join(", ")));
        }
        if self.chance(0.2) {
            let values = of_types(&scope, |ty| SUGGESTED.contains(&ty));
            let value = values.choose(&mut self.rng).map_or(String::new(), |name| format!("{{{name}}}"));
            statements.push(format!("suggest \"go to [{value}]\""));
        }
        for _ in 0..self.rng.random_range(u32::from(statements.is_empty())..=3) {
            statements.push(self.mark(&scope));
        }
        if self.chance(0.05) {
            // As many as a rule may have statements: most lists of actions are shorter.
            let mut everything = self.words.actions.clone();
            everything.shuffle(&mut self.rng);
            statements.truncate(2);
            statements.extend(everything.iter().take(14).map(|head| format!("forbid {}", anything(head))));
        }
        statements.shuffle(&mut self.rng);
        text + "{\n        " + &statements.join("\n        ") + "\n    }\n"
    }

    /// `let all0 = all …`: a list of something that a fact binds, and what else must hold of it.
    fn collected(&mut self, number: usize, scope: &Scope) -> String {
        let words = &self.words;
        let sources = words.fluents.iter().chain(&words.events).chain(&words.tables).copied();
        let fits = |ty: &str| ["item", "kind", "number", "money"].contains(&ty);
        let sources: Vec<_> = sources.filter(|(_, types)| types.iter().any(|ty| fits(ty))).collect();
        let (name, types) = self.pick(&sources);
        let places: Vec<usize> = (0..types.len()).filter(|at| fits(types[*at])).collect();
        let at = self.pick(&places);
        let element = self.local();
        let mut inner = scope.clone();
        inner.push((element.clone(), types[at]));
        let mut args = Vec::new();
        for (place, ty) in types.iter().enumerate() {
            let known = self.variable(ty, &mut scope.clone(), false).filter(|_| place != at && self.chance(0.3));
            args.push(if place == at { element.clone() } else { known.unwrap_or_else(|| "_".to_owned()) });
        }
        let is_event = self.words.events.iter().any(|(head, _)| *head == name);
        let once = if is_event && self.chance(0.5) { "once " } else { "" };
        let rest = match self.chance(0.4) {
            true => format!(" and {}", self.conj(&mut inner, false)),
            false => String::new(),
        };
        format!("let all{number} = all {element}: {once}{name}({}){rest}", args.join(", "))
    }

    fn mark(&mut self, scope: &Scope) -> String {
        let mut scope = scope.clone();
        let verb = self.pick(&["prefer", "prefer", "avoid", "avoid", "forbid"]);
        let actions = self.words.actions.clone();
        let target = match self.chance(0.3) {
            true => anything(&self.pick(&actions)),
            false => self.call(&actions, &mut scope, true),
        };
        let filter = match self.chance(0.4) {
            true => format!(" where {}", self.conj(&mut scope, true)),
            false => String::new(),
        };
        format!("{verb} {target}{filter}")
    }

    /// A condition that may bind; sometimes one that the bank has already in such a place.
    fn stocked(&mut self, scope: &mut Scope) -> String {
        if self.chance(0.06) {
            return self.of_one_kind(scope);
        }
        let known: Vec<_> = self.stock.iter().filter(|(before, _, _)| before == scope).cloned().collect();
        if let Some((_, condition, after)) = known.choose(&mut self.rng).filter(|_| self.rng.random_bool(0.25)) {
            scope.clone_from(after);
            return condition.clone();
        }
        let before = scope.clone();
        let locals = self.locals;
        let condition = self.conj(scope, true);
        // What a skill declares for itself has no meaning in others, and a quantifier's own variables have names of their own.
        if self.words.groups.len() == 3 && self.locals == locals {
            self.stock.push((before, condition.clone(), scope.clone()));
        }
        condition
    }

    /// One of few conditions over one kind: the same for skills with a task, whose kind it is, and for those without.
    fn of_one_kind(&mut self, scope: &mut Scope) -> String {
        let kind = match scope.first() {
            Some((name, "kind")) => name.clone(),
            Some(_) => return self.fallback(),
            None => {
                scope.push(("k".to_owned(), "kind"));
                "k".to_owned()
            }
        };
        let template =
            self.pick(&["wanted(K) and once take(_, _)", "once odd_g(K)", "goes(K, _) and wanted(K)", "any_task(K)"]);
        template.replace('K', &kind)
    }

    /// What must hold for the bindings of a guard; sometimes what another assertion says of such ones.
    fn consequence(&mut self, scope: &Scope) -> String {
        let known: Vec<_> = self.consequences.iter().filter(|(before, _)| before == scope).cloned().collect();
        if let Some((_, condition)) = known.choose(&mut self.rng).filter(|_| self.rng.random_bool(0.5)) {
            return condition.clone();
        }
        let locals = self.locals;
        let condition = self.conj(&mut scope.clone(), false);
        if self.words.groups.len() == 3 && self.locals == locals {
            self.consequences.push((scope.clone(), condition.clone()));
        }
        condition
    }

    /// A condition that is likely to hold for many steps in a row.
    fn steady(&mut self, task: &Scope) -> String {
        let words = self.words.clone();
        let fluent = self.call(&words.fluents, &mut task.clone(), true);
        let number = self.rng.random_range(0..=6);
        match self.rng.random_range(0..10) {
            0 | 1 => fluent,
            8 | 9 => {
                let event = self.call(&words.events, &mut task.clone(), true);
                format!("once {event} within {} steps", self.rng.random_range(1..=3))
            }
            2 => format!("no {}", self.call(&words.fluents, &mut task.clone(), false)) + " with step >= 0",
            3 => format!("step > {number}"),
            4 => format!("step < {number}"),
            5 => format!("step != {number}"),
            6 => format!("not repeated and step >= {number}.5"),
            _ => format!("once {}", self.call(&words.events, &mut task.clone(), true)),
        }
    }

    fn form(&mut self, task: &Scope) -> String {
        let n = self.rng.random_range(0..=3);
        if self.chance(0.2) {
            let c = self.steady(task);
            return match self.rng.random_range(0..6) {
                0 => format!("at most {} times {c}", n * 2),
                1 => format!("at least {} times {c}", n * 2),
                2 => format!("between {n} and {} times {c}", n + self.rng.random_range(0..=6)),
                3 => format!("always {}", if c.contains('(') { "step >= 1" } else { c.as_str() }),
                4 => format!("whenever {c} then step != {} within {} steps", n * 3, n + 1),
                _ => format!("at most {} consecutive {c}", n * 2),
            };
        }
        let mut scope = task.clone();
        let c = self.stocked(&mut scope);
        match self.rng.random_range(0..12) {
            0 => format!("always {}", self.conj(&mut task.clone(), false)),
            1 => format!("never {c}"),
            2 | 3 => format!("whenever {c} then {}", self.consequence(&scope)),
            // `repeated` ends the condition, so that the window is not taken for that of a `once`.
            4 => {
                let then = self.consequence(&scope);
                format!("whenever {c} then {then} and not repeated within {} steps", n.max(1))
            }
            5 => format!("eventually {c}"),
            6 => format!("finally {c}"),
            7 => format!("first {c} then {}", self.conj(&mut task.clone(), true)),
            8 => format!("at most {n} times {c}"),
            9 => format!("at least {n} times {c}"),
            10 => format!("between {n} and {} times {c}", n + self.rng.random_range(0..=4)),
            _ => format!("at most {n} consecutive {c}"),
        }
    }
}

/// Any such event.
fn anything((name, types): &Signature) -> String {
    format!("{name}({})", vec!["_"; types.len()].join(", "))
}
