//! A plain network with batch normalisation, against PyTorch and across its modes.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};

use super::PlainCnn;
use super::testing::{farthest, formula, images, inputs_first};
use crate::model::ingredients::{BlockNormalisation, Head};
use crate::model::spec::ModelSpec;
use crate::model::tap::Tap;
use crate::model::weights::{ExportedTensor, Precision, WeightFile, export_safetensors};

/// Classes of the network, and the class of each of the two images.
const CLASSES: usize = 3;
const LABELS: [i64; 2] = [1, 2];
/// Largest difference from PyTorch in float64, as a share of the largest value: two convolutions and
/// two normalisations over 8 and 32 values per channel round to about 1e-6.
const TOLERANCE: f64 = 1e-5;
/// Sets every learned parameter by the formula, in network order. Those of one axis at the places of
/// `SCALES` are scales, around 1.
#[derive(Default)]
struct ByFormula(usize);

/// Convolution, scale, shift, convolution, scale, shift, weights, bias.
const SCALES: [usize; 2] = [1, 4];
const DENSE: usize = 6;

impl ModuleMapper for ByFormula {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        if !tensor.is_require_grad() {
            // A running statistic.
            return Param::from_mapped_value(id, tensor, mapper);
        }
        let (place, shape) = (self.0, tensor.dims());
        self.0 += 1;
        let range = match SCALES.contains(&place) {
            true => [0.3, 1.0],
            false => [0.4, 0.0],
        };
        let mut values = formula(shape.iter().product(), place as f64, range);
        if place == DENSE {
            // PyTorch has [outputs, inputs].
            let [inputs, outputs] = [shape[0], shape[1]];
            values = inputs_first(&values, [inputs, outputs]);
        }
        let set = Tensor::from_data(TensorData::new(values, shape), &tensor.device());
        Param::from_mapped_value(id, set.require_grad(), mapper)
    }
}

/// The gradients of the learned parameters, in network order.
struct Slopes<'a> {
    gradients: &'a Gradients,
    found: Vec<Vec<f32>>,
}

impl ModuleVisitor for Slopes<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found
            .extend(param.val().grad(self.gradients).map(values));
    }
}

fn spec(head: Head) -> ModelSpec {
    ModelSpec {
        normalisation: BlockNormalisation::Batch,
        head,
        ..ModelSpec::plain(&[4, 5])
    }
}

fn network(head: Head, seed: u64, device: &Device) -> PlainCnn {
    PlainCnn::new(&spec(head), (8, 8), CLASSES, seed, device)
}

#[track_caller]
fn assert_near(found: &[f32], expected: &[f64]) {
    let off = farthest(found, expected);
    assert!(off <= TOLERANCE, "{off}: {found:?}");
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn exported(network: &PlainCnn, name: &str) -> Vec<f32> {
    let found = network.tensors().into_iter().find(|one| one.name == name);
    found.unwrap_or_else(|| panic!("no tensor {name:?}")).values
}

/// Returns the sum over images of the logit of its label's class.
fn scores(logits: Tensor<2>) -> Gradients {
    let device = logits.device();
    let labels: Tensor<1, Int> = Tensor::from_data(TensorData::from(LABELS), &device);
    logits.gather(1, labels.unsqueeze_dim(1)).sum().backward()
}

/// The expected numbers are those of PyTorch 2.15 in float64, for an `nn.Sequential` of `Conv2d`
/// without bias, `BatchNorm2d`, `ReLU` and `MaxPool2d` with the same formula.
#[test]
fn training_and_validation_give_the_numbers_of_pytorch() {
    let device = Device::flex().autodiff();
    let network = network(Head::Flatten, 1, &device).map(&mut ByFormula::default());
    let given = images(&device).require_grad();
    let logits = network.forward(given.clone(), &mut Tap::off());
    let expected = [
        [
            0.972_176_534_699_489_1,
            0.073_204_916_042_303_67,
            -0.714_690_728_893_777_2,
        ],
        [
            0.911_018_026_440_841_2,
            -0.509_525_931_009_003_9,
            0.335_443_929_380_461_64,
        ],
    ];
    assert_near(&values(logits.clone()), expected.as_flattened());
    let labels = Tensor::from_data(TensorData::from(LABELS), &device);
    let loss = CrossEntropyLossConfig::new()
        .init(&device)
        .forward(logits, labels);
    let gradients = loss.backward();
    let slope = given.grad(&gradients).expect("a gradient");
    // The first image, its second channel, its fourth row.
    let row = slope.slice([0..1, 1..2, 3..4, 0..8]);
    let expected = [
        -0.024_459_671_334_633_92,
        -0.270_021_065_900_720_1,
        0.178_362_885_776_154_45,
        0.312_806_670_799_720_47,
        -0.000_921_532_363_245_198_5,
        0.316_821_980_656_498_7,
        0.165_245_029_401_044_35,
        -0.281_421_195_359_100_1,
    ];
    assert_near(&values(row), &expected);

    let mut slopes = Slopes {
        gradients: &gradients,
        found: Vec::new(),
    };
    network.visit(&mut slopes);
    let [_, scale, _, taps, _, shift, ..] = &slopes.found[..] else {
        panic!("eight parameters: {:?}", slopes.found);
    };
    assert_near(
        scale,
        &[
            -0.125_931_336_514_893_27,
            -0.290_417_029_018_417_8,
            0.539_074_942_585_237_6,
            -0.181_316_249_254_909_13,
        ],
    );
    // The first and the last value of its kernel, and two between.
    assert_near(
        &[0, 50, 100, 179].map(|at| taps[at]),
        &[
            0.128_790_990_396_129_23,
            -0.106_983_235_281_987_69,
            -0.492_359_534_211_051_16,
            -0.117_466_049_417_454_89,
        ],
    );
    assert_near(
        shift,
        &[
            0.101_620_963_414_189_83,
            0.013_654_099_328_350_544,
            0.028_394_121_672_907_377,
            -0.134_178_132_539_504_1,
            -0.180_963_281_255_568_57,
        ],
    );
    for (name, expected) in [
        (
            "features.1.running_mean",
            &[
                -0.000_690_251_433_684_477_8,
                0.007_156_330_813_798_795,
                -0.004_175_913_877_693_941,
                -0.004_316_790_861_878_496,
            ][..],
        ),
        (
            "features.5.running_var",
            &[
                0.951_730_307_522_489_7,
                1.005_461_199_708_717_7,
                0.952_359_247_265_060_3,
                1.004_041_402_831_573_6,
                0.954_548_755_981_011_1,
            ],
        ),
    ] {
        assert_near(&exported(&network, name), expected);
    }

    // The running statistics are read, on a device without autodiff and with it.
    let valid = network.valid();
    let expected = [
        [
            0.957_248_924_361_622_9,
            0.141_499_018_215_116_62,
            -0.815_667_808_649_820_7,
        ],
        [
            0.898_563_524_623_224,
            -0.279_574_842_005_932_7,
            -0.042_360_886_366_639_594,
        ],
    ];
    for device in [Device::flex(), device] {
        let logits = valid.forward(images(&device), &mut Tap::off());
        assert_near(&values(logits), expected.as_flattened());
    }
    // Grad-CAM's weights: the means of the gradient over the cells.
    for (layer, expected) in [
        (
            "block-1",
            [
                [
                    0.001_762_500_057_183_737,
                    -0.004_096_016_859_894_265,
                    0.005_757_219_848_401_956,
                    -0.006_473_441_757_026_234,
                ],
                [
                    -0.007_696_627_882_461_478,
                    0.007_228_108_723_222_903,
                    -0.005_573_179_079_993_232,
                    0.003_003_476_521_350_648,
                ],
            ]
            .as_flattened(),
        ),
        (
            "block-2",
            [
                [
                    0.008_422_092_405_418_927,
                    0.006_742_072_320_648_953_6,
                    0.003_300_989_105_239_646_7,
                    -0.001_002_329_033_114_051_2,
                    -0.005_043_833_797_027_625_5,
                ],
                [
                    -0.007_767_863_856_641_062,
                    -0.008_462_888_887_658_272,
                    -0.006_947_364_863_437_856,
                    -0.003_617_154_265_976_434_5,
                    0.000_657_875_181_341_968,
                ],
            ]
            .as_flattened(),
        ),
    ] {
        let mut tap = Tap::on([layer]);
        let logits = valid.forward(images(&Device::flex()), &mut tap);
        let mut gradients = scores(logits);
        let observation = tap.into_observations().pop().expect("it was asked for");
        let slope = observation.gradient(&mut gradients).expect("a gradient");
        let weights = slope.flatten::<3>(2, 3).mean_dim(2);
        assert_near(&values(weights), expected);
    }
}

/// The names of the state dict of that `nn.Sequential`, without `num_batches_tracked`, which
/// `load_state_dict` does not require of a file without versions.
#[test]
fn an_export_has_the_names_of_pytorch_and_can_be_read() {
    let device = Device::flex().autodiff();
    let network = network(Head::AveragePool, 3, &device);
    let _ = network.forward(images(&device), &mut Tap::off());
    let tensors = network.tensors();
    let names: Vec<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let norm = ["weight", "bias", "running_mean", "running_var"];
    let mut expected = Vec::new();
    for place in [0, 4] {
        expected.push(format!("features.{place}.weight"));
        expected.extend(norm.map(|part| format!("features.{}.{part}", place + 1)));
    }
    expected.extend(["weight", "bias"].map(|part| format!("classifier.{part}")));
    assert_eq!(names, expected);

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("network.safetensors");
    let content = export_safetensors(&tensors, &[], Precision::Single).expect("shapes fit");
    std::fs::write(&path, content).expect("written");
    let file = WeightFile::open(&path).expect("a weight file");
    for ExportedTensor {
        name,
        shape,
        values,
    } in tensors
    {
        assert_eq!(file.entries()[&name].shape, shape, "{name}");
        assert_eq!(file.values(&name).expect("read"), Some(values), "{name}");
    }
}

#[test]
fn a_re_initialised_block_has_fresh_normalisation() {
    let device = Device::flex().autodiff();
    let trained = network(Head::Flatten, 1, &device).map(&mut ByFormula::default());
    let _ = trained.forward(images(&device), &mut Tap::off());
    let (trained, fresh) = (trained.valid(), network(Head::Flatten, 2, &device).valid());
    for count in 0..=3 {
        let mixed = trained.with_top_of(&fresh, count);
        for tensor in mixed.tensors() {
            let drawn = match tensor.name.split('.').nth(1) {
                Some("0" | "1") => count >= 3,
                Some("4" | "5") => count >= 2,
                _ => count >= 1,
            };
            let [own, other] = [&trained, &fresh].map(|network| exported(network, &tensor.name));
            assert_ne!(own, other, "{}", tensor.name);
            let expected = if drawn { other } else { own };
            assert_eq!(tensor.values, expected, "{count}: {}", tensor.name);
        }
    }
    let zeros = exported(&trained.with_top_of(&fresh, 3), "features.1.running_mean");
    assert_eq!(zeros, [0.0; 4]);
}

/// A tap, which separates the pool, changes no bit; a walk from a tap point gives the same logits.
#[test]
fn taps_and_partial_walks_give_the_same_logits() {
    let plain = Device::flex();
    for head in [Head::Flatten, Head::AveragePool] {
        let network = network(head, 4, &plain).valid();
        let logits = values(network.forward(images(&plain), &mut Tap::off()));
        let mut tap = Tap::activations_only(network.layers());
        let tapped = network.forward(images(&plain), &mut tap);
        assert_eq!(values(tapped), logits);
        assert_eq!(tap.seen(), network.layers());
        for observation in tap.into_observations() {
            let walked = network.forward_from(observation.name(), observation.activation());
            assert_eq!(values(walked.expect("a tap point")), logits);
        }
    }
}
