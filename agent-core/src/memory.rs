//! What is known beyond one run: facts, written and recalled without a model.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Something known, with where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its number in the store; 0 before it is stored.
    #[serde(default)]
    pub id: i64,
    /// The fact, in a sentence.
    pub text: String,
    /// What it is about: `user`, a site's origin, a run.
    pub scope: String,
    /// Where it came from: a run, a person.
    pub source: String,
    /// When it was recorded, in milliseconds since 1970-01-01 UTC.
    pub at: i64,
}

/// Why memory could not be used.
#[derive(Debug, thiserror::Error)]
#[error("memory can't be {doing}: {detail}; {hint}")]
pub struct MemoryError {
    /// "written" or "read".
    pub doing: &'static str,
    /// What the store said.
    pub detail: String,
    /// What to do.
    pub hint: String,
}

/// Keeps facts.
#[async_trait]
pub trait Memory: Send + Sync + std::fmt::Debug {
    /// Keeps a fact and gives it its number. The same text in the same scope is kept once.
    async fn remember(&self, fact: &Fact) -> Result<i64, MemoryError>;

    /// The facts of `scope` that fit `query` best, best first, at most `limit`.
    async fn recall(&self, scope: &str, query: &str, limit: usize) -> Result<Vec<Fact>, MemoryError>;

    /// Removes a fact; false when there is none with this number.
    async fn forget(&self, id: i64) -> Result<bool, MemoryError>;
}
