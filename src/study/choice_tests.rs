//! Which methods run where.

use burn::tensor::Device;

use super::*;
use crate::model::{Head, ModelSpec, PlainCnn};

#[test]
fn without_a_name_no_method_that_asks_questions_runs_and_cam_where_it_can() {
    let network = |head| {
        let spec = ModelSpec {
            head,
            ..ModelSpec::plain(&[2, 2])
        };
        PlainCnn::new(&spec, (8, 8), 3, 0, &Device::flex())
    };
    let layers = ["block-1".to_string(), "block-2".to_string()];
    let requests = |head, quantity| -> Vec<(Vec<String>, Vec<&'static str>)> {
        let choice = MethodChoice::parse(&[]).expect("nothing is named");
        let requests = choice.requests(&network(head), &layers, quantity);
        let names = |methods: Vec<Method>| methods.iter().map(Method::name).collect();
        requests
            .into_iter()
            .map(|(layers, methods)| (layers, names(methods)))
            .collect()
    };
    let gradient = [
        "grad-cam",
        "grad-cam-pp",
        "layer-cam",
        "hires-cam",
        "xgrad-cam",
    ];
    let gradient = (layers.to_vec(), gradient.to_vec());
    let cam = (vec!["block-2".to_string()], vec!["cam"]);
    assert_eq!(
        requests(Head::Flatten, Quantity::Logit),
        std::slice::from_ref(&gradient)
    );
    let both = [cam, gradient.clone()];
    assert_eq!(requests(Head::AveragePool, Quantity::Minus(1)), both);
    assert_eq!(
        requests(Head::AveragePool, Quantity::Probability),
        [gradient]
    );

    let named = MethodChoice::parse(&["score-cam".to_string()]).expect("listed");
    let requests = named.requests(&network(Head::Flatten), &layers, Quantity::Logit);
    assert_eq!(requests[0].1, [Method::parse("score-cam").expect("listed")]);
}
