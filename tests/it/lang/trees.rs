//! Random syntax trees: everything that source text can say, for the laws of printing and parsing.

use proptest::prelude::*;
use reskill::lang::ast::*;
use reskill::lang::span::Span;
use reskill::text::Decimal;

const AT: Span = Span { start: 0, end: 0 };

/// Whole files.
pub fn items() -> impl Strategy<Value = Vec<Item>> {
    let item =
        prop_oneof![domain().prop_map(Item::Domain), skill().prop_map(Item::Skill), patch().prop_map(Item::Patch)];
    prop::collection::vec(item, 0..4)
}

fn name() -> impl Strategy<Value = Name> {
    let words =
        ["x", "r", "take", "holding", "orange", "steps1", "task_1", "Not", "inside", "a9", "_x", "no_go", "whenever_"];
    let text = prop_oneof![4 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "z[a-z0-9_]{0,70}"];
    text.prop_map(|text| Name { text, span: AT })
}

fn text() -> impl Strategy<Value = Str> {
    let value = prop_oneof![
        "[a-z {}|?.]{0,12}",
        "(take|see|go to) \\{x\\}( from \\{r\\})?",
        "\\PC{0,12}",
        "[\"\\\\\n/{}é]{0,6}",
        Just(
            "a long text that makes the printer break the line somewhere, if two or three of it come together"
                .to_owned()
        ),
    ];
    value.prop_map(|value| Str { value, span: AT })
}

/// A pattern: a text, or a regular expression without its slashes.
fn pattern() -> impl Strategy<Value = PatternText> {
    let regex = prop_oneof!["[a-z /.*(|)]{1,12}", "(\\\\[dws/\\\\]|[a-z/\"{}é]){1,6}"];
    // What source text says as `\/` is a plain slash in the tree.
    let regex = regex.prop_map(|value| {
        let mut said = String::new();
        let mut characters = value.chars();
        while let Some(character) = characters.next() {
            match (character, characters.clone().next()) {
                ('\\', Some('/')) => {}
                ('\\', escaped) => {
                    said.push('\\');
                    said.extend(escaped);
                    characters.next();
                }
                (other, _) => said.push(other),
            }
        }
        PatternText { text: Str { value: said, span: AT }, regex: true }
    });
    prop_oneof![3 => text().prop_map(|text| PatternText { text, regex: false }), 1 => regex]
}

fn lead() -> impl Strategy<Value = Vec<String>> {
    let comment = "[a-z ;{}\"]{0,10}".prop_map(|text| format!("//{text}").trim_end().to_owned());
    prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(comment, 1..3)]
}

fn some<T: std::fmt::Debug + Clone>(of: impl Strategy<Value = T>, most: usize) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, 1..=most)
}

fn any_of<T: std::fmt::Debug + Clone>(of: impl Strategy<Value = T>, most: usize) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, 0..=most)
}

/// A window: at least one step.
fn window() -> impl Strategy<Value = u32> {
    prop_oneof![1u32..4, 1u32..=100_000]
}

fn integer() -> impl Strategy<Value = u32> {
    prop_oneof![0u32..4, 0u32..=100_000]
}

fn domain() -> impl Strategy<Value = Domain> {
    (lead(), name(), any_of(decl(), 5), lead()).prop_map(|(lead, name, decls, tail)| Domain {
        lead,
        name,
        decls,
        tail,
        span: AT,
    })
}

fn decl() -> impl Strategy<Value = Decl> {
    let task_form = prop_oneof![pattern().prop_map(TaskForm::Sentence), call().prop_map(TaskForm::Derived)];
    let kind = prop_oneof![
        1 => (head(), some(task_form, 3)).prop_map(|(head, forms)| DeclKind::Task { head, forms }),
        1 => some(pattern(), 3).prop_map(DeclKind::Fails),
        5 => own_decl(),
    ];
    (lead(), kind).prop_map(|(lead, kind)| Decl { lead, kind, span: AT })
}

/// What a skill may declare, too.
fn own_decl() -> impl Strategy<Value = DeclKind> {
    let event_form = prop_oneof![
        (pattern(), prop::option::of(pattern())).prop_map(|(pattern, then)| EventForm::Action { pattern, then }),
        (any::<bool>(), pattern()).prop_map(|(each, pattern)| EventForm::Observation { each, pattern }),
    ];
    let constant = prop_oneof![
        text().prop_map(Constant::Text),
        (-1_000_000i64..1_000_000).prop_map(|n| Constant::Number(Decimal(n), AT)),
    ];
    let row = some(constant, 3).prop_map(|values| Row { values, span: AT });
    let ty = prop::option::of(prop::sample::select(vec!["kind", "money", "other"]));
    let column =
        (name(), ty).prop_map(|(name, ty)| Column { name, ty: ty.map(|ty| Name { text: ty.to_owned(), span: AT }) });
    let regex = pattern().prop_filter("an expression", |p| p.regex);
    prop_oneof![
        (name(), regex).prop_map(|(name, regex)| DeclKind::Type { name, regex: regex.text }),
        (name(), some(text(), 4)).prop_map(|(name, kinds)| DeclKind::Kind { name, kinds }),
        (name(), some(column, 3), some(row, 3)).prop_map(|(name, columns, rows)| DeclKind::Table {
            name,
            columns,
            rows
        }),
        (head(), some(event_form, 3)).prop_map(|(head, forms)| DeclKind::Event { head, forms }),
        (head(), prop::option::of(param()), prop::option::of(integer()), some(cause(), 3))
            .prop_map(|(head, value, max, causes)| DeclKind::Fluent { head, value, max, causes }),
        (head(), conj()).prop_map(|(head, body)| DeclKind::Define { head, body }),
    ]
}

fn head() -> impl Strategy<Value = Head> {
    (name(), any_of(param(), 3)).prop_map(|(name, params)| Head { name, params })
}

fn param() -> impl Strategy<Value = Param> {
    let types = ["item", "kind", "word", "words", "number", "list", "text", "other"];
    (name(), prop::sample::select(types.to_vec()))
        .prop_map(|(name, ty)| Param { name, ty: Name { text: ty.to_owned(), span: AT } })
}

fn cause() -> impl Strategy<Value = Cause> {
    let verbs = [CauseVerb::Initiated, CauseVerb::Terminated, CauseVerb::Set, CauseVerb::Cleared];
    (prop::sample::select(verbs.to_vec()), call(), prop::option::of(conj())).prop_map(|(verb, call, with)| Cause {
        verb,
        call,
        with,
        span: AT,
    })
}

fn call() -> impl Strategy<Value = Call> {
    let arg = prop_oneof![1 => Just(Arg::Any(AT)), 2 => name().prop_map(Arg::Var)];
    (name(), any_of(arg, 3)).prop_map(|(name, args)| Call { name, args, span: AT })
}

fn conj() -> impl Strategy<Value = Conj> {
    some(literal(), 4).prop_map(Conj)
}

fn term() -> impl Strategy<Value = Term> {
    prop_oneof![name().prop_map(Term::Var), text().prop_map(Term::Text)]
}

fn literal() -> impl Strategy<Value = Literal> {
    plain().prop_recursive(2, 6, 2, |inner| {
        let quantifiers = vec![Quantifier::Every, Quantifier::Some, Quantifier::No];
        let quantified = (any::<bool>(), prop::sample::select(quantifiers), call(), some(inner.clone(), 2));
        let quantified = quantified.prop_map(|(negated, quantifier, over, body)| Literal {
            negated,
            atom: Atom::Quantified { quantifier, over, body: Conj(body) },
            span: AT,
        });
        prop_oneof![3 => inner, 1 => quantified]
    })
}

fn plain() -> impl Strategy<Value = Literal> {
    let comparisons: Vec<Comparison> = Comparison::ALL.iter().map(|(op, _)| *op).collect();
    let atom = prop_oneof![
        call().prop_map(Atom::Call),
        (call(), prop::option::of(window())).prop_map(|(call, within)| Atom::Once { call, within }),
        call().prop_map(Atom::Available),
        Just(Atom::Repeated),
        text().prop_map(Atom::Todo),
        (name(), term()).prop_map(|(left, right)| Atom::Is { left, right }),
        (term(), term()).prop_map(|(left, right)| Atom::Contains { left, right }),
        (name(), name()).prop_map(|(element, list)| Atom::In { element, list }),
        (operand(), prop::sample::select(comparisons), operand()).prop_map(|(left, op, right)| Atom::Compare {
            left,
            op,
            right
        }),
    ];
    (any::<bool>(), atom).prop_map(|(negated, atom)| Literal { negated, atom, span: AT })
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        name().prop_map(Operand::Var),
        (-1_000_000_000_000i64..1_000_000_000_000).prop_map(|n| Operand::Number(Decimal(n))),
        (0i64..20).prop_map(|n| Operand::Number(Decimal::whole(n))),
        Just(Operand::Step),
        call().prop_map(Operand::Count),
        term().prop_map(Operand::Words),
        (term(), term()).prop_map(|(a, b)| Operand::Shared(a, b)),
    ]
}

fn skill() -> impl Strategy<Value = Skill> {
    (lead(), name(), name(), prop::option::of(call()), any_of(member(), 4), lead()).prop_map(
        |(lead, name, domain, applies, members, tail)| Skill { lead, name, domain, applies, members, tail, span: AT },
    )
}

fn member() -> impl Strategy<Value = Member> {
    (lead(), member_kind()).prop_map(|(lead, kind)| Member { lead, kind, span: AT })
}

fn member_kind() -> impl Strategy<Value = MemberKind> {
    let rule = (name(), some(conj(), 3), some(statement(), 3), lead())
        .prop_map(|(name, branches, statements, tail)| Rule { name, branches, statements, tail });
    let assertion =
        (name(), form(), prop::option::of(text())).prop_map(|(name, form, because)| Assertion { name, form, because });
    let example =
        (name(), any_of(example_line(), 4), lead()).prop_map(|(name, lines, tail)| Example { name, lines, tail });
    prop_oneof![
        3 => rule.prop_map(MemberKind::Rule),
        3 => assertion.prop_map(MemberKind::Assertion),
        1 => text().prop_map(MemberKind::Unverified),
        2 => example.prop_map(MemberKind::Example),
        1 => integer().prop_map(MemberKind::Priority),
        2 => own_decl().prop_map(MemberKind::Decl),
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    let marks = vec![MarkKind::Prefer, MarkKind::Avoid, MarkKind::Forbid];
    let kind = prop_oneof![
        2 => text().prop_map(StatementKind::Advise),
        1 => text().prop_map(StatementKind::Suggest),
        1 => integer().prop_map(StatementKind::Priority),
        1 => integer().prop_map(StatementKind::Limit),
        1 => (name(), name(), conj()).prop_map(|(name, element, body)| StatementKind::Let { name, element, body }),
        4 => (prop::sample::select(marks), call(), prop::option::of(conj()))
            .prop_map(|(kind, call, filter)| StatementKind::Mark { kind, call, filter }),
    ];
    (lead(), kind).prop_map(|(lead, kind)| Statement { lead, kind, span: AT })
}

fn form() -> impl Strategy<Value = Form> {
    let whenever = (conj(), conj(), prop::option::of(window())).prop_map(|(guard, mut then, within)| {
        open_once(&mut then, within);
        Form::Whenever { guard, then, within }
    });
    prop_oneof![
        conj().prop_map(Form::Always),
        conj().prop_map(Form::Never),
        whenever,
        conj().prop_map(Form::Eventually),
        conj().prop_map(Form::Finally),
        (conj(), conj()).prop_map(|(a, b)| Form::FirstThen(a, b)),
        (integer(), conj()).prop_map(|(n, c)| Form::AtMost(n, c)),
        (integer(), conj()).prop_map(|(n, c)| Form::AtLeast(n, c)),
        (integer(), integer(), conj()).prop_map(|(n, m, c)| Form::Between(n, m, c)),
        (integer(), conj()).prop_map(|(n, c)| Form::AtMostConsecutive(n, c)),
    ]
}

/// What source text cannot say: a window after a `once` is the `once`'s.
fn open_once(condition: &mut Conj, within: Option<u32>) {
    let Some(last) = condition.0.last_mut() else { return };
    match &mut last.atom {
        Atom::Once { within: own @ None, .. } => *own = within,
        Atom::Quantified { body, .. } if body.0.len() == 1 && !matches!(body.0[0].atom, Atom::Quantified { .. }) => {
            open_once(body, within);
        }
        _ => {}
    }
}

fn example_line() -> impl Strategy<Value = ExampleLine> {
    let kind = prop_oneof![
        text().prop_map(ExampleKind::Task),
        text().prop_map(ExampleKind::First),
        some(text(), 3).prop_map(ExampleKind::Available),
        text().prop_map(ExampleKind::Action),
        text().prop_map(ExampleKind::Observation),
        (name(), any::<bool>()).prop_map(|(rule, negated)| ExampleKind::Expect { rule, negated }),
        name().prop_map(ExampleKind::ExpectViolated),
    ];
    (lead(), kind).prop_map(|(lead, kind)| ExampleLine { lead, kind, span: AT })
}

fn patch() -> impl Strategy<Value = Patch> {
    let operation = prop_oneof![
        skill().prop_map(Operation::Add),
        skill().prop_map(Operation::Replace),
        (lead(), name()).prop_map(|(lead, name)| Operation::Retire { lead, name }),
        (lead(), name(), some(edit(), 3), lead()).prop_map(|(lead, name, edits, tail)| Operation::Modify {
            lead,
            name,
            edits,
            tail
        }),
    ];
    (lead(), text(), some(operation, 3), lead()).prop_map(|(lead, title, operations, tail)| Patch {
        lead,
        title,
        operations,
        tail,
        span: AT,
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let sorts: Vec<Sort> = Sort::ALL.iter().map(|(sort, _)| *sort).filter(|sort| *sort != Sort::Task).collect();
    let named = member_kind().prop_filter("a name to replace", |member| member.name().is_some());
    let kind = prop_oneof![
        member_kind().prop_map(EditKind::Add),
        named.prop_map(EditKind::Replace),
        (prop::sample::select(sorts), name()).prop_map(|(sort, name)| EditKind::Drop { sort, name }),
    ];
    (lead(), kind).prop_map(|(lead, kind)| Edit { lead, kind, span: AT })
}
