//! Rules of strict tools: all or none, by `/beta` only, and schemas of which every call can be decoded by force.

use serde_json::Value;

use super::Checked;

/// Keywords that strict decoding can't hold to.
const UNKNOWN: [&str; 4] = ["minLength", "maxLength", "minItems", "maxItems"];

/// The rules for all tools of a request.
pub(super) fn check(tools: &[Value], has_format: bool, beta: bool) -> Checked {
    let is_strict = |tool: &Value| tool.pointer("/function/strict") == Some(&Value::Bool(true));
    if !tools.iter().any(is_strict) {
        return Ok(());
    }
    if !beta {
        return Err("strict tools are a beta feature, set the base URL to https://api.deepseek.com/beta to use them".into());
    }
    if !tools.iter().all(is_strict) {
        return Err("Cannot use strict tool with non-strict tool in the same request".into());
    }
    if has_format {
        return Err("response_format should not be used with tools".into());
    }
    tools.iter().filter_map(|tool| tool.pointer("/function/parameters")).try_for_each(|schema| object_in(schema, true))
}

fn object_in(schema: &Value, top: bool) -> Checked {
    if let Some(word) = UNKNOWN.iter().find(|word| schema.get(**word).is_some()) {
        return Err(format!("Invalid tool parameters schema : {word} is not supported in strict mode").into());
    }
    if schema.get("type").and_then(Value::as_str) == Some("object") {
        closed(schema, top)?;
    } else if top {
        return Err("The top level of the function parameters schema must be an object.".into());
    }
    let inside = ["/properties", "/$defs", "/$def", "/definitions"].iter().filter_map(|place| schema.pointer(place)?.as_object());
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let mut all = inside.flat_map(|fields| fields.values()).chain(schema.get("items")).chain(choices.into_iter().flatten());
    all.try_for_each(|schema| object_in(schema, false))
}

fn closed(schema: &Value, top: bool) -> Checked {
    let properties: Vec<&str> =
        schema.get("properties").and_then(Value::as_object).map(|fields| fields.keys().map(String::as_str).collect()).unwrap_or_default();
    if properties.is_empty() && !top {
        return Err("An object with no properties is not allowed.".into());
    }
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).map(|names| names.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    for (place, name) in required.iter().enumerate() {
        if !properties.contains(name) {
            return Err(format!("Required property '{name}' not found in object").into());
        }
        if required.iter().take(place).any(|before| before == name) {
            return Err(format!("Duplicate required property '{name}'").into());
        }
    }
    if required.len() != properties.len() {
        return Err("Required properties must match all properties in the object".into());
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => Ok(()),
        Some(Value::Bool(true)) => Err("additionalProperties should not be true".into()),
        _ => Err("additionalProperties must be false in strict mode".into()),
    }
}
