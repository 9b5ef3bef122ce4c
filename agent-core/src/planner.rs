//! Planners decide what comes next. They are pure: what they know is the run, what they say is a [`Next`].
//!
//! A planner has settings but no hidden state: everything that it has learned in a run is in the run's events. So it does not
//! matter whether it has seen them one by one or all at once after a restart.

use crate::errand::Errand;
use crate::event::Outcome;
use crate::marks::Wanted;
use crate::model::{Request, ToolCall};
use crate::probe::Probe;
use crate::run::Run;

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Next {
    /// Ask a model.
    Ask {
        /// What for; recorded with the answer.
        role: String,
        /// The request.
        request: Box<Request>,
    },
    /// Make these calls, in order; the first that fails ends the turn.
    Act(Vec<ToolCall>),
    /// Leave these calls untried and tell the model why.
    Drop {
        /// The calls' ids.
        call_ids: Vec<String>,
        /// Why.
        why: String,
    },
    /// Give this call a result that the planner knows by itself.
    Settle {
        /// The call's id.
        call_id: String,
        /// Its result, or why there is none.
        result: Result<serde_json::Value, String>,
    },
    /// Ask another of the agent's models from now on.
    Route {
        /// Its id.
        to: String,
        /// Why.
        why: String,
    },
    /// Ask the server whether something is so.
    Probe(Probe),
    /// Recall facts.
    Recall {
        /// What about.
        query: String,
        /// On which site, as an origin.
        site: Option<String>,
    },
    /// Ask the person; the run rests until there is an answer.
    AskHuman(String),
    /// Look for the element of a recorded step.
    Locate {
        /// The step's call.
        call_id: String,
        /// What it looks like.
        wanted: Box<Wanted>,
    },
    /// Give parts of the goal to child runs, at the same time, and go on when they are back.
    Delegate {
        /// What to whom. A child's id is [`Run::child_id`].
        errands: Vec<Errand>,
        /// Whether the first one that is shown to be done is enough.
        first_shown: bool,
    },
    /// The run is over.
    End(Outcome),
}

/// Decides what comes next.
pub trait Planner: Send + Sync + std::fmt::Debug {
    /// Its name, kept in the journal.
    fn name(&self) -> &str;

    /// Its version: raised whenever the same events may lead to another decision. A run is not continued by another version.
    fn version(&self) -> u32;

    /// What comes next. The same run gives the same answer.
    fn next(&self, run: &Run) -> Next;

    /// Milestones of its plan: those reached, and all; none without a plan.
    fn milestones(&self, _run: &Run) -> Option<(u32, u32)> {
        None
    }

    /// Whether it looks for its elements itself by [`Next::Locate`], which waits for them: then an act need not wait until the page
    /// has come to rest.
    fn seeks(&self, _run: &Run) -> bool {
        false
    }
}

impl<P: Planner + ?Sized> Planner for Box<P> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn version(&self) -> u32 {
        (**self).version()
    }

    fn next(&self, run: &Run) -> Next {
        (**self).next(run)
    }

    fn milestones(&self, run: &Run) -> Option<(u32, u32)> {
        (**self).milestones(run)
    }

    fn seeks(&self, run: &Run) -> bool {
        (**self).seeks(run)
    }
}
