//! From a provider-neutral [`Request`] to the body that is sent.
//!
//! Deterministic: the same request gives the same bytes, so a longer conversation begins with the bytes of the shorter one and
//! the provider's prefix cache holds. What the API is known to refuse is refused here, with the reason, before it costs a trip.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::model::compat::{Dialect, Replay};
use crate::model::{Message, ModelError, Request, ToolCall, ToolSpec};

/// Longest name of a tool.
const LONGEST_NAME: usize = 64;

/// The body for `request`.
pub(super) fn body(id: &str, dialect: &Dialect, thinking: Option<bool>, request: &Request) -> Result<Value, ModelError> {
    check_tools(&request.tools, dialect).map_err(ModelError::BadRequest)?;
    check_turns(&request.messages).map_err(ModelError::BadRequest)?;
    let mut messages = Vec::with_capacity(request.messages.len() + 1);
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": request.system }));
    }
    messages.extend(request.messages.iter().map(|message| turn(message, dialect)));

    let mut body = Map::new();
    body.insert("model".to_owned(), id.into());
    body.insert("messages".to_owned(), messages.into());
    // An empty list is refused by some servers, DeepSeek's among them.
    if !request.tools.is_empty() {
        body.insert("tools".to_owned(), request.tools.iter().map(tool).collect());
    }
    if let Some(on) = thinking.filter(|_| dialect.thinking) {
        body.insert("thinking".to_owned(), json!({ "type": if on { "enabled" } else { "disabled" } }));
    }
    if let Some(most) = request.max_tokens {
        body.insert("max_tokens".to_owned(), most.into());
    }
    body.insert("stream".to_owned(), true.into());
    body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    Ok(Value::Object(body))
}

fn turn(message: &Message, dialect: &Dialect) -> Value {
    match message {
        Message::User { content } => json!({ "role": "user", "content": content }),
        Message::Tool { call_id, content } => json!({ "role": "tool", "tool_call_id": call_id, "content": content }),
        Message::Assistant { content, reasoning, calls } => {
            let mut turn = Map::new();
            turn.insert("role".to_owned(), "assistant".into());
            turn.insert("content".to_owned(), content.as_str().into());
            if let Replay::Always(field) = dialect.replay {
                turn.insert(field.to_owned(), reasoning.as_deref().unwrap_or_default().into());
            }
            if !calls.is_empty() {
                turn.insert("tool_calls".to_owned(), calls.iter().map(call).collect());
            }
            Value::Object(turn)
        }
    }
}

fn call(call: &ToolCall) -> Value {
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.args.to_string() } })
}

fn tool(spec: &ToolSpec) -> Value {
    json!({ "type": "function", "function": { "name": spec.name, "description": spec.description, "parameters": spec.parameters } })
}

fn check_tools(tools: &[ToolSpec], dialect: &Dialect) -> Result<(), String> {
    if tools.len() > dialect.most_tools {
        return Err(format!("it has {} tools, and {} are the most; take some out", tools.len(), dialect.most_tools));
    }
    let mut names = BTreeSet::new();
    for ToolSpec { name, parameters, .. } in tools {
        let fits = (1..=LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if !fits {
            return Err(format!("{name:?} can't be the name of a tool: only 1 to {LONGEST_NAME} of a-z, A-Z, 0-9, _ and - may be in it"));
        }
        if !names.insert(name) {
            return Err(format!("two tools are named {name}; rename one"));
        }
        if parameters.get("type").and_then(Value::as_str) != Some("object") {
            return Err(format!("the arguments of the tool {name} must be an object, so its schema needs \"type\": \"object\""));
        }
    }
    Ok(())
}

/// Each turn with calls is followed at once by exactly one result for each.
fn check_turns(messages: &[Message]) -> Result<(), String> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (place, message) in messages.iter().enumerate() {
        match message {
            Message::Tool { call_id, .. } => {
                if !open.remove(call_id.as_str()) {
                    return Err(format!("message {place} is the result of {call_id:?}, and no call of the turn before waits for it"));
                }
            }
            _ if !open.is_empty() => return Err(format!("message {place} comes before the results of {open:?}; each call needs one")),
            Message::Assistant { calls, .. } => {
                for ToolCall { id, .. } in calls {
                    if !open.insert(id) {
                        return Err(format!("two calls of message {place} have the id {id:?}"));
                    }
                }
            }
            Message::User { .. } => {}
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("the calls {open:?} have no results")) }
}
