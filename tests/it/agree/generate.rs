//! Random programs as `.skill` text: a small vocabulary with every kind of declaration, and skills that use it in every
//! way the language has.

use super::play;
use crate::lang::diagnostics::render;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::episode::Trajectory;
use reskill::lang::check::{SourceFile, check};

/// A sound program and an episode in its vocabulary. The program's only domain comes first.
pub fn case(seed: u64) -> (Vec<SourceFile>, Trajectory) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut complaints = String::new();
    for _ in 0..20 {
        let files =
            vec![SourceFile::new("domain.skill", domain(&mut rng)), SourceFile::new("bank.skill", skills(&mut rng))];
        let analysis = check(&files);
        if !analysis.has_errors() {
            return (files, play::episode(&mut rng));
        }
        let errors = analysis.errors().map(|f| (&files[f.file].text, &f.diagnostic));
        complaints = errors.map(|(text, d)| render(text, [d])).collect();
    }
    panic!("seed {seed}: no sound program in twenty tries; of the last: {complaints}");
}

type Signature = (&'static str, &'static [&'static str]);

/// Events and their parameters' types; those that an action can be come first.
const EVENTS: [Signature; 14] = [
    ("take", &["item", "item"]),
    ("put", &["item", "item"]),
    ("warm", &["item", "item"]),
    ("go", &["item"]),
    ("weigh", &["item", "number"]),
    ("pay", &["number"]),
    ("tell", &["word"]),
    ("wait", &[]),
    ("see", &["item", "list"]),
    ("lies", &["item"]),
    ("price", &["item", "number"]),
    ("score", &[]),
    ("says", &["words"]),
    ("report", &["text"]),
];
const ACTIONS: usize = 8;
const FLUENTS: [Signature; 8] = [
    ("holding", &["item"]),
    ("hot", &["item"]),
    ("lies_at", &["item", "item"]),
    ("visited", &["item"]),
    ("weight", &["item", "number"]),
    ("wanted", &["kind"]),
    ("seen", &["item", "item"]),
    ("busy", &[]),
];
const TASKS: [Signature; 5] = [
    ("fetch", &["kind", "kind"]),
    ("heat", &["kind", "kind"]),
    ("find", &["kind"]),
    ("deliver", &["kind", "kind"]),
    ("some_task", &["kind"]),
];
const DEFINES: [Signature; 2] = [("near", &["item", "item"]), ("idle", &["item"])];

fn domain(rng: &mut ChaCha8Rng) -> String {
    let mut text = String::from(
        r#"domain toy {
    task fetch(o: kind, p: kind) = "put a {o} in {p}" | "put {o} {in|on} the {p}"
    task heat(o: kind, p: kind) = "put a hot {o} in {p}"
    task find(o: kind) = "find {o}" | "find two {o}"
    task deliver(o: kind, p: kind) = fetch(o, p) | heat(o, p)
    task some_task(o: kind) = deliver(o, _) | find(o)
    fails "nothing happens" | "you cannot {...}."
    event take(x: item, r: item) = action "take {x} from {r}" | action "take {x} {out?} of {r}"
    event put(x: item, r: item) = action "put {x} {in|on} {r}" | action "put {x} down {...} by {r}"
    event warm(x: item, r: item) = action "warm {x} with {r}" then observation "you warm the {x}"
    event go(r: item) = action "go to {r}" | observation "you arrive at {r}."
    event weigh(x: item, n: number) = action "weigh {x}" then observation "the {x} weighs {n}"
        | action "weigh {x} as {n}"
    event pay(n: number) = action "pay {n}" | each observation "{n} coins"
    event tell(w: word) = action "say {w}" | action "{w} please"
    event wait() = action "wait"
    event see(r: item, xs: list) = observation "on the {r} you see {xs}." | observation "in the {r} are {xs}!"
    event lies(x: item) = each observation "a {x} lies here" | observation "only a {x}"
    event price(x: item, n: number) = each observation "{x} costs {n}"
    event score() = observation "well done" | observation "task complete"
    event says(t: words) = each observation "says {t}."
    event report(t: text) = observation "report: {t}"
    define near(x: item, r: item) = lies_at(x, r) and visited(r)
    define idle(x: item) = not holding(x) and not once warm(x, _)
"#,
    );
    let fluents: [(&str, &str, &[&str], &[&str]); 8] = [
        (
            "holding(x: item)",
            "initiated by take(x, _)",
            &["initiated by lies(x) with hot(x)", "initiated by weigh(x, n) with n < 2"],
            &["terminated by put(x, _)", "terminated by wait()", "terminated by see(_, xs) with x in xs"],
        ),
        (
            "hot(x: item)",
            "initiated by warm(x, _)",
            &["initiated by take(x, r) with r is \"oven\"", "initiated by price(x, n) with n >= 2 and holding(x)"],
            &[
                "terminated by put(x, r) with r is \"table\"",
                "terminated by score()",
                "terminated by go(r) with lies_at(x, r)",
            ],
        ),
        (
            "lies_at(x: item) -> r: item",
            "set by see(r, xs) with x in xs",
            &["set by put(x, r)", "set by go(r) with holding(x)", "set by lies(x) with seen(x, r) and not hot(x)"],
            &["cleared by take(x, _)", "cleared by take(_, r)", "cleared by put(x, r)"],
        ),
        (
            "visited(r: item)",
            "initiated by go(r)",
            &["initiated by see(r, _)", "initiated by take(_, r)"],
            &["terminated by wait()", "terminated by go(r)"],
        ),
        (
            "weight(x: item) -> n: number",
            "set by weigh(x, n)",
            &["set by price(x, n) with n > 1.5", "set by pay(n) with holding(x) and count(holding(_)) < 3"],
            &["cleared by put(x, _)", "cleared by pay(n)"],
        ),
        (
            "wanted(o: kind)",
            "initiated by some_task(o)",
            &["initiated by fetch(o, _)", "initiated by deliver(o, _)", "initiated by deliver(_, o)"],
            &["terminated by score()", "terminated by take(x, _) with x is o and wanted(o)"],
        ),
        (
            "seen(x: item, r: item)",
            "initiated by see(r, xs) with x in xs",
            &["initiated by take(x, r)", "initiated by see(r, xs) with holding(x) and not x in xs"],
            &["terminated by go(r)", "terminated by wait() with holding(x)", "terminated by take(x, _)"],
        ),
        (
            "busy()",
            "initiated by warm(_, _)",
            &["initiated by wait() with count(holding(_)) >= 1", "initiated by tell(w) with w is \"please\""],
            &["terminated by score()", "terminated by go(_)"],
        ),
    ];
    for (head, first, adds, removes) in fluents {
        let mut causes = vec![first];
        causes.extend(adds.iter().chain(removes).filter(|_| rng.random_bool(0.5)));
        causes.shuffle(rng);
        text.push_str(&format!("    fluent {head} {}\n", causes.join(" ")));
    }
    text.push_str("}\n");
    text
}

/// Variables in scope: names with their types. A name always has the same type, so that branches can share it.
type Scope = Vec<(String, &'static str)>;

fn pool(ty: &str) -> &'static [&'static str] {
    match ty {
        "item" => &["x", "r", "y", "z"],
        "kind" => &["k", "l"],
        "number" => &["n", "m"],
        "list" => &["xs", "ys"],
        "word" => &["w"],
        "words" => &["t"],
        _ => &["line"],
    }
}

fn skills(rng: &mut ChaCha8Rng) -> String {
    let count = [1, 2, 3, 4, 12][rng.random_range(0..5)];
    (0..count).map(|n| skill(rng, n)).collect()
}

fn skill(rng: &mut ChaCha8Rng, number: usize) -> String {
    let mut text = format!("skill s{number} in toy {{\n");
    let mut scope = Scope::new();
    if rng.random_bool(0.5) {
        let (name, types) = pick(rng, &TASKS);
        let mut args = Vec::new();
        for (n, ty) in types.iter().enumerate() {
            let name = ["o", "p"][n];
            if rng.random_bool(0.8) {
                scope.push((name.to_owned(), ty));
                args.push(name);
            } else {
                args.push("_");
            }
        }
        text.push_str(&format!("    for {name}({})\n", args.join(", ")));
    }
    for n in 0..rng.random_range(0..=4) {
        text.push_str(&rule(rng, n, &scope));
    }
    for n in 0..rng.random_range(1..=5) {
        text.push_str(&format!("    assert a{n}: {}\n", form(rng, &scope)));
    }
    text.push_str("}\n");
    text
}

fn rule(rng: &mut ChaCha8Rng, number: usize, task: &Scope) -> String {
    let mut text = format!("    rule r{number} when ");
    let mut everywhere: Option<Scope> = None;
    for branch in 0..[1, 1, 1, 2, 3][rng.random_range(0..5)] {
        let mut scope = task.clone();
        let condition = conj(rng, &mut scope, true);
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
    text.push_str("{\n");
    if rng.random_bool(0.7) {
        let renderable = |ty: &str| matches!(ty, "item" | "kind" | "number" | "list");
        let mut parts: Vec<String> =
            scope.iter().filter(|(_, ty)| renderable(ty)).map(|(name, _)| format!("{name}: {{{name}}}")).collect();
        parts.truncate(rng.random_range(0..=3));
        text.push_str(&format!("        advise \"Say {}.\"\n", parts.join(", ")));
    } else {
        text.push_str(&mark(rng, &scope));
    }
    for _ in 0..rng.random_range(0..=3) {
        text.push_str(&mark(rng, &scope));
    }
    text.push_str("    }\n");
    text
}

fn mark(rng: &mut ChaCha8Rng, scope: &Scope) -> String {
    let mut scope = scope.clone();
    let verb = ["prefer", "avoid"][rng.random_range(0..2)];
    let target = call(rng, &EVENTS[..ACTIONS], &mut scope, true);
    let filter = match rng.random_bool(0.5) {
        true => format!(" where {}", conj(rng, &mut scope, true)),
        false => String::new(),
    };
    format!("        {verb} {target}{filter}\n")
}

fn form(rng: &mut ChaCha8Rng, task: &Scope) -> String {
    let n = rng.random_range(0..=3);
    let mut scope = task.clone();
    let c = conj(rng, &mut scope, true);
    match rng.random_range(0..12) {
        0 => format!("always {}", conj(rng, &mut task.clone(), false)),
        1 => format!("never {c}"),
        2 | 3 => format!("whenever {c} then {}", conj(rng, &mut scope, false)),
        // `repeated` ends the condition, so that the window is not taken for that of a `once`.
        4 => format!("whenever {c} then {} and not repeated within {} steps", conj(rng, &mut scope, false), n.max(1)),
        5 => format!("eventually {c}"),
        6 => format!("finally {c}"),
        7 => format!("first {c} then {}", conj(rng, &mut task.clone(), true)),
        8 => format!("at most {n} times {c}"),
        9 => format!("at least {n} times {c}"),
        10 => format!("between {n} and {} times {c}", n + rng.random_range(0..=4)),
        _ => format!("at most {n} consecutive {c}"),
    }
}

fn pick<T: Copy>(rng: &mut ChaCha8Rng, from: &[T]) -> T {
    *from.choose(rng).expect("a list with elements")
}

/// A safe conjunction, its literals in any order; with `fresh` it may bind variables, which join the scope.
fn conj(rng: &mut ChaCha8Rng, scope: &mut Scope, fresh: bool) -> String {
    let count = [1, 1, 2, 2, 3, 4][rng.random_range(0..6)];
    let mut literals: Vec<String> = (0..count).map(|_| literal(rng, scope, fresh)).collect();
    literals.shuffle(rng);
    literals.join(" and ")
}

fn of_types(scope: &Scope, fits: impl Fn(&str) -> bool) -> Vec<&str> {
    scope.iter().filter(|(_, ty)| fits(ty)).map(|(name, _)| name.as_str()).collect()
}

fn literal(rng: &mut ChaCha8Rng, scope: &mut Scope, fresh: bool) -> String {
    let negated = rng.random_bool(0.25);
    let not = if negated { "not " } else { "" };
    let binds = fresh && !negated;
    match rng.random_range(0..20) {
        0..4 => format!("{not}{}", call(rng, &EVENTS, scope, binds)),
        4..8 => format!("{not}{}", call(rng, &FLUENTS, scope, binds)),
        8 | 9 => {
            let window = match rng.random_bool(0.5) {
                true => format!(" within {} steps", rng.random_range(1..=4)),
                false => String::new(),
            };
            format!("{not}once {}{window}", call(rng, &EVENTS, scope, binds))
        }
        10 => format!("{not}{}", call(rng, &TASKS, scope, binds)),
        11 => format!("{not}available {}", call(rng, &EVENTS[..ACTIONS], scope, binds)),
        12 => format!("{not}repeated"),
        13 | 14 => {
            let wordy = of_types(scope, |ty| matches!(ty, "item" | "kind" | "word" | "words"));
            let Some(left) = wordy.choose(rng) else { return fallback(rng) };
            match wordy.choose(rng) {
                Some(right) if rng.random_bool(0.5) => format!("{not}{left} is {right}"),
                _ => format!("{not}{left} is \"{}\"", play::thing(rng)),
            }
        }
        15 => {
            let lists = of_types(scope, |ty| ty == "list");
            let Some(list) = lists.choose(rng).map(|l| (*l).to_owned()) else {
                return match fresh {
                    true => membership(rng, scope),
                    false => fallback(rng),
                };
            };
            match variable(rng, "item", scope, binds) {
                Some(element) => format!("{not}{element} in {list}"),
                None => fallback(rng),
            }
        }
        16 => {
            let defined = pick(rng, &DEFINES);
            let names: Vec<String> = defined.1.iter().filter_map(|ty| variable(rng, ty, scope, false)).collect();
            match names.len() == defined.1.len() {
                true => format!("{not}{}({})", defined.0, names.join(", ")),
                false => fallback(rng),
            }
        }
        _ => format!("{not}{}", comparison(rng, scope)),
    }
}

/// A list and one of its elements.
fn membership(rng: &mut ChaCha8Rng, scope: &mut Scope) -> String {
    let element = variable(rng, "item", scope, true).unwrap_or_else(|| "x".to_owned());
    if !scope.iter().any(|(name, _)| *name == element) {
        scope.push((element.clone(), "item"));
    }
    scope.push(("xs".to_owned(), "list"));
    format!("see(_, xs) and {element} in xs")
}

/// What can be said without a variable.
fn fallback(rng: &mut ChaCha8Rng) -> String {
    let mut nothing = Scope::new();
    comparison(rng, &mut nothing)
}

fn comparison(rng: &mut ChaCha8Rng, scope: &mut Scope) -> String {
    let numbers: Vec<String> = of_types(scope, |ty| ty == "number").into_iter().map(str::to_owned).collect();
    let left = match (numbers.choose(rng), rng.random_range(0..4)) {
        (Some(number), 0 | 1) => number.clone(),
        (_, 2) => "step".to_owned(),
        (_, 3) => format!("count({})", call(rng, &EVENTS, scope, false)),
        _ => format!("count({})", call(rng, &FLUENTS, scope, false)),
    };
    let sign = pick(rng, &["<", "<=", ">", ">=", "=", "!="]);
    let right = match numbers.choose(rng) {
        Some(number) if rng.random_bool(0.3) => number.clone(),
        _ => pick(rng, &["0", "1", "2", "2.5", "3", "5"]).to_owned(),
    };
    format!("{left} {sign} {right}")
}

/// A call of one of `heads`: each argument is `_`, a variable in scope or, where it binds, a fresh one.
fn call(rng: &mut ChaCha8Rng, heads: &[Signature], scope: &mut Scope, binds: bool) -> String {
    let (name, types) = pick(rng, heads);
    let args: Vec<String> = types
        .iter()
        .map(|ty| match rng.random_bool(0.35) {
            true => "_".to_owned(),
            false => variable(rng, ty, scope, binds).unwrap_or_else(|| "_".to_owned()),
        })
        .collect();
    format!("{name}({})", args.join(", "))
}

fn variable(rng: &mut ChaCha8Rng, ty: &'static str, scope: &mut Scope, binds: bool) -> Option<String> {
    let known: Vec<String> = of_types(scope, |t| t == ty).into_iter().map(str::to_owned).collect();
    let fresh = pool(ty).iter().find(|name| !scope.iter().any(|(known, _)| known == *name)).filter(|_| binds);
    match (known.choose(rng), fresh) {
        (Some(name), None) => Some(name.clone()),
        (Some(name), Some(_)) if rng.random_bool(0.6) => Some(name.clone()),
        (_, Some(name)) => {
            scope.push(((*name).to_owned(), ty));
            Some((*name).to_owned())
        }
        (None, None) => None,
    }
}
