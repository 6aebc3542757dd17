//! The first texts of every target. In: a folder for the corpora, and `.skill` and `.md` files; out: in the folder of every
//! target, each item of the files as a text of its own, the target `patch` with a patch of each skill.

#![no_main]

use std::fs;
use std::io;
use std::path::Path;

use reskill::lang::ast::{Edit, EditKind, Item, Member, MemberKind, Operation, Patch, Skill, Str};
use reskill::lang::parse::parse;
use reskill::lang::print;
use reskill::lang::span::Span;

// libFuzzer has the program's `main`: the seeds are written before it would begin, and it never does.
libfuzzer_sys::fuzz_target!(init: run(), |_data: &[u8]| {});

fn run() {
    std::process::exit(match write() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            2
        }
    });
}

fn write() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(corpus) = arguments.next() else { return Err(io::Error::other("no folder for the corpora")) };
    for file in arguments {
        let text = fs::read_to_string(&file)?;
        let texts = if file.ends_with(".md") { blocks(&text) } else { vec![text] };
        let name: String = file.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        for (number, (text, patch)) in texts.iter().flat_map(|t| pieces(t)).enumerate() {
            for (target, text) in [("parse", &text), ("format", &text), ("agree", &text), ("patch", &patch)] {
                let folder = Path::new(&corpus).join(target);
                fs::create_dir_all(&folder)?;
                fs::write(folder.join(format!("{name}-{number}")), text)?;
            }
        }
    }
    Ok(())
}

/// The code of a page about the language; what stands inside a domain or a skill there gets one around it.
fn blocks(page: &str) -> Vec<String> {
    let fenced = page.split("\n```skill ").skip(1).filter_map(|block| block.split_once('\n'));
    let code = fenced.filter_map(|(kind, rest)| Some((kind, rest.split_once("\n```")?.0)));
    let whole = code.map(|(kind, code)| match kind {
        "domain" => format!("domain d {{\n{code}\n}}\n"),
        "file" => code.to_owned(),
        _ => format!("skill s in wide {{\n{code}\n}}\n"),
    });
    whole.collect()
}

/// Each item of a text, printed: alone, and with a patch of it.
fn pieces(text: &str) -> Vec<(String, String)> {
    let items = parse(text).items.into_iter();
    items
        .map(|item| {
            let alone = print::items(std::slice::from_ref(&item));
            let patched = match &item {
                Item::Skill(skill) => format!("{alone}\n{}", print::patch(&patch_of(skill))),
                Item::Domain(_) | Item::Patch(_) => alone.clone(),
            };
            (alone, patched)
        })
        .collect()
}

/// Drops the first named member, replaces the others by themselves, adds its rules under new names and retires a neighbour.
fn patch_of(skill: &Skill) -> Patch {
    let named = |m: &&Member| m.kind.name().is_some();
    let edit = |kind| Edit { lead: Vec::new(), kind, span: Span::default() };
    let mut edits = Vec::new();
    for (index, member) in skill.members.iter().filter(named).enumerate() {
        let Some((sort, name)) = member.kind.name() else { continue };
        edits.push(edit(match index {
            0 => EditKind::Drop { sort, name: name.clone() },
            _ => EditKind::Replace(member.kind.clone()),
        }));
        if let MemberKind::Rule(rule) = &member.kind {
            let mut copy = rule.clone();
            copy.name.text.push_str("_too");
            edits.push(edit(EditKind::Add(MemberKind::Rule(copy))));
        }
    }
    let mut copy = skill.clone();
    copy.name.text.push_str("_too");
    let modify = Operation::Modify { lead: Vec::new(), name: skill.name.clone(), edits, tail: Vec::new() };
    let title = Str { value: "why".to_owned(), span: Span::default() };
    let operations = vec![modify, Operation::Add(copy)];
    Patch { lead: Vec::new(), title, operations, tail: Vec::new(), span: Span::default() }
}
