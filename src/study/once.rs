//! Lists of entries that must differ.

use super::error::StudyError;

/// Fails if an item occurs twice among `items`; `what` is the kind of item.
///
/// # Errors
/// [`StudyError::NamedTwice`].
pub fn check_once<T: PartialEq>(
    what: &'static str,
    items: &[T],
    name: impl Fn(&T) -> String,
) -> Result<(), StudyError> {
    let twice = |(place, item): &(usize, &T)| items[..*place].contains(item);
    match items.iter().enumerate().find(twice) {
        Some((_, item)) => Err(StudyError::NamedTwice {
            what,
            name: name(item),
        }),
        None => Ok(()),
    }
}
