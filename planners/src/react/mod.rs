//! ReAct: look, think, act, look again.
//!
//! One flat loop. The history is append-only, the model is never taken at its word that something happened (receipts say
//! that), and the loop has a stop rule of its own: it ends a run that gets nowhere, and it does not accept `done` while the
//! screen contradicts it.

mod ask;
mod compact;
mod constraint;
mod delegate;
mod finish;
mod goal;
mod groups;
mod led;
mod long;
mod loops;
mod nameless;
mod prompt;
pub(crate) mod proof;
mod recall;
mod seek;
mod spent;
#[cfg(test)]
mod tests;
mod transcript;

use handiwork_core::action::Navigate;
use handiwork_core::event::Started;
use handiwork_core::model::{Request, ToolCall};
use handiwork_core::{Action, Event, Next, Outcome, Planner, Reply, Run};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::plan::{Plan, spec};
pub(crate) use loops::idle_turns;
use transcript::Telling;

/// Id of the call that opens the first page; no model made it.
const START: &str = "start";

/// What a model is asked for.
const ACT: &str = "act";

/// Empty replies in a row that are answered with a nudge; after one more the run ends.
const NUDGES: usize = 2;

/// The planner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct React {
    /// Most calls in one turn of a model that is held to a grammar.
    pub most_calls: u32,
    /// Turns in a row without a verified effect after which the run is given up.
    pub patience: u32,
    /// Most tokens of one reply of a small model.
    pub reply_tokens: u32,
    /// Whether a model that sees is shown a picture of each new screen beside its text. The run must keep pictures.
    pub pictures: bool,
    /// Most tokens of what is told from memory at once, about; 0 tells nothing, and asks for nothing.
    pub memory_tokens: u32,
    /// Tokens of a conversation from which on it is made shorter, in one step; never more than seven tenths of what the model takes.
    pub compact_tokens: u32,
}

impl Default for React {
    fn default() -> Self {
        Self { most_calls: 12, patience: 6, reply_tokens: 700, pictures: false, memory_tokens: 600, compact_tokens: 100_000 }
    }
}

impl Planner for React {
    fn name(&self) -> &'static str {
        "react"
    }

    fn version(&self) -> u32 {
        5
    }

    fn next(&self, run: &Run) -> Next {
        self.drive(run, None)
    }
}

impl React {
    /// The loop, with a plan or without.
    pub(crate) fn drive(&self, run: &Run, plan: Option<&Plan>) -> Next {
        let Some(started) = run.started() else { return failed("the run has not started") };
        if let Some(next) = start(run, started) {
            return next;
        }
        if let Some(next) = recall::next(self, run, started) {
            return next;
        }
        match compact::last(run) {
            None => self.ask(run, started, plan),
            Some((compact::ROLE, _)) => self.compacted(run, started, plan),
            Some((_, reply)) => self.after(run, started, reply, plan),
        }
    }

    fn ask(&self, run: &Run, started: &Started, plan: Option<&Plan>) -> Next {
        let mut messages = transcript::messages(run, started, &self.telling(started, plan.is_some()));
        let compacts = compact::is_due(self, run, started);
        if compacts {
            messages.push(compact::instruction());
        }
        let constraint = run.screen().filter(|_| started.model.constrained && !compacts);
        let request = Request {
            system: prompt::system(started, plan.is_some()),
            tools: prompt::tools(started, plan.is_some()),
            messages,
            constraint: constraint.map(|screen| constraint::of(self, run, started, screen, plan.is_some())),
            max_tokens: started.model.small.then_some(self.reply_tokens),
        };
        let role = if compacts { compact::ROLE } else { ACT };
        Next::Ask { role: role.to_owned(), request: Box::new(request) }
    }

    fn telling(&self, started: &Started, plan: bool) -> Telling {
        Telling {
            memory_tokens: self.memory_tokens,
            pictures: self.pictures && started.model.vision,
            plan,
            compact_at: compact::limit(self, started),
        }
    }

    /// Goes on after the conversation was made shorter. What the model did instead of telling is not done.
    fn compacted(&self, run: &Run, started: &Started, plan: Option<&Plan>) -> Next {
        let call_ids: Vec<String> = run.pending().into_iter().map(|call| call.id.clone()).collect();
        if call_ids.is_empty() { self.ask(run, started, plan) } else { Next::Drop { call_ids, why: compact::NOT_NOW.to_owned() } }
    }

    fn after(&self, run: &Run, started: &Started, reply: &Reply, plan: Option<&Plan>) -> Next {
        let pending = run.pending();
        if let Some(next) = pending.first().and_then(|call| own(run, call, plan)) {
            return next;
        }
        if let Some(note) = pending.first().filter(|call| call.name == finish::NOTE) {
            return Next::Drop { call_ids: vec![note.id.clone()], why: finish::NOTED.to_owned() };
        }
        let idle: Vec<String> =
            pending.iter().filter(|call| finish::changes_nothing(run, call, &pending)).map(|call| call.id.clone()).collect();
        if !idle.is_empty() {
            return Next::Drop { call_ids: idle, why: finish::AS_IT_IS.to_owned() };
        }
        if let Some(call) = pending.first().filter(|call| call.name == finish::NAME) {
            return finish::judge(run, started, reply, call, plan);
        }
        if let Some(next) = loops::broken(run, &pending) {
            return next;
        }
        if plan.is_some() && !pending.is_empty() && Plan::is_due(run) {
            return Plan::first(&pending);
        }
        if !pending.is_empty() {
            // Those before `done`, which is judged on what came of them, and before those that are not for the surface.
            let acts = pending.into_iter().take_while(|call| call.name != finish::NAME && !is_own(run, &call.name));
            return Next::Act(acts.cloned().collect());
        }
        if let Some(next) = loops::silenced(run, NUDGES) {
            return next;
        }
        if reply.calls.is_empty()
            && started.surface.is_none()
            && !finish::was_spoken_to(run)
            && started.output_schema.is_none()
            && !reply.content.trim().is_empty()
        {
            // With nothing to act on, an answer in words is the result.
            return Next::End(Outcome::Done { text: reply.content.trim().to_owned(), value: None });
        }
        let idle = loops::idle_turns(run);
        if idle >= self.patience {
            if let Some(next) = finish::reached(run, started, plan) {
                return next;
            }
            return failed(&format!("given up: {idle} turns in a row brought nothing new"));
        }
        self.ask(run, started, plan)
    }
}

/// Whether a call is one that the planner answers by itself.
fn is_own(run: &Run, name: &str) -> bool {
    let has_helpers = || run.started().is_some_and(|started| !started.helpers.is_empty());
    matches!(name, ask::NAME | long::NAME) || name == delegate::NAME && has_helpers()
}

/// What the planner answers to a call by itself.
fn own(run: &Run, call: &ToolCall, plan: Option<&Plan>) -> Option<Next> {
    match call.name.as_str() {
        ask::NAME => Some(ask::next(run, call)),
        delegate::NAME if is_own(run, delegate::NAME) => Some(delegate::next(run, call)),
        long::NAME => Some(Next::Settle { call_id: call.id.clone(), result: long::more(run, &call.args) }),
        spec::NAME => plan.map(|plan| plan.judge(run, call)),
        _ => None,
    }
}

/// Opens the first page, if one was named and it is not open yet.
fn start(run: &Run, started: &Started) -> Option<Next> {
    let url = started.url.as_ref()?;
    let receipt = run.events().find_map(|event| match event {
        Event::Receipt { call_id, receipt, .. } if call_id == START => Some(receipt),
        _ => None,
    });
    match receipt {
        // A script has led elsewhere before.
        None if run.events().any(|event| matches!(event, Event::Receipt { .. })) => None,
        None => {
            let action = Action::from(Navigate { url: url.clone() });
            Some(Next::Act(vec![ToolCall {
                id: START.to_owned(),
                name: action.name().to_owned(),
                args: json!({ "url": url }),
                problem: None,
                raw: None,
            }]))
        }
        Some(receipt) if receipt.is_verified() => None,
        Some(receipt) => Some(failed(&format!("the first page could not be opened: {receipt}"))),
    }
}

/// Whether a reply says nothing at all.
fn is_empty(reply: &Reply) -> bool {
    reply.calls.is_empty() && reply.content.trim().is_empty()
}

fn failed(reason: &str) -> Next {
    Next::End(Outcome::Failed { reason: reason.to_owned() })
}
