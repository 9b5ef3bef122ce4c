//! The end of all that runs on a private display.
//!
//! Programs start others, which leave their group and their session: a shell in a terminal, a service of the message bus. The one
//! decision: what belongs to a desktop is told by a variable in its environment, that all its children have whatever they do; whoever
//! has it is ended. A watchman does the same when we have been killed: it waits for the end of a pipe that we hold.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::mark;

/// The variable.
pub(crate) const MARK: &str = "HANDIWORK_DESKTOP";

/// What the watchman does. It reads until its input ends, then ends whoever has the mark, until nobody has it.
const WATCH: &str = r#"trap '' HUP INT TERM
cat >/dev/null
n=0
while [ $n -lt 50 ]; do
  found=
  for p in $(grep -lzs -- "^$1\$" /proc/[0-9]*/environ); do
    p=${p#/proc/}; p=${p%/environ}
    [ "$p" = $$ ] || { kill -KILL "$p" 2>/dev/null && found=1; }
  done
  [ -n "$found" ] || break
  n=$((n+1)); sleep 0.1
done
rm -rf -- "$2""#;

/// The watchman. Dropping it has it do its work.
#[derive(Debug)]
pub(crate) struct Watchman {
    child: Child,
    pipe: Option<OwnedFd>,
}

impl Watchman {
    /// Sets one to watch over what has the mark `mark`; `folder` is removed with it.
    pub(crate) fn set(mark: &str, folder: &std::path::Path) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let child = Command::new("/bin/sh")
            .args(["-c", WATCH, "handiwork-watch", &format!("{MARK}={mark}")])
            .arg(folder)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(reader)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self { child, pipe: Some(writer.into()) })
    }

    /// Lets go of the pipe and waits for its work to be done, `limit` at most. Blocks.
    pub(crate) fn dismiss(&mut self, limit: Duration) -> bool {
        self.pipe = None;
        let end = Instant::now() + limit;
        while Instant::now() < end {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Ok(Some(_)) | Err(_) => return true,
            }
        }
        false
    }
}

impl Drop for Watchman {
    fn drop(&mut self) {
        self.dismiss(Duration::from_secs(6));
    }
}

/// Processes that have the mark.
pub(crate) fn marked(value: &str) -> Vec<u32> {
    let wanted = format!("{MARK}={value}");
    let pids = std::fs::read_dir("/proc").into_iter().flatten();
    let pids = pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|one| one == wanted.as_bytes())
    })
    .collect()
}

/// Ends whoever has the mark. Blocks, `limit` at most; tells who is left.
pub(crate) fn sweep(value: &str, limit: Duration) -> Vec<u32> {
    let end = Instant::now() + limit;
    loop {
        let left: Vec<u32> = marked(value).into_iter().filter(|pid| mark::stat(*pid).is_some_and(|stat| !stat.is_dead())).collect();
        if left.is_empty() || Instant::now() >= end {
            return left;
        }
        for pid in left {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
