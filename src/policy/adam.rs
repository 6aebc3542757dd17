//! Adam over a list of tensors, with a state that can be saved and restored exactly (the library's own cannot).
//!
//! In: parameters with gradients. Out: the parameters, moved. Kingma & Ba, *Adam: A Method for Stochastic Optimization*
//! (arXiv 1412.6980), algorithm 1, with the step size of its section 2.

use tch::Tensor;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Moments of each parameter, in the order of the parameters.
#[derive(Debug)]
pub(super) struct Adam {
    pub(super) first: Vec<Tensor>,
    pub(super) second: Vec<Tensor>,
    pub(super) steps: u64,
}

impl Adam {
    pub(super) fn new(parameters: &[Tensor]) -> Self {
        let zeros = || parameters.iter().map(|p| p.detach().zeros_like()).collect();
        Self { first: zeros(), second: zeros(), steps: 0 }
    }

    /// One step along the gradients, which are first scaled down to a joint norm of at most `max_norm`, and cleared
    /// afterwards. Returns the norm before scaling; a norm that is not finite moves nothing.
    pub(super) fn step(&mut self, parameters: &mut [Tensor], lr: f64, max_norm: f64) -> f64 {
        tch::no_grad(|| {
            // A parameter that the loss did not reach has gradient zero, whether or not an earlier loss reached it:
            // otherwise a restored run would differ from one that went on.
            let gradients: Vec<Tensor> = parameters
                .iter()
                .map(|p| Some(p.grad()).filter(Tensor::defined).unwrap_or_else(|| p.zeros_like()))
                .collect();
            let norm = gradients.iter().map(|g| g.square().sum(None).double_value(&[])).sum::<f64>().sqrt();
            if norm.is_finite() {
                let scale = if norm > max_norm { max_norm / (norm + 1e-6) } else { 1.0 };
                self.steps += 1;
                let steps = self.steps as f64;
                let rate = lr * (1.0 - BETA2.powf(steps)).sqrt() / (1.0 - BETA1.powf(steps));
                for (i, gradient) in gradients.iter().enumerate() {
                    let gradient = gradient * scale;
                    let _ = self.first[i].lerp_(&gradient, 1.0 - BETA1);
                    let _ = self.second[i].lerp_(&gradient.square(), 1.0 - BETA2);
                    parameters[i] -= &self.first[i] / (self.second[i].sqrt() + EPSILON) * rate;
                }
            }
            for parameter in parameters.iter_mut() {
                parameter.zero_grad();
            }
            norm
        })
    }
}
