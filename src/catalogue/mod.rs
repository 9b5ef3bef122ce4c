//! Local models by name: which there are, where to get them, whether a file is the right one.
//!
//! The [entries](ENTRIES) are data; a file is accepted by SHA-256 only. Everything here takes the folder as a value:
//! where models are kept is for the program to say.

mod entries;
mod hub;
mod pip;
mod pull;
mod record;
mod sink;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use entries::{Contents, ENTRIES, Entry, Source};
pub use hub::HUB;
pub use pull::{pull, pull_entry, pull_from};

/// Why a model is not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// Nobody knows it.
    #[error("there is no model \"{name}\"; known are {known}, or give the path of a .gguf file")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// It has not been fetched.
    #[error("the model {name} is not installed; run `handiwork model pull {name}`")]
    NotInstalled {
        /// Its name.
        name: String,
    },
    /// There is no such file.
    #[error("there is no file {}; give the path of a .gguf file, or a name from `handiwork model list`", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// The file is not what it should be.
    #[error("{} is damaged: {why}; run `handiwork model pull {name}` to replace it", path.display())]
    Damaged {
        /// The model.
        name: String,
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The disk is too full.
    #[error("{} has {} MB free and {} MB are needed; free some space, then run `handiwork model pull {name}` again", dir.display(), free / 1_000_000, needed / 1_000_000)]
    NoSpace {
        /// The model.
        name: String,
        /// The folder.
        dir: PathBuf,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// No source had it.
    #[error("the model {name} could not be fetched:{}\ncheck the network and run `handiwork model pull {name}` again, or put {file}{sha256} into {} by hand", listed(tried), dir.display())]
    Unavailable {
        /// The model.
        name: String,
        /// What was tried, and why it failed, in order.
        tried: Vec<(String, String)>,
        /// Name of the file.
        file: String,
        /// Its hash in brackets, where it is known.
        sha256: String,
        /// The folder.
        dir: PathBuf,
    },
    /// The disk failed.
    #[error("{} can't be {verb}: {source}; check the folder's owner and rights", path.display())]
    Io {
        /// What was tried: `read`, `written`, …
        verb: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn listed(tried: &[(String, String)]) -> String {
    let lines: Vec<String> = tried.iter().map(|(source, why)| format!("\n  {source}: {why}")).collect();
    lines.concat()
}

/// A model of the catalogue and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The model.
    pub entry: &'static Entry,
    /// Where its file is, or would be.
    pub path: PathBuf,
    /// Whether a file of the right size is there. See [`check`] for its contents.
    pub installed: bool,
}

/// The entry with this name, alias or name of file, with or without its ending.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    let stem = name.strip_suffix(".gguf").unwrap_or(name);
    ENTRIES.iter().find(|entry| {
        entry.name == name || entry.aliases.contains(&name) || entry.file == name || entry.file.strip_suffix(".gguf") == Some(stem)
    })
}

fn known(name: &str) -> Result<&'static Entry, CatalogueError> {
    find(name).ok_or_else(|| CatalogueError::Unknown {
        name: name.to_owned(),
        known: ENTRIES.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", "),
    })
}

/// All models, with what is installed in `dir`.
#[must_use]
pub fn list(dir: &Path) -> Vec<Listed> {
    let listed = |entry: &'static Entry| {
        let path = dir.join(entry.file);
        let installed = path.metadata().is_ok_and(|file| fits(entry, file.len()));
        Listed { entry, path, installed }
    };
    ENTRIES.iter().map(listed).collect()
}

/// The file for a name of the catalogue, or for a path to a GGUF file. Looks at the size, not at the contents.
pub fn resolve(dir: &Path, name_or_path: &str) -> Result<PathBuf, CatalogueError> {
    let path = PathBuf::from(name_or_path);
    if path.is_file() {
        return Ok(path);
    }
    if name_or_path.contains(['/', '\\']) {
        return Err(CatalogueError::NoFile { path });
    }
    let entry = known(name_or_path)?;
    let path = dir.join(entry.file);
    match path.metadata() {
        Ok(file) if fits(entry, file.len()) => Ok(path),
        Ok(file) => Err(wrong_size(entry, &path, file.len())),
        Err(_) => Err(CatalogueError::NotInstalled { name: entry.name.to_owned() }),
    }
}

/// Whether the file of a model is the right one, to the last bit. Reads all of it: a second or so for each gigabyte.
pub fn check(dir: &Path, name: &str) -> Result<PathBuf, CatalogueError> {
    check_entry(dir, known(name)?)
}

pub(crate) fn check_entry(dir: &Path, entry: &Entry) -> Result<PathBuf, CatalogueError> {
    let path = dir.join(entry.file);
    let size = match path.metadata() {
        Ok(file) => file.len(),
        Err(_) => return Err(CatalogueError::NotInstalled { name: entry.name.to_owned() }),
    };
    if !fits(entry, size) {
        return Err(wrong_size(entry, &path, size));
    }
    let damaged = |why: String| CatalogueError::Damaged { name: entry.name.to_owned(), path: path.clone(), why };
    let expected = match entry.contents {
        Contents::Known { sha256, .. } => sha256.to_owned(),
        Contents::FromHub { .. } => record::read(&path).ok_or_else(|| damaged("there is no record of its sha256 beside it".to_owned()))?,
    };
    let found = sha256_of(&path).map_err(|source| CatalogueError::Io { verb: "read", path: path.clone(), source })?;
    if found != expected {
        return Err(damaged(format!("its sha256 is {found} and should be {expected}")));
    }
    Ok(path)
}

/// Whether a file of this size can be the model's.
fn fits(entry: &Entry, size: u64) -> bool {
    match entry.contents {
        Contents::Known { bytes, .. } => size == bytes,
        Contents::FromHub { .. } => size > 0,
    }
}

fn wrong_size(entry: &Entry, path: &Path, size: u64) -> CatalogueError {
    let why = format!("it has {size} bytes and should have {}", entry.contents.bytes());
    CatalogueError::Damaged { name: entry.name.to_owned(), path: path.to_owned(), why }
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(handiwork_core::screen::hex(&hash.finalize()));
        }
        hash.update(buffer.get(..count).unwrap_or_default());
    }
}
