//! Which process is which: told by id, start and boot together, for ids are given again.
//!
//! The one decision: a process is ended only if all three are what was noted of it. Whoever has got its number since is left alone.

use std::time::{Duration, Instant};

use handiwork_core::ProcessMark;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// What the kernel says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) state: u8,
    group: u32,
    pub(crate) started: u64,
}

impl Stat {
    /// Whether it runs no more: it is only not yet reaped.
    pub(crate) fn is_dead(self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }

    /// Whether somebody has stopped it.
    pub(crate) fn is_stopped(self) -> bool {
        matches!(self.state, b'T' | b't')
    }
}

/// What is known of a process. None if there is none, or no `/proc`.
pub(crate) fn stat(pid: u32) -> Option<Stat> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(stat: &str) -> Option<Stat> {
    // After the name, which may hold anything: state is the third field, the group the fifth, the start the twenty-second.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat { state: *fields.first()?.as_bytes().first()?, group: fields.get(2)?.parse().ok()?, started: fields.get(19)?.parse().ok()? })
}

/// The mark of a process that runs.
pub(crate) fn of(pid: u32) -> Option<ProcessMark> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(ProcessMark { pid, started: stat(pid)?.started, boot: boot.trim().to_owned() })
}

/// Processes of a group that run.
pub(crate) fn group(id: u32) -> Vec<u32> {
    let pids = std::fs::read_dir("/proc").into_iter().flatten();
    let pids = pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|stat| stat.group == id && !stat.is_dead())).collect()
}

/// Makes sure that a process has ended, with its group if it leads one. False if it is still there after `limit`. Blocks.
pub(crate) fn end(mark: &ProcessMark, limit: Duration) -> bool {
    let end = Instant::now() + limit;
    let mut is_leader = false;
    loop {
        let Some(stat) = stat(mark.pid).filter(|_| of(mark.pid).as_ref() == Some(mark)) else {
            // As long as one of it is there, the group's id is given to no other.
            match is_leader && !group(mark.pid).is_empty() {
                true if wait(end) => continue,
                there => return !there,
            }
        };
        let raw = i32::try_from(mark.pid).ok().and_then(Pid::from_raw);
        let Some(pid) = raw else { return true };
        is_leader = stat.group == mark.pid;
        if is_leader {
            // A leader that is dead and not reaped keeps its group's id for its own.
            let _ = kill_process_group(pid, Signal::KILL);
            if stat.is_dead() && group(mark.pid).is_empty() {
                return true;
            }
        } else if stat.is_dead() {
            return true;
        } else {
            let _ = kill_process(pid, Signal::KILL);
        }
        if !wait(end) {
            return false;
        }
    }
}

fn wait(end: Instant) -> bool {
    std::thread::sleep(Duration::from_millis(10));
    Instant::now() < end
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_name_of_a_program_can_hold_anything() {
        let line = "77 (a) R (b) T 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 9001 1 1";
        assert_eq!(parse(line), Some(Stat { state: b'T', group: 42, started: 9001 }));
        assert_eq!(parse("77 (cut off"), None);
    }

    #[test]
    fn only_the_marked_process_is_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("a process");
        let mark = of(child.id()).expect("a mark");
        for other in [ProcessMark { started: mark.started + 1, ..mark.clone() }, ProcessMark { boot: "another".to_owned(), ..mark.clone() }]
        {
            assert!(end(&other, Duration::from_secs(1)), "it is gone");
            assert!(stat(child.id()).is_some_and(|stat| !stat.is_dead()), "another process is left alone");
        }
        assert!(end(&mark, Duration::from_secs(5)));
        assert!(!child.wait().expect("reaped").success());
        assert!(end(&mark, Duration::ZERO), "what is gone can be ended again");
    }
}
