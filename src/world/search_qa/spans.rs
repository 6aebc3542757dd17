//! What a policy that chooses from a list is offered. In: the question and the passages seen. Out: searches and answers made of these
//! texts alone, none twice, [`MOST`] at most.

use super::facts::Passage;

/// Searches and answers, at most.
pub const MOST: usize = 40;
/// Of these, searches.
const SEARCHES: usize = 20;

/// Words that begin no name.
const FUNCTION_WORDS: [&str; 50] = [
    "a", "an", "and", "are", "as", "at", "be", "been", "both", "by", "did", "do", "does", "for", "from", "had", "has",
    "have", "he", "his", "her", "how", "if", "in", "is", "it", "its", "many", "much", "of", "on", "or", "she", "that",
    "the", "their", "there", "they", "this", "to", "was", "were", "what", "when", "where", "which", "who", "whom",
    "whose", "with",
];

fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Runs of capitalised words (also across "of"), and numbers, as they stand in the text.
pub fn spans(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    // Start and end of the run so far, in bytes.
    let mut run: Option<(usize, usize)> = None;
    let mut close = |run: &mut Option<(usize, usize)>| {
        if let Some((start, end)) = run.take() {
            out.push(&text[start..end]);
        }
    };
    for (start, word) in words(text) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let Some(offset) = word.find(bare).filter(|_| !bare.is_empty()) else {
            close(&mut run);
            continue;
        };
        let (start, end) = (start + offset, start + offset + bare.len());
        let name = bare.starts_with(|c: char| c.is_uppercase());
        if offset > 0 || bare.starts_with(|c: char| c.is_numeric()) {
            close(&mut run);
        }
        if bare.starts_with(|c: char| c.is_numeric()) {
            run = Some((start, end));
            close(&mut run);
        } else if name && !(run.is_none() && is_function_word(bare)) {
            run = Some((run.map_or(start, |run| run.0), end));
        } else if bare != "of" {
            close(&mut run);
        }
        if start + bare.len() < start - offset + word.len() {
            close(&mut run);
        }
    }
    close(&mut run);
    out
}

/// Words with their places in bytes.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// The question's words in small letters that say something.
fn content_words(question: &str) -> Vec<&str> {
    let bare = |word: &'_ str| -> bool { word.starts_with(char::is_lowercase) && !is_function_word(word) };
    let words = question.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    words.filter(|word| bare(word)).collect()
}

/// The actions to choose from. `seen`: passages, those of the latest search first.
pub fn actions(question: &str, seen: &[&Passage]) -> Vec<String> {
    let names: Vec<&str> = spans(question);
    let content = content_words(question);
    let mut found: Vec<&str> = Vec::new();
    for passage in seen {
        found.push(&passage.title);
        found.extend(spans(&passage.text));
    }
    let numeric = |span: &str| span.starts_with(|c: char| c.is_numeric());
    let mut out: Vec<String> = Vec::new();
    let mut add = |action: String, most: usize| {
        if out.len() < most && !out.contains(&action) {
            out.push(action);
        }
    };
    let search = |query: &str| format!("<search>{query}</search>");
    for name in &names {
        add(search(name), SEARCHES);
    }
    for name in &names {
        if let Some(nearest) = content.last() {
            add(search(&format!("{name} {nearest}")), SEARCHES);
        }
    }
    if !content.is_empty() {
        add(search(&[&content[..], &names[..]].concat().join(" ")), SEARCHES);
    }
    // Half of the rest for what was found alone, then the same with what the question asks of it.
    let known = |span: &&&str| !numeric(span) && !names.contains(span);
    for span in found.iter().filter(known).take(SEARCHES) {
        add(search(span), SEARCHES - 3);
    }
    if let Some(asked) = content.first() {
        for span in found.iter().filter(known).take(3) {
            add(search(&format!("{span} {asked}")), SEARCHES);
        }
    }
    let answer = |text: &str| format!("<answer>{text}</answer>");
    let first = question.split_whitespace().next().unwrap_or("").to_lowercase();
    if ["are", "were", "is", "was", "did", "do", "does", "has", "have", "can"].contains(&first.as_str()) {
        ["yes", "no"].into_iter().for_each(|verdict| add(answer(verdict), MOST));
    }
    if question.contains(" or ") {
        names.iter().for_each(|name| add(answer(name), MOST));
    }
    for span in found.iter().filter(|span| !names.contains(span)) {
        add(answer(span), MOST);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_found() {
        let text = "The teacher of Maron Velsky was Ilda; it has 2,300 rooms (since 1819) in the University of Brenholm. Its mayor?";
        assert_eq!(spans(text), ["Maron Velsky", "Ilda", "2,300", "1819", "University of Brenholm"]);
        assert_eq!(spans("Who was born first, Maron Velsky or Émile?"), ["Maron Velsky", "Émile"]);
        assert!(spans("of the ... and").is_empty() && spans("").is_empty());
        assert_eq!(content_words("Who is the mayor of the birthplace of Ilda?"), ["mayor", "birthplace"]);
    }

    #[test]
    fn actions_come_from_the_texts() {
        let question = "Who is the mayor of the birthplace of Ilda Quorn?";
        assert_eq!(
            actions(question, &[]),
            [
                "<search>Ilda Quorn</search>",
                "<search>Ilda Quorn birthplace</search>",
                "<search>mayor birthplace Ilda Quorn</search>",
            ]
        );
        let seen =
            Passage { title: "Ilda Quorn".to_owned(), text: "Ilda Quorn was born in Alvarra in 1819.".to_owned() };
        let offered = actions(question, &[&seen]);
        for action in ["<search>Alvarra</search>", "<search>Alvarra mayor</search>", "<answer>1819</answer>"] {
            assert!(offered.iter().any(|a| a == action), "{offered:?}");
        }
        assert!(!offered.contains(&"<answer>Ilda Quorn</answer>".to_owned()));
        let both = actions("Are Alvarra and Brenholm both in Cormania?", &[]);
        assert!(
            both.contains(&"<answer>yes</answer>".to_owned()) && both.contains(&"<search>Brenholm</search>".to_owned())
        );
        let choice = actions("Which is older, Iron Gallery or Quorn Gallery?", &[]);
        assert!(choice.contains(&"<answer>Iron Gallery</answer>".to_owned()));
    }
}
