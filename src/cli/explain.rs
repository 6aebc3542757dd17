//! `reskill explain`. In: a code of a finding, or none; out: its page, or the list of all codes.

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{Failure, Outcome, colour, say};
use crate::lang::diag::{Code, nearest};
use crate::lang::explain::{self, Page};

/// Prose is broken into lines of at most so many characters.
const WIDTH: usize = 88;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill explain
    reskill explain E0401
    reskill explain W1003 --json")]
pub(super) struct Arguments {
    /// The code of a finding, such as E0401; without it, all codes are listed
    code: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listed {
    code: &'static str,
    title: &'static str,
}

pub(super) fn explain(told: &Arguments) -> Result<Outcome, Failure> {
    let Some(wanted) = &told.code else {
        let listed = |code: &Code| Listed { code: code.id(), title: code.title() };
        match told.json {
            true => say(serde_json::to_string_pretty(&Code::ALL.iter().map(listed).collect::<Vec<_>>())?),
            false => Code::ALL.iter().for_each(|code| say(format!("{}  {}", code.id(), code.title()))),
        }
        return Ok(Outcome::Clean);
    };
    let code = explain::by_id(wanted).ok_or_else(|| {
        let ids = Code::ALL.iter().map(|code| code.id());
        let near = nearest(&wanted.to_ascii_uppercase(), ids).map(|near| format!("; did you mean {near}?"));
        let all = "; `reskill explain` lists all".to_owned();
        Failure(format!("there is no code `{wanted}`{}", near.unwrap_or(all)))
    })?;
    let page = explain::page(code);
    match told.json {
        true => say(format!("{:#}", as_json(&page))),
        false => say(as_text(&page).trim_end()),
    }
    Ok(Outcome::Clean)
}

fn as_json(page: &Page) -> serde_json::Value {
    let snippets = |section| explain::snippets(section).iter().map(|s| s.text).collect::<Vec<_>>();
    json!({
        "code": page.code.id(),
        "title": page.code.title(),
        "means": page.means,
        "matters": page.matters,
        "example": page.example,
        "to_do": page.to_do,
        "wrong": snippets(page.example),
        "mended": snippets(page.to_do),
    })
}

fn as_text(page: &Page) -> String {
    let heading = |text: &str| if colour() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
    let mut out = format!("{}\n", heading(&format!("{}: {}", page.code.id(), page.code.title())));
    for (title, body) in page.sections() {
        out.push_str(&format!("\n{}\n", heading(title)));
        let mut fenced = false;
        for line in body.lines() {
            match line {
                line if line.starts_with("```") => fenced = !fenced,
                line if fenced => out.push_str(&format!("    {line}\n")),
                line => wrap(line, &mut out),
            }
        }
    }
    out
}

fn wrap(text: &str, out: &mut String) {
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}
