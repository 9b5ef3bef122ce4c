//! What the API refuses, and in which words. Pure.
//!
//! From the vendor's documentation and the vendor's own request checks (crate `deepseek-recipe` 0.2), in the order of the latter.
//! Where the two differ the stricter one holds; where the documents give no words, the words are ours. Each rule has a row in
//! `breaches.json`, which the tests of this room read, and those of `tests/recipe` too: there the vendor's crate must agree.

mod messages;
mod strict;
#[cfg(test)]
mod tests;
mod tools;

use serde_json::Value;

use super::models;

/// Most tokens of a reply.
const MOST_TOKENS: u64 = 393_216;
/// Most stop sequences.
const MOST_STOPS: usize = 16;
/// Longest `user_id`, in bytes.
const LONGEST_USER: usize = 512;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) status: u16,
    pub(super) why: String,
}

impl From<String> for Breach {
    fn from(why: String) -> Self {
        Self { status: 400, why }
    }
}

impl From<&str> for Breach {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

type Checked = Result<(), Breach>;

/// Whether the request is one that is answered. `beta` says that it came by the path of the beta features.
pub(super) fn check(body: &Value, beta: bool) -> Checked {
    if !body.is_object() {
        return Err("Failed to parse the request body as JSON".into());
    }
    types(body)?;
    let model = text(body, "model").unwrap_or_default();
    if !models::known(model) {
        return Err(format!("The supported API model names are {}, but you passed {model}.", models::LISTED.join(", ")).into());
    }
    let tools = body.get("tools").and_then(Value::as_array).map(Vec::as_slice);
    let tools = tools.unwrap_or_default();
    if models::is_r1(model) && !tools.is_empty() {
        return Err(format!("{model} does not support tools").into());
    }
    tools::names(tools)?;
    let turns = body.get("messages").and_then(Value::as_array).map(Vec::as_slice);
    let turns = turns.unwrap_or_default();
    messages::check(turns, model)?;
    if models::is_r1(model) {
        messages::no_reasoning(turns)?;
    } else if thinking(body) {
        messages::reasoning(turns, !tools.is_empty())?;
    }
    let json_mode = body.pointer("/response_format/type").and_then(Value::as_str) == Some("json_object");
    messages::prefix(turns, !tools.is_empty(), json_mode, beta)?;
    if json_mode && !turns.iter().any(messages::says_json) {
        return Err("Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.".into());
    }
    tools::schemas(tools, body.get("tool_choice"), thinking(body))?;
    strict::check(tools, body.get("response_format").is_some(), beta)?;
    parameters(body)
}

/// Thinking is on unless it is switched off, by its own switch or else by an effort of `none`.
pub(super) fn thinking(body: &Value) -> bool {
    match body.pointer("/thinking/type").and_then(Value::as_str) {
        Some(kind) => kind != "disabled",
        None => text(body, "reasoning_effort") != Some("none"),
    }
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// What can't be read as the type that is expected is refused before anything else is looked at.
fn types(body: &Value) -> Checked {
    type Is = fn(&Value) -> bool;
    let table: [(&str, Is, &str); 17] = [
        ("model", Value::is_string, "a string"),
        ("messages", Value::is_array, "a sequence"),
        ("tools", Value::is_array, "a sequence"),
        ("stream", Value::is_boolean, "a boolean"),
        ("stream_options", Value::is_object, "an object"),
        ("max_tokens", Value::is_u64, "u32"),
        ("temperature", Value::is_number, "f32"),
        ("top_p", Value::is_number, "f32"),
        ("presence_penalty", Value::is_number, "f32"),
        ("frequency_penalty", Value::is_number, "f32"),
        ("n", Value::is_u64, "u8"),
        ("logprobs", Value::is_boolean, "a boolean"),
        ("top_logprobs", Value::is_u64, "u8"),
        ("parallel_tool_calls", Value::is_boolean, "a boolean"),
        ("user_id", Value::is_string, "a string"),
        ("thinking", Value::is_object, "an object"),
        ("response_format", Value::is_object, "an object"),
    ];
    let unread = |what: String| Breach { status: 422, why: format!("Failed to deserialize the JSON body into the target type: {what}") };
    for (field, is, expected) in table {
        if let Some(value) = body.get(field).filter(|value| !value.is_null() && !is(value)) {
            return Err(unread(format!("{field}: invalid type: {value}, expected {expected}")));
        }
    }
    for field in ["model", "messages"] {
        if body.get(field).is_none_or(Value::is_null) {
            return Err(unread(format!("missing field `{field}`")));
        }
    }
    Ok(())
}

fn parameters(body: &Value) -> Checked {
    stops(body.get("stop").unwrap_or(&Value::Null))?;
    if body.get("stream") != Some(&Value::Bool(true)) && body.get("stream_options").is_some_and(Value::is_object) {
        return Err("stream_options should be set along with stream = true".into());
    }
    match body.pointer("/response_format/type").and_then(Value::as_str) {
        None if body.get("response_format").is_none() => {}
        Some("text" | "json_object") => {}
        _ => return Err("This response_format type is unavailable now".into()),
    }
    if body.get("n").is_some_and(|n| *n != 1) {
        return Err("Invalid n value (currently only n = 1 is supported)".into());
    }
    range(body, "presence_penalty", |value| (-2.0..=2.0).contains(&value), "[-2, 2]")?;
    range(body, "frequency_penalty", |value| (-2.0..=2.0).contains(&value), "[-2, 2]")?;
    range(body, "temperature", |value| (0.0..=2.0).contains(&value), "[0, 2]")?;
    range(body, "top_p", |value| value > 0.0 && value <= 1.0, "(0, 1.0]")?;
    if body.get("top_logprobs").is_some() && body.get("logprobs") != Some(&Value::Bool(true)) {
        return Err("Invalid top_logprobs and logprobs value, logprobs must be set to true if top_logprobs is used.".into());
    }
    if body.get("top_logprobs").and_then(Value::as_u64).is_some_and(|most| most > 20) {
        return Err("Invalid top_logprobs value, the valid range of top_logprobs is [0, 20].".into());
    }
    let most = body.get("max_tokens").and_then(Value::as_u64);
    if most.is_some_and(|most| !(1..=MOST_TOKENS).contains(&most)) {
        return Err(format!("Invalid max_tokens value, the valid range of max_tokens is [1, {MOST_TOKENS}]").into());
    }
    let kind = body.pointer("/thinking/type").unwrap_or(&Value::Null);
    if body.get("thinking").is_some() && !(kind == "enabled" || kind == "adaptive" || kind == "disabled") {
        return Err(format!("thinking.type: unknown variant {kind}, expected `enabled` or `disabled`").into());
    }
    let effort = body.get("reasoning_effort").unwrap_or(&Value::Null);
    let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "ultra", "max"];
    if !effort.is_null() && !efforts.iter().any(|known| effort == known) {
        return Err(format!("reasoning_effort: unknown variant {effort}, expected one of {}", efforts.join(", ")).into());
    }
    match text(body, "user_id") {
        Some(user) if !fits(user, LONGEST_USER) => {
            Err("Invalid user_id value, it must match the pattern '^[a-zA-Z0-9_-]+$' and have at most 512 characters".into())
        }
        _ => Ok(()),
    }
}

fn range(body: &Value, field: &str, fits: impl Fn(f64) -> bool, words: &str) -> Checked {
    match body.get(field).and_then(Value::as_f64) {
        Some(value) if !fits(value) => Err(format!("Invalid {field} value, the valid range of {field} is {words}").into()),
        _ => Ok(()),
    }
}

fn stops(stop: &Value) -> Checked {
    match stop {
        Value::String(one) if one.is_empty() => {
            Err("Invalid 'stop': empty string. Expected a string with minimum length 1, but got an empty string instead.".into())
        }
        Value::Null | Value::String(_) => Ok(()),
        Value::Array(many) if many.len() > MOST_STOPS => Err(format!("Stop string array too long: {}", many.len()).into()),
        Value::Array(many) => match many.iter().position(|one| one.as_str().is_none_or(str::is_empty)) {
            Some(place) => Err(format!(
                "Invalid 'stop[{place}]': empty string. Expected a string with minimum length 1, but got an empty string instead."
            )
            .into()),
            None => Ok(()),
        },
        _ => Err("stop: expected a string or a list".into()),
    }
}

/// Whether a name has only the characters that names have, and no more than `longest` of them.
fn fits(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
