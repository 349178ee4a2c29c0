//! A network's answer in words: right or wrong, which class, how sure.
//!
//! A check or a cross says whether the answer is right; no colour does.

use super::selection::unique;
use super::svg_text::class_name;
use super::theme::BODY;
use super::typeface::{shorten, width};
use crate::run::{ExplainedImage, ExplanationRecord};

/// From here on two decimals would round up to 1.00.
const HIDES_DOUBT: f32 = 0.995;

/// Returns a check for a right prediction, a cross for a wrong one, and a question mark where the
/// true class is not known.
pub(super) fn mark(record: &ExplanationRecord, image: &ExplainedImage) -> char {
    match &image.true_class {
        Some(class) if *class == record.predicted_class => '✓',
        Some(_) => '✗',
        None => '?',
    }
}

/// Returns the prediction in one or two lines of at most `room` pixels: mark, class and confidence, and,
/// where the map explains another class, that class and its confidence.
pub(super) fn lines(record: &ExplanationRecord, image: &ExplainedImage, room: f32) -> Vec<String> {
    let mark = mark(record, image);
    let class = class_name(&record.predicted_class);
    let end = format!(", {}", probability(record.predicted_confidence));
    let class_room = room - width(&end, &BODY);
    let class = shorten(&format!("{mark} {class}"), class_room, &BODY);
    let mut lines = vec![format!("{class}{end}")];
    if record.target_class != record.predicted_class {
        lines.push(target_line(record, room));
    }
    lines
}

/// Returns "for ring: 0.12" with the class shortened so that the line has at most `room` pixels.
pub(super) fn target_line(record: &ExplanationRecord, room: f32) -> String {
    let start = "for ";
    let end = format!(": {}", probability(record.confidence));
    let class_room = room - width(&format!("{start}{end}"), &BODY);
    format!(
        "{start}{}{end}",
        shorten(&class_name(&record.target_class), class_room, &BODY)
    )
}

/// Returns which class the maps explain, as a sentence for the caption.
pub(super) fn target_note(records: &[&ExplanationRecord]) -> String {
    let rules = unique(records.iter().map(|record| record.target_rule.as_str()));
    let which = match rules[..] {
        ["predicted"] => "the predicted class",
        ["true"] => "the true class",
        ["named"] => "a named class",
        _ => "the class that its text names",
    };
    let other = records
        .iter()
        .any(|record| record.target_class != record.predicted_class);
    let read = if other {
        "; where that is not the prediction, its own confidence follows"
    } else {
        ""
    };
    format!("Each map explains {which}{read}.")
}

/// Returns what of the class the maps explain, as a sentence for the caption, unless it is the logit.
pub(super) fn quantity_note(records: &[&ExplanationRecord]) -> Option<String> {
    let quantities = unique(records.iter().map(|record| record.quantity.as_str()));
    let what = match quantities[..] {
        ["logit"] => return None,
        ["probability"] => "the probability of its class, not the logit".to_string(),
        [quantity] => match quantity.strip_prefix("minus:") {
            Some(other) => format!("the logit of its class minus that of {}", class_name(other)),
            None => format!("the {quantity} of its class"),
        },
        _ => format!("one of these of its class: {}", quantities.join(", ")),
    };
    Some(format!("Each map explains {what}."))
}

/// Returns a probability with two decimals, never rounded up to a certainty that it is not.
pub(super) fn probability(value: f32) -> String {
    if (HIDES_DOUBT..1.0).contains(&value) {
        return "> 0.99".to_string();
    }
    format!("{value:.2}")
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Sample, record};
    use super::*;

    #[test]
    fn glyphs_say_right_and_wrong() {
        let set = Sample::default().set();
        let image = &set.images[0];
        let mut record = record("trial-a", 1);
        record.predicted_class = "sweet_pepper".into();
        record.predicted_confidence = 0.831;
        record.target_class = "sweet_pepper".into();
        let mut image = image.clone();
        image.true_class = Some("sweet_pepper".into());
        assert_eq!(lines(&record, &image, 400.0), ["✓ sweet pepper, 0.83"]);
        image.true_class = Some("ring".into());
        record.target_class = "ring".into();
        record.confidence = 0.1249;
        let wrong = ["✗ sweet pepper, 0.83", "for ring: 0.12"];
        assert_eq!(lines(&record, &image, 400.0), wrong);
    }

    #[test]
    fn a_quantity_that_is_not_the_logit_is_said() {
        let mut record = record("trial-a", 1);
        assert_eq!(quantity_note(&[&record]), None);
        record.quantity = "minus:sweet_pepper".into();
        assert_eq!(
            quantity_note(&[&record]).as_deref(),
            Some("Each map explains the logit of its class minus that of sweet pepper.")
        );
        record.quantity = "probability".into();
        assert_eq!(
            quantity_note(&[&record]).as_deref(),
            Some("Each map explains the probability of its class, not the logit.")
        );
    }

    #[test]
    fn near_certainty_is_not_printed_as_certainty() {
        assert_eq!(probability(0.9971), "> 0.99");
        assert_eq!(probability(1.0), "1.00");
        assert_eq!(probability(0.994), "0.99");
    }
}
