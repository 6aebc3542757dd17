//! Readers of exported grammars: of EBNF, with the conventions that its text states, and of GBNF. In: the text; out: a
//! grammar for `recognise`.

use super::recognise::{Grammar, Node};

/// A piece of a grammar's text.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(Vec<char>),
    /// Between question marks, or in square brackets: a set of characters.
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Name(String),
    Sign(&'static str),
}

struct Reader {
    pieces: Vec<Piece>,
    at: usize,
}

impl Reader {
    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.pieces.get(self.at), Some(Piece::Sign(found)) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn must(&mut self, sign: &str) {
        assert!(self.takes(sign), "`{sign}` is needed before {:?}", &self.pieces[self.at..][..4]);
    }

    fn next(&mut self) -> Piece {
        self.at += 1;
        self.pieces[self.at - 1].clone()
    }
}

fn one_or(mut nodes: Vec<Node>, several: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { several(nodes) }
}

// EBNF -----------------------------------------------------------------------------------------------------------------

pub fn ebnf(text: &str) -> Grammar {
    let mut reader = Reader { pieces: ebnf_pieces(text), at: 0 };
    let mut rules = Vec::new();
    while reader.at < reader.pieces.len() {
        let Piece::Name(name) = reader.next() else { panic!("a rule begins with its name") };
        reader.must("=");
        let body = ebnf_choice(&mut reader);
        reader.must(";");
        // In a rule in small letters, blanks and comments may stand before every word.
        let body = if is_word(&name) { body } else { spaced(body) };
        // … and after the last one of all.
        let body = if name == "text" { Node::Seq(vec![body, gaps()]) } else { body };
        rules.push((name, body));
    }
    rules.push(("{ GAP }".to_owned(), Node::Many(Box::new(Node::Rule("GAP".to_owned())))));
    Grammar::new(rules, "text")
}

fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

fn gaps() -> Node {
    Node::Rule("{ GAP }".to_owned())
}

fn spaced(node: Node) -> Node {
    let one = |node: Box<Node>| Box::new(spaced(*node));
    let all = |nodes: Vec<Node>| nodes.into_iter().map(spaced).collect();
    match node {
        Node::Text(_) => Node::Seq(vec![gaps(), Node::Ended(Box::new(node))]),
        Node::Rule(ref name) if is_word(name) => Node::Seq(vec![gaps(), Node::Ended(Box::new(node))]),
        Node::Rule(_) => node,
        Node::Seq(nodes) => Node::Seq(all(nodes)),
        Node::Either(nodes) => Node::Either(all(nodes)),
        Node::Maybe(node) => Node::Maybe(one(node)),
        Node::Many(node) => Node::Many(one(node)),
        Node::Some(node) => Node::Some(one(node)),
        Node::Set { .. } | Node::Except(..) | Node::Ended(_) => panic!("{node:?} outside a word"),
    }
}

fn ebnf_pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("(*") {
            rest = after.split_once("*)").expect("a comment ends").1;
        } else if first == '"' || first == '\'' {
            let (told, after) = rest[1..].split_once(first).expect("a text ends");
            pieces.push(Piece::Text(told.chars().collect()));
            rest = after;
        } else if first == '?' {
            let (told, after) = special(&rest[1..]);
            pieces.push(told);
            rest = after;
        } else if first.is_ascii_alphabetic() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            pieces.push(Piece::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            let sign =
                ["=", ";", ",", "|", "-", "(", ")", "[", "]", "{", "}"].into_iter().find(|s| rest.starts_with(s));
            pieces.push(Piece::Sign(sign.unwrap_or_else(|| panic!("{first:?} means nothing"))));
            rest = &rest[1..];
        }
        rest = rest.trim_start();
    }
    pieces
}

/// `U+000A`, `"a" to "z"` or `any character`, up to the question mark.
fn special(text: &str) -> (Piece, &str) {
    let (told, after) = text.split_once(" ?").expect("a question mark ends it");
    let told = told.trim();
    let piece = match told.strip_prefix("U+") {
        Some(code) => {
            let code = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
            Piece::Text(vec![code.expect("a character")])
        }
        None if told == "any character" => Piece::Set { negated: true, ranges: Vec::new() },
        None => {
            let ends: Vec<char> =
                told.split(" to ").map(|end| end.trim_matches('"').chars().next().expect("one")).collect();
            Piece::Set { negated: false, ranges: vec![(ends[0], ends[1])] }
        }
    };
    (piece, after)
}

fn ebnf_choice(reader: &mut Reader) -> Node {
    let mut options = vec![ebnf_sequence(reader)];
    while reader.takes("|") {
        options.push(ebnf_sequence(reader));
    }
    one_or(options, Node::Either)
}

fn ebnf_sequence(reader: &mut Reader) -> Node {
    let mut parts = vec![ebnf_term(reader)];
    while reader.takes(",") {
        parts.push(ebnf_term(reader));
    }
    one_or(parts, Node::Seq)
}

fn ebnf_term(reader: &mut Reader) -> Node {
    let factor = ebnf_factor(reader);
    match reader.takes("-") {
        true => Node::Except(Box::new(factor), Box::new(ebnf_factor(reader))),
        false => factor,
    }
}

fn ebnf_factor(reader: &mut Reader) -> Node {
    match reader.next() {
        Piece::Text(text) => Node::Text(text),
        Piece::Set { negated, ranges } => Node::Set { negated, ranges },
        Piece::Name(name) => Node::Rule(name),
        Piece::Sign(open) => {
            let inner = ebnf_choice(reader);
            let (node, close) = match open {
                "(" => (inner, ")"),
                "[" => (Node::Maybe(Box::new(inner)), "]"),
                "{" => (Node::Many(Box::new(inner)), "}"),
                other => panic!("{other} begins nothing"),
            };
            reader.must(close);
            node
        }
    }
}

// GBNF -----------------------------------------------------------------------------------------------------------------

pub fn gbnf(text: &str) -> Grammar {
    let mut rules = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, body) = line.split_once(" ::= ").expect("a rule");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name} is no name in GBNF");
        let mut reader = Reader { pieces: gbnf_pieces(body), at: 0 };
        let body = gbnf_choice(&mut reader);
        assert_eq!(reader.at, reader.pieces.len(), "{line}");
        rules.push((name.to_owned(), body));
    }
    Grammar::new(rules, "root")
}

fn gbnf_pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '"' => {
                let mut told = Vec::new();
                rest = &rest[1..];
                while !rest.starts_with('"') {
                    let (character, after) = character(rest);
                    told.push(character);
                    rest = after;
                }
                rest = &rest[1..];
                pieces.push(Piece::Text(told));
            }
            '[' => {
                let negated = rest.starts_with("[^");
                rest = &rest[1 + usize::from(negated)..];
                let mut ranges = Vec::new();
                while !rest.starts_with(']') {
                    let (from, after) = character(rest);
                    let (to, after) = match after.strip_prefix('-') {
                        Some(end) if !end.starts_with(']') => character(end),
                        _ => (from, after),
                    };
                    ranges.push((from, to));
                    rest = after;
                }
                rest = &rest[1..];
                pieces.push(Piece::Set { negated, ranges });
            }
            'a'..='z' | 'A'..='Z' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
                pieces.push(Piece::Name(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            _ => {
                let sign = ["|", "(", ")", "?", "*", "+"].into_iter().find(|s| rest.starts_with(s));
                pieces.push(Piece::Sign(sign.unwrap_or_else(|| panic!("{first:?} means nothing in {text}"))));
                rest = &rest[1..];
            }
        }
        rest = rest.trim_start();
    }
    pieces
}

/// A character as it stands, or behind a backslash.
fn character(text: &str) -> (char, &str) {
    let mut characters = text.chars();
    let first = characters.next().expect("a character");
    if first != '\\' {
        return (first, characters.as_str());
    }
    let escaped = characters.next().expect("a character");
    let rest = characters.as_str();
    match escaped {
        'n' => ('\n', rest),
        'r' => ('\r', rest),
        't' => ('\t', rest),
        'u' => {
            let code = u32::from_str_radix(&rest[..4], 16).ok().and_then(char::from_u32);
            (code.expect("a character"), &rest[4..])
        }
        '\\' | '"' | '[' | ']' | '-' | '^' => (escaped, rest),
        other => panic!("`\\{other}` is no escape"),
    }
}

fn gbnf_choice(reader: &mut Reader) -> Node {
    let mut options = vec![gbnf_sequence(reader)];
    while reader.takes("|") {
        options.push(gbnf_sequence(reader));
    }
    one_or(options, Node::Either)
}

fn gbnf_sequence(reader: &mut Reader) -> Node {
    let mut parts = Vec::new();
    while let Some(piece) = reader.pieces.get(reader.at) {
        if matches!(piece, Piece::Sign("|" | ")")) {
            break;
        }
        let mut node = match reader.next() {
            Piece::Text(text) => Node::Text(text),
            Piece::Set { negated, ranges } => Node::Set { negated, ranges },
            Piece::Name(name) => Node::Rule(name),
            Piece::Sign(sign) => {
                assert_eq!(sign, "(", "an operator without an operand");
                let inner = gbnf_choice(reader);
                reader.must(")");
                inner
            }
        };
        loop {
            node = match () {
                () if reader.takes("?") => Node::Maybe(Box::new(node)),
                () if reader.takes("*") => Node::Many(Box::new(node)),
                () if reader.takes("+") => Node::Some(Box::new(node)),
                () => break,
            };
        }
        parts.push(node);
    }
    one_or(parts, Node::Seq)
}
