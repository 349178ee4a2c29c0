//! Toy features with a known solution, finite differences, and the folding of the scaling.

use super::*;
use crate::data::random::{stream, uniform};

fn never() -> bool {
    false
}

fn fit(training: &PooledFeatures, validation: &PooledFeatures, classes: usize) -> HeadFit {
    fit_head(
        [training, validation],
        classes,
        &Device::flex(),
        &(never as fn() -> bool),
    )
    .expect("never stopped")
}

/// Returns noise around a centre per class, with channels of very different size.
fn clouds(images: usize, seed: u64) -> PooledFeatures {
    const CENTRES: [[f32; 3]; 3] = [[1.0, 0.0, 900.0], [0.0, 1.0, 1000.0], [-1.0, -1.0, 1100.0]];
    let mut rng = stream(seed, "test", 0);
    let mut noise = |width: f32| width * (uniform(&mut rng) as f32 - 0.5);
    let mut features = PooledFeatures::default();
    for image in 0..images {
        let class = image % CENTRES.len();
        let centre = CENTRES[class];
        let values = [
            centre[0] + noise(2.0),
            centre[1] + noise(2.0),
            centre[2] + noise(200.0),
        ];
        features.values.extend(values);
        features.labels.push(class);
    }
    features
}

/// Two points of each class at -1 and 1: by symmetry the boundary is at 0 and the bias vanishes.
#[test]
fn two_classes_on_a_line_by_hand() {
    let features = PooledFeatures {
        values: vec![-1.0, 1.0, -1.0, 1.0],
        labels: vec![0, 1, 0, 1],
    };
    let found = fit(&features, &features, 2);
    assert!(found.converged, "{found:?}");
    assert_eq!(
        found.weight_decay, 1e-5,
        "separable: the least decay fits best"
    );
    assert_eq!(found.head.accuracy(&features), 1.0);
    let [at_zero, at_one] = [0.0, 1.0].map(|x| found.head.logits(&[x]));
    assert!((at_zero[0] - at_zero[1]).abs() < 1e-3, "{at_zero:?}");
    // With weights -w and w the margin at 1 is 2 w and the loss log(1 + e^-2w) + decay w^2: its
    // slope is zero where 2 / (1 + e^2w) = 2 decay w, near w = 4.7 for a decay of 1e-5.
    let w = (at_one[1] - at_one[0]) / 2.0;
    let slope = 1.0 / (1.0 + (2.0 * w).exp()) - 1e-5 * w;
    assert!(slope.abs() < 1e-3, "w {w}, slope {slope}");
}

/// Classes 0 and 1 share a quarter of their squares and half of the third channel. So one in eight
/// of their images is ambiguous, and half of those are guessed wrong: 95.8 % is the optimum.
#[test]
fn overlapping_classes_are_told_apart_as_well_as_they_can_be() {
    let (training, validation) = (clouds(600, 1), clouds(1200, 2));
    let found = fit(&training, &validation, 3);
    assert!(
        found.converged && found.gradient_share <= GRADIENT_SHARE,
        "{found:?}"
    );
    let accuracy = found.head.accuracy(&validation);
    // The share of 1200 images scatters by 0.006.
    assert!((accuracy - 0.958).abs() < 0.018, "{accuracy}");
    assert_eq!(fit(&training, &validation, 3), found, "nothing is drawn");
}

#[test]
fn the_gradient_is_that_of_finite_differences() {
    let features = clouds(30, 3);
    let scaling = Scaling::of(&features.values, 3);
    let problem = Problem::new(&scaling, &features, 3, &Device::flex());
    let point: Vec<f64> = (0..12).map(|i| (f64::from(i) * 1.7).sin()).collect();
    let decay = 0.05;
    let (_, gradient) = problem.loss(&point, decay);
    // The loss has seven digits: a step of 1e-2 leaves a relative error of about 1e-4.
    let step = 1e-2;
    for place in 0..point.len() {
        let at = |by: f64| {
            let mut moved = point.clone();
            moved[place] += by;
            problem.loss(&moved, decay).0
        };
        let slope = (at(step) - at(-step)) / (2.0 * step);
        assert!(
            (slope - gradient[place]).abs() < 2e-4,
            "{place}: {slope} against {}",
            gradient[place]
        );
    }
}

#[test]
fn the_folded_layer_gives_the_logits_of_the_scaled_one() {
    let mut features = clouds(30, 4);
    // A fourth channel that is constant.
    let rows = features.values.chunks_exact(3);
    features.values = rows
        .flat_map(|row| [row[0], row[1], row[2], 0.25])
        .collect();
    let scaling = Scaling::of(&features.values, 4);
    let point: Vec<f64> = (0..15).map(|i| (f64::from(i) * 2.3).cos()).collect();
    let head = scaling.folded(&point, 3);
    assert!(head.weights.iter().skip(3).step_by(4).all(|w| *w == 0.0));
    let scaled = scaling.apply(&features.values);
    for (plain, scaled) in features.values.chunks_exact(4).zip(scaled.chunks_exact(4)) {
        for (class, logit) in head.logits(plain).into_iter().enumerate() {
            let row = &point[class * 5..class * 5 + 5];
            let terms = row.iter().zip(scaled).map(|(w, x)| w * f64::from(*x));
            let expected: f64 = terms.sum::<f64>() + row[4];
            assert!(
                (logit - expected).abs() < 1e-4,
                "{logit} against {expected}"
            );
        }
    }
}

/// Labels that are independent of the features: the strongest decay is best, the weights nearly
/// vanish and the bias is the log of the classes' shares.
#[test]
fn noise_teaches_the_classes_shares_alone() {
    let noise = |seed: u64| {
        let mut rng = stream(seed, "test", 1);
        PooledFeatures {
            values: (0..400).map(|_| uniform(&mut rng) as f32).collect(),
            labels: (0..400).map(|image| usize::from(image % 4 == 0)).collect(),
        }
    };
    let found = fit(&noise(5), &noise(6), 2);
    let logits = found.head.logits(&[0.5]);
    let share = 1.0 / (1.0 + (logits[0] - logits[1]).exp());
    assert!((share - 0.25).abs() < 0.03, "{share}");
}

#[test]
fn it_stops_when_told() {
    let features = clouds(30, 7);
    let stop = || true;
    assert_eq!(
        fit_head([&features, &features], 3, &Device::flex(), &stop),
        None
    );
}
