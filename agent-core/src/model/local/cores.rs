//! How many threads are worth having: one for each physical core, since two on one core only wait for each other.

use std::collections::BTreeSet;
use std::fs;

/// Physical cores that this process may use.
pub(super) fn physical() -> usize {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    let siblings: BTreeSet<String> = (0..allowed.max(1) * 4)
        .filter_map(|cpu| fs::read_to_string(format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")).ok())
        .collect();
    if siblings.is_empty() { allowed } else { siblings.len().min(allowed) }
}
