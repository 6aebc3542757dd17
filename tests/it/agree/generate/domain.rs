//! The vocabulary: a fixed set of names, of which every domain has a random part of the causes, limits and patterns; and
//! what a skill declares for itself.

use super::odd::{ODD_ACTIONS, ODD_OBSERVATIONS};
use super::{Generator, Signature, Words};
use rand::RngExt;
use rand::seq::SliceRandom;

const ACTIONS: [Signature; 12] = [
    ("take", &["item", "item"]),
    ("put", &["item", "item"]),
    ("warm", &["item", "item"]),
    ("go", &["item"]),
    ("weigh", &["item", "number"]),
    ("pay", &["number"]),
    ("tell", &["word"]),
    ("wait", &[]),
    ("scan", &["code"]),
    ("offer", &["money"]),
    ("use", &["item", "code"]),
    ("write", &["words"]),
];
const OBSERVATIONS: [Signature; 10] = [
    ("see", &["item", "list"]),
    ("lies", &["item"]),
    ("price", &["item", "number"]),
    ("score", &[]),
    ("says", &["words"]),
    ("report", &["text"]),
    ("sells", &["item", "money"]),
    ("hear", &["word", "words"]),
    ("rumour", &["list"]),
    ("label", &["item", "text"]),
];
const FLUENTS: [Signature; 13] = [
    ("holding", &["item"]),
    ("hot", &["item"]),
    ("lies_at", &["item", "item"]),
    ("visited", &["item"]),
    ("weight", &["item", "number"]),
    ("wanted", &["kind"]),
    ("seen", &["item", "item"]),
    ("busy", &[]),
    ("scanned", &["code"]),
    ("worth", &["item", "money"]),
    ("heard", &["word", "words"]),
    ("told", &["words"]),
    ("owed", &["item", "number"]),
];
const TASKS: [Signature; 8] = [
    ("fetch", &["kind", "kind"]),
    ("heat", &["kind", "kind"]),
    ("find", &["kind"]),
    ("deliver", &["kind", "kind"]),
    ("some_task", &["kind"]),
    ("carry", &["kind", "word"]),
    ("odd_task", &["kind", "word"]),
    ("any_task", &["kind"]),
];
const TABLES: [Signature; 3] =
    [("goes", &["kind", "kind"]), ("fee", &["item", "number", "money"]), ("greeting", &["word", "words", "code"])];
const DEFINES: [Signature; 3] = [("near", &["item", "item"]), ("idle", &["item"]), ("clean", &["item"])];

pub(super) fn words() -> Words {
    Words {
        events: [&ACTIONS[..], &OBSERVATIONS, &ODD_ACTIONS, &ODD_OBSERVATIONS].concat(),
        actions: [&ACTIONS[..], &ODD_ACTIONS].concat(),
        fluents: FLUENTS.to_vec(),
        tasks: TASKS.to_vec(),
        tables: TABLES.to_vec(),
        defines: DEFINES.to_vec(),
        groups: vec!["ware", "thing", "spot"],
    }
}

/// What does not vary.
const BASE: &str = r#"domain toy {
    type code = /[A-Z][0-9](\.[0-9])?/
    kind ware = "mug" | "egg"
    kind thing = "ware" | "salt pot" | "mug 1"
    kind spot = "top shelf" | "oven 1"
    table goes(o, p) = ("mug", "oven") | ("egg", "table") | ("egg", "top shelf")
    table fee(x: item, n: number, a: money) = ("mug 1", 2, 1.5) | ("egg 2", 1, 3) | ("mug 2", 0, 2.5) | ("egg", 1, 0)
    table greeting(w: word, t: words, c: code) = ("mug", "good morning", "A1") | ("Egg", "salt pot", "B2.1")
    task fetch(o: kind, p: kind) = "put a {o} in {p}" | "put {o} {in|on} the {p}"
    task heat(o: kind, p: kind) = "put a hot {o} in {p}"
    task find(o: kind) = "find {o}" | "find two {o}"
    task deliver(o: kind, p: kind) = fetch(o, p) | heat(o, p)
    task some_task(o: kind) = deliver(o, _) | find(o)
    task carry(o: kind, w: word) = /(?i:carry) (?<o>[a-z ]+) (?:for|to) (?<w>[A-Za-z]+)/
    fails "nothing happens" | "you cannot {...}." | /(?i)no such [a-z]+/
    event take(x: item, r: item) = action "take {x} from {r}" | action "take {x} {out?} of {r}"
    event put(x: item, r: item) = action "put {x} {in|on} {r}" | action "put {x} down {...} by {r}"
    event warm(x: item, r: item) = action "warm {x} with {r}" then observation "you warm the {x}"
    event go(r: item) = action "go to {r}" | observation "you arrive at {r}."
    event weigh(x: item, n: number) = action "weigh {x}" then observation "the {x} weighs {n}"
        | action "weigh {x} as {n}"
    event pay(n: number) = action "pay {n}" | each observation "{n} coins"
    event tell(w: word) = action "say {w}" | action "{w} please"
    event wait() = action "wait"
    event scan(c: code) = action "scan {c}" | observation "code {c} shows"
    event offer(a: money) = action "offer {a}" then observation /takes (?<a>\S+)(?:\s|$)/
        | action /^(?:bid|BID) (?<a>\S+)/
    event use(x: item, c: code) = action /^use (?<x>.+) with (?<c>\S+)$/ then observation "{c} {fits|works}"
    event write(t: words) = action "write {t}"
    event see(r: item, xs: list) = observation "on the {r} you see {xs}." | observation "in the {r} are {xs}!"
    event lies(x: item) = each observation "a {x} lies here" | observation "only a {x}"
    event price(x: item, n: number) = each observation "{x} costs {n}"
    event score() = observation "well done" | observation "task complete"
    event says(t: words) = each observation "says {t}."
    event report(t: text) = observation "report: {t}"
    event sells(x: item, a: money) = each observation "{x} sells for {a}"
    event hear(w: word, t: words) = each observation /(?<w>[A-Za-z]+) calls: (?<t>[^.\n]*)\./
    event rumour(xs: list) = observation /[Tt]here (?:is|are) (?<xs>[a-z0-9 ,]+) upstairs/
    event label(x: item, t: text) = observation /label on (?<x>[a-z ]+[0-9]?)(?:: (?<t>.*))?/
    define near(x: item, r: item) = lies_at(x, r) and visited(r)
    define idle(x: item) = not holding(x) and not once warm(x, _)
    define clean(x: item) = every holding(y): (not hot(y) and not y is x) and no lies_at(x, r) with r is "ware"
"#;

/// A fluent: its head, one cause that it always has, and those that it may have besides.
type FluentText = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const FLUENT_TEXTS: [FluentText; 13] = [
    (
        "holding(x: item)",
        "initiated by take(x, _)",
        &[
            "initiated by lies(x) with hot(x)",
            "initiated by weigh(x, n) with n < 2",
            "initiated by fetch(_, _) with fee(x, _, _)",
            "initiated by odd_a(x)",
            "initiated by odd_f(x, _)",
        ],
        &["terminated by put(x, _)", "terminated by wait()", "terminated by see(_, xs) with x in xs"],
    ),
    (
        "hot(x: item)",
        "initiated by warm(x, _)",
        &[
            "initiated by take(x, r) with r is \"oven\"",
            "initiated by price(x, n) with n >= 2 and holding(x)",
            "initiated by use(x, _) with every holding(y): (visited(y) and not y is x)",
        ],
        &[
            "terminated by put(x, r) with r is \"table\"",
            "terminated by score()",
            "terminated by go(r) with lies_at(x, r)",
            "terminated by wait() with hot(x) and x is \"thing\"",
        ],
    ),
    (
        "lies_at(x: item) -> r: item",
        "set by see(r, xs) with x in xs",
        &[
            "set by put(x, r)",
            "set by odd_b(x, r)",
            "set by go(r) with holding(x)",
            "set by lies(x) with seen(x, r) and not hot(x)",
        ],
        &["cleared by take(x, _)", "cleared by take(_, r)", "cleared by put(x, r)"],
    ),
    (
        "visited(r: item)",
        "initiated by go(r)",
        &["initiated by see(r, _)", "initiated by take(_, r)"],
        &["terminated by wait()", "terminated by go(r)", "terminated by go(_) with some holding(x) with x is \"ware\""],
    ),
    (
        "weight(x: item) -> n: number",
        "set by weigh(x, n)",
        &[
            "set by price(x, n) with n > 1.5",
            "set by pay(n) with holding(x) and count(holding(_)) < 3",
            "set by sells(x, n)",
        ],
        &["cleared by put(x, _)", "cleared by pay(n)"],
    ),
    (
        "wanted(o: kind)",
        "initiated by some_task(o)",
        &[
            "initiated by fetch(o, _)",
            "initiated by deliver(o, _)",
            "initiated by deliver(_, o)",
            "initiated by carry(o, _)",
            "initiated by odd_task(o, _)",
            "initiated by odd_g(o)",
        ],
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
        &[
            "initiated by wait() with count(holding(_)) >= 1",
            "initiated by tell(w) with w is \"please\"",
            "initiated by report(t) with t contains \"mug\"",
            "initiated by says(t) with words(t) >= 3",
        ],
        &["terminated by score()", "terminated by go(_)"],
    ),
    (
        "scanned(c: code)",
        "initiated by scan(c)",
        &["initiated by hear(w, t) with greeting(w, t, c)", "initiated by odd_e(c)"],
        &["terminated by use(_, c)", "terminated by scan(_)"],
    ),
    (
        "worth(x: item) -> a: money",
        "set by sells(x, a)",
        &["set by offer(a) with holding(x)", "set by take(x, _) with fee(x, n, a) and n < a"],
        &["cleared by put(x, _)", "cleared by offer(a)"],
    ),
    (
        "heard(w: word, t: words)",
        "initiated by hear(w, t)",
        &["initiated by says(t) with greeting(w, t, _)", "initiated by tell(w) with heard(_, t) and not t contains w"],
        &["terminated by tell(w)", "terminated by write(t)"],
    ),
    (
        "told(t: words)",
        "initiated by says(t)",
        &["initiated by write(t)", "initiated by hear(_, t)", "initiated by odd_d(t)", "initiated by odd_h(t, _)"],
        &["terminated by wait()", "terminated by report(line) with told(t) and shared(t, line) >= 2"],
    ),
    (
        "owed(x: item, n: number)",
        "initiated by take(x, _) with fee(x, n, _)",
        &["initiated by lies(x) with fee(x, n, _)", "initiated by sells(x, n) with not fee(x, n, _)"],
        &["terminated by pay(n)", "terminated by offer(n) with owed(x, n)"],
    ),
];

impl Generator {
    pub(super) fn domain(&mut self) -> String {
        let mut text = BASE.to_owned();
        text.push_str(&self.odd_events());
        text.push_str("    task any_task(o: kind) = some_task(o) | odd_task(o, _)\n");
        for (head, first, adds, removes) in FLUENT_TEXTS {
            let mut causes = vec![first];
            causes.extend(adds.iter().chain(removes).filter(|_| self.rng.random_bool(0.5)));
            causes.shuffle(&mut self.rng);
            let max = self.max();
            text.push_str(&format!("    fluent {head}{max} {}\n", causes.join(" ")));
        }
        text.push_str("}\n");
        text
    }

    /// How many rows a fluent keeps, where it says so: very few, or so many that they are indexed.
    fn max(&mut self) -> String {
        match self.rng.random_range(0..10) {
            0 | 1 => format!(" max {}", self.rng.random_range(1..=3)),
            2 => format!(" max {}", self.rng.random_range(9..=14)),
            _ => String::new(),
        }
    }

    /// What a skill declares for itself; it joins the words that the skill may use. Skills give the same names different
    /// meanings.
    pub(super) fn own(&mut self) -> String {
        let shape = self.pick(&["#[0-9]", "[#!][0-9](-[0-9])?", "#1|[0-9]"]);
        let group = self.pick(&["\"mug\" | \"oven\"", "\"ware\" | \"table\"", "\"spot\" | \"egg 1\""]);
        let rows = self.pick(&[
            "(\"mug\", 1) | (\"egg\", 3)",
            "(\"egg\", 2)",
            "(\"salt pot\", 0) | (\"mug\", 2) | (\"mug\", 0)",
        ]);
        let tagged = self.pick(&[
            "each observation \"{x} has {g}\"",
            "observation \"{x} has {g}\"",
            "each observation /(?<x>[a-z]+ [0-9]+) has (?<g>[^ ]+)/",
        ]);
        let poke = self.pick(&[
            "action \"poke {x}\" | action /^prod (?<x>.+)$/",
            "action \"poke {x}\" then observation \"{x} {moves|falls}\"",
            "action /(?i)p(?:oke|rod) (?<x>[a-z]+ [0-9])/ then observation /the (?<x>[a-z]+ [0-9]) (?:moves|falls)/",
        ]);
        let mut causes = vec!["initiated by tagged(x, _)"];
        let more = [
            "initiated by poke(x)",
            "initiated by take(x, _) with dear_one",
            "terminated by put(x, _)",
            "terminated by poke(x)",
        ];
        causes.extend(more.iter().filter(|_| self.rng.random_bool(0.5)));
        let causes = causes.join(" ").replace("dear_one", "x is \"dear\"");
        let max = self.max();
        let poked = self.pick(&[
            "once poke(x) and not marked(x)",
            "some tagged(x, g) with g contains \"1\"",
            "marked(x) and x is \"dear\"",
        ]);
        self.words.events.extend([("tagged", &["item", "tag"] as &[_]), ("poke", &["item"])]);
        self.words.actions.push(("poke", &["item"]));
        self.words.fluents.push(("marked", &["item"]));
        self.words.tables.push(("mine", &["kind", "number"]));
        self.words.defines.push(("poked", &["item"]));
        self.words.groups.push("dear");
        format!(
            "    type tag = /{shape}/\n    kind dear = {group}\n    table mine(o, n: number) = {rows}\n    event tagged(x: item, g: tag) = {tagged}\n    event poke(x: item) = {poke}\n    fluent marked(x: item){max} {causes}\n    define poked(x: item) = {poked}\n"
        )
    }
}
