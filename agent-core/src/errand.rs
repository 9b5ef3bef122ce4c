//! Child runs: a part of a goal, given to another agent with a screen, a planner, a model and a budget of its own.
//!
//! A planner says what is to be done and by whom; the driver has it done and records what came back. The one decision: a child is a
//! run like any other, with its own entry in the journal, and its parent knows of it only what came back. So it can be looked at,
//! and after a crash it goes on where it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::agent::Agent;
use crate::condition::Condition;
use crate::event::Outcome;
use crate::policy::Budgets;
use crate::run::{Bill, RunId};

/// Who may be given a part of a goal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelperInfo {
    /// Its name.
    pub name: String,
    /// What it is good for, in a few words.
    pub about: String,
}

/// Makes the agent of one child run. Its surface is the child's own, and is closed when that is over.
pub type Hire = Arc<dyn Fn() -> BoxFuture<'static, Result<Agent, String>> + Send + Sync>;

/// A helper of an agent.
#[derive(Clone)]
pub(crate) struct Helper {
    pub(crate) info: HelperInfo,
    pub(crate) hire: Hire,
}

/// What a child run is to do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Errand {
    /// Its run.
    pub run: RunId,
    /// Name of the helper.
    pub helper: String,
    /// The call that wants it, if a model does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// What is to be achieved.
    pub goal: String,
    /// The page to begin on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What must be so for it to be reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Condition>,
    /// JSON Schema of its result, if a typed one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<serde_json::Value>,
    /// Whether it may do only what changes nothing.
    #[serde(default)]
    pub reads_only: bool,
    /// What it may use up, within its share of what its parent has left.
    #[serde(default)]
    pub budgets: Budgets,
}

/// What came back of a child run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    /// Its run.
    pub run: RunId,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it is done and all that was to be checked holds. Without checks it never is: then there is only its word.
    pub shown: bool,
    /// Milestones of its plan: those reached, and all. None without a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestones: Option<(u32, u32)>,
    /// What each model took.
    pub bills: BTreeMap<String, Bill>,
    /// What it did and what came of it, a line each, the newest ones.
    pub story: Vec<String>,
}
