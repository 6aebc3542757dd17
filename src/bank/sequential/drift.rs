//! How the policy moves under a test. In: the divergence of successive policies and what the incumbent's rollouts came to; out:
//! how much of the evidence of earlier steps still counts.
//!
//! Two things are watched. The divergence KL(before || after) of each update, on states of the step, discounts smoothly:
//! a step weighs `exp(-divergence since / memory)`. And a generalised likelihood ratio (Lorden 1971; Siegmund 1985) on the
//! incumbent's mean reward a group finds the moment at which it changed at once; evidence from before it does not count.

/// A change of the incumbent's success must be this many nats more likely than none (z = 4.2 at its best moment).
const CHANGE_NATS: f64 = 9.0;
/// Groups on either side of a change, at the least.
const CHANGE_GROUPS: f64 = 16.0;

/// The incumbent's means of one step's groups.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Means {
    pub groups: f64,
    pub sum: f64,
    pub squares: f64,
}

impl Means {
    pub fn add(&mut self, mean: f64) {
        self.groups += 1.0;
        self.sum += mean;
        self.squares += mean * mean;
    }

    fn plus(self, other: &Means) -> Means {
        Means { groups: self.groups + other.groups, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }
}

/// The weight of the evidence of earlier steps after an update that moved the policy by `divergence` nats.
pub fn kept(divergence: f64, memory: f64) -> f64 {
    (-divergence / memory).exp()
}

/// The step, counted from 0, before which the incumbent's success was another; `None` if it did not change abruptly.
pub fn change(steps: &[Means]) -> Option<usize> {
    let total = steps.iter().fold(Means::default(), Means::plus);
    let mut before = Means::default();
    let mut best = (CHANGE_NATS, None);
    for (index, step) in steps.iter().enumerate() {
        let after = total.groups - before.groups;
        if before.groups >= CHANGE_GROUPS && after >= CHANGE_GROUPS {
            let (first, second) = (before.sum / before.groups, (total.sum - before.sum) / after);
            let within = total.squares - before.groups * first * first - after * second * second;
            // Group means of rewards in 0..1 have a variance of at least a hundredth, or there is no change to speak of.
            let variance = (within / total.groups).max(0.01);
            let nats = 0.5 * (second - first).powi(2) / (variance * (1.0 / before.groups + 1.0 / after));
            if nats > best.0 {
                best = (nats, Some(index));
            }
        }
        before = before.plus(step);
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen groups whose means spread evenly over 0..1, moved towards `mean`.
    fn step(mean: f64) -> Means {
        let mut means = Means::default();
        for i in 0..16 {
            means.add((mean + (f64::from(i) - 7.5) / 20.0).clamp(0.0, 1.0));
        }
        means
    }

    #[test]
    fn an_abrupt_change_is_dated_and_a_slow_one_is_not() {
        let abrupt: Vec<Means> = (0..12).map(|i| step(if i < 7 { 0.4 } else { 0.75 })).collect();
        assert_eq!(change(&abrupt), Some(7));
        assert_eq!(change(&abrupt[..7]), None);
        let slow: Vec<Means> = (0..15).map(|i| step(0.5 + 0.01 * f64::from(i))).collect();
        assert_eq!(change(&slow), None);
        assert_eq!(change(&[]), None);
    }

    #[test]
    fn half_of_the_evidence_is_left_after_ln_2_memories() {
        assert_eq!(kept(0.0, 0.5), 1.0);
        assert!((kept(0.5 * 2f64.ln(), 0.5) - 0.5).abs() < 1e-12);
    }
}
