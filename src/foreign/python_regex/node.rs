//! The pieces of an expression and how they are written. In: pieces; out: text of the `regex` crate.

use super::{Parsed, unsupported};

pub(super) type Branches = Vec<Vec<Piece>>;

/// A part of a sequence, and how often it stands there.
pub(super) struct Piece {
    pub node: Node,
    pub repeat: Option<String>,
}

pub(super) enum Node {
    /// Written already; one unit to a repetition.
    Text(String),
    /// A place, not a text.
    At(&'static str),
    /// `$`: the end, or before a line break that ends the text.
    End,
    /// `open` is the bracket with its flags.
    Group { open: &'static str, branches: Branches },
}

/// `last`: nothing but the end of the expression comes after.
pub(super) fn write_branches(branches: &[Vec<Piece>], last: bool, out: &mut String) -> Parsed<()> {
    for (n, pieces) in branches.iter().enumerate() {
        if n > 0 {
            out.push('|');
        }
        for (at, piece) in pieces.iter().enumerate() {
            let last = last && pieces[at + 1..].iter().all(|p| matches!(p.node, Node::End));
            write_piece(piece, last, out)?;
        }
    }
    Ok(())
}

fn write_piece(piece: &Piece, last: bool, out: &mut String) -> Parsed<()> {
    match &piece.node {
        Node::Text(text) => out.push_str(text),
        Node::At(text) => out.push_str(text),
        // Where nothing follows, a line break before the end may as well be taken.
        Node::End if last => out.push_str(r"\n?\z"),
        Node::End => return unsupported("`$` with something after it"),
        Node::Group { open, branches } => {
            out.push_str(open);
            write_branches(branches, last && piece.repeat.is_none(), out)?;
            out.push(')');
        }
    }
    out.push_str(piece.repeat.as_deref().unwrap_or_default());
    Ok(())
}

/// A character outside brackets. Slashes end an expression in a declaration.
pub(super) fn write_literal(c: char, out: &mut String) {
    match c {
        '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '/' => {
            out.push('\\');
            out.push(c);
        }
        other => write_plain(other, out),
    }
}

/// A character inside brackets.
pub(super) fn write_in_class(c: char, out: &mut String) {
    match c {
        '\\' | '[' | ']' | '^' | '-' | '&' | '~' | '/' => {
            out.push('\\');
            out.push(c);
        }
        other => write_plain(other, out),
    }
}

fn write_plain(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str(r"\n"),
        '\r' => out.push_str(r"\r"),
        '\t' => out.push_str(r"\t"),
        c if c.is_control() => out.push_str(&format!(r"\x{{{:x}}}", u32::from(c))),
        c => out.push(c),
    }
}
