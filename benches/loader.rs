//! How much of a training step the loader takes: gathering, augmenting and standardising a batch,
//! and making tensors of it, against the whole step of trial D at batch 128. The batch is made twice:
//! by the host, as training on the CPU does, and by the device from what lies there, as on a GPU.
//!
//! `cargo bench --profile dev --bench loader` (the development build is optimised, so nothing is
//! compiled twice; with `--features cuda` it takes a GPU where there is one). Prints medians of
//! interleaved repeats and their ratio.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::time::{Duration, Instant};

use burn::optim::AdamConfig;
use burn::train::TrainStep;
use camtrail::data::shapes::ShapesOptions;
use camtrail::data::{
    Augmentation, DataOptions, DataSearch, Draws, EpochOrder, Placement, SHAPES, fill_batch, load,
};
use camtrail::device::{DeviceChoice, choose};
use camtrail::model::{ModelSpec, PlainCnn, ResidentImages, to_tensor};
use camtrail::train::ImageBatch;

const BATCH: usize = 128;
const REPEATS: usize = 15;
/// Repeats before those that count.
const WARM_UP: usize = 3;

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let repeats = if std::env::args().any(|argument| argument == "--bench") {
        REPEATS
    } else {
        1
    };
    let options = DataOptions {
        dataset: SHAPES,
        validation_images: 0,
        split_seed: 0,
        shapes: ShapesOptions {
            train_images: 4_800,
            validation_images: 12,
            test_images: 12,
            seed: 0,
        },
        pictures: Default::default(),
        train_limit: None,
    };
    let splits = load(&options, &DataSearch::default()).expect("generated data need no file");
    let spec = ModelSpec {
        head_dropout: 0.25,
        ..ModelSpec::plain(&[32, 64, 128, 256, 256])
    };
    let chosen = choose(DeviceChoice::Auto).unwrap_or_else(|error| panic!("{error}"));
    let device = chosen.device.clone().autodiff();
    let finish = || {
        chosen
            .device
            .sync()
            .unwrap_or_else(|error| panic!("{error:?}"))
    };
    let resident = ResidentImages::new(&splits.train, &splits.normalisation, &chosen.device);
    let mut network = PlainCnn::new(&spec, (32, 32), 100, 0, &device);
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let augmentation = Augmentation {
        crop_padding: 4,
        horizontal_flip: true,
        ..Augmentation::NONE
    };
    let order = EpochOrder::new(splits.train.len(), 0, 1);
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    let (mut loading, mut gathering, mut stepping) = (Vec::new(), Vec::new(), Vec::new());
    for repeat in 0..WARM_UP + repeats {
        let indices = order.batch(BATCH, repeat % order.batches(BATCH));
        finish();
        let started = Instant::now();
        let mut draws = Draws::new(0, 1, repeat);
        let placements: Vec<Placement> = (indices.iter())
            .map(|_| augmentation.draw(&mut draws, [32, 32]).placement)
            .collect();
        let batch = resident.batch(indices, &placements);
        finish();
        let gathered = started.elapsed();
        drop(batch);

        let started = Instant::now();
        let mut draws = Draws::new(0, 1, repeat);
        let normalisation = &splits.normalisation;
        let augmented = Some((&augmentation, &mut draws));
        fill_batch(
            &splits.train,
            indices,
            augmented,
            normalisation,
            &mut images,
            &mut labels,
        );
        let (input, targets) = to_tensor(&splits.train, &images, &labels, &device);
        finish();
        let loaded = started.elapsed();
        let output = TrainStep::step(
            &network,
            ImageBatch {
                images: input,
                labels: targets,
                targets: None,
            },
        );
        network = optimizer.step(1e-3, network, output.grads);
        let _ = output.item.loss.into_scalar::<f32>();
        if repeat >= WARM_UP {
            loading.push(loaded);
            gathering.push(gathered);
            stepping.push(started.elapsed());
        }
    }
    let stepping = median(stepping);
    println!(
        "whole step {stepping:.2?}, batch {BATCH}, n = {repeats}, on {}",
        chosen.name
    );
    for (name, times) in [("host", loading), ("device", gathering)] {
        let time = median(times);
        let share = 100.0 * time.as_secs_f64() / stepping.as_secs_f64();
        println!("batch by the {name}: {time:.2?}, {share:.2} % of a step");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
