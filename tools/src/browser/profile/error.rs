//! How keeping a profile fails. Each says what to do next, and none holds anything of what is kept.

use std::path::{Path, PathBuf};

/// Why a profile can't be saved, loaded or deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Nothing was ever saved under this name.
    #[error("there is no profile {name:?}; make it with `handiwork login --profile {name} URL`")]
    NoSuch {
        /// The name that was asked for.
        name: String,
    },
    /// A name that can't be a file's.
    #[error(
        "{name:?} can't be the name of a profile; use 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit"
    )]
    BadName {
        /// The name that was given.
        name: String,
    },
    /// Another kind of file.
    #[error("{} holds no saved state of handiwork, or its beginning is damaged; delete it and log in again", .file.display())]
    NotState {
        /// The file.
        file: PathBuf,
    },
    /// Written by a newer version.
    #[error("{} has format {version}, and this version of handiwork knows {known} only; update handiwork", .file.display(), known = super::seal::VERSION)]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its format.
        version: u8,
    },
    /// Encrypted with another key.
    #[error(
        "{} was encrypted with another key; bring back the key file (or HANDIWORK_KEY) that it was saved with, or delete the profile and log in again",
        .file.display()
    )]
    WrongKey {
        /// The file.
        file: PathBuf,
    },
    /// Changed or cut off since it was written.
    #[error("{} is damaged: it was changed or cut off since it was saved; restore it from a backup, or delete it and log in again", .file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
    },
    /// The key itself is not usable.
    #[error("{problem}; {hint}")]
    Key {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: String,
    },
    /// The disk refused.
    #[error("{} can't be {doing}: {detail}; check free space and permissions", .file.display())]
    Io {
        /// What was being done: written, read.
        doing: &'static str,
        /// The file.
        file: PathBuf,
        /// The system's word for it.
        detail: String,
    },
}

impl ProfileError {
    pub(super) fn io(doing: &'static str, file: &Path, error: &std::io::Error) -> Self {
        Self::Io { doing, file: file.to_path_buf(), detail: error.to_string() }
    }
}
