//! Compaction: a conversation that has become too long is made shorter, in one step and rarely.
//!
//! Each step breaks the provider's prefix cache, so there are few of them, each as large as can be. The one decision: the model writes
//! the notes itself, asked at the tail of the very conversation that they replace, with prompt and tools as they are: so that request
//! is in the cache up to its last lines. What must not be lost (goal, plan, what the person said, what memory told, the last results,
//! the screen) is not left to the notes.

use handiwork_core::event::Started;
use handiwork_core::model::{Message, Reply};
use handiwork_core::{Event, Run};

use super::React;

/// What the model is asked for then.
pub(super) const ROLE: &str = "compact";

/// What is said of calls that came instead of notes.
pub(super) const NOT_NOW: &str = "not done: the conversation was being made shorter";

/// The newest reply and what it was for.
pub(super) fn last(run: &Run) -> Option<(&str, &Reply)> {
    run.events().rev().find_map(|event| match event {
        Event::Replied { role, reply, .. } if !crate::script::is_own(role) => Some((role.as_str(), reply)),
        _ => None,
    })
}

/// Tokens from which on a conversation is made shorter.
pub(super) fn limit(settings: &React, started: &Started) -> u64 {
    let context = u64::from(started.model.context) * 7 / 10;
    u64::from(settings.compact_tokens).min(if context == 0 { u64::MAX } else { context })
}

/// Whether this reply has made it too long.
pub(super) fn is_long(limit: u64, reply: &Reply) -> bool {
    reply.usage.prompt + reply.usage.completion > limit
}

/// Whether notes are to be asked for. A small model writes none that would be of use: its conversation is cut without.
pub(super) fn is_due(settings: &React, run: &Run, started: &Started) -> bool {
    let long = |(role, reply): (&str, &Reply)| role != ROLE && is_long(limit(settings, started), reply);
    !started.model.small && last(run).is_some_and(long)
}

/// What it is asked.
pub(super) fn instruction() -> Message {
    Message::user(
        "This conversation is about to be replaced by your notes. Write them now, as plain text, without calling a tool: what was done and \
         what came of it, every value that you have found and may still need, what did not work, and what comes next.",
    )
}
