//! Syntax errors in words. In: pest's error over one item; out: a diagnostic that says what was found, what could
//! stand there, and how to mend what people and models type out of habit.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::diag::{Code, Diagnostic};
use super::mend::mend;
use super::parse::Rule;
use super::source::{Source, SourceToken};
use super::span::Span;

/// Explains `error`, found while parsing the item at `chunk`.
pub(super) fn explain(source: &Source, chunk: Span, error: &Error<Rule>) -> Diagnostic {
    let offset = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let at = chunk.start as usize + offset;
    let found = source.significant_at(at).filter(|l| l.span.start < chunk.end);
    let place = match found {
        Some(lexeme) => lexeme.span,
        None => Span::new((chunk.end as usize).saturating_sub(1), chunk.end as usize),
    };
    let mut expected: Vec<String> = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives
            .iter()
            .filter_map(|r| describe(*r))
            .flat_map(|all| all.split(" or ").flat_map(|some| some.split(", ")).map(str::to_owned).collect::<Vec<_>>())
            .collect(),
        ErrorVariant::CustomError { message } => vec![message.clone()],
    };
    expected.sort();
    expected.dedup();
    let mended = || did_you_mean(found.and_then(|lexeme| mend(source, chunk, offset, lexeme)));
    if offset == 0 {
        let diagnostic = Diagnostic::error(Code::NotAnItem, "this stands outside every domain, skill and patch")
            .label(place, "unexpected")
            .help("a file holds `domain NAME { … }`, `skill NAME in DOMAIN { … }` and `patch \"why\" { … }`");
        return match mended() {
            Some((help, title, place, keyword)) => diagnostic.help(help).unsafe_fix(title, place, keyword),
            None => diagnostic,
        };
    }
    if let Some(escape) =
        found.filter(|l| l.token == SourceToken::Text).and_then(|l| unknown_escape(source.slice(l.span)))
    {
        return Diagnostic::error(Code::Syntax, format!("`\\{escape}` is no escape"))
            .label(place, "in this text")
            .help("the escapes are `\\\"`, `\\\\` and `\\n`");
    }
    let found_text = found.map_or("the end of the item".to_owned(), |l| format!("`{}`", shorten(source.slice(l.span))));
    let message = match expected.as_slice() {
        [] => format!("{found_text} cannot stand here"),
        all => format!("expected {}, found {found_text}", join(all)),
    };
    let mut diagnostic = Diagnostic::error(Code::Syntax, message);
    diagnostic.form = form(error);
    diagnostic.expected.clone_from(&expected);
    let Some(lexeme) = found else {
        return diagnostic.label(place, "the item ends here").help("a closing bracket `}` may be missing");
    };
    let diagnostic = diagnostic.label(place, "here");
    let word = source.slice(lexeme.span);
    match habit(lexeme.token, word) {
        Some((help, Some(replacement))) => {
            let (span, replacement) = fitted(source, lexeme.span, replacement);
            let title =
                if replacement.is_empty() { "leave it out".to_owned() } else { format!("write `{replacement}`") };
            diagnostic.help(help).fix(title, span, replacement)
        }
        Some((help, None)) => diagnostic.help(help),
        None if let Some((help, title, place, keyword)) = mended() => {
            diagnostic.help(help).unsafe_fix(title, place, keyword)
        }
        None if expected == ["`when`"] => diagnostic.help("alternatives of a rule are written `or when …`"),
        None if lexeme.token == SourceToken::Word
            && expected.iter().any(|e| e == "a name" || e == "a condition" || e == "an argument") =>
        {
            diagnostic.help(format!("`{word}` is a reserved word: choose another name, such as `{word}_1`"))
        }
        None => diagnostic,
    }
}

/// A reserved word in the place of another word, as help and fix.
fn did_you_mean(mended: Option<(Span, &'static str)>) -> Option<(String, String, Span, &'static str)> {
    let (place, keyword) = mended?;
    Some((format!("did you mean `{keyword}`?"), format!("replace by `{keyword}`"), place, keyword))
}

/// The construct that was being read, as a template: of the rules that were tried, the most telling.
fn form(error: &Error<Rule>) -> Option<&'static str> {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else { return None };
    let of = |rule: &Rule| {
        Some(match rule {
            Rule::member | Rule::named_member | Rule::rule_decl => {
                "rule NAME when CONDITION { advise \"…\" prefer EVENT(…) where CONDITION }"
            }
            Rule::statement => "advise \"…\" | prefer EVENT(…) where CONDITION | avoid EVENT(…) | forbid EVENT(…)",
            Rule::decl | Rule::own_decl => {
                "event NAME(x: item) = action \"… {x}\" | fluent NAME(x: item) initiated by EVENT(x)"
            }
            Rule::form => "assert NAME: whenever CONDITION then CONDITION",
            Rule::example_line => {
                "example NAME { task \"…\" action \"…\" observation \"…\" expect RULE expect not RULE }"
            }
            Rule::event_form => "event NAME(x: item) = action \"… {x}\" then observation \"… {x}\" | observation \"…\"",
            Rule::cause | Rule::cause_verb => "fluent NAME(x: item) initiated by EVENT(x, _) terminated by EVENT(x)",
            Rule::operation => "patch \"why\" { modify SKILL { replace rule NAME when … { … } } }",
            Rule::edit => "modify SKILL { add rule … replace rule … drop assert NAME }",
            Rule::literal | Rule::atom | Rule::plain | Rule::scoped | Rule::conj => {
                "FACT(x, _) and not FACT(x) and x is \"kind\" and count(FACT(_)) >= 2"
            }
            Rule::operand | Rule::comparison => "count(FACT(_)) >= 2",
            Rule::param | Rule::type_name => "NAME(x: item, r: kind)",
            Rule::call | Rule::argument => "NAME(x, _)",
            _ => return None,
        })
    };
    positives.iter().find_map(of)
}

/// The first character of a text that stands after a backslash and must not.
fn unknown_escape(text: &str) -> Option<char> {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\\' {
            match characters.next() {
                Some('"' | '\\' | 'n') => {}
                other => return other,
            }
        }
    }
    None
}

/// What people and models write out of habit from other languages.
fn habit(token: SourceToken, word: &str) -> Option<(&'static str, Option<&'static str>)> {
    Some(match (token, word) {
        (SourceToken::OpenText, _) => {
            ("the text has no closing quote on its line; a line break in a text is `\\n`", None)
        }
        (_, "==") => ("numbers are compared with `=`, kinds with `is`", Some("=")),
        (_, "&&" | "&") => ("conditions are joined by `and`", Some("and")),
        (_, "||") => ("alternatives are written `or when …` after the whole condition", None),
        (_, "or") => ("alternatives of a rule are written `or when …`", None),
        (_, "!") => ("a condition is negated by `not`", Some("not")),
        (_, ";") => ("nothing separates statements here: leave it out", Some("")),
        (_, ",") => ("nothing separates statements, and conditions are joined by `and`", None),
        (SourceToken::Stray, "“" | "”" | "„") => ("texts stand in straight quotes: \"…\"", Some("\"")),
        (SourceToken::Stray, "'" | "‘" | "’") => ("texts stand in double quotes: \"…\"", Some("\"")),
        _ => return None,
    })
}

/// A habit's replacement as it fits its place: a word stands apart from its neighbours, and of a pair of foreign quotes
/// both are replaced.
fn fitted(source: &Source, span: Span, replacement: &str) -> (Span, String) {
    let (before, after) = (&source.text[..span.start as usize], &source.text[span.end as usize..]);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if replacement == "\"" {
        let closing: &[char] = match source.slice(span) {
            "“" | "”" | "„" => &['”', '“'],
            "'" => &['\''],
            _ => &['’', '‘'],
        };
        let line = after.lines().next().unwrap_or("");
        if let Some((at, quote)) = line.char_indices().find(|(_, c)| closing.contains(c)) {
            let end = span.end as usize + at + quote.len_utf8();
            return (Span::new(span.start as usize, end), super::print::string(&line[..at]));
        }
    }
    let word = replacement.chars().all(is_word) && !replacement.is_empty();
    let left = if word && !before.ends_with(|c: char| c.is_whitespace() || c == '(') { " " } else { "" };
    let right = if word && !after.starts_with(char::is_whitespace) { " " } else { "" };
    (span, format!("{left}{replacement}{right}"))
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 24 { text.to_owned() } else { text.chars().take(23).chain(['…']).collect() }
}

fn join(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A grammar rule in the words of a reader; `None` for what would only add noise.
fn describe(rule: Rule) -> Option<String> {
    let text = match rule {
        Rule::EOI | Rule::single | Rule::WHITESPACE | Rule::COMMENT => return None,
        Rule::name | Rule::type_name => "a name",
        Rule::string | Rule::string_body => "a text in quotes",
        Rule::regex | Rule::regex_body => "a regular expression `/…/`",
        Rule::pattern => "a pattern",
        Rule::constant => "a text in quotes or a number",
        Rule::term => "a name or a text in quotes",
        Rule::integer | Rule::number => "a number",
        Rule::any | Rule::argument => "an argument",
        Rule::conj
        | Rule::literal
        | Rule::atom
        | Rule::negation
        | Rule::call
        | Rule::once
        | Rule::available
        | Rule::repeated
        | Rule::is
        | Rule::contained
        | Rule::compare
        | Rule::operand
        | Rule::count
        | Rule::word_count
        | Rule::shared_count
        | Rule::todo
        | Rule::contains
        | Rule::quantified
        | Rule::every
        | Rule::some
        | Rule::none
        | Rule::scoped
        | Rule::plain
        | Rule::step_count => "a condition",
        Rule::statement
        | Rule::limit
        | Rule::let_all
        | Rule::advise
        | Rule::suggest
        | Rule::prefer
        | Rule::avoid
        | Rule::forbid => "`advise`, `prefer`, `avoid`, `forbid`, `suggest`, `let`, `priority`, `at most`",
        Rule::priority => "`priority`",
        Rule::member | Rule::named_member | Rule::rule_decl | Rule::assertion | Rule::unverified | Rule::example => {
            "`rule`, `assert`, `unverified`, `example`"
        }
        Rule::own_decl
        | Rule::event_decl
        | Rule::fluent_decl
        | Rule::define_decl
        | Rule::type_decl
        | Rule::kind_decl
        | Rule::table_decl => "`event`, `fluent`, `define`, `type`, `kind`, `table`",
        Rule::decl | Rule::task_decl | Rule::fails_decl => {
            "`task`, `fails`, `event`, `fluent`, `define`, `type`, `kind`, `table`"
        }
        Rule::edit | Rule::edit_add | Rule::edit_replace | Rule::edit_drop => "`add`, `replace`, `drop`",
        Rule::sort => "`rule`, `assert`, `example`, `event`, `fluent`, `define`, `type`, `kind`, `table`",
        Rule::form => {
            "`always`, `never`, `whenever`, `eventually`, `finally`, `first`, `at most`, `at least` or `between`"
        }
        Rule::example_line => "`task`, `first`, `available`, `action`, `observation` or `expect`",
        Rule::operation | Rule::add | Rule::replace | Rule::retire | Rule::modify => {
            "`add`, `replace`, `retire`, `modify`"
        }
        Rule::event_form => "`action \"…\"` or `observation \"…\"`",
        Rule::comparison => "a comparison",
        Rule::cause | Rule::cause_verb => "`initiated by`, `terminated by`, `set by` or `cleared by`",
        Rule::p_open => "`{`",
        Rule::p_close => "`}`",
        Rule::p_left => "`(`",
        Rule::p_right => "`)`",
        Rule::p_comma => "`,`",
        Rule::p_colon => "`:`",
        Rule::p_arrow => "`->`",
        Rule::p_bar => "`|`",
        Rule::p_equals => "`=`",
        other => {
            let name = format!("{other:?}");
            return Some(match name.strip_prefix("kw_") {
                Some(keyword) => format!("`{keyword}`"),
                None => name.replace('_', " "),
            });
        }
    };
    Some(text.to_owned())
}
