//! Rules of messages: whose turn it is, what came of each call, what a turn may hold.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Checked, text};
use crate::deepseek::models;

/// Longest link to an image, in bytes.
const LONGEST_LINK: usize = 8192;
/// Kinds of images that are read.
const IMAGES: [&str; 4] = ["image/webp", "image/png", "image/jpeg", "image/gif"];

/// Roles, contents, and that each call has one result.
pub(super) fn check(messages: &[Value], model: &str) -> Checked {
    if messages.is_empty() {
        return Err("Empty input messages".into());
    }
    let mut asked: BTreeSet<&str> = BTreeSet::new();
    let mut answered: BTreeSet<&str> = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        let role = text(message, "role").unwrap_or_default();
        if role != "tool" && answered.len() < asked.len() {
            return insufficient();
        }
        match role {
            "system" | "user" => content(message, index, role, model)?,
            "tool" => {
                content(message, index, role, model)?;
                let id = text(message, "tool_call_id").ok_or_else(|| format!("messages[{index}]: missing field `tool_call_id`"))?;
                // Of the last turn with calls, and only while one of them still waits.
                let waits = answered.len() < asked.len();
                if waits && answered.contains(id) {
                    return Err(format!("Duplicate value for 'tool_call_id' of {id} in message[{index}]").into());
                }
                if waits && !asked.contains(id) {
                    return Err(format!("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id', The following tool_call_ids did not have response messages: {id}").into());
                }
                if !waits {
                    return Err("Messages with role 'tool' must be a response to a preceding message with 'tool_calls'".into());
                }
                answered.insert(id);
            }
            "assistant" => {
                asked = calls(message, index, model)?;
                answered = BTreeSet::new();
            }
            other => {
                return Err(format!(
                    "messages[{index}].role: unknown variant `{other}`, expected one of `system`, `user`, `assistant`, `tool`"
                )
                .into());
            }
        }
    }
    if answered.len() < asked.len() { insufficient() } else { Ok(()) }
}

fn insufficient() -> Checked {
    Err("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)".into())
}

/// A text, or a list of texts and, where the model sees, images of the person.
fn content(message: &Value, index: usize, role: &str, model: &str) -> Checked {
    let blocks = match message.get("content") {
        Some(Value::String(_)) => return Ok(()),
        Some(Value::Array(blocks)) => blocks,
        _ => return Err(format!("messages[{index}]: content should be a string or a list").into()),
    };
    for block in blocks {
        match text(block, "type") {
            Some("text") if text(block, "text").is_some() => {}
            Some("image_url") if role == "assistant" => return Err("Image in assistant message is not supported".into()),
            Some("image_url") if role != "user" => return Err(format!("Image in {role} message is unsupported").into()),
            Some("image_url") if !models::sees(model) => return Err(format!("{model} does not support image input").into()),
            Some("image_url") => image(block, index)?,
            _ => return Err(format!("messages[{index}].content: expected `text` or `image_url`").into()),
        }
    }
    Ok(())
}

fn image(block: &Value, index: usize) -> Checked {
    let url = block.pointer("/image_url/url").and_then(Value::as_str);
    let url = url.ok_or_else(|| format!(".messages[{index}]: missing field `url`"))?;
    if url.to_lowercase().starts_with("http") {
        let length = url.len();
        return if length > LONGEST_LINK {
            Err(format!(".messages[{index}]: image_url.url external link length {length} too long, max link length {LONGEST_LINK}. Consider passing file data directly with base64 data url instead.").into())
        } else {
            Ok(())
        };
    }
    let (kind, data) = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"))
        .ok_or_else(|| format!(".messages[{index}]: Unsupported image_url format"))?;
    if !IMAGES.contains(&kind) {
        return Err(format!(".messages[{index}]: You have uploaded an unsupported image. Please make sure your image is valid and has one of the following formats: webp, png, jpeg, and gif.").into());
    }
    let whole = data.len().is_multiple_of(4) && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    if whole { Ok(()) } else { Err(format!(".messages[{index}]: Invalid base64 data").into()) }
}

/// The ids of the calls that wait for a result.
fn calls<'a>(message: &'a Value, index: usize, model: &str) -> Result<BTreeSet<&'a str>, super::Breach> {
    let calls = message.get("tool_calls").filter(|calls| !calls.is_null());
    if message.get("content").is_some_and(|content| !content.is_null()) {
        content(message, index, "assistant", model)?;
    } else if calls.is_none() {
        return Err("Invalid assistant message: content or tool_calls must be set".into());
    }
    let Some(calls) = calls else { return Ok(BTreeSet::new()) };
    let calls = calls.as_array().filter(|calls| !calls.is_empty()).ok_or_else(|| {
        format!(
            "Invalid 'messages[{index}].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
    })?;
    let mut ids = BTreeSet::new();
    for call in calls {
        let id = text(call, "id").filter(|id| !id.is_empty()).ok_or_else(|| format!("messages[{index}]: missing field `id`"))?;
        if text(call, "type") != Some("function") || call.pointer("/function/name").and_then(Value::as_str).is_none() {
            return Err(format!("messages[{index}]: a tool call must have the type `function` and a name").into());
        }
        let arguments = call.pointer("/function/arguments").and_then(Value::as_str).unwrap_or_default();
        if serde_json::from_str::<Value>(arguments).is_err() {
            return Err(format!("messages[{index}]: the arguments of the tool call {id} are not valid JSON").into());
        }
        if !ids.insert(id) {
            return Err(format!("Duplicate value for 'tool_call_id' of {id} in message[{index}]").into());
        }
    }
    Ok(ids)
}

/// Turns with calls must carry it for ever; with tools, so must every turn after the person's last message.
pub(super) fn reasoning(messages: &[Value], has_tools: bool) -> Checked {
    let last_user = messages.iter().rposition(|message| text(message, "role") == Some("user"));
    let missing = messages.iter().enumerate().any(|(index, message)| {
        let after = last_user.is_none_or(|user| index > user);
        let needed = message.get("tool_calls").is_some() || (has_tools && after);
        text(message, "role") == Some("assistant") && needed && text(message, "reasoning_content").is_none()
    });
    if missing { Err("The `reasoning_content` in the thinking mode must be passed back to the API.".into()) } else { Ok(()) }
}

/// First-generation R1 never takes it back.
pub(super) fn no_reasoning(messages: &[Value]) -> Checked {
    if messages.iter().any(|message| message.get("reasoning_content").is_some()) {
        return Err("The reasoning_content is an intermediate result for display purposes only and will not be included in the context for inference. Please remove the reasoning_content from your message to reduce network traffic.".into());
    }
    Ok(())
}

/// A last message of the model that is to be continued: by `/beta` only, without tools and without JSON mode.
pub(super) fn prefix(messages: &[Value], has_tools: bool, json_mode: bool, beta: bool) -> Checked {
    let is_prefix = |message: &Value| message.get("prefix") == Some(&Value::Bool(true));
    let Some(place) = messages.iter().position(is_prefix) else { return Ok(()) };
    let last = messages.get(place).is_some_and(|message| text(message, "role") == Some("assistant")) && place + 1 == messages.len();
    if !last {
        return Err(
            "Invalid completion message: prefix set true with message which is not final message or message role is not assistant".into()
        );
    }
    if json_mode {
        return Err("response_format json_object should not be used with prefix".into());
    }
    let called = |message: &Value| message.get("tool_calls").is_some_and(|calls| !calls.is_null()) || text(message, "role") == Some("tool");
    if has_tools || messages.iter().any(called) {
        return Err("Function call should not be used with prefix".into());
    }
    if beta { Ok(()) } else { Err("prefix is a beta feature, set the base URL to https://api.deepseek.com/beta to use it".into()) }
}

/// Whether the word is in it that JSON mode asks for.
pub(super) fn says_json(message: &Value) -> bool {
    let holds = |text: &str| text.to_ascii_lowercase().contains("json");
    match message.get("content") {
        Some(Value::String(content)) => holds(content),
        Some(Value::Array(blocks)) => blocks.iter().any(|block| text(block, "text").is_some_and(holds)),
        _ => false,
    }
}
