//! The loop of handiwork and the words it speaks.
//!
//! This crate holds the vocabulary (screens, actions, receipts, events), the pure parts (run state, policy) and the one
//! [driver] that does I/O between them. It knows no browser, no SQL and, without the feature `local`, no inference engine:
//! surfaces, stores and planners are traits here and live in the sibling crates.
//!
//! The one decision: what happened is a list of [`Event`]s and nothing else. Everything that the loop needs to know is a fold
//! over that list, so a run can be shown, billed, stopped and continued from its journal alone.

pub mod action;
pub mod agent;
pub mod clock;
pub mod condition;
pub mod context;
pub mod driver;
pub mod errand;
pub mod event;
pub mod extract;
pub mod journal;
pub mod layer;
pub mod marks;
pub mod memory;
pub mod model;
pub mod planner;
pub mod policy;
pub mod probe;
pub mod reading;
pub mod receipt;
pub mod run;
pub mod schema;
pub mod screen;
pub mod secret;
pub mod surface;
pub mod testing;
pub mod tool;

pub use action::{Action, EffectClass};
pub use agent::{Agent, AgentBuilder, AgentError, Finished, RunBuilder, TypedRun};
pub use condition::Condition;
pub use context::{Context, Progress};
pub use driver::{Limits, RunStream, Said, Update};
pub use errand::{Errand, HelperInfo, Returned};
pub use event::{Entry, Event, Outcome, Part};
pub use extract::{Extract, ExtractError, Extracted, extract};
pub use journal::{BlobId, Journal, JournalError, MemoryJournal};
pub use layer::Layer;
pub use memory::{Fact, Memory, MemoryError, NewFact, Scope, Viewer};
pub use model::{Constraint, Message, Model, ModelError, ModelInfo, Reply, Request, ToolCall, ToolSpec, Usage};
pub use planner::{Next, Planner};
pub use policy::{Budgets, Decision, Policy};
pub use probe::Probe;
pub use reading::{Link, Reading, Table};
pub use receipt::{Change, Reason, Receipt};
pub use run::{Run, RunId, Status};
pub use screen::{Node, Rect, Ref, Screen, State, Verb};
pub use secret::Secrets;
pub use surface::{Checkpoint, Form, ProcessMark, Refusal, Resolved, Restore, Restored, Shot, Surface, SurfaceError, SurfaceInfo, Target};
pub use tool::{DynTool, Tool, ToolError};
