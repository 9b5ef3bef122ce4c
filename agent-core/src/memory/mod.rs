//! What is known beyond one run: facts, written and recalled without a model.
//!
//! The one decision: a fact is never overwritten. What turns out otherwise closes the old fact's time of validity, and both stay
//! to be asked about; what is to be gone is forgotten, and then it is gone.

mod embed;
mod fact;
mod gather;
mod lessons;
mod scope;
mod tools;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use embed::{EmbedError, Embedder};
pub use fact::{By, Fact, FactKind, NewFact, Provenance};
pub use gather::gather;
pub use lessons::lessons;
pub use scope::{DEFAULT_USER, Scope, Viewer};
pub(crate) use tools::RECALL;
pub use tools::{is_tool, tools};

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

/// What came of writing a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Remembered {
    /// It is kept.
    Kept {
        /// Its number.
        id: i64,
        /// Facts that it contradicts: they hold no longer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        closed: Vec<i64>,
    },
    /// It was known already.
    Known {
        /// As this fact.
        id: i64,
    },
    /// It is not worth keeping, or must not be kept.
    Refused {
        /// Why.
        why: String,
    },
}

impl Remembered {
    /// The number of the fact that says it, if one does.
    #[must_use]
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::Kept { id, .. } | Self::Known { id } => Some(*id),
            Self::Refused { .. } => None,
        }
    }
}

/// What is asked of memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Query {
    /// In plain words: a goal, a question.
    pub text: String,
    /// Most facts; 0 is 10.
    #[serde(default)]
    pub limit: usize,
    /// What held at this time, in milliseconds since 1970-01-01 UTC. Without it, what holds now, unless the words ask about a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_at: Option<i64>,
    /// What was known at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<i64>,
    /// Only facts of these kinds; empty is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<FactKind>,
}

impl Query {
    /// About `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// At most this many.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// What held then.
    #[must_use]
    pub fn valid_at(mut self, at: i64) -> Self {
        self.valid_at = Some(at);
        self
    }
}

/// How a fact came to its place: the parts of its score, which are added up, and what they are multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Scores {
    /// How many of the words that were asked for it has, rare ones counting more; words that mean nearly the same count a little.
    pub words: f64,
    /// How near it is in meaning as a whole.
    pub meaning: f64,
    /// It was said by the one who is asked about.
    pub speaker: f64,
    /// It was said on, or soon after, the day that is asked about.
    pub date: f64,
    /// How well others of its thread fit.
    pub thread: f64,
    /// What time, age, use and confidence make of it, as a factor.
    pub prior: f64,
}

impl Scores {
    /// All parts together.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.words + self.meaning + self.speaker + self.date + self.thread
    }
}

/// A fact that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    /// The fact.
    pub fact: Fact,
    /// Its score; of worth only beside the others of the same query.
    pub score: f64,
    /// How that came about.
    pub scores: Scores,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Recollection {
    /// Best first.
    pub facts: Vec<Recalled>,
    /// What the asker should know of how it was looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Keeps facts.
#[async_trait]
pub trait Memory: Send + Sync + std::fmt::Debug {
    /// Keeps a fact, if it is worth keeping.
    async fn remember(&self, fact: &NewFact) -> Result<Remembered, MemoryError>;

    /// The facts that `viewer` may see and that fit the query best, best first.
    async fn recall(&self, viewer: &Viewer, query: &Query) -> Result<Recollection, MemoryError>;

    /// Removes a fact that `viewer` may see, and its words with it; false when there is none with this number.
    async fn forget(&self, viewer: &Viewer, id: i64) -> Result<bool, MemoryError>;

    /// Counts a use of each of these facts: what is used decays more slowly.
    async fn used(&self, ids: &[i64]) -> Result<(), MemoryError>;
}
