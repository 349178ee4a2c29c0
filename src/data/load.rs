//! From the options of an experiment to the three splits.

use crate::data::dataset::DataOptions;
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::splits::Splits;
use crate::data::stratify::{Quantity, stratified};

/// Returns the splits requested by `options`, read and verified, or generated.
///
/// # Errors
/// Absent, damaged or incomplete files; counts that a class cannot provide.
pub fn load(options: &DataOptions, search: &DataSearch) -> Result<Splits, DataError> {
    let splits = options.dataset.load(options, search)?;
    limit_train(splits, options)
}

fn limit_train(mut splits: Splits, options: &DataOptions) -> Result<Splits, DataError> {
    if let Some(limit) = options.train_limit {
        if limit == 0 {
            return Err(DataError::Option {
                key: "data.train_limit",
                value: limit.to_string(),
                allowed: "1 and more",
            });
        }
        let cut = stratified(
            &splits.train,
            Quantity::Count(limit),
            options.split_seed,
            "train_limit",
        )?;
        splits.train = splits.train.subset(&cut.chosen);
    }
    Ok(splits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{CIFAR_100, SHAPES, ShapesOptions, fingerprint};

    fn shapes_options() -> DataOptions {
        DataOptions {
            dataset: SHAPES,
            validation_images: 5_000,
            split_seed: 1,
            shapes: ShapesOptions {
                train_images: 60,
                validation_images: 24,
                test_images: 12,
                seed: 3,
            },
            pictures: Default::default(),
            train_limit: Some(24),
        }
    }

    #[test]
    fn generated_splits_have_their_sizes_and_a_limited_train_split_is_balanced() {
        let splits = load(&shapes_options(), &DataSearch::default()).unwrap();
        assert_eq!(splits.train.class_counts(), [2; 12]);
        assert_eq!((splits.validation.len(), splits.test.len()), (24, 12));
        assert_ne!(splits.validation.pixels(0), splits.test.pixels(0));
        let sources = fingerprint(&splits);
        assert_eq!(
            sources[0].0,
            "shapes/train: shapes generator 1, seed 3, 60 images"
        );
        assert_eq!(sources.len(), 3);
    }

    #[test]
    fn impossible_counts_name_the_option() {
        let mut options = shapes_options();
        options.train_limit = Some(0);
        let error = load(&options, &DataSearch::default())
            .unwrap_err()
            .to_string();
        assert_eq!(error, "data.train_limit is 0, allowed: 1 and more");
        options.shapes.test_images = 0;
        let error = load(&options, &DataSearch::default())
            .unwrap_err()
            .to_string();
        assert_eq!(error, "data.shapes.test_images is 0, allowed: 1 to 1000000");
    }

    #[test]
    #[ignore = "needs the real CIFAR-100 in $CAMTRAIL_DATA"]
    fn the_real_validation_split_is_fixed_and_balanced() {
        let options = DataOptions {
            dataset: CIFAR_100,
            pictures: Default::default(),
            train_limit: None,
            ..shapes_options()
        };
        let splits = load(&options, &DataSearch::default()).unwrap();
        assert_eq!(splits.train.class_counts(), [450; 100]);
        assert_eq!(splits.validation.class_counts(), [50; 100]);
        assert_eq!(splits.test.len(), 10_000);
        let again = load(&options, &DataSearch::default()).unwrap();
        assert_eq!(splits.validation.id(77), again.validation.id(77));
        assert!(splits.validation.id(0).starts_with("cifar-100/validation/"));
    }
}
