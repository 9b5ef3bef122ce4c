//! What the API refuses with 400, and in which words.
//!
//! From the vendor's documentation and the vendor's own request checks (crate `deepseek-recipe` 0.2).

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use super::MODELS;

type Checked = Result<(), String>;

/// Whether the request is one that is answered.
pub(super) fn check(body: &Value) -> Checked {
    let Value::Object(_) = body else { return Err("Failed to parse the request body as JSON".to_owned()) };
    let model = text(body, "model").unwrap_or_default();
    if !MODELS.contains(&model) {
        return Err(format!("The supported API model names are {}, but you passed {model}.", MODELS.join(", ")));
    }
    parameters(body)?;
    let tools = body.get("tools").and_then(Value::as_array).map(Vec::as_slice);
    check_tools(tools.unwrap_or_default())?;
    let messages = body.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty());
    let messages = messages.ok_or("Empty input messages")?;
    check_messages(messages)?;
    if thinking(body) {
        check_reasoning(messages, tools.is_some_and(|tools| !tools.is_empty()))?;
    }
    let says_json = |message: &Value| text(message, "content").is_some_and(|content| content.to_lowercase().contains("json"));
    if body.pointer("/response_format/type").and_then(Value::as_str) == Some("json_object") && !messages.iter().any(says_json) {
        return Err("Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.".to_owned());
    }
    Ok(())
}

/// Thinking is on unless it is switched off.
pub(super) fn thinking(body: &Value) -> bool {
    body.pointer("/thinking/type").and_then(Value::as_str) != Some("disabled")
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

fn parameters(body: &Value) -> Checked {
    if body.get("n").is_some_and(|n| *n != 1) {
        return Err("Invalid n value (currently only n = 1 is supported)".to_owned());
    }
    if body.get("stream") != Some(&Value::Bool(true)) {
        return Err("the stand-in can only stream".to_owned());
    }
    match body.pointer("/response_format/type").and_then(Value::as_str) {
        None | Some("text" | "json_object") => {}
        Some(_) => return Err("This response_format type is unavailable now".to_owned()),
    }
    let choice = body.get("tool_choice").unwrap_or(&Value::Null);
    if thinking(body) && (choice == "required" || choice.is_object()) {
        return Err("Thinking mode does not support this tool_choice".to_owned());
    }
    let most = body.get("max_tokens").unwrap_or(&Value::Null);
    if !most.is_null() && !most.as_u64().is_some_and(|most| (1..=393_216).contains(&most)) {
        return Err("Invalid max_tokens value, the valid range of max_tokens is [1, 393216]".to_owned());
    }
    let kind = body.pointer("/thinking/type").unwrap_or(&Value::Null);
    if !(kind.is_null() || kind == "enabled" || kind == "disabled") {
        return Err(format!("thinking.type: unknown variant {kind}, expected `enabled` or `disabled`"));
    }
    Ok(())
}

fn check_tools(tools: &[Value]) -> Checked {
    if tools.len() > 128 {
        return Err(format!(
            "Invalid 'tools': array too long. Expected an array with maximum length 128, but got {} instead.",
            tools.len()
        ));
    }
    let mut names = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        if text(tool, "type") != Some("function") {
            return Err(format!("tools[{index}].type: expected `function`"));
        }
        let name = tool.pointer("/function/name").and_then(Value::as_str).unwrap_or_default();
        if !(1..=64).contains(&name.len()) || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
            return Err(format!(
                "Invalid 'tools[{index}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
            ));
        }
        if !names.insert(name) {
            return Err("Tool names must be unique.".to_owned());
        }
        if let Some(parameters) = tool.pointer("/function/parameters") {
            let kind = parameters.get("type").unwrap_or(&Value::Null);
            if kind != "object" {
                return Err(format!(
                    "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {kind}'."
                ));
            }
        }
    }
    Ok(())
}

fn check_messages(messages: &[Value]) -> Checked {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let insufficient = || {
        Err("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)".to_owned())
    };
    for (index, message) in messages.iter().enumerate() {
        let role = text(message, "role").unwrap_or_default();
        if role != "tool" && !open.is_empty() {
            return insufficient();
        }
        match role {
            "system" | "user" => has_text(message, index)?,
            "tool" => {
                has_text(message, index)?;
                if !text(message, "tool_call_id").is_some_and(|id| open.remove(id)) {
                    return Err("Messages with role 'tool' must be a response to a preceding message with 'tool_calls'".to_owned());
                }
            }
            "assistant" => open = calls(message, index)?,
            other => {
                return Err(format!(
                    "messages[{index}].role: unknown variant `{other}`, expected one of `system`, `user`, `assistant`, `tool`"
                ));
            }
        }
    }
    if open.is_empty() { Ok(()) } else { insufficient() }
}

fn has_text(message: &Value, index: usize) -> Checked {
    text(message, "content").map(|_| ()).ok_or_else(|| format!("messages[{index}]: content should be a string or a list"))
}

/// The ids of the calls that wait for a result.
fn calls(message: &Value, index: usize) -> Result<BTreeSet<&str>, String> {
    let Some(calls) = message.get("tool_calls").filter(|calls| !calls.is_null()) else {
        has_text(message, index).map_err(|_| format!("messages[{index}]: content or tool_calls must be set"))?;
        return Ok(BTreeSet::new());
    };
    let calls = calls.as_array().filter(|calls| !calls.is_empty());
    let calls =
        calls.ok_or_else(|| format!("Invalid 'messages[{index}].tool_calls': empty array. Expected an array with minimum length 1."))?;
    let mut ids = BTreeSet::new();
    for call in calls {
        let id = text(call, "id").filter(|id| !id.is_empty()).ok_or_else(|| format!("messages[{index}]: missing field `id`"))?;
        if text(call, "type") != Some("function") || call.pointer("/function/name").and_then(Value::as_str).is_none() {
            return Err(format!("messages[{index}]: a tool call must have the type `function` and a name"));
        }
        let arguments = call.pointer("/function/arguments").and_then(Value::as_str).unwrap_or_default();
        if serde_json::from_str::<Value>(arguments).is_err() {
            return Err(format!("messages[{index}]: the arguments of the tool call {id} are not valid JSON"));
        }
        if !ids.insert(id) {
            return Err(format!("Duplicate tool call id {id} in messages[{index}]"));
        }
    }
    Ok(ids)
}

/// Turns with calls must carry it for ever; with tools, so must every turn after the person's last message.
fn check_reasoning(messages: &[Value], has_tools: bool) -> Checked {
    let last_user = messages.iter().rposition(|message| text(message, "role") == Some("user"));
    let missing = messages.iter().enumerate().any(|(index, message)| {
        let after = last_user.is_none_or(|user| index > user);
        let needed = message.get("tool_calls").is_some() || (has_tools && after);
        text(message, "role") == Some("assistant") && needed && text(message, "reasoning_content").is_none()
    });
    if missing { Err("The `reasoning_content` in the thinking mode must be passed back to the API.".to_owned()) } else { Ok(()) }
}
