//! Sees at once that a browser has ended, and after a while that somebody has stopped it.
//!
//! The one decision: slowness is no sign of death. A browser under load answers late and is left alone; only what the kernel says
//! counts: the process has ended, or it is stopped and stays so.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::time::Instant;

use super::super::cdp::Connection;
use super::super::process::Process;
use crate::mark;

/// How often it is looked whether it is stopped, while an answer is waited for.
const PACE: Duration = Duration::from_millis(250);
/// Its helpers are looked at every so many times.
const HELPERS: u32 = 4;
/// How long it may be stopped.
const STOPPED: Duration = Duration::from_secs(2);

/// Watches over a browser until it has ended. Must be called inside a tokio runtime.
pub(crate) fn over(process: &Arc<Process>, connection: &Connection, on_end: impl Fn() + Clone + Send + Sync + 'static) {
    if let Some(pid) = process.raw() {
        // Its helpers may hold its end of the pipe open when it has ended. The thread ends with the browser.
        let (process, connection, on_end) = (Arc::downgrade(process), connection.clone(), on_end.clone());
        let _ = std::thread::Builder::new().name("browser-end".to_owned()).spawn(move || {
            // It is left to be reaped by its owner: until then its id stays its own.
            while matches!(waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT), Err(Errno::INTR)) {}
            end(&process, &connection, "its process ended", on_end);
        });
    }
    tokio::spawn(stopped(Arc::downgrade(process), connection.clone(), on_end));
}

fn end(process: &Weak<Process>, connection: &Connection, why: &str, on_end: impl Fn()) {
    connection.end(why);
    on_end();
    if let Some(process) = process.upgrade() {
        process.kill();
    }
}

async fn stopped(process: Weak<Process>, connection: Connection, on_end: impl Fn() + Send + 'static) {
    loop {
        // What was between two waits is not known.
        let (mut since, mut helpers) = (None, Helpers::default());
        connection.until_busy().await;
        if connection.is_gone() {
            return;
        }
        let mut looked = Instant::now();
        for round in 1_u32.. {
            tokio::time::sleep(PACE).await;
            if !connection.is_busy() {
                break;
            }
            let Some(process) = process.upgrade() else { return };
            if looked.elapsed() > PACE * 3 {
                // We were stopped or starved ourselves: nothing is known of that time.
                since = None;
                helpers = Helpers::default();
            }
            looked = Instant::now();
            if mark::stat(process.pid()).is_some_and(mark::Stat::is_stopped) {
                if since.get_or_insert(looked).elapsed() >= STOPPED {
                    let why = format!("it was stopped (SIGSTOP) and did not go on within {} s", STOPPED.as_secs());
                    let process = Arc::downgrade(&process);
                    connection.end(&why);
                    let _ = tokio::task::spawn_blocking(move || end(&process, &connection, &why, on_end)).await;
                    return;
                }
                continue;
            }
            since = None;
            if round.is_multiple_of(HELPERS) {
                let looking = tokio::task::spawn_blocking(move || {
                    helpers.look(process.pid());
                    helpers
                });
                let Ok(seen) = looking.await else { return };
                helpers = seen;
                looked = Instant::now();
            }
        }
    }
}

/// Helpers that are stopped, with their start and since when.
#[derive(Debug, Default)]
struct Helpers(BTreeMap<u32, (u64, Instant)>);

impl Helpers {
    /// A page whose process is stopped hangs, and the rest of the browser does not: it is made a page that has crashed, which can be
    /// loaded again.
    fn look(&mut self, browser: u32) {
        let stopped = mark::group(browser).into_iter().filter(|pid| *pid != browser).filter_map(|pid| Some((pid, mark::stat(pid)?)));
        let stopped: BTreeMap<u32, u64> = stopped.filter(|(_, stat)| stat.is_stopped()).map(|(pid, stat)| (pid, stat.started)).collect();
        self.0.retain(|pid, (started, _)| stopped.get(pid) == Some(started));
        for (pid, started) in stopped {
            let (_, since) = *self.0.entry(pid).or_insert((started, Instant::now()));
            if since.elapsed() >= STOPPED
                && let Some(raw) = i32::try_from(pid).ok().and_then(Pid::from_raw)
            {
                tracing::warn!(pid, "a helper of the browser was stopped (SIGSTOP) and is ended");
                let _ = kill_process(raw, Signal::KILL);
                self.0.remove(&pid);
            }
        }
    }
}
