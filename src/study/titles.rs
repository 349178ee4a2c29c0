//! How tables and figures name networks.

use crate::model::backbones::BackboneName;
use crate::model::titled;
use crate::run::split_changes;

/// Returns the name in figures of the network of `trial`, such as "VGG-16" or "ConvLSTM kernel 5"; empty
/// where its trial's name in words is all there is.
pub fn network_title(trial: &str) -> String {
    let (experiment, changes) = split_changes(trial);
    let named = BackboneName::ALL
        .iter()
        .find(|name| name.name() == experiment);
    let title = match (named, titled(experiment)) {
        (Some(name), _) => name.title().to_string(),
        (None, Some((title, rest))) => format!("{title}{}", rest.replace('-', " ")),
        (None, None) => return String::new(),
    };
    match changes.is_empty() {
        true => title,
        false => format!("{title}, {changes}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_with_a_name_of_their_own_have_a_title() {
        assert_eq!(network_title("vgg16"), "VGG-16");
        assert_eq!(network_title("convlstm-kernel-5"), "ConvLSTM kernel 5");
        assert_eq!(network_title("convgru"), "ConvGRU");
        assert_eq!(network_title("predrnn"), "PredRNN");
        assert_eq!(network_title("trial-d"), "");
        assert_eq!(network_title("vgg16+train.epochs=2"), "VGG-16, epochs=2");
    }
}
