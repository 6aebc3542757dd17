//! Lints: what each says, where each is silent, and the law that what they call certain is certain.

use std::fmt::Write;

use reskill::lang::check::{Analysis, SourceFile, check};
use reskill::lang::diag::Code;
use reskill::lang::lint::lint;

use crate::lang::diagnostics::render;

const DOMAIN: &str = r#"domain d {
    task heat(object: kind, place: kind) = "heat {object} in {place}"
    task cool(object: kind, place: kind) = "cool {object} in {place}"
    task any(object: kind, place: kind) = heat(object, place) | cool(object, place)
    event take(x: item) = action "take {x}"
    event put(x: item, r: item) = action "put {x} on {r}"
    event go_to(r: item) = action "go to {r}"
    event pay(n: number) = action "pay {n}"
    event see(r: item, xs: list) = observation "On the {r}, you see {xs}."
    fluent holding(x: item) initiated by take(x) terminated by put(x, _)
    fluent few(x: item) max 3 initiated by take(x)
    fluent here() -> r: item set by go_to(r)
    fluent seen(x: item) initiated by see(_, xs) with x in xs
    kind seat = "chair" | "stool"
    table tool(how, place) = ("fry", "stove") | ("roast", "oven")
    define wanted(x: item, o: kind) = x is o and not holding(x)
}
"#;

fn analysed(text: &str) -> Analysis {
    let files = [SourceFile::new("x.skill", text)];
    let mut analysis = check(&files);
    lint(&files, &mut analysis);
    analysis
}

fn member(member: &str) -> String {
    format!("{DOMAIN}skill s in d {{\nfor heat(object, place)\n{member}\nunverified \"a test\" example e {{}}\n}}\n")
}

fn rule(condition: &str) -> String {
    member(&format!("rule r when {condition} {{ avoid take(_) }}"))
}

fn assertion(form: &str) -> String {
    member(&format!("assert a: {form}"))
}

fn declaration(declaration: &str) -> String {
    format!("domain d {{\n    event take(x: item) = action \"take {{x}}\"\n    {declaration}\n}}\n")
}

fn shown(cases: &[(&str, String)]) -> String {
    let mut out = String::new();
    for (title, text) in cases {
        let analysis = analysed(text);
        assert!(!analysis.has_errors(), "{title}:\n{}", render(text, analysis.findings.iter().map(|f| &f.diagnostic)));
        let found = render(text, analysis.findings.iter().map(|f| &f.diagnostic));
        writeln!(out, "== {title}\n{found}").expect("a String takes all");
    }
    out
}

#[test]
fn what_lints_say() {
    let cases = [
        ("two kinds", rule("holding(x) and x is \"mug\" and x is \"plate\"")),
        ("a kind and another's instance", rule("holding(x) and x is \"mug 1\" and x is \"mug 2\"")),
        ("a kind of no group", rule("holding(x) and x is \"seat\" and x is \"mug\"")),
        ("a kind with a number", rule("object is \"mug 1\" and holding(_)")),
        ("a fact and its denial", rule("holding(x) and seen(x) and not holding(_)")),
        ("a definition's denial", rule("wanted(x, object) and holding(x) and seen(x)")),
        ("a denied definition", rule("seen(x) and x is object and not holding(x) and not wanted(x, object)")),
        ("an event that was never", rule("put(x, _) and not once put(x, _)")),
        ("a window inside a longer one", rule("once put(x, _) within 2 steps and not once put(x, _) within 5 steps")),
        ("numbers", rule("step > 5 and step < 3")),
        ("whole numbers", rule("step > 2 and step < 3")),
        ("a number below all", rule("pay(n) and n > 3 and n < 3")),
        ("less than none", rule("count(holding(_)) < 0")),
        ("more than the fluent keeps", rule("count(few(_)) > 3")),
        ("more than one value", rule("count(here(_)) >= 2")),
        ("a count and a fact", rule("holding(x) and x is object and count(holding(_)) = 0")),
        ("two numbers both ways", rule("pay(n) and once pay(m) and n < m and n > m")),
        ("another task", rule("cool(_, _)")),
        ("no row", rule("tool(how, spot) and how is \"fry\" and spot is \"oven\"")),
        ("some that cannot be", rule("some holding(x) with (x is \"mug\" and x is \"plate\")")),
        ("one of two alternatives", rule("holding(_) or when step < 0")),
        (
            "never in a filter",
            member("rule r when holding(x) { prefer put(x, r) where r is \"desk\" and r is \"shelf\" }"),
        ),
        ("never beside the rule", member("rule r when holding(x) { prefer put(x, _) where not holding(x) }")),
        (
            "an empty list",
            member("rule r when holding(x) { let rest = all r: seen(r) and step < 0 advise \"{x}: {rest}\" }"),
        ),
        ("a fluent without a beginning", declaration("fluent gone(x: item) terminated by take(x)")),
        (
            "a cause that never is",
            declaration("fluent odd(x: item) initiated by take(x) with x is \"a\" and x is \"b\""),
        ),
        ("always", rule("holding(x) and x is x and count(holding(_)) >= 0 and not cool(_, _)")),
        ("words of a text", rule("holding(_) and words(\"two words\") = 2")),
        ("always in a filter", member("rule r when holding(_) { prefer go_to(_) where step >= 0 }")),
        (
            "shadowed",
            member(
                "rule a when holding(x) and x is object { prefer put(x, _) } rule b when holding(y) and seen(y) and y is object { prefer put(y, r) where r is place }",
            ),
        ),
        (
            "shadowed by numbers",
            member("rule a when step > 3 { advise \"Hurry.\" } rule b when step >= 8 { advise \"Hurry.\" }"),
        ),
        (
            "shadowed by one alternative",
            member(
                "rule a when holding(_) or when seen(_) { avoid take(_) } rule b when seen(x) and x is object { avoid take(_) }",
            ),
        ),
        (
            "the same again",
            member("rule a when holding(x) { advise \"The {x}.\" } rule b when holding(y) { advise \"The {y}.\" }"),
        ),
        (
            "prefer what is avoided",
            member(
                "rule r when holding(x) { prefer put(x, r) where r is place and seen(r) avoid put(_, r) where r is place }",
            ),
        ),
        ("avoid what is forbidden", member("rule r when step > 3 { avoid take(_) forbid take(_) }")),
        ("never of what cannot be", assertion("never put(x, _) and not once put(x, _)")),
        ("at least nothing", assertion("at least 0 times take(_)")),
        ("at most of what cannot be", assertion("at most 3 times count(holding(_)) < 0")),
        ("always what always holds", assertion("always step >= 1")),
        ("whenever never", assertion("whenever take(x) and x is \"a\" and x is \"b\" then seen(x)")),
        ("what follows", assertion("whenever put(x, _) and holding(x) then holding(_)")),
        ("what contradicts", assertion("whenever put(x, _) and holding(x) then not holding(x)")),
        ("eventually what cannot be", assertion("eventually step < 1")),
        ("two events", declaration("event grab(x: item) = action \"{take|grab} {x}\"")),
        (
            "an own event that the domain has",
            member("event grab(y: item) = action \"take {y}\" rule r when holding(_) { avoid grab(_) }"),
        ),
        ("a plain expression", declaration("event go(r: item) = action /^go to (?<r>.+)$/ fails /Nothing happens\\./")),
        ("an own declaration", member("type code = /[a-z]+/ kind pot = \"pan\" | \"wok\" define full() = holding(_)")),
        (
            "two skills",
            format!(
                "{0}skill b in d {{ for heat(o, p) rule x when holding(y) and y is o {{ avoid put(y, _) }} unverified \"b\" example f {{}} }}",
                member("rule r when holding(x) and x is object { avoid put(x, _) }")
            ),
        ),
        ("prose", rule("todo \"the agent is tired\" and step > 3")),
        ("allowed", member("// allow W1001: the name helps\nrule r when holding(what) { avoid take(_) }")),
        (
            "allowed in a statement",
            member("rule r when holding(_) {\n// allow W1001: the name helps\nprefer put(what, _) }"),
        ),
        ("nothing to allow", member("// allow W1001: the name helps\nrule r when holding(_) { avoid take(_) }")),
        ("allowed without a reason", member("// allow W1001\nrule r when holding(what) { avoid take(_) }")),
        ("an error allowed", member("// allow E0401: why not\nrule r when holding(_) { avoid take(_) }")),
        ("no such code", member("// allow W1091: a slip\nrule r when holding(_) { avoid take(_) }")),
        ("allowed for nothing", member("rule r when holding(_) { avoid take(_) // allow W1001: a slip\n}")),
    ];
    insta::assert_snapshot!("every_lint", shown(&cases));
    let mut seen: Vec<Code> = Vec::new();
    cases.iter().for_each(|(_, text)| seen.extend(analysed(text).findings.iter().map(|f| f.diagnostic.code)));
    let missing: Vec<_> = Code::ALL.iter().filter(|c| c.id().starts_with('W') && !seen.contains(c)).collect();
    // Found by checking, and shown there.
    assert_eq!(missing, [&Code::NoAssertion, &Code::NoExample]);
}

#[test]
fn where_lints_are_silent() {
    let cases = [
        ("a kind and its instance", rule("holding(x) and x is \"mug\" and x is \"mug 1\"")),
        ("a kind of the group", rule("holding(x) and x is \"seat\" and x is \"stool\"")),
        ("another's denial", rule("holding(x) and seen(y) and not holding(y) and x is object and y is place")),
        ("numbers that leave one", rule("step >= 3 and step <= 3")),
        ("fractions", rule("pay(n) and n > 2 and n < 3")),
        ("a derived task beside its source", rule("any(_, _)")),
        ("nothing but always", rule("step >= 0")),
        ("a row", rule("tool(how, spot) and how is \"fry\" and spot is place")),
        ("an exception", member("rule r when holding(_) { prefer go_to(_) avoid go_to(r) where seen(r) }")),
        (
            "two filters",
            member("rule r when holding(_) { prefer go_to(r) where r is place avoid go_to(r) where seen(r) }"),
        ),
        (
            "a stronger condition first",
            member("rule a when holding(x) and seen(x) { avoid put(x, _) } rule b when holding(x) { avoid put(x, _) }"),
        ),
        (
            "another binding's advice",
            member(
                "rule a when holding(x) { advise \"The {x}.\" } rule b when holding(x) and seen(x) { advise \"The {x}.\" }",
            ),
        ),
        (
            "a rule with a limit first",
            member("rule a when step > 1 { at most 1 times avoid take(_) } rule b when step > 3 { avoid take(_) }"),
        ),
        ("later is another state", assertion("whenever take(x) and not holding(x) then holding(x) within 2 steps")),
        (
            "an answer tells them apart",
            declaration("event grab(x: item) = action \"take {x}\" then observation \"You have\""),
        ),
        ("a kind and an item", declaration("event take_any(k: kind) = action \"take {k}\"")),
        ("an expression that is one", declaration("event go(r: item) = action /^(?:go|walk) to (?<r>.+)$/")),
        (
            "own and used",
            member(
                "kind pot = \"pan\" | \"wok\" define full() = holding(_) rule r when full() and object is \"pot\" { avoid take(_) }",
            ),
        ),
        (
            "prose in a comment",
            member("// allow me to say: todo \"nothing\"\nrule r when holding(_) { avoid take(_) }"),
        ),
    ];
    for (title, text) in cases {
        let findings = analysed(&text).findings;
        assert!(findings.is_empty(), "{title}:\n{}", render(&text, findings.iter().map(|f| &f.diagnostic)));
    }
}

#[test]
fn what_is_broken_is_not_linted() {
    let text = member("// allow W1001: the name helps\nrule r when hodling(what) and step < 0 { avoid take(_) }");
    let codes: Vec<Code> = analysed(&text).findings.iter().map(|f| f.diagnostic.code).collect();
    assert_eq!(codes, [Code::UnknownName]);
}

/// Whatever a lint calls certain must be so in every episode: random programs on random episodes.
#[cfg(feature = "evolve")]
mod certain {
    use std::collections::BTreeMap;

    use reskill::engine::directives::RuleId;
    use reskill::engine::spec::{self, Episode};
    use reskill::engine::verdict::Verdict;
    use reskill::lang::ast::{Item, MemberKind, Skill, StatementKind};
    use reskill::lang::check::check;
    use reskill::lang::checked::Checked;
    use reskill::lang::diag::{Code, Diagnostic};
    use reskill::lang::lint::lint;

    use crate::agree::generate::case;

    const CASES: u64 = 400;

    /// The skill (by position in the program) that a finding is about, and its tree.
    fn skill<'t>(trees: &'t [Vec<Item>], checked: &Checked, file: usize, at: u32) -> Option<(usize, &'t Skill)> {
        let tree = trees[file].iter().find_map(|item| match item {
            Item::Skill(skill) if skill.span.range().contains(&(at as usize)) => Some(skill),
            _ => None,
        })?;
        let found = checked.skills.iter().position(|s| s.file == file && s.span.start == tree.name.span.start)?;
        Some((found, tree))
    }

    /// The member of a sort (rules, assertions) that a finding is about, by position among its sort.
    fn member(tree: &Skill, at: u32, is: fn(&MemberKind) -> bool) -> Option<usize> {
        let mut members = tree.members.iter().filter(|m| is(&m.kind));
        members.position(|m| m.span.range().contains(&(at as usize)))
    }

    fn is_rule(kind: &MemberKind) -> bool {
        matches!(kind, MemberKind::Rule(_))
    }

    /// What stands behind a warning: what of the program it is about.
    enum Claim {
        /// The rule never speaks.
        Silent(RuleId),
        /// Without the rule, the same actions are marked in the same way.
        Needless(RuleId),
        /// So without this mark of the rule.
        Undone(RuleId, usize),
        /// Never violated.
        Passes(usize, usize),
    }

    fn claim(trees: &[Vec<Item>], checked: &Checked, file: usize, found: &Diagnostic) -> Option<Claim> {
        let at = found.labels.first()?.span.start;
        let (position, tree) = skill(trees, checked, file, at)?;
        let id = |rule| RuleId { skill: position as u16, rule: rule as u16 };
        match found.code {
            Code::NeverHolds if found.help.as_deref().is_some_and(|h| h.starts_with("the rule never speaks")) => {
                Some(Claim::Silent(id(member(tree, at, is_rule)?)))
            }
            Code::Shadowed => Some(Claim::Needless(id(member(tree, at, is_rule)?))),
            Code::MarksOverlap => {
                let rule = member(tree, at, is_rule)?;
                let MemberKind::Rule(written) = &tree.members.iter().filter(|m| is_rule(&m.kind)).nth(rule)?.kind
                else {
                    return None;
                };
                let marks = written.statements.iter().filter(|s| matches!(s.kind, StatementKind::Mark { .. }));
                let mark = marks.map(|s| s.span.start).position(|start| start == at)?;
                Some(Claim::Undone(id(rule), mark))
            }
            Code::IdleAssertion => {
                Some(Claim::Passes(position, member(tree, at, |m| matches!(m, MemberKind::Assertion(_)))?))
            }
            _ => None,
        }
    }

    #[test]
    fn what_is_called_certain_is_certain() {
        let mut tried: BTreeMap<&str, u32> = BTreeMap::new();
        for seed in 0..CASES {
            let (files, trajectory) = case(seed);
            let mut analysis = check(&files);
            let checked = analysis.checked.clone();
            lint(&files, &mut analysis);
            let steps = spec::steps(&trajectory);
            let episode = Episode::new(&trajectory, &steps);
            let bank: Vec<usize> = (0..checked.skills.len()).collect();
            let marks = |checked: &Checked, t| {
                let said = spec::directives(checked, 0, &bank, episode, t);
                let mut marks: Vec<String> = said.marks.iter().map(|m| format!("{} {:?}", m.action, m.kind)).collect();
                marks.sort();
                marks.dedup();
                (said.fired, marks)
            };
            for finding in &analysis.findings {
                let Some(claim) = claim(&analysis.trees, &checked, finding.file, &finding.diagnostic) else { continue };
                *tried.entry(finding.diagnostic.code.id()).or_default() += 1;
                let told = || format!("seed {seed}: {}\n{}", finding.diagnostic.message, files[finding.file].text);
                let mut less = checked.clone();
                match claim {
                    Claim::Silent(id) => {
                        for t in 0..=steps.len() {
                            let (fired, _) = marks(&checked, t);
                            assert!(!fired.iter().any(|f| f.rule == id), "decision {t} of {}", told());
                        }
                        continue;
                    }
                    Claim::Passes(skill, assertion) => {
                        let verdict = &spec::verdicts(&checked, skill, episode)[assertion];
                        assert!(!matches!(verdict, Verdict::Violated { .. }), "{}", told());
                        continue;
                    }
                    Claim::Needless(id) => {
                        less.skills[usize::from(id.skill)].rules.remove(usize::from(id.rule));
                    }
                    Claim::Undone(id, mark) => {
                        less.skills[usize::from(id.skill)].rules[usize::from(id.rule)].marks.remove(mark);
                    }
                }
                for t in 0..=steps.len() {
                    let ((fired, with), (_, without)) = (marks(&checked, t), marks(&less, t));
                    // Where eight speak, leaving one out lets another speak.
                    assert!(fired.len() >= 8 || with == without, "decision {t} of {}", told());
                }
            }
        }
        println!("{tried:?}");
        for code in ["W1005", "W1009"] {
            assert!(tried.get(code).is_some_and(|n| *n >= 3), "hardly ever tried: {tried:?}");
        }
    }
}
