//! WebShop's score of a purchase. In: what was asked for, the product bought and the options chosen. Out: 0..=1.
//!
//! score = type * (properties found + options found + [price <= cap]) / (properties + options + 1). Source: the reward of WebShop
//! (Yao et al. 2022, section 3.1 and appendix A). Two things are simpler here: a title's nouns are its words but for those listed in
//! `words.toml`, where the original asks a tagger; and a color is found in an option by whole words, not inside of other words.

use super::catalogue::Product;
use super::goals::Goal;

/// Above this ratio (0..=100) two texts count as the same.
const ALIKE: u32 = 85;

/// Whether two texts count as the same property or option.
pub fn alike(a: &str, b: &str) -> bool {
    token_set_ratio(a, b) > ALIKE
}

/// The likeness of two texts' sets of words, 0..=100: the highest of the ratios between what they share, and what they share
/// followed by what only the one, or only the other has. 100 where one holds all words of the other; 0 where one has no words.
fn token_set_ratio(a: &str, b: &str) -> u32 {
    let (a, b) = (words(a), words(b));
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    let shared: Vec<&String> = a.iter().filter(|word| b.contains(word)).collect();
    let only_a: Vec<&String> = a.iter().filter(|word| !b.contains(word)).collect();
    let only_b: Vec<&String> = b.iter().filter(|word| !a.contains(word)).collect();
    if !shared.is_empty() && (only_a.is_empty() || only_b.is_empty()) {
        return 100;
    }
    let join = |rest: &[&String]| -> Vec<u8> {
        let all: Vec<&str> = shared.iter().chain(rest).map(|word| word.as_str()).collect();
        all.join(" ").into_bytes()
    };
    let (base, a, b) = (join(&[]), join(&only_a), join(&only_b));
    let ratios = [ratio(&base, &a), ratio(&base, &b), ratio(&a, &b)];
    if shared.is_empty() { ratios[2] } else { ratios.into_iter().max().unwrap_or(0) }
}

/// The different words of a text in lower case, sorted; a word is a run of letters and digits.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> =
        (text.split(|c: char| !c.is_alphanumeric())).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Twice the length of the longest common subsequence over both lengths, in percent, rounded: 100 minus the normalised distance of
/// insertions and deletions.
fn ratio(a: &[u8], b: &[u8]) -> u32 {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    (200.0 * row[b.len()] as f64 / (a.len() + b.len()) as f64).round() as u32
}

/// The score of buying the product with these options chosen, 0..=1.
pub fn score(goal: &Goal, wanted: &Product, bought: &Product, chosen: &[&str], colors: &[String]) -> f64 {
    let found = goal.attributes.iter().filter(|attribute| has(bought, attribute)).count();
    let chosen: Vec<&str> = chosen.iter().map(|value| color_of(value, colors)).collect();
    let matches = |asked: &&String| chosen.iter().any(|value| alike(value, color_of(asked, colors)));
    let options = goal.options.iter().filter(matches).count();
    let price = usize::from(bought.price <= goal.cap);
    let asked = goal.attributes.len() + goal.options.len() + 1;
    kind_of_thing(wanted, bought) * (found + options + price) as f64 / asked as f64
}

/// Whether the product has the property, by its list of properties or by its texts.
fn has(product: &Product, attribute: &str) -> bool {
    product.attributes.iter().any(|own| alike(own, attribute)) || product.texts.contains(&attribute.to_lowercase())
}

/// 1 for the kind of thing that was wanted, 0.5 for another, 0.1 or 0 if the titles hardly share a noun.
fn kind_of_thing(wanted: &Product, bought: &Product) -> f64 {
    let shared = bought.nouns.iter().filter(|noun| wanted.nouns.contains(*noun)).count();
    let overlap = if wanted.nouns.is_empty() { 0.2 } else { shared as f64 / wanted.nouns.len() as f64 };
    let in_common = bought.path.iter().filter(|step| wanted.path.contains(step)).count();
    match overlap {
        0.0 => 0.0,
        x if x < 0.1 => 0.1,
        _ if bought.query == wanted.query || in_common >= 2 => 1.0,
        _ => 0.5,
    }
}

/// The first of the colors that is a word of the text; the text itself where none is.
fn color_of<'a>(text: &'a str, colors: &'a [String]) -> &'a str {
    let holds = |color: &&String| text.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case(color));
    colors.iter().find(holds).map_or(text, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_of_sets_of_words() {
        for (a, b, expected) in [
            ("machine wash", "Wash, machine", 100),
            ("long sleeve", "sleeve", 100),
            ("", "sleeve", 0),
            ("?!", "?!", 0),
            ("cotton", "wool", 40),
            // "large 2x" and "large xx": 14 of 16 letters.
            ("2x-large", "xx-large", 88),
            ("side pockets", "cargo pockets", 74),
            ("kitten", "sitting", 62),
        ] {
            assert_eq!(token_set_ratio(a, b), expected, "{a} | {b}");
            assert_eq!(token_set_ratio(b, a), expected, "{b} | {a}");
        }
        assert!(alike("2x-large", "xx-large") && !alike("hand wash", "machine wash"));
    }

    #[test]
    fn a_color_is_a_word_of_its_own() {
        let colors = ["black".to_owned(), "red".to_owned(), "white".to_owned()];
        assert_eq!(color_of("Red | white", &colors), "red");
        assert_eq!(color_of("tempered", &colors), "tempered");
    }

    fn product(title: &str, query: &str, path: &[&str], attributes: &[&str], price: f64) -> Product {
        let list = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect::<Vec<_>>();
        let mut product = Product {
            title: title.to_owned(),
            query: query.to_owned(),
            path: list(path),
            attributes: list(attributes),
            features: vec!["Keeps warm for six hours".to_owned()],
            price,
            ..Product::default()
        };
        product.index(&list(&["with", "classic"]));
        product
    }

    #[test]
    fn scores_by_hand() {
        let mug = product("Tin Travel Mug", "travel mug", &["Kitchen", "Mugs"], &["leak proof"], 20.0);
        let other = product("Classic Travel Mug", "mug", &["Home", "Mugs"], &["flip cap"], 31.0);
        let lamp = product("Travel Lamp with Tin Foot and Many Other Fine Parts of Steel", "lamp", &["Home"], &[], 9.0);
        let sock = product("Sock", "sock", &["Clothing"], &["leak proof"], 9.0);
        let colors = ["black".to_owned(), "red".to_owned()];
        let goal = Goal {
            attributes: vec!["leak proof".to_owned(), "keeps warm".to_owned()],
            options: vec!["red".to_owned(), "12 oz".to_owned()],
            cap: 30.0,
            ..Goal::default()
        };
        let rate = |bought: &Product, chosen: &[&str]| score(&goal, &mug, bought, chosen, &colors);
        assert_eq!(rate(&mug, &["red | green", "12 oz"]), 1.0);
        assert_eq!(rate(&mug, &["black", "12 oz"]), 4.0 / 5.0);
        assert_eq!(rate(&mug, &[]), 3.0 / 5.0);
        // Another query and one common step: half; one property is in its features; too dear.
        assert_eq!(rate(&other, &["red"]), 0.5 * 2.0 / 5.0);
        // Shares "travel" and "tin" of three nouns, but is no mug.
        assert_eq!(rate(&lamp, &[]), 0.5 * 2.0 / 5.0);
        assert_eq!(rate(&sock, &["red", "12 oz"]), 0.0);
        let long =
            product(&format!("Mug {}", "a1 b c d e f g h i j k l m n o".replace(' ', "x ")), "mug", &[], &[], 1.0);
        let many = product("Mug alpha beta gamma delta epsilon zeta eta theta iota kappa", "mug", &[], &[], 1.0);
        let plain = Goal { cap: 2.0, ..Goal::default() };
        assert_eq!(score(&plain, &many, &long, &[], &colors), 0.1);
    }
}
