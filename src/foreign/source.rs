//! Foreign files as text. In: bytes; out: text with `\n` line ends and no byte order mark, and its header.

use super::ImportError;
use crate::lang::source::MAX_BYTES;

/// The text of a file: UTF-8, at most [`MAX_BYTES`].
pub fn decode(bytes: Vec<u8>) -> Result<String, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::new(format!("{} bytes; at most {MAX_BYTES} are read", bytes.len())));
    }
    let text = String::from_utf8(bytes).map_err(|bad| {
        let at = bad.utf8_error().valid_up_to();
        let line = bad.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        ImportError::at(line, format!("byte {at} is not UTF-8 text; save the file as UTF-8"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// A header between lines of three dashes, and what comes after it.
pub(super) struct Header<'t> {
    pub text: &'t str,
    /// The line of the file that the header's first line is on.
    pub line: usize,
    pub body: &'t str,
}

/// The header at the beginning of `text`, blank lines before it aside.
pub(super) fn header(text: &str) -> Option<Header<'_>> {
    let opening = text.find(|c: char| !c.is_whitespace())?;
    let line_end = text[opening..].find('\n').map(|at| opening + at)?;
    if text[opening..line_end].trim_end() != "---" {
        return None;
    }
    let start = line_end + 1;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some(Header {
                text: &text[start..at],
                line: text[..start].matches('\n').count() + 1,
                body: &text[at + line.len()..],
            });
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_line_ends_are_evened_out() {
        assert_eq!(decode(b"\xef\xbb\xbfa\r\nb\rc".to_vec()).expect("text"), "a\nb\nc");
        let error = decode(b"a\nb\xff".to_vec()).expect_err("not UTF-8");
        assert_eq!((error.line, error.message.contains("byte 3")), (Some(2), true));
        assert!(decode(vec![b' '; MAX_BYTES + 1]).expect_err("too large").message.contains("at most"));
    }

    #[test]
    fn a_header_stands_between_dashes() {
        let found = header("\n---\na: b\n---\nc").expect("a header");
        assert_eq!((found.text, found.line, found.body), ("a: b\n", 3, "c"));
        assert!(header("---\na: b").is_none());
        assert!(header("---").is_none());
        assert!(header("# a\n---\n---").is_none());
    }
}
