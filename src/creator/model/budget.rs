//! What a run has used of its budget. In: the calls so far, and what a server says it counted; out: whether another call fits, and
//! counts that a lying server cannot bend far.

use super::config::ModelConfig;
use super::fault::Fault;
use super::wire::Said;

/// Used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    pub calls: u64,
    /// Sent, and come back.
    pub tokens: [u64; 2],
}

impl Spent {
    pub fn add(&mut self, tokens: [u64; 2]) {
        self.calls += 1;
        self.tokens = [0, 1].map(|at| self.tokens[at].saturating_add(tokens[at]));
    }

    /// In the unit of the prices.
    pub fn cost(&self, config: &ModelConfig) -> f64 {
        (self.tokens[0] as f64 * config.price_in + self.tokens[1] as f64 * config.price_out) / 1e6
    }

    /// Whether a call of about `tokens` fits in as well, its reply being as long as it may.
    ///
    /// # Errors
    /// What is used up.
    pub fn allows(&self, tokens: u64, config: &ModelConfig) -> Result<(), Fault> {
        let mut then = *self;
        then.add([tokens, config.max_tokens]);
        let used = |what: String| Err(Fault::Budget { what });
        if then.calls > config.max_calls {
            return used(format!("{} of creator.model.max_calls = {}", self.calls, config.max_calls));
        }
        let total = then.tokens[0].saturating_add(then.tokens[1]);
        if total > config.max_tokens_total {
            let now = self.tokens[0].saturating_add(self.tokens[1]);
            let most = config.max_tokens_total;
            return used(format!(
                "{now} tokens of creator.model.max_tokens_total = {most}, the next call might take {}",
                total - now
            ));
        }
        if then.cost(config) > config.max_cost {
            let (now, most) = (self.cost(config), config.max_cost);
            return used(format!("{now:.4} of creator.model.max_cost = {most}, and the next call might go beyond it"));
        }
        Ok(())
    }
}

/// Tokens of a text, roughly: no tokenizer that is in use makes much more of it.
pub fn estimate(text: &str) -> u64 {
    (text.len() as u64).div_ceil(3)
}

/// Tokens sent and come back: the server's counts where they can be true, else estimates. True is, for what was sent, between a
/// sixteenth of the bytes and all of them with what a chat's frame adds; for the reply at least a sixteenth, and at most what was
/// asked for (a model may think more than it says).
pub(super) fn counts(asked: &str, said: &Said, max_tokens: u64) -> [u64; 2] {
    let frame = 512;
    let sane = |count: Option<u64>, text: &str, most: u64| {
        let bytes = text.len() as u64;
        count.filter(|count| *count >= bytes / 16 && *count <= most && *count > 0).unwrap_or_else(|| estimate(text))
    };
    let sent = sane(said.tokens[0], asked, asked.len() as u64 + frame);
    let back = sane(said.tokens[1], &said.text, max_tokens.max(said.text.len() as u64) + frame);
    [sent, back]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lying_count_is_not_believed() {
        let asked = "x".repeat(3000);
        let said = |tokens| Said { text: "y".repeat(300), cut: false, tokens };
        assert_eq!(counts(&asked, &said([Some(800), Some(90)]), 1000), [800, 90]);
        assert_eq!(counts(&asked, &said([Some(0), Some(0)]), 1000), [1000, 100]);
        assert_eq!(counts(&asked, &said([Some(u64::MAX), Some(1_000_000)]), 1000), [1000, 100]);
        assert_eq!(counts(&asked, &said([None, Some(1000)]), 1000), [1000, 1000]);
    }

    #[test]
    fn each_limit_ends_it() {
        let config = ModelConfig { max_tokens: 100, max_calls: 2, max_tokens_total: 1000, ..ModelConfig::default() };
        let mut spent = Spent::default();
        assert!(spent.allows(800, &config).is_ok());
        let told = spent.allows(901, &config).expect_err("too many tokens").to_string();
        assert!(told.contains("max_tokens_total"), "{told}");
        let dear = ModelConfig { price_in: 1e4, price_out: 1e5, max_cost: 9.0, ..config.clone() };
        assert!(spent.allows(1, &dear).expect_err("too dear").to_string().contains("max_cost"));
        spent.add([1, 1]);
        spent.add([1, 1]);
        assert!(spent.allows(1, &config).expect_err("too many calls").to_string().contains("max_calls"));
    }
}
