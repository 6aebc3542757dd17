//! Does a grammar accept a text? In: a grammar as expressions over characters, a text; out: yes or no. Knows nothing of the
//! language, of its parser, or of the exporter: `notation` reads the exported text.
//!
//! An expression at a place of the text has a set of places where it may end; a rule's sets are kept. So every option is
//! followed, as a grammar without order means it.

use std::collections::HashMap;
use std::rc::Rc;

#[derive(Debug, Clone)]
pub enum Node {
    Text(Vec<char>),
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Rule(String),
    Seq(Vec<Node>),
    Either(Vec<Node>),
    Maybe(Box<Node>),
    Many(Box<Node>),
    Some(Box<Node>),
    /// The first, if the second cannot be the same stretch of text.
    Except(Box<Node>, Box<Node>),
    /// Ends only where a word may end.
    Ended(Box<Node>),
}

/// A grammar, with names resolved.
pub struct Grammar {
    rules: Vec<Flat>,
    start: usize,
}

enum Flat {
    Text(Vec<char>),
    Set { negated: bool, ranges: Vec<(char, char)> },
    Rule(usize),
    Seq(Vec<Flat>),
    Either(Vec<Flat>),
    Maybe(Box<Flat>),
    Many(Box<Flat>),
    Some(Box<Flat>),
    Except(Box<Flat>, Box<Flat>),
    Ended(Box<Flat>),
}

type Ends = Rc<Vec<usize>>;

impl Grammar {
    pub fn new(rules: Vec<(String, Node)>, start: &str) -> Grammar {
        let numbers: HashMap<String, usize> = rules.iter().map(|(name, _)| name.clone()).zip(0..).collect();
        assert_eq!(numbers.len(), rules.len(), "two rules have one name");
        let start = numbers[start];
        Grammar { rules: rules.into_iter().map(|(_, node)| flat(node, &numbers)).collect(), start }
    }

    pub fn accepts(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let mut known = Known { rules: &self.rules, ends: vec![None; self.rules.len() * (text.len() + 1)], text };
        known.rule(self.start, 0).last() == Some(&known.text.len())
    }
}

fn flat(node: Node, numbers: &HashMap<String, usize>) -> Flat {
    let one = |node: Box<Node>| Box::new(flat(*node, numbers));
    let all = |nodes: Vec<Node>| nodes.into_iter().map(|n| flat(n, numbers)).collect();
    match node {
        Node::Text(text) => Flat::Text(text),
        Node::Set { negated, ranges } => Flat::Set { negated, ranges },
        Node::Rule(name) => Flat::Rule(*numbers.get(&name).unwrap_or_else(|| panic!("there is no rule {name}"))),
        Node::Seq(nodes) => Flat::Seq(all(nodes)),
        Node::Either(nodes) => Flat::Either(all(nodes)),
        Node::Maybe(node) => Flat::Maybe(one(node)),
        Node::Many(node) => Flat::Many(one(node)),
        Node::Some(node) => Flat::Some(one(node)),
        Node::Except(node, not) => Flat::Except(one(node), one(not)),
        Node::Ended(node) => Flat::Ended(one(node)),
    }
}

struct Known<'g> {
    rules: &'g [Flat],
    /// What a rule may end at, by rule and place.
    ends: Vec<Option<Ends>>,
    text: Vec<char>,
}

impl Known<'_> {
    fn rule(&mut self, rule: usize, at: usize) -> Ends {
        let key = rule * (self.text.len() + 1) + at;
        if let Some(known) = &self.ends[key] {
            return known.clone();
        }
        // A rule that begins with itself would find nothing; none does.
        self.ends[key] = Some(Rc::new(Vec::new()));
        let mut ends = Vec::new();
        let rules = self.rules;
        self.walk(&rules[rule], at, &mut ends);
        ends.sort_unstable();
        ends.dedup();
        let ends = Rc::new(ends);
        self.ends[key] = Some(ends.clone());
        ends
    }

    fn walk(&mut self, node: &Flat, at: usize, ends: &mut Vec<usize>) {
        match node {
            Flat::Text(text) => {
                if self.text[at..].starts_with(text) {
                    ends.push(at + text.len());
                }
            }
            Flat::Set { negated, ranges } => {
                if let Some(character) = self.text.get(at)
                    && *negated != ranges.iter().any(|(from, to)| (from..=to).contains(&character))
                {
                    ends.push(at + 1);
                }
            }
            Flat::Rule(rule) => ends.extend(self.rule(*rule, at).iter()),
            Flat::Seq(nodes) => {
                let mut places = vec![at];
                for node in nodes {
                    let mut next = Vec::new();
                    for place in places {
                        self.walk(node, place, &mut next);
                    }
                    next.sort_unstable();
                    next.dedup();
                    places = next;
                }
                ends.extend(places);
            }
            Flat::Either(nodes) => nodes.iter().for_each(|node| self.walk(node, at, ends)),
            Flat::Maybe(node) => {
                ends.push(at);
                self.walk(node, at, ends);
            }
            Flat::Many(node) => {
                ends.push(at);
                self.repeat(node, at, ends);
            }
            Flat::Some(node) => self.repeat(node, at, ends),
            Flat::Except(node, not) => {
                let (mut fits, mut avoided) = (Vec::new(), Vec::new());
                self.walk(node, at, &mut fits);
                self.walk(not, at, &mut avoided);
                ends.extend(fits.into_iter().filter(|end| !avoided.contains(end)));
            }
            Flat::Ended(node) => {
                let mut fits = Vec::new();
                self.walk(node, at, &mut fits);
                let word = |at: usize| self.text.get(at).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
                ends.extend(fits.into_iter().filter(|end| !(*end > at && word(end - 1) && word(*end))));
            }
        }
    }

    /// One or more.
    fn repeat(&mut self, node: &Flat, at: usize, ends: &mut Vec<usize>) {
        let mut found = std::collections::BTreeSet::new();
        let mut open = vec![at];
        while let Some(place) = open.pop() {
            let mut next = Vec::new();
            self.walk(node, place, &mut next);
            open.extend(next.into_iter().filter(|end| found.insert(*end)));
        }
        ends.extend(found);
    }
}
