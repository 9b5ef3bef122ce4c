//! Who drives a run: one holder at a time, among all tasks of all processes.
//!
//! The one decision: a claim is a lock of the operating system on a file beside the database, and not a row in it. Such a lock
//! ends with its process however that ends, so nobody has to guess from a number or a time whether its holder is still there.
//! What is in the file, the holder's process id, is for people only.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handiwork_core::journal::Claim;
use handiwork_core::screen::hex;
use handiwork_core::{JournalError, RunId};
use sha2::{Digest, Sha256};

use crate::error::{Doing, Failure};
use crate::store::Store;

/// How long a claim is tried for: whoever only looks whether a run is claimed holds its lock for an instant.
const PATIENCE: Duration = Duration::from_millis(300);

/// The longest id that is a file's name as it is.
const LONGEST: usize = 100;

/// A held claim.
#[derive(Debug)]
struct Held {
    file: File,
    path: PathBuf,
}

impl Claim for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        // First the name, then the lock: whoever gets the lock of a file without a name sees that, and tries again.
        if cfg!(unix) {
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

/// What came of an attempt.
enum Attempt {
    Got(Held),
    /// By whom, as far as is known.
    Taken(Option<u32>),
}

impl Store {
    /// The folder of the locks.
    pub(crate) fn locks(&self) -> PathBuf {
        beside(self.path(), ".locks")
    }

    pub(crate) async fn take(&self, run: &RunId) -> Result<Box<dyn Claim>, JournalError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let (folder, id) = (self.locks(), run.clone());
            let failed = |error: &io::Error| JournalError::from(Failure::io(Doing::Writing, self.path(), error));
            let attempt = tokio::task::spawn_blocking(move || attempt(&folder, &id)).await;
            match attempt.map_err(|error| failed(&io::Error::other(error)))?.map_err(|error| failed(&error))? {
                Attempt::Got(held) => return Ok(Box::new(held)),
                Attempt::Taken(_) if Instant::now() < until => tokio::time::sleep(Duration::from_millis(20)).await,
                Attempt::Taken(by) => return Err(JournalError::InUse { run: run.to_string(), by: whom(by) }),
            }
        }
    }

    /// Those of `runs` that somebody is driving.
    pub(crate) async fn driven(&self, runs: Vec<RunId>) -> Vec<RunId> {
        let folder = self.locks();
        let seen = tokio::task::spawn_blocking(move || runs.into_iter().filter(|run| is_held(&folder.join(name(run)))).collect());
        seen.await.unwrap_or_default()
    }

    /// Whether anything is being driven at all, besides what is called `besides`.
    pub(crate) fn anything_driven(&self, besides: &str) -> bool {
        let besides = self.locks().join(name(&RunId(besides.to_owned())));
        files(&self.locks()).iter().any(|file| *file != besides && is_held(file))
    }

    /// Who is driving something in the database at `path`, as an error.
    pub(crate) fn nobody_drives(path: &Path) -> Result<(), JournalError> {
        match files(&beside(path, ".locks")).into_iter().find(|file| is_held(file)) {
            None => Ok(()),
            Some(file) => {
                let pid = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
                let run = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Err(JournalError::InUse { run, by: whom(pid) })
            }
        }
    }

    /// Lock files that nobody holds: what a process leaves that is killed.
    pub(crate) fn stale_locks(&self) -> Vec<PathBuf> {
        files(&self.locks()).into_iter().filter(|file| !is_held(file)).collect()
    }

    /// Removes a lock file, unless somebody has taken it in the meantime.
    pub(crate) fn drop_lock(file: &Path) -> bool {
        let Ok(open) = OpenOptions::new().read(true).write(true).open(file) else { return false };
        let free = open.try_lock().is_ok() && is_at(&open, file).unwrap_or(false);
        free && std::fs::remove_file(file).is_ok()
    }
}

fn whom(pid: Option<u32>) -> String {
    match pid {
        Some(pid) if pid == std::process::id() => "another task of this process".to_owned(),
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}

/// The path of what stands beside the database.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// An id is a program's choice and can be anything; a file's name can't.
fn name(run: &RunId) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !run.0.is_empty() && run.0.len() <= LONGEST && run.0.chars().all(plain) {
        return run.0.clone();
    }
    format!("{}.id", hex(&Sha256::digest(run.0.as_bytes())))
}

fn attempt(folder: &Path, run: &RunId) -> io::Result<Attempt> {
    if !folder.is_dir() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let path = folder.join(name(run));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let _ = file.read_to_string(&mut text);
            return Ok(Attempt::Taken(text.trim().parse().ok()));
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    if !is_at(&file, &path)? {
        // Its last holder removed it between our opening and our locking: another file is, or will be, in its place.
        return Ok(Attempt::Taken(None));
    }
    // A claim holds without it, on a full disk too.
    let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    Ok(Attempt::Got(Held { file, path }))
}

/// Whether `path` still names this file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let ours = file.metadata()?;
        match std::fs::metadata(path) {
            Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        Ok(true)
    }
}

fn is_held(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    // Shared, so that those who only look don't see each other.
    match file.try_lock_shared() {
        Ok(()) => {
            let _ = file.unlock();
            false
        }
        Err(_) => true,
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(listed) = std::fs::read_dir(folder) else { return Vec::new() };
    listed.filter_map(Result::ok).map(|file| file.path()).collect()
}
