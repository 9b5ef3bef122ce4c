//! A file that is being written, hashed on the way.
//!
//! The one decision: two kinds of unfinished file. What comes from the hub has a lasting name, so that a later pull goes on with
//! it; what comes from packages can't be resumed and is gone when the pull fails.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::hub::Facts;

/// A file that is being written.
pub(super) struct Sink {
    file: Unfinished,
    hash: Sha256,
    done: u64,
    facts: Facts,
    tag: Option<String>,
}

/// Where it is written.
enum Unfinished {
    Passing(NamedTempFile),
    Lasting { file: File, path: PathBuf },
}

impl Unfinished {
    fn file(&mut self) -> &mut File {
        match self {
            Self::Passing(file) => file.as_file_mut(),
            Self::Lasting { file, .. } => file,
        }
    }
}

impl Sink {
    /// An empty file that is gone when it is not finished.
    pub(super) fn passing(dir: &Path, facts: Facts) -> io::Result<Self> {
        let file = tempfile::Builder::new().prefix(".pull-").suffix(".part").tempfile_in(dir)?;
        Ok(Self { file: Unfinished::Passing(file), hash: Sha256::new(), done: 0, facts, tag: None })
    }

    /// What an earlier pull has left in `path`, or an empty file. Reads all of it.
    pub(super) fn lasting(path: &Path, facts: Facts) -> Result<Self, String> {
        let wrong = |error: io::Error| format!("{} can't be written: {error}", path.display());
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(wrong)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err("another process is fetching it; wait until that one is done".to_owned()),
            // A file system without locks is used as it is.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let tag = std::fs::read_to_string(tag_file(path)).ok();
        let mut sink = Self { file: Unfinished::Lasting { file, path: path.to_owned() }, hash: Sha256::new(), done: 0, facts, tag };
        let mut buffer = vec![0; 1 << 20];
        loop {
            let count = sink.file.file().read(&mut buffer).map_err(wrong)?;
            if count == 0 {
                break;
            }
            sink.hash.update(buffer.get(..count).unwrap_or_default());
            sink.done += count as u64;
        }
        if sink.done > sink.facts.bytes {
            sink.restart()?;
        }
        Ok(sink)
    }

    pub(super) fn done(&self) -> u64 {
        self.done
    }

    pub(super) fn total(&self) -> u64 {
        self.facts.bytes
    }

    /// The source's tag for what is there so far.
    pub(super) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Keeps the tag for a later pull.
    pub(super) fn remember(&mut self, tag: Option<&str>) -> Result<(), String> {
        if self.tag.as_deref() == tag {
            return Ok(());
        }
        self.tag = tag.map(ToOwned::to_owned);
        if let Unfinished::Lasting { path, .. } = &self.file {
            let path = tag_file(path);
            match tag {
                Some(tag) => std::fs::write(&path, tag).map_err(|error| format!("{} can't be written: {error}", path.display()))?,
                None => remove(&path),
            }
        }
        Ok(())
    }

    /// Throws away what is there.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        let file = self.file.file();
        let emptied = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)));
        emptied.map_err(|error| format!("the file can't be written: {error}"))?;
        self.hash = Sha256::new();
        self.done = 0;
        self.remember(None)
    }

    /// Appends bytes. More than the file should have is an error: nothing fills the disk by lying about its size.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.done + bytes.len() as u64 > self.total() {
            return Err(format!("it has more than the {} bytes that it should have", self.total()));
        }
        self.file.file().write_all(bytes).map_err(|error| format!("the file can't be written: {error}"))?;
        self.done += bytes.len() as u64;
        self.hash.update(bytes);
        Ok(())
    }

    /// Gives the file its name, if it is the right one; a wrong one is removed.
    pub(super) fn finish(mut self, path: &Path) -> Result<(), String> {
        let found = handiwork_core::screen::hex(&self.hash.clone().finalize());
        let wrong = if self.done != self.total() {
            Some(format!("it has {} bytes and should have {}; it was removed", self.done, self.total()))
        } else if found != self.facts.sha256 {
            Some(format!("its sha256 is {found} and should be {}; it was removed", self.facts.sha256))
        } else {
            None
        };
        if let Some(why) = wrong {
            if let Unfinished::Lasting { path, .. } = &self.file {
                discard(path);
            }
            return Err(why);
        }
        self.file.file().sync_all().map_err(|error| format!("the file can't be written: {error}"))?;
        let named = |error: io::Error| format!("{} can't be written: {error}", path.display());
        match self.file {
            Unfinished::Passing(file) => file.persist(path).map(|_| ()).map_err(|error| named(error.error)),
            Unfinished::Lasting { path: part, .. } => {
                std::fs::rename(&part, path).map_err(named)?;
                remove(&tag_file(&part));
                Ok(())
            }
        }
    }
}

/// Removes what an earlier pull has left.
pub(super) fn discard(part: &Path) {
    remove(part);
    remove(&tag_file(part));
}

/// Where the tag of an unfinished file is kept.
fn tag_file(part: &Path) -> PathBuf {
    let mut name = part.as_os_str().to_owned();
    name.push(".etag");
    PathBuf::from(name)
}

fn remove(path: &Path) {
    // What is not there need not be removed, and what can't be is overwritten by the next pull.
    let _ = std::fs::remove_file(path);
}
