//! Stratified selection: the same number of images per class, fixed by a separate seed.
//!
//! The seed belongs to the data, not to the training run: all runs validate on the same images.

use crate::data::error::DataError;
use crate::data::image_set::ImageSet;
use crate::data::random;

/// Indices of a set in two parts; each part is in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The selected images.
    pub(crate) chosen: Vec<usize>,
    /// All others.
    pub(crate) rest: Vec<usize>,
}

/// Selects `count` images of `set`, the same number per class.
///
/// If `count` is not a multiple of the number of classes, some classes (selected by the seed)
/// provide one image more. `what` names the selection in the random stream and in the error.
///
/// # Errors
/// [`DataError::TooFewImages`] if a class has fewer images than its share.
pub(crate) fn stratified(
    set: &ImageSet,
    count: usize,
    seed: u64,
    what: &'static str,
) -> Result<Cut, DataError> {
    let classes = set.classes();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for i in 0..set.len() {
        members[set.label(i)].push(i);
    }
    let mut order: Vec<usize> = (0..classes).collect();
    random::shuffle(&mut random::stream(seed, what, u64::MAX), &mut order);

    let mut is_chosen = vec![false; set.len()];
    for (rank, class) in order.into_iter().enumerate() {
        let wanted = count / classes + usize::from(rank < count % classes);
        let members = &mut members[class];
        if wanted > members.len() {
            return Err(DataError::TooFewImages {
                what,
                class: set.class_names()[class].clone(),
                available: members.len(),
                wanted,
            });
        }
        random::shuffle(&mut random::stream(seed, what, class as u64), members);
        members[..wanted].iter().for_each(|&i| is_chosen[i] = true);
    }
    let (chosen, rest) = (0..set.len()).partition(|&i| is_chosen[i]);
    Ok(Cut { chosen, rest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::image_set::tests::tiny_set;

    #[test]
    fn each_class_gives_its_share_and_nothing_is_lost() {
        let set = tiny_set(20);
        let cut = stratified(&set, 6, 1, "test").unwrap();
        assert_eq!(set.subset(&cut.chosen).class_counts(), [3, 3]);
        let mut all = [cut.chosen.clone(), cut.rest.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
        assert_eq!(cut, stratified(&set, 6, 1, "test").unwrap());
        assert_ne!(cut, stratified(&set, 6, 2, "test").unwrap());
    }

    #[test]
    fn an_odd_count_gives_one_class_one_more() {
        let set = tiny_set(20);
        let mut counts = set
            .subset(&stratified(&set, 7, 1, "test").unwrap().chosen)
            .class_counts();
        counts.sort_unstable();
        assert_eq!(counts, [3, 4]);
    }

    #[test]
    fn a_class_that_runs_short_is_named() {
        let error = stratified(&tiny_set(3), 4, 1, "validation").unwrap_err();
        assert_eq!(
            error.to_string(),
            "class \"dog\" has 1 images in validation, too few for 2"
        );
    }
}
