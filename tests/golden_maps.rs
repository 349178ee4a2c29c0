//! Maps against an independent implementation: PyTorch and float64 numpy, from safetensors files.
//!
//! Every size is read from the file. The files lie in the folder named by `CAMTRAIL_GOLDEN`;
//! without it these tests are ignored by name, and fail when asked for: run them with
//! `CAMTRAIL_GOLDEN=... cargo test --test golden_maps -- --include-ignored`.

#[path = "support/golden.rs"]
mod golden;

use burn::tensor::Tensor;
use camtrail::explain::{LayerEvidence, Method, saliency};
use golden::{Golden, TOLERANCE, relative_error};

fn evidence(golden: &Golden) -> LayerEvidence {
    LayerEvidence {
        name: "golden".to_owned(),
        activation: golden.tensor("activation"),
        gradient: golden.tensor("gradient"),
        class_weights: None,
    }
}

/// Compares the raw and the resized map of `method`, which the file calls `golden_name`.
#[expect(clippy::print_stdout, reason = "the error reached is worth reading")]
fn compare(file: &str, method: &str, golden_name: &str) {
    let golden = Golden::read(file);
    let method = Method::parse(method).expect("the method is in the list");
    let raw = saliency::rectify(method.signed_map(&evidence(&golden)));
    let raw_error = relative_error(&raw, &golden.tensor(&format!("{golden_name}.raw")));

    let expected_up: Tensor<3> = golden.tensor(&format!("{golden_name}.up"));
    let [_batch, height, width] = expected_up.dims();
    let up_error = relative_error(&saliency::resize(raw, [height, width]), &expected_up);

    println!("{file}, {method}: relative error {raw_error:e} raw, {up_error:e} resized");
    assert!(
        raw_error <= TOLERANCE,
        "{file}, {method}, raw: relative error {raw_error}"
    );
    assert!(
        up_error <= TOLERANCE,
        "{file}, {method}, resized: relative error {up_error}"
    );
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn grad_cam_of_maps_a() {
    compare("maps-a", "grad-cam", "grad_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn grad_cam_pp_of_maps_a() {
    compare("maps-a", "grad-cam-pp", "grad_cam_pp");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn grad_cam_of_maps_b() {
    compare("maps-b", "grad-cam", "grad_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn grad_cam_pp_of_maps_b() {
    compare("maps-b", "grad-cam-pp", "grad_cam_pp");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn layer_cam_of_maps_a() {
    compare("maps-a", "layer-cam", "layer_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn hires_cam_of_maps_a() {
    compare("maps-a", "hires-cam", "hires_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn xgrad_cam_of_maps_a() {
    compare("maps-a", "xgrad-cam", "xgrad_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn layer_cam_of_maps_b() {
    compare("maps-b", "layer-cam", "layer_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn hires_cam_of_maps_b() {
    compare("maps-b", "hires-cam", "hires_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn xgrad_cam_of_maps_b() {
    compare("maps-b", "xgrad-cam", "xgrad_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn grad_cam_of_figure_1() {
    compare("figure-1", "grad-cam", "grad_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn grad_cam_pp_of_figure_1() {
    compare("figure-1", "grad-cam-pp", "grad_cam_pp");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn layer_cam_of_figure_1() {
    compare("figure-1", "layer-cam", "layer_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn hires_cam_of_figure_1() {
    compare("figure-1", "hires-cam", "hires_cam");
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn xgrad_cam_of_figure_1() {
    compare("figure-1", "xgrad-cam", "xgrad_cam");
}

/// What Figure 1 of the Grad-CAM++ paper shows: how strongly an object is drawn follows its size
/// under Grad-CAM, and less so under Grad-CAM++.
#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn grad_cam_pp_draws_the_objects_of_figure_1_more_alike_than_grad_cam() {
    let evidence = evidence(&Golden::read("figure-1"));
    let [batch, channels, height, width] = evidence.activation.dims();
    assert_eq!(batch, 1, "figure 1 is one image");
    let pixels = height * width;
    let by_channel = |tensor: &Tensor<4>| -> Vec<Vec<f64>> {
        let values: Vec<f64> = tensor.to_data().iter::<f64>().collect();
        values.chunks_exact(pixels).map(<[f64]>::to_vec).collect()
    };
    let objects = by_channel(&evidence.activation);
    let gradients = by_channel(&evidence.gradient);
    assert_eq!(objects.len(), channels);

    let strengths = |name: &str| -> Vec<f64> {
        let method = Method::parse(name).expect("the method is in the list");
        let map: Vec<f64> = method
            .signed_map(&evidence)
            .to_data()
            .iter::<f64>()
            .collect();
        objects
            .iter()
            .map(|object| map[own_pixel(object, &objects)])
            .collect()
    };
    let (grad_cam, grad_cam_pp) = (strengths("grad-cam"), strengths("grad-cam-pp"));
    for channel in 0..channels {
        let size: f64 = objects[channel].iter().sum();
        let gradient = gradients[channel]
            .iter()
            .filter(|gradient| **gradient > 0.0);
        let weight: f64 = gradient
            .map(|g| g * g / (2.0 * g * g + size * g * g * g) * g)
            .sum();
        let error = (grad_cam_pp[channel] - weight).abs();
        assert!(
            error <= f64::from(TOLERANCE) * weight,
            "{size} pixels: {grad_cam_pp:?}, {weight}"
        );
    }
    let ratio = |strengths: &[f64]| {
        let largest = strengths.iter().copied().fold(f64::MIN, f64::max);
        largest / strengths.iter().copied().fold(f64::MAX, f64::min)
    };
    assert!(
        ratio(&grad_cam_pp) < ratio(&grad_cam),
        "{grad_cam_pp:?} against {grad_cam:?}"
    );
}

/// A pixel that is active in `object` and in no other.
fn own_pixel(object: &[f64], objects: &[Vec<f64>]) -> usize {
    (0..object.len())
        .find(|&pixel| {
            let active = objects.iter().filter(|other| other[pixel] > 0.0).count();
            object[pixel] > 0.0 && active == 1
        })
        .expect("every object of figure 1 has a pixel of its own")
}
