//! Random programs as `.skill` text: a small vocabulary with every kind of declaration, and skills that use it in every
//! way the language has.

mod condition;
mod domain;
mod odd;
mod skill;

use super::play;
use crate::lang::diagnostics::render;
use crate::scribe::Scribe;
use rand::RngExt;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use reskill::episode::Trajectory;
use reskill::lang::check::{SourceFile, check};
use reskill::lang::checked::Checked;

/// A sound program, of whose files the first has its only domain.
#[derive(Debug, Clone)]
pub struct Sound {
    pub files: Vec<SourceFile>,
    pub checked: Checked,
}

/// Programs whose episodes may have more facts than are remembered: that takes the specification long.
fn floods(seed: u64) -> bool {
    seed % 40 == 39
}

pub fn program(seed: u64) -> Sound {
    let mut generator = Generator {
        rng: ChaCha8Rng::seed_from_u64(seed),
        words: domain::words(),
        locals: 0,
        stock: Vec::new(),
        consequences: Vec::new(),
        floods: floods(seed),
    };
    let mut complaints = String::new();
    for _ in 0..20 {
        generator.stock.clear();
        generator.consequences.clear();
        let domain = generator.domain();
        let bank = generator.bank();
        let files = vec![SourceFile::new("domain.skill", domain), SourceFile::new("bank.skill", bank)];
        let analysis = check(&files);
        if !analysis.has_errors() {
            return Sound { files, checked: analysis.checked };
        }
        let errors = analysis.errors().map(|f| (&files[f.file].text, &f.diagnostic));
        complaints = errors.map(|(text, d)| render(text, [d])).collect();
    }
    panic!("seed {seed}: no sound program in twenty tries; of the last: {complaints}");
}

/// Episode `number` of a program: half of them are played in the toy world, the others are made of the program's own patterns.
pub fn episode(checked: &Checked, seed: u64, number: u64) -> Trajectory {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number + 1);
    match rng.random_bool(0.5) {
        true => play::episode(&mut rng, floods(seed)),
        false => {
            let steps = if rng.random_bool(0.2) { 20 } else { 8 };
            Scribe::new(&checked.domains[0], steps, Box::new(|below| rng.random_range(0..below.max(1)))).episode()
        }
    }
}

/// A program's files and its first episode.
pub fn case(seed: u64) -> (Vec<SourceFile>, Trajectory) {
    let Sound { files, checked } = program(seed);
    let trajectory = episode(&checked, seed, 0);
    (files, trajectory)
}

/// A name and the types of its parameters.
type Signature = (&'static str, &'static [&'static str]);

/// What may be named at a place of a program: the domain's vocabulary, and inside a skill its own besides.
#[derive(Clone, Default)]
struct Words {
    events: Vec<Signature>,
    /// The events that an action can be.
    actions: Vec<Signature>,
    fluents: Vec<Signature>,
    tasks: Vec<Signature>,
    tables: Vec<Signature>,
    defines: Vec<Signature>,
    /// Names of kind groups.
    groups: Vec<&'static str>,
}

/// Variables in scope: names with their types. A name always has the same type, so that branches can share it.
type Scope = Vec<(String, &'static str)>;

struct Generator {
    rng: ChaCha8Rng,
    words: Words,
    /// Names given to the own variables of quantifiers and lists so far.
    locals: usize,
    /// Conditions of this bank over the domain's words, each with what was in scope before and after it.
    stock: Vec<(Scope, String, Scope)>,
    /// What assertions of this bank demand of the bindings of their guards.
    consequences: Vec<(Scope, String)>,
    /// Counts go up to where what is remembered ends.
    floods: bool,
}

impl Generator {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.choose(&mut self.rng).expect("a list with elements")
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    /// A name that nothing else has.
    fn local(&mut self) -> String {
        self.locals += 1;
        format!("u{}", self.locals)
    }
}

/// Names of variables by type.
fn pool(ty: &str) -> &'static [&'static str] {
    match ty {
        "item" => &["x", "r", "y", "z"],
        "kind" => &["k", "l"],
        "number" => &["n", "m"],
        "money" => &["a", "b"],
        "list" => &["xs", "ys"],
        "word" => &["w", "v"],
        "words" => &["t", "s"],
        "code" => &["c", "d"],
        "tag" => &["g", "h"],
        _ => &["line"],
    }
}

fn is_number(ty: &str) -> bool {
    matches!(ty, "number" | "money")
}

/// Types that `is` compares.
fn is_wordy(ty: &str) -> bool {
    matches!(ty, "item" | "kind" | "word" | "words" | "code" | "tag")
}

/// Variables of the types that fit.
fn of_types(scope: &Scope, fits: impl Fn(&str) -> bool) -> Vec<String> {
    scope.iter().filter(|(_, ty)| fits(ty)).map(|(name, _)| name.clone()).collect()
}
