//! Completion. In: a place in a text that is being written; out: what can stand there: reserved words that the grammar takes,
//! declared names that fit, variables in reach, captures inside texts.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, Range, TextEdit,
};

use super::expect::{Wanted, wanted};
use super::words::{before, owner_at, token_at, variables, word_at};
use super::workspace::Site;
use crate::lang::diag::Code;
use crate::lang::keywords::{KEYWORDS, TYPES, meaning};
use crate::lang::names::{Declaration, NameKind, Owner, Space};
use crate::lang::outline::{self, FrameKind};
use crate::lang::parse::accepts;
use crate::lang::source::{Source, SourceToken};
use crate::lang::span::Span;

/// What can stand at the place. `snippets`: the editor can take templates.
pub fn complete(site: &Site, snippets: bool) -> Vec<CompletionItem> {
    let unit = site.here();
    let text = &unit.piece.text;
    let Ok(source) = Source::new(text) else { return Vec::new() };
    let word = word_at(text, site.at);
    let owner = {
        let mut owner = owner_at(&source, site.at);
        if let (None, Some(skill)) = (&owner.domain, &owner.skill) {
            owner.domain = domain_of(site, skill);
        }
        owner
    };
    let mut menu = Menu { items: Vec::new(), range: unit.range(word), snippets, called: called(text, word) };
    let token = token_at(&source, site.at).filter(|t| (t.span.start as usize) < site.at);
    match token.map(|t| t.token) {
        Some(SourceToken::Comment) => menu.codes(source.slice(token.map_or(word, |t| t.span))),
        Some(SourceToken::Regex) => {}
        Some(SourceToken::Text | SourceToken::OpenText) => {
            let start = token.map_or(0, |t| t.span.start as usize);
            inside_text(site, &source, start, &owner, &mut menu);
        }
        _ => menu_of_place(site, &source, word, &owner, &mut menu),
    }
    menu.items
}

fn domain_of(site: &Site, skill: &str) -> Option<String> {
    let (unit, declaration) = site.index.all(|kind| kind == NameKind::Skill).find(|(_, d)| d.name == skill)?;
    site.index.owned_by(unit, declaration).domain
}

/// Whether round brackets follow the word: then a name needs none.
fn called(text: &str, word: Span) -> bool {
    text.get(word.end as usize..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with('('))
}

fn menu_of_place(site: &Site, source: &Source, word: Span, owner: &Owner, menu: &mut Menu) {
    let at = word.start as usize;
    let lead = outline::lead_to(source, at);
    let takes = |token: &str| accepts(&lead, token);
    let takes_name = takes("x_1");
    let keywords: Vec<&str> = KEYWORDS.iter().map(|(keyword, _)| *keyword).filter(|k| takes(k)).collect();
    // What stands before may be broken: then the grammar cannot tell, and the nearest words do.
    let is_broken =
        !takes_name && keywords.is_empty() && !["\"\"", "1", "(", ")", "{", "}", "=", ","].into_iter().any(takes);
    let wanted = wanted(source, at);
    if takes_name || is_broken {
        names(site, source, at, owner, &wanted, menu);
    }
    // Some types are called as reserved words are: the grammar takes any word there.
    if wanted == Wanted::Type {
        return;
    }
    let rest_is_empty = source
        .text
        .get(word.end as usize..)
        .is_none_or(|rest| rest.lines().next().is_none_or(|line| line.trim().trim_start_matches('}').is_empty()));
    let frame = outline::frames(source, at).last().map_or(FrameKind::File, |(kind, _)| *kind);
    for keyword in keywords {
        menu.keyword(keyword, rest_is_empty.then(|| template(frame, keyword)).flatten());
    }
}

fn names(site: &Site, source: &Source, at: usize, owner: &Owner, wanted: &Wanted, menu: &mut Menu) {
    let index = &site.index;
    if let Wanted::Variable { type_of } = wanted {
        let ty = type_of.as_ref().and_then(|(callee, position)| {
            let (_, declaration) = index.lookup(owner, callee)?;
            declaration.params.get(*position).map(|(_, ty)| ty.clone())
        });
        menu.variables(variables(source, at, index, owner), ty.as_deref());
        if type_of.is_some() {
            menu.item("_", CompletionItemKind::VALUE, "any value", None, "4");
        }
    }
    match wanted {
        Wanted::Nothing | Wanted::Variable { .. } => {}
        Wanted::Type => {
            for (name, line) in TYPES {
                menu.item(name, CompletionItemKind::TYPE_PARAMETER, "capture type", Some((*line).to_owned()), "2");
            }
            menu.declared(index.visible(owner).filter(|(_, d)| d.kind == NameKind::Type).map(|(_, d)| d));
        }
        Wanted::Condition => {
            menu.variables(variables(source, at, index, owner), None);
            menu.declared(index.visible(owner).filter(|(_, d)| d.kind.is_fact()).map(|(_, d)| d));
        }
        Wanted::Call { kinds, action } => {
            let fits = |d: &&Declaration| kinds.contains(&d.kind) && (!action || d.is_action);
            menu.declared(index.visible(owner).map(|(_, d)| d).filter(fits));
        }
        Wanted::Domain => menu.declared(index.all(|kind| kind == NameKind::Domain).map(|(_, d)| d)),
        Wanted::Skill => menu.declared(index.all(|kind| kind == NameKind::Skill).map(|(_, d)| d)),
        Wanted::Member(kinds) => {
            let of = index.all(|kind| kinds.contains(&kind)).filter(|(unit, d)| {
                let of = index.owned_by(*unit, d);
                of == *owner || (d.kind.space() == Space::Declared && of.skill == owner.skill)
            });
            menu.declared(of.map(|(_, d)| d));
        }
    }
}

/// Captures in braces, kinds after `is`.
fn inside_text(site: &Site, source: &Source, start: usize, owner: &Owner, menu: &mut Menu) {
    let frame = outline::frames(source, start).last().map(|(kind, _)| *kind);
    let word = before(source, start).next().map_or("", |(_, word)| word);
    if word == "is" {
        let unit = site.here();
        let rest = source.text.get(site.at..).unwrap_or_default();
        let end = rest.find(['"', '\n']).map_or(source.text.len(), |n| site.at + n);
        menu.range = unit.range(Span::new(start + 1, end));
        let mut kinds: Vec<&str> = Vec::new();
        for names in site.index.units() {
            kinds.extend(names.occurrences.iter().filter(|o| o.quoted && o.scope.is_none()).map(|o| o.text.as_str()));
        }
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            menu.item(kind, CompletionItemKind::ENUM_MEMBER, "kind", None, "2");
        }
        for (_, group) in site.index.visible(owner).filter(|(_, d)| d.kind == NameKind::Kind) {
            menu.item(&group.name, CompletionItemKind::ENUM, "kind group", None, "1");
        }
        return;
    }
    let said = source.text.get(start..site.at).unwrap_or_default();
    let is_open = said.rfind('{').is_some_and(|open| !said[open..].contains('}'));
    let rendered = matches!(word, "advise" | "suggest");
    if is_open && (rendered || matches!(frame, Some(FrameKind::Domain | FrameKind::Skill | FrameKind::Modify))) {
        menu.called = true;
        menu.variables(variables(source, site.at, &site.index, owner), None);
    }
}

/// What to write for a construct that begins with the word, where the rest of the line is empty.
fn template(frame: FrameKind, keyword: &str) -> Option<&'static str> {
    Some(match (frame, keyword) {
        (FrameKind::File, "domain") => "domain ${1:name} {\n\t$0\n}",
        (FrameKind::File, "skill") => "skill ${1:name} in ${2:domain} {\n\tfor $3\n\t$0\n}",
        (FrameKind::File, "patch") => "patch \"${1:why}\" {\n\t$0\n}",
        (FrameKind::Domain | FrameKind::Skill, "event") => "event ${1:name}(${2:x: item}) = action \"${3:do {x\\}}\"",
        (FrameKind::Domain | FrameKind::Skill, "fluent") => {
            "fluent ${1:name}(${2:x: item}) initiated by ${3:event} terminated by ${0:event}"
        }
        (FrameKind::Domain | FrameKind::Skill, "define") => "define ${1:name}(${2:x: item}) = $0",
        (FrameKind::Domain, "task") => "task ${1:name}(${2:object: kind}) = \"${3:find a {object\\}}\"",
        (FrameKind::Skill | FrameKind::Modify, "rule") => "rule ${1:name} when $2 {\n\tadvise \"$3\"\n\t$0\n}",
        (FrameKind::Skill | FrameKind::Modify, "assert") => "assert ${1:name}: whenever $2 then $0",
        (FrameKind::Skill | FrameKind::Modify, "example") => {
            "example ${1:name} {\n\ttask \"$2\"\n\taction \"$3\"\n\tobservation \"$4\"\n\texpect $0\n}"
        }
        (FrameKind::Rule, "advise") => "advise \"$0\"",
        (FrameKind::Rule, "suggest") => "suggest \"$0\"",
        (FrameKind::Rule, "let") => "let ${1:rest} = all ${2:x}: $0",
        (FrameKind::Rule, "at") => "at most ${1:1} times",
        (FrameKind::Example, "task") => "task \"$0\"",
        (FrameKind::Example, "first") => "first \"$0\"",
        (FrameKind::Example, "action") => "action \"$0\"",
        (FrameKind::Example, "observation") => "observation \"$0\"",
        (FrameKind::Example, "available") => "available \"$0\"",
        _ => return None,
    })
}

/// The list that is being made.
struct Menu {
    items: Vec<CompletionItem>,
    range: Range,
    snippets: bool,
    called: bool,
}

impl Menu {
    /// `sort`: variables 1, types and declared names 2, reserved words 3.
    fn item(&mut self, label: &str, kind: CompletionItemKind, detail: &str, line: Option<String>, sort: &str) {
        let item = CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            detail: (!detail.is_empty()).then(|| detail.to_owned()),
            documentation: line.map(Documentation::String),
            sort_text: Some(format!("{sort}{label}")),
            ..CompletionItem::default()
        };
        self.add(item, label.to_owned(), InsertTextFormat::PLAIN_TEXT);
    }

    /// `text` is what is written in the place of the word.
    fn add(&mut self, item: CompletionItem, text: String, format: InsertTextFormat) {
        if self.items.iter().all(|known| known.label != item.label) {
            let edit = CompletionTextEdit::Edit(TextEdit::new(self.range, text));
            self.items.push(CompletionItem { insert_text_format: Some(format), text_edit: Some(edit), ..item });
        }
    }

    fn keyword(&mut self, keyword: &str, template: Option<&str>) {
        let item = CompletionItem {
            label: keyword.to_owned(),
            kind: Some(CompletionItemKind::KEYWORD),
            documentation: meaning(keyword).map(|line| Documentation::String(line.to_owned())),
            sort_text: Some(format!("3{keyword}")),
            ..CompletionItem::default()
        };
        match template.filter(|_| self.snippets) {
            Some(template) => self.add(item, template.to_owned(), InsertTextFormat::SNIPPET),
            None => self.add(item, keyword.to_owned(), InsertTextFormat::PLAIN_TEXT),
        }
    }

    /// Those of the type that is wanted first.
    fn variables(&mut self, variables: Vec<(String, Option<String>)>, wanted: Option<&str>) {
        for (name, ty) in variables {
            let fits = wanted.is_some() && ty.as_deref() == wanted;
            let detail = ty.unwrap_or_default();
            self.item(&name, CompletionItemKind::VARIABLE, &detail, None, if fits { "0" } else { "1" });
        }
    }

    fn declared<'d>(&mut self, declarations: impl Iterator<Item = &'d Declaration>) {
        for d in declarations.filter(|d| !d.in_patch || d.kind == NameKind::Skill) {
            let kind = match d.kind {
                NameKind::Event => CompletionItemKind::EVENT,
                NameKind::Fluent => CompletionItemKind::FIELD,
                NameKind::Define => CompletionItemKind::FUNCTION,
                NameKind::Task => CompletionItemKind::INTERFACE,
                NameKind::Table => CompletionItemKind::CONSTANT,
                NameKind::Type => CompletionItemKind::TYPE_PARAMETER,
                NameKind::Kind => CompletionItemKind::ENUM,
                NameKind::Domain => CompletionItemKind::MODULE,
                NameKind::Skill => CompletionItemKind::CLASS,
                _ => CompletionItemKind::METHOD,
            };
            let params: Vec<String> = d.params.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
            let detail = match d.kind.is_fact() {
                true => format!("{} ({})", d.kind.word(), params.join(", ")),
                false => d.kind.word().to_owned(),
            };
            let doc = (!d.doc.is_empty()).then(|| d.doc.join("\n"));
            let item = CompletionItem {
                label: d.name.clone(),
                kind: Some(kind),
                detail: Some(detail),
                documentation: doc.map(Documentation::String),
                sort_text: Some(format!("2{}", d.name)),
                ..CompletionItem::default()
            };
            let plain = InsertTextFormat::PLAIN_TEXT;
            match (d.kind.is_fact() && !self.called, self.snippets, d.params.is_empty()) {
                (false, ..) | (true, false, false) => self.add(item, d.name.clone(), plain),
                (true, _, true) => self.add(item, format!("{}()", d.name), plain),
                (true, true, false) => {
                    let slot = |(n, (name, _)): (usize, &(String, String))| format!("${{{}:{name}}}", n + 1);
                    let slots: Vec<String> = d.params.iter().enumerate().map(slot).collect();
                    self.add(item, format!("{}({})", d.name, slots.join(", ")), InsertTextFormat::SNIPPET);
                }
            }
        }
    }

    /// After `// allow`: the codes of warnings, which alone can be allowed.
    fn codes(&mut self, comment: &str) {
        if !comment.trim_start_matches('/').trim_start().starts_with("allow") {
            return;
        }
        for code in Code::ALL.iter().filter(|c| c.id().starts_with('W')) {
            self.item(code.id(), CompletionItemKind::CONSTANT, code.title(), None, "1");
        }
    }
}
