//! Reading: whatever a model made of the protocol.
//!
//! Models wrap JSON in fences and arrays, nest arguments, fall back to the shape of another vendor. All of that is read. What
//! is meant as a call and can't be read becomes a call with a [`ToolCall::problem`], so that the model hears of it; all other
//! text is handed back as text.

use serde_json::{Map, Value};

use super::WRAPPERS;
use crate::model::{ToolCall, ToolSpec};

/// Longest piece of an unreadable call that is quoted back, in characters.
const EXCERPT: usize = 200;

/// What a reply holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// The thought before the calls.
    pub thought: Option<String>,
    /// The calls, in order; their ids count from `call_1`.
    pub calls: Vec<ToolCall>,
    /// All other text.
    pub rest: String,
}

impl Parsed {
    fn think(&mut self, thought: &str) {
        match &mut self.thought {
            Some(old) => {
                old.push('\n');
                old.push_str(thought);
            }
            None => self.thought = Some(thought.to_owned()),
        }
    }

    fn push(&mut self, name: &str, args: Value, problem: Option<String>) {
        let id = format!("call_{}", self.calls.len() + 1);
        self.calls.push(ToolCall { id, name: name.to_owned(), args, problem, raw: None });
    }
}

/// Reads a reply. Without `tools` everything is text.
#[must_use]
pub fn parse_reply(text: &str, tools: &[ToolSpec]) -> Parsed {
    let mut out = Parsed::default();
    if tools.is_empty() {
        text.clone_into(&mut out.rest);
        return out;
    }
    let mut left = text;
    let mut rest = String::new();
    while let Some(at) = left.find(['{', '[']) {
        let (before, from) = left.split_at(at);
        rest.push_str(before);
        let mut stream = serde_json::Deserializer::from_str(from).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                let (raw, after) = from.split_at(stream.byte_offset());
                if !read(&value, tools, &mut out) {
                    rest.push_str(raw);
                }
                left = after;
            }
            other => {
                let line = from.lines().next().unwrap_or_default();
                let starts_line = rest.rsplit('\n').next().is_none_or(|start| start.trim().is_empty());
                let taken = if starts_line && looks_like_a_call(line) {
                    let why = other.and_then(Result::err).map_or_else(|| "no JSON".to_owned(), |error| error.to_string());
                    let excerpt: String = line.chars().take(EXCERPT).collect();
                    out.push(&guess_name(line), Value::Null, Some(format!("this call can't be read ({why}): {excerpt}")));
                    line.len()
                } else {
                    rest.push_str(from.get(..1).unwrap_or_default());
                    1
                };
                left = from.get(taken..).unwrap_or_default();
            }
        }
    }
    rest.push_str(left);
    let kept: Vec<&str> = rest.lines().filter(|line| !is_wrapping(line.trim())).collect();
    kept.join("\n").trim().clone_into(&mut out.rest);
    out
}

/// Lines that only wrap calls.
fn is_wrapping(line: &str) -> bool {
    line.starts_with("```") || matches!(line, "<tool_call>" | "</tool_call>" | "<tool_calls>" | "</tool_calls>" | "," | ";")
}

fn looks_like_a_call(line: &str) -> bool {
    ["\"do\"", "\"name\"", "\"tool\"", "\"action\"", "\"arguments\""].iter().any(|key| line.contains(key))
}

fn guess_name(line: &str) -> String {
    let after = ["\"do\"", "\"name\"", "\"tool\"", "\"action\""].iter().find_map(|key| line.split_once(key)).map_or("", |(_, after)| after);
    after.split('"').nth(1).unwrap_or_default().chars().take(64).collect()
}

/// Takes a value into `out` if it is a call, calls or a thought.
fn read(value: &Value, tools: &[ToolSpec], out: &mut Parsed) -> bool {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let mut inner = out.clone();
            let all = items.iter().all(|item| read(item, tools, &mut inner));
            if all {
                *out = inner;
            }
            all
        }
        Value::Object(map) => read_object(map, tools, out),
        _ => false,
    }
}

fn read_object(map: &Map<String, Value>, tools: &[ToolSpec], out: &mut Parsed) -> bool {
    if let Some(name) = map.get("do").and_then(Value::as_str) {
        read_call(name, without(map, "do"), tools, out);
        return true;
    }
    if let Some(list @ Value::Array(_)) = ["tool_calls", "calls", "actions"].iter().find_map(|key| map.get(*key)) {
        let mut inner = out.clone();
        if let Some(thought) = map.get("thought").and_then(Value::as_str) {
            inner.think(thought);
        }
        let all = read(list, tools, &mut inner);
        if all {
            *out = inner;
        }
        return all;
    }
    if let Some(function @ Value::Object(_)) = map.get("function") {
        return read(function, tools, out);
    }
    for key in ["name", "tool", "action", "function"] {
        let Some(name) = map.get(key).and_then(Value::as_str) else { continue };
        if tools.iter().any(|tool| tool.name == name) || WRAPPERS.iter().any(|wrapper| map.contains_key(*wrapper)) {
            let mut fields = without(map, key);
            // Ids and types of another vendor's shape are no arguments.
            fields.retain(|key, _| !matches!(key.as_str(), "id" | "type" | "index"));
            read_call(name, fields, tools, out);
            return true;
        }
    }
    let mut entries = map.iter();
    match (entries.next(), entries.next()) {
        (Some((key, Value::String(thought))), None) if key == "thought" => {
            out.think(thought);
            true
        }
        (Some((key, args @ Value::Object(_))), None) if tools.iter().any(|tool| tool.name == *key) => {
            out.push(key, args.clone(), None);
            true
        }
        _ => false,
    }
}

/// The same map without one key, in the same order.
fn without(map: &Map<String, Value>, key: &str) -> Map<String, Value> {
    map.iter().filter(|(other, _)| *other != key).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Takes a call whose name is known: its arguments are flat, or nested in a wrapper.
fn read_call(name: &str, mut args: Map<String, Value>, tools: &[ToolSpec], out: &mut Parsed) {
    let takes = |key: &str| {
        let tool = tools.iter().find(|tool| tool.name == name);
        tool.is_some_and(|tool| tool.parameters.get("properties").is_some_and(|properties| properties.get(key).is_some()))
    };
    if let Some(thought) = args.get("thought").and_then(Value::as_str).filter(|_| !takes("thought")) {
        out.think(thought);
        args = without(&args, "thought");
    }
    let mut entries = args.iter();
    let (first, second) = (entries.next(), entries.next());
    let nested = match (first, second) {
        (Some((key, value)), None) if WRAPPERS.contains(&key.as_str()) && (key == "args" || !takes(key)) => Some(value.clone()),
        _ => None,
    };
    match nested {
        Some(Value::String(text)) => match serde_json::from_str::<Value>(&text) {
            Ok(inner @ Value::Object(_)) => out.push(name, inner, None),
            Ok(_) => out.push(name, Value::String(text), None),
            Err(error) => out.push(name, Value::Null, Some(format!("the arguments are not JSON: {error}"))),
        },
        Some(value) => out.push(name, value, None),
        None => out.push(name, Value::Object(args), None),
    }
}
