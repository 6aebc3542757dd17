//! Searches that are offered to a policy that chooses from a list. In: an instruction. Out: a few queries made of its words alone.

/// Queries, at most.
const MOST: usize = 8;

/// The wish; the wish with each option, and with all of them; its last three and two words, which mostly name the thing. In lower
/// case, none twice, and at least one unless the instruction has no word.
pub fn queries(instruction: &str) -> Vec<String> {
    let text = instruction.to_lowercase().replace(['[', ']'], " ");
    let text = text.trim();
    let text = text.strip_prefix("find me ").unwrap_or(text);
    let text = text.split(", and price lower than").next().unwrap_or(text);
    let (mut wish, mut options) = (Vec::new(), Vec::new());
    for part in text.split(", ") {
        match part.rsplit_once(": ") {
            None => wish.push(part),
            Some((before, value)) => {
                options.push(value.trim());
                // "…, with color: red": what stands before the option's name is a part of the wish.
                if let Some((before, _)) = before.rsplit_once(" with ") {
                    wish.push(before);
                }
            }
        }
    }
    let wish: Vec<&str> = wish.iter().flat_map(|part| part.split_whitespace()).map(trimmed).collect();
    let last = |count: usize| wish[wish.len().saturating_sub(count)..].join(" ");
    let all = wish.join(" ");
    let mut found = vec![all.clone()];
    found.extend(options.iter().map(|option| format!("{all} {option}")));
    found.push(format!("{all} {}", options.join(" ")));
    found.extend([last(3), last(2)]);
    let mut distinct: Vec<String> = Vec::new();
    for query in found {
        let query = query.trim();
        if !query.is_empty() && !distinct.iter().any(|known| known == query) {
            distinct.push(query.to_owned());
        }
    }
    distinct.truncate(MOST);
    distinct
}

fn trimmed(word: &str) -> &str {
    word.trim_end_matches(['.', ',', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_made_of_the_instruction() {
        let said = "Find me machine wash men's shorts, with color: black, and size: 3x-large, and price lower than 40.00 dollars";
        assert_eq!(
            queries(said),
            [
                "machine wash men's shorts",
                "machine wash men's shorts black",
                "machine wash men's shorts 3x-large",
                "machine wash men's shorts black 3x-large",
                "wash men's shorts",
                "men's shorts",
            ]
        );
        let said = "Find me wash cold, cotton t-shirts with heathers with color: navy, and fit type: women";
        assert_eq!(queries(said)[0], "wash cold cotton t-shirts with heathers");
        assert_eq!(queries(said)[3], "wash cold cotton t-shirts with heathers navy women");
        assert_eq!(queries("Find me mug, and price lower than 20.00 dollars"), ["mug"]);
        assert_eq!(queries("i need [two] mugs."), ["i need two mugs", "need two mugs", "two mugs"]);
        assert!(queries("").is_empty() && queries(" , ").is_empty());
    }
}
