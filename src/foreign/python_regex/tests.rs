use super::*;

fn text(source: &str) -> String {
    translate(source, false).unwrap_or_else(|error| panic!("{source}: {error}")).text
}

#[test]
fn what_differs_is_spelt_out() {
    for (python, here) in [
        ("^take", r"\Atake"),
        (r"^take \w+ \d+ from", r"\Atake [\pL\pN_]+ \d+ from"),
        ("done$", r"done\n?\z"),
        (r"(a|b$)", r"(a|b\n?\z)"),
        (r"done\Z", r"done\z"),
        ("in/on", r"in\/on"),
        ("a{,3}b{2}c{x}", r"a{0,3}b{2}c\{x\}"),
        ("(?P<x>a)?", "(?:a)?"),
        (r"[]\w^-]", r"[\]\pL\pN_\^\-]"),
        ("(?x) a b # c\n[ ]", "ab[ ]"),
        ("(?m)^a$", "(?m:^)a(?m:$)"),
        ("(?s).a(?-s:.)", "(?s:.)a(?:.)"),
        (r"\x41\u0042\103\n\07", r"ABC\n\x{7}"),
        ("", "(?:)"),
        ("a|", "a|"),
    ] {
        assert_eq!(text(python), here, "{python}");
    }
    assert_eq!(translate("MUG", true).expect("valid").text, "(?i)MUG");
    assert!(translate("a?", true).expect("valid").matches_nothing);
}

#[test]
fn what_cannot_be_said_is_refused_with_its_reason() {
    for (python, part) in [
        ("(?=a)b", "looks ahead"),
        ("a(?!b)", "looks ahead"),
        ("(?<!a)b", "looks behind"),
        (r"(a)\1", "refers to what"),
        ("(?P<x>a)(?P=x)", "refers to what"),
        ("(a)?(?(1)b|c)", "asks whether"),
        ("(?>a)", "gives nothing back"),
        ("a++", "gives nothing back"),
        ("a$b", "something after it"),
        ("(a$)*", "something after it"),
        (r"\N{BULLET}", "by its name"),
        ("(?ai)k", "ignores case"),
        ("(a{1000}){1000}", "too large"),
    ] {
        match translate(python, false) {
            Err(PythonRegexError::Unsupported(why)) => assert!(why.contains(part), "{python}: {why}"),
            other => panic!("{python}: {other:?}"),
        }
    }
    let deep = format!("{}a{}", "(".repeat(9000), ")".repeat(9000));
    assert!(matches!(translate(&deep, false), Err(PythonRegexError::Unsupported(_))));
}

#[test]
fn what_python_refuses_is_told_apart() {
    for python in [
        "(",
        ")",
        "a)",
        "[",
        "[a",
        "*a",
        "a**",
        "^*",
        "a{2}{3}",
        r"\q",
        r"\z",
        r"\8",
        r"(\1)",
        "[z-a]",
        r"[\d-z]",
        "a{3,2}",
        "(?P<1>a)",
        "(?P<x>a)(?P<x>b)",
        "a(?i)b",
        "(?",
        "(?i",
        "(?L)a",
        r"\x4",
        r"\400",
        "\\",
        "(?y)a",
        "(?<x>a)",
        "(?#",
    ] {
        assert!(matches!(translate(python, false), Err(PythonRegexError::Invalid(_))), "{python}");
    }
}

#[test]
fn notes_stand_where_python_differs() {
    assert_eq!(Vec::from_iter(translate("(?i)[h-j]", false).expect("valid").notes), [CASE_OF_I]);
    assert_eq!(Vec::from_iter(translate(r"\bmug\b", false).expect("valid").notes), [BOUNDARY]);
    assert!(translate("inventory", false).expect("valid").notes.is_empty());
}

proptest::proptest! {
    #[test]
    fn any_text_gets_an_answer(source in "\\PC{0,40}|[a-c(){}\\[\\]|*+?^$.\\\\,0-9:PimsxL<>=!#/ -]{0,40}", ignore in proptest::bool::ANY) {
        // What is returned compiles: `translate` has tried it.
        let _ = translate(&source, ignore);
    }
}
