//! What happened in a run, as data.
//!
//! The journal of a run is a list of [`Entry`]s, and nothing else is known of it. Events are versioned by [`VERSION`]; an
//! unknown type is an error when read, never code. Strings in events have been through [`crate::Secrets::redact`].

mod outcome;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Condition;
use crate::errand::{Errand, HelperInfo, Returned};
use crate::journal::BlobId;
use crate::marks::Found;
use crate::memory::{Recalled, Viewer};
use crate::model::{ModelInfo, Reply, ToolSpec};
use crate::policy::Policy;
use crate::probe::Probe;
use crate::receipt::Receipt;
use crate::screen::Screen;
use crate::surface::{ProcessMark, Resolved, Restored, SurfaceInfo};

pub use outcome::{Outcome, Part};

/// Version of the event format that this code writes.
pub const VERSION: u32 = 5;

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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Other models that it may ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<ModelInfo>,
    /// Whom it may give a part of the goal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub helpers: Vec<HelperInfo>,
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
    /// How to find out whether something was done that was cut off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
    /// What must be so for the goal to be reached, as the person has declared it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Condition>,
    /// On whose behalf facts are recalled, if there is a memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewer: Option<Viewer>,
    /// What the person has written down for every run, in the order of its weight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<Instructions>,
    /// When words were taken out of this run. It is not what it was, so it can't be resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgotten: Option<i64>,
    /// What the program that began the run needs to know to go on with it. Nothing here reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
}

/// What the person has written down themselves: above anything that was learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instructions {
    /// Where they are written.
    pub from: String,
    /// The site that they are for, by its host or origin; without it, for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// What they say.
    pub text: String,
}

/// Why a run goes on anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revival {
    /// In another process, or after it had stopped.
    Resumed,
    /// The program behind its surface had died, and was started again.
    Relaunched,
}

/// How it is known whether something was done that was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// It need not be known: to do it again changes nothing more.
    Nature,
    /// What it led to had been kept before the break.
    Checkpoint,
    /// A declared probe says so.
    Probe,
    /// The person says so.
    Person,
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
        /// On which site, as an origin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<String>,
        /// What was found, best first.
        facts: Vec<Recalled>,
        /// What is to be known of how it was looked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
    },
    /// The person said something: into the run while it went on, or after its end, so that it goes on.
    Said {
        /// What.
        text: String,
        /// The message's number in the run's inbox, if it came that way. It is taken out once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<i64>,
    },
    /// The server was asked whether something is so.
    Probed {
        /// The question.
        probe: Probe,
        /// What it said; none if it could not be asked.
        holds: Option<bool>,
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
    /// How the surface can be made again as it is now. Comes before the receipt of what made it so.
    Checkpoint {
        /// The program behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        process: Option<ProcessMark>,
        /// Where its state is, encrypted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<BlobId>,
        /// Stands for the state and tells nothing about it.
        digest: String,
    },
    /// The run goes on, after it had stopped or its surface had died.
    Revived {
        /// Which of the two.
        why: Revival,
        /// What had happened, in words.
        detail: String,
        /// What could be restored.
        restored: Restored,
    },
    /// A field of a form that had not been sent was filled again as it was.
    Refilled {
        /// The call that had filled it.
        call_id: String,
        /// What came of it.
        receipt: Receipt,
    },
    /// An action that was cut off between intent and receipt has been judged. If it was done its receipt follows; otherwise it is
    /// done now.
    Settled {
        /// The call.
        call_id: String,
        /// Whether it was done.
        done: bool,
        /// How that is known.
        by: Judge,
        /// In words.
        why: String,
    },
    /// Requests go to another model from now on.
    Routed {
        /// Its id.
        to: String,
        /// Why.
        why: String,
    },
    /// The element of a recorded step was looked for.
    Located {
        /// The step's call.
        call_id: String,
        /// What may be it, best first.
        found: Vec<Found>,
    },
    /// Parts of the goal are given to child runs, which are under way until they return.
    Delegated {
        /// What to whom.
        errands: Vec<Errand>,
        /// Whether the first one that is shown to be done is enough: the others are stopped then.
        #[serde(default)]
        first_shown: bool,
    },
    /// A child run came back.
    Returned(Box<Returned>),
    /// A model failed, and another one is asked.
    FellBack {
        /// The one that failed.
        from: String,
        /// The one that is asked.
        to: String,
        /// What happened.
        why: String,
    },
    /// The run is over.
    Ended {
        /// How.
        outcome: Outcome,
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
            Self::Said { .. } => "said",
            Self::Probed { .. } => "probed",
            Self::Asked { .. } => "asked",
            Self::Replied { .. } => "replied",
            Self::Intent { .. } => "intent",
            Self::Receipt { .. } => "receipt",
            Self::ToolResult { .. } => "tool_result",
            Self::Dropped { .. } => "dropped",
            Self::Question { .. } => "question",
            Self::Answer { .. } => "answer",
            Self::Checkpoint { .. } => "checkpoint",
            Self::Revived { .. } => "revived",
            Self::Refilled { .. } => "refilled",
            Self::Settled { .. } => "settled",
            Self::Routed { .. } => "routed",
            Self::Located { .. } => "located",
            Self::Delegated { .. } => "delegated",
            Self::Returned(_) => "returned",
            Self::FellBack { .. } => "fell_back",
            Self::Ended { .. } => "ended",
        }
    }
}
