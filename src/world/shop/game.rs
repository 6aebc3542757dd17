//! One visit to the shop. In: actions as text. Out: pages in WebShop's words, what can be clicked, and the purchase.
//!
//! An action that is not possible on the page changes nothing; options stay chosen on a product's pages and are forgotten when a
//! product is opened from the list.

use super::catalogue::Product;
use super::goals::Goal;
use super::query::queries;
use crate::world::WorldError;
use crate::world::retrieval::Retrieval;

/// Results of a search, at most.
pub const RESULTS: usize = 50;
/// Products on a page of results.
pub const PAGE: usize = 10;

const BUY: &str = "buy now";
const BACK: &str = "back to search";
const NEXT: &str = "next >";
const PREV: &str = "< prev";

/// The pages about a product beside its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sub {
    Description,
    Features,
    Reviews,
}

const SUBS: [(Sub, &str); 3] =
    [(Sub::Description, "description"), (Sub::Features, "features"), (Sub::Reviews, "reviews")];

/// What is on show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Search,
    /// A page of the results, from 0.
    Results(usize),
    /// A product, by its position, and the page of results that it was opened from.
    Item(usize, usize),
    Sub(Sub, usize, usize),
    /// Bought.
    End(usize),
}

/// A visit.
pub struct Visit {
    pub goal: Goal,
    pub page: Page,
    /// What the last search found, best first.
    pub found: Vec<usize>,
    /// Of the product on show: (option, value) by position, in the order in which they were chosen first.
    pub chosen: Vec<(usize, usize)>,
    /// What is offered on the search page.
    queries: Vec<String>,
}

impl Visit {
    pub fn new(goal: Goal) -> Visit {
        let queries = queries(&goal.sentence);
        Visit { goal, page: Page::Search, found: Vec::new(), chosen: Vec::new(), queries }
    }

    /// The queries that are offered.
    pub fn queries(&self) -> &[String] {
        &self.queries
    }

    /// The values chosen on the product.
    pub fn values<'a>(&self, product: &'a Product) -> Vec<&'a str> {
        self.chosen.iter().map(|&(option, value)| product.options[option].1[value].as_str()).collect()
    }

    /// Does what the action says, if it can be done.
    ///
    /// # Errors
    /// Those of [`Retrieval::search`].
    pub fn act(&mut self, products: &[Product], index: &Retrieval, action: &str) -> Result<(), WorldError> {
        let action = action.trim();
        let Some((verb, rest)) = action.split_once('[') else { return Ok(()) };
        let Some(argument) = rest.strip_suffix(']').map(str::trim) else { return Ok(()) };
        if verb.trim().eq_ignore_ascii_case("search") {
            if self.page == Page::Search && !argument.is_empty() {
                self.found = index.search(argument, RESULTS)?;
                self.page = Page::Results(0);
            }
        } else if verb.trim().eq_ignore_ascii_case("click") {
            self.click(products, &argument.to_lowercase());
        }
        Ok(())
    }

    fn click(&mut self, products: &[Product], what: &str) {
        self.page = match (self.page, what) {
            (Page::End(_) | Page::Search, _) => return,
            (_, BACK) => Page::Search,
            (Page::Results(page), NEXT) if self.has_next(page) => Page::Results(page + 1),
            (Page::Results(page), PREV) if page > 0 => Page::Results(page - 1),
            (Page::Results(page), _) => {
                let Some(&product) = self.on(page).iter().find(|&&p| products[p].asin.eq_ignore_ascii_case(what))
                else {
                    return;
                };
                self.chosen.clear();
                Page::Item(product, page)
            }
            (Page::Item(_, page), PREV) => Page::Results(page),
            (Page::Item(product, _), BUY) => Page::End(product),
            (Page::Item(product, page), _) => {
                if let Some(&(sub, _)) = SUBS.iter().find(|sub| sub.1 == what) {
                    Page::Sub(sub, product, page)
                } else {
                    self.choose(&products[product], what);
                    return;
                }
            }
            (Page::Sub(_, product, page), PREV) => Page::Item(product, page),
            (Page::Sub(..), _) => return,
        };
    }

    /// Chooses a value; one of the same option that was chosen before no longer is.
    fn choose(&mut self, product: &Product, what: &str) {
        let place = |(option, values): (usize, &(String, Vec<String>))| {
            Some((option, values.1.iter().position(|value| value == what)?))
        };
        if let Some((option, value)) = product.options.iter().enumerate().find_map(place) {
            match self.chosen.iter_mut().find(|chosen| chosen.0 == option) {
                Some(chosen) => chosen.1 = value,
                None => self.chosen.push((option, value)),
            }
        }
    }

    /// The products on a page of results.
    pub fn on(&self, page: usize) -> &[usize] {
        let from = (page * PAGE).min(self.found.len());
        &self.found[from..(from + PAGE).min(self.found.len())]
    }

    fn has_next(&self, page: usize) -> bool {
        self.found.len() > (page + 1) * PAGE
    }

    /// The page as text; `score` is shown after the purchase.
    pub fn text(&self, products: &[Product], score: f64) -> String {
        if let Page::End(_) = self.page {
            return format!(
                "Thank you for shopping with us! [SEP] Your code: [SEP] None [SEP] Your score (min 0.0, max 1.0) [SEP] {score:?}"
            );
        }
        let mut out = String::with_capacity(1024);
        let mut say = |part: &str| {
            if !out.is_empty() {
                out.push_str(" [SEP] ");
            }
            out.push_str(part);
        };
        if self.page == Page::Search {
            say("WebShop");
        }
        say("Instruction:");
        say(&self.goal.sentence);
        say(if self.page == Page::Search { "Search" } else { "Back to Search" });
        match self.page {
            Page::Search | Page::End(_) => {}
            Page::Results(page) => {
                say(&format!("Page {} (Total results: {})", page + 1, self.found.len()));
                if page > 0 {
                    say("< Prev");
                }
                if self.has_next(page) {
                    say("Next >");
                }
                for &product in self.on(page) {
                    let Product { asin, title, price_tag, .. } = &products[product];
                    [asin, title, price_tag].into_iter().for_each(|part| say(part));
                }
            }
            Page::Item(product, _) => {
                let product = &products[product];
                say("< Prev");
                for (name, values) in &product.options {
                    say(name);
                    values.iter().for_each(|value| say(value));
                }
                say(&product.title);
                say(&format!("Price: {}", product.price_tag));
                ["Rating: N.A.", "Description", "Features", "Reviews", "Buy Now"].into_iter().for_each(&mut say);
            }
            Page::Sub(sub, product, _) => {
                let product = &products[product];
                say("< Prev");
                match sub {
                    Sub::Description if product.description.is_empty() => {}
                    Sub::Description => say(&product.description),
                    Sub::Features => product.features.iter().for_each(|feature| say(feature)),
                    Sub::Reviews => {}
                }
            }
        }
        out
    }

    /// What can be done: on the search page the queries that are offered, elsewhere the clicks in the order of the page; none twice.
    pub fn admissible(&self, products: &[Product]) -> Vec<String> {
        let mut out: Vec<String> = Vec::with_capacity(16);
        let mut click = |what: &str| {
            let action = format!("click[{what}]");
            if !out.contains(&action) {
                out.push(action);
            }
        };
        match self.page {
            Page::End(_) => {}
            Page::Search => return self.queries.iter().map(|query| format!("search[{query}]")).collect(),
            Page::Results(page) => {
                click(BACK);
                if page > 0 {
                    click(PREV);
                }
                if self.has_next(page) {
                    click(NEXT);
                }
                self.on(page).iter().for_each(|&product| click(&products[product].asin.to_ascii_lowercase()));
            }
            Page::Item(product, _) => {
                [BACK, PREV].into_iter().for_each(&mut click);
                products[product].options.iter().flat_map(|option| &option.1).for_each(|value| click(value));
                SUBS.iter().for_each(|sub| click(sub.1));
                click(BUY);
            }
            Page::Sub(..) => [BACK, PREV].into_iter().for_each(click),
        }
        out
    }
}
