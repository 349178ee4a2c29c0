//! `explain` with an ImageNet network: what it looks at in photographs. Called by the verb.

use std::path::Path;

use crate::cli::arguments::ExplainArguments;
use crate::cli::context::Context;
use crate::cli::explain::{drawn_as, finish, named_layers};
use crate::cli::explained::Explained;
use crate::cli::failure::Complaint;
use crate::cli::maps::{
    ClassChoice, MapRequest, MethodChoice, QuantityChoice, add_maps, empty_set,
};
use crate::cli::selection::file_ids;
use crate::model::backbones::BackboneName;

use super::opened::OpenedBackbone;
use super::photos::PhotoFile;
use super::pictures::pictures;

/// Explains the pictures, writes maps and figure, and prints what the network says.
pub(in crate::cli) fn explain_photos(
    context: &Context,
    name: BackboneName,
    arguments: &ExplainArguments,
) -> anyhow::Result<u8> {
    check_options(name, arguments)?;
    let opened = OpenedBackbone::open(context, name, &arguments.from)?;
    let maps = &arguments.maps;
    let layers = match maps.layers.is_empty() {
        true => vec![opened.network.default_layer().to_string()],
        false => named_layers(&opened.network, &maps.layers)?,
    };
    let methods = MethodChoice::parse(&maps.methods)?;
    let class = ClassChoice::parse_with(&maps.class, |class| Ok(opened.find_class(class)?))?;
    let quantity =
        QuantityChoice::parse_with(&maps.quantity, |class| Ok(opened.find_class(class)?))?;
    let files: Vec<PhotoFile> = arguments
        .images
        .iter()
        .map(|path| unlabelled(path))
        .collect();
    let pictures = pictures(&opened, &files, file_ids(&arguments.images))?;
    let mut set = empty_set(&pictures);
    set.drawn_as = drawn_as();
    let request = MapRequest {
        explained: Explained::Backbone(&opened),
        layers: &layers,
        methods: &methods,
        class: &class,
        quantity: &quantity,
    };
    add_maps(context, &mut set, &pictures, &request)?;
    let out = context.figures(arguments.out.as_deref(), &["explain", name.name()]);
    finish(context, &set, &out, |_record| "")
}

fn unlabelled(path: &Path) -> PhotoFile {
    PhotoFile {
        path: path.to_path_buf(),
        name: path.display().to_string(),
        label: None,
    }
}

/// Fails where an option is given that belongs to networks trained here.
fn check_options(name: BackboneName, arguments: &ExplainArguments) -> Result<(), Complaint> {
    let given = match () {
        () if arguments.checkpoint.seed.is_some() => "--seed",
        () if arguments.checkpoint.checkpoint.is_some() => "--checkpoint",
        () if !arguments.test_index.is_empty() => "--test-index",
        () if arguments.maps.retrain_head => "--retrain-head",
        () => return Ok(()),
    };
    let message = format!(
        "{given} is for networks that are trained here, {name} alone means the ImageNet network"
    );
    let hint = "leave it out, and name pictures with --image; or name the data that it was trained \
                on: --dataset cifar-100";
    Err(Complaint::misused(message, hint))
}
