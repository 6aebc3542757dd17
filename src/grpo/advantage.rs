//! Advantages of GRPO: how much better a rollout was than the others of its group.
//!
//! In: the returns of one group. Out: an advantage each.

/// Keeps the division finite where all returns are equal; the reference's value.
const EPSILON: f64 = 1e-6;

/// `(return - mean) / (std + 1e-6)` within one group, with the sample deviation (n - 1) as `torch.std` has it, which the
/// reference implementation uses. Void rollouts (`None`) take no part and get no advantage; with fewer than two rollouts
/// left there is nothing to compare with, and the advantage is 0.
pub fn advantages(returns: &[Option<f64>]) -> Vec<Option<f64>> {
    let valid: Vec<f64> = returns.iter().flatten().copied().collect();
    if valid.len() < 2 {
        return returns.iter().map(|r| r.map(|_| 0.0)).collect();
    }
    let mean = valid.iter().sum::<f64>() / valid.len() as f64;
    let deviation = (valid.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (valid.len() - 1) as f64).sqrt();
    returns.iter().map(|r| r.map(|r| (r - mean) / (deviation + EPSILON))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_deviation_and_void_rollouts() {
        let a = advantages(&[Some(1.0), None, Some(0.0), Some(0.0), Some(1.0)]);
        let expected = 0.5 / ((1.0f64 / 3.0).sqrt() + 1e-6);
        assert_eq!(a[1], None);
        for (i, sign) in [(0, 1.0), (2, -1.0), (3, -1.0), (4, 1.0)] {
            assert!((a[i].expect("valid") - sign * expected).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_to_compare_is_zero() {
        assert_eq!(advantages(&[Some(1.0), Some(1.0)]), [Some(0.0), Some(0.0)]);
        assert_eq!(advantages(&[Some(1.0), None]), [Some(0.0), None]);
        assert!(advantages(&[]).is_empty());
    }
}
