//! What a browser remembers of a person: cookies, and what pages have stored.
//!
//! There is no way to get it out as text. It is saved encrypted, always, and `Debug` tells only how much there is: whoever has
//! these cookies is logged in.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroize as _;

use super::error::ProfileError;
use super::seal::{self, Key};

/// Largest file that is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// What pages of one origin have stored: each area as the JSON of its pairs, which only pages read.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    #[serde(default)]
    pub(crate) local: String,
    #[serde(default)]
    pub(crate) session: String,
}

impl Stored {
    pub(crate) fn local(&self) -> &str {
        or_none(&self.local)
    }

    pub(crate) fn session(&self) -> &str {
        or_none(&self.session)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.local() == NONE && self.session() == NONE
    }
}

/// No pairs.
const NONE: &str = "[]";

fn or_none(pairs: &str) -> &str {
    if pairs.is_empty() { NONE } else { pairs }
}

/// Cookies of all sites, and local and session storage by origin. IndexedDB, caches and service workers are not part of it.
#[derive(Clone, Default, PartialEq)]
pub struct StorageState {
    /// As the browser tells of them, so that nothing that it knows of a cookie is lost.
    pub(crate) cookies: Vec<Value>,
    pub(crate) origins: BTreeMap<String, Stored>,
}

impl std::fmt::Debug for StorageState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageState").field("cookies", &self.cookies.len()).field("origins", &self.origins.len()).finish_non_exhaustive()
    }
}

/// What is encrypted. Apart from [`StorageState`], so that nobody can write that in the clear by accident.
#[derive(Serialize, Deserialize)]
struct Plain {
    cookies: Vec<Value>,
    origins: BTreeMap<String, Stored>,
}

impl StorageState {
    /// How many cookies there are.
    #[must_use]
    pub fn cookies(&self) -> usize {
        self.cookies.len()
    }

    /// Origins that have stored something.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.keys().map(String::as_str)
    }

    /// Sites that have cookies here, without the cookies.
    #[must_use]
    pub fn sites(&self) -> Vec<&str> {
        let domains = self.cookies.iter().filter_map(|cookie| cookie.get("domain")?.as_str());
        let mut sites: Vec<&str> = domains.map(|domain| domain.trim_start_matches('.')).collect();
        sites.sort_unstable();
        sites.dedup();
        sites
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty() && self.origins.is_empty()
    }

    /// Takes session storage from an older state where this one has none: it goes with its page.
    pub(super) fn add_sessions(&mut self, older: Self) {
        for (origin, stored) in older.origins {
            let now = self.origins.entry(origin).or_default();
            if now.session() == NONE {
                now.session = stored.session;
            }
        }
        self.origins.retain(|_, stored| !stored.is_empty());
    }

    /// Writes it to a file, encrypted. The file is whole at any time: the old one or the new one.
    pub fn save(&self, file: &Path, key: &Key) -> Result<(), ProfileError> {
        let failed = |error: &std::io::Error| ProfileError::io("written", file, error);
        let plain = Plain { cookies: self.cookies.clone(), origins: self.origins.clone() };
        let text = serde_json::to_vec(&plain).map_err(|error| failed(&error.into()))?;
        let sealed = seal::seal(text, key).ok_or_else(|| failed(&std::io::Error::other("it can't be encrypted")))?;
        write(file, &sealed).map_err(|error| failed(&error))
    }

    /// Reads it back.
    pub fn load(file: &Path, key: &Key) -> Result<Self, ProfileError> {
        let failed = |error: &std::io::Error| ProfileError::io("read", file, error);
        let size = std::fs::metadata(file).map_err(|error| failed(&error))?.len();
        if size > LARGEST {
            return Err(ProfileError::NotState { file: file.to_path_buf() });
        }
        let bytes = std::fs::read(file).map_err(|error| failed(&error))?;
        let mut text = seal::open(&bytes, key, file)?;
        let read: Result<Plain, _> = serde_json::from_slice(&text);
        text.zeroize();
        // What serde says would quote what is in it.
        let Plain { cookies, origins } = read.map_err(|_| ProfileError::Damaged { file: file.to_path_buf() })?;
        Ok(Self { cookies, origins })
    }
}

fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // A temporary file is its owner's alone from the beginning.
    let mut made = tempfile::Builder::new().prefix(".saving-").tempfile_in(folder)?;
    made.write_all(bytes)?;
    made.as_file().sync_all()?;
    made.persist(file).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}
