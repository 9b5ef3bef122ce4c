//! What must hold of a conversation before it is sent: each call of a turn has a result.
//!
//! A run that was cancelled, or continued by another process, may leave calls that nothing came of. Servers refuse such a
//! history, and a model that reads it takes the calls for made.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::Message;

/// What is said of a call that nothing came of.
pub const NOT_CARRIED_OUT: &str = "not carried out: the run went on without it; make the call again if it is still wanted";

/// The same messages, and for each call without a result one that says so, in the place where it belongs: before whatever
/// follows the turn's results.
#[must_use]
pub fn answered(messages: Vec<Message>) -> Vec<Message> {
    let mut out = Vec::with_capacity(messages.len());
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        match &message {
            Message::Tool { call_id, .. } => {
                if let Some(at) = open.iter().position(|id| id == call_id) {
                    open.remove(at);
                }
            }
            Message::User { .. } | Message::Assistant { .. } => out.extend(open.drain(..).map(missing)),
        }
        if let Message::Assistant { calls, .. } = &message {
            let mut seen = BTreeSet::new();
            open.extend(calls.iter().filter(|call| seen.insert(&call.id)).map(|call| call.id.clone()));
        }
        out.push(message);
    }
    out.extend(open.drain(..).map(missing));
    out
}

fn missing(call_id: String) -> Message {
    Message::Tool { call_id, content: NOT_CARRIED_OUT.to_owned() }
}
