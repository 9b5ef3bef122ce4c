//! What is known of one model on one server, and a cache of it.
//!
//! The one decision: what was asked is good for ten minutes. A server may be started again with another model or a smaller
//! context, and being asked once in ten minutes costs nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::facts::amount;

/// How long an answer is good for.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Models with fewer parameters get the short form of prompts.
const SMALL: u64 = 8_000_000_000;

/// Words in the ids of models that think, whatever their server says or doesn't say.
const THINKERS: [&str; 5] = ["r1", "qwq", "thinking", "reasoner", "reasoning"];

/// What is known of a model on a server; what is not known is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// The name of the server's dialect.
    pub server: Option<String>,
    /// Whether it was seen to have the protocol below `/v1`.
    pub v1: bool,
    /// The id that the server has for its model.
    pub id: Option<String>,
    /// Tokens of request and reply together, as the server is set.
    pub context: Option<u32>,
    /// Tokens that the model was trained for: most that a context can be set to.
    pub trained: Option<u32>,
    /// Whether the model makes calls natively.
    pub tools: Option<bool>,
    /// Whether it sees images.
    pub vision: Option<bool>,
    /// Whether it thinks before it answers.
    pub thinks: Option<bool>,
    /// Its parameters.
    pub parameters: Option<u64>,
}

impl Capabilities {
    /// Whether it thinks before it answers, by what the server says or by its id.
    #[must_use]
    pub fn thinks(&self, id: &str) -> bool {
        let named = || id.to_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).any(|word| THINKERS.contains(&word));
        self.thinks.unwrap_or_else(named)
    }

    /// Whether it is small (fewer than 8 billion parameters), by what the server says or by a size in the id such as `-1.5b`.
    #[must_use]
    pub fn is_small(&self, id: &str) -> bool {
        self.parameters.or_else(|| size_in(id)).is_some_and(|parameters| parameters < SMALL)
    }
}

/// The number of parameters that an id tells: `qwen2.5:7b`, `DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf`. Of several, the last:
/// what comes first may be a version.
fn size_in(id: &str) -> Option<u64> {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let mut sizes = words.filter_map(|word| {
        let number = word.strip_suffix(['b', 'B', 'm', 'M'])?;
        number.starts_with(|c: char| c.is_ascii_digit()).then(|| amount(&word.into())).flatten()
    });
    sizes.next_back()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    asked: Timestamp,
    capabilities: Capabilities,
}

/// What is known of servers, so that they need not be asked for each model that is made. May be kept in a file, which holds
/// addresses and ids and no key.
#[derive(Debug, Default)]
pub struct CapabilityCache {
    file: Option<PathBuf>,
    entries: Mutex<BTreeMap<String, Entry>>,
}

impl CapabilityCache {
    /// One that is also kept in `file`. A file that is missing or can't be read is an empty one.
    #[must_use]
    pub fn in_file(file: impl Into<PathBuf>) -> Self {
        let file = file.into();
        let entries = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { file: Some(file), entries: Mutex::new(entries) }
    }

    /// What is known of the model `id` at `base`, if it was asked in the last ten minutes.
    #[must_use]
    pub fn get(&self, base: &str, id: &str) -> Option<Capabilities> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(&key(base, id))?;
        let age = Timestamp::now().duration_since(entry.asked);
        (SignedDuration::ZERO..GOOD_FOR).contains(&age).then(|| entry.capabilities.clone())
    }

    /// Remembers. That a file can't be written is told by tracing only: it costs no more than a question.
    pub fn put(&self, base: &str, id: &str, capabilities: &Capabilities) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        entries.retain(|_, entry| now.duration_since(entry.asked) < GOOD_FOR);
        entries.insert(key(base, id), Entry { asked: now, capabilities: capabilities.clone() });
        let Some(file) = &self.file else { return };
        // Written aside and moved: another process may read it now.
        let aside = file.with_extension(format!("{}.tmp", std::process::id()));
        let written = serde_json::to_vec_pretty(&*entries).map_err(std::io::Error::other).and_then(|bytes| {
            file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&aside, bytes)?;
            std::fs::rename(&aside, file)
        });
        if let Err(error) = written {
            tracing::debug!(%error, file = %file.display(), "what is known of servers can't be kept");
        }
    }
}

fn key(base: &str, id: &str) -> String {
    format!("{}#{id}", base.trim_end_matches('/'))
}
