//! Temporary folders that go away with their owner, also if that was killed.
//!
//! Nobody can clean up after SIGKILL but the next one who comes. Each folder holds a file that its owner keeps locked; whoever makes
//! a folder of the same kind removes those whose lock nobody holds. The one decision: a lock and not a process id says that the
//! owner is dead, since the kernel lets go of it whatever happens, and an id may mean another process in another container.

use std::fs::{File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

/// The file that is locked.
const LOCK: &str = ".handiwork-lock";

/// A folder of ours. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    /// Goes after the folder: until then nobody else may take it.
    _lock: File,
}

impl Scratch {
    /// Makes one where the system keeps such things, for its owner alone.
    pub(crate) fn new(prefix: &'static str) -> io::Result<Self> {
        Self::hold(own().prefix(prefix).tempdir()?, prefix)
    }

    /// Makes one inside of a folder.
    pub(crate) fn inside(folder: &Path, prefix: &'static str) -> io::Result<Self> {
        Self::hold(own().prefix(prefix).tempdir_in(folder)?, prefix)
    }

    fn hold(folder: TempDir, prefix: &'static str) -> io::Result<Self> {
        // It gets its name when it is locked already: nobody ever sees one that its living owner has not locked.
        let unnamed = folder.path().join(".handiwork-new");
        let lock = File::create_new(&unnamed)?;
        lock.try_lock().map_err(io::Error::from)?;
        std::fs::rename(&unnamed, folder.path().join(LOCK))?;
        if let Some(around) = folder.path().parent().map(Path::to_path_buf) {
            // It is not waited for; what it does not get to, the next one will.
            let _ = std::thread::Builder::new().name("scratch-sweep".to_owned()).spawn(move || sweep(&around, prefix));
        }
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it. Processes that are just dying may still write into it, so it is tried a few times. Blocks.
    pub(crate) fn remove(self) {
        let Self { folder, _lock } = self;
        let path = folder.keep();
        if !remove(&path) {
            tracing::warn!(folder = %path.display(), "a temporary folder could not be removed");
        }
    }
}

/// Nobody else has any business in these folders.
fn own() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.permissions(Permissions::from_mode(0o700));
    builder
}

/// Removes what dead owners have left.
fn sweep(around: &Path, prefix: &str) {
    let own = rustix::process::geteuid().as_raw();
    for entry in std::fs::read_dir(around).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix))
            && entry.metadata().is_ok_and(|data| data.is_dir() && data.uid() == own);
        let Some(lock) = is_ours.then(|| File::open(entry.path().join(LOCK)).ok()).flatten() else { continue };
        match lock.try_lock() {
            Ok(()) => drop(remove(&entry.path())),
            // Its owner lives, or somebody else is removing it.
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
}

fn remove(path: &Path) -> bool {
    for _ in 0..20 {
        match std::fs::remove_dir_all(path) {
            Ok(()) => return true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return true,
            Err(_) => std::thread::sleep(Duration::from_millis(25)),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn only_what_a_dead_owner_has_left_is_removed() {
        let around = tempfile::tempdir().expect("a folder");
        let held = Scratch::inside(around.path(), "ours-").expect("held");
        assert_eq!(std::fs::metadata(held.path()).expect("there").permissions().mode() & 0o777, 0o700);
        let made = |name: &str, lock: bool| -> PathBuf {
            let path = around.path().join(name);
            std::fs::create_dir(&path).expect("made");
            if lock {
                std::fs::write(path.join(LOCK), "").expect("written");
            }
            path
        };
        let (left, unknown, other) = (made("ours-left", true), made("ours-unknown", false), made("theirs", true));
        std::os::unix::fs::symlink(&other, around.path().join("ours-link")).expect("a link");
        sweep(around.path(), "ours-");
        assert!(!left.exists() && unknown.exists() && other.exists() && held.path().exists());
        assert!(other.join(LOCK).exists(), "what a link leads to is not ours");
        let path = held.path().to_path_buf();
        held.remove();
        assert!(!path.exists());
    }
}
