//! What follows a backslash. In: the characters after it; out: a character, a class or a place.

use super::node::Node;
use super::{BOUNDARY, Parsed, Parser, invalid, unsupported};

/// What an escape inside brackets, or one that is no place, stands for.
pub(super) enum Escaped {
    Char(char),
    /// `\d`, `\w`, `\s`: the members; `negated` for the capital.
    Class {
        members: &'static str,
        negated: bool,
    },
}

impl Parser {
    /// An escape outside brackets.
    pub(super) fn escape(&mut self) -> Parsed<Node> {
        let boundary = |parser: &mut Parser, plain, ascii| {
            if !parser.flags.ascii {
                parser.notes.insert(BOUNDARY);
            }
            Node::At(if parser.flags.ascii { ascii } else { plain })
        };
        let escaped = match self.peek() {
            Some('A') => return self.place(r"\A"),
            Some('Z') => return self.place(r"\z"),
            Some('b') => {
                self.at += 1;
                return Ok(boundary(self, r"\b", r"(?-u:\b)"));
            }
            Some('B') => {
                self.at += 1;
                return Ok(boundary(self, r"\B", r"(?-u:\B)"));
            }
            Some('0') => {
                let digits = self.eat_while(3, is_octal);
                Escaped::Char(code(&digits, 8)?)
            }
            Some('1'..='9') => self.reference()?,
            _ => self.common()?,
        };
        Ok(match escaped {
            Escaped::Char(c) => self.literal(c),
            Escaped::Class { members: r"\d", negated } => Node::Text(if negated { r"\D" } else { r"\d" }.to_owned()),
            Escaped::Class { members, negated } => Node::Text(format!("[{}{members}]", if negated { "^" } else { "" })),
        })
    }

    fn place(&mut self, text: &'static str) -> Parsed<Node> {
        self.at += 1;
        Ok(Node::At(text))
    }

    /// Three octal digits are a character, one or two digits a group.
    fn reference(&mut self) -> Parsed<Escaped> {
        let start = self.at;
        let octal = self.eat_while(3, is_octal);
        if octal.len() == 3 {
            return Ok(Escaped::Char(octal_code(&octal)?));
        }
        self.at = start;
        let digits = self.eat_while(2, |c| c.is_ascii_digit());
        match digits.parse::<usize>().ok().and_then(|number| self.groups.get(number.checked_sub(1)?)) {
            None => invalid(format!("`\\{digits}` refers to a group that is not there")),
            Some(false) => invalid(format!("`\\{digits}` refers to the group that it stands in")),
            Some(true) => unsupported(format!("`\\{digits}` refers to what a group has matched")),
        }
    }

    /// An escape inside brackets.
    pub(super) fn class_escape(&mut self) -> Parsed<Escaped> {
        match self.peek() {
            Some('b') => {
                self.at += 1;
                Ok(Escaped::Char('\u{8}'))
            }
            Some('0'..='7') => {
                let digits = self.eat_while(3, is_octal);
                Ok(Escaped::Char(octal_code(&digits)?))
            }
            _ => self.common(),
        }
    }

    /// Escapes that mean the same everywhere.
    fn common(&mut self) -> Parsed<Escaped> {
        let Some(c) = self.next() else { return invalid("a backslash at the end") };
        Ok(Escaped::Char(match c {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.hex(c, 2)?,
            'u' => self.hex(c, 4)?,
            'U' => self.hex(c, 8)?,
            'N' => return unsupported("`\\N{…}`, a character by its name"),
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                let members = match (c.to_ascii_lowercase(), self.flags.ascii) {
                    ('d', false) => r"\d",
                    ('d', true) => "0-9",
                    // Python counts four separators as blank that are no white space to Unicode.
                    ('s', false) => r"\s\x1c-\x1f",
                    ('s', true) => r" \t\n\r\x0b\x0c",
                    (_, false) => r"\pL\pN_",
                    (_, true) => "a-zA-Z0-9_",
                };
                return Ok(Escaped::Class { members, negated: c.is_ascii_uppercase() });
            }
            c if c.is_ascii_alphanumeric() => return invalid(format!("`\\{c}` means nothing")),
            c => c,
        }))
    }

    fn hex(&mut self, letter: char, digits: usize) -> Parsed<char> {
        let found = self.eat_while(digits, |c| c.is_ascii_hexdigit());
        match found.len() == digits {
            true => code(&found, 16),
            false => invalid(format!("`\\{letter}` needs {digits} hexadecimal digits")),
        }
    }
}

fn is_octal(c: char) -> bool {
    matches!(c, '0'..='7')
}

fn octal_code(digits: &str) -> Parsed<char> {
    match u32::from_str_radix(digits, 8) {
        Ok(0..=0o377) => code(digits, 8),
        _ => invalid(format!("`\\{digits}` is over `\\377`")),
    }
}

fn code(digits: &str, radix: u32) -> Parsed<char> {
    match u32::from_str_radix(digits, radix) {
        Ok(0xd800..=0xdfff) => unsupported("a surrogate, which no text holds"),
        Ok(number) => match char::from_u32(number) {
            Some(c) => Ok(c),
            None => invalid(format!("there is no character {number:#x}")),
        },
        Err(_) => invalid(format!("`{digits}` is no character")),
    }
}
