//! Products, and the generator of the built-in catalogue. In: the tables, a seed and how many. Out: [`Product`]s in a fixed order.
//!
//! The kinds of product take turns. A kind is filled with families: one brand and style, one value of each aspect, options and a price.
//! The members of a family are near-duplicates that differ in one property, in some options and in the price; two properties stand in
//! the title, the next two in description and first feature, the others in the later features alone.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::data::{Category, Tables};
use crate::world::draw::{pick, seeded};

/// Members of a family, at most.
const FAMILY: usize = 5;
/// Share of products whose price is a range.
const RANGES: f64 = 0.15;
/// Products that are generated, at most: numbers have eight letters, and a catalogue has to fit into memory.
pub const MOST: usize = 200_000;

/// Something to buy.
#[derive(Debug, Clone, Default)]
pub struct Product {
    /// Ten letters and digits, capital.
    pub asin: String,
    /// What splits go by.
    pub category: String,
    /// From the department down to the kind of product.
    pub path: Vec<String>,
    /// What one searches for to find such things.
    pub query: String,
    pub title: String,
    pub description: String,
    pub features: Vec<String>,
    /// Its properties, in lower case.
    pub attributes: Vec<String>,
    /// Name and values of what can be chosen, in lower case.
    pub options: Vec<(String, Vec<String>)>,
    /// As pages show it: `$13.99`, or `$10.99 to $48.0`.
    pub price_tag: String,
    /// What is paid, in dollars.
    pub price: f64,
    /// Title, features and description in lower case; filled by [`Product::index`], as the next.
    pub texts: String,
    pub nouns: BTreeSet<String>,
}

impl Product {
    /// Fills what the score looks at. `not_nouns`: words of a title that name no thing, in lower case.
    pub fn index(&mut self, not_nouns: &[String]) {
        self.texts = format!("{}\n{}\n{}", self.title, self.features.join(" "), self.description).to_lowercase();
        let noun = |word: &String| {
            word.chars().count() >= 2 && !word.chars().any(char::is_numeric) && !not_nouns.contains(word)
        };
        let words = self.title.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase);
        self.nouns = words.filter(noun).collect();
    }

    /// What the search goes by: title, description, first feature and options.
    pub fn searched(&self) -> String {
        let mut text = format!("{} {} {}", self.title, self.description, self.features.first().map_or("", |f| f));
        for (name, values) in &self.options {
            text = format!("{text} {name} {}", values.join(" "));
        }
        text
    }
}

/// A price as pages show it.
pub fn dollars(price: f64) -> String {
    format!("${price:?}")
}

/// Words that are no nouns: those listed, styles and colors, in lower case.
pub fn not_nouns(tables: &Tables) -> Vec<String> {
    let words = &tables.words;
    [&words.not_nouns, &words.styles, &words.base_colors].into_iter().flatten().map(|w| w.to_lowercase()).collect()
}

/// The catalogue.
pub fn generate(tables: &Tables, seed: u64, products: usize) -> Vec<Product> {
    let kinds: Vec<(&String, &Category, &String)> = (tables.categories.iter())
        .flat_map(|(name, category)| category.products.iter().map(move |product| (name, category, product)))
        .collect();
    let not_nouns = not_nouns(tables);
    let mut catalogue = Vec::with_capacity(products);
    for (kind, &(name, category, product)) in kinds.iter().enumerate() {
        let share = products / kinds.len() + usize::from(kind < products % kinds.len());
        let rng = &mut seeded(seed, "products", kind as u64, 0);
        let mut left = share;
        while left > 0 {
            let members = rng.random_range(2..=FAMILY).min(left);
            family(tables, name, category, product, members, rng, &mut catalogue);
            left -= members;
        }
    }
    let rng = &mut seeded(seed, "numbers", 0, 0);
    catalogue.shuffle(rng);
    let mut taken = BTreeSet::new();
    for product in &mut catalogue {
        while product.asin.is_empty() || !taken.insert(product.asin.clone()) {
            let letter = |_| char::from(*b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".choose(rng).unwrap_or(&b'0'));
            product.asin = format!("B0{}", (0..8).map(letter).collect::<String>());
        }
        product.index(&not_nouns);
    }
    catalogue
}

/// One brand's versions of one product.
fn family(
    tables: &Tables,
    name: &str,
    category: &Category,
    product: &str,
    members: usize,
    rng: &mut ChaCha8Rng,
    catalogue: &mut Vec<Product>,
) {
    let words = &tables.words;
    let brand = pick(&words.brands, rng);
    let style = pick(&words.styles, rng);
    let mut aspects: Vec<&Vec<String>> = category.aspects.iter().map(|aspect| &words.aspects[aspect]).collect();
    aspects.shuffle(rng);
    let values: Vec<&String> = aspects.iter().map(|values| pick(values, rng)).collect();
    let [low, high] = category.price;
    // Prices are spread evenly over orders of magnitude, as in shops.
    let price = low * (high / low).powf(rng.random::<f64>());
    let shown = rng.random_range(0..words.features.len());
    for member in 0..members {
        let mut own = values.clone();
        if member > 0 {
            let at = rng.random_range(0..own.len());
            own[at] = pick(aspects[at], rng);
        }
        let feature = |(i, a): (usize, &&String)| {
            let template = &words.features[(shown + i) % words.features.len()];
            capital(&template.replace("{a}", a).replace("{p}", product))
        };
        let (title, rest) = own.split_at(2);
        let mut features: Vec<String> = rest.iter().enumerate().map(feature).collect();
        // The third property is what the first feature says; the description tells of the first and the fourth.
        let told = rest.get(1).unwrap_or(&rest[0]);
        let description = format!(
            "This {product} by {brand} has {} and {told}. {}",
            title[0],
            pick(&words.descriptions, rng).replace("{p}", product)
        );
        features.push(format!("{style} {product}"));
        let options = category.options.iter().map(|option| {
            let kind = &words.options[option];
            let count = rng.random_range(kind.count[0]..=kind.count[1]);
            let mut at: Vec<usize> = (0..kind.values.len()).collect();
            at.shuffle(rng);
            at.truncate(count);
            at.sort_unstable();
            (kind.name.clone(), at.into_iter().map(|i| kind.values[i].clone()).collect::<Vec<_>>())
        });
        let options: Vec<_> = options.collect();
        let low = cents(price * rng.random_range(0.8..1.25), rng);
        let (price, price_tag) = if rng.random_bool(RANGES) {
            // A dollar more at least, whatever the endings.
            let high = cents(low * rng.random_range(1.5..3.0) + 1.0, rng);
            let paid = (100.0 * rng.random_range(low..high)).round() / 100.0;
            (paid, format!("{} to {}", dollars(low), dollars(high)))
        } else {
            (low, dollars(low))
        };
        let path = category.path.iter().chain([&name.to_owned(), &product.to_owned()]).cloned().collect();
        catalogue.push(Product {
            category: name.to_owned(),
            path,
            query: product.to_owned(),
            title: format!("{brand} {style} {} {} - {}", capitals(title[0]), capitals(product), capitals(title[1])),
            description,
            features,
            attributes: own.into_iter().cloned().collect(),
            options,
            price_tag,
            price,
            ..Product::default()
        });
    }
}

/// A price that ends as prices do.
fn cents(dollars: f64, rng: &mut ChaCha8Rng) -> f64 {
    let ending = *[0.99, 0.99, 0.95, 0.49, 0.25].choose(rng).unwrap_or(&0.99);
    (100.0 * (dollars.floor().max(1.0) + ending)).round() / 100.0
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn capitals(text: &str) -> String {
    text.split(' ').map(capital).collect::<Vec<_>>().join(" ")
}
