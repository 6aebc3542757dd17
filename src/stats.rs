//! Small statistics. In: counts, values; out: 95% intervals. And numbers drawn by hash: in: a hash of a purpose and a place; out: a
//! uniform number.

/// Wilson's score interval (1927) at 95% for `hits` of `tries`; all of 0..1 without tries.
pub fn wilson(hits: u64, tries: u64) -> (f64, f64) {
    if tries == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.959_963_984_540_054;
    let n = tries as f64;
    let p = hits as f64 / n;
    let middle = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - spread) / scale).max(0.0), ((middle + spread) / scale).min(1.0))
}

/// A uniform number in [0, 1) from a hash: for draws that depend on a purpose and a place alone, whatever was drawn before.
pub fn uniform(hash: &blake3::Hash) -> f64 {
    let bytes = hash.as_bytes();
    // A hash has 32 bytes.
    let first = u64::from_le_bytes(std::array::from_fn(|at| bytes[at]));
    // 53 bits: every uniform f64 of this grid in [0, 1) is exact.
    (first >> 11) as f64 / (1u64 << 53) as f64
}

/// 97.5% quantiles of Student's t for 1 to 30 degrees of freedom.
const T: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// The mean of values and its 95% interval by Student's t; no interval for fewer than two values. Beyond 31 values the
/// quantile is that of 31, which is a little wide.
pub fn mean_interval(values: &[f64]) -> (f64, Option<(f64, f64)>) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let Some(freedom) = values.len().checked_sub(1).filter(|freedom| *freedom > 0) else { return (mean, None) };
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / freedom as f64;
    let half = T[freedom.min(T.len()) - 1] * (variance / n).sqrt();
    (mean, Some((mean - half, mean + half)))
}

#[cfg(test)]
mod tests {
    use super::{mean_interval, wilson};

    #[test]
    fn student_matches_a_worked_case() {
        // Five values with standard deviation sqrt(2.5).
        let (mean, interval) = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let (low, high) = interval.expect("five values");
        assert!((mean - 3.0).abs() < 1e-12 && (low - 1.0368).abs() < 1e-3 && (high - 4.9632).abs() < 1e-3);
        assert_eq!(mean_interval(&[2.0]), (2.0, None));
    }

    #[test]
    fn wilson_matches_a_worked_case() {
        let (low, high) = wilson(8, 10);
        assert!((low - 0.490_162).abs() < 1e-5 && (high - 0.943_318).abs() < 1e-5, "{low} {high}");
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert!(wilson(0, 5).0.abs() < 1e-12 && wilson(5, 5).1 > 1.0 - 1e-12);
    }
}
