//! Addresses of documents. In: the URI of an editor; out: the path of a file, and back.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::Uri;

/// The path of a `file:` URI on this machine.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // A host other than this machine names a file that is not here.
    let path = &rest[rest.find('/')?..];
    let host = &rest[..rest.len() - path.len()];
    if !host.is_empty() && host != "localhost" {
        return None;
    }
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let decoded = decode(path)?;
    // `/c:/x` is `c:/x` on Windows.
    let drive =
        decoded.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic) && decoded.as_bytes().get(2) == Some(&b':');
    Some(PathBuf::from(if cfg!(windows) && drive { &decoded[1..] } else { &decoded }))
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (code, after) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// The `file:` URI of a path; `None` if it has no form as text.
pub fn from_path(path: &Path) -> Option<Uri> {
    let text = path.to_str()?.replace('\\', "/");
    let mut uri = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(byte as char),
            letter if letter.is_ascii_alphanumeric() => uri.push(letter as char),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    Uri::from_str(&uri).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_the_way_there_and_back() {
        for path in ["/a b/c.skill", "/ü/שלום/😀.skill", "/100%/#1?.skill"] {
            let uri = from_path(Path::new(path)).expect("text");
            assert_eq!(to_path(&uri).as_deref(), Some(Path::new(path)), "{}", uri.as_str());
        }
    }

    #[test]
    fn other_addresses_are_no_files() {
        for uri in ["untitled:Untitled-1", "file://elsewhere/a", "file:///a%zz", "file:///a%4", "git:/a.skill?x"] {
            let Ok(uri) = Uri::from_str(uri) else { continue };
            assert_eq!(to_path(&uri), None, "{}", uri.as_str());
        }
    }
}
