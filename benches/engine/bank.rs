//! Banks of any size. In: a bank of ten skills and how many there shall be; out: the bank, and copies of it under other names.
//!
//! A copy has events, fluents, tables and (if so wished) tasks of its own behind those of the domain, and every word of their
//! patterns and of the skills' constants has an ending that no text has: on the recorded episodes nothing that it reads ever
//! changes. A regular expression of a pattern becomes a pattern over tokens in the copies, with the event's name as its text:
//! what expressions cost is a matter of how many there are, and no domain has ten thousand.

use reskill::lang::checked::{
    Assertion, Cause, Checked, Constant, Domain, Event, EventForm, Fluent, IsRight, Literal, Operand, Rule, Skill,
    Table, Task, Term, Trigger,
};
use reskill::lang::pattern::{Element, Pattern};
use reskill::text::{self, TokenKind};

use super::worlds::LIVE;

/// What the copies are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tasks {
    /// Tasks of their own, which are never set.
    Own,
    /// The same tasks as the originals: they are in play, but nothing ever happens to them. Those of their rules that
    /// speak where nothing has happened do speak.
    Same,
}

/// `live`, with copies of it until there are `skills`.
pub fn bank(live: &Checked, skills: usize, tasks: Tasks) -> Checked {
    let mut bank = live.clone();
    for number in 1..skills.div_ceil(LIVE) {
        let domain = &live.domains[0];
        let copier = Copier {
            ending: format!("q{number}"),
            tasks: if tasks == Tasks::Own { number * domain.tasks.len() } else { 0 },
            events: number * domain.events.len(),
            fluents: number * domain.fluents.len(),
            tables: number * domain.tables.len(),
        };
        copier.domain(domain, tasks, &mut bank.domains[0]);
        bank.skills.extend(live.skills.iter().cloned().map(|skill| copier.skill(skill)));
    }
    bank.skills.truncate(skills);
    bank
}

/// Makes one copy: what is put behind its words, and how far its declarations lie behind the originals.
struct Copier {
    ending: String,
    tasks: usize,
    events: usize,
    fluents: usize,
    tables: usize,
}

impl Copier {
    fn domain(&self, from: &Domain, tasks: Tasks, to: &mut Domain) {
        let own = if tasks == Tasks::Own { from.tasks.as_slice() } else { &[] };
        to.tasks.extend(own.iter().cloned().map(|task| self.task(task)));
        to.events.extend(from.events.iter().cloned().map(|event| self.event(event)));
        to.fluents.extend(from.fluents.iter().cloned().map(|fluent| self.fluent(fluent)));
        to.tables.extend(from.tables.iter().cloned().map(|table| self.table(table)));
    }

    fn name(&self, name: &str) -> String {
        format!("{name}_{}", self.ending)
    }

    fn task(&self, mut task: Task) -> Task {
        task.sentences.iter_mut().for_each(|sentence| self.pattern(&task.name, sentence));
        task.derived.iter_mut().for_each(|derived| derived.task += self.tasks);
        task.name = self.name(&task.name);
        task
    }

    fn event(&self, mut event: Event) -> Event {
        for form in &mut event.forms {
            match form {
                EventForm::Action { pattern, then } => {
                    self.pattern(&event.name, pattern);
                    then.iter_mut().for_each(|then| self.pattern(&event.name, then));
                }
                EventForm::Observation { pattern, .. } => self.pattern(&event.name, pattern),
            }
        }
        event.name = self.name(&event.name);
        event
    }

    fn fluent(&self, mut fluent: Fluent) -> Fluent {
        fluent.name = self.name(&fluent.name);
        fluent.causes.iter_mut().for_each(|cause: &mut Cause| {
            match &mut cause.trigger {
                Trigger::Event(event) => *event += self.events,
                Trigger::Task(task) => *task += self.tasks,
            }
            self.literals(&mut cause.with);
        });
        fluent
    }

    fn table(&self, mut table: Table) -> Table {
        table.name = self.name(&table.name);
        for constant in table.rows.iter_mut().flatten() {
            match constant {
                Constant::Text(text) | Constant::Item(text) => self.words(text),
                Constant::Number(_) => {}
            }
        }
        table
    }

    fn skill(&self, mut skill: Skill) -> Skill {
        skill.name = self.name(&skill.name);
        if let Some((task, _)) = &mut skill.applies {
            *task += self.tasks;
        }
        skill.rules.iter_mut().for_each(|rule: &mut Rule| {
            rule.branches.iter_mut().for_each(|branch| self.literals(branch));
            rule.lets.iter_mut().for_each(|collected| self.literals(&mut collected.body));
            for mark in &mut rule.marks {
                mark.event += self.events;
                self.literals(&mut mark.filter);
            }
        });
        skill.assertions.iter_mut().for_each(|assertion: &mut Assertion| {
            assertion.form.conditions_mut().for_each(|condition| self.literals(condition));
        });
        skill
    }

    /// Gives the words of a canonical text their ending.
    fn words(&self, text: &mut String) {
        *text = text::tokens(text).map(|token| self.word(token)).collect::<Vec<_>>().join(" ");
    }

    fn word(&self, token: &str) -> String {
        match text::lex(token).first() {
            Some(first) if first.kind == TokenKind::Word => format!("{token}{}", self.ending),
            _ => token.to_owned(),
        }
    }

    fn pattern(&self, of: &str, pattern: &mut Pattern) {
        match pattern {
            Pattern::Tokens(elements) => {
                for element in &mut *elements {
                    match element {
                        Element::Literal(token) => *token = self.word(token),
                        Element::Either(options) => {
                            options.iter_mut().flatten().for_each(|token| *token = self.word(token));
                        }
                        Element::Gap | Element::Capture(_) => {}
                    }
                }
                // A pattern without a word would match what the original matches.
                if !elements
                    .iter()
                    .any(|element| matches!(element, Element::Literal(token) if token.ends_with(&self.ending)))
                {
                    elements.insert(0, Element::Literal(self.word(&of.replace('.', "_"))));
                }
            }
            Pattern::Regex { groups, .. } => {
                let name = || Element::Literal(self.word(&of.replace('.', "_")));
                let captures = groups.iter().flat_map(|(_, group)| [name(), Element::Capture(group.clone())]);
                *pattern = Pattern::Tokens(if groups.is_empty() { vec![name()] } else { captures.collect() });
            }
        }
    }

    fn literals(&self, literals: &mut [Literal]) {
        literals.iter_mut().for_each(|literal| self.literal(literal));
    }

    fn literal(&self, literal: &mut Literal) {
        match literal {
            Literal::Event { event, .. } | Literal::Once { event, .. } | Literal::Available { event, .. } => {
                *event += self.events;
            }
            Literal::Fluent { fluent, .. } => *fluent += self.fluents,
            Literal::Task { task, .. } => *task += self.tasks,
            Literal::Table { table, .. } => *table += self.tables,
            Literal::Repeated | Literal::Todo | Literal::In { .. } => {}
            Literal::Is { right, .. } => match right {
                IsRight::Var(_) => {}
                IsRight::Text(text) => self.words(text),
                IsRight::OneOf(texts) => texts.iter_mut().for_each(|text| self.words(text)),
            },
            Literal::Contains { left, right } => [left, right].into_iter().for_each(|term| self.term(term)),
            Literal::Compare { left, right, .. } => [left, right].into_iter().for_each(|side| self.operand(side)),
            Literal::Not(inner) => self.literals(inner),
            Literal::Quantified { over, then, .. } => {
                self.literal(over);
                self.literals(then);
            }
        }
    }

    fn term(&self, term: &mut Term) {
        if let Term::Text(text) = term {
            self.words(text);
        }
    }

    fn operand(&self, operand: &mut Operand) {
        match operand {
            Operand::Var(_) | Operand::Number(_) | Operand::Step => {}
            Operand::CountRows { fluent, .. } => *fluent += self.fluents,
            Operand::CountEvents { event, .. } => *event += self.events,
            Operand::Words(text) => self.term(text),
            Operand::Shared(left, right) => [left, right].into_iter().for_each(|term| self.term(term)),
        }
    }
}
