//! Values: what patterns capture and variables hold. Compared after folding, so `Mug 1` equals `mug 1`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::lang::checked::Constant;
use crate::text::{self, Decimal, TokenKind};

/// A captured value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// `mug 1`: a kind and, where the text has one, an instance number.
    Item {
        kind: Arc<str>,
        number: Option<Decimal>,
    },
    /// A kind, a word, words or a line of text: canonical folded tokens.
    Words(Arc<str>),
    Number(Decimal),
    List(Arc<[Value]>),
}

impl Value {
    /// `left is right`: two items are the same item; otherwise an item stands for its kind.
    pub fn is(&self, right: &Value) -> bool {
        match (self, right) {
            (Value::Item { kind, .. }, Value::Words(words)) | (Value::Words(words), Value::Item { kind, .. }) => {
                kind == words
            }
            (left, right) => left == right,
        }
    }

    /// `left is "text"`: `text` is canonical; an item also matches by kind and number together.
    pub fn is_text(&self, text: &str) -> bool {
        match self {
            Value::Item { kind, number } => **kind == *text || (number.is_some() && self.to_string() == text),
            Value::Words(words) => **words == *text,
            Value::Number(_) | Value::List(_) => false,
        }
    }

    /// Reads an item as patterns do: an optional article, words, an optional number.
    pub fn item(source: &str) -> Option<Value> {
        let tokens = text::lex(source);
        let (last, words) = tokens.split_last()?;
        let (number, words) = match last.kind {
            TokenKind::Number if !words.is_empty() => (Decimal::parse(last.raw(source)), words),
            _ => (None, tokens.as_slice()),
        };
        let words = match words {
            [article, rest @ ..] if !rest.is_empty() && is_article(article.raw(source)) => rest,
            all => all,
        };
        let all_words = words.iter().all(|t| t.kind == TokenKind::Word);
        all_words.then(|| Value::Item { kind: text::canonical(source, words).into(), number })
    }

    /// The value that a table's cell stands for; `None` for an item that cannot be read as one.
    pub fn constant(constant: &Constant) -> Option<Value> {
        match constant {
            Constant::Text(text) => Some(Value::Words(text.as_str().into())),
            Constant::Item(text) => Value::item(text),
            Constant::Number(number) => Some(Value::Number(*number)),
        }
    }

    /// The canonical text of a value of words; `mug 1` for an item. Numbers and lists have none.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Item { kind, number: None } | Value::Words(kind) => Some(Cow::Borrowed(kind)),
            Value::Item { .. } => Some(Cow::Owned(self.to_string())),
            Value::Number(_) | Value::List(_) => None,
        }
    }
}

/// Articles that captures of items and kinds leave out.
pub fn is_article(raw: &str) -> bool {
    ["a", "an", "the", "some"].iter().any(|article| raw.eq_ignore_ascii_case(article))
}

/// Lists in advice show this many elements, then say how many more there are.
const LISTED: usize = 8;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Item { kind, number: Some(number) } => write!(f, "{kind} {number}"),
            Value::Item { kind: words, number: None } | Value::Words(words) => f.write_str(words),
            Value::Number(number) => write!(f, "{number}"),
            Value::List(items) if items.is_empty() => f.write_str("none"),
            Value::List(items) => {
                let shown = items.len().min(LISTED);
                let more = items.len() - shown;
                for (index, item) in items[..shown].iter().enumerate() {
                    match index {
                        0 => {}
                        _ if index + 1 == shown && more == 0 => f.write_str(" and ")?,
                        _ => f.write_str(", ")?,
                    }
                    write!(f, "{item}")?;
                }
                if more > 0 {
                    write!(f, " and {more} more")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_compare_as_themselves_and_kinds_by_name() {
        let mug = Value::item("the Mug 1").expect("an item");
        assert_eq!(mug, Value::item("mug 1").expect("an item"));
        assert!(mug.is(&Value::Words("mug".into())) && mug.is_text("mug") && mug.is_text("mug 1"));
        assert!(!mug.is(&Value::item("mug 2").expect("an item")) && !mug.is_text("mug 2"));
    }

    #[test]
    fn lists_read_as_english() {
        let list = |n: usize| Value::List((1..=n).map(|i| Value::Number(Decimal::whole(i as i64))).collect());
        assert_eq!(list(0).to_string(), "none");
        assert_eq!(list(1).to_string(), "1");
        assert_eq!(list(3).to_string(), "1, 2 and 3");
        assert_eq!(list(10).to_string(), "1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
    }
}
