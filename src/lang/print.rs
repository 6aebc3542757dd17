//! The canonical printer: a syntax tree as the one text that every tool writes. `parse(print(tree)) == tree`, comments
//! before items, members and statements included.

use std::fmt::Write;

use super::ast::*;

/// Longer conditions are broken before each `and`.
const WIDTH: usize = 110;

/// Prints whole items, one blank line between them.
pub fn items(items: &[Item]) -> String {
    let printed: Vec<String> = items
        .iter()
        .map(|item| match item {
            Item::Domain(d) => domain(d),
            Item::Skill(s) => skill(s),
            Item::Patch(p) => patch(p),
        })
        .collect();
    printed.join("\n")
}

/// Prints a domain.
pub fn domain(domain: &Domain) -> String {
    let mut out = Printer::default();
    out.first_lead(&domain.lead);
    out.line(&format!("domain {} {{", domain.name.text));
    out.inside(|out| {
        for decl in &domain.decls {
            out.lead(&decl.lead);
            out.decl(&decl.kind);
        }
        out.lead(&domain.tail);
    });
    out.line("}");
    out.text
}

/// Prints a skill.
pub fn skill(skill: &Skill) -> String {
    let mut out = Printer::default();
    out.first_lead(&skill.lead);
    out.skill("", skill);
    out.text
}

/// Prints one member of a skill, comments before it left out.
pub fn member(member: &MemberKind) -> String {
    let mut out = Printer::default();
    out.member(member);
    out.text
}

/// Prints one declaration, comments before it left out.
pub fn decl(decl: &DeclKind) -> String {
    let mut out = Printer::default();
    out.decl(decl);
    out.text
}

/// Prints a patch.
pub fn patch(patch: &Patch) -> String {
    let mut out = Printer::default();
    out.first_lead(&patch.lead);
    out.line(&format!("patch {} {{", string(&patch.title.value)));
    out.inside(|out| {
        for operation in &patch.operations {
            match operation {
                Operation::Add(s) => {
                    out.lead(&s.lead);
                    out.skill("add ", s);
                }
                Operation::Replace(s) => {
                    out.lead(&s.lead);
                    out.skill("replace ", s);
                }
                Operation::Modify { lead, name, edits, tail } => {
                    out.lead(lead);
                    out.line(&format!("modify {} {{", name.text));
                    out.inside(|out| {
                        edits.iter().for_each(|edit| out.edit(edit));
                        out.lead(tail);
                    });
                    out.line("}");
                }
                Operation::Retire { lead, name } => {
                    out.lead(lead);
                    out.line(&format!("retire {}", name.text));
                }
            }
        }
        out.lead(&patch.tail);
    });
    out.line("}");
    out.text
}

/// A string literal with its escapes.
pub fn string(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

/// A condition on one line.
pub fn conj(conj: &Conj) -> String {
    conj.0.iter().map(literal).collect::<Vec<_>>().join(" and ")
}

/// One literal of a condition.
pub fn literal(literal: &Literal) -> String {
    let not = if literal.negated { "not " } else { "" };
    let atom = match &literal.atom {
        Atom::Call(c) => call(c),
        Atom::Once { call: c, within } => format!("once {}{}", call(c), window(*within)),
        Atom::Available(c) => format!("available {}", call(c)),
        Atom::Repeated => "repeated".to_owned(),
        Atom::Todo(prose) => format!("todo {}", string(&prose.value)),
        Atom::Is { left, right } => format!("{} is {}", left.text, term(right)),
        Atom::Contains { left, right } => format!("{} contains {}", term(left), term(right)),
        Atom::Quantified { quantifier, over, body } => {
            let (word, separator) = quantifier.words();
            format!("{word} {}{separator} {}", call(over), scoped(body))
        }
        Atom::In { element, list } => format!("{} in {}", element.text, list.text),
        Atom::Compare { left, op, right } => {
            let sign = Comparison::ALL.iter().find(|(o, _)| o == op).map_or("=", |(_, sign)| sign);
            format!("{} {sign} {}", operand(left), operand(right))
        }
    };
    format!("{not}{atom}")
}

/// A quantifier's condition: one plain literal as it is, anything else in brackets.
fn scoped(body: &Conj) -> String {
    match body.0.as_slice() {
        [one] if !matches!(one.atom, Atom::Quantified { .. }) => literal(one),
        _ => format!("({})", conj(body)),
    }
}

fn term(term: &Term) -> String {
    match term {
        Term::Var(name) => name.text.clone(),
        Term::Text(text) => string(&text.value),
    }
}

fn window(within: Option<u32>) -> String {
    within.map(|n| format!(" within {n} {}", if n == 1 { "step" } else { "steps" })).unwrap_or_default()
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Var(name) => name.text.clone(),
        Operand::Number(number) => number.to_string(),
        Operand::Step => "step".to_owned(),
        Operand::Count(c) => format!("count({})", call(c)),
        Operand::Words(text) => format!("words({})", term(text)),
        Operand::Shared(a, b) => format!("shared({}, {})", term(a), term(b)),
    }
}

/// An event, fluent or task with its arguments.
pub fn call(call: &Call) -> String {
    let args: Vec<&str> = call
        .args
        .iter()
        .map(|arg| match arg {
            Arg::Any(_) => "_",
            Arg::Var(name) => name.text.as_str(),
        })
        .collect();
    format!("{}({})", call.name.text, args.join(", "))
}

fn pattern(pattern: &PatternText) -> String {
    match pattern.regex {
        true => expression(&pattern.text.value),
        false => string(&pattern.text.value),
    }
}

/// A regular expression between slashes.
fn expression(value: &str) -> String {
    let mut text = String::from("/");
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(std::iter::once('\\').chain(characters.next())),
            '/' => text.push_str("\\/"),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
    text.push('/');
    text
}

fn row(row: &Row) -> String {
    let value = |v: &Constant| match v {
        Constant::Text(text) => string(&text.value),
        Constant::Number(number, _) => number.to_string(),
    };
    format!("({})", row.values.iter().map(value).collect::<Vec<_>>().join(", "))
}

fn head(head: &Head) -> String {
    let params: Vec<String> = head.params.iter().map(param).collect();
    format!("{}({})", head.name.text, params.join(", "))
}

fn param(param: &Param) -> String {
    format!("{}: {}", param.name.text, param.ty.text)
}

#[derive(Default)]
struct Printer {
    text: String,
    depth: usize,
}

impl Printer {
    fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn lead(&mut self, comments: &[String]) {
        for comment in comments {
            match comment.is_empty() {
                true => self.text.push('\n'),
                false => self.line(comment),
            }
        }
    }

    /// A lead at the very beginning, where a blank line says nothing.
    fn first_lead(&mut self, comments: &[String]) {
        let blanks = comments.iter().take_while(|c| c.is_empty()).count();
        self.lead(&comments[blanks..]);
    }

    fn inside(&mut self, print: impl FnOnce(&mut Self)) {
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    fn fits(&self, text: &str) -> bool {
        self.depth * 4 + text.chars().count() <= WIDTH
    }

    /// `opening condition closing`, on one line where it fits.
    fn condition(&mut self, opening: &str, condition: &Conj, closing: &str) {
        let line = format!("{opening}{}{closing}", conj(condition));
        if self.fits(&line) || condition.0.len() == 1 {
            return self.line(&line);
        }
        let last = condition.0.len() - 1;
        for (n, part) in condition.0.iter().map(literal).enumerate() {
            let closing = if n == last { closing } else { "" };
            match n {
                0 => self.line(&format!("{opening}{part}")),
                _ => self.inside(|out| out.line(&format!("and {part}{closing}"))),
            }
        }
    }

    /// `opening = a | b`, one alternative a line where one line is too long.
    fn alternatives(&mut self, opening: &str, forms: &[String]) {
        let line = format!("{opening}{}", forms.join(" | "));
        if self.fits(&line) || forms.len() == 1 {
            return self.line(&line);
        }
        for (n, form) in forms.iter().enumerate() {
            match n {
                0 => self.line(&format!("{opening}{form}")),
                _ => self.inside(|out| out.line(&format!("| {form}"))),
            }
        }
    }

    fn decl(&mut self, kind: &DeclKind) {
        match kind {
            DeclKind::Task { head: h, forms } => {
                let forms: Vec<String> = forms
                    .iter()
                    .map(|form| match form {
                        TaskForm::Sentence(s) => pattern(s),
                        TaskForm::Derived(c) => call(c),
                    })
                    .collect();
                self.alternatives(&format!("task {} = ", head(h)), &forms);
            }
            DeclKind::Fails(patterns) => {
                let patterns: Vec<String> = patterns.iter().map(pattern).collect();
                self.alternatives("fails ", &patterns);
            }
            DeclKind::Event { head: h, forms } => {
                let forms: Vec<String> = forms
                    .iter()
                    .map(|form| match form {
                        EventForm::Action { pattern: p, then: None } => format!("action {}", pattern(p)),
                        EventForm::Action { pattern: p, then: Some(then) } => {
                            format!("action {} then observation {}", pattern(p), pattern(then))
                        }
                        EventForm::Observation { each, pattern: p } => {
                            format!("{}observation {}", if *each { "each " } else { "" }, pattern(p))
                        }
                    })
                    .collect();
                self.alternatives(&format!("event {} = ", head(h)), &forms);
            }
            DeclKind::Fluent { head: h, value, max, causes } => {
                let value = value.as_ref().map(|v| format!(" -> {}", param(v))).unwrap_or_default();
                let max = max.map(|n| format!(" max {n}")).unwrap_or_default();
                let opening = format!("fluent {}{value}{max}", head(h));
                let causes: Vec<String> = causes.iter().map(cause).collect();
                let line = format!("{opening} {}", causes.join(" "));
                if self.fits(&line) {
                    return self.line(&line);
                }
                self.line(&opening);
                self.inside(|out| causes.iter().for_each(|c| out.line(c)));
            }
            DeclKind::Define { head: h, body } => self.condition(&format!("define {} = ", head(h)), body, ""),
            DeclKind::Type { name, regex } => self.line(&format!("type {} = {}", name.text, expression(&regex.value))),
            DeclKind::Kind { name, kinds } => {
                let kinds: Vec<String> = kinds.iter().map(|k| string(&k.value)).collect();
                self.alternatives(&format!("kind {} = ", name.text), &kinds);
            }
            DeclKind::Table { name, columns, rows } => {
                let column = |c: &Column| match &c.ty {
                    Some(ty) => format!("{}: {}", c.name.text, ty.text),
                    None => c.name.text.clone(),
                };
                let columns: Vec<String> = columns.iter().map(column).collect();
                let rows: Vec<String> = rows.iter().map(row).collect();
                self.alternatives(&format!("table {}({}) = ", name.text, columns.join(", ")), &rows);
            }
        }
    }

    /// The skill without its lead; `before` is the word of a patch.
    fn skill(&mut self, before: &str, skill: &Skill) {
        self.line(&format!("{before}skill {} in {} {{", skill.name.text, skill.domain.text));
        self.inside(|out| {
            if let Some(applies) = &skill.applies {
                out.line(&format!("for {}", call(applies)));
            }
            for member in &skill.members {
                out.lead(&member.lead);
                out.member(&member.kind);
            }
            out.lead(&skill.tail);
        });
        self.line("}");
    }

    fn member(&mut self, member: &MemberKind) {
        match member {
            MemberKind::Rule(rule) => self.rule(rule),
            MemberKind::Assertion(assertion) => self.assertion(assertion),
            MemberKind::Unverified(why) => self.line(&format!("unverified {}", string(&why.value))),
            MemberKind::Example(example) => self.example(example),
            MemberKind::Priority(n) => self.line(&format!("priority {n}")),
            MemberKind::Decl(decl) => self.decl(decl),
        }
    }

    /// One change of a modified skill: the member as it stands in a skill, after the word of the change.
    fn edit(&mut self, edit: &Edit) {
        self.lead(&edit.lead);
        let (word, member) = match &edit.kind {
            EditKind::Drop { sort, name } => return self.line(&format!("drop {} {}", sort.word(), name.text)),
            EditKind::Add(member) => ("add ", member),
            EditKind::Replace(member) => ("replace ", member),
        };
        let start = self.text.len();
        self.member(member);
        self.text.insert_str(start + self.depth * 4, word);
    }

    fn rule(&mut self, rule: &Rule) {
        let last = rule.branches.len().saturating_sub(1);
        for (n, branch) in rule.branches.iter().enumerate() {
            let closing = if n == last { " {" } else { "" };
            match n {
                0 => self.condition(&format!("rule {} when ", rule.name.text), branch, closing),
                _ => self.inside(|out| out.condition("or when ", branch, closing)),
            }
        }
        self.inside(|out| {
            for statement in &rule.statements {
                out.lead(&statement.lead);
                match &statement.kind {
                    StatementKind::Priority(n) => out.line(&format!("priority {n}")),
                    StatementKind::Limit(n) => out.line(&format!("at most {n} times")),
                    StatementKind::Let { name, element, body } => {
                        out.condition(&format!("let {} = all {}: ", name.text, element.text), body, "");
                    }
                    StatementKind::Advise(text) => out.line(&format!("advise {}", string(&text.value))),
                    StatementKind::Suggest(text) => out.line(&format!("suggest {}", string(&text.value))),
                    StatementKind::Mark { kind, call, filter } => out.mark(kind.word(), call, filter.as_ref()),
                }
            }
            out.lead(&rule.tail);
        });
        self.line("}");
    }

    fn mark(&mut self, verb: &str, target: &Call, filter: Option<&Conj>) {
        match filter {
            None => self.line(&format!("{verb} {}", call(target))),
            Some(filter) => self.condition(&format!("{verb} {} where ", call(target)), filter, ""),
        }
    }

    fn assertion(&mut self, assertion: &Assertion) {
        let form = match &assertion.form {
            Form::Always(c) => format!("always {}", conj(c)),
            Form::Never(c) => format!("never {}", conj(c)),
            Form::Whenever { guard, then, within } => {
                format!("whenever {} then {}{}", conj(guard), conj(then), window(*within))
            }
            Form::Eventually(c) => format!("eventually {}", conj(c)),
            Form::Finally(c) => format!("finally {}", conj(c)),
            Form::FirstThen(a, b) => format!("first {} then {}", conj(a), conj(b)),
            Form::AtMost(n, c) => format!("at most {n} times {}", conj(c)),
            Form::AtLeast(n, c) => format!("at least {n} times {}", conj(c)),
            Form::Between(n, m, c) => format!("between {n} and {m} times {}", conj(c)),
            Form::AtMostConsecutive(n, c) => format!("at most {n} consecutive {}", conj(c)),
        };
        self.line(&format!("assert {}: {form}", assertion.name.text));
        if let Some(because) = &assertion.because {
            self.inside(|out| out.line(&format!("because {}", string(&because.value))));
        }
    }

    fn example(&mut self, example: &Example) {
        self.line(&format!("example {} {{", example.name.text));
        self.inside(|out| {
            for line in &example.lines {
                out.lead(&line.lead);
                let mut text = String::new();
                match &line.kind {
                    ExampleKind::Task(s) => write!(text, "task {}", string(&s.value)),
                    ExampleKind::First(s) => write!(text, "first {}", string(&s.value)),
                    ExampleKind::Action(s) => write!(text, "action {}", string(&s.value)),
                    ExampleKind::Observation(s) => write!(text, "observation {}", string(&s.value)),
                    ExampleKind::Available(list) => {
                        let list: Vec<String> = list.iter().map(|s| string(&s.value)).collect();
                        write!(text, "available {}", list.join(", "))
                    }
                    ExampleKind::Expect { rule, negated } => {
                        write!(text, "expect {}{}", if *negated { "not " } else { "" }, rule.text)
                    }
                    ExampleKind::ExpectViolated(name) => write!(text, "expect violated {}", name.text),
                }
                .expect("writing to a String cannot fail");
                out.line(&text);
            }
            out.lead(&example.tail);
        });
        self.line("}");
    }
}

fn cause(cause: &Cause) -> String {
    let verb = match cause.verb {
        CauseVerb::Initiated => "initiated by",
        CauseVerb::Terminated => "terminated by",
        CauseVerb::Set => "set by",
        CauseVerb::Cleared => "cleared by",
    };
    let with = cause.with.as_ref().map(|c| format!(" with {}", conj(c))).unwrap_or_default();
    format!("{verb} {}{with}", call(&cause.call))
}
