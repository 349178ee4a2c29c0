//! Unpacks a downloaded `.zip` of many files without trusting its content.
//!
//! Members outside the folder, links and more data than allowed reject all of it.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Component, Path};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::data::error::DataError;
use crate::data::gzip::Capped;

/// Bits of a Unix mode that hold the kind of a file, and the kind of a symbolic link.
const FILE_KIND: u32 = 0o170_000;
const SYMBOLIC_LINK: u32 = 0o120_000;

/// The content of a `.zip`: one folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ZipContents {
    /// The folder's name.
    pub(crate) folder: &'static str,
    /// Whether the file with this path in the folder, such as "train/a.jpg", is unpacked.
    pub(crate) is_wanted: fn(&str) -> bool,
    /// Maximum number of members, files and folders.
    pub(crate) most_members: usize,
    /// Maximum size of all unpacked files in bytes.
    pub(crate) most_bytes: u64,
}

/// Unpacks the wanted files of `archive` into the existing folder `destination`, without the archive's
/// own folder name. The checksums in the archive are verified.
///
/// # Errors
/// [`DataError::Archive`] at the first member that is not allowed or is damaged; [`DataError::Io`];
/// [`DataError::Interrupted`]. Files written before the error stay in `destination` for the caller to
/// remove.
pub(crate) fn unzip(
    archive: &Path,
    contents: &ZipContents,
    destination: &Path,
) -> Result<(), DataError> {
    let refuse = |member: &str, problem: String| DataError::Archive {
        path: archive.to_path_buf(),
        member: member.to_owned(),
        problem,
    };
    let unreadable =
        |member: &str, error: ZipError| refuse(member, format!("is unreadable: {error}"));
    let file = File::open(archive).map_err(DataError::io("read", archive))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable("", error))?;
    if zip.len() > contents.most_members {
        let problem = format!(
            "is one of {}, allowed: {}",
            zip.len(),
            contents.most_members
        );
        return Err(refuse("", problem));
    }
    let mut left = contents.most_bytes;
    for number in 0..zip.len() {
        DataError::unless_interrupted()?;
        let member = zip
            .by_index(number)
            .map_err(|error| unreadable(&format!("number {number}"), error))?;
        let name = member.name().to_owned();
        let wanted = judge((&name, member.unix_mode()), contents)
            .map_err(|problem| refuse(&name, problem))?;
        let Some(place) = wanted else { continue };
        let path = destination.join(place);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(DataError::io("create", folder))?;
        }
        let out = match File::create_new(&path) {
            Ok(out) => out,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(refuse(&name, "is there twice".to_owned()));
            }
            Err(error) => return Err(DataError::io("create", &path)(error)),
        };
        let mut unpacked = Capped {
            inner: member,
            left,
        };
        copy(&mut unpacked, out, &path, |error| {
            refuse(&name, format!("is unreadable: {error}"))
        })?;
        left = unpacked.left;
    }
    Ok(())
}

/// Returns the path in the folder of the member with this name and Unix mode if it is to be unpacked.
///
/// # Errors
/// What is wrong with the member.
fn judge(
    (name, mode): (&str, Option<u32>),
    contents: &ZipContents,
) -> Result<Option<String>, String> {
    if mode.is_some_and(|mode| mode & FILE_KIND == SYMBOLIC_LINK) {
        return Err("is a symbolic link".into());
    }
    let mut parts = Vec::new();
    for component in Path::new(name).components() {
        match (component, component.as_os_str().to_str()) {
            (Component::Normal(_), Some(part)) => parts.push(part),
            (Component::CurDir, _) => {}
            (Component::Normal(_), None) => return Err("has a name that is not UTF-8".into()),
            _ => return Err("leads out of the folder".into()),
        }
    }
    match parts.split_first() {
        None => Ok(None),
        Some((first, _)) if *first != contents.folder => {
            Err(format!("is not in {:?}", contents.folder))
        }
        Some(_) if name.ends_with(['/', '\\']) => Ok(None),
        Some((_, rest)) => Ok(Some(rest.join("/")).filter(|place| (contents.is_wanted)(place))),
    }
}

/// Copies to the end of the member, and distinguishes errors of reading from those of writing.
fn copy(
    from: &mut impl io::Read,
    into: File,
    path: &Path,
    unreadable: impl Fn(io::Error) -> DataError,
) -> Result<(), DataError> {
    let mut into = BufWriter::new(into);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return into.flush().map_err(DataError::io("write", path)),
            Ok(count) => into
                .write_all(&buffer[..count])
                .map_err(DataError::io("write", path))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Cursor;

    use zip::write::{FileOptions, ZipWriter};

    use super::*;

    const CONTENTS: ZipContents = ZipContents {
        folder: "set",
        is_wanted: |path| !path.starts_with("test/"),
        most_members: 5,
        most_bytes: 20,
    };

    /// Returns a `.zip` with these members; a name that ends in a slash is a folder.
    pub(crate) fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in members {
            if name.ends_with('/') {
                zip.add_directory(*name, FileOptions::default()).unwrap();
            } else {
                zip.start_file(*name, FileOptions::default()).unwrap();
                zip.write_all(content).unwrap();
            }
        }
        zip.finish().unwrap().into_inner()
    }

    /// Unpacks into a new folder, and returns that folder or the error's text after the path.
    fn try_unzip(bytes: &[u8]) -> Result<tempfile::TempDir, String> {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("x.zip");
        fs::write(&archive, bytes).unwrap();
        let destination = folder.path().join("out");
        fs::create_dir(&destination).unwrap();
        match unzip(&archive, &CONTENTS, &destination) {
            Ok(()) => Ok(folder),
            Err(error) => {
                let text = error.to_string();
                let (_, rest) = text.split_once("x.zip\": ").expect("the path comes first");
                Err(rest.to_owned())
            }
        }
    }

    #[test]
    fn wanted_files_are_unpacked_and_others_left() {
        let members: [(&str, &[u8]); 4] = [
            ("set/", b""),
            ("set/train/a.txt", b"first"),
            ("set/test/b.txt", b"more than twenty bytes are not counted"),
            ("set/c.txt", b"second"),
        ];
        let folder = try_unzip(&zipped(&members)).unwrap();
        let out = folder.path().join("out");
        assert_eq!(fs::read(out.join("train/a.txt")).unwrap(), b"first");
        assert_eq!(fs::read(out.join("c.txt")).unwrap(), b"second");
        assert!(!out.join("test").exists());
    }

    #[test]
    fn what_is_not_allowed_is_refused_by_name() {
        let refused = |members: &[(&str, &[u8])]| try_unzip(&zipped(members)).unwrap_err();
        assert_eq!(
            refused(&[("set/../../evil", b"x")]),
            "member \"set/../../evil\" leads out of the folder"
        );
        assert_eq!(
            refused(&[("/etc/evil", b"x")]),
            "member \"/etc/evil\" leads out of the folder"
        );
        assert_eq!(
            refused(&[("other/a", b"x")]),
            "member \"other/a\" is not in \"set\""
        );
        assert_eq!(
            refused(&[("set/a", &[0; 12]), ("set/b", &[0; 12])]),
            "member \"set/b\" is unreadable: more data than it should unpack to"
        );
        assert_eq!(
            refused(&[
                ("set/1", b""),
                ("set/2", b""),
                ("set/3", b""),
                ("set/4", b""),
                ("set/5", b""),
                ("set/6", b"")
            ]),
            "member \"\" is one of 6, allowed: 5"
        );
        assert_eq!(
            refused(&[("set/a", b"x"), ("set/./a", b"x")]),
            "member \"set/./a\" is there twice"
        );
        let mut link = ZipWriter::new(Cursor::new(Vec::new()));
        link.add_symlink("set/link", "/etc/passwd", FileOptions::default())
            .unwrap();
        let link = link.finish().unwrap().into_inner();
        assert_eq!(
            try_unzip(&link).unwrap_err(),
            "member \"set/link\" is a symbolic link"
        );
    }

    #[test]
    fn a_cut_or_damaged_archive_is_refused() {
        let whole = zipped(&[("set/a.txt", b"first first"), ("set/b.txt", b"second")]);
        for most in 0..whole.len() {
            assert!(try_unzip(&whole[..most]).is_err(), "cut after {most}");
        }
        // A bit of the packed content of the first file, after its local header of 30 + 9 bytes.
        let mut flipped = whole.clone();
        flipped[41] ^= 0x10;
        let error = try_unzip(&flipped).unwrap_err();
        assert!(
            error.starts_with("member \"set/a.txt\" is unreadable: "),
            "{error}"
        );
    }
}
