//! How many threads are worth having.
//!
//! One for each physical core that others leave free. The engine's threads wait for each other after every small piece of
//! work, spinning; when one of them has lost its core to another process, all wait for the scheduler, and two threads on two
//! busy cores are twenty times slower than one. So what others use is looked at again every now and then.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

/// Shortest time over which the use of the processor is judged.
const WINDOW: Duration = Duration::from_millis(1500);
/// How much of a core may be missing for a thread to be worth having all the same.
const SLACK: f64 = 0.4;

/// Physical cores that this process may use.
pub(super) fn physical() -> usize {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    let siblings: BTreeSet<String> = (0..allowed.max(1) * 4)
        .filter_map(|cpu| fs::read_to_string(format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")).ok())
        .collect();
    if siblings.is_empty() { allowed } else { siblings.len().min(allowed) }
}

/// Watches how much of the processor others use.
#[derive(Debug)]
pub(super) struct Watch {
    most: usize,
    since: Instant,
    last: Option<Ticks>,
}

/// Processor time since the machine, and this process, were started; in the kernel's ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    /// Of all processors, whatever they did.
    pub(super) all: u64,
    /// Of these, spent idle.
    pub(super) idle: u64,
    /// Of these, spent by this process.
    pub(super) own: u64,
    /// How many processors there are.
    pub(super) processors: u64,
}

impl Watch {
    /// Begins to watch; never asks for more than `most` threads.
    pub(super) fn new(most: usize) -> Self {
        Self { most, since: Instant::now(), last: Ticks::now() }
    }

    /// How many threads to use from now on, when enough time has passed to tell.
    pub(super) fn threads(&mut self) -> Option<usize> {
        if self.most <= 1 || self.since.elapsed() < WINDOW {
            return None;
        }
        self.since = Instant::now();
        let now = Ticks::now()?;
        let last = self.last.replace(now)?;
        Some(now.threads_since(last, self.most))
    }
}

impl Ticks {
    /// What the system says; `None` where it does not say it in Linux's way.
    fn now() -> Option<Self> {
        Self::read(&fs::read_to_string("/proc/stat").ok()?, &fs::read_to_string("/proc/self/stat").ok()?)
    }

    pub(super) fn read(machine: &str, process: &str) -> Option<Self> {
        let fields = |line: &str| line.split_whitespace().filter_map(|field| field.parse().ok()).collect::<Vec<u64>>();
        // Guests' time, the ninth field and after, is in the first ones already.
        let all = fields(machine.lines().next()?.strip_prefix("cpu ")?);
        let processors = machine.lines().skip(1).take_while(|line| line.starts_with("cpu")).count() as u64;
        // The name, in brackets, may hold anything; user and system time are the twelfth and thirteenth field behind it.
        let own: Vec<&str> = process.rsplit_once(')')?.1.split_whitespace().collect();
        let own = own.get(11)?.parse::<u64>().ok()? + own.get(12)?.parse::<u64>().ok()?;
        Some(Self { all: all.iter().take(8).sum(), idle: all.get(3)? + all.get(4)?, own, processors })
    }

    /// How many threads others left room for between `last` and now.
    pub(super) fn threads_since(self, last: Self, most: usize) -> usize {
        let all = self.all.saturating_sub(last.all);
        let busy = all.saturating_sub(self.idle.saturating_sub(last.idle));
        let others = busy.saturating_sub(self.own.saturating_sub(last.own));
        if all == 0 {
            return most;
        }
        let used = others as f64 / all as f64 * self.processors as f64;
        ((most as f64 - used + SLACK).floor().max(1.0) as usize).min(most)
    }
}
