//! L-BFGS for smooth convex functions of a few thousand numbers.

/// Number of stored pairs of steps and gradient changes.
const MEMORY: usize = 10;
/// Share of the decrease predicted by the slope that a step must achieve (Armijo).
const SUFFICIENT_DECREASE: f64 = 1e-4;
/// Factor between consecutive trial steps.
const BACKTRACK: f64 = 0.5;
/// Maximum number of trial steps along one direction; after them the step is below rounding.
const MOST_BACKTRACKS: usize = 40;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Euclidean norm of the gradient, as a share of its norm at the start.
    pub(super) gradient_share: f64,
    /// Maximum number of steps.
    pub(super) steps: usize,
}

/// The result of a minimisation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Minimum {
    /// The arguments.
    pub(super) point: Vec<f64>,
    /// The function's value there.
    pub(super) value: f64,
    /// Euclidean norm of the gradient there.
    pub(super) gradient_norm: f64,
    /// Number of steps.
    pub(super) steps: usize,
    /// Whether the gradient fell below its limit.
    pub(super) converged: bool,
}

/// Returns the minimum of `function`, which returns its value and gradient. `reference` is the
/// gradient norm that the limit refers to. `None` if the function returned nothing because of a
/// stop request.
///
/// # Source
/// Nocedal and Wright, "Numerical Optimization", 2nd edition, algorithms 7.4 and 7.5, with a
/// backtracking search (algorithm 3.1) instead of the Wolfe conditions: steps on a convex function
/// have positive curvature, and a step without it, due to rounding, is not stored.
pub(super) fn minimise(
    start: Vec<f64>,
    reference: f64,
    limits: Limits,
    mut function: impl FnMut(&[f64]) -> Option<(f64, Vec<f64>)>,
) -> Option<Minimum> {
    let mut point = start;
    let (mut value, mut gradient) = function(&point)?;
    let enough = limits.gradient_share * reference;
    let mut memory: Vec<Pair> = Vec::new();
    let mut steps = 0;
    while steps < limits.steps && norm(&gradient) > enough {
        let mut direction = direction(&gradient, &memory);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            // Rounding spoiled the memory: restart along the gradient.
            memory.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = -dot(&gradient, &gradient);
        }
        let mut length = match memory.is_empty() {
            true => 1.0 / norm(&gradient).max(1.0),
            false => 1.0,
        };
        let mut found = None;
        for _ in 0..MOST_BACKTRACKS {
            let trial: Vec<f64> = (point.iter().zip(&direction))
                .map(|(x, d)| x + length * d)
                .collect();
            let (trial_value, trial_gradient) = function(&trial)?;
            if trial_value <= value + SUFFICIENT_DECREASE * length * slope {
                found = Some((trial, trial_value, trial_gradient));
                break;
            }
            length *= BACKTRACK;
        }
        // No step is better: the value cannot be resolved further.
        let Some((next, next_value, next_gradient)) = found else {
            break;
        };
        memory.extend(Pair::new(
            difference(&next, &point),
            difference(&next_gradient, &gradient),
        ));
        if memory.len() > MEMORY {
            memory.remove(0);
        }
        (point, value, gradient) = (next, next_value, next_gradient);
        steps += 1;
    }
    let gradient_norm = norm(&gradient);
    Some(Minimum {
        converged: gradient_norm <= enough,
        gradient_norm,
        point,
        value,
        steps,
    })
}

/// A step and the change of the gradient over it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    curvature: f64,
}

impl Pair {
    /// Returns the pair, if the function curves upwards along it.
    fn new(step: Vec<f64>, change: Vec<f64>) -> Option<Self> {
        let curvature = dot(&step, &change);
        (curvature > f64::EPSILON * dot(&change, &change)).then_some(Self {
            step,
            change,
            curvature,
        })
    }
}

/// Runs the two-loop recursion: minus the approximate inverse Hessian times the gradient.
fn direction(gradient: &[f64], memory: &[Pair]) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = dot(&pair.step, &direction) / pair.curvature;
        add(&mut direction, -share, &pair.change);
        shares.push(share);
    }
    if let Some(last) = memory.last() {
        let scale = last.curvature / dot(&last.change, &last.change);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (pair, share) in memory.iter().zip(shares.iter().rev()) {
        let back = dot(&pair.change, &direction) / pair.curvature;
        add(&mut direction, share - back, &pair.step);
    }
    direction
}

/// Returns the Euclidean norm.
pub(super) fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += times * what;
    }
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        gradient_share: 1e-9,
        steps: 100,
    };

    /// A bowl a thousand times steeper in one direction than in the other: gradient descent would
    /// be slow.
    #[test]
    fn a_narrow_bowl_is_solved_in_a_few_steps() {
        let bowl = |x: &[f64]| {
            let value = 500.0 * (x[0] - 1.0).powi(2) + 0.5 * (x[1] + 3.0).powi(2);
            Some((value, vec![1000.0 * (x[0] - 1.0), x[1] + 3.0]))
        };
        let found = minimise(vec![0.0, 0.0], 1000.0, LIMITS, bowl).expect("never stopped");
        assert!(found.converged && found.steps < 20, "{found:?}");
        assert!((found.point[0] - 1.0).abs() < 1e-8 && (found.point[1] + 3.0).abs() < 1e-5);
    }

    /// Convex, not quadratic: log(e^x + e^-x) + x^4 / 4 has its only minimum at 0.
    #[test]
    fn a_function_that_is_no_bowl_is_solved_too() {
        let function = |x: &[f64]| {
            let value = x[0].cosh().ln() + x[0].powi(4) / 4.0;
            Some((value, vec![x[0].tanh() + x[0].powi(3)]))
        };
        let found = minimise(vec![5.0], 1.0, LIMITS, function).expect("never stopped");
        assert!(found.converged && found.point[0].abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn it_says_when_it_did_not_arrive_and_when_it_was_told_to_stop() {
        let limits = Limits { steps: 1, ..LIMITS };
        let bowl = |x: &[f64]| Some((x[0] * x[0], vec![2.0 * x[0]]));
        let found = minimise(vec![8.0], 16.0, limits, bowl).expect("never stopped");
        assert_eq!((found.converged, found.steps), (false, 1));
        assert_eq!(minimise(vec![1.0], 1.0, LIMITS, |_| None), None);
    }
}
