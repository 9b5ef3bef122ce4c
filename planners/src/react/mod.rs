//! ReAct: look, think, act, look again.
//!
//! One flat loop. The history is append-only, the model is never taken at its word that something happened (receipts say
//! that), and the loop has a stop rule of its own: it ends a run that gets nowhere, and it does not accept `done` while the
//! screen contradicts it.

mod constraint;
mod finish;
mod goal;
mod groups;
mod led;
mod nameless;
mod prompt;
mod recall;
mod seek;
mod spent;
#[cfg(test)]
mod tests;
mod transcript;

use handiwork_core::action::Navigate;
use handiwork_core::event::{Part, Started};
use handiwork_core::model::{Request, ToolCall};
use handiwork_core::{Action, Event, Next, Outcome, Planner, Reply, Run};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Id of the call that opens the first page; no model made it.
const START: &str = "start";

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
}

impl Default for React {
    fn default() -> Self {
        Self { most_calls: 12, patience: 6, reply_tokens: 700, pictures: false, memory_tokens: 600 }
    }
}

impl Planner for React {
    fn name(&self) -> &'static str {
        "react"
    }

    fn version(&self) -> u32 {
        3
    }

    fn next(&self, run: &Run) -> Next {
        let Some(started) = run.started() else { return failed("the run has not started") };
        if let Some(next) = start(run, started) {
            return next;
        }
        if let Some(next) = recall::next(self, run, started) {
            return next;
        }
        match run.last_reply() {
            None => self.ask(run, started),
            Some(reply) => self.after(run, started, reply),
        }
    }
}

impl React {
    fn ask(&self, run: &Run, started: &Started) -> Next {
        let request = Request {
            system: prompt::system(started),
            tools: prompt::tools(started),
            messages: transcript::messages(run, started, self.memory_tokens, self.pictures && started.model.vision),
            constraint: run.screen().filter(|_| started.model.constrained).map(|screen| constraint::of(self, run, started, screen)),
            max_tokens: started.model.small.then_some(self.reply_tokens),
        };
        Next::Ask { role: "act".to_owned(), request: Box::new(request) }
    }

    fn after(&self, run: &Run, started: &Started, reply: &Reply) -> Next {
        let pending = run.pending();
        if let Some(note) = pending.first().filter(|call| call.name == finish::NOTE) {
            return Next::Drop { call_ids: vec![note.id.clone()], why: finish::NOTED.to_owned() };
        }
        let idle: Vec<String> =
            pending.iter().filter(|call| finish::changes_nothing(run, call, &pending)).map(|call| call.id.clone()).collect();
        if !idle.is_empty() {
            return Next::Drop { call_ids: idle, why: finish::AS_IT_IS.to_owned() };
        }
        if let Some(call) = pending.first().filter(|call| call.name == finish::NAME) {
            return finish::judge(run, started, reply, call);
        }
        if !pending.is_empty() {
            // Those before `done`; it is judged on what came of them.
            return Next::Act(pending.into_iter().take_while(|call| call.name != finish::NAME).cloned().collect());
        }
        let silent = run.replies().rev().take_while(|reply| is_empty(reply)).count();
        if silent > NUDGES {
            let error = format!("{silent} replies in a row were empty; run again, or use another model (--model)");
            return Next::End(Outcome::Broken { part: Part::Model, error });
        }
        if reply.calls.is_empty() && started.surface.is_none() && started.output_schema.is_none() && !reply.content.trim().is_empty() {
            // With nothing to act on, an answer in words is the result.
            return Next::End(Outcome::Done { text: reply.content.trim().to_owned(), value: None });
        }
        let idle = idle_turns(run);
        if idle >= self.patience {
            return failed(&format!("given up: {idle} turns in a row had no effect"));
        }
        self.ask(run, started)
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

/// Turns since the last effect. A turn of words only is idle too.
fn idle_turns(run: &Run) -> u32 {
    let mut idle = 0;
    for event in run.events().rev() {
        match event {
            Event::Receipt { receipt, .. } if receipt.is_verified() => break,
            Event::ToolResult { result: Ok(_), .. } => break,
            Event::Replied { .. } => idle += 1,
            _ => {}
        }
    }
    idle
}

fn failed(reason: &str) -> Next {
    Next::End(Outcome::Failed { reason: reason.to_owned() })
}
