//! What can go wrong with the file, each with what to do about it.
//!
//! SQLite's codes are read here and nowhere else: the traits' errors carry words, so the words must be right.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use handiwork_core::run::{RunError, RunId};
use handiwork_core::{JournalError, MemoryError};

/// Why the store could not be opened, or a run not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The file is not what was written to it.
    #[error("what is stored is not what was written: {}; {}", .problems.join("; "), damaged(.file))]
    Damaged {
        /// The database.
        file: PathBuf,
        /// What does not fit, in words.
        problems: Vec<String>,
    },
    /// More than one run begins like this.
    #[error("{} runs begin with {prefix:?}: {}; give more of the id", .runs.len(), list(.runs))]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// The runs, oldest first.
        runs: Vec<RunId>,
    },
    /// There is no fact with this number, or it is not the viewer's.
    #[error("there is no fact {0}; `handiwork memory list` tells which there are")]
    NoSuchFact(i64),
    /// Words that would be found everywhere.
    #[error("{words:?} is too short to be forgotten: it would be taken out of other words; give at least {least} characters")]
    TooShort {
        /// The words.
        words: String,
        /// Characters that they must have.
        least: usize,
    },
    /// Without the words, an event would not be one.
    #[error("the words can't be taken out of {what}, because they are also words of our own format ({detail}); give more of them")]
    Untakeable {
        /// Which entry.
        what: String,
        /// What did not fit.
        detail: String,
    },
    /// Somebody else reads the file, so old pages can't be cleaned.
    #[error("{} is being read by another process, and its log still holds what was forgotten: end that process, then run this again", .file.display())]
    InUse {
        /// The database.
        file: PathBuf,
    },
    /// The words are in the file although nothing in it holds them.
    #[error("{} still holds the words, in a part that nothing refers to: make a new one with `handiwork memory export` and `import`, and delete this one", .file.display())]
    StillThere {
        /// The database.
        file: PathBuf,
    },
    /// Facts could not be read or written.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The stored entries are not a run.
    #[error("run {run} can't be read: {error}")]
    Run {
        /// Which run.
        run: RunId,
        /// What does not fit.
        error: RunError,
    },
}

fn list(runs: &[RunId]) -> String {
    const SHOWN: usize = 8;
    let mut words: Vec<&str> = runs.iter().take(SHOWN).map(|run| run.0.as_str()).collect();
    if runs.len() > SHOWN {
        words.push("…");
    }
    words.join(", ")
}

/// What was being done with the file when it failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Doing {
    Writing,
    Reading,
}

impl Doing {
    fn word(self) -> &'static str {
        match self {
            Self::Writing => "written",
            Self::Reading => "read",
        }
    }
}

/// A failure of the file, before it is one of the traits' errors.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) doing: Doing,
    pub(crate) detail: String,
    pub(crate) hint: String,
}

impl Failure {
    pub(crate) fn sql(doing: Doing, path: &Path, error: &sqlx::Error) -> Self {
        Self { doing, detail: error.to_string(), hint: hint_of_sql(path, error) }
    }

    pub(crate) fn io(doing: Doing, path: &Path, error: &std::io::Error) -> Self {
        Self { doing, detail: format!("{}: {error}", path.display()), hint: hint_of_io(path, error.kind()) }
    }

    pub(crate) fn timed_out(doing: Doing, path: &Path, seconds: u64) -> Self {
        let hint = format!("the disk that holds {} does not answer: check it, then run again", path.display());
        Self { doing, detail: format!("not done after {seconds} s"), hint }
    }
}

impl From<Failure> for JournalError {
    fn from(Failure { doing, detail, hint }: Failure) -> Self {
        Self::Store { doing: doing.word(), detail, hint }
    }
}

impl From<Failure> for MemoryError {
    fn from(Failure { doing, detail, hint }: Failure) -> Self {
        Self { doing: doing.word(), detail, hint }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::Journal(failure.into())
    }
}

/// SQLite's primary result code, if the error is SQLite's.
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?.parse::<i32>().ok()?;
    Some(code & 0xff)
}

/// SQLITE_CORRUPT or SQLITE_NOTADB, or a value that can't be what was written.
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) || matches!(sqlite_code(error), Some(11 | 26))
}

/// The same, in what is done when a file is opened: our SQL is right, so a table that it does not fit is not as we made it.
pub(crate) fn is_damage_at_first(error: &sqlx::Error) -> bool {
    is_damage(error) || sqlite_code(error) == Some(1)
}

/// SQLITE_BUSY or SQLITE_LOCKED: somebody else is writing.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(sqlite_code(error), Some(5 | 6))
}

/// By <https://sqlite.org/rescode.html>.
fn hint_of_sql(path: &Path, error: &sqlx::Error) -> String {
    let file = path.display();
    match error {
        sqlx::Error::Io(error) => return hint_of_io(path, error.kind()),
        sqlx::Error::PoolTimedOut => return format!("{file} is in heavy use by this process: try again"),
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => return "the store was closed: open it again".to_owned(),
        // What is stored has another type than was written, or is no text.
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => return damaged(path),
        _ => {}
    }
    match sqlite_code(error) {
        Some(13) => full(path),
        Some(3 | 8 | 23) => read_only(path),
        Some(5 | 6) => format!("another process is using {file}: wait for it, or end it, then run again"),
        Some(11 | 26) => damaged(path),
        Some(10) => format!("the disk that holds {file} failed: check it and its free space, then run again"),
        Some(14) => format!("check that {file} and its folder are there, on a disk that is not read-only, and writable for you"),
        Some(7) => "the machine is out of memory: close something, then run again".to_owned(),
        _ => format!("if it stays so, move {file} away (with its -wal and -shm) to begin a new one"),
    }
}

fn hint_of_io(path: &Path, kind: ErrorKind) -> String {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => full(path),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => read_only(path),
        ErrorKind::IsADirectory => "give the path of a file, not of a folder".to_owned(),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "a part of the path is a file, not a folder: give another path".to_owned(),
        _ => "give a path that can be written".to_owned(),
    }
}

pub(crate) fn damaged(path: &Path) -> String {
    format!(
        "{} is damaged or not a store of handiwork: restore it from a backup, or let `handiwork doctor --repair` save what can be saved \
         (the damaged file is kept)",
        path.display()
    )
}

fn full(path: &Path) -> String {
    format!("free space on the disk that holds {}, then run again; what was written before is safe", path.display())
}

fn read_only(path: &Path) -> String {
    format!("make {} and its folder writable for you, or give another path", path.display())
}
