//! The specification on episodes small enough to judge by hand.

use reskill::engine::directives::{Directives, Firing, Mark, MarkKind, RuleId, Suggestion};
use reskill::engine::spec::{self, Episode};
use reskill::engine::verdict::Verdict;
use reskill::episode::{Step, Trajectory};
use reskill::lang::check::{SourceFile, check};
use reskill::lang::checked::Checked;

const DOMAIN: &str = r#"domain d {
    task fetch(o: kind, p: kind) = "put a {o} in {p}"
    task heat(o: kind, p: kind) = "put a hot {o} in {p}"
    task bring(o: kind) = heat(o, _) | fetch(o, _)
    fails "nothing happens"
    event take(x: item) = action "take {x}"
    event put(x: item, r: item) = action "put {x} in {r}"
    event warm(x: item) = action "warm {x}" then observation "warm {x}"
    event weigh(x: item, n: number) = action "weigh {x}" then observation "weighs {n}"
    event see(r: item, xs: list) = observation "on the {r}: {xs}."
    fluent wanted(o: kind) initiated by bring(o)
    fluent holding(x: item) initiated by take(x) terminated by put(x, _)
    fluent lies(x: item) -> r: item set by see(r, xs) with x in xs and not holding(x) set by put(x, r) cleared by take(x)
    fluent seen(x: item) initiated by see(_, xs) with x in xs terminated by see(_, _)
}
"#;

fn program(members: &str) -> Checked {
    let text = format!("{DOMAIN}\n{members}");
    let analysis = check(&[SourceFile::new("case.skill", text)]);
    let errors: Vec<_> = analysis.errors().collect();
    assert!(errors.is_empty(), "{members}: {errors:?}");
    analysis.checked
}

fn step(admissible: &[&str], action: &str, observation: &str) -> Step {
    let admissible = admissible.iter().map(|a| (*a).to_owned()).collect();
    Step { admissible, action: action.to_owned(), observation: observation.to_owned(), reward: 0.0 }
}

/// A mug is taken, warmed (the second time it works) and put into the oven.
fn mug() -> Trajectory {
    Trajectory {
        task: "Put a mug in oven.".to_owned(),
        first: "On the shelf 1: a mug 1 and a cup 1.".to_owned(),
        steps: vec![
            step(&["take cup 1", "take mug 1", "weigh mug 1"], "take mug 1", "ok"),
            step(&[], "warm mug 1", "Nothing happens."),
            step(&[], "warm mug 1", "You warm mug 1 a little."),
            step(&[], "put mug 1 in oven 1", "ok. On the oven 1: a mug 1."),
        ],
        ..Trajectory::default()
    }
}

fn verdicts(checked: &Checked, skill: usize, trajectory: &Trajectory) -> Vec<String> {
    let steps = spec::steps(trajectory);
    let show = |verdict| match verdict {
        Verdict::NotApplicable => "not applicable".to_owned(),
        Verdict::Vacuous => "vacuous".to_owned(),
        Verdict::Satisfied => "satisfied".to_owned(),
        Verdict::Violated { at, bindings } => {
            let values: Vec<String> = bindings.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("violated {at}{}", values.concat())
        }
    };
    spec::verdicts(checked, skill, Episode::new(trajectory, &steps)).into_iter().map(show).collect()
}

#[test]
fn every_form_means_what_the_reference_says() {
    let cases = [
        ("always step < 4", "violated 3 o=mug"),
        ("always step < 5", "satisfied"),
        // The first `warm` has failed.
        ("never warm(x)", "violated 2 o=mug x=mug 1"),
        ("never once see(_, xs) and x in xs and x is \"cup\"", "violated 0 o=mug xs=mug 1 and cup 1 x=cup 1"),
        // The state is the one before the transition.
        ("whenever put(x, _) then holding(x)", "satisfied"),
        ("whenever put(x, _) then not holding(x)", "violated 3 o=mug x=mug 1"),
        ("whenever put(x, r) then x is o and r is \"oven 1\"", "satisfied"),
        // The first observation is no transition.
        ("whenever see(r, _) and r is \"shelf\" then repeated", "vacuous"),
        ("whenever take(x) then warm(x) within 1 step", "violated 1 o=mug x=mug 1"),
        ("whenever take(x) then warm(x) within 2 steps", "satisfied"),
        ("whenever take(x) then take(x) within 3 steps", "violated 3 o=mug x=mug 1"),
        ("whenever take(x) then take(x) within 4 steps", "satisfied"),
        ("eventually repeated", "satisfied"),
        ("never repeated", "violated 2 o=mug"),
        ("eventually take(x) and x is \"cup\"", "violated 3 o=mug"),
        // `finally` sees the state after the last transition.
        ("finally holding(_)", "violated 3 o=mug"),
        ("finally put(x, r) and lies(x, r)", "satisfied"),
        ("first take(_) then put(_, _)", "satisfied"),
        ("first put(_, _) then take(_)", "violated 0 o=mug"),
        ("first take(_) then take(_)", "violated 0 o=mug"),
        ("first take(_) then weigh(_, _)", "violated 3 o=mug"),
        ("at most 1 times see(_, _)", "satisfied"),
        ("at most 0 times see(_, _)", "violated 3 o=mug"),
        ("at most 1 consecutive holding(_)", "violated 2 o=mug"),
        ("at most 3 consecutive holding(_)", "satisfied"),
        ("at least 3 times holding(_)", "satisfied"),
        ("at least 4 times holding(_)", "violated 3 o=mug"),
        ("between 1 and 1 times holding(_)", "violated 2 o=mug"),
        ("between 4 and 5 times holding(_)", "violated 3 o=mug"),
        ("between 3 and 3 times holding(_)", "satisfied"),
        // Counts take in the first observation.
        ("eventually count(see(_, _)) = 2", "satisfied"),
        ("never count(see(_, _)) = 2", "violated 3 o=mug"),
        ("eventually count(holding(_)) > 1", "violated 3 o=mug"),
        // The first observation has position 0, the first transition position 1.
        ("never once see(r, _) within 1 step and r is \"shelf\"", "satisfied"),
        ("never once see(r, _) within 2 steps and r is \"shelf\"", "violated 0 o=mug r=shelf 1"),
        ("eventually available weigh(x, _) and x is o", "satisfied"),
        // What only the answer tells is unknown of an admissible action.
        ("eventually available weigh(_, n) and n > 0", "violated 3 o=mug"),
        ("always fetch(_, _) and bring(k) and k is o and not heat(_, _)", "satisfied"),
    ];
    let assertions: String = cases.iter().enumerate().map(|(n, (form, _))| format!("assert a{n}: {form}\n")).collect();
    let checked = program(&format!("skill s in d {{ for fetch(o, _) {assertions} }}"));
    let found = verdicts(&checked, 0, &mug());
    for ((form, expected), found) in cases.iter().zip(found) {
        assert_eq!(&found, expected, "{form}");
    }
}

#[test]
fn without_a_step_only_the_start_is_judged() {
    let checked = program(
        "skill s in d { assert a: always repeated assert b: never step >= 0 assert c: whenever see(_, _) then repeated
            assert d: eventually see(_, _) assert e: finally see(_, _) and step = 0 assert f: at least 0 times repeated
            assert g: first see(_, _) then see(_, _) }",
    );
    let start = Trajectory { steps: Vec::new(), ..mug() };
    let expected = ["satisfied", "satisfied", "vacuous", "violated 0", "satisfied", "satisfied", "violated 0"];
    assert_eq!(verdicts(&checked, 0, &start), expected);
}

#[test]
fn the_task_with_most_literal_words_counts_and_derived_ones_hold_beside_it() {
    let checked = program(
        "skill a in d { for fetch(_, _) assert a: always step > 0 }
         skill b in d { for heat(o, _) assert b: never o is \"mug\" }
         skill c in d { for bring(o) assert c: never wanted(k) and k is o }",
    );
    let hot = Trajectory { task: "put a hot mug in oven".to_owned(), ..mug() };
    assert_eq!(verdicts(&checked, 0, &hot), ["not applicable"]);
    assert_eq!(verdicts(&checked, 1, &hot), ["violated 0 o=mug"]);
    assert_eq!(verdicts(&checked, 2, &hot), ["violated 0 o=mug k=mug"]);
    assert_eq!(verdicts(&checked, 1, &mug()), ["not applicable"]);
}

fn rows(checked: &Checked, trajectory: &Trajectory, fluent: &str, t: usize) -> Vec<String> {
    let domain = &checked.domains[0];
    let index = domain.fluents.iter().position(|f| f.name == fluent).expect("a fluent of the domain");
    let steps = spec::steps(trajectory);
    let rows = spec::fluents(domain, Episode::new(trajectory, &steps), t).swap_remove(index);
    let show =
        |row: &Vec<reskill::engine::value::Value>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" @ ");
    rows.iter().map(show).collect()
}

#[test]
fn fluents_follow_the_phases() {
    let checked = program("");
    let mut mug = mug();
    assert_eq!(rows(&checked, &mug, "wanted", 0), ["mug"]);
    assert_eq!(rows(&checked, &mug, "lies", 0), ["mug 1 @ shelf 1", "cup 1 @ shelf 1"]);
    assert_eq!(rows(&checked, &mug, "lies", 1), ["cup 1 @ shelf 1"]);
    assert_eq!(rows(&checked, &mug, "lies", 4), ["cup 1 @ shelf 1", "mug 1 @ oven 1"]);
    // The observation of a transition reads the state after its action.
    mug.steps[0].observation = "On the shelf 1: a mug 1.".to_owned();
    assert_eq!(rows(&checked, &mug, "lies", 1), ["cup 1 @ shelf 1"]);
    // What one phase both ends and begins has begun; a new value keeps the row's place.
    mug.steps[0] = step(&[], "look", "On the sofa 1: a cup 1 and a mug 1.");
    assert_eq!(rows(&checked, &mug, "seen", 1), ["cup 1", "mug 1"]);
    assert_eq!(rows(&checked, &mug, "lies", 1), ["mug 1 @ sofa 1", "cup 1 @ sofa 1"]);
}

#[test]
fn a_full_fluent_drops_its_oldest_rows() {
    let checked = program("");
    let list = |n: usize| (n..n + 64).map(|i| format!("mug {i}")).collect::<Vec<_>>().join(", ");
    let steps = (0..9).map(|n| step(&[], "look", &format!("On the shelf 1: {}.", list(n * 64)))).collect();
    let crowd = Trajectory { first: String::new(), steps, ..mug() };
    let lies = rows(&checked, &crowd, "lies", 9);
    assert_eq!((lies.len(), lies[0].as_str(), lies[511].as_str()), (512, "mug 64 @ shelf 1", "mug 575 @ shelf 1"));
}

#[test]
fn rules_speak_in_bank_order_and_avoid_beats_prefer() {
    let checked = program(
        "skill a in d {
            rule list when see(_, xs) and x in xs {
                advise \"Take the {x}.\"
                prefer take(x)
                avoid take(y) where y is \"cup\"
            }
            rule late when see(_, _) and step > 0 { advise \"no\" }
            unverified \"a test\"
         }
         skill b in d {
            for fetch(o, _)
            rule weigh when available weigh(x, _) and x is o or when repeated { prefer weigh(_, _) }
            unverified \"a test\"
         }
         skill c in d { for heat(_, _) rule silent when step >= 0 { advise \"no\" } unverified \"a test\" }",
    );
    let mug = mug();
    let steps = spec::steps(&mug);
    let said = |t| spec::directives(&checked, 0, &[2, 1, 0], Episode::new(&mug, &steps), t);
    let (a, b) = (RuleId { skill: 2, rule: 0 }, RuleId { skill: 1, rule: 0 });
    let mark = |action, rule, kind| Mark { action, rule, kind };
    assert_eq!(
        said(0),
        Directives {
            fired: vec![
                Firing { rule: b, advice: None },
                Firing { rule: a, advice: Some("Take the mug 1.".to_owned()) }
            ],
            marks: vec![mark(0, a, MarkKind::Avoid), mark(1, a, MarkKind::Prefer), mark(2, b, MarkKind::Prefer),],
            ..Directives::default()
        }
    );
    assert_eq!(said(1), Directives::default());
    assert_eq!(said(2), Directives::default());
    // The two actions before decision 3 are the same text.
    assert_eq!(said(3).fired, [Firing { rule: b, advice: None }]);
}

#[test]
fn at_most_eight_rules_speak_and_sixty_four_bindings_count() {
    let rules: String = (0..9)
        .map(|n| format!("rule r{n} when see(_, xs) and see(_, ys) and x in xs and y in ys {{ prefer put(x, y) }}\n"))
        .collect();
    let checked = program(&format!("skill s in d {{ {rules} unverified \"a test\" }}"));
    let things = (0..9).map(|n| format!("mug {n}")).collect::<Vec<_>>();
    let mut mug = mug();
    mug.first = format!("On the shelf 1: {}.", things.join(", "));
    let puts = things.iter().flat_map(|x| things.iter().map(move |y| format!("put {x} in {y}")));
    mug.steps[0].admissible = puts.collect();
    let steps = spec::steps(&mug);
    let said = spec::directives(&checked, 0, &[0], Episode::new(&mug, &steps), 0);
    assert_eq!((said.fired.len(), said.marks.len()), (8, 8 * 64));
}

/// What a lone assertion says of an episode in which these things are seen first, and nothing happens.
fn holds(vocabulary: &str, task: &str, first: &str, condition: &str) -> bool {
    let text = format!("domain d {{ {vocabulary} }} skill s in d {{ assert a: finally {condition} }}");
    let analysis = check(&[SourceFile::new("case.skill", text)]);
    let errors: Vec<_> = analysis.errors().collect();
    assert!(errors.is_empty(), "{condition}: {errors:?}");
    let episode = Trajectory { task: task.to_owned(), first: first.to_owned(), ..Trajectory::default() };
    verdicts(&analysis.checked, 0, &episode) == ["satisfied"]
}

#[test]
fn conditions_over_constants_texts_and_all_facts() {
    let vocabulary = r#"
        type code = /[A-Z][0-9](\.[0-9])?/
        kind ware = "mug" | "cup"
        kind thing = "ware" | "oven 1"
        table goes(o, p) = ("mug", "oven") | ("egg", "shelf")
        table fee(x: item, a: money) = ("mug 1", 2) | ("cup 1", 0.5)
        task find(o: kind) = /(?i)^find (?<o>\w+)/
        task lose(o: kind) = "lose {o}"
        event see(x: item) = each observation "a {x}"
        event cost(x: item, a: money) = each observation "{x} for {a}"
        event tell(t: text) = observation "told: {t}"
        event coded(c: code) = each observation "code {c};"
        event price(a: money) = each observation /[$](?<a>[^ ]+)/
        fluent seen(x: item) initiated by see(x)
        fluent last(x: item) max 2 initiated by see(x)
    "#;
    let first = "Here is a mug 1, a cup 1, and a oven 1. cup 1 for $1.5, mug 1 for 2! code B2.1; code b1; \n\
                 $a $7 told: the red Mug 1, the cup\n";
    let cases = [
        // Groups of kinds; a group in a group stands for its kinds.
        ("seen(x) and x is \"ware\"", true),
        ("seen(x) and x is \"oven 1\" and x is \"thing\"", true),
        ("seen(x) and x is \"oven\" and x is \"ware\"", false),
        // Tables are facts.
        ("find(k) and goes(k, p) and p is \"oven\"", true),
        ("fee(x, a) and cost(x, a)", true),
        ("fee(x, a) and cost(x, a) and x is \"cup\"", false),
        // Tokens in a row, folded.
        ("tell(t) and t contains \"RED mug\"", true),
        ("tell(t) and t contains \"red 1\"", false),
        ("tell(t) and t contains \"ed mug\"", false),
        ("tell(t) and seen(x) and t contains x and x is \"mug\"", true),
        ("\"a b\" contains \"a b c\"", false),
        ("tell(t) and words(t) = 7", true),
        ("tell(t) and shared(t, \"the the mug cup hat\") = 3", true),
        ("see(x) and words(x) = 2 and words(\"it's a 2.5\") = 3", true),
        // Quantifiers over facts.
        ("every seen(x): x is \"thing\"", true),
        ("every seen(x): x is \"ware\"", false),
        ("every seen(x): (x is \"thing\" and last(x))", false),
        ("every goes(k, _): not find(k)", false),
        ("some seen(x) with not x is \"ware\"", true),
        ("no seen(x) with x is \"egg\"", true),
        ("no see(x) with x is \"mug\"", false),
        ("not every see(x): x is \"mug\"", true),
        ("every seen(x): (some fee(y, _) with y is x)", false),
        ("seen(x) and x is \"cup\" and no cost(x, a) with a > 1.5", true),
        // Nothing to range over.
        ("every lose(k): not lose(k)", true),
        ("some lose(k) with lose(k)", false),
        ("every find(k): k is \"mug\"", true),
        // What is not stated never holds.
        ("todo \"when it rains\"", false),
        ("not todo \"when it rains\"", true),
        // The oldest rows go.
        ("count(last(_)) = 2 and seen(x) and x is \"cup\" and last(x)", true),
        ("seen(x) and x is \"mug\" and not last(x)", true),
        // Own types are read as written; expressions skip what cannot be read.
        ("count(coded(_)) = 1 and coded(c) and c contains \"2.1\"", false),
        ("coded(c) and words(c) = 3", true),
        ("coded(c) and c is \"B2.1\"", true),
        ("count(price(_)) = 1 and price(a) and a = 7", true),
    ];
    for (condition, expected) in cases {
        assert_eq!(holds(vocabulary, "FIND mug for me", first, condition), expected, "{condition}");
    }
}

#[test]
fn priority_limits_lists_suggestions_and_forbids() {
    let checked = program(
        "skill low in d {
            rule look when step >= 0 {
                let here = all x: see(_, xs) and x in xs and not holding(x)
                advise \"Here: {here}.\"
                prefer take(_)
                at most 2 times
            }
            rule stop when step >= 0 { forbid take(x) where x is \"mug\"  avoid weigh(_, _) }
            unverified \"a test\"
         }
         skill high in d {
            priority 2
            rule ask when seen(x) { suggest \"ask[{x}]\"  prefer weigh(_, _) }
            rule late when step >= 0 { priority 0  forbid take(_)  forbid weigh(_, _) }
            unverified \"a test\"
         }",
    );
    let mug = mug();
    let steps = spec::steps(&mug);
    let said = |t| spec::directives(&checked, 0, &[0, 1], Episode::new(&mug, &steps), t);
    let rule = |skill, rule| RuleId { skill, rule };
    let (look, stop, ask, late) = (rule(0, 0), rule(0, 1), rule(1, 0), rule(1, 1));
    let first = said(0);
    // The higher priority speaks first, then the bank's order.
    assert_eq!(first.fired.iter().map(|f| f.rule).collect::<Vec<_>>(), [ask, look, stop, late]);
    assert_eq!(first.fired[1].advice.as_deref(), Some("Here: mug 1 and cup 1."));
    assert_eq!(first.suggestions, [Suggestion { rule: ask, action: "ask[mug 1]".to_owned() }]);
    // `ask` outweighs what others say of weighing; `late` would leave weighing, and is not overruled.
    let mark = |action, rule, kind| Mark { action, rule, kind };
    assert_eq!(
        first.marks,
        [
            mark(0, late, MarkKind::Forbid),
            mark(1, stop, MarkKind::Forbid),
            mark(1, late, MarkKind::Forbid),
            mark(2, ask, MarkKind::Prefer)
        ]
    );
    assert!(first.overruled.is_empty());
    // `look` has spoken twice by then.
    let spoke = |t| said(t).fired.iter().any(|f| f.rule == look);
    assert_eq!([spoke(0), spoke(1), spoke(2), spoke(3)], [true, true, false, false]);
}

#[test]
fn forbids_that_leave_nothing_are_dropped_rule_by_rule() {
    let checked = program(
        "skill s in d {
            rule cups when step >= 0 { forbid take(x) where x is \"cup\" }
            rule rest when step >= 0 { forbid take(x) where x is \"mug\"  forbid weigh(_, _) }
            rule mugs when step >= 0 { forbid take(x) where x is \"mug\" }
            unverified \"a test\"
         }",
    );
    let mug = mug();
    let steps = spec::steps(&mug);
    let said = spec::directives(&checked, 0, &[0], Episode::new(&mug, &steps), 0);
    let rule = |rule| RuleId { skill: 0, rule };
    let forbid = |action, r| Mark { action, rule: rule(r), kind: MarkKind::Forbid };
    assert_eq!(said.marks, [forbid(0, 0), forbid(1, 2)]);
    assert_eq!(said.overruled, [rule(1)]);
    assert_eq!(said.fired.len(), 3);
}
