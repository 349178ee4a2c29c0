//! ImageNet's classes by name and by WordNet ID.

/// One name per line, in the order of the class numbers: torchvision's short names.
const NAMES: &str = include_str!("imagenet_classes.txt");
/// One WordNet ID per line, in the order of the class numbers, which is also their sorted order:
/// `imagenet_synsets.txt` of timm 1.0.31. ImageNet's own folders have these names.
const WNIDS: &str = include_str!("imagenet_wnids.txt");

/// Returns the names of ImageNet's 1000 classes, by class number.
pub fn imagenet_classes() -> Vec<String> {
    NAMES.lines().map(str::to_string).collect()
}

/// Returns the number of the class with the WordNet ID `wnid`, such as "n01440764", if
/// `class_names` are ImageNet's.
pub fn wnid_class(class_names: &[String], wnid: &str) -> Option<usize> {
    let class = WNIDS.lines().position(|known| known == wnid)?;
    NAMES.lines().eq(class_names.iter()).then_some(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_thousand_and_some_are_where_everyone_knows_them() {
        let names = imagenet_classes();
        assert_eq!(names.len(), 1000);
        assert!(
            names
                .iter()
                .all(|name| !name.is_empty() && name.trim() == name)
        );
        assert_eq!(names[0], "tench");
        assert_eq!(names[1], "goldfish");
        assert_eq!(names[281], "tabby");
        assert_eq!(names[999], "toilet tissue");
    }

    #[test]
    fn wordnet_ids_are_in_the_order_of_the_classes() {
        let wnids: Vec<&str> = WNIDS.lines().collect();
        assert_eq!(wnids.len(), 1000);
        assert!(wnids.is_sorted_by(|a, b| a < b));
        let names = imagenet_classes();
        for (wnid, name) in [
            ("n01440764", "tench"),
            ("n02123045", "tabby"),
            ("n02012849", "crane bird"),
            ("n03126707", "crane"),
            ("n03710637", "maillot"),
            ("n15075141", "toilet tissue"),
        ] {
            let class = wnid_class(&names, wnid).expect("known");
            assert_eq!(names[class], name, "{wnid}");
        }
        assert_eq!(wnid_class(&names, "n00000000"), None);
        assert_eq!(wnid_class(&names[..999], "n01440764"), None);
    }
}
