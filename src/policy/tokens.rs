//! Words of world texts and their places in the policy's fixed vocabulary.
//!
//! In: any text. Out: its words (lower case) and numbers in order; a vocabulary id per word. Ids are hashed, so a policy
//! never meets an unknown word and no vocabulary has to be built or stored; two words share an id with probability 1/8100.

/// Ids a token may have: `0..VOCABULARY`.
pub const VOCABULARY: usize = 8192;

/// The id that a dropped word turns into during behaviour cloning.
pub const UNKNOWN: u16 = 0;

/// Words that carry grammar, not content. Their ids are their positions here plus one, below every hashed id.
const FUNCTION_WORDS: [&str; 58] = [
    "a", "about", "an", "and", "are", "around", "as", "at", "be", "been", "but", "by", "can", "contains", "do", "does",
    "for", "from", "has", "have", "here", "in", "into", "is", "it", "its", "no", "not", "of", "off", "on", "onto",
    "or", "out", "over", "s", "see", "some", "t", "task", "that", "the", "them", "then", "there", "this", "to",
    "under", "up", "was", "were", "which", "will", "with", "you", "your", "using", "used",
];

/// Words that end one argument of a command and begin the next: `take MUG 1 from SHELF 2`.
const ARGUMENT_BREAKS: [&str; 14] =
    ["in", "on", "into", "onto", "from", "with", "to", "at", "under", "using", "over", "for", "off", "out"];

/// A token of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// A run of letters and digits with at least one letter, in lower case.
    Word(&'a str),
    /// A run of digits.
    Number(&'a str),
}

/// Calls `each` with the tokens of `text` in order; `buffer` is scratch space. Everything but letters and digits separates.
pub fn tokenize(text: &str, buffer: &mut String, mut each: impl FnMut(Token<'_>)) {
    for run in text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        if run.bytes().all(|b| b.is_ascii_digit()) {
            each(Token::Number(run));
        } else if run.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            each(Token::Word(run));
        } else {
            buffer.clear();
            buffer.extend(run.chars().flat_map(char::to_lowercase));
            each(Token::Word(buffer));
        }
    }
}

/// The vocabulary id of a lower-case word.
pub fn word_id(word: &str) -> u16 {
    if let Some(position) = FUNCTION_WORDS.iter().position(|f| *f == word) {
        return 1 + position as u16;
    }
    // FNV-1a, then a finalizer so that the low bits depend on every byte.
    let mut hash = word.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^= hash >> 32;
    let first = 1 + FUNCTION_WORDS.len();
    (first + (hash % (VOCABULARY - first) as u64) as usize) as u16
}

/// Whether an id belongs to a content word (anything that is not a function word).
pub fn is_content(id: u16) -> bool {
    usize::from(id) > FUNCTION_WORDS.len()
}

/// Whether a word separates the arguments of a command.
pub fn is_argument_break(word: &str) -> bool {
    ARGUMENT_BREAKS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let (mut buffer, mut out) = (String::new(), Vec::new());
        tokenize(text, &mut buffer, |token| match token {
            Token::Word(w) => out.push(w.to_string()),
            Token::Number(n) => out.push(format!("#{n}")),
        });
        out
    }

    #[test]
    fn words_and_numbers() {
        assert_eq!(tokens("Put the Mug 12 in/on shelf2."), ["put", "the", "mug", "#12", "in", "on", "shelf2"]);
        assert_eq!(tokens("click[b09QCP]; $13.99"), ["click", "b09qcp", "#13", "#99"]);
        assert_eq!(tokens("ÉCLAIR — ok"), ["éclair", "ok"]);
        assert!(tokens(" .,").is_empty());
    }

    #[test]
    fn ids_are_fixed_and_in_range() {
        // Checkpoints depend on these values; they were also computed apart from this program.
        assert_eq!((word_id("a"), word_id("used")), (1, 58));
        assert_eq!((word_id("mug"), word_id("fridge")), (1753, 5977));
        assert!(is_content(word_id("mug")) && !is_content(word_id("from")) && !is_content(UNKNOWN));
        for i in 0..20_000 {
            let id = word_id(&format!("w{i}"));
            assert!(usize::from(id) < VOCABULARY && is_content(id));
        }
    }
}
