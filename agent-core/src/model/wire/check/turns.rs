//! The rules of a conversation: who may say what, and that each call is answered exactly once, at once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Checked, text};
use crate::model::compat::{Dialect, Replay};

pub(super) fn check(messages: &[Value], thinking: bool, dialect: &Dialect) -> Checked {
    if messages.is_empty() {
        return Err("it has no messages; add at least one".to_owned());
    }
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (place, message) in messages.iter().enumerate() {
        let role = text(message, "/role").unwrap_or_default();
        if role != "tool" && !open.is_empty() {
            return Err(format!("message {place} comes before the results of {open:?}; each call needs one"));
        }
        content(message, place, role)?;
        match role {
            "system" | "user" => {}
            "tool" => {
                let id = text(message, "/tool_call_id").unwrap_or_default();
                if !open.remove(id) {
                    return Err(format!("message {place} is the result of {id:?}, and no call of the turn before waits for it"));
                }
            }
            "assistant" => {
                open = calls(message, place)?;
                reasoning(message, place, thinking, dialect)?;
            }
            "developer" => return Err(format!("message {place} has the role developer, which is not known; use system")),
            other => return Err(format!("message {place} has the role {other:?}; use system, user, assistant or tool")),
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("the calls {open:?} have no results; add one for each")) }
}

/// Text; a list of parts with pictures only where a person speaks.
fn content(message: &Value, place: usize, role: &str) -> Checked {
    match message.get("content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) if role == "user" && !parts.is_empty() => parts.iter().try_for_each(|part| part_of(part, place)),
        Some(Value::Array(_)) => Err(format!("message {place} is a list; only messages of the person may hold pictures")),
        _ => Err(format!("message {place} has no text; where there is none it is \"\"")),
    }
}

fn part_of(part: &Value, place: usize) -> Checked {
    match text(part, "/type") {
        Some("text") if text(part, "/text").is_some() => Ok(()),
        Some("image_url") if text(part, "/image_url/url").is_some_and(|url| url.starts_with("data:image/") && url.contains(";base64,")) => {
            Ok(())
        }
        Some("image_url") => Err(format!("a picture of message {place} is no data URL in base64; send its bytes, not an address")),
        _ => Err(format!("message {place} holds a part that is neither text nor picture")),
    }
}

/// The ids of the calls that wait for a result.
fn calls(message: &Value, place: usize) -> Result<BTreeSet<&str>, String> {
    let Some(calls) = message.get("tool_calls") else { return Ok(BTreeSet::new()) };
    let calls = calls.as_array().filter(|calls| !calls.is_empty());
    let calls = calls.ok_or_else(|| format!("message {place} has an empty list of calls; leave the list out"))?;
    let mut ids = BTreeSet::new();
    for call in calls {
        let id = text(call, "/id").filter(|id| !id.is_empty()).ok_or_else(|| format!("a call of message {place} has no id"))?;
        if !ids.insert(id) {
            return Err(format!("two calls of message {place} have the id {id:?}"));
        }
        if text(call, "/type") != Some("function") || text(call, "/function/name").is_none_or(str::is_empty) {
            return Err(format!("the call {id:?} of message {place} names no function"));
        }
        let arguments = text(call, "/function/arguments").unwrap_or_default();
        if serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_err() {
            return Err(format!("the arguments of the call {id:?} in message {place} are not valid JSON; repair them, or put {{}}"));
        }
    }
    Ok(ids)
}

/// With thinking, a turn of the model carries its reasoning for ever; first-generation R1 refuses it.
fn reasoning(message: &Value, place: usize, thinking: bool, dialect: &Dialect) -> Checked {
    let sent = |field: &str| message.get(field).is_some_and(Value::is_string);
    match dialect.replay {
        Replay::Always(field) if thinking && !sent(field) => {
            Err(format!("message {place} is without its reasoning; give it back as {field}, \"\" where there was none"))
        }
        Replay::Never if dialect.reasoning.iter().any(|field| message.get(*field).is_some()) => {
            Err(format!("message {place} holds its reasoning, which this model refuses; leave it out"))
        }
        _ => Ok(()),
    }
}
