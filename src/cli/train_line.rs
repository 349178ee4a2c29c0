//! The moving line of a training, fitted to the width of the terminal.

/// Space between two parts.
const GAP: usize = 2;
/// Fewest and most cells of the bar.
const BAR: (usize, usize) = (6, 30);
/// Fewest characters of a name that was shortened.
const NAME: usize = 8;
/// Rank of a part that is always shown.
pub(super) const ALWAYS: u8 = 0;

/// A part of the line after the bar. Those of the highest rank are dropped first where there is no room.
pub(super) struct Part {
    rank: u8,
    text: String,
}

impl Part {
    /// Returns a part; an empty one takes no room.
    pub(super) fn new(rank: u8, text: impl Into<String>) -> Self {
        Self {
            rank,
            text: text.into(),
        }
    }
}

/// The line, as it fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fitted {
    /// The name, shortened if need be.
    pub(super) name: String,
    /// Cells of the bar; 0 for no bar.
    pub(super) bar: usize,
    /// The parts that there is room for.
    pub(super) text: String,
}

/// Returns the line of `name`, a bar and `parts`, in at most `width` characters: first parts of high rank
/// are dropped, then the bar, then the end of the name.
pub(super) fn fitted(name: &str, parts: &[Part], width: usize) -> Fitted {
    let mut most = parts.iter().map(|part| part.rank).max().unwrap_or(ALWAYS);
    loop {
        let kept = parts
            .iter()
            .filter(|part| part.rank <= most && !part.text.is_empty());
        let text = kept
            .map(|part| part.text.as_str())
            .collect::<Vec<_>>()
            .join("  ");
        let rest = name.chars().count() + GAP + length(&text);
        let room = width.saturating_sub(rest + GAP);
        if room >= BAR.0 {
            return Fitted {
                name: name.to_string(),
                bar: room.min(BAR.1),
                text,
            };
        }
        if most == ALWAYS {
            let room = width.saturating_sub(GAP + length(&text));
            return Fitted {
                name: shortened(name, room.max(NAME)),
                bar: 0,
                text,
            };
        }
        most -= 1;
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Returns `name` in at most `most` characters.
fn shortened(name: &str, most: usize) -> String {
    if length(name) <= most {
        return name.to_string();
    }
    let kept: String = name.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<Part> {
        vec![
            Part::new(ALWAYS, " 38 %"),
            Part::new(ALWAYS, "epoch 19/50"),
            Part::new(5, "step 120/352"),
            Part::new(2, "loss 1.234"),
            Part::new(3, "accuracy 55.1 %"),
            Part::new(4, "5201 images/s"),
            Part::new(ALWAYS, "3 min 20 s left"),
            Part::new(1, "31 min for all"),
        ]
    }

    fn shown(name: &str, width: usize) -> String {
        let Fitted { name, bar, text } = fitted(name, &parts(), width);
        let bar = "#".repeat(bar);
        let line: Vec<&str> = [name.as_str(), &bar, &text]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        line.join("  ")
    }

    #[test]
    fn a_line_fits_its_width() {
        let name = "trial-d seed 0";
        assert_eq!(
            shown(name, 140),
            "trial-d seed 0  #############   38 %  epoch 19/50  step 120/352  loss 1.234  accuracy 55.1 %  \
             5201 images/s  3 min 20 s left  31 min for all"
        );
        assert_eq!(
            shown(name, 120),
            "trial-d seed 0  ####   38 %  epoch 19/50  loss 1.234  accuracy 55.1 %  5201 images/s  \
             3 min 20 s left  31 min for all"
                .replace("####", &"#".repeat(7))
        );
        assert_eq!(
            shown(name, 80),
            "trial-d seed 0  #########   38 %  epoch 19/50  3 min 20 s left  31 min for all"
                .replace("#########", &"#".repeat(11))
        );
        assert_eq!(
            shown(name, 60),
            "trial-d seed 0  #######   38 %  epoch 19/50  3 min 20 s left"
                .replace("#######", &"#".repeat(7))
        );
        for width in 60..=200 {
            for name in [
                name,
                "trial-d+model.normalisation=batch+train.learning_rate=3e-3 seed 2",
            ] {
                let line = shown(name, width);
                assert!(length(&line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_long_name_is_shortened_last() {
        assert_eq!(
            shown("a-very-long-name-of-an-experiment seed 0", 60),
            "a-very-long-name-of-an…   38 %  epoch 19/50  3 min 20 s left"
        );
    }
}
