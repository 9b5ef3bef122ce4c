//! How much memory a model will take, before it is loaded.
//!
//! The one decision: better a refusal with numbers than a machine that swaps, or a process that is killed in the middle of a
//! run. The estimate is made of what the file's header says; who knows better sets [`LocalConfig::force`].

use std::fmt;
use std::fs;

use super::gguf::Outline;
use super::{LocalConfig, pace};
use crate::model::ModelError;

/// Bytes of a number in the KV cache.
const CACHED: u64 = 2;
/// What the engine and the process need beside what is counted.
const REST: u64 = 24_000_000;
/// Memory that is left to others.
const MARGIN: u64 = 100_000_000;
/// The KV cache is made in steps of so many tokens.
const STEP: u64 = 256;

/// How much memory a model will take, in bytes, by what for. The engine may keep weights in a second order that suits the
/// processor; then the file's own pages count as the process's too, but the system can take those back at any time, so they are
/// not counted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// The weights.
    pub weights: u64,
    /// The KV cache of all conversations.
    pub cache: u64,
    /// What the engine computes in.
    pub work: u64,
    /// What one token takes in the KV cache.
    pub per_token: u64,
}

impl MemoryEstimate {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.weights.saturating_add(self.cache).saturating_add(self.work)
    }

    pub(super) fn of(outline: &Outline, config: &LocalConfig) -> Self {
        let trained = outline.number("context_length").unwrap_or(u64::MAX);
        let tokens = u64::from(config.context).min(trained).saturating_mul(config.conversations.max(1) as u64);
        let layers = outline.number("block_count").unwrap_or(0);
        let width = outline.number("embedding_length").unwrap_or(0);
        let heads = outline.number("attention.head_count").unwrap_or(1).max(1);
        let of_head = |key| outline.number(key).unwrap_or(width / heads);
        let key_heads = outline.over("attention.head_count_kv", layers).unwrap_or_else(|| heads.saturating_mul(layers));
        let both = of_head("attention.key_length").saturating_add(of_head("attention.value_length"));
        let per_token = key_heads.saturating_mul(both).saturating_mul(CACHED);
        let forward = outline.number("feed_forward_length").unwrap_or_else(|| width.saturating_mul(4));
        // For each token of a chunk: its logits, and what a layer makes of it.
        let at_once =
            outline.vocabulary.saturating_add(forward.saturating_mul(2)).saturating_add(width.saturating_mul(4)).saturating_mul(4);
        // The vocabulary once more for each of the sampler's lists: a token, its logit and its probability.
        let work = at_once.saturating_mul(pace::MOST as u64).saturating_add(outline.vocabulary.saturating_mul(12 * 4)).saturating_add(REST);
        Self {
            weights: outline.bytes,
            cache: per_token.saturating_mul(tokens.checked_next_multiple_of(STEP).unwrap_or(u64::MAX)),
            work,
            per_token,
        }
    }

    /// Whether there is room for it in `free` bytes; if not, an error with what would fit.
    pub(super) fn fits(&self, config: &LocalConfig, free: u64) -> Result<(), ModelError> {
        let usable = free.saturating_sub(MARGIN);
        if config.force || self.total() <= usable {
            return Ok(());
        }
        let left = usable.saturating_sub(self.weights).saturating_sub(self.work);
        let most = left.checked_div(self.per_token.saturating_mul(config.conversations.max(1) as u64)).unwrap_or(0) / STEP * STEP;
        let hint = if most >= 1024 {
            format!(
                "use a context of {most} tokens (--context {most}), close other programs, use a smaller model, or load it all the same (--force-load)"
            )
        } else {
            "no context of use would fit: close other programs, use a smaller model, or load it all the same (--force-load)".to_owned()
        };
        let problem = format!("the model {} needs about {self}, and {} are free", config.path.display(), megabytes(free));
        Err(ModelError::Local { problem, hint })
    }
}

impl fmt::Display for MemoryEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of memory (weights {}, context {}, work {})",
            megabytes(self.total()),
            megabytes(self.weights),
            megabytes(self.cache),
            megabytes(self.work)
        )
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

/// Bytes that can still be had: of the machine's memory, or of the group's where a limit is set. `None` where the system does
/// not say it in Linux's way.
pub(super) fn free() -> Option<u64> {
    let machine = meminfo(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let group = groups().into_iter().filter_map(|group| group.left()).min();
    Some(group.map_or(machine, |left| left.min(machine)))
}

/// `MemAvailable` of the kernel's list.
pub(super) fn meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// What a control group says of its memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) limit: String,
    pub(super) used: String,
    pub(super) statistics: String,
}

impl Group {
    /// Bytes up to the limit, counting files' pages that would be given up; `None` without a limit.
    pub(super) fn left(&self) -> Option<u64> {
        // Without a limit the second version says `max`, the first a number beyond all machines.
        let limit: u64 = self.limit.trim().parse().ok().filter(|limit| *limit < 1 << 60)?;
        let used: u64 = self.used.trim().parse().ok()?;
        let files = self.statistics.lines().find_map(|line| line.strip_prefix("inactive_file "));
        let files: u64 = files.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0);
        Some(limit.saturating_sub(used.saturating_sub(files)))
    }
}

/// This process's control groups, from its own to the root's, of either version.
fn groups() -> Vec<Group> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut out = Vec::new();
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(kinds), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, limit, used) = match kinds {
            "" => ("/sys/fs/cgroup", "memory.max", "memory.current"),
            _ if kinds.split(',').any(|kind| kind == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
            }
            _ => continue,
        };
        for path in std::path::Path::new(path).ancestors() {
            let folder = format!("{root}{}", path.display());
            let read = |name: &str| fs::read_to_string(format!("{folder}/{name}"));
            if let (Ok(limit), Ok(used)) = (read(limit), read(used)) {
                out.push(Group { limit, used, statistics: read("memory.stat").unwrap_or_default() });
            }
        }
    }
    out
}
