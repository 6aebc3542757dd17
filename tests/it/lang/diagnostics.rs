//! What findings say: snapshots of one file broken in five ways, and of every code that checking can report.

use reskill::lang::check::{SourceFile, check};
use reskill::lang::diag::{Code, Diagnostic};
use std::fmt::Write;

/// Findings as plain text: the code and message, each place as line and column, the help and the fixes.
pub fn render<'d>(text: &str, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        writeln!(out, "{} {}", diagnostic.code.id(), diagnostic.message).expect("a String takes all");
        for label in &diagnostic.labels {
            let before = &text[..label.span.start as usize];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            let shown: String = text[label.span.range()].chars().take(60).collect();
            writeln!(out, "    {line}:{column} {:?} {}", shown, label.message).expect("a String takes all");
        }
        if let Some(help) = &diagnostic.help {
            writeln!(out, "    help: {help}").expect("a String takes all");
        }
        for fix in &diagnostic.fixes {
            writeln!(out, "    fix: {} -> {:?}", fix.title, fix.replacement).expect("a String takes all");
        }
    }
    out
}

fn findings(text: &str) -> Vec<Diagnostic> {
    check(&[SourceFile::new("broken.skill", text)]).findings.into_iter().map(|f| f.diagnostic).collect()
}

#[test]
fn five_mistakes_make_five_findings() {
    let text = r#"domain kitchen {
    event take(x: item) = action "take {x}"
    event cook(x: item, r: item) = action "cook {x} with {r}"
    fluent holding(x: item) initiated by take(x)
}
skill washing in kitchen {
    rule one when holding(x) && not cook(x, _) { avoid take(x) }
    unverified "its syntax is broken"
    example empty { }
}
skill cooking in kitchen {
    rule one when holdin(x) and cook(_, x) { avoid take(x) }
    rule two when holding(x) and not cook(x, r) { avoid take(x) }
    rule three when holding(x) and cook(x) { avoid take(x) }
    assert never_done: never take(n) and n > 10
    example empty { }
}
"#;
    let found = findings(text);
    assert_eq!(found.len(), 5, "{}", render(text, &found));
    insta::assert_snapshot!("five_mistakes", render(text, &found));
}

/// A domain for the table below; a case that needs another one brings its own.
const DOMAIN: &str = r#"domain d {
    task heat(o: kind, p: kind) = "heat {o} in {p}"
    event take(x: item) = action "take {x}"
    event cook(x: item, r: item) = action "cook {x} with {r}"
    event pay(n: number) = action "pay {n}"
    event say(t: text) = action "say {t}"
    event see(xs: list) = observation "you see {xs}."
    fluent holding(x: item) initiated by take(x)
    fluent place(x: item) -> r: item set by cook(x, r)
    define raw(x: item) = holding(x)
}
"#;

/// In a skill without other findings.
fn member(member: &str) -> String {
    format!(
        "{DOMAIN}skill s in d {{\n    for heat(o, p)\n    {member}\n    unverified \"a test\"\n    example e {{ }}\n}}\n"
    )
}

fn rule(condition: &str) -> String {
    member(&format!("rule r when {condition} {{ avoid cook(_, _) }}"))
}

fn statement(statement: &str) -> String {
    member(&format!("rule r when holding(x) {{ {statement} }}"))
}

fn declaration(declaration: &str) -> String {
    format!("domain d {{\n    event take(x: item) = action \"take {{x}}\"\n    {declaration}\n}}\n")
}

#[test]
fn every_finding_says_where_and_what_to_do() {
    let long = "very long ".repeat(60);
    let cases = [
        ("nested", format!("{}x{}", "(".repeat(33), ")".repeat(33))),
        ("no item", "hello".to_owned()),
        ("an open text", member("unverified \"no end")),
        ("an escape", member(r#"unverified "a\tb""#)),
        ("a reserved word", member("rule step when holding(_) { avoid take(_) }")),
        ("a smart quote", member("unverified “why”")),
        ("no bracket", "skill s in d { for heat(o, p)".to_owned()),
        ("an or", rule("holding(_) or holding(_)")),
        ("a double equals", rule("step == 3")),
        ("an observation first", member("example f { observation \"x\" }")),
        ("an action at the end", member("example f { action \"x\" }")),
        ("a large number", rule("once take(_) within 999999 steps")),
        ("nothing between", member("assert a: between 3 and 2 times take(_)")),
        ("a pattern's capture", declaration("event put(x: item, r: item) = action \"put {x} on {rr}\"")),
        ("a pattern's neighbours", declaration("event put(x: item, r: item) = action \"put {x} {r}\"")),
        ("no domain", "skill s in kitchen { unverified \"x\" example e { } }".to_owned()),
        ("no task", format!("{DOMAIN}skill s in d {{ for heet(o, p) unverified \"x\" example e {{ }} }}")),
        ("no event", rule("hodling(_)")),
        ("no variable of the advice", statement("advise \"Put the {y} down.\"")),
        ("no rule", member("example f { expect r }")),
        ("no cause", declaration("fluent full() initiated by eat(_)")),
        ("a second declaration", declaration("event take(x: item) = action \"get {x}\"")),
        ("a second skill", format!("{}{}", rule("holding(_)"), &rule("holding(_)")[DOMAIN.len()..])),
        ("a second member", member("assert e: never repeated")),
        ("a second advice", statement("advise \"Do the {x}.\" advise \"Do it.\"")),
        ("a second parameter", declaration("event put(x: item, x: item) = action \"put {x}\"")),
        ("a type", declaration("event put(x: itm) = action \"put {x}\"")),
        ("no such type", declaration("event put(x: cash) = action \"put {x}\"")),
        ("arity", rule("holding(_, _)")),
        ("arity of nothing", rule("holding()")),
        ("a definition of anything", rule("raw(_)")),
        ("types in arguments", rule("holding(x) and pay(x)")),
        ("types in arguments, wordy", rule("holding(x) and heat(x, _)")),
        ("types in `is`", rule("pay(n) and n is o")),
        ("types in comparisons", rule("holding(x) and x > 3")),
        ("types in `in`", rule("holding(x) and holding(y) and x in y")),
        ("an empty kind", rule("holding(x) and x is \"\"")),
        (
            "a fluent of lists",
            declaration("event see(xs: list) = observation \"{xs}.\" fluent seen(xs: list) initiated by see(xs)"),
        ),
        ("an observation where an action is needed", rule("available see(_)")),
        ("a mark on an observation", statement("prefer take(x) prefer see(_)")),
        ("no capture", declaration("event put(x: item, r: item) = action \"put {x}\"")),
        ("a derived task's value", declaration("task a(o: kind) = \"do {o}\" task b(o: kind, p: kind) = a(o)")),
        ("a derived task before its source", declaration("task b(o: kind) = a(o) task a(o: kind) = \"do {o}\"")),
        ("a definition in itself", declaration("define a() = b() define b() = a()")),
        (
            "a cause of the wrong kind",
            declaration("fluent full() initiated by take(_) fluent fuller() initiated by full()"),
        ),
        ("a value set and initiated", declaration("fluent place(x: item) -> r: item initiated by take(x)")),
        ("an event in a cause", declaration("fluent full(x: item) initiated by take(x) with take(x)")),
        ("a repetition in a cause", declaration("fluent full(x: item) initiated by take(x) with repeated")),
        ("steps in a cause", declaration("fluent full(x: item) initiated by take(x) with step > 1")),
        ("once of a fluent", rule("once holding(_)")),
        ("a kind without quotes", rule("holding(x) and x is mug")),
        ("a slip", rule("holding(thing) and thing is thin")),
        ("a cause's parameter", declaration("fluent place(x: item, r: item) initiated by take(x)")),
        ("a free definition", declaration("define a(x: item) = take(x) and take(y)")),
        (
            "not in every branch",
            member("rule r when holding(x) or when place(_, y) { prefer take(x) where not holding(y) }"),
        ),
        (
            "not in every branch, in a filter",
            member("rule r when holding(_) or when place(_, y) { prefer take(_) where not holding(y) }"),
        ),
        ("after then", member("assert a: whenever take(x) then holding(x) and place(x, y) and holding(y)")),
        ("a variable under not", rule("not holding(x)")),
        ("a variable under count", rule("count(holding(x)) > 1")),
        ("a long advice", statement(&format!("advise \"{long}{{x}}\""))),
        ("a long name", member(&format!("assert {}: never repeated", "a".repeat(65)))),
        ("many conditions", rule(&["repeated"; 25].join(" and "))),
        ("many variables", rule(&(0..17).map(|n| format!("place(x{n}, y{n})")).collect::<Vec<_>>().join(" and "))),
        ("many alternatives", rule(&["repeated"; 9].join(" or when "))),
        ("text in advice", member("rule r when say(t) { advise \"They say {t}.\" }")),
        ("a bracket in advice", statement("advise \"Do <b>{x}</b>.\"")),
        ("once only", rule("holding(x)")),
        ("no expression", declaration("event put() = action /put (/")),
        ("an expression's group", declaration("event put(x: item) = action /put (?<y>.*)/")),
        ("a long expression", declaration(&format!("fails /{}/", "a".repeat(1001)))),
        ("a large expression", declaration("type t = /((a{200}){200}){200}/")),
        ("a type that is there", declaration("type item = /x/")),
        ("no kind", declaration("kind k = \"\"")),
        ("a kind twice", declaration("kind k = \"desk\" | \"shelf\" kind l = \"desk\" | \"k\"")),
        (
            "a table's types",
            declaration("table t(a, n: number, i: item) = (1, \"x\", \"2\") | (\"a b 3\", 2, \"mug 1\")"),
        ),
        ("a table's rows", declaration("table t(a, b) = (\"x\", \"y\") | (\"x\", \"y\") | (\"x\")")),
        ("a table of lists", declaration("table t(a: list, a: kind) = (\"x\", \"y\")")),
        ("too few rows", declaration("fluent held(x: item) max 0 initiated by take(x)")),
        (
            "a kind that is called",
            rule("d() and holding(_)").replace("fluent holding", "kind d = \"x\" fluent holding"),
        ),
        ("every definition", rule("every raw(x): holding(x)")),
        ("every, outside", rule("every holding(x): x is o and not take(x)")),
        ("some, unbound", rule("some holding(x) with not take(y)")),
        ("no, once only", rule("no holding(x) with place(y, y)")),
        ("a quantifier in a cause", declaration("fluent a() initiated by take(_) with some take(x) with x is \"a\"")),
        ("words of a list", rule("see(xs) and words(xs) > 2")),
        ("a number contains", rule("pay(n) and n contains \"1\"")),
        ("contains nothing", rule("say(t) and t contains \"\"")),
        ("two priorities", statement("priority 1 prefer take(x) priority 2")),
        ("two priorities of a skill", member("priority 1 priority 2")),
        ("never", statement("at most 0 times prefer take(x)")),
        (
            "a list of what has a value",
            statement("let x = all y: holding(y) let ys = all x: holding(x) advise \"{x}.\""),
        ),
        ("a list of nothing", statement("let ys = all y: holding(x) advise \"{ys}.\"")),
        ("a list of texts", statement("let ts = all t: say(t) advise \"{x}: {ts}.\"")),
        ("a list for nobody", statement("let ys = all y: holding(y) prefer take(x)")),
        ("a suggested text", member("rule r when say(t) { suggest \"say[{t}]\" }")),
        ("a suggestion with a break", statement("suggest \"take\\n{x}\"")),
        ("an own name that is taken", member("event take(x: item) = action \"get {x}\"")),
        ("an own name for a member", member("event e() = action \"get\"")),
        ("no assertion", format!("{DOMAIN}skill s in d {{ example e {{ }} }}")),
        ("no example", format!("{DOMAIN}skill s in d {{ assert a: never repeated }}")),
    ];
    let mut seen = Vec::new();
    let mut out = String::new();
    for (title, text) in &cases {
        let found = findings(text);
        assert!(!found.is_empty(), "{title}: nothing found in\n{text}");
        seen.extend(found.iter().map(|d| d.code));
        writeln!(out, "== {title}\n{}", render(text, &found)).expect("a String takes all");
    }
    let large = " ".repeat((4 << 20) + 1);
    let found = findings(&large);
    seen.extend(found.iter().map(|d| d.code));
    writeln!(out, "== too large\n{}", render(&large, &found)).expect("a String takes all");
    insta::assert_snapshot!("every_code", out);
    // Found by those who read files, run examples and apply patches; lints have a page of their own (tests/it/lint.rs).
    let elsewhere = [Code::NotUtf8, Code::ExampleFails, Code::PatchConflict];
    let is_lint = |c: &Code| *c > Code::NoExample;
    let missing: Vec<&Code> =
        Code::ALL.iter().filter(|c| !seen.contains(c) && !elsewhere.contains(c) && !is_lint(c)).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}
