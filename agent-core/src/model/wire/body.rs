//! From a provider-neutral [`Request`] to the body that is sent.
//!
//! Deterministic: the same request gives the same bytes, so a longer conversation begins with the bytes of the shorter one and
//! the provider's prefix cache holds. What the model said goes back byte for byte. `tool_choice` is never sent: a model that
//! thinks may not be made to call a tool, and one that does not is told in the prompt.

use serde_json::{Map, Value, json};

use super::settings::Settings;
use super::strict;
use crate::model::compat::{Dialect, Replay};
use crate::model::{Image, Message, ModelError, Request, ToolCall, ToolSpec};

/// The body for `request`.
pub(super) fn body(id: &str, dialect: &Dialect, settings: &Settings, request: &Request) -> Result<Value, ModelError> {
    request.check_sight(settings.vision)?;
    let mut messages = Vec::with_capacity(request.messages.len() + 1);
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": request.system }));
    }
    for message in &request.messages {
        messages.push(turn(message, dialect, settings, &request.tools)?);
    }

    let mut body = Map::new();
    body.insert("model".to_owned(), id.into());
    body.insert("messages".to_owned(), messages.into());
    // An empty list is refused by some servers, DeepSeek's among them.
    if !request.tools.is_empty() {
        body.insert("tools".to_owned(), request.tools.iter().map(|spec| tool(spec, settings)).collect::<Result<_, _>>()?);
    }
    let thinks = settings.thinking.filter(|_| dialect.thinking);
    if let Some(on) = thinks {
        body.insert("thinking".to_owned(), json!({ "type": if on { "enabled" } else { "disabled" } }));
    }
    if let Some(effort) = settings.effort.filter(|_| thinks != Some(false)) {
        body.insert("reasoning_effort".to_owned(), effort.name().into());
    }
    if let Some(heat) = settings.temperature.filter(|_| thinks != Some(true)) {
        // By way of text, so that 0.7 is sent as 0.7 and not as the nearest double of the nearest float.
        body.insert("temperature".to_owned(), heat.to_string().parse::<f64>().unwrap_or_else(|_| heat.into()).into());
    }
    if settings.json {
        body.insert("response_format".to_owned(), json!({ "type": "json_object" }));
    }
    if let Some(most) = request.max_tokens {
        body.insert("max_tokens".to_owned(), most.into());
    }
    if let Some(user) = &settings.user_id {
        body.insert("user_id".to_owned(), user.as_str().into());
    }
    body.insert("stream".to_owned(), true.into());
    body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    Ok(Value::Object(body))
}

fn turn(message: &Message, dialect: &Dialect, settings: &Settings, tools: &[ToolSpec]) -> Result<Value, ModelError> {
    Ok(match message {
        Message::User { content, images } if images.is_empty() => json!({ "role": "user", "content": content }),
        Message::User { content, images } => json!({ "role": "user", "content": parts(content, images)? }),
        Message::Tool { call_id, content } => json!({ "role": "tool", "tool_call_id": call_id, "content": content }),
        Message::Assistant { content, reasoning, calls } => {
            let mut turn = Map::new();
            turn.insert("role".to_owned(), "assistant".into());
            turn.insert("content".to_owned(), content.as_str().into());
            if let Replay::Always(field) = dialect.replay {
                turn.insert(field.to_owned(), reasoning.as_deref().unwrap_or_default().into());
            }
            if !calls.is_empty() {
                turn.insert("tool_calls".to_owned(), calls.iter().map(|call| rendered(call, settings, tools)).collect());
            }
            Value::Object(turn)
        }
    })
}

fn parts(content: &str, images: &[Image]) -> Result<Value, ModelError> {
    let text = (!content.is_empty()).then(|| Ok(json!({ "type": "text", "text": content })));
    let pictures = images.iter().map(|image| Ok(json!({ "type": "image_url", "image_url": { "url": image.data_url()? } })));
    text.into_iter().chain(pictures).collect()
}

fn rendered(call: &ToolCall, settings: &Settings, tools: &[ToolSpec]) -> Value {
    let verbatim = call.raw.as_deref().filter(|raw| says(raw, call, settings, tools));
    let arguments = verbatim.map_or_else(|| call.args.to_string(), str::to_owned);
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": arguments } })
}

/// Whether the text as it came still says what the arguments say. It does not after a repair, or after a secret was taken out.
fn says(raw: &str, call: &ToolCall, settings: &Settings, tools: &[ToolSpec]) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(raw) else { return false };
    let spec = tools.iter().find(|spec| settings.strict && spec.name == call.name);
    value == call.args || spec.is_some_and(|spec| strict::relax(&spec.parameters, value) == call.args)
}

fn tool(spec: &ToolSpec, settings: &Settings) -> Result<Value, ModelError> {
    let ToolSpec { name, description, parameters } = spec;
    if !settings.strict {
        return Ok(json!({ "type": "function", "function": { "name": name, "description": description, "parameters": parameters } }));
    }
    let closed = strict::strict(parameters).map_err(|wrong| {
        ModelError::BadRequest(format!("the tool {name} can't be strict: {wrong}; change its schema, or switch strict off"))
    })?;
    Ok(json!({ "type": "function", "function": { "name": name, "description": description, "strict": true, "parameters": closed } }))
}
