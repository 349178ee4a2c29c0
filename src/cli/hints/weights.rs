//! How to fix a weight file.

use crate::cli::commands::Commands;
use crate::model::weights::WeightsError;

/// Returns how to fix `error`; `commands` words commands.
pub(in crate::cli) fn weights(error: &WeightsError, commands: &Commands) -> Option<String> {
    match error {
        WeightsError::NotWeights { .. } => Some(
            "give a .pth of a state dict or a .safetensors file; a page that a server sent in \
             its place has to be downloaded again"
                .to_string(),
        ),
        WeightsError::Damaged { .. } => Some("download or save it again".to_string()),
        WeightsError::Refused { .. }
        | WeightsError::NoStateDict { .. }
        | WeightsError::SeveralNetworks { .. } => Some(
            "save the state dict alone: torch.save(model.state_dict(), \"weights.pth\")"
                .to_string(),
        ),
        WeightsError::Mismatch { network, .. } => Some(format!(
            "give a state dict of torchvision's {network}; {} lists every tensor that differs",
            commands.of(["weights", "check", network.name()])
        )),
        WeightsError::NotFinite { .. } => {
            Some("take other weights, or accept them with --allow-nan".to_string())
        }
        WeightsError::SmallImages { trial, .. } => {
            let [trial, base] = trial;
            Some(format!(
                "explain and measure the run that they were exported from, such as: {}",
                commands.of(["evaluate", trial, "--base", base])
            ))
        }
        WeightsError::Io { .. } | WeightsError::Export { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_pickle_is_answered_with_how_to_save_it() {
        let refused = WeightsError::Refused {
            path: "calls.pth".into(),
            offset: 3,
            problem: "asks for \"posix.system\"".into(),
        };
        let hint = weights(&refused, &Commands::default()).expect("a hint");
        assert!(hint.contains("torch.save(model.state_dict()"), "{hint}");
    }
}
