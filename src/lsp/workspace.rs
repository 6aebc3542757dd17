//! The documents that the server knows: those that are open in the editor, and the other `.skill` files of their folders. In:
//! what the editor says and what the disk holds; out: documents by folder. What is open counts, whatever is on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use lsp_types::{Position, Range, TextDocumentContentChangeEvent, Uri};

use super::piece::{Piece, cut};
use super::place::Lines;
use super::uri;
use crate::lang::names::index::{Index, Unit};
use crate::lang::span::Span;

/// Files of a folder are read up to this many bytes together; beyond it only the open ones and `domain.skill` count.
const MAX_FOLDER: u64 = 16 << 20;

/// Where a document is: files of one folder are checked together, anything else is alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub folder: String,
    name: String,
}

impl Key {
    pub fn of(address: &Uri) -> Key {
        let parts = uri::to_path(address)
            .and_then(|path| Some((path.parent()?.to_str()?.to_owned(), path.file_name()?.to_str()?.to_owned())));
        match parts {
            Some((folder, name)) => Key { folder, name },
            None => Key { folder: address.as_str().to_owned(), name: String::new() },
        }
    }
}

/// One text.
#[derive(Debug)]
pub struct Document {
    pub uri: Uri,
    /// Of an open document, as the editor counts.
    pub version: Option<i32>,
    pub text: String,
    pub lines: Lines,
    /// The items with their first byte.
    pub pieces: Vec<(usize, Rc<Piece>)>,
}

impl Document {
    fn new(uri: Uri, version: Option<i32>, text: String, before: Option<&Document>) -> Document {
        let pieces = cut(&text, before.map_or(&[], |document| document.pieces.as_slice()));
        Document { lines: Lines::new(&text), uri, version, text, pieces }
    }

    pub fn offset(&self, position: Position) -> usize {
        self.lines.offset(&self.text, position)
    }

    /// The place of bytes of a piece that begins at `base`.
    pub fn range(&self, base: usize, span: Span) -> Range {
        let moved = Span::new(base + span.start as usize, base + span.end as usize);
        self.lines.range(&self.text, moved)
    }

    /// The piece around a byte, by its position in [`Document::pieces`].
    pub fn piece_at(&self, offset: usize) -> usize {
        self.pieces.partition_point(|(start, _)| *start <= offset).saturating_sub(1)
    }

    /// Whether a domain stands in it.
    pub fn has_domain(&self) -> bool {
        self.pieces.iter().any(|(_, piece)| piece.has_domain())
    }
}

/// All documents.
#[derive(Debug, Default)]
pub struct Workspace {
    documents: BTreeMap<Key, Document>,
}

impl Workspace {
    pub fn get(&self, key: &Key) -> Option<&Document> {
        self.documents.get(key)
    }

    pub fn open(&mut self, address: Uri, version: i32, text: String) -> Key {
        let key = Key::of(&address);
        let document = Document::new(address, Some(version), text, self.documents.get(&key));
        self.documents.insert(key.clone(), document);
        self.refresh(&key.folder);
        key
    }

    /// Applies changes, one after the other. A change of an unknown document is none.
    pub fn change(&mut self, address: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>) -> Option<Key> {
        let key = Key::of(address);
        let before = self.documents.get(&key).filter(|d| d.version.is_some())?;
        let mut text = before.text.clone();
        for change in changes {
            let Some(range) = change.range else {
                text = change.text;
                continue;
            };
            let lines = Lines::new(&text);
            let (from, to) = (lines.offset(&text, range.start), lines.offset(&text, range.end));
            text.replace_range(from.min(to)..from.max(to), &change.text);
        }
        let document = Document::new(before.uri.clone(), Some(version), text, Some(before));
        self.documents.insert(key.clone(), document);
        Some(key)
    }

    /// From now on the file's own text counts.
    pub fn close(&mut self, address: &Uri) -> Key {
        let key = Key::of(address);
        self.documents.remove(&key);
        self.refresh(&key.folder);
        key
    }

    /// Reads what has changed on the disk in a folder.
    pub fn refresh(&mut self, folder: &str) {
        let any_open = self.documents.iter().any(|(k, d)| k.folder == folder && d.version.is_some());
        let files = if any_open { files(Path::new(folder)) } else { Vec::new() };
        let known: Vec<Key> =
            self.of_folder(folder).filter(|(_, d)| d.version.is_none()).map(|(k, _)| k.clone()).collect();
        let mut current = BTreeMap::new();
        for path in files {
            let Some(address) = uri::from_path(&path) else { continue };
            let key = Key::of(&address);
            if self.documents.get(&key).is_some_and(|d| d.version.is_some()) {
                continue;
            }
            // A file that cannot be read, or is no text, is `check`'s business.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            // An editor shows a file without its byte order mark.
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            let before = self.documents.get(&key);
            if before.is_none_or(|d| d.text != text) {
                let document = Document::new(address, None, text, before);
                self.documents.insert(key.clone(), document);
            }
            current.insert(key, ());
        }
        for gone in known.into_iter().filter(|key| !current.contains_key(key)) {
            self.documents.remove(&gone);
        }
    }

    /// The documents of a folder, in order of their names.
    pub fn of_folder(&self, folder: &str) -> impl Iterator<Item = (&Key, &Document)> {
        let folder = folder.to_owned();
        let first = Key { folder: folder.clone(), name: String::new() };
        self.documents.range(first..).take_while(move |(key, _)| key.folder == folder)
    }

    /// All pieces of a folder: the units that are checked and searched together.
    pub fn units(&self, folder: &str) -> Vec<UnitOf<'_>> {
        self.of_folder(folder)
            .flat_map(|(key, document)| {
                document.pieces.iter().map(move |(base, piece)| UnitOf { key, document, base: *base, piece })
            })
            .collect()
    }
}

/// A piece with the document it stands in.
#[derive(Clone, Copy)]
pub struct UnitOf<'w> {
    pub key: &'w Key,
    pub document: &'w Document,
    pub base: usize,
    pub piece: &'w Rc<Piece>,
}

impl UnitOf<'_> {
    pub fn range(&self, span: Span) -> Range {
        self.document.range(self.base, span)
    }
}

/// A place in a document, with everything that can be asked about it.
pub struct Site<'w> {
    pub units: Vec<UnitOf<'w>>,
    pub index: Index<'w>,
    pub unit: Unit,
    /// The byte in the unit's text.
    pub at: usize,
}

impl<'w> Site<'w> {
    pub fn new(workspace: &'w Workspace, address: &Uri, position: Position) -> Option<Site<'w>> {
        let key = Key::of(address);
        let document = workspace.get(&key)?;
        let units = workspace.units(&key.folder);
        let index = Index::new(units.iter().map(|u| u.piece.names()).collect());
        let offset = document.offset(position);
        let piece = document.piece_at(offset);
        let first = units.iter().position(|u| *u.key == key)?;
        let unit = first + piece;
        let at = offset - units.get(unit)?.base;
        Some(Site { units, index, unit, at })
    }

    pub fn here(&self) -> &UnitOf<'w> {
        &self.units[self.unit]
    }
}

/// The `.skill` files of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    let mut bytes = 0;
    for path in entries.filter_map(|entry| entry.ok().map(|e| e.path())) {
        if path.extension().is_some_and(|e| e == "skill")
            && let Ok(about) = fs::metadata(&path)
            && about.is_file()
        {
            bytes += about.len();
            found.push(path);
        }
    }
    if bytes > MAX_FOLDER {
        found.retain(|path| path.file_name().is_some_and(|name| name == "domain.skill"));
    }
    found.sort();
    found
}
