//! Plan: the same flat loop as ReAct, with a plan that is recited and milestones that are read off the run.
//!
//! What has been found to help long tasks is here by its usual names: *task decomposition* (the milestones), *long-term
//! consistency* (the ledger, recited at the tail whenever it changes), *milestone recognition* (conditions, checked by screens and
//! receipts and never by the actor's word), *trial and error* (a plan may be replaced, a few times), and *reflection* (a lesson,
//! written once when a plan is given up and carried from then on). The one decision: all of it is one conversation. A planner above
//! the actor was found to do worse than the actor alone.

mod ledger;
pub(crate) mod spec;
#[cfg(test)]
mod tests;

use handiwork_core::model::ToolCall;
use handiwork_core::{Event, Next, Planner, Run};
pub use ledger::{Ledger, Milestone};
use serde::{Deserialize, Serialize};
use serde_json::json;
use spec::Proposal;

use crate::react::{React, proof};

/// Plans that are refused before there is one, until the run goes on without.
const MOST_REFUSED: usize = 3;

/// What a model that can't make a plan is told.
const WITHOUT: &str = "go on without a plan";

/// The planner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Settings of the loop.
    pub react: React,
    /// Most plans of one run: the first, and those that replace it.
    pub most_plans: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self { react: React::default(), most_plans: 4 }
    }
}

impl Planner for Plan {
    fn name(&self) -> &'static str {
        "plan"
    }

    fn version(&self) -> u32 {
        2
    }

    fn milestones(&self, run: &Run) -> Option<(u32, u32)> {
        let ledger = Ledger::of(run);
        let all = ledger.milestones.len() as u32;
        (all > 0).then(|| (all - ledger.open().count() as u32, all))
    }

    fn next(&self, run: &Run) -> Next {
        self.react.drive(run, Some(self))
    }
}

impl Plan {
    /// What becomes of a proposed plan.
    pub(crate) fn judge(&self, run: &Run, call: &ToolCall) -> Next {
        let ledger = Ledger::of(run);
        let result = match Proposal::read(&call.args) {
            Err(why) => Err(why),
            Ok(_) if ledger.plans >= self.most_plans => {
                Err(format!("{} plans are enough: carry on with the last one, or call done with ok=false and say why", self.most_plans))
            }
            Ok(_) if ledger.plans > 0 && proof::was_refused(run) => {
                Err("a claim was just refused, so the plan stays as it is: do what is missing".to_owned())
            }
            Ok(proposal) if ledger.plans > 0 && proposal.lesson.is_none() => {
                Err("a plan is replaced only with a lesson: say what the last one taught".to_owned())
            }
            Ok(proposal) => proposal.weighed(run),
        };
        // What one that is led is told to be wrong it takes for the end of all: it has one try, and goes on without a plan.
        let result = result.or_else(|why| if is_led(run) { Ok(json!({ "kept": [], "note": WITHOUT })) } else { Err(why) });
        Next::Settle { call_id: call.id.clone(), result }
    }

    /// What is said to calls that come before a plan.
    pub(crate) fn first(pending: &[&ToolCall]) -> Next {
        let call_ids = pending.iter().map(|call| call.id.clone()).collect();
        Next::Drop { call_ids, why: "not done: call plan first, alone".to_owned() }
    }

    /// Whether the model can't make a plan: then the run goes on as without one, and claims are held to what was done.
    pub(crate) fn is_given_up(run: &Run) -> bool {
        let is_plan = |call_id: &str| run.call(call_id).is_some_and(|call| call.name == spec::NAME);
        let tried = run.events().filter(|event| matches!(event, Event::ToolResult { call_id, .. } if is_plan(call_id))).count();
        tried >= if is_led(run) { 1 } else { MOST_REFUSED } && Ledger::of(run).milestones.is_empty()
    }

    /// Whether the model has to plan before it does anything else.
    pub(crate) fn is_due(run: &Run) -> bool {
        Ledger::of(run).plans == 0 && !Self::is_given_up(run)
    }
}

/// Whether the model is small, and held to a grammar.
fn is_led(run: &Run) -> bool {
    run.started().is_some_and(|started| started.model.small && started.model.constrained)
}
