//! Fetches a data set from its publisher: download, verify, unpack, check, rename.
//!
//! After any error, the data set's folder is either complete and verified or absent. An unfinished
//! download is kept and resumed. If the files are on several servers, these are tried in turn.

use std::fs;
use std::path::{Path, PathBuf};

use crate::data::archive;
use crate::data::catalogue::CatalogueEntry;
use crate::data::checksum::Fingerprint;
use crate::data::download::RetryPolicy;
use crate::data::error::DataError;
use crate::data::fetch_event::FetchEvent;
use crate::data::gzip::gunzip;
use crate::data::locate::DataSearch;
use crate::data::release::{PackedFile, Packing, Release};
use crate::data::remote_file::{RemoteFile, lock};
use crate::data::zip_archive::unzip;

/// Fetches a data set, or its source data, into a folder in `destination` and returns that folder.
///
/// If the data are present and complete, nothing is downloaded; if they are damaged, that is the
/// error. A packed file in `destination` with its publisher's name is used. `should_stop` is
/// checked about ten times per second.
///
/// # Errors
/// Generated data; no connection, an error status, an interrupted transfer (the `.part` file
/// remains); content with a wrong checksum; an archive with unexpected members; files that cannot
/// be written; a stop.
pub fn fetch(
    entry: CatalogueEntry,
    destination: &Path,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<PathBuf, DataError> {
    let dataset = entry.name();
    let release = entry.release().ok_or(match entry.is_generated() {
        true => DataError::Generated { dataset },
        false => DataError::NotPublished { dataset },
    })?;
    let fetch = Fetch {
        release: &release,
        destination,
        retry: RetryPolicy::USUAL,
        should_stop,
    };
    fetch.run(progress)
}

/// The fetch of one release into one folder.
struct Fetch<'a> {
    release: &'a Release,
    destination: &'a Path,
    retry: RetryPolicy,
    should_stop: &'a dyn Fn() -> bool,
}

/// A packed file on disk.
struct Packed<'a> {
    file: &'a PackedFile,
    path: PathBuf,
    /// Whether the user put it there.
    brought: bool,
}

impl Fetch<'_> {
    fn run(&self, progress: &mut dyn FnMut(FetchEvent<'_>)) -> Result<PathBuf, DataError> {
        let (release, destination) = (self.release, self.destination);
        fs::create_dir_all(destination).map_err(DataError::io("create", destination))?;
        let lock_file = destination.join(format!(".{}.lock", release.folder));
        let _lock = lock(&lock_file, progress, self.should_stop)?;

        let folder = destination.join(release.folder);
        if let Some(place) = self.already_there(&folder)? {
            progress(FetchEvent::AlreadyThere(&place));
            return Ok(place);
        }
        let mut packed = Vec::new();
        for file in &release.files {
            packed.push(self.obtain(file, progress)?);
        }
        progress(FetchEvent::Unpacking);
        unpack(release, &packed, &folder)?;
        for Packed { path, .. } in packed.iter().filter(|packed| !packed.brought) {
            fs::remove_file(path).map_err(DataError::io("remove", path))?;
        }
        progress(FetchEvent::Done(&folder));
        Ok(folder)
    }

    /// Returns the folder of data that are already present, after verification.
    ///
    /// # Errors
    /// What is wrong with the data in `folder`. Damaged data elsewhere are ignored: data in
    /// `folder` take precedence.
    fn already_there(&self, folder: &Path) -> Result<Option<PathBuf>, DataError> {
        let search = DataSearch {
            flag: Some(self.destination.to_path_buf()),
        };
        if let Ok(place) = (self.release.locate)(&search)
            && place != folder
            && (self.release.check)(&place).is_ok()
        {
            return Ok(Some(place));
        }
        if !folder.exists() {
            return Ok(None);
        }
        (self.release.check)(folder)?;
        Ok(Some(folder.to_path_buf()))
    }

    /// Returns the packed `file` with the published checksum: provided by the user, or downloaded.
    fn obtain<'f>(
        &self,
        file: &'f PackedFile,
        progress: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<Packed<'f>, DataError> {
        let fingerprint = Fingerprint::Md5(&file.md5);
        let path = self.destination.join(&file.name);
        if !path.exists() {
            let path = self.destination.join(format!("{}.part", file.name));
            let mirrors = self.release.mirrors.iter();
            let remote = RemoteFile {
                urls: mirrors
                    .map(|mirror| format!("{mirror}{}", file.name))
                    .collect(),
                fingerprint,
                cap: file.cap,
                retry: self.retry,
                should_stop: self.should_stop,
            };
            remote.download(&path, progress)?;
            return Ok(Packed {
                file,
                path,
                brought: false,
            });
        }
        progress(FetchEvent::Verifying);
        let (found, _) = fingerprint.of_file(&path)?;
        if found != file.md5 {
            return Err(DataError::Checksum {
                dataset: self.release.dataset,
                path,
                algorithm: fingerprint.algorithm(),
                found,
                expected: file.md5.clone(),
            });
        }
        Ok(Packed {
            file,
            path,
            brought: true,
        })
    }
}

/// Unpacks next to `folder`, verifies, and renames; removes everything on error.
fn unpack(release: &Release, packed: &[Packed<'_>], folder: &Path) -> Result<(), DataError> {
    let mut temporary = folder.as_os_str().to_owned();
    temporary.push(".unpacking");
    let temporary = PathBuf::from(temporary);
    // The lock is held, so this is a leftover of a dead process.
    archive::remove_folder(&temporary)?;
    fs::create_dir(&temporary).map_err(DataError::io("create", &temporary))?;
    let outcome = packed
        .iter()
        .try_for_each(|packed| unpack_file(release, packed, &temporary))
        .and_then(|()| (release.check)(&temporary))
        .and_then(|()| fs::rename(&temporary, folder).map_err(DataError::io("rename", &temporary)));
    if outcome.is_err() {
        archive::remove_folder(&temporary)?;
    }
    outcome
}

fn unpack_file(
    release: &Release,
    packed: &Packed<'_>,
    destination: &Path,
) -> Result<(), DataError> {
    match &packed.file.packing {
        Packing::TarGz(contents) => archive::unpack(&packed.path, contents, destination),
        Packing::Zip(contents) => unzip(&packed.path, contents, destination),
        Packing::Gzip { name, cap } => {
            let content = gunzip(release.dataset, &packed.path, *cap)?;
            let path = destination.join(name);
            fs::write(&path, content).map_err(DataError::io("write", &path))
        }
    }
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
pub(crate) mod tests;
