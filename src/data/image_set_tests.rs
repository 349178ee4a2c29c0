//! Image sets and their subsets, and a tiny set for other tests.

use super::*;

/// Returns a set of `count` images of 1 x 2 pixels: image `i` holds bytes 6i .. 6i + 5 and
/// label i mod 2.
pub(crate) fn tiny_set(count: u8) -> ImageSet {
    ImageSet::new(ImageSetParts {
        dataset: "tiny",
        split: Split::Test,
        generated: true,
        class_names: Arc::from(["cat".to_owned(), "dog".to_owned()]),
        size: (1, 2),
        store: PixelStore {
            pixels: Pixels::Memory {
                bytes: (0..count * 6).collect(),
                stride: 6,
                header: 0,
            },
            labels: (0..u16::from(count)).map(|i| i % 2).collect(),
            annotations: None,
        },
    })
}

#[test]
fn subsets_keep_pixels_labels_and_source_numbers() {
    let set = tiny_set(4).subset(&[3, 0]).subset(&[0]);
    assert_eq!(set.len(), 1);
    assert_eq!(*set.pixels(0), [18, 19, 20, 21, 22, 23]);
    assert_eq!(set.label(0), 1);
    assert_eq!(set.source_index(0), 3);
    assert_eq!(set.id(0), "tiny/test/3");
    assert_eq!(set.with_split(Split::Validation).id(0), "tiny/validation/3");
}

#[test]
fn statistics_of_two_images_by_hand() {
    // Red holds 0, 1, 6, 7: mean 3.5, variance (12.25 + 6.25) / 2 = 9.25.
    let statistics = tiny_set(2).channel_statistics();
    assert!((statistics.mean[0] * 255.0 - 3.5).abs() < 1e-5);
    assert!((statistics.mean[2] * 255.0 - 7.5).abs() < 1e-5);
    assert!((statistics.std[1] * 255.0 - 9.25f32.sqrt()).abs() < 1e-5);
}

#[test]
fn an_unknown_class_names_the_near_one() {
    let error = tiny_set(1).find_class("dgo").unwrap_err();
    assert_eq!(error.to_string(), "no class is called \"dgo\"");
    let DataError::Unknown { near, known, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!((near, known.len()), (vec!["dog".to_owned()], 2));
    assert_eq!(tiny_set(1).find_class("dog").unwrap(), 1);
}
