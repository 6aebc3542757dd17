//! A demonstrator. In: a visit and the actions left. Out: the next action as text.
//!
//! It knows what products are scored by. It takes the offered query that brings the best purchase up, at the top of the list if several
//! do, opens that product, chooses the options that were asked for and buys. When actions run out, it buys what it looks at.

use super::Shared;
use super::game::{PAGE, Page, RESULTS, Visit};
use super::score::{alike, score};
use crate::world::WorldError;

/// Plans for one decision.
pub struct Expert<'a> {
    pub shared: &'a Shared,
    pub visit: &'a Visit,
    /// Actions left, this one included.
    pub left: usize,
}

/// A product that could be bought, and what it would score.
#[derive(Debug, Clone, Copy)]
struct Chance {
    score: f64,
    /// Place in the list, from 0.
    rank: usize,
    product: usize,
}

impl Expert<'_> {
    /// The next action; none where nothing can be done.
    ///
    /// # Errors
    /// Those of the search.
    pub fn next(&self) -> Result<Option<String>, WorldError> {
        let click = |what: &str| Some(format!("click[{what}]"));
        Ok(match self.visit.page {
            Page::End(_) => None,
            Page::Search => self.best_query()?.map(|query| format!("search[{query}]")),
            Page::Results(page) => {
                let Some(best) = self.best(&self.visit.found) else { return Ok(click("back to search")) };
                if best.score < 1.0 && self.left > 10 {
                    let other = self.best_query()?.map(|query| self.search(&query)).transpose()?;
                    if other.and_then(|found| self.best(&found)).is_some_and(|other| other.score > best.score) {
                        return Ok(click("back to search"));
                    }
                }
                match (best.rank / PAGE).cmp(&page) {
                    std::cmp::Ordering::Less => click("< prev"),
                    std::cmp::Ordering::Greater => click("next >"),
                    std::cmp::Ordering::Equal => click(&self.shared.products[best.product].asin.to_ascii_lowercase()),
                }
            }
            Page::Item(product, _) => {
                let options = self.options(product);
                let open = options.iter().find(|option| !self.visit.chosen.contains(option));
                let best = self.best(&self.visit.found).map_or(product, |best| best.product);
                if best != product && self.left > 8 {
                    click("< prev")
                } else if let Some(&(option, value)) = open.filter(|_| self.left > 1) {
                    click(&self.shared.products[product].options[option].1[value])
                } else {
                    click("buy now")
                }
            }
            Page::Sub(..) => click("< prev"),
        })
    }

    fn search(&self, query: &str) -> Result<Vec<usize>, WorldError> {
        self.shared.index.search(query, RESULTS)
    }

    /// Of the queries on offer, the one with the best chance.
    fn best_query(&self) -> Result<Option<String>, WorldError> {
        let mut best: Option<(Chance, &String)> = None;
        for query in self.visit.queries() {
            if let Some(chance) = self.best(&self.search(query)?)
                && best.is_none_or(|(known, _)| chance.beats(known))
            {
                best = Some((chance, query));
            }
        }
        // Where no query brings anything up, any is as good.
        Ok(best.map(|(_, query)| query).or(self.visit.queries().first()).cloned())
    }

    /// Of a list, the product with the highest score, the first of several.
    fn best(&self, found: &[usize]) -> Option<Chance> {
        let mut best: Option<Chance> = None;
        for (rank, &product) in found.iter().enumerate() {
            let chance = Chance { score: self.score(product), rank, product };
            if best.is_none_or(|known| chance.beats(known)) {
                best = Some(chance);
            }
            if chance.score >= 1.0 {
                break;
            }
        }
        best
    }

    /// What the product scores with the options that it would choose.
    fn score(&self, product: usize) -> f64 {
        let Shared { products, colors, .. } = self.shared;
        let goal = &self.visit.goal;
        let options = &products[product].options;
        let chosen: Vec<&str> = self.options(product).into_iter().map(|(o, v)| options[o].1[v].as_str()).collect();
        score(goal, &products[goal.product], &products[product], &chosen, colors)
    }

    /// The options to choose, by position: for each value that was asked for the same value, or else one that counts as the same.
    fn options(&self, product: usize) -> Vec<(usize, usize)> {
        let options = &self.shared.products[product].options;
        let mut out: Vec<(usize, usize)> = Vec::new();
        for asked in &self.visit.goal.options {
            let find = |same: &dyn Fn(&str) -> bool| {
                options
                    .iter()
                    .enumerate()
                    .find_map(|(option, (_, values))| Some((option, values.iter().position(|value| same(value))?)))
            };
            if let Some(place) = find(&|value| value == asked).or_else(|| find(&|value| alike(value, asked)))
                && !out.iter().any(|known| known.0 == place.0)
            {
                out.push(place);
            }
        }
        out
    }
}

impl Chance {
    fn beats(self, other: Chance) -> bool {
        self.score > other.score || (self.score == other.score && self.rank < other.rank)
    }
}
