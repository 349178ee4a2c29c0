//! Files that this program writes in place at a known path: never through a link.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Opens the file at `path` with `options`, if it is a regular file under this one name. Through a
/// link, another file would be overwritten. The options must not truncate: that is done on opening.
///
/// # Errors
/// Those of opening; a link, a pipe or a device at `path`.
pub fn open_own(path: &Path, options: &mut OpenOptions) -> Result<File> {
    let refused = |what: &str| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("it is {what}: move it away"),
        )
    };
    if path
        .symlink_metadata()
        .is_ok_and(|found| found.is_symlink())
    {
        return Err(refused("a symbolic link"));
    }
    // Also if a link or a pipe takes the place after that look.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(refused("not a regular file"));
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&found) > 1 {
        return Err(refused("a hard link to another file"));
    }
    Ok(file)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_is_written_through() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let open = |name: &str| {
            let mut options = File::options();
            open_own(
                &path(name),
                options.create(true).write(true).truncate(false),
            )
        };
        fs::write(path("target"), "kept").expect("written");
        symlink(path("target"), path("symbolic")).expect("linked");
        symlink(path("nowhere"), path("dangling")).expect("linked");
        fs::hard_link(path("target"), path("hard")).expect("linked");
        for (name, reason) in [
            ("symbolic", "it is a symbolic link: move it away"),
            ("dangling", "it is a symbolic link: move it away"),
            ("hard", "it is a hard link to another file: move it away"),
        ] {
            let error = open(name).expect_err("a link");
            assert_eq!(error.to_string(), reason);
        }
        assert!(!path("nowhere").exists());
        open("own")
            .expect("free")
            .write_all(b"ours")
            .expect("written");
        open("own")
            .expect("ours")
            .write_all(b"mine")
            .expect("written");
        assert_eq!(fs::read(path("own")).expect("there"), b"mine");
        assert_eq!(fs::read(path("target")).expect("there"), b"kept");
    }
}
