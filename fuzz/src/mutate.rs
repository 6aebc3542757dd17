//! Changes to a text that are aware of its tokens. In: a text and a seed; out: the text with one to four changes. Every
//! second time libFuzzer changes bytes instead.

use libfuzzer_sys::fuzzer_mutate;
use reskill::lang::source::{Lexeme, Source, SourceToken};

/// Pieces that are put in whole: what bytes alone would hardly ever become.
const PIECES: [&str; 44] = [
    "and not holding(x)",
    "or when repeated",
    "and x is \"furniture\"",
    "and r is x",
    "and x in xs",
    "and every holding(x): clean(x)",
    "and some place(x, r) with (clean(x) and not visited(r))",
    "and no visited(r) with r is \"seat\"",
    "and not every lies(x): (tidy(r) and x is r)",
    "and once take(x, r) within 2 steps",
    "and once wash(_)",
    "and available go(r)",
    "and count(place(_, r)) >= 2",
    "and count(take(x, _)) != 0",
    "and words(q) > shared(q, t)",
    "and q contains \"salt\"",
    "and \"salt pot\" contains o",
    "and step < 3",
    "and paid(m, n) and m <= n",
    "and price(o, n)",
    "and near(x, r)",
    "and todo \"…\"",
    "priority 2",
    "at most 1 times",
    "let rest = all y: place(y, _) and not clean(y)",
    "advise \"{rest} {x}\"",
    "suggest \"search[{q}]\"",
    "prefer go(r) where not visited(r)",
    "avoid take(x, _)",
    "forbid wait()",
    "assert a1: whenever take(x, r) then once go(r) within 2 steps because \"b\"",
    "assert a2: first go(_) then take(_, _)",
    "assert a3: between 1 and 2 times lies(_)",
    "assert a4: at most 1 consecutive wait()",
    "assert a5: finally no holding(x) with not clean(x)",
    "example e1 { task \"find mug\" action \"take mug 1 from table 1\" observation \"on the table 1 you see an egg 2.\" }",
    "rule r1 when holding(x) { advise \"{x}\" }",
    "event own(x: item) = action \"take {x}\" | observation \"{x} lies\"",
    "fluent mine(x: item) max 1 initiated by take(x, _) with not mine(x)",
    "action \"put mug 1 on table 1\" observation \"Nothing happens.\"",
    "available \"go to oven 1\", \"wait\", \"take mug 1 from oven 1\"",
    "// a comment\n",
    "skill s in wide {",
    "patch \"p\" { modify s { drop rule r1 } }",
];

/// Replaces `data[..size]`; the new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random(u64::from(seed) ^ 0x9e37_79b9_7f4a_7c15);
    let Ok(text) = std::str::from_utf8(&data[..size]) else { return fuzzer_mutate(data, size, max_size) };
    if random.below(2) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        text = change(&text, &mut random);
    }
    let mut end = text.len().min(max_size).min(data.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    data[..end].copy_from_slice(&text.as_bytes()[..end]);
    end
}

/// A small generator of its own: the seed that libFuzzer gives fixes the change.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

fn change(text: &str, random: &mut Random) -> String {
    let Ok(source) = Source::new(text) else { return String::new() };
    let telling = |l: &Lexeme| l.token != SourceToken::Blank;
    let tokens: Vec<Lexeme> = source.lexemes.iter().copied().filter(telling).collect();
    if tokens.is_empty() {
        return PIECES[random.below(PIECES.len())].to_owned();
    }
    let at = random.below(tokens.len());
    let token = tokens[at];
    let same: Vec<&Lexeme> = tokens.iter().filter(|l| l.token == token.token).collect();
    let other = source.slice(same[random.below(same.len())].span);
    let (start, end) = (token.span.start as usize, token.span.end as usize);
    let stretch = tokens[(at + random.below(12)).min(tokens.len() - 1)].span.end as usize;
    let replaced = |from: usize, to: usize, by: &str| format!("{} {by} {}", &text[..from], &text[to..]);
    match random.below(10) {
        // Leave out, repeat or move a stretch of tokens.
        0 => replaced(start, stretch, ""),
        1 => replaced(stretch, stretch, &text[start..stretch]),
        2 => {
            let rest = replaced(start, stretch, "");
            let place = tokens[random.below(tokens.len())].span.start as usize;
            let place = if rest.is_char_boundary(place.min(rest.len())) { place.min(rest.len()) } else { 0 };
            format!("{} {} {}", &rest[..place], &text[start..stretch], &rest[place..])
        }
        // A token by another of its kind: names by names, texts by texts.
        3 | 4 => replaced(start, end, other),
        // A name by another, everywhere.
        5 if token.token == SourceToken::Word => {
            let name = &text[start..end];
            source.lexemes.iter().map(|l| source.slice(l.span)).map(|s| if s == name { other } else { s }).collect()
        }
        6 => {
            let numbers = ["0", "1", "2", "63", "64", "65", "100000", "4294967296", "0.00001", "-1", "922337203685478"];
            match tokens.iter().filter(|l| l.token == SourceToken::Number).nth(random.below(8)) {
                Some(n) => replaced(n.span.start as usize, n.span.end as usize, numbers[random.below(numbers.len())]),
                None => replaced(end, end, PIECES[random.below(PIECES.len())]),
            }
        }
        // Inside a text: repeat a word of another text.
        7 => match tokens.iter().filter(|l| l.token == SourceToken::Text).nth(random.below(40)) {
            Some(into) => {
                let words: Vec<&str> = text.split([' ', '"']).filter(|w| !w.is_empty()).collect();
                let word = words.get(random.below(words.len())).copied().unwrap_or("mug");
                let inside = source.slice(into.span);
                let cut = inside.match_indices(' ').nth(random.below(6)).map_or(1, |(at, _)| at);
                let place = into.span.start as usize + cut;
                format!("{} {word}{}", &text[..place], &text[place..])
            }
            None => replaced(end, end, PIECES[random.below(PIECES.len())]),
        },
        _ => replaced(end, end, PIECES[random.below(PIECES.len())]),
    }
}
