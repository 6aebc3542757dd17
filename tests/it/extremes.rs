//! Texts, lists and conditions as large as they may be: a session comes to an end with them, and says what it left out. Times
//! are printed, for the eye.

use std::time::{Duration, Instant};

use reskill::engine::program::Program;
use reskill::engine::report::Limit;
use reskill::engine::session::Session;
use reskill::lang::check::{SourceFile, check};
use reskill::text::MAX_TEXT;

/// Patterns that could take long: gaps, captures at the beginning and everywhere, single letters, brackets, repeats.
const PATTERNS: &str = r#"
    event gaps() = observation "a {...} a {...} a {...} a {...} a {...} never"
    event five(t: words) = observation "a {...} , {...} [ {...} é {...} 1 {...} b {t} never"
    event begins(t: words) = observation "{t} a never" | each observation "{t} ,"
    event ends(t: text) = each observation "a {t}"
    event letter() = each observation "a"
    event item(x: item) = each observation "a {x}"
    event everywhere(x: item, y: item, w: word, t: words) = each observation "{x} , {y} [ {w} a {t} never"
    event items(xs: list) = observation "{xs} never" | each observation "a {xs} never"
    event bracket(t: words) = each observation "[{t}]"
    event twice(x: item) = observation "{x} a {...} a {x} never"
    event number(n: number) = each observation "{n} a" | each observation "{...} a {n} never"
    event expression(w: word) = each observation /(?<w>[a-z]+) a/ | observation /(?<w>a+)(?: a)*never/
    event go(x: item) = action "go {x}" | action "{x} a {...} b {x} never"
    fluent met(x: item) initiated by item(x) initiated by go(x)
"#;

fn session(domain: &str, skill: &str) -> Session {
    let text = format!("domain d {{ {domain} }}\nskill s in d {{ {skill} unverified \"a test\" }}");
    let analysis = check(&[SourceFile::new("text.skill", text)]);
    let errors: Vec<_> = analysis.errors().collect();
    assert!(errors.is_empty(), "{errors:?}");
    Session::new(Program::of(&analysis.checked, 0))
}

/// Far more than anything here takes, even on a busy machine.
fn in_time(what: &str, run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20), "{what} took {took:?}");
    took
}

#[test]
fn a_text_of_a_mebibyte_is_read() {
    let kinds: [(&str, &dyn Fn(usize) -> String); 11] = [
        ("words on one line", &|n| format!("word{n} thing ")),
        ("a a a", &|_| "a ".to_owned()),
        ("one long word", &|_| "a".to_owned()),
        ("commas", &|_| ",".to_owned()),
        ("brackets", &|_| "[".to_owned()),
        ("beyond ASCII", &|_| "é İ ẞ 漢 ".to_owned()),
        ("a list", &|n| format!("a, mug {n}, and ")),
        ("numbers", &|n| format!("{n}.5 a ")),
        ("line breaks", &|_| "\na".to_owned()),
        ("every literal in turn", &|_| "a , [ é 1 b ".to_owned()),
        ("all but the end", &|_| "x , y [ w a t ".to_owned()),
    ];
    let mut session = session(PATTERNS, "rule r when met(x) and once begins(t) { avoid go(x) }");
    for (name, piece) in kinds {
        let mut took = Vec::new();
        for size in [MAX_TEXT / 2, MAX_TEXT + 1000] {
            let mut text = String::new();
            let mut n = 0;
            while text.len() < size {
                text.push_str(&piece(n));
                n += 1;
            }
            // So that the patterns that end so are tried.
            text.replace_range(text.floor_char_boundary(size - 2000).., " x never");
            while text.len() < size {
                text.push_str(" x never");
            }
            session.start("", "", &[]);
            took.push(in_time(name, || _ = session.observe("go mug 1", &text, &[])));
            let is_cut = session.truncations().iter().any(|t| t.limit == Limit::Text && t.times == 1);
            assert_eq!(is_cut, size > MAX_TEXT, "{name}: {:?}", session.truncations());
        }
        let told: Vec<String> = session.truncations().iter().map(ToString::to_string).collect();
        println!("{name}: {:?} for a half, {:?} for the whole; {}", took[0], took[1], told.join("; "));
    }
}

#[test]
fn ten_thousand_actions_are_read() {
    let skill = "rule r when met(x) { prefer go(y) where y is x avoid go(x) }
        rule s when available go(x) and not met(x) { advise \"{x}\" forbid go(_) where step > 3 }";
    let mut session = session(PATTERNS, skill);
    let list =
        |from: usize| -> Vec<String> { (from..from + 10_000).map(|n| format!("go mug {}", n % 15_000)).collect() };
    session.start("", "", &list(0));
    let mut took = Vec::new();
    for step in 1..6 {
        let actions = list(step * 2_000);
        took.push(in_time("a list", || _ = session.observe("go mug 7", "a mug 3", &actions)));
    }
    let long = vec!["go a b c d e f g h never ".repeat(20_000); 3];
    took.push(in_time("long actions", || _ = session.observe(&long[0], "", &long)));
    println!("lists of 10,000: {took:?}; {:?}", session.truncations());
}

#[test]
fn deep_conditions_come_to_an_end() {
    let domain = "event item(x: item) = each observation \"a {x}\" event go(x: item) = action \"go {x}\"
        fluent met(x: item) max 4 initiated by item(x)
        fluent two(x: item) max 2 initiated by item(x)";
    let nested = |depth: usize| {
        let inner = (0..depth).fold("not go(_)".to_owned(), |inner, n| format!("every met(v{n}): ({inner})"));
        format!("rule nested when {inner} {{ avoid go(_) }}")
    };
    // Every way to bind is tried: the last test never holds.
    let joined: Vec<String> = (0..16).map(|n| format!("two(x{n})")).collect();
    let joined = format!("rule joined when {} and x15 is \"never\" {{ avoid go(_) }}", joined.join(" and "));
    let negated = format!("rule negated when {} {{ avoid go(_) }}", vec!["not met(_)"; 24].join(" and "));
    let mut session = session(domain, &[nested(8), joined, negated].join("\n"));
    session.start("", "", &[]);
    let took =
        in_time("deep conditions", || _ = session.observe("wait", "a mug 1 a mug 2 a mug 3 a mug 4 a mug 5", &[]));
    println!("deep conditions: {took:?}");
}

/// Whatever was left out is said, by what it was.
#[test]
fn what_was_left_out_is_told() {
    let skill = "rule r when met(x) and once item(x) { avoid go(x) }";
    let mut session = session(PATTERNS, skill);
    let limits = |session: &Session| -> Vec<Limit> { session.truncations().into_iter().map(|t| t.limit).collect() };
    session.start("", "a mug 1", &[]);
    assert_eq!(limits(&session), []);
    let things = |count: usize| (0..count).map(|n| format!("a mug {n}. ")).collect::<String>();
    session.observe("go mug 1", &things(100), &[]);
    assert_eq!(limits(&session), [Limit::Bindings]);
    session.observe("go mug 1", &things(600), &[]);
    let many = [Limit::Bindings, Limit::Rows("met".into()), Limit::Past("item".into())];
    assert_eq!(limits(&session), many);
    session.observe("go mug 1", &things(1_100), &[]);
    assert!(limits(&session).contains(&Limit::Facts));
    session.observe("go mug 1", &format!("{}mug never", "cup a ".repeat(5_000)), &[]);
    assert!(limits(&session).contains(&Limit::Search));
    session.observe("go mug 1", &"cup. ".repeat(MAX_TEXT / 4), &[]);
    assert_eq!(limits(&session)[0], Limit::Text);
    session.start("", "", &[]);
    assert_eq!(limits(&session), []);
}
