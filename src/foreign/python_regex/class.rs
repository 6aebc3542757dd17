//! Characters in brackets. In: what follows `[`; out: a class of the `regex` crate, whose own operators are escaped.

use super::escape::Escaped;
use super::node::{Node, write_in_class};
use super::{I_OF_ANY_KIND, Parsed, Parser, TURKISH, invalid};

impl Parser {
    pub(super) fn class(&mut self) -> Parsed<Node> {
        let mut text = String::from(if self.eat('^') { "[^" } else { "[" });
        let mut empty = true;
        loop {
            if !empty && self.eat(']') {
                break;
            }
            let low = self.member()?;
            empty = false;
            if !self.eat('-') {
                self.single(&low, &mut text);
                continue;
            }
            if self.eat(']') {
                self.single(&low, &mut text);
                text.push_str(r"\-");
                break;
            }
            match (low, self.member()?) {
                (Escaped::Char(low), Escaped::Char(high)) if low <= high => {
                    self.note_case(low, high);
                    write_in_class(low, &mut text);
                    text.push('-');
                    write_in_class(high, &mut text);
                }
                (Escaped::Char(low), Escaped::Char(high)) => {
                    return invalid(format!("`{low}-{high}` is a range from back to front"));
                }
                _ => return invalid("a range of a class of characters"),
            }
        }
        text.push(']');
        Ok(Node::Text(text))
    }

    fn member(&mut self) -> Parsed<Escaped> {
        match self.next() {
            None => invalid("a `[` without its `]`"),
            Some('\\') => self.class_escape(),
            Some(c) => Ok(Escaped::Char(c)),
        }
    }

    fn single(&mut self, member: &Escaped, text: &mut String) {
        match member {
            Escaped::Char(c) if self.flags.ignore_case && TURKISH.contains(c) => {
                text.push_str(I_OF_ANY_KIND.trim_matches(['[', ']']));
            }
            Escaped::Char(c) => {
                self.note_case(*c, *c);
                write_in_class(*c, text);
            }
            Escaped::Class { members, negated: false } => text.push_str(members),
            Escaped::Class { members, negated: true } => text.push_str(&format!("[^{members}]")),
        }
    }
}
