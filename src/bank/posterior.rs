//! Beta posteriors over success rates, and the probability that one rate is higher than another.
//!
//! In: two Beta distributions. Out: `P(x > y)` for independent x and y, by quadrature.
//!
//! The integral is taken over the log-odds `t = ln(x / (1 - x))`, where a Beta density is log-concave,
//! `ln g(t) = -a ln(1 + e^-t) - b ln(1 + e^t) + const`, however small or large its parameters are. The line is
//! cut into panels on which both densities are smooth; on each of them Gauss-Legendre nodes carry the density
//! of one rate and the running integral of the other. Normalisation is numerical as well, so no Gamma function
//! enters and nothing cancels.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Parameters below this are taken as this in [`Beta::probability_greater`]: a discounted parameter decays
/// towards 0, where the density has no limit.
pub const PARAMETER_FLOOR: f64 = 1e-6;
/// Parameters above this are taken as this: at 1e12 the rate is known to six digits.
const PARAMETER_CEILING: f64 = 1e12;

/// A Beta(alpha, beta) distribution over a success rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beta {
    pub alpha: f64,
    pub beta: f64,
}

impl Beta {
    /// The uniform prior Beta(1, 1), from which every version test starts.
    pub const UNIFORM: Beta = Beta { alpha: 1.0, beta: 1.0 };

    /// The mean `alpha / (alpha + beta)`.
    pub fn mean(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// `P(x > y)` for independent `x` of `self` and `y` of `other`, to better than 1e-9 for parameters from 1e-6
    /// to 1e5. Equal distributions give exactly 0.5; the two directions sum to 1 up to rounding.
    pub fn probability_greater(&self, other: &Beta) -> f64 {
        let (x, y) = (LogOdds::new(self), LogOdds::new(other));
        let (mut above, mut below) = (0.0, 0.0);
        let mut sums = Sums::default();
        for (left, right) in panels(&x, &y) {
            let panel = Panel::new(left, right, &x, &y);
            above += panel.product(&panel.x, sums.y, &panel.y);
            below += panel.product(&panel.y, sums.x, &panel.x);
            sums.x += panel.integral(&panel.x);
            sums.y += panel.integral(&panel.y);
        }
        above / (above + below)
    }
}

/// Mass of either density to the left of the current panel (not normalised).
#[derive(Default)]
struct Sums {
    x: f64,
    y: f64,
}

/// The density of the log-odds of a Beta variable, not normalised: 1 at its mode.
struct LogOdds {
    a: f64,
    b: f64,
    at_mode: f64,
    /// Outside of `low..high` the density is under `exp(-CUT)` of its mode.
    low: f64,
    high: f64,
}

/// How far, in natural logarithms below the mode, a density is followed: e^-45 = 3e-20.
const CUT: f64 = 45.0;

impl LogOdds {
    fn new(beta: &Beta) -> LogOdds {
        // max gives the floor for NaN, so no input yields NaN.
        let bounded = |parameter: f64| f64::min(parameter.max(PARAMETER_FLOOR), PARAMETER_CEILING);
        let (a, b) = (bounded(beta.alpha), bounded(beta.beta));
        let mut density = LogOdds { a, b, at_mode: 0.0, low: 0.0, high: 0.0 };
        let mode = (a / b).ln();
        density.at_mode = density.log_density(mode);
        density.low = density.edge(mode, -1.0);
        density.high = density.edge(mode, 1.0);
        density
    }

    /// `ln g(t)`, 0 at the mode.
    fn log_density(&self, t: f64) -> f64 {
        // ln(1 + e^-t) and ln(1 + e^t), without overflow and without loss for large |t|.
        let tail = (-t.abs()).exp().ln_1p();
        let (minus, plus) = if t >= 0.0 { (tail, t + tail) } else { (tail - t, tail) };
        -self.a * minus - self.b * plus - self.at_mode
    }

    /// Where the density falls by `CUT` on the side given by `sign`.
    fn edge(&self, mode: f64, sign: f64) -> f64 {
        let mut width = 1.0;
        while self.log_density(mode + sign * width) > -CUT {
            width *= 2.0;
        }
        let (mut near, mut far) = (0.0, width);
        // A panel criterion follows, so an edge within 1 % is sharp enough.
        while far - near > 0.01 * far {
            let middle = 0.5 * (near + far);
            if self.log_density(mode + sign * middle) > -CUT {
                near = middle;
            } else {
                far = middle;
            }
        }
        mode + sign * far
    }

    /// Whether Gauss-Legendre resolves this density between `left` and `right`. A concave function that strays
    /// from its chord by d in the middle strays by at most 2 d anywhere, so nothing can hide between the points.
    fn smooth_on(&self, left: f64, right: f64) -> bool {
        if right <= self.low || left >= self.high {
            return true;
        }
        let (at_left, at_right) = (self.log_density(left), self.log_density(right));
        let sag = self.log_density(0.5 * (left + right)) - 0.5 * (at_left + at_right);
        // Wide panels must be straight: the bend around t = 0 has width 1 and could be missed.
        let allowed = if right - left > 2.0 { 1e-10 } else { 0.25 };
        (at_right - at_left).abs() <= 6.0 && sag <= allowed
    }
}

/// Cuts the line into panels, left to right, on which both densities are smooth.
fn panels(x: &LogOdds, y: &LogOdds) -> Vec<(f64, f64)> {
    // The ends of either support are cuts, so a panel is inside or outside, never across.
    let mut cuts = [x.low, x.high, y.low, y.high];
    cuts.sort_by(f64::total_cmp);
    let mut pending: Vec<(f64, f64)> = cuts.windows(2).rev().map(|ends| (ends[0], ends[1])).collect();
    let mut done = Vec::new();
    while let Some((left, right)) = pending.pop() {
        let middle = 0.5 * (left + right);
        let divisible = left < middle && middle < right;
        if !divisible || (x.smooth_on(left, right) && y.smooth_on(left, right)) {
            done.push((left, right));
        } else {
            pending.push((middle, right));
            pending.push((left, middle));
        }
    }
    done
}

const NODES: usize = 16;

/// Gauss-Legendre nodes and weights on [-1, 1], and the matrix that integrates the interpolating polynomial
/// from -1 to each node.
struct Rule {
    nodes: [f64; NODES],
    weights: [f64; NODES],
    running: [[f64; NODES]; NODES],
}

static RULE: LazyLock<Rule> = LazyLock::new(Rule::new);

/// The Legendre polynomials `P_0 ..= P_NODES` at `x`.
fn legendre(x: f64) -> [f64; NODES + 1] {
    let mut p = [1.0; NODES + 1];
    p[1] = x;
    for k in 1..NODES {
        let n = k as f64;
        p[k + 1] = ((2.0 * n + 1.0) * x * p[k] - n * p[k - 1]) / (n + 1.0);
    }
    p
}

impl Rule {
    fn new() -> Rule {
        let mut rule = Rule { nodes: [0.0; NODES], weights: [0.0; NODES], running: [[0.0; NODES]; NODES] };
        let n = NODES as f64;
        for i in 0..NODES {
            // Newton's method from Chebyshev's guess converges to rounding in a few steps.
            let mut x = -((i as f64 + 0.75) / (n + 0.5) * std::f64::consts::PI).cos();
            let mut slope = 1.0;
            for _ in 0..10 {
                let p = legendre(x);
                slope = n * (x * p[NODES] - p[NODES - 1]) / (x * x - 1.0);
                x -= p[NODES] / slope;
            }
            rule.nodes[i] = x;
            rule.weights[i] = 2.0 / ((1.0 - x * x) * slope * slope);
        }
        // The cardinal polynomial of node j is w_j sum_k (2k+1)/2 P_k(x_j) P_k(x), and (2k+1) P_k is the
        // derivative of P_{k+1} - P_{k-1}.
        for i in 0..NODES {
            let end = legendre(rule.nodes[i]);
            for j in 0..NODES {
                let at = legendre(rule.nodes[j]);
                let sum: f64 = (1..NODES).map(|k| at[k] * (end[k + 1] - end[k - 1]) / 2.0).sum();
                rule.running[i][j] = rule.weights[j] * ((rule.nodes[i] + 1.0) / 2.0 + sum);
            }
        }
        rule
    }
}

/// Both densities at the nodes of one panel.
struct Panel {
    half: f64,
    x: [f64; NODES],
    y: [f64; NODES],
}

impl Panel {
    fn new(left: f64, right: f64, x: &LogOdds, y: &LogOdds) -> Panel {
        let (middle, half) = (0.5 * (left + right), 0.5 * (right - left));
        let sample = |density: &LogOdds| -> [f64; NODES] {
            if middle < density.low || middle > density.high {
                return [0.0; NODES];
            }
            std::array::from_fn(|i| density.log_density(middle + half * RULE.nodes[i]).exp())
        };
        Panel { half, x: sample(x), y: sample(y) }
    }

    fn integral(&self, density: &[f64; NODES]) -> f64 {
        self.half * density.iter().zip(&RULE.weights).map(|(d, w)| d * w).sum::<f64>()
    }

    /// Integral over the panel of `outer` times the mass of `inner` to the left, of which `before` lies left of
    /// the panel.
    fn product(&self, outer: &[f64; NODES], before: f64, inner: &[f64; NODES]) -> f64 {
        let sum: f64 = (0..NODES)
            .map(|i| {
                let inside: f64 = RULE.running[i].iter().zip(inner).map(|(s, d)| s * d).sum();
                RULE.weights[i] * outer[i] * (before + self.half * inside)
            })
            .sum();
        self.half * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::Distribution;

    fn beta(alpha: f64, beta: f64) -> Beta {
        Beta { alpha, beta }
    }

    /// `P(x > y)` for x of Beta(a, b) and y of Beta(c, d), a and b whole: the sum over i < a of
    /// B(c + i, d + b) / ((b + i) B(1 + i, b) B(c, d)), each term from the one before.
    fn closed_form(x: Beta, y: Beta) -> f64 {
        let (a, b, c, d) = (x.alpha, x.beta, y.alpha, y.beta);
        let mut term: f64 =
            (0..b as u32).map(|j| ((d + f64::from(j)) / (c + d + f64::from(j))).ln()).sum::<f64>().exp();
        let mut sum = 0.0;
        for i in 0..a as u32 {
            let i = f64::from(i);
            sum += term;
            term *= (c + i) / (c + d + b + i) * (b + i) / (i + 1.0);
        }
        sum
    }

    #[test]
    fn agrees_with_the_closed_form() {
        for (a, b, c, d) in [
            (1.0, 1.0, 1.0, 1.0),
            (2.0, 1.0, 1.0, 1.0),
            (3.0, 5.0, 2.0, 7.0),
            (40.0, 60.0, 55.0, 45.0),
            (900.0, 100.0, 880.0, 120.0),
            (2.0, 2000.0, 3.0, 2500.0),
            (3.0, 5.0, 1e-6, 2e-5),
            (4.0, 9.0, 1e-3, 300.5),
            (1.0, 70.0, 0.01, 1e5),
            (5000.0, 3.0, 7e4, 42.125),
        ] {
            let (x, y) = (beta(a, b), beta(c, d));
            let (got, want) = (x.probability_greater(&y), closed_form(x, y));
            assert!((got - want).abs() < 1e-10, "({a} {b}) ({c} {d}): {got} {want}");
        }
    }

    #[test]
    fn known_values() {
        // P(x > y) for y uniform is the mean of x, whatever the parameters of x.
        for (a, b) in [(1e-6, 1e-6), (1e-6, 2e-6), (0.3, 1e-6), (1e-6, 1e5), (1e5, 3e5), (7.5, 0.01), (3e-5, 0.2)] {
            let x = beta(a, b);
            let got = x.probability_greater(&Beta::UNIFORM);
            assert!((got - x.mean()).abs() < 1e-10, "({a} {b}): {got} {}", x.mean());
        }
        assert_eq!(beta(0.02, 71.0).probability_greater(&beta(0.02, 71.0)), 0.5);
        assert!(beta(1e5, 1.0).probability_greater(&beta(1.0, 1e5)) > 1.0 - 1e-12);
    }

    #[test]
    fn agrees_with_monte_carlo() {
        let mut generator = ChaCha8Rng::seed_from_u64(7);
        for (x, y) in [
            (beta(16.0, 4.0), beta(55.0, 57.0)),
            (beta(0.5, 0.7), beta(0.9, 0.2)),
            (beta(20.94, 116.45), beta(0.996, 9.0)),
            (beta(0.01, 3.0), beta(0.02, 5.0)),
        ] {
            let (of_x, of_y) =
                (rand_distr::Beta::new(x.alpha, x.beta).unwrap(), rand_distr::Beta::new(y.alpha, y.beta).unwrap());
            let draws = 200_000;
            let wins: f64 = (0..draws)
                .map(|_| {
                    let (x, y) = (of_x.sample(&mut generator), of_y.sample(&mut generator));
                    if x > y {
                        1.0
                    } else if x == y {
                        0.5
                    } else {
                        0.0
                    }
                })
                .sum();
            let (got, want) = (x.probability_greater(&y), wins / f64::from(draws));
            assert!((got - want).abs() < 5.0 * (0.25 / f64::from(draws)).sqrt(), "{x:?} {y:?}: {got} {want}");
        }
    }

    #[test]
    fn odd_parameters_give_a_probability() {
        for odd in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-300, 1e300] {
            for x in [beta(odd, 1.0), beta(1.0, odd), beta(odd, odd)] {
                let p = x.probability_greater(&beta(2.0, 3.0));
                assert!((0.0..=1.0).contains(&p), "{x:?}: {p}");
            }
        }
    }

    /// Parameters over all scales from 1e-6 to 1e5.
    fn any_beta() -> impl Strategy<Value = Beta> {
        (-6.0..5.0f64, -6.0..5.0f64).prop_map(|(a, b)| beta(10f64.powf(a), 10f64.powf(b)))
    }

    proptest! {
        #[test]
        fn directions_sum_to_one(x in any_beta(), y in any_beta()) {
            let (up, down) = (x.probability_greater(&y), y.probability_greater(&x));
            prop_assert!((up + down - 1.0).abs() < 1e-12, "{up} {down}");
        }

        #[test]
        fn more_successes_never_lower_it(x in any_beta(), y in any_beta(), more in 0.0..5.0f64) {
            let better = beta(x.alpha * (1.0 + more), x.beta);
            prop_assert!(better.probability_greater(&y) >= x.probability_greater(&y) - 1e-10);
            prop_assert!(y.probability_greater(&better) <= y.probability_greater(&x) + 1e-10);
        }

        #[test]
        fn against_uniform_it_is_the_mean(x in any_beta()) {
            prop_assert!((x.probability_greater(&Beta::UNIFORM) - x.mean()).abs() < 1e-9);
        }
    }
}
