//! Evidence that may be looked at after every step: the wealth of a bettor against a hypothesis.
//!
//! In: gains, whose conditional mean is at most 0 if the hypothesis holds. Out: the wealth of somebody who began with 1 and
//! bet fixed fractions on them. If the hypothesis holds the wealth is a nonnegative supermartingale, so it ever reaches
//! 1/alpha with probability at most alpha, whenever and however often one looks (Ville 1939). Betting on bounded means:
//! Waudby-Smith and Ramdas, *Estimating means of bounded random variables by betting*, JRSS B 86 (2024), section 4.
//!
//! The stake is spread over fractions, as the best one depends on the unknown effect, and over moments of entering: part of
//! it waits and is bet from a later step on, for effects that come with the policy's drift. When and how much is settled
//! before the step's outcomes are seen, which is all that the bound asks for.

/// Fractions of the wealth that are bet on each gain.
const FRACTIONS: [f64; 4] = [0.2, 0.45, 0.7, 0.95];
/// How the stake is spread over them; sums to 1.
const SPREAD: [f64; 4] = [0.2, 0.3, 0.3, 0.2];
/// Gains are at least this, so no bet can lose everything.
pub const LEAST_GAIN: f64 = -1.0;

/// The wealth of one bettor.
#[derive(Debug, Clone, PartialEq)]
pub struct Wealth {
    /// The part of the stake that waits.
    waiting: f64,
    bets: Vec<Bet>,
}

/// What was bet from one moment on.
#[derive(Debug, Clone, PartialEq)]
struct Bet {
    stake: f64,
    /// Logarithms of what each fraction has made of 1.
    logs: [f64; FRACTIONS.len()],
}

impl Wealth {
    /// Bets all but `reserve` from the first gain on.
    pub fn new(reserve: f64) -> Wealth {
        Wealth { waiting: reserve, bets: vec![Bet { stake: 1.0 - reserve, logs: [0.0; FRACTIONS.len()] }] }
    }

    /// Lets this share of what waits enter; to be called before the gains that decide its fate are seen.
    pub fn enter(&mut self, share: f64) {
        let stake = self.waiting * share;
        if stake > 0.0 {
            self.waiting -= stake;
            self.bets.push(Bet { stake, logs: [0.0; FRACTIONS.len()] });
        }
    }

    /// Takes in one gain, at least [`LEAST_GAIN`].
    pub fn gain(&mut self, gain: f64) {
        debug_assert!(gain >= LEAST_GAIN);
        let growth = FRACTIONS.map(|fraction| (fraction * gain).ln_1p());
        for bet in &mut self.bets {
            for (log, growth) in bet.logs.iter_mut().zip(growth) {
                *log += growth;
            }
        }
    }

    /// The natural logarithm of the wealth.
    pub fn log(&self) -> f64 {
        let parts = || {
            let bets = self.bets.iter();
            bets.flat_map(|bet| bet.logs.iter().zip(SPREAD).map(|(log, spread)| log + (bet.stake * spread).ln()))
        };
        // The largest term is taken out, so that nothing overflows.
        let top = parts().fold(self.waiting.ln(), f64::max);
        top + (parts().map(|part| (part - top).exp()).sum::<f64>() + (self.waiting.ln() - top).exp()).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn wealth_begins_at_one_and_grows_by_its_fractions() {
        let mut wealth = Wealth::new(0.1);
        assert!(wealth.log().abs() < 1e-12);
        wealth.gain(0.5);
        let expected: f64 = 0.1 + 0.9 * FRACTIONS.iter().zip(SPREAD).map(|(f, s)| s * (1.0 + f * 0.5)).sum::<f64>();
        assert!((wealth.log() - expected.ln()).abs() < 1e-12);
        wealth.enter(0.5);
        let before = wealth.log();
        wealth.gain(0.0);
        assert_eq!(wealth.log(), before);
        for _ in 0..100_000 {
            wealth.gain(1.0);
        }
        assert!(wealth.log() > 50_000.0 && wealth.log().is_finite());
        assert!((SPREAD.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    /// Ville's bound where the hypothesis holds, with a look after every gain and stakes that enter at the worst moment
    /// one can choose without seeing the future: when the last gains were good.
    #[test]
    fn it_seldom_reaches_twenty_by_luck() {
        let (runs, mut reached) = (4000, 0);
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        for _ in 0..runs {
            let mut wealth = Wealth::new(0.2);
            let mut last = 0.0;
            for _ in 0..300 {
                wealth.enter(if last > 0.5 { 0.3 } else { 0.0 });
                // Skewed, mean 0: 1 with probability 1/5, else -1/4.
                last = if rng.random::<f64>() < 0.2 { 1.0 } else { -0.25 };
                wealth.gain(last);
                if wealth.log() >= 20f64.ln() {
                    reached += 1;
                    break;
                }
            }
        }
        // The bound is 5 %; three standard errors above it.
        assert!(f64::from(reached) / f64::from(runs) < 0.0604, "{reached} of {runs}");
    }
}
