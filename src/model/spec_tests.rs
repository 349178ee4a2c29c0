//! What a `[model]` may say, and how it is described.

use super::*;

#[test]
fn depth_is_bounded_by_the_image() {
    let spec = ModelSpec::plain;
    assert_eq!(spec(&[8; 5]).check(32), Ok(()));
    let too_deep = SpecError::TooDeep {
        blocks: 6,
        side: 32,
        most: 5,
    };
    assert_eq!(spec(&[8; 6]).check(32), Err(too_deep));
    assert_eq!(spec(&[]).check(32), Err(SpecError::NoBlocks));
    assert_eq!(spec(&[8, 0]).check(32), Err(SpecError::NoFilters));
    assert_eq!(spec(&[8, MOST_FILTERS]).check(32), Ok(()));
    let filters = MOST_FILTERS + 1;
    let too_many = Err(SpecError::TooManyFilters { filters });
    assert_eq!(spec(&[8, filters]).check(32), too_many);
}

#[test]
fn ingredients_that_do_not_fit_are_refused() {
    let plain = ModelSpec::plain(&[8, 8]);
    let kernel = ModelSpec {
        kernel: 4,
        ..plain.clone()
    };
    assert_eq!(kernel.check(32), Err(SpecError::Kernel { kernel: 4 }));
    for count in [0, MOST_CONVOLUTIONS + 1] {
        let spec = ModelSpec {
            convolutions_per_block: count,
            ..plain.clone()
        };
        assert_eq!(spec.check(32), Err(SpecError::Convolutions { count }));
    }
    let shortcut = ModelSpec {
        shortcut: true,
        ..plain.clone()
    };
    assert_eq!(shortcut.check(32), Err(SpecError::NothingBypassed));
    let dropouts = ModelSpec {
        block_dropout: BlockDropout::Each(vec![0.1; 3]),
        ..plain
    };
    let expected = SpecError::Dropouts {
        shares: 3,
        blocks: 2,
    };
    assert_eq!(dropouts.check(32), Err(expected));
}

/// What older runs wrote must not change.
#[test]
fn a_description_names_only_what_is_unusual() {
    let plain = ModelSpec::plain(&[32, 64]);
    assert_eq!(plain.describe(), "plain-cnn 32-64 flatten");
    let normalised = ModelSpec {
        normalisation: BlockNormalisation::Batch,
        ..plain.clone()
    };
    let described = "plain-cnn 32-64 batch-norm flatten";
    assert_eq!(normalised.describe(), described);
    let all = ModelSpec {
        convolutions_per_block: 2,
        kernel: 5,
        activation: BlockActivation::LeakyRelu,
        shortcut: true,
        head: Head::AveragePool,
        ..normalised
    };
    assert_eq!(
        all.describe(),
        "plain-cnn 32-64 x2 5x5 batch-norm leaky-relu shortcut average-pool"
    );
}

#[test]
fn a_published_network_takes_no_other_key() {
    let network = BackboneName::Resnet50;
    let spec = ModelSpec {
        network: NetworkName::Backbone(network),
        ..ModelSpec::plain(&[])
    };
    assert_eq!(spec.check(32), Ok(()));
    assert_eq!(
        (spec.blocks(), spec.describe().as_str()),
        (16, "resnet50 for small images")
    );
    let too_small = SpecError::TooSmall { network, side: 28 };
    assert_eq!(spec.check(28), Err(too_small));
    type Change = fn(&mut ModelSpec);
    let changes: [(&str, Change); 10] = [
        ("filters", |spec| spec.filters = vec![8]),
        ("convolutions_per_block", |spec| {
            spec.convolutions_per_block = 2
        }),
        ("kernel", |spec| spec.kernel = 5),
        ("normalisation", |spec| {
            spec.normalisation = BlockNormalisation::Batch
        }),
        ("activation", |spec| spec.activation = BlockActivation::Gelu),
        ("shortcut", |spec| spec.shortcut = true),
        ("block_dropout", |spec| {
            spec.block_dropout = BlockDropout::All(0.1)
        }),
        ("head_dropout", |spec| spec.head_dropout = 0.5),
        ("head", |spec| spec.head = Head::AveragePool),
        ("initialisation", |spec| {
            spec.initialisation = Initialisation::Kaiming
        }),
    ];
    for (key, change) in changes {
        let mut spec = spec.clone();
        change(&mut spec);
        assert_eq!(spec.check(32), Err(SpecError::NotPlain { key, network }));
    }
}

#[test]
fn dropout_is_a_number_or_a_list() {
    let read = |text| serde_json::from_str::<BlockDropout>(text);
    assert_eq!(read("0.5").unwrap(), BlockDropout::All(0.5));
    let each = read("[0.5, 0.25]").unwrap();
    assert_eq!([1, 2, 3].map(|number| each.of(number)), [0.5, 0.25, 0.0]);
    let error = read("\"much\"").unwrap_err().to_string();
    assert_eq!(
        error,
        "expected a number or a list of numbers, one per block"
    );
}

#[test]
fn a_network_is_written_as_it_is_read() {
    for name in NetworkName::names() {
        let read = NetworkName::try_from(name.to_string()).unwrap();
        assert_eq!(String::from(read), name);
    }
    let error = NetworkName::try_from("resnet5".to_string()).unwrap_err();
    assert!(
        error.contains("\"plain-cnn\", \"vgg16\", \"resnet50\""),
        "{error}"
    );
}
