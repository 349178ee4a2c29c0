//! The conventions that a weight file follows, from the file's notes or the user.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use crate::data::DataError;

/// Key of the note in a `.safetensors` file that indicates TensorFlow's padding.
const PADDING_KEY: &str = "padding";
/// Start of that note.
const SAME_PADDING: &str = "TensorFlow SAME";
/// Key of the note that indicates Caffe's last convolution.
const NOTE_KEY: &str = "note";
/// Start of that note.
const PADDED_HEAD: &str = "conv_final used pad=1";

/// The framework that a network was trained in, if its details differ from torchvision's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// As in torchvision.
    #[default]
    Torchvision,
    /// Inputs from -1 to 1; convolutions pad so that a stride's odd pixel is the last one ("same").
    TensorFlow,
    /// SqueezeNet as published: its last convolution is padded by one pixel, and its images are
    /// cropped to 227 pixels.
    Caffe,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Torchvision, Self::TensorFlow, Self::Caffe];

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Torchvision => "torchvision",
            Self::TensorFlow => "tensorflow",
            Self::Caffe => "caffe",
        }
    }

    /// Returns the dialect that the notes of a `.safetensors` file indicate, if any.
    pub fn of_notes(notes: &HashMap<String, String>) -> Option<Self> {
        let begins = |key: &str, start: &str| {
            let note = notes.get(key);
            note.is_some_and(|note| note.starts_with(start))
        };
        match () {
            () if begins(PADDING_KEY, SAME_PADDING) => Some(Self::TensorFlow),
            () if begins(NOTE_KEY, PADDED_HEAD) => Some(Self::Caffe),
            () => None,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Dialect {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|dialect| dialect.name() == name);
        found.ok_or_else(|| DataError::unknown("dialect", name, Self::ALL.map(Self::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_tell_the_dialect_and_silence_does_not() {
        let notes = |key: &str, text: &str| HashMap::from([(key.to_string(), text.to_string())]);
        let of = |key, text| Dialect::of_notes(&notes(key, text));
        let same = "TensorFlow SAME (stride-2 3x3 convs pad 0 top/left)";
        assert_eq!(of("padding", same), Some(Dialect::TensorFlow));
        let note = "conv_final used pad=1 in the original";
        assert_eq!(of("note", note), Some(Dialect::Caffe));
        assert_eq!(of("format", "pt"), None);
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse::<Dialect>().unwrap(), dialect);
        }
        assert!("keras".parse::<Dialect>().is_err());
    }
}
