//! Exported grammars accept what the parser accepts. Judges that know nothing of the parser read the exported text: llguidance
//! the Lark form, `recognise` the EBNF and GBNF forms.

mod domains;
mod guided;
mod notation;
mod programs;
mod recognise;
mod samples;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use guided::Guide;
use programs::{Case, FAMILY, ROOTS, family, is_syntax};
use recognise::Grammar;
use reskill::lang::grammar::{Names, Notation, Root, export};

/// So many texts are looked at where nobody says how many.
const SHARE: u64 = 2_000;

/// One grammar in the three forms that must mean the same.
pub struct Judges {
    lark: Guide,
    ebnf: Grammar,
    gbnf: Grammar,
}

impl Judges {
    pub fn new(root: Root, names: Option<&Names>) -> Judges {
        let told = |notation| export(notation, root, names).expect("a grammar");
        Judges {
            lark: Guide::lark(&told(Notation::Lark)),
            ebnf: notation::ebnf(&told(Notation::Ebnf)),
            gbnf: notation::gbnf(&told(Notation::Gbnf)),
        }
    }

    /// Who accepts the text: Lark, EBNF, GBNF.
    pub fn accept(&mut self, text: &str) -> [bool; 3] {
        [self.lark.accepts(text), self.ebnf.accepts(text), self.gbnf.accepts(text)]
    }
}

fn number_of_texts() -> u64 {
    match std::env::var("GRAMMAR") {
        Err(_) => SHARE,
        Ok(told) => told.parse().unwrap_or_else(|_| panic!("GRAMMAR={told}: a number")),
    }
}

#[derive(Default)]
struct Tally {
    accepted: AtomicU64,
    refused: AtomicU64,
    /// Of the changed ones.
    accepted_changed: AtomicU64,
    /// Brackets too deep: the parser says nothing about the syntax.
    skipped: AtomicU64,
}

/// Lark, EBNF and GBNF accept a text exactly if the parser finds its syntax right: random programs and the repository's own,
/// whole and with changes. `GRAMMAR=N` looks at N texts.
#[test]
fn the_grammars_accept_what_the_parser_accepts() {
    let all = number_of_texts();
    let (next, tally, begun) = (AtomicU64::new(0), Tally::default(), Instant::now());
    let differences: Mutex<Vec<(u64, String)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut judges = ROOTS.map(|root| Judges::new(root, None));
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number * FAMILY >= all {
                        break;
                    }
                    for (member, case) in (0..).zip(family(number)).take((all - number * FAMILY).min(FAMILY) as usize) {
                        if let Some(what) = judge(&mut judges, case, &tally) {
                            let text = number * FAMILY + member;
                            differences.lock().expect("no thread has panicked").push((text, what));
                        }
                    }
                    if number % 500 == 499 {
                        eprintln!("{} of {all} texts, {} s", (number + 1) * FAMILY, begun.elapsed().as_secs());
                    }
                }
            });
        }
    });
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "{all} texts in {:.0} s: {} accepted ({} of them changed), {} refused, {} too deep",
        begun.elapsed().as_secs_f64(),
        count(&tally.accepted),
        count(&tally.accepted_changed),
        count(&tally.refused),
        count(&tally.skipped),
    );
    let mut differences = differences.into_inner().expect("no thread has panicked");
    differences.sort();
    if let Some((number, what)) = differences.first() {
        panic!("{} texts differ; the first is number {number}: {what}", differences.len());
    }
    // Otherwise agreement would mean little.
    assert!(count(&tally.accepted_changed) > all / 10 && count(&tally.refused) > all / 10);
}

fn judge(judges: &mut [Judges; 3], case: Case, tally: &Tally) -> Option<String> {
    let Some(right) = is_syntax(&case.text, case.root) else {
        tally.skipped.fetch_add(1, Ordering::Relaxed);
        return None;
    };
    let told = if right { &tally.accepted } else { &tally.refused };
    told.fetch_add(1, Ordering::Relaxed);
    tally.accepted_changed.fetch_add(u64::from(right && case.changed), Ordering::Relaxed);
    let at = ROOTS.iter().position(|root| *root == case.root).expect("one of three");
    let said = judges[at].accept(&case.text);
    (said != [right; 3]).then(|| {
        let [lark, ebnf, gbnf] = said;
        let Case { root, text, .. } = case;
        format!("as {root:?} the parser says {right}, Lark {lark}, EBNF {ebnf}, GBNF {gbnf}:\n{text}\n({text:?})")
    })
}

/// Small texts at the edges of what a grammar of words can get wrong.
const EDGES: [(&str, Root); 42] = [
    ("", Root::File),
    ("// only this", Root::File),
    ("\u{feff}skill a in b {}// end", Root::File),
    ("skill a in b {}skill c in d {}", Root::File),
    ("skilla in b {}", Root::Skill),
    ("skill a in b{}", Root::Skill),
    ("skill a/**/in b{}", Root::Skill),
    ("skill a//\nin//\nb{}", Root::Skill),
    ("skill a//in b{}", Root::Skill),
    ("skill rule in b {}", Root::Skill),
    ("skill whenever in b {}", Root::Skill),
    ("skill rules in ruled {}", Root::Skill),
    ("skill a in b { rule r when f() {} }", Root::Skill),
    ("domain a { task t() = f(_) | \"x\" }", Root::File),
    ("skill _a in __b {}", Root::Skill),
    ("skill _ in b {}", Root::Skill),
    ("skill a in b { rule r when-1<x { advise\"x\"advise\"y\" } }", Root::Skill),
    ("skill a in b { rule r when1<x { advise \"x\" } }", Root::Skill),
    ("skill a in b { rule r when x>-1and y=2 { advise \"x\" } }", Root::Skill),
    ("skill a in b { rule r when x == 1 { advise \"x\" } }", Root::Skill),
    ("skill a in b { rule r when x = 1. { advise \"x\" } }", Root::Skill),
    ("skill a in b { rule r when x = - 1 { advise \"x\" } }", Root::Skill),
    ("skill a in b { rule r when\"x\"contains y { advise \"\\\\\" } }", Root::Skill),
    ("skill a in b { rule r when f(_)or when f(_,x) { advise \"\\t\" } }", Root::Skill),
    ("skill a in b { rule r when f(_)or when f(_,x) { advise \"\\n\" } }", Root::Skill),
    ("skill a in b { rule r when once f()within 1 step{ at most 3times } }", Root::Skill),
    ("skill a in b { rule r when once f() within 1 step { at most 3 times } }", Root::Skill),
    ("skill a in b { event e(x: skill) = action \"x\" }", Root::Skill),
    ("skill a in b { event e(x: rule) = action /a\\/b/ //c\n }", Root::Skill),
    ("skill a in b { event e(x: kind)=action//c\n/a/then observation/b/|observation\"x\" }", Root::Skill),
    ("skill a in b { event e() = action // }", Root::Skill),
    ("skill a in b { fluent f()max 3set by e()set by g()with not a(x) }", Root::Skill),
    ("skill a in b { assert a: whenever f() then once g() within 2 steps within 3 steps }", Root::Skill),
    ("skill a in b { rule r when every f(x): (g(x) and no h(y) with (k(y))) { priority 1 } }", Root::Skill),
    ("skill a in b { rule r when every f(x): every g(x): h(x) { priority 1 } }", Root::Skill),
    ("patch \"\" {}", Root::Patch),
    ("patch\"\"{retire a}", Root::Patch),
    ("patch\"\"{retire a retire b}", Root::Patch),
    ("patch \"a\nb\" { retire a }", Root::Patch),
    ("patch \"a\" { modify a { drop rule b drop type c } }", Root::Patch),
    ("patch \"a\" { modify a { replace unverified \"b\" } }", Root::Patch),
    ("patch \"a\" { retire a } patch \"b\" { retire b }", Root::Patch),
];

#[test]
fn edges() {
    let mut judges = ROOTS.map(|root| Judges::new(root, None));
    let tally = Tally::default();
    for (text, root) in EDGES {
        let case = Case { text: text.to_owned(), root, changed: false };
        if let Some(what) = judge(&mut judges, case, &tally) {
            panic!("{what}");
        }
    }
    let (accepted, refused) = (tally.accepted.into_inner(), tally.refused.into_inner());
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > 12 && refused > 12);
}

/// The judges would notice: an exported text with one small change differs from the parser on some text.
#[test]
fn a_wrong_grammar_is_noticed() {
    let texts: Vec<(String, bool)> = (0..60)
        .flat_map(family)
        .filter_map(|case| Some((is_syntax(&case.text, Root::File)?, case.text)))
        .map(|(right, text)| (text, right))
        .chain(EDGES.iter().filter_map(|(text, _)| Some(((*text).to_owned(), is_syntax(text, Root::File)?))))
        .collect();
    let ebnf = export(Notation::Ebnf, Root::File, None).expect("a grammar");
    let changes = [
        ("[ row_limit ], ", ""),
        ("( \"steps\" | \"step\" )", "\"steps\""),
        ("[ \"-\" ], ", ""),
        (" | contained", ""),
        ("\"once\", call, [ within ]", "\"once\", call"),
        (" | LAST_COMMENT, ? U+000A ?", ""),
        ("( '\"' | \"\\\" | \"n\" )", "? any character ?"),
        ("| ? U+FEFF ?", ""),
        ("? U+000A ? ) }, '\"'", "\"n\" ) }, '\"'"),
        ("    | \"whenever\" |", "    |"),
        ("statement, { statement }", "{ statement }"),
        ("task_form = pattern | call", "task_form = pattern"),
    ];
    for (from, to) in changes {
        assert!(ebnf.contains(from), "{from}");
        let wrong = notation::ebnf(&ebnf.replace(from, to));
        assert!(texts.iter().any(|(text, right)| wrong.accepts(text) != *right), "{from} instead of {to}: not noticed");
    }
    let lark = export(Notation::Lark, Root::File, None).expect("a grammar");
    let changes =
        [("blank: (BLANK | COMMENT)+", "blank: (BLANK | COMMENT)*"), (" | contained", ""), ("LAST_COMMENT?", "")];
    for (from, to) in changes {
        assert!(lark.contains(from), "{from}");
        let mut wrong = Guide::lark(&lark.replace(from, to));
        assert!(texts.iter().any(|(text, right)| wrong.accepts(text) != *right), "{from} instead of {to}: not noticed");
    }
}
