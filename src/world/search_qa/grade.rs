//! Exact match. In: two answers. Out: whether they are the same after the usual normalisation (SQuAD's: lower case, no punctuation, no
//! articles, single spaces).

/// Whether the given answer is one of the expected ones.
pub fn right(given: &str, expected: &[String]) -> bool {
    let given = normal(given);
    expected.iter().any(|answer| normal(answer) == given)
}

/// The normalised text.
pub fn normal(text: &str) -> String {
    let bare: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let words: Vec<&str> = bare.split_whitespace().filter(|word| !["a", "an", "the"].contains(word)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_without_case_punctuation_and_articles() {
        let expected = ["The Silent Harbour".to_owned(), "2,300".to_owned()];
        for given in ["the silent harbour", " Silent   Harbour. ", "A silent harbour!", "2300"] {
            assert!(right(given, &expected), "{given}");
        }
        for given in ["", "Silent Harbours", "Silent Harbour in 1920", "2 300", "theatre"] {
            assert!(!right(given, &expected), "{given}");
        }
    }
}
