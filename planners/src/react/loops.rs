//! Whether the run gets anywhere: what was new in each turn, calls that come again and again, and when to say so.
//!
//! Models that have lost their way repeat themselves, the more so the longer the conversation is. The one decision: what counts is
//! not whether a call succeeded but whether it brought something that had not been there before: a screen, a result, an effect. A
//! box that is checked and unchecked for ever has an effect each time and nothing new.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use handiwork_core::event::{Outcome, Part};
use handiwork_core::model::{Reply, ToolCall};
use handiwork_core::{Action, Event, Next, Receipt, Ref, Resolved, Run, Screen};

use super::{ask, compact, finish};
use crate::plan::spec;

/// Turns with the same call and nothing new before it is not made any more.
const REPEATS: usize = 2;

/// Turns without anything new after which the model is told so.
const NUDGE_AFTER: u32 = 3;

/// Calls that may come again: waiting takes its time, and the planner's own are judged where they are answered.
const MAY_REPEAT: [&str; 4] = ["wait", finish::NAME, spec::NAME, ask::NAME];

/// A turn of the model.
#[derive(Debug)]
struct Turn<'a> {
    reply: &'a Reply,
    new: bool,
}

/// What was new, event by event.
#[derive(Debug, Default)]
pub(super) struct Watch<'a> {
    seen: BTreeSet<String>,
    intent: Option<&'a Resolved>,
    turns: Vec<Turn<'a>>,
}

impl<'a> Watch<'a> {
    pub(super) fn of(run: &'a Run) -> Self {
        let mut watch = Self::default();
        run.events().for_each(|event| watch.take(event));
        watch
    }

    pub(super) fn take(&mut self, event: &'a Event) {
        let what = match event {
            // Notes are no turn.
            Event::Replied { role, .. } if role == compact::ROLE => return,
            Event::Replied { reply, .. } => {
                self.turns.push(Turn { reply, new: false });
                return;
            }
            Event::Intent { resolved, .. } => {
                self.intent = Some(resolved);
                return;
            }
            Event::Observed { screen, .. } => looks(screen),
            Event::ToolResult { result: Ok(value), .. } => value.to_string(),
            Event::Receipt { receipt, .. } if receipt.is_verified() => effect(self.intent.take(), receipt),
            // Whoever speaks to the run expects it to look again.
            Event::Said { text, .. } | Event::Answer { text, .. } => format!("said {} {text}", self.turns.len()),
            _ => return,
        };
        if self.seen.insert(what)
            && let Some(turn) = self.turns.last_mut()
        {
            turn.new = true;
        }
    }

    /// Turns since something was new.
    pub(super) fn idle(&self) -> u32 {
        self.turns.iter().rev().take_while(|turn| !turn.new).count() as u32
    }

    /// What the model is told when it gets nowhere.
    pub(super) fn nudge(&self) -> Option<String> {
        let idle = self.idle();
        (idle >= NUDGE_AFTER).then(|| {
            format!("{idle} turns have brought nothing new. If the goal is reached call done now; if not, try another way, or call done with ok=false.")
        })
    }

    /// Turns before the newest one that made this call and brought nothing new.
    fn repeats(&self, call: &ToolCall) -> usize {
        let same = |other: &ToolCall| other.name == call.name && other.args == call.args;
        self.turns.iter().rev().skip(1).take_while(|turn| !turn.new && turn.reply.calls.iter().any(same)).count()
    }

    /// Empty replies in a row.
    pub(super) fn silent(&self) -> usize {
        self.turns.iter().rev().take_while(|turn| super::is_empty(turn.reply)).count()
    }
}

/// What a screen looks like. A page that is loaded again has other refs, and is no other page.
fn looks(screen: &Screen) -> String {
    let mut text = format!("{} {}", screen.url, screen.title);
    for node in &screen.nodes {
        let states: Vec<&str> = node.states.iter().map(|state| state.word()).collect();
        let _ = write!(text, "\n{} {:?} {:?} {}", node.role, node.name, node.value, states.join(" "));
    }
    text
}

/// What came of an act, whichever refs there are.
fn effect(intent: Option<&Resolved>, receipt: &Receipt) -> String {
    let target = intent.and_then(|resolved| resolved.target.as_ref()).map(|target| (&target.role, &target.name));
    let said = receipt.to_string();
    let words: Vec<&str> = said.split_whitespace().filter(|word| word.parse::<Ref>().is_err()).collect();
    format!("{:?} {target:?} {}", intent.map(|resolved| resolved.action.name()), words.join(" "))
}

/// Breaks a loop: the call is not made again, and if it still comes the run ends.
pub(super) fn broken(run: &Run, pending: &[&ToolCall]) -> Option<Next> {
    let call = pending.first().filter(|call| !MAY_REPEAT.contains(&Action::called(&call.name, &call.args).0))?;
    let repeats = Watch::of(run).repeats(call);
    if repeats < REPEATS {
        return None;
    }
    // Whoever was ended for this and is spoken to gets to hear it.
    if repeats > REPEATS && !finish::was_spoken_to(run) {
        let reason = format!("given up: the model makes the same call again and again ({} {})", call.name, call.args);
        return Some(Next::End(Outcome::Failed { reason }));
    }
    let call_ids = pending.iter().map(|call| call.id.clone()).collect();
    let why = format!(
        "not done: {} with the same arguments has brought nothing new {repeats} times in a row. Do something else, or call done with ok=false",
        call.name
    );
    Some(Next::Drop { call_ids, why })
}

/// Turns since something was new.
pub(crate) fn idle_turns(run: &Run) -> u32 {
    Watch::of(run).idle()
}

/// The end of a run whose model says nothing any more.
pub(super) fn silenced(run: &Run, nudges: usize) -> Option<Next> {
    let silent = Watch::of(run).silent();
    let error = || format!("{silent} replies in a row were empty; run again, or use another model (--model)");
    (silent > nudges).then(|| Next::End(Outcome::Broken { part: Part::Model, error: error() }))
}
