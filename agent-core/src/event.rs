//! What happened in a run, as data.
//!
//! The journal of a run is a list of [`Entry`]s, and nothing else is known of it. Events are versioned by [`VERSION`]; an
//! unknown type is an error when read, never code. Strings in events have been through [`crate::Secrets::redact`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::journal::BlobId;
use crate::memory::Fact;
use crate::model::{ModelInfo, Reply, ToolSpec};
use crate::policy::Policy;
use crate::receipt::Receipt;
use crate::screen::Screen;
use crate::surface::{Resolved, SurfaceInfo};

/// Version of the event format that this code writes.
pub const VERSION: u32 = 1;

/// One event with its place and time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the run, from 0, without gaps.
    pub seq: u64,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// What.
    pub event: Event,
}

/// What a run was started with. Fixed for its life: prompt caches and resumption depend on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// Version of the event format.
    pub version: u32,
    /// What is to be achieved, in the person's words.
    pub goal: String,
    /// The page to begin on, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Name and version of the planner.
    pub planner: (String, u32),
    /// The model.
    pub model: ModelInfo,
    /// The surface, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surface: Option<SurfaceInfo>,
    /// Tools beside the surface's actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolSpec>,
    /// What the run may do.
    pub policy: Policy,
    /// Names and origins of the secrets that it may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<(String, String)>,
    /// JSON Schema of the result, if a typed one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
}

/// A stored picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShotRef {
    /// Where its bytes are.
    pub blob: BlobId,
    /// Media type.
    pub media_type: String,
    /// Size of the viewport in CSS pixels.
    pub size: (f64, f64),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The run began.
    Started(Box<Started>),
    /// The screen was looked at.
    Observed {
        /// What was on it.
        screen: Screen,
        /// A picture of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shot: Option<ShotRef>,
    },
    /// Facts were recalled.
    Recalled {
        /// What was asked for.
        query: String,
        /// What was found.
        facts: Vec<Fact>,
    },
    /// A model is asked.
    Asked {
        /// What for: `act`.
        role: String,
        /// SHA-256 of the request.
        request_hash: String,
    },
    /// The model answered.
    Replied {
        /// What for.
        role: String,
        /// The answer.
        reply: Reply,
        /// What it cost, in USD.
        cost_usd: f64,
        /// How long it took.
        millis: u64,
    },
    /// Something is about to be done.
    Intent {
        /// The call that asked for it.
        call_id: String,
        /// Exactly what.
        resolved: Resolved,
        /// Hash of the screen it was decided on.
        screen_hash: Option<String>,
    },
    /// What came of an action.
    Receipt {
        /// The call.
        call_id: String,
        /// The verdict.
        receipt: Receipt,
        /// How long it took.
        millis: u64,
        /// The screen just before, with the point of action on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shot: Option<ShotRef>,
    },
    /// What came of a tool call.
    ToolResult {
        /// The call.
        call_id: String,
        /// Its result, or what the model is told instead.
        result: Result<Value, String>,
        /// How long it took.
        millis: u64,
    },
    /// Calls of a turn were not tried.
    Dropped {
        /// The calls.
        call_ids: Vec<String>,
        /// Why.
        why: String,
    },
    /// The person is asked. The run rests until there is an answer.
    Question {
        /// The call that waits for it, if one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<String>,
        /// The question.
        text: String,
        /// Hash of the resolved action that an approval would be bound to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
    /// The person answered.
    Answer {
        /// Whether it is a yes.
        approved: bool,
        /// What they said.
        text: String,
    },
    /// The run is over.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

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
    /// Something that the run stands on failed.
    Broken {
        /// What.
        part: Part,
        /// What happened, and what to do.
        error: String,
    },
}

impl Event {
    /// The name of its type, as in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started(_) => "started",
            Self::Observed { .. } => "observed",
            Self::Recalled { .. } => "recalled",
            Self::Asked { .. } => "asked",
            Self::Replied { .. } => "replied",
            Self::Intent { .. } => "intent",
            Self::Receipt { .. } => "receipt",
            Self::ToolResult { .. } => "tool_result",
            Self::Dropped { .. } => "dropped",
            Self::Question { .. } => "question",
            Self::Answer { .. } => "answer",
            Self::Ended { .. } => "ended",
        }
    }
}
