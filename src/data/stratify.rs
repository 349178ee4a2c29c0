//! Stratified selection: the same number of images per class, fixed by a separate seed.
//!
//! The seed belongs to the data, not to the training run: all runs validate on the same images.

use crate::data::error::DataError;
use crate::data::image_set::ImageSet;
use crate::data::random;
use crate::data::split::Split;

/// Indices of a set in two parts; each part is in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The selected images.
    pub(crate) chosen: Vec<usize>,
    /// All others.
    pub(crate) rest: Vec<usize>,
}

/// How many images are selected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Quantity {
    /// This many, the same number per class. If it is not a multiple of the number of classes, some
    /// classes (selected by the seed) provide one image more.
    Count(usize),
    /// This share of each class, rounded, and at least one image.
    Share(f64),
}

/// Selects images of `set` by class. `what` names the selection in the random stream and in the error.
///
/// # Errors
/// [`DataError::TooFewImages`] if a class has fewer images than its part.
pub(crate) fn stratified(
    set: &ImageSet,
    quantity: Quantity,
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
        let members = &mut members[class];
        let wanted = match quantity {
            Quantity::Count(count) => count / classes + usize::from(rank < count % classes),
            Quantity::Share(share) => ((members.len() as f64 * share).round() as usize).max(1),
        };
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

/// Returns the images of `set` in two: those that remain, and those held out as `split`.
///
/// # Errors
/// [`DataError::TooFewImages`] if no image of a class would remain.
pub(crate) fn held_out(
    set: &ImageSet,
    quantity: Quantity,
    seed: u64,
    split: Split,
) -> Result<[ImageSet; 2], DataError> {
    let cut = stratified(set, quantity, seed, split.name())?;
    let (rest, held) = (set.subset(&cut.rest), set.subset(&cut.chosen));
    if let Some(class) = rest.class_counts().iter().position(|count| *count == 0) {
        let available = set.class_counts()[class];
        return Err(DataError::TooFewImages {
            what: "all pictures, of which some are held out",
            class: set.class_names()[class].clone(),
            available,
            wanted: available + 1,
        });
    }
    Ok([rest, held.with_split(split)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::image_set::tests::tiny_set;

    #[test]
    fn each_class_gives_its_share_and_nothing_is_lost() {
        let set = tiny_set(20);
        let cut = stratified(&set, Quantity::Count(6), 1, "test").unwrap();
        assert_eq!(set.subset(&cut.chosen).class_counts(), [3, 3]);
        let mut all = [cut.chosen.clone(), cut.rest.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
        assert_eq!(
            cut,
            stratified(&set, Quantity::Count(6), 1, "test").unwrap()
        );
        assert_ne!(
            cut,
            stratified(&set, Quantity::Count(6), 2, "test").unwrap()
        );
    }

    #[test]
    fn an_odd_count_gives_one_class_one_more() {
        let set = tiny_set(20);
        let mut counts = set
            .subset(
                &stratified(&set, Quantity::Count(7), 1, "test")
                    .unwrap()
                    .chosen,
            )
            .class_counts();
        counts.sort_unstable();
        assert_eq!(counts, [3, 4]);
    }

    #[test]
    fn a_class_that_runs_short_is_named() {
        let error = stratified(&tiny_set(3), Quantity::Count(4), 1, "validation").unwrap_err();
        assert_eq!(
            error.to_string(),
            "class \"dog\" has 1 images in validation, too few for 2"
        );
    }
    #[test]
    fn a_share_is_of_each_class_and_at_least_one() {
        // Ten cats and ten dogs, then two of each.
        let of = |count, share| {
            let cut = stratified(&tiny_set(count), Quantity::Share(share), 1, "test").unwrap();
            tiny_set(count).subset(&cut.chosen).class_counts()
        };
        assert_eq!(of(20, 0.15), [2, 2]);
        assert_eq!(of(20, 0.24), [2, 2]);
        assert_eq!(of(20, 0.26), [3, 3]);
        assert_eq!(of(4, 0.15), [1, 1]);
    }

    #[test]
    fn what_is_held_out_leaves_every_class_an_image() {
        let [rest, held] = held_out(&tiny_set(4), Quantity::Share(0.5), 1, Split::Test).unwrap();
        assert_eq!((rest.len(), held.len(), held.split()), (2, 2, Split::Test));
        let ids = |set: &ImageSet| {
            (0..set.len())
                .map(|i| set.source_index(i))
                .collect::<Vec<_>>()
        };
        let mut all = [ids(&rest), ids(&held)].concat();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3]);
        let error = held_out(&tiny_set(2), Quantity::Share(0.5), 1, Split::Test).unwrap_err();
        assert_eq!(
            error.to_string(),
            "class \"cat\" has 1 images in all pictures, of which some are held out, too few for 2"
        );
    }
}
