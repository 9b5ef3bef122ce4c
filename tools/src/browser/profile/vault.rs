//! Profiles by name: one encrypted file each, in one folder.

use std::path::{Path, PathBuf};

use super::error::ProfileError;
use super::seal::Key;
use super::storage::StorageState;

/// How the files end.
const ENDING: &str = ".state";
/// Longest name.
const LONGEST: usize = 64;

/// A folder of profiles and the key to them.
#[derive(Debug, Clone)]
pub struct Profiles {
    folder: PathBuf,
    key: Key,
}

impl Profiles {
    /// The profiles in `folder`, which is made when the first one is saved.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, key: Key) -> Self {
        Self { folder: folder.into(), key }
    }

    /// The file of a profile.
    pub fn file(&self, name: &str) -> Result<PathBuf, ProfileError> {
        file(&self.folder, name)
    }

    /// Saves a state under a name, in the place of what was there.
    pub fn save(&self, name: &str, state: &StorageState) -> Result<(), ProfileError> {
        state.save(&self.file(name)?, &self.key)
    }

    /// Loads the state of this name.
    pub fn load(&self, name: &str) -> Result<StorageState, ProfileError> {
        let file = self.file(name)?;
        if file.is_file() { StorageState::load(&file, &self.key) } else { Err(ProfileError::NoSuch { name: name.to_owned() }) }
    }

    /// Names of all profiles, sorted. No key is needed for that.
    pub fn list(folder: &Path) -> Result<Vec<String>, ProfileError> {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| ProfileError::io("read", folder, &error))?,
        };
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(ENDING)?.to_owned()));
        let mut names: Vec<String> = names.filter(|name| is_name(name)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Deletes a profile. No key is needed for that: also one whose key is lost can be deleted.
    pub fn delete(folder: &Path, name: &str) -> Result<(), ProfileError> {
        let file = file(folder, name)?;
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(ProfileError::NoSuch { name: name.to_owned() }),
            done => done.map_err(|error| ProfileError::io("deleted", &file, &error)),
        }
    }
}

fn file(folder: &Path, name: &str) -> Result<PathBuf, ProfileError> {
    if is_name(name) { Ok(folder.join(format!("{name}{ENDING}"))) } else { Err(ProfileError::BadName { name: name.to_owned() }) }
}

/// A name can't lead out of the folder, be hidden, or be taken for an option.
fn is_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    name.len() <= LONGEST && name.chars().all(plain) && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}
