//! What a decision's situation is worth before the action. In: state conditions as columns over all decisions; out: the
//! board's values less what a ridge regression on those conditions expects, so that rules are compared by what the
//! action added and not by how far the episode had come.

use super::bits::Bits;
use super::board::Board;

/// Ridge penalty, in decisions.
const PENALTY: f64 = 30.0;
/// Conditions used at most, the most frequent first come.
const MAX_FEATURES: usize = 96;

/// Subtracts from every decision's value the fit on `features`.
pub(super) fn subtract(board: &mut Board, features: &[&Bits]) {
    let features = &features[..features.len().min(MAX_FEATURES)];
    let size = features.len();
    let rows = board.moments.len();
    if size == 0 || rows == 0 {
        return;
    }
    let counts: Vec<f64> = features.iter().map(|bits| bits.count() as f64).collect();
    let mean = board.moments.iter().map(|moment| moment.value).sum::<f64>() / rows as f64;
    // Centred normal equations: (X'X + penalty) w = X'y.
    let mut matrix = vec![0.0; size * size];
    let mut right = vec![0.0; size];
    for i in 0..size {
        for j in 0..=i {
            let value = features[i].common(features[j]) as f64 - counts[i] * counts[j] / rows as f64;
            matrix[i * size + j] = value;
            matrix[j * size + i] = value;
        }
        matrix[i * size + i] += PENALTY;
        right[i] = features[i].iter().map(|at| board.moments[at].value - mean).sum();
    }
    let weights = solve(matrix, right);
    let offset: f64 = mean - weights.iter().zip(&counts).map(|(w, n)| w * n / rows as f64).sum::<f64>();
    let mut fit = vec![offset; rows];
    for (bits, weight) in features.iter().zip(&weights) {
        bits.iter().for_each(|at| fit[at] += weight);
    }
    board.moments.iter_mut().zip(fit).for_each(|(moment, fit)| moment.value -= fit);
}

/// Solves a symmetric positive definite system by Cholesky's decomposition; the penalty keeps it definite.
fn solve(mut a: Vec<f64>, mut x: Vec<f64>) -> Vec<f64> {
    let size = x.len();
    for j in 0..size {
        for k in 0..j {
            let factor = a[j * size + k];
            for i in j..size {
                a[i * size + j] -= factor * a[i * size + k];
            }
        }
        let diagonal = a[j * size + j].max(f64::MIN_POSITIVE).sqrt();
        for i in j..size {
            a[i * size + j] /= diagonal;
        }
    }
    for i in 0..size {
        for k in 0..i {
            x[i] -= a[i * size + k] * x[k];
        }
        x[i] /= a[i * size + i];
    }
    for i in (0..size).rev() {
        for k in i + 1..size {
            x[i] -= a[k * size + i] * x[k];
        }
        x[i] /= a[i * size + i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::solve;

    #[test]
    fn solves_a_small_system() {
        let x = solve(vec![4.0, 2.0, 0.0, 2.0, 5.0, 1.0, 0.0, 1.0, 3.0], vec![2.0, -1.0, 5.0]);
        for (row, want) in [[4.0, 2.0, 0.0], [2.0, 5.0, 1.0], [0.0, 1.0, 3.0]].iter().zip([2.0, -1.0, 5.0]) {
            let got: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            assert!((got - want).abs() < 1e-12);
        }
    }
}
