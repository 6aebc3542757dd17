//! What the evidence so far says about the size of an effect. In: differences within groups, with their weights, and how much of
//! the past still counts; out: a normal posterior of the effect, and from it the challenger's share of rollouts.

use std::fmt;

use serde::Serialize;

use crate::bank::evidence::Contrast;

/// Before any evidence an effect is taken to be normal about 0 with this standard deviation, in units of the rewards' range.
/// This prior is outside the discount.
pub const PRIOR_SD: f64 = 0.1;
/// The variance of a reward within a group is taken to be this ...
const PRIOR_VARIANCE: f64 = 0.125;
/// ... as strongly as so many degrees of freedom would say it.
const PRIOR_FREEDOM: f64 = 8.0;

/// Sums over groups, each a contrast; the older ones weigh less.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Differences times weights.
    pub difference: f64,
    pub weight: f64,
    pub squares: f64,
    pub freedom: f64,
}

impl Sums {
    /// Takes in one group.
    pub fn add(&mut self, contrast: &Contrast) {
        self.squares += contrast.squares;
        self.freedom += contrast.freedom();
        if let Some(difference) = contrast.difference() {
            self.difference += contrast.weight() * difference;
            self.weight += contrast.weight();
        }
    }

    /// The past times `kept`, and then what came since.
    pub fn discounted(&self, kept: f64, since: &Sums) -> Sums {
        Sums {
            difference: kept * self.difference + since.difference,
            weight: kept * self.weight + since.weight,
            squares: kept * self.squares + since.squares,
            freedom: kept * self.freedom + since.freedom,
        }
    }

    /// The posterior of the effect; `noise` is the variance of one reward within a group.
    pub fn posterior(&self, noise: f64) -> Effect {
        let precision = 1.0 / (PRIOR_SD * PRIOR_SD) + self.weight / noise;
        Effect { mean: self.difference / noise / precision, sd: precision.sqrt().recip() }
    }

    /// The variance of one reward about the mean of its arm in its group.
    pub fn noise(&self) -> f64 {
        (self.squares + PRIOR_VARIANCE * PRIOR_FREEDOM) / (self.freedom + PRIOR_FREEDOM)
    }
}

/// A normal posterior of the challenger's effect, in units of the rewards' range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    pub mean: f64,
    pub sd: f64,
}

impl Effect {
    /// Before any evidence.
    pub const PRIOR: Effect = Effect { mean: 0.0, sd: PRIOR_SD };

    /// `P(effect > bound)`.
    pub fn probability_above(&self, bound: f64) -> f64 {
        normal((self.mean - bound) / self.sd)
    }

    /// The central 95%.
    pub fn interval(&self) -> (f64, f64) {
        (self.mean - 1.96 * self.sd, self.mean + 1.96 * self.sd)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.interval();
        write!(out, "{:+.1} points [{:+.1}, {:+.1}]", 100.0 * self.mean, 100.0 * low, 100.0 * high)
    }
}

/// The standard normal distribution function, from the incomplete gamma function's series and continued fraction
/// (Abramowitz and Stegun 26.2.10 and 26.2.14); absolute error below 1e-12.
fn normal(z: f64) -> f64 {
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let size = z.abs();
    let upper = if size < 4.0 {
        let (mut term, mut sum, mut odd) = (size, size, 1.0);
        while term > 1e-17 * sum {
            odd += 2.0;
            term *= size * size / odd;
            sum += term;
        }
        0.5 - density * sum
    } else {
        // From the inside out; forty steps are enough beyond 4.
        density / (1..=40).rev().fold(size, |tail, k| size + f64::from(k) / tail)
    };
    if z > 0.0 { 1.0 - upper } else { upper }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::evidence::Arm;

    #[test]
    fn normal_of_known_values() {
        for (z, expected) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_9),
            (-1.959_963_984_540_054, 0.025),
            (3.999_9, 0.999_968_315_340_488),
            (-4.000_1, 3.165_786_2e-5),
            (-8.0, 6.220_960_574_271_786e-16),
            (40.0, 1.0),
        ] {
            assert!((normal(z) - expected).abs() < 2e-9, "{z}: {} {expected}", normal(z));
        }
        assert!((normal(-8.0) / 6.220_960_574_271_786e-16 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_difference_of_task_means_cancels() {
        // Two tasks, one always and one never solved, and a third with a difference: only that one speaks.
        let rewards = |new: [f64; 2], old: [f64; 2]| {
            let new = new.map(|r| (Arm::Challenger, r));
            Contrast::new(new.into_iter().chain(old.map(|r| (Arm::Incumbent, r))))
        };
        let mut sums = Sums::default();
        sums.add(&rewards([1.0; 2], [1.0; 2]));
        sums.add(&rewards([0.0; 2], [0.0; 2]));
        assert_eq!(sums.posterior(sums.noise()).mean, 0.0);
        sums.add(&rewards([1.0, 1.0], [0.0, 1.0]));
        assert_eq!((sums.difference, sums.weight, sums.squares, sums.freedom), (0.5, 3.0, 0.5, 6.0));
        let effect = sums.posterior(0.1);
        assert!((effect.mean - 5.0 / 130.0).abs() < 1e-12 && (effect.sd - 130f64.sqrt().recip()).abs() < 1e-12);
        assert!(effect.probability_above(0.0) > 0.5);
    }
}
