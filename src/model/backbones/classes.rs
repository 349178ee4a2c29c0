//! ImageNet's classes by name.

/// One name per line, in the order of the class numbers: torchvision's short names.
const NAMES: &str = include_str!("imagenet_classes.txt");

/// Returns the names of ImageNet's 1000 classes, by class number.
pub fn imagenet_classes() -> Vec<String> {
    NAMES.lines().map(str::to_string).collect()
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
}
