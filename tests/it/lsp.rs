//! The language server as an editor meets it: a real process, a scripted client.

mod client;

use client::{Client, folder};
use reskill::lang::diag::Code;
use serde_json::{Value, json};

const DOMAIN: &str = "\
/// A kitchen in text.
domain kitchen {
    task heat(object: kind, place: kind) = \"heat a {object} and put it in {place}\"
    kind vessel = \"mug\" | \"bowl\"
    type shelf_mark = /[a-z]{2}[0-9]/
    table tool(how, place) = (\"fry\", \"stove\") | (\"roast\", \"oven\")
    // Picks something up.
    event take(x: item, r: item) = action \"take {x} from {r}\" then observation /[Pp]ick up (?<x>.+)\\./
    event put(x: item, r: item) = action \"put {x} in {r}\"
    event see(r: item, xs: list) = observation \"On the {r}, you see {xs}.\"
    event go_to(r: item) = action \"go to {r}\"
    event mark(m: shelf_mark) = observation \"shelf {m}\"
    fluent holding(x: item) initiated by take(x, _) terminated by put(x, _)
    fluent place_of(x: item) -> r: item set by see(r, xs) with x in xs cleared by take(x, _)
    define wanted(x: item, o: kind) = x is o and not holding(x)
}
";

const SKILL: &str = "\
/// Bring it.
skill bring in kitchen {
    for heat(object, place)
    rule fetch when place_of(x, r) and wanted(x, object) {
        let rest = all y: holding(y)
        advise \"Fetch the {x} from {r}; you hold {rest}.\"
        prefer take(x, r)
        prefer go_to(r)
    }
    rule carry when holding(x) and x is \"vessel\" {
        prefer put(x, r) where r is place
    }
    assert brought: whenever put(x, r) and x is object then r is place
    example one {
        task \"heat a mug and put it in cupboard\"
        first \"On the shelf 1, you see a mug 1 and a pan 1.\"
        expect fetch
        expect not carry
    }
}
";

fn opened() -> (Client, tempfile::TempDir, String, String) {
    let (dir, at) = folder(&[("domain.skill", DOMAIN), ("bring.skill", SKILL)]);
    let mut client = Client::start();
    let uri = at("bring.skill");
    client.open(&uri, SKILL);
    (client, dir, uri, at("domain.skill"))
}

#[test]
fn sound_files_have_no_findings_and_the_session_ends_in_order() {
    let (mut client, _dir, uri, _) = opened();
    assert_eq!(client.findings(&uri), [""; 0]);
    assert_eq!(client.quit(), 0);
}

#[test]
fn findings_follow_the_typing_and_unsaved_text_counts() {
    let (mut client, _dir, uri, domain) = opened();
    client.replace(&uri, "prefer take(x, r)", 0, "prefer takk(x, r)");
    assert_eq!(client.findings(&uri), ["E0301 7:16 there is no event `takk`"]);
    // The domain's unsaved text declares it: the file on the disk does not.
    client.open(&domain, &DOMAIN.replace("event take(", "event takk(").replace("by take(", "by takk("));
    assert_eq!(client.diagnostics_that(&uri, <[Value]>::is_empty), [Value::Null; 0]);
    // Closed, the file counts again.
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": domain } }));
    client.diagnostics_that(&uri, |list| list.len() == 1);
    client.replace(&uri, "takk", 0, "take");
    assert_eq!(client.diagnostics_that(&uri, <[Value]>::is_empty), [Value::Null; 0]);
    // A syntax error leaves the other items of the file alone.
    client.change(&uri, 0..0, "skill half in kitchen { rule a when ");
    assert_eq!(client.findings(&uri).len(), 1);
    assert_eq!(client.quit(), 0);
}

#[test]
fn the_domain_beside_is_spoken_of_though_it_is_not_open() {
    let broken = DOMAIN.replace("cleared by take", "cleared by tale");
    let (_dir, at) = folder(&[("domain.skill", &broken), ("bring.skill", SKILL)]);
    let mut client = Client::start();
    client.open(&at("bring.skill"), SKILL);
    let findings = client.diagnostics_that(&at("domain.skill"), |list| !list.is_empty());
    assert_eq!(findings[0]["code"], "E0301");
    assert_eq!(findings[0]["source"], "reskill");
}

#[test]
fn an_example_that_fails_is_shown() {
    let (mut client, _dir, uri, _) = opened();
    client.replace(&uri, "expect not carry", 0, "expect carry");
    let found = client.diagnostics_that(&uri, |list| !list.is_empty());
    assert_eq!(found[0]["code"], "E0601", "{found:?}");
    client.replace(&uri, "expect carry", 0, "expect not carry");
    client.diagnostics_that(&uri, <[Value]>::is_empty);
}

#[test]
fn hover_tells_types_declarations_keywords_and_codes() {
    let (mut client, _dir, uri, _) = opened();
    let mut shown = |needle: &str, nth: usize| {
        let at = client.find(&uri, needle, nth);
        let hover = client.at("hover", &uri, at + 1);
        hover["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    assert!(shown("take(x", 0).contains("event take(x: item, r: item)"));
    assert!(shown("take(x", 0).contains("Picks something up."));
    assert!(shown("wanted(", 0).contains("define wanted"));
    assert!(shown("object)", 0).contains("object: kind"), "{}", shown("object)", 0));
    assert!(shown("{x}", 0).contains("x: item"));
    assert!(shown("{rest}", 0).contains("rest: list"));
    assert!(shown("vessel", 0).contains("kind vessel = \"mug\" | \"bowl\""));
    assert!(shown("bring in", 0).contains("Bring it."));
    assert!(shown("expect fetch", 0).contains("expect RULE"));
    assert!(shown(" fetch\n", 0).contains("rule fetch when"));
    assert!(shown("whenever", 0).contains("whenever"));
    assert_eq!(shown("Fetch the", 0), "");
    client.change(&uri, 0..0, "// allow W1003: soon\n");
    let at = client.find(&uri, "W1003", 0);
    let hover = client.at("hover", &uri, at + 2);
    let said = hover["contents"]["value"].as_str().expect("a text");
    assert!(said.starts_with("**W1003**: a skill without an example\n\n"), "{said}");
}

#[test]
fn definitions_and_references_cross_files() {
    let (mut client, _dir, uri, domain) = opened();
    let at = client.find(&uri, "take(x", 0);
    let found = client.at("definition", &uri, at);
    assert_eq!(found[0]["uri"], domain);
    assert_eq!(found[0]["range"]["start"], json!({ "line": 7, "character": 10 }));
    let params = json!({
        "textDocument": { "uri": uri }, "position": client.place(&uri, at), "context": { "includeDeclaration": true },
    });
    let found = client.ask("textDocument/references", params);
    let lines: Vec<(bool, i64)> = found
        .as_array()
        .expect("a list")
        .iter()
        .map(|l| (l["uri"] == domain, l["range"]["start"]["line"].as_i64().expect("a line")))
        .collect();
    assert_eq!(lines, [(false, 6), (true, 7), (true, 12), (true, 13)]);
    // A variable's definition is what binds it; a kind group's is its declaration, from inside the quotes.
    for (needle, of, line) in [("{x}", &uri, 3), ("place\n", &uri, 2), ("vessel", &domain, 3), ("fetch\n", &uri, 3)] {
        let at = client.find(&uri, needle, 0) + 1;
        let found = client.at("definition", &uri, at);
        assert_eq!((&found[0]["uri"], &found[0]["range"]["start"]["line"]), (&json!(of), &json!(line)), "{needle}");
    }
    // In a rule that does not parse, a name is still found.
    client.replace(&uri, "prefer take(x, r)", 0, "prefer take(x, ");
    let at = client.find(&uri, "take(x", 0);
    assert_eq!(client.at("definition", &uri, at)[0]["uri"], domain);
}

fn rename(client: &mut Client, uri: &str, at: usize, new: &str) -> Result<Value, String> {
    let params = json!({ "textDocument": { "uri": uri }, "position": client.place(uri, at), "newName": new });
    let answer = client.try_ask("textDocument/rename", params);
    answer.map_err(|error| error["message"].as_str().expect("a text").to_owned())
}

#[test]
fn a_rename_changes_every_file_and_every_capture() {
    let (mut client, _dir, uri, domain) = opened();
    client.open(&domain, DOMAIN);
    let at = client.find(&uri, "take(x", 0);
    let edit = rename(&mut client, &uri, at, "pick_up").expect("it can");
    client.apply_all(&edit);
    assert_eq!(client.text(&uri).matches("pick_up").count(), 1);
    assert_eq!(client.text(&domain).matches("pick_up").count(), 3);
    // A parameter: in its head, in its patterns, in the named group of the expression; the text around it stays.
    let at = client.find(&domain, "x: item", 0);
    let edit = rename(&mut client, &domain, at, "thing").expect("it can");
    client.apply_all(&edit);
    assert!(
        client.text(&domain).contains(
            "event pick_up(thing: item, r: item) = action \"take {thing} from {r}\" then observation /[Pp]ick up (?<thing>.+)\\./"
        ),
        "{}",
        client.text(&domain)
    );
    // A variable of a rule, in its advice too; a list; the group inside its quotes; a rule that an example names.
    for (needle, new, count) in [("x, r) and", "object_1", 4), ("rest =", "others", 2), ("fetch when", "get_it", 2)] {
        let at = client.find(&uri, needle, 0);
        let edit = rename(&mut client, &uri, at, new).unwrap_or_else(|error| panic!("{needle}: {error}"));
        client.apply_all(&edit);
        assert_eq!(client.text(&uri).matches(new).count(), count, "{needle}: {}", client.text(&uri));
    }
    let at = client.find(&uri, "vessel", 0) + 2;
    let edit = rename(&mut client, &uri, at, "crockery").expect("it can");
    client.apply_all(&edit);
    assert!(client.text(&uri).contains("x is \"crockery\""));
    assert!(client.text(&domain).contains("kind crockery ="));
    assert_eq!(client.findings(&uri), [""; 0]);
    assert_eq!(client.findings(&domain), [""; 0]);
    assert_eq!(client.quit(), 0);
}

#[test]
fn a_rename_that_is_not_safe_is_refused_with_a_reason() {
    let (mut client, _dir, uri, _) = opened();
    for (needle, new, reason) in [
        ("take(x", "holding", "`holding` is taken: fluent `holding` is declared already"),
        ("take(x", "when", "`when` is no name"),
        ("take(x", "2nd", "`2nd` is no name"),
        ("x, r) and", "object", "`object` has a meaning where this variable is used"),
        ("object, place)", "x", "`x` has a meaning where this variable is used"),
        ("vessel", "mug", "the quoted kind \"mug\" would become a name of this group"),
        ("bring in", &"a".repeat(65), "longer than the 64 characters"),
    ] {
        let at = client.find(&uri, needle, 0);
        let said = rename(&mut client, &uri, at, new).expect_err(needle);
        assert!(said.contains(reason), "{needle} -> {new}: {said}");
    }
    // A part that does not parse may use the name.
    client.replace(&uri, "rule carry when holding(x)", 0, "rule carry when take(x, _) holding(x)");
    let at = client.find(&uri, "take(x, r)", 0);
    let said = rename(&mut client, &uri, at, "pick_up").expect_err("it is broken");
    assert!(said.contains("has a syntax error (from line 10)"), "{said}");
}

#[test]
fn completion_offers_what_fits_the_place() {
    let (mut client, _dir, uri, domain) = opened();
    client.open(&domain, DOMAIN);
    let mut offered = |uri: &str, before: &str, typed: &str| {
        let at = client.find(uri, before, 0) + before.len();
        client.change(uri, at..at, typed);
        let mut labels = client.labels(uri, at + typed.len());
        client.change(uri, at..at + typed.len(), "");
        labels.sort();
        labels.join(" ")
    };
    // Statements of a rule, where only reserved words can stand.
    assert_eq!(offered(&uri, "wanted(x, object) {", "\n pre"), "advise at avoid forbid let prefer priority suggest");
    // After a condition.
    assert_eq!(offered(&uri, "wanted(x, object)", " "), "and or");
    // Actions for `prefer`: events that can be done.
    assert_eq!(offered(&uri, "advise \"Fetch the {x} from {r}; you hold {rest}.\"", " prefer "), "go_to put take");
    // Arguments: variables, those of the parameter's type first; `r` and `x` are items, `object` is not.
    assert_eq!(offered(&uri, "prefer go_to(", ""), "_ object place r rest x");
    // Conditions: facts, variables, words.
    let condition = offered(&uri, "rule carry when ", "");
    for label in ["holding", "wanted", "tool", "take", "object", "not", "once", "count", "every", "repeated"] {
        assert!(condition.split(' ').any(|l| l == label), "{label}: {condition}");
    }
    assert!(!condition.split(' ').any(|l| matches!(l, "advise" | "vessel" | "rule" | "kitchen")), "{condition}");
    // Captures in advice and in patterns.
    assert_eq!(offered(&uri, "you hold ", "{"), "object place r rest x");
    assert_eq!(offered(&domain, "\"put ", "{"), "r x");
    // Kinds in quotes.
    assert_eq!(offered(&uri, "x is \"", ""), "bowl mug vessel");
    // Types of parameters, the domain's own too.
    let types = "item kind list money number shelf_mark text word words";
    assert_eq!(offered(&domain, "event go_to(r: ", ""), types);
    // Names of the skill.
    assert_eq!(offered(&uri, "expect not carry", "\n        expect not "), "carry fetch");
    assert_eq!(offered(&uri, "expect not carry", "\n        expect violated "), "brought");
    assert_eq!(offered(&uri, "skill bring in ", ""), "kitchen");
    assert_eq!(offered(&uri, "    for ", ""), "heat");
    // Members of a skill, elements of a domain, the items of a file.
    let members = "assert define event example fluent kind priority rule table type unverified";
    assert_eq!(offered(&uri, "r is place\n    }\n    ", ""), members);
    assert_eq!(offered(&domain, "domain kitchen {\n    ", ""), "define event fails fluent kind table task type");
    assert_eq!(offered(&uri, "expect not carry\n    }\n}\n", "ski"), "domain patch skill");
    // Nothing in prose.
    assert_eq!(offered(&uri, "/// Bring", ""), "");
    assert_eq!(offered(&uri, "heat a ", "{"), "");
    let codes = Code::ALL.iter().map(|c| c.id()).filter(|id| id.starts_with('W')).collect::<Vec<_>>().join(" ");
    assert_eq!(offered(&uri, "expect not carry\n    }\n}\n", "// allow "), codes);
}

#[test]
fn completion_writes_calls_and_blocks() {
    let (mut client, _dir, uri, _) = opened();
    let mut taken = |before: &str, typed: &str, after: &str, label: &str| {
        let at = client.find(&uri, before, 0) + before.len();
        client.change(&uri, at..at, &format!("{typed}{after}"));
        let items = client.at("completion", &uri, at + typed.len())["items"].clone();
        client.change(&uri, at..at + typed.len() + after.len(), "");
        let item = items.as_array().expect("a list").iter().find(|i| i["label"] == label).expect(label).clone();
        let is_template = item["insertTextFormat"] == 2;
        (is_template, item["textEdit"]["newText"].as_str().expect("a text").to_owned())
    };
    let call = "place_of(${1:x}, ${2:r})".to_owned();
    assert_eq!(taken("rule carry when holding(x) and ", "pla", " and ", "place_of"), (true, call));
    // Where brackets follow, only the name is written; where something follows, only the word.
    assert_eq!(taken("prefer go", "", "", "go_to"), (false, "go_to".to_owned()));
    assert_eq!(taken("r is place\n    }\n    ", "rul", " again when", "rule"), (false, "rule".to_owned()));
    let (is_template, text) = taken("r is place\n    }\n    ", "rul", "\n", "rule");
    assert!(is_template && text.starts_with("rule ${1:name} when $2 {"), "{text}");
}

#[test]
fn a_skill_with_three_slips_is_mended_by_completions_and_code_actions_alone() {
    let broken = SKILL
        .replace("advise \"Fetch", "advize \"Fetch")
        .replace("prefer take(x, r)", "prefer tkae(x, r)")
        .replace("r is place\n    }", "r is plce\n    }");
    let (_dir, at) = folder(&[("domain.skill", DOMAIN), ("bring.skill", &broken)]);
    let uri = at("bring.skill");
    // By code actions: the title says what will be done.
    let mut client = Client::start();
    client.open(&uri, &broken);
    let found = client.diagnostics(&uri);
    assert_eq!((found.len(), &found[0]["code"]), (1, &json!("E0201")));
    client.act(&uri, &found[0], "replace by `advise`");
    while let Some(next) = client.diagnostics(&uri).first().cloned() {
        let title = match next["code"].as_str() {
            Some("E0301") => "rename to `take`",
            Some("E0401") => "rename to `place`",
            other => panic!("{other:?}: {next}"),
        };
        client.act(&uri, &next, title);
    }
    assert_eq!(client.text(&uri), SKILL);
    // By completions: at the end of each word.
    let mut client = Client::start();
    client.open(&uri, &broken);
    for (word, right) in [("advize", "advise"), ("tkae", "take"), ("plce", "place")] {
        let end = client.find(&uri, word, 0) + word.len();
        client.take(&uri, end, right);
    }
    assert_eq!(client.text(&uri), SKILL);
    assert_eq!(client.findings(&uri), [""; 0]);
}

#[test]
fn a_fix_for_an_unused_variable_is_offered() {
    let (mut client, _dir, uri, _) = opened();
    client.replace(&uri, "holding(x) and x is \"vessel\"", 0, "holding(x) and x is \"vessel\" and place_of(z, _)");
    let found = client.diagnostics(&uri);
    assert_eq!((found.len(), &found[0]["code"], &found[0]["tags"]), (1, &json!("W1001"), &json!([1])));
    client.act(&uri, &found[0], "replace by `_`");
    assert!(client.text(&uri).contains("place_of(_, _)"));
    assert_eq!(client.findings(&uri), [""; 0]);
}

#[test]
fn formatting_keeps_line_ends_and_refuses_what_does_not_parse() {
    let (mut client, _dir, uri, _) = opened();
    let options = json!({ "textDocument": { "uri": uri }, "options": { "tabSize": 4, "insertSpaces": true } });
    assert_eq!(client.ask("textDocument/formatting", options.clone()), json!([]));
    client.replace(&uri, "        prefer take(x, r)\n", 0, "prefer   take( x,r )  // 😀\n\n\n\n");
    let edits = client.ask("textDocument/formatting", options.clone());
    client.apply(&uri, edits.as_array().expect("a list"));
    assert!(client.text(&uri).contains("// 😀\n"), "{}", client.text(&uri));
    assert_eq!(client.ask("textDocument/formatting", options.clone()), json!([]));
    let whole = client.text(&uri).to_owned();
    client.change(&uri, 0..whole.len(), &SKILL.replace("prefer take(x, r)", "prefer take(x,r)").replace('\n', "\r\n"));
    let edits = client.ask("textDocument/formatting", options.clone());
    assert_eq!(edits.as_array().map(Vec::len), Some(1), "{edits}");
    client.apply(&uri, edits.as_array().expect("a list"));
    assert_eq!(client.text(&uri), SKILL.replace('\n', "\r\n"));
    client.change(&uri, 0..0, "skill a in ");
    assert_eq!(client.ask("textDocument/formatting", options), Value::Null);
}

#[test]
fn the_outline_has_skills_with_their_members() {
    let (mut client, _dir, uri, domain) = opened();
    client.open(&domain, DOMAIN);
    let outline = client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(outline[0]["name"], "bring");
    let names = |list: &Value| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|s| s["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&outline[0]["children"]), ["fetch", "carry", "brought", "one"]);
    let outline = client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": domain } }));
    assert_eq!(names(&outline[0]["children"]).len(), 12);
}

#[test]
fn places_are_utf16_in_emoji_tabs_crlf_marks_and_right_to_left_text() {
    let (mut client, _dir, uri, _) = opened();
    let strange = format!(
        "\u{feff}// 👨‍👩‍👧 שלום\r\n{}",
        SKILL
            .replace("/// Bring it.", "/// 😀 הבא את זה\t.")
            .replace("        advise \"Fetch", "\tadvise \"😀 קח Fetch")
            .replace('\n', "\r\n")
    );
    let whole = client.text(&uri).len();
    client.change(&uri, 0..whole, &strange);
    assert_eq!(client.findings(&uri), [""; 0]);
    // The capture after the emoji: hover, definition and rename meet it exactly.
    let at = client.find(&uri, "{x} from", 0) + 1;
    let hover = client.at("hover", &uri, at);
    let start = &hover["range"]["start"];
    let line = client.text(&uri).split("\r\n").nth(start["line"].as_u64().expect("a line") as usize).expect("there");
    let column = start["character"].as_u64().expect("a column") as usize;
    let units: Vec<u16> = line.encode_utf16().collect();
    assert_eq!(String::from_utf16_lossy(&units[column..column + 1]), "x");
    let edit = rename(&mut client, &uri, at, "thing").expect("it can");
    client.apply_all(&edit);
    assert!(client.text(&uri).contains("😀 קח Fetch the {thing} from {r}"), "{}", client.text(&uri));
    assert_eq!(client.findings(&uri), [""; 0]);
    // A finding on the line with the emoji has its column in units.
    client.replace(&uri, "{thing} from", 0, "{thong} from");
    let found = client.diagnostics(&uri);
    assert_eq!(found.len(), 1, "{found:?}");
    let (start, end) = (found[0]["range"]["start"].clone(), found[0]["range"]["end"].clone());
    let line = client.text(&uri).split("\r\n").nth(start["line"].as_u64().expect("a line") as usize).expect("there");
    assert_eq!(start["character"], "\tadvise ".len());
    assert_eq!(end["character"], line.encode_utf16().count());
    assert_eq!(client.at("definition", &uri, 0), json!([]));
}

#[test]
fn any_text_at_any_place_gets_an_answer() {
    let (mut client, _dir, uri, _) = opened();
    // What a file looks like while it is being written: cut off anywhere, with a question at the cut.
    let text = format!(
        "{DOMAIN}{SKILL}patch \"p 😀\" {{ modify bring {{ drop rule fetch replace rule carry when holding(x) {{ prefer put(x, _) }} }} }}"
    );
    let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).step_by(7).collect();
    for cut in cuts {
        let whole = client.text(&uri).len();
        client.change(&uri, 0..whole, &text[..cut]);
        for method in ["completion", "hover", "definition"] {
            client.at(method, &uri, cut);
        }
    }
    for text in
        ["", "\u{feff}", "\r", "😀", "{{{{", "\"", "/", "skill", "}}}}", "skill \u{202e} in", "//", &"(".repeat(5000)]
    {
        let whole = client.text(&uri).len();
        client.change(&uri, 0..whole, text);
        for method in ["completion", "hover", "definition", "prepareRename"] {
            client.at(method, &uri, text.len());
        }
        let about = json!({ "textDocument": { "uri": uri } });
        client.ask("textDocument/documentSymbol", about.clone());
        client.diagnostics(&uri);
    }
    assert_eq!(client.quit(), 0);
}

#[test]
fn malformed_messages_are_answered_and_do_not_end_the_session() {
    let mut client = Client::silent();
    let early = client.try_ask("textDocument/hover", json!({})).expect_err("too early");
    assert_eq!(early["code"], -32002);
    client.raw(b"Content-Length: 5\r\n\r\n{\"a\":");
    assert_eq!(client.message()["error"]["code"], -32700);
    client.ask("initialize", json!({ "capabilities": {} }));
    assert_eq!(client.try_ask("initialize", json!({ "capabilities": {} })).expect_err("twice")["code"], -32600);
    assert_eq!(client.try_ask("textDocument/hover", json!({ "nothing": 1 })).expect_err("no place")["code"], -32602);
    assert_eq!(client.try_ask("no/such/method", Value::Null).expect_err("unknown")["code"], -32601);
    client.tell("textDocument/didOpen", json!([1, 2]));
    client.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///not/open.skill", "version": 1 }, "contentChanges": [] }),
    );
    client.tell("$/cancelRequest", json!({ "id": 1 }));
    let nowhere =
        json!({ "textDocument": { "uri": "file:///not/open.skill" }, "position": { "line": 1, "character": 1 } });
    assert_eq!(client.ask("textDocument/hover", nowhere), Value::Null);
    // A document that is no file is checked alone.
    client.open("untitled:Untitled-1", "domain d {\n    event e() = action \"x\"\n}\nskill s in d {}\n");
    let codes: Vec<Value> = client.diagnostics("untitled:Untitled-1").iter().map(|d| d["code"].clone()).collect();
    assert_eq!(codes, [json!("W1002"), json!("W1003")]);
    assert_eq!(client.ask("shutdown", Value::Null), Value::Null);
    assert_eq!(client.try_ask("textDocument/hover", json!({})).expect_err("too late")["code"], -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.ended(), 0);
}

#[test]
fn a_client_that_vanishes_ends_the_server() {
    let (mut client, _dir, _, _) = opened();
    drop(client.stdin.take());
    assert_eq!(client.ended(), 1);
    let mut client = Client::start();
    client.tell("exit", Value::Null);
    assert_eq!(client.ended(), 1);
    let mut client = Client::silent();
    client.raw(b"GET / HTTP/1.1 and more\r\nno header\r\n\r\n");
    assert_eq!(client.ended(), 2);
}
