//! How tables and figures name networks.

use crate::model::backbones::BackboneName;
use crate::model::titled;

/// Returns the name in figures of the network of `trial`, such as "VGG-16" or "ConvLSTM kernel 5"; empty
/// where its trial's name in words is all there is.
pub fn network_title(trial: &str) -> String {
    if let Some(name) = BackboneName::ALL.iter().find(|name| name.name() == trial) {
        return name.title().to_string();
    }
    titled(trial).map_or(String::new(), |(title, rest)| {
        format!("{title}{}", rest.replace('-', " "))
    })
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
    }
}
