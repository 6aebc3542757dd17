//! Retrieval by BM25. In: texts; out: for a query, the positions of those that match best.
//!
//! The index is one segment in memory, written by one thread, and equal scores go by position: the same texts and query always
//! give the same answer.

use std::collections::BTreeSet;

use tantivy::collector::TopDocs;
use tantivy::directory::RamDirectory;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{Index, Searcher, TantivyDocument, TantivyError, Term};

use super::WorldError;

/// Memory for writing, in bytes; more than the largest built-in world needs.
const WRITER_MEMORY: usize = 256 << 20;
/// Different words of a query that are looked up, at most, so that no query takes long.
const MAX_WORDS: usize = 64;

/// An index over some texts.
pub struct Retrieval {
    searcher: Searcher,
    words: TextAnalyzer,
    text: Field,
}

impl Retrieval {
    /// Indexes the texts, in their order. A word is a run of letters and digits, in lower case, of at most 40 bytes.
    ///
    /// # Errors
    /// [`WorldError::Data`] if the library cannot hold the texts.
    pub fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Retrieval, WorldError> {
        let build = || -> Result<Retrieval, TantivyError> {
            let mut schema = Schema::builder();
            let indexing =
                TextFieldIndexing::default().set_tokenizer("default").set_index_option(IndexRecordOption::WithFreqs);
            let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
            let builder = Index::builder().schema(schema.build());
            let mut writer = builder.single_segment_index_writer(RamDirectory::create(), WRITER_MEMORY)?;
            for one in texts {
                let mut document = TantivyDocument::default();
                document.add_text(text, one.as_ref());
                writer.add_document(document)?;
            }
            let index = writer.finalize()?;
            Ok(Retrieval { words: index.tokenizer_for_field(text)?, searcher: index.reader()?.searcher(), text })
        };
        build().map_err(|error| WorldError::Data { file: "search index".to_owned(), message: error.to_string() })
    }

    /// The positions of the texts that share a word with the query, best first, `most` at most.
    ///
    /// # Errors
    /// [`WorldError::Data`] if the library fails at reading its own index.
    pub fn search(&self, query: &str, most: usize) -> Result<Vec<usize>, WorldError> {
        let mut words = BTreeSet::new();
        let mut tokenizer = self.words.clone();
        let mut stream = tokenizer.token_stream(query);
        while words.len() < MAX_WORDS && stream.advance() {
            words.insert(stream.token().text.clone());
        }
        if most == 0 || words.is_empty() {
            return Ok(Vec::new());
        }
        let term = |word: String| -> (Occur, Box<dyn Query>) {
            let term = Term::from_field_text(self.text, &word);
            (Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)))
        };
        let query = BooleanQuery::new(words.into_iter().map(term).collect());
        let found = self.searcher.search(&query, &TopDocs::with_limit(most).order_by_score());
        let found =
            found.map_err(|error| WorldError::Data { file: "search index".to_owned(), message: error.to_string() })?;
        // There is one segment, so a document's number is its position.
        Ok(found.into_iter().map(|(_, address)| address.doc_id as usize).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarer_word_counts_more_and_ties_go_by_position() {
        let texts = ["red shirt", "blue shirt", "red shirt", "green socks", "a shirt, a shirt and a hat"];
        let index = Retrieval::new(texts).unwrap();
        assert_eq!(index.search("Red SHIRT!", 10).unwrap(), [0, 2, 1, 4]);
        assert_eq!(index.search("socks shirt", 1).unwrap(), [3]);
        for nothing in ["", "?!", "trousers"] {
            assert!(index.search(nothing, 10).unwrap().is_empty());
        }
        assert!(index.search("shirt", 0).unwrap().is_empty());
        assert!(Retrieval::new([""; 0]).unwrap().search("shirt", 3).unwrap().is_empty());
        assert_eq!(index.search(&format!("{} red", "word ".repeat(100_000)), 1).unwrap(), [0]);
    }
}
