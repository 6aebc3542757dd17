//! The specification on episodes small enough to judge by hand.

use reskill::engine::directives::{Directives, Firing, Mark, MarkKind, RuleId};
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
