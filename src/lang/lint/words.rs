//! Checked conditions in the words of the source: as `print` would write them, after definitions are expanded.

use crate::lang::ast::Comparison;
use crate::lang::checked::{Arg, Domain, IsRight, Literal, Operand, Term, Variable};
use crate::lang::print;

/// What names stand behind the positions of a condition.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) domain: &'a Domain,
    pub(super) vars: &'a [Variable],
}

impl Words<'_> {
    pub(super) fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Event { event, args } => self.event(*event, args),
            Literal::Once { event, args, within } => {
                let window = within.map(|n| format!(" within {n} {}", if n == 1 { "step" } else { "steps" }));
                format!("once {}{}", self.event(*event, args), window.unwrap_or_default())
            }
            Literal::Available { event, args } => format!("available {}", self.event(*event, args)),
            Literal::Fluent { fluent, args } => self.fluent(*fluent, args),
            Literal::Task { task, args } => self.call(self.domain.tasks.get(*task).map(|t| t.name.as_str()), args),
            Literal::Table { table, args } => self.call(self.domain.tables.get(*table).map(|t| t.name.as_str()), args),
            Literal::Repeated => "repeated".to_owned(),
            Literal::Todo => "todo".to_owned(),
            Literal::Is { left, right } => {
                let right = match right {
                    IsRight::Var(slot) => self.var(*slot),
                    IsRight::Text(text) => print::string(text),
                    IsRight::OneOf(kinds) => kinds.iter().map(|k| print::string(k)).collect::<Vec<_>>().join(" or "),
                };
                format!("{} is {right}", self.var(*left))
            }
            Literal::In { element, list } => format!("{} in {}", self.var(*element), self.var(*list)),
            Literal::Contains { left, right } => format!("{} contains {}", self.term(left), self.term(right)),
            Literal::Compare { left, op, right } => {
                let sign = Comparison::ALL.iter().find(|(o, _)| o == op).map_or("=", |(_, sign)| sign);
                format!("{} {sign} {}", self.operand(left), self.operand(right))
            }
            Literal::Not(inner) => match inner.as_slice() {
                [one] => format!("not {}", self.literal(one)),
                all => format!("not ({})", self.conj(all)),
            },
            Literal::Quantified { quantifier, over, then } => {
                let (word, separator) = quantifier.words();
                let body = match then.as_slice() {
                    [one] if !matches!(one, Literal::Quantified { .. }) => self.literal(one),
                    all => format!("({})", self.conj(all)),
                };
                format!("{word} {}{separator} {body}", self.literal(over))
            }
        }
    }

    pub(super) fn conj(&self, literals: &[Literal]) -> String {
        literals.iter().map(|l| self.literal(l)).collect::<Vec<_>>().join(" and ")
    }

    pub(super) fn fluent(&self, fluent: usize, args: &[Arg]) -> String {
        self.call(self.domain.fluents.get(fluent).map(|f| f.name.as_str()), args)
    }

    pub(super) fn event(&self, event: usize, args: &[Arg]) -> String {
        self.call(self.domain.events.get(event).map(|e| e.name.as_str()), args)
    }

    fn call(&self, name: Option<&str>, args: &[Arg]) -> String {
        let args: Vec<String> = args
            .iter()
            .map(|arg| match arg {
                Arg::Any => "_".to_owned(),
                Arg::Var(slot) => self.var(*slot),
            })
            .collect();
        format!("{}({})", own(name.unwrap_or_default()), args.join(", "))
    }

    /// A variable by its name; one that stands in a definition by the name that it has there.
    fn var(&self, slot: usize) -> String {
        self.vars.get(slot).map_or("_", |v| v.name.split('\'').next().unwrap_or(&v.name)).to_owned()
    }

    fn term(&self, term: &Term) -> String {
        match term {
            Term::Var(slot) => self.var(*slot),
            Term::Text(text) => print::string(text),
        }
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Var(slot) => self.var(*slot),
            Operand::Number(number) => number.to_string(),
            Operand::Step => "step".to_owned(),
            Operand::CountRows { fluent, args } => format!("count({})", self.fluent(*fluent, args)),
            Operand::CountEvents { event, args } => format!("count({})", self.event(*event, args)),
            Operand::Words(term) => format!("words({})", self.term(term)),
            Operand::Shared(a, b) => format!("shared({}, {})", self.term(a), self.term(b)),
        }
    }
}

/// The name of a declaration as its skill writes it: what a skill declares for itself is kept as `skill.name`.
pub(super) fn own(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
