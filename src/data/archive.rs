//! Unpacks a downloaded `.tar.gz` without trusting its content.
//!
//! The exact members are known. Anything else in the archive (other names, paths outside the
//! folder, links, too much data) rejects all of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

use crate::data::error::DataError;
use crate::data::gzip::Capped;

/// Unpacked bytes beyond the members themselves: headers, padding, end blocks.
const TAR_OVERHEAD: u64 = 1 << 20;

/// Further entries allowed next to the files: folders.
const EXTRA_ENTRIES: usize = 4;

/// The content of an archive: one folder with these files, and nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents {
    /// The folder's name.
    pub(crate) folder: &'static str,
    /// Each file with its maximum size in bytes.
    pub(crate) files: &'static [(&'static str, u64)],
    /// Files that may be missing.
    pub(crate) optional: &'static [(&'static str, u64)],
}

impl Contents {
    /// Returns the maximum size of the unpacked archive, in bytes.
    fn total_cap(&self) -> u64 {
        self.known().map(|(_, cap)| cap).sum::<u64>() + TAR_OVERHEAD
    }

    fn known(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.files.iter().chain(self.optional).copied()
    }
}

/// Unpacks the files of `archive` into the existing folder `destination`, without the archive's own
/// folder name.
///
/// # Errors
/// [`DataError::Archive`] at the first member that does not match `contents`, or is missing;
/// [`DataError::Io`]. Files written before the error stay in `destination` for the caller to
/// remove.
pub(crate) fn unpack(
    archive: &Path,
    contents: &Contents,
    destination: &Path,
) -> Result<(), DataError> {
    let file = File::open(archive).map_err(DataError::io("read", archive))?;
    let unpacked = Capped {
        inner: GzDecoder::new(BufReader::new(file)),
        left: contents.total_cap(),
    };
    let mut tar = Archive::new(unpacked);
    let mut seen = BTreeSet::new();
    let refuse = |member: &str, problem: String| DataError::Archive {
        path: archive.to_path_buf(),
        member: member.to_owned(),
        problem,
    };
    let unreadable =
        |member: &str, error: &io::Error| refuse(member, format!("is unreadable: {error}"));

    let entries = tar.entries().map_err(|error| unreadable("", &error))?;
    for (number, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|error| unreadable(&format!("number {number}"), &error))?;
        let member = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if number >= contents.known().count() + EXTRA_ENTRIES {
            return Err(refuse(
                &member,
                "comes after more entries than the archive has".into(),
            ));
        }
        let kind = entry.header().entry_type();
        let wanted = judge(&member, kind, contents).map_err(|problem| refuse(&member, problem))?;
        let Some((name, cap)) = wanted else { continue };
        if entry.size() > cap {
            let problem = format!("claims {} bytes, allowed: {cap}", entry.size());
            return Err(refuse(&member, problem));
        }
        if !seen.insert(name) {
            return Err(refuse(&member, "is there twice".into()));
        }
        let path = destination.join(name);
        let mut out = File::create_new(&path).map_err(DataError::io("create", &path))?;
        copy(&mut entry, &mut out, &path, |error| {
            unreadable(&member, error)
        })?;
    }
    match contents.files.iter().find(|(name, _)| !seen.contains(name)) {
        Some((name, _)) => Err(refuse(
            &format!("{}/{name}", contents.folder),
            "is missing".into(),
        )),
        None => Ok(()),
    }
}

/// Returns the expected file for `member`, with its maximum size; `None` for the folder itself.
///
/// # Errors
/// What is wrong with the member.
fn judge(
    member: &str,
    kind: EntryType,
    contents: &Contents,
) -> Result<Option<(&'static str, u64)>, String> {
    if !matches!(kind, EntryType::Regular | EntryType::Directory) {
        return Err("is neither a file nor a folder".into());
    }
    let mut parts = Vec::new();
    for component in Path::new(member).components() {
        match component {
            Component::Normal(part) => parts.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err("leads out of the folder".into());
            }
        }
    }
    if parts.first().is_some_and(|first| *first != contents.folder) {
        return Err(format!("is not in {:?}", contents.folder));
    }
    match (kind, parts.as_slice()) {
        (EntryType::Directory, [] | [_]) => Ok(None),
        (EntryType::Regular, [_, name]) => contents
            .known()
            .find(|(known, _)| name == known)
            .map(Some)
            .ok_or_else(|| "is not a file of this data set".into()),
        _ => Err("is not a file of this data set".into()),
    }
}

/// Copies to the end of the member, and distinguishes errors of reading from those of writing.
fn copy(
    from: &mut impl Read,
    to: &mut impl io::Write,
    path: &Path,
    unreadable: impl Fn(&io::Error) -> DataError,
) -> Result<(), DataError> {
    const CHUNK: usize = 1 << 16;
    let mut buffer = vec![0; CHUNK];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => to
                .write_all(&buffer[..count])
                .map_err(DataError::io("write", path))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
}

/// Removes a folder, if it exists.
///
/// # Errors
/// [`DataError::Io`] if it exists and cannot be removed.
pub(crate) fn remove_folder(path: &Path) -> Result<(), DataError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DataError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, Header};

    use super::*;

    pub(crate) const CONTENTS: Contents = Contents {
        folder: "set",
        files: &[("a.bin", 100), ("b.txt", 10)],
        optional: &[],
    };

    /// One entry: the raw name, the type, the size stated in the header, and the content.
    pub(crate) struct Member<'a>(
        pub(crate) &'a str,
        pub(crate) EntryType,
        pub(crate) &'a [u8],
    );

    /// Returns a `.tar.gz` with these entries; names are not checked, even malicious ones.
    pub(crate) fn archive_of(members: &[Member<'_>]) -> Vec<u8> {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for Member(name, kind, content) in members {
            let mut header = Header::new_ustar();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            if kind.is_symlink() {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    pub(crate) fn good_members() -> Vec<Member<'static>> {
        vec![
            Member("set/", EntryType::Directory, b""),
            Member("set/b.txt", EntryType::Regular, b"names"),
            Member("./set/a.bin", EntryType::Regular, b"pixels"),
        ]
    }

    /// Unpacks into a new folder, and returns that folder or the error's text after the path.
    fn try_unpack(bytes: &[u8]) -> Result<tempfile::TempDir, String> {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("x.tar.gz");
        fs::write(&archive, bytes).unwrap();
        let destination = folder.path().join("out");
        fs::create_dir(&destination).unwrap();
        match unpack(&archive, &CONTENTS, &destination) {
            Ok(()) => Ok(folder),
            Err(error) => {
                let text = error.to_string();
                Err(text
                    .split_once("x.tar.gz\": ")
                    .expect("the path comes first")
                    .1
                    .to_owned())
            }
        }
    }

    fn refused_with(extra: Member<'_>) -> String {
        let mut members = good_members();
        members.insert(1, extra);
        try_unpack(&archive_of(&members)).unwrap_err()
    }

    #[test]
    fn the_expected_files_come_out() {
        let folder = try_unpack(&archive_of(&good_members())).unwrap();
        assert_eq!(
            fs::read(folder.path().join("out/a.bin")).unwrap(),
            b"pixels"
        );
        assert_eq!(fs::read(folder.path().join("out/b.txt")).unwrap(), b"names");
    }

    #[test]
    fn ways_out_of_the_folder_are_refused() {
        for name in ["../evil", "set/../../evil", "/etc/evil"] {
            let error = refused_with(Member(name, EntryType::Regular, b"x"));
            assert_eq!(error, format!("member {name:?} leads out of the folder"));
        }
        let link = refused_with(Member("set/a.bin", EntryType::Symlink, b""));
        assert_eq!(link, "member \"set/a.bin\" is neither a file nor a folder");
        let hard = refused_with(Member("set/a.bin", EntryType::Link, b""));
        assert_eq!(hard, "member \"set/a.bin\" is neither a file nor a folder");
    }

    #[test]
    fn strangers_and_doubles_are_refused() {
        let other = refused_with(Member("set/c.bin", EntryType::Regular, b"x"));
        assert_eq!(other, "member \"set/c.bin\" is not a file of this data set");
        let outside = refused_with(Member("a.bin", EntryType::Regular, b"x"));
        assert_eq!(outside, "member \"a.bin\" is not in \"set\"");
        let double = refused_with(Member("set/b.txt", EntryType::Regular, b"x"));
        assert_eq!(double, "member \"set/b.txt\" is there twice");
        let missing = try_unpack(&archive_of(&good_members()[..2])).unwrap_err();
        assert_eq!(missing, "member \"set/a.bin\" is missing");
    }

    #[test]
    fn sizes_are_capped_by_claim_and_by_content() {
        let large = refused_with(Member("set/a.bin", EntryType::Regular, &[0; 101]));
        assert_eq!(large, "member \"set/a.bin\" claims 101 bytes, allowed: 100");
        // A bomb: rejecting a member only after skipping it would unpack 64 MiB.
        let many: Vec<Member<'_>> = (0..9)
            .map(|_| Member("set/", EntryType::Directory, b""))
            .collect();
        assert!(
            try_unpack(&archive_of(&many))
                .unwrap_err()
                .ends_with("than the archive has")
        );
    }

    #[test]
    fn a_terabyte_claim_and_a_gzip_bomb_are_stopped_early() {
        let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = Header::new_gnu();
        header.set_path("set/a.bin").unwrap();
        header.set_entry_type(EntryType::Regular);
        header.set_size(1 << 40);
        header.set_cksum();
        tar.append(&header, io::empty()).unwrap();
        let claim = try_unpack(&tar.into_inner().unwrap().finish().unwrap()).unwrap_err();
        assert_eq!(
            claim,
            "member \"set/a.bin\" claims 1099511627776 bytes, allowed: 100"
        );

        // Folders with content: 8 MiB of zeros that the reader would skip over.
        let zeros = vec![0; 8 << 20];
        let bomb = refused_with(Member("set/", EntryType::Directory, &zeros));
        assert!(
            bomb.ends_with("more data than it should unpack to"),
            "{bomb}"
        );
    }

    #[test]
    fn text_that_is_no_archive_is_unreadable() {
        let error = try_unpack(b"<html>not found</html>").unwrap_err();
        assert!(error.contains("is unreadable"), "{error}");
    }
}
