//! Places as editors count them: lines, and UTF-16 units in a line, both from 0. In: a text; out: bytes for places and
//! places for bytes. A line ends with `\n`, `\r\n` or `\r`, as the protocol says.

use lsp_types::{Position, Range};

use crate::lang::span::Span;

/// Where the lines of a text begin.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at as u32 + 1);
            }
        }
        Lines { starts }
    }

    /// The line, without what ends it, and its first byte.
    fn line<'t>(&self, text: &'t str, line: usize) -> (usize, &'t str) {
        let start = self.starts.get(line).map_or(text.len(), |s| *s as usize);
        let end = self.starts.get(line + 1).map_or(text.len(), |s| *s as usize);
        (start, text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']))
    }

    /// The byte of a place. Beyond the end of a line it is the line's end, beyond the last line the text's; inside a
    /// character it is the character's beginning.
    pub fn offset(&self, text: &str, position: Position) -> usize {
        let (start, line) = self.line(text, position.line as usize);
        let mut left = position.character;
        for (at, character) in line.char_indices() {
            let units = character.len_utf16() as u32;
            if left < units {
                return start + at;
            }
            left -= units;
        }
        start + line.len()
    }

    /// The place of a byte; one inside a character counts as the character's beginning.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|s| *s as usize <= offset).saturating_sub(1);
        let start = self.starts.get(line).map_or(0, |s| *s as usize);
        let before = text.get(start..offset).unwrap_or_default();
        Position::new(line as u32, before.encode_utf16().count() as u32)
    }

    pub fn range(&self, text: &str, span: Span) -> Range {
        Range::new(self.position(text, span.start as usize), self.position(text, span.end as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_utf16_units() {
        // A tab is one unit, `é` one, an emoji two, a family of three joined ones eight, Hebrew letters one each.
        let text = "\u{feff}a\t😀é\r\n👨‍👩‍👧 שלום\rlast";
        let lines = Lines::new(text);
        let at = |needle: &str| lines.position(text, text.find(needle).expect("there"));
        assert_eq!(at("a\t"), Position::new(0, 1));
        assert_eq!(at("😀"), Position::new(0, 3));
        assert_eq!(at("é"), Position::new(0, 5));
        assert_eq!(at("שלום"), Position::new(1, 9));
        assert_eq!(at("last"), Position::new(2, 0));
        for needle in ["a\t", "é", "שלום", "last"] {
            assert_eq!(lines.offset(text, at(needle)), text.find(needle).expect("there"));
        }
        // Inside a surrogate pair, beyond the line, beyond the text.
        assert_eq!(lines.offset(text, Position::new(0, 4)), text.find("😀").expect("there"));
        assert_eq!(lines.offset(text, Position::new(0, 99)), text.find("\r\n").expect("there"));
        assert_eq!(lines.offset(text, Position::new(9, 9)), text.len());
        assert_eq!(lines.offset(text, Position::new(u32::MAX, u32::MAX)), text.len());
    }

    proptest::proptest! {
        #[test]
        fn every_character_has_one_place(text in "(\\PC|\r|\n|\t|😀){0,30}") {
            let lines = Lines::new(&text);
            let mut last = None;
            for (at, character) in text.char_indices() {
                let place = lines.position(&text, at);
                proptest::prop_assert!(Some(place) > last);
                last = Some(place);
                // What ends a line is beyond its end, for an editor.
                if !matches!(character, '\r' | '\n') {
                    proptest::prop_assert_eq!(lines.offset(&text, place), at);
                }
            }
        }

        #[test]
        fn any_place_is_somewhere(text in "(\\PC|\r|\n|😀){0,30}", line in 0u32..40, column in 0u32..40) {
            let lines = Lines::new(&text);
            let offset = lines.offset(&text, Position::new(line, column));
            proptest::prop_assert!(text.is_char_boundary(offset));
        }
    }
}
