//! One browser in a profile folder at a time.
//!
//! Two browsers in one folder damage it, and Chromium itself, told to use a folder that is in use, hands over to the other one and
//! ends. The one decision: the lock is a file that is inherited by the browser, so it is held until the browser itself has gone,
//! also when whoever started it was killed and can let go of nothing. Such an orphan is ended by whoever comes next. A browser of
//! somebody else is known by the link that Chromium leaves in its folder.

use std::fs::{File, TryLockError};
use std::io::{Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use handiwork_core::{ProcessMark, SurfaceError};
use serde::{Deserialize, Serialize};

use crate::mark;

/// The file that is locked.
const LOCK: &str = ".handiwork-profile-lock";

/// What Chromium leaves in its folder; the first says whose it is.
const SINGLETON: [&str; 3] = ["SingletonLock", "SingletonSocket", "SingletonCookie"];

/// How long a browser may take to go that is going already.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the browser of somebody who was killed may take to go, on a busy machine.
const ORPHAN: Duration = Duration::from_secs(30);

/// Who is in a folder, for whoever comes next.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    browser: Option<ProcessMark>,
    /// Who started it.
    by: Option<ProcessMark>,
}

impl Holder {
    fn read(path: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
    }

    /// Whether nobody is left to use it.
    fn is_orphan(&self) -> bool {
        self.by.as_ref().is_some_and(|by| mark::of(by.pid).as_ref() != Some(by))
    }
}

/// A profile folder that is ours.
#[derive(Debug)]
pub(super) struct ProfileLock {
    file: File,
}

impl ProfileLock {
    /// Takes the folder. Blocks for a moment if a browser is just leaving it.
    pub(super) fn take(profile: &Path) -> Result<Self, SurfaceError> {
        let failed = |error: std::io::Error| SurfaceError::NotAvailable {
            problem: format!("the profile folder {} can't be locked: {error}", profile.display()),
            hint: "check its owner and permissions, or give another folder".to_owned(),
        };
        let path = profile.join(LOCK);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            let holder = Holder::read(&path);
            let orphan = holder.as_ref().filter(|holder| holder.is_orphan()).and_then(|holder| holder.browser.as_ref());
            if let Some(browser) = orphan {
                mark::end(browser, Duration::from_secs(5));
            }
            if began.elapsed() > if orphan.is_some() { ORPHAN } else { PATIENCE } {
                let who = holder.map_or_else(|| "another browser".to_owned(), |holder| format!("browser process {}", holder.pid));
                return Err(in_use(profile, &who));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        foreign(profile)?;
        Ok(Self { file })
    }

    /// Says who is in it, for the one who comes next.
    pub(super) fn tell(&mut self, pid: u32) {
        let holder = Holder { pid, browser: mark::of(pid), by: mark::of(std::process::id()) };
        let line = serde_json::to_string(&holder).unwrap_or_default();
        let told = self.file.set_len(0).and_then(|()| self.file.rewind()).and_then(|()| writeln!(self.file, "{line}"));
        if let Err(error) = told {
            tracing::debug!(%error, "the lock of the profile does not say who holds it");
        }
    }

    /// The same lock, for the browser to inherit.
    pub(super) fn share(&self) -> std::io::Result<OwnedFd> {
        self.file.try_clone().map(OwnedFd::from)
    }
}

fn in_use(profile: &Path, by: &str) -> SurfaceError {
    SurfaceError::NotAvailable {
        problem: format!("the profile folder {} is in use by {by}", profile.display()),
        hint: "close that browser, or give this one another folder".to_owned(),
    }
}

/// Refuses a folder that a browser of somebody else is in, and takes away what a dead one has left: its number may be another
/// process's by now, and then Chromium would take the folder for used.
fn foreign(profile: &Path) -> Result<(), SurfaceError> {
    let [owner, ..] = SINGLETON;
    let Ok(link) = std::fs::read_link(profile.join(owner)) else { return Ok(()) };
    let link = link.to_string_lossy().into_owned();
    let (host, pid) = link.rsplit_once('-').unwrap_or((link.as_str(), ""));
    if host != rustix::system::uname().nodename().to_string_lossy() {
        return Err(SurfaceError::NotAvailable {
            problem: format!("the profile folder {} is in use by a browser on the machine {host:?}", profile.display()),
            hint: format!("close that browser, or, if it is gone, remove {}", profile.join(owner).display()),
        });
    }
    if pid.parse().is_ok_and(|pid| is_in(profile, pid)) {
        return Err(in_use(profile, &format!("browser process {pid}")));
    }
    for name in SINGLETON {
        let _ = std::fs::remove_file(profile.join(name));
    }
    Ok(())
}

/// Whether the process is a browser, or can't be looked into.
fn is_in(profile: &Path, pid: u32) -> bool {
    if !Path::new(&format!("/proc/{pid}")).exists() {
        return false;
    }
    let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) else { return true };
    let line = String::from_utf8_lossy(&line).into_owned();
    line.contains("chrom") || line.contains(&*profile.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_is_taken_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = ProfileLock::take(folder.path()).expect("free");
        held.tell(4711);
        let inherited = held.share().expect("shared");
        drop(held);
        let refused = ProfileLock::take(folder.path()).expect_err("the browser still has it").to_string();
        assert!(refused.contains("in use by browser process 4711") && refused.contains("another folder"), "{refused}");
        drop(inherited);
        ProfileLock::take(folder.path()).expect("free again");
    }

    #[test]
    fn the_browser_of_a_dead_program_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut held = ProfileLock::take(folder.path()).expect("free");
        let inherited = held.share().expect("shared");
        let mut browser = std::process::Command::new("sleep").arg("60").stdin(std::fs::File::from(inherited)).spawn().expect("a process");
        held.tell(browser.id());
        drop(held);
        let path = folder.path().join(LOCK);
        let mut holder = Holder::read(&path).expect("told");
        assert!(!holder.is_orphan(), "this process lives");
        holder.by = holder.by.map(|by| ProcessMark { started: by.started + 1, ..by });
        std::fs::write(&path, serde_json::to_string(&holder).expect("json")).expect("written");
        ProfileLock::take(folder.path()).expect("its browser was ended");
        assert!(!browser.wait().expect("reaped").success());
    }

    #[test]
    fn what_a_dead_browser_has_left_is_taken_away_and_a_living_one_is_respected() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("SingletonLock");
        let here = rustix::system::uname().nodename().to_string_lossy().into_owned();
        // No process has this number.
        symlink(format!("{here}-4194305"), &link).expect("a link");
        ProfileLock::take(folder.path()).expect("its owner is dead");
        assert!(link.symlink_metadata().is_err(), "it is still there");
        // This process is alive, and no browser.
        symlink(format!("{here}-{}", std::process::id()), &link).expect("a link");
        ProfileLock::take(folder.path()).expect("a number that is another process's by now");
        symlink("elsewhere-17", &link).expect("a link");
        let refused = ProfileLock::take(folder.path()).expect_err("another machine's").to_string();
        assert!(refused.contains("elsewhere") && refused.contains("SingletonLock"), "{refused}");
    }
}
