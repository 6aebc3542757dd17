//! Groups and flags. In: what follows `(`; out: a group, or nothing where a comment or global flags stood.

use super::node::Node;
use super::{Flags, Parsed, Parser, invalid, unsupported};

impl Parser {
    /// `at_start`: nothing stands before the group in the whole expression.
    pub(super) fn group(&mut self, at_start: bool) -> Parsed<Option<Node>> {
        if !self.eat('?') {
            return self.numbered("(").map(Some);
        }
        match self.next() {
            Some(':') => self.inside("(?:").map(Some),
            Some('P') if self.eat('<') => {
                let name = self.until('>')?;
                let starts = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
                if !starts || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    return invalid(format!("`{name}` is no name of a group"));
                }
                if !self.names.insert(name.clone()) {
                    return invalid(format!("two groups are named `{name}`"));
                }
                // A named group of a declaration would be a capture.
                self.numbered("(?:").map(Some)
            }
            Some('P') if self.eat('=') => {
                let name = self.until(')')?;
                match self.names.contains(&name) {
                    true => unsupported(format!("`(?P={name})` refers to what a group has matched")),
                    false => invalid(format!("`(?P={name})` refers to a group that is not there")),
                }
            }
            Some('#') => {
                self.until(')')?;
                Ok(None)
            }
            Some('=' | '!') => unsupported("it looks ahead"),
            Some('<') if matches!(self.peek(), Some('=' | '!')) => unsupported("it looks behind"),
            Some('(') => unsupported("it asks whether a group has matched"),
            Some('>') => unsupported("a group that gives nothing back (`(?>…)`)"),
            Some(c) if c == '-' || is_flag(c) => self.flags_group(c, at_start),
            Some(c) => invalid(format!("`(?{c}` means nothing")),
            None => invalid("a `(` without its `)`"),
        }
    }

    fn numbered(&mut self, open: &'static str) -> Parsed<Node> {
        let number = self.groups.len();
        self.groups.push(false);
        let node = self.inside(open)?;
        self.groups[number] = true;
        Ok(node)
    }

    fn inside(&mut self, open: &'static str) -> Parsed<Node> {
        self.nesting += 1;
        let branches = self.branches(false)?;
        self.nesting -= 1;
        match self.eat(')') {
            true => Ok(Node::Group { open, branches }),
            false => invalid("a `(` without its `)`"),
        }
    }

    fn until(&mut self, end: char) -> Parsed<String> {
        let found = self.eat_while(usize::MAX, |c| c != end);
        match self.eat(end) {
            true => Ok(found),
            false => invalid(format!("a `(?` without its `{end}`")),
        }
    }

    /// `(?im)` for the whole expression, `(?i-s:…)` for a group; `first` is the first letter.
    fn flags_group(&mut self, first: char, at_start: bool) -> Parsed<Option<Node>> {
        let mut flags = self.flags;
        let mut letter = Some(first);
        let (mut ascii, mut unicode) = (false, false);
        while let Some(c) = letter.filter(|c| is_flag(*c)) {
            ascii |= c == 'a';
            unicode |= c == 'u';
            if c == 'L' || (ascii && unicode) {
                return invalid("flags that do not go together");
            }
            set(&mut flags, c, true);
            letter = self.next();
        }
        if letter == Some(')') {
            if !at_start {
                return invalid("flags for the whole expression that do not stand at its beginning");
            }
            self.flags = flags;
            return self.refuse_ascii_case().map(|()| None);
        }
        if letter == Some('-') {
            let mut any = false;
            letter = self.next();
            while let Some(c) = letter.filter(|c| is_flag(*c)) {
                if matches!(c, 'a' | 'u' | 'L') {
                    return invalid(format!("the flag `{c}` cannot be turned off"));
                }
                any = true;
                set(&mut flags, c, false);
                letter = self.next();
            }
            if !any {
                return invalid("a `-` without a flag");
            }
        }
        if letter != Some(':') {
            return invalid("flags that end in neither `)` nor `:`");
        }
        let open = match (self.flags.ignore_case, flags.ignore_case) {
            (false, true) => "(?i:",
            (true, false) => "(?-i:",
            _ => "(?:",
        };
        let before = std::mem::replace(&mut self.flags, flags);
        self.refuse_ascii_case()?;
        let node = self.inside(open)?;
        self.flags = before;
        Ok(Some(node))
    }

    fn refuse_ascii_case(&self) -> Parsed<()> {
        match self.flags.ascii && self.flags.ignore_case {
            true => unsupported("`(?a)` that ignores case"),
            false => Ok(()),
        }
    }
}

fn is_flag(c: char) -> bool {
    matches!(c, 'i' | 'L' | 'm' | 's' | 'x' | 'a' | 'u')
}

fn set(flags: &mut Flags, letter: char, on: bool) {
    match letter {
        'i' => flags.ignore_case = on,
        'm' => flags.lines = on,
        's' => flags.dot_all = on,
        'x' => flags.verbose = on,
        'a' => flags.ascii = on,
        // `u` inside `(?a)…` brings Unicode back.
        _ => flags.ascii = false,
    }
}
