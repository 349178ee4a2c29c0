//! Folders as people have them: what is read, with which class, and what is not.

use std::fs;

use super::*;
use crate::model::backbones::imagenet_classes;

/// Returns a folder with these files: small pictures, in the format of their name or else JPEG, and
/// for other names text.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        let format = match path.extension().and_then(|ending| ending.to_str()) {
            Some("gif") => image::ImageFormat::Gif,
            Some("png") => image::ImageFormat::Png,
            Some("jpg" | "JPEG" | "jfif" | "photo") => image::ImageFormat::Jpeg,
            _ => {
                fs::write(&path, "II*\0 and no picture that is decoded").expect("written");
                continue;
            }
        };
        let picture = image::RgbImage::new(4, 3);
        picture.save_with_format(&path, format).expect("written");
    }
    folder
}

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|name| name.to_string()).collect()
}

/// Returns the names and classes of what is read, and the note on the rest; or the error.
type Read = Result<(Vec<(String, Option<usize>)>, Option<String>), String>;

fn read(folder: &tempfile::TempDir, class_names: &[String]) -> Read {
    let place = folder.path().display().to_string();
    let short = |text: String| text.replace(&place, "photos");
    match labelled(folder.path(), None, class_names) {
        Ok(found) => {
            let files = found.files.into_iter();
            let unread = found.unread.map(short);
            Ok((files.map(|file| (file.name, file.label)).collect(), unread))
        }
        Err(error) => Err(short(error.to_string())),
    }
}

#[test]
fn a_flat_folder_is_read_by_content_and_the_rest_is_named() {
    let files = [
        "a.jpg",
        "b.jfif",
        "c.gif",
        "d.tif",
        "e.avif",
        "f.photo",
        ".hidden.jpg",
        "more/g.jpg",
    ];
    let (found, unread) = read(&folder(&files), &names(&["cat", "dog"])).expect("pictures");
    let found: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(found, ["a.jpg", "b.jfif", "c.gif", "f.photo"]);
    let expected = "not read in \"photos\": 1 folder (\"more\"), 3 other files (\".hidden.jpg\", \
                    \"d.tif\", \"e.avif\")";
    assert_eq!(unread.as_deref(), Some(expected));
    let whole = read(&folder(&["a.jpg", "b.png"]), &[]).expect("pictures");
    assert_eq!(whole.1, None);
}

#[test]
fn pictures_that_the_table_does_not_name_are_counted() {
    let folder = folder(&[
        "a.jpg",
        "b.jpg",
        "c.png",
        "in/d.jpg",
        "in/e.jpg",
        "out/f.jpg",
    ]);
    let table = "file,class\na.jpg,cat\n./in/d.jpg,dog\n";
    fs::write(folder.path().join(LABELS), table).expect("written");
    let (found, unread) = read(&folder, &names(&["cat", "dog"])).expect("two pictures");
    let expected = [("a.jpg", 0), ("./in/d.jpg", 1)];
    let expected = expected.map(|(name, class)| (name.to_string(), Some(class)));
    assert_eq!(found, expected);
    let expected = "not read in \"photos\": 3 pictures that \"labels.csv\" does not name \
                    (\"b.jpg\", \"c.png\", \"in/e.jpg\"), 1 folder (\"out\")";
    assert_eq!(unread.as_deref(), Some(expected));
}

#[test]
fn a_folder_per_class_is_read_by_name_wordnet_id_or_number() {
    let ids = folder(&[
        "n01440764/a.JPEG",
        "n02123045/b.JPEG",
        "n02123045/c.JPEG",
        "n1/x.txt",
    ]);
    let (found, unread) = read(&ids, &imagenet_classes()).expect("three pictures");
    let expected = [
        ("n01440764/a.JPEG", 0),
        ("n02123045/b.JPEG", 281),
        ("n02123045/c.JPEG", 281),
    ];
    let expected = expected.map(|(name, class)| (name.to_string(), Some(class)));
    assert_eq!(found, expected);
    assert_eq!(
        unread.as_deref(),
        Some("not read in \"photos\": 1 folder (\"n1\")")
    );
    let classes = |files: &[&str], class_names: &[&str]| {
        let read = read(&folder(files), &names(class_names));
        read.map(|(files, _)| {
            files
                .iter()
                .filter_map(|(_, class)| *class)
                .collect::<Vec<_>>()
        })
    };
    let files = ["cat/a.jpg", "dog/b.jpg"];
    assert_eq!(classes(&files, &["dog", "cat"]), Ok(vec![1, 0]));
    let files = ["0/a.jpg", "1/b.jpg"];
    assert_eq!(classes(&files, &["dog", "cat"]), Ok(vec![0, 1]));
    // Names that are numbers are names.
    let files = ["1/a.jpg", "2/b.jpg"];
    assert_eq!(classes(&files, &["1", "2", "3"]), Ok(vec![0, 1]));
    let files = ["0/a.jpg", "1/b.jpg"];
    let ambiguous = classes(&files, &["1", "2", "3"]).expect_err("0 is no name, 1 is two classes");
    assert_eq!(
        ambiguous,
        "the folder \"photos/1\" is no class: class \"1\" is ambiguous: it is the name of class 0 \
         and the number of \"2\""
    );
    let unknown = classes(&["cat/a.jpg", "thumbs/b.jpg"], &["dog", "cat"]);
    let expected = "the folder \"photos/thumbs\" is no class: no class is called \"thumbs\"";
    assert_eq!(unknown, Err(expected.to_string()));
}

#[test]
fn a_folder_without_pictures_says_what_it_holds() {
    let error = read(&folder(&["a.tif", "in/b.avif"]), &[]).expect_err("no picture");
    assert_eq!(
        error,
        "there is no picture in \"photos\"; not read in \"photos\": 1 folder (\"in\"), 1 other file \
         (\"a.tif\")"
    );
}

#[test]
fn a_picture_is_named_once() {
    let folder = folder(&["a.jpg"]);
    for (second, fault) in [
        ("cat", "is also on line 2"),
        ("dog", "has another class further up, on line 2"),
    ] {
        let table = format!("file,class\r\na.jpg,cat\r\na.jpg,{second}\r\n");
        fs::write(folder.path().join(LABELS), table).expect("written");
        let error = read(&folder, &names(&["cat", "dog"])).expect_err("twice");
        let expected = format!("\"photos/labels.csv\", line 3: \"a.jpg\" {fault}");
        assert_eq!(error, expected);
    }
}
