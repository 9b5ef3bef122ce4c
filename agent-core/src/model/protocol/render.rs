//! Writing: the canonical text of calls and replies, and the list of tools in the system prompt.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::REF_PATTERN;
use crate::model::rescue::WRAPPERS;
use crate::model::{ToolCall, ToolSpec};

/// Text as a JSON string.
fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

/// The one line of a call. Arguments keep their order. Arguments that a reader could take for something else (not an object,
/// a key `do`, …) go nested under `args`.
#[must_use]
pub fn render_call(call: &ToolCall) -> String {
    let mut out = format!("{{\"do\":{}", quote(&call.name));
    match &call.args {
        Value::Object(args) if !is_ambiguous(args) => {
            for (key, value) in args {
                let _ = write!(out, ",{}:{value}", quote(key));
            }
        }
        args => {
            let _ = write!(out, ",\"args\":{args}");
        }
    }
    out.push('}');
    out
}

fn is_ambiguous(args: &Map<String, Value>) -> bool {
    args.contains_key("do") || args.contains_key("thought") || (args.len() == 1 && WRAPPERS.iter().any(|key| args.contains_key(*key)))
}

/// The text of a whole reply: thought, free text and calls, as far as there are any, a line each.
#[must_use]
pub fn render_reply(thought: Option<&str>, content: &str, calls: &[ToolCall]) -> String {
    let thought = thought.map(|thought| format!("{{\"thought\":{}}}", quote(thought)));
    let content = (!content.is_empty()).then(|| content.to_owned());
    let lines: Vec<String> = thought.into_iter().chain(content).chain(calls.iter().map(render_call)).collect();
    lines.join("\n")
}

/// The tools, a line each: what a call looks like, what it does, what its arguments mean. Written for a small model, so
/// that every word counts: it is read once in every run.
#[must_use]
pub fn render_tools(tools: &[ToolSpec]) -> String {
    let lines: Vec<String> = tools.iter().map(tool_line).collect();
    lines.join("\n")
}

fn tool_line(tool: &ToolSpec) -> String {
    let none = Map::new();
    let properties = tool.parameters.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required: Vec<&str> =
        tool.parameters.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut form = format!("{{\"do\":{}", quote(&tool.name));
    let mut notes = String::new();
    for (key, schema) in properties {
        let doc = schema.get("description").and_then(Value::as_str).unwrap_or_default().trim().trim_end_matches('.');
        if required.contains(&key.as_str()) {
            let _ = write!(form, ",{}:{}", quote(key), example(schema));
            if !doc.is_empty() && schema.get("pattern").and_then(Value::as_str) != Some(REF_PATTERN) {
                let _ = write!(notes, " {key}: {doc}.");
            }
        } else {
            let _ = write!(notes, " Optional {}:{}", quote(key), example(schema));
            let _ = if doc.is_empty() { write!(notes, ".") } else { write!(notes, ": {doc}.") };
        }
    }
    let description = tool.description.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{form}}} {description}{notes}").replace(['\n', '\r'], " ").trim_end().to_owned()
}

/// A value that shows the type of an argument.
fn example(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<String> = values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
        return quote(&words.join("|"));
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(branch) = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array()?.first()) {
        return example(branch);
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    };
    match kind {
        "string" if schema.get("pattern").and_then(Value::as_str) == Some(REF_PATTERN) => "\"e1\"".to_owned(),
        "integer" => "1".to_owned(),
        "number" => "1.5".to_owned(),
        "boolean" => "true".to_owned(),
        "array" => format!("[{}]", schema.get("items").map_or_else(|| "\"...\"".to_owned(), example)),
        "object" => "{}".to_owned(),
        "null" => "null".to_owned(),
        _ => "\"...\"".to_owned(),
    }
}
