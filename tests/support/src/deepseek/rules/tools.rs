//! Rules of tools: their number, names, schemas, and the choice among them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Checked, fits, text};

/// Most tools of a request.
const MOST: usize = 128;
/// Longest name, in bytes. The documents say 64; the vendor's own check lets 128 pass.
const LONGEST_NAME: usize = 64;

fn name(tool: &Value) -> &str {
    tool.pointer("/function/name").and_then(Value::as_str).unwrap_or_default()
}

/// Number, kinds and names.
pub(super) fn names(tools: &[Value]) -> Checked {
    if tools.len() > MOST {
        return Err(format!(
            "Invalid 'tools': array too long. Expected an array with maximum length {MOST}, but got {} instead.",
            tools.len()
        )
        .into());
    }
    for (index, tool) in tools.iter().enumerate() {
        if text(tool, "type") != Some("function") {
            return Err(format!("tools[{index}].type: expected `function`").into());
        }
        let name = name(tool);
        let path = format!("tools[{index}].function.name");
        if name.is_empty() {
            return Err(format!(
                "Invalid '{path}': empty string. Expected a string with minimum length 1, but got an empty string instead."
            )
            .into());
        }
        if name.len() > LONGEST_NAME {
            return Err(format!(
                "Invalid '{path}': string too long. Expected a string with maximum length {LONGEST_NAME}, but got a string with length {} instead.",
                name.len()
            )
            .into());
        }
        if !fits(name, LONGEST_NAME) {
            return Err(format!(
                "Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
            )
            .into());
        }
    }
    Ok(())
}

/// Schemas, uniqueness, and the choice.
pub(super) fn schemas(tools: &[Value], choice: Option<&Value>, thinking: bool) -> Checked {
    let choice = choice.unwrap_or(&Value::Null);
    let named = choice.pointer("/function/name").and_then(Value::as_str);
    let is_word = choice.is_null() || ["none", "auto", "required"].iter().any(|word| choice == word);
    if !is_word && (text(choice, "type") != Some("function") || named.is_none()) {
        return Err("tool_choice: expected one of `none`, `auto`, `required` or a tool".into());
    }
    let mut known = BTreeSet::new();
    for tool in tools {
        let name = name(tool);
        if !known.insert(name) {
            return Err("Tool names must be unique.".into());
        }
        // The schemas of strict tools have rules of their own.
        let strict = tool.pointer("/function/strict") == Some(&Value::Bool(true));
        if let Some(parameters) = tool.pointer("/function/parameters").filter(|_| !strict) {
            let kind = parameters.get("type").unwrap_or(&Value::Null);
            if kind != "object" {
                return Err(format!(
                    "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {kind}'."
                )
                .into());
            }
        }
    }
    if thinking && (choice == "required" || named.is_some()) {
        return Err("Thinking mode does not support this tool_choice".into());
    }
    match named {
        Some(name) if !known.contains(name) => {
            Err(format!("Invalid value for 'tool_call': no function named '{name}' was specified in the 'tools' parameter.").into())
        }
        _ => Ok(()),
    }
}
