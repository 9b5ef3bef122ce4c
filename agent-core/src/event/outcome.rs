//! How a run ends. The one decision: whether it can go on is said by how it ended, and by nothing else.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a run stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the word itself")]
pub enum Part {
    Model,
    Surface,
    Tool,
    Memory,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The planner holds the goal to be reached.
    Done {
        /// The answer, or a summary.
        text: String,
        /// The typed result, if one was wanted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
    },
    /// The goal was not reached.
    Failed {
        /// Why.
        reason: String,
    },
    /// A budget was used up.
    BudgetExceeded {
        /// Which one, with figures.
        what: String,
    },
    /// It was told to stop. It can be resumed.
    Stopped {
        /// By whom or what.
        why: String,
    },
    /// Something that the run stands on failed. It can be resumed.
    Broken {
        /// What.
        part: Part,
        /// What happened, and what to do.
        error: String,
    },
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done { text, .. } => f.write_str(text),
            Self::Failed { reason } => f.write_str(reason),
            Self::BudgetExceeded { what } => write!(f, "a budget is used up: {what}"),
            Self::Stopped { why } => write!(f, "stopped: {why}"),
            Self::Broken { error, .. } => f.write_str(error),
        }
    }
}

impl Outcome {
    /// Whether a run that ended so can go on: it did not come to an end of its own.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        matches!(self, Self::Stopped { .. } | Self::Broken { .. } | Self::BudgetExceeded { .. })
    }
}
