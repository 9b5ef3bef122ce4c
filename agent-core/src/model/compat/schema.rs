//! What a reply may be, as a JSON Schema, for servers that take one: `{"thought": …, "calls": [{"do": …}, …]}`. Pure.
//!
//! It says what the grammar of a local model says, with one difference: the order of the fields of a call is the server's choice.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::{CallRule, Constraint, Request, ToolSpec};

/// Most calls of a reply when nobody says.
const MOST_CALLS: u32 = 8;
/// Most characters of thought when nobody says.
const THOUGHT: u32 = 300;

/// The schema of a reply to `request`; `None` for free text.
pub(super) fn of(request: &Request) -> Option<Value> {
    let everything = || request.tools.iter().map(|tool| CallRule { tool: tool.name.clone(), allowed: BTreeMap::new() }).collect();
    let constraint = match &request.constraint {
        Some(constraint) if constraint.calls.is_empty() => Constraint { calls: everything(), ..constraint.clone() },
        Some(constraint) => constraint.clone(),
        None => Constraint { calls: everything(), most_calls: MOST_CALLS, thought: THOUGHT, ..Constraint::default() },
    };
    let all: Vec<&Constraint> = std::iter::successors(Some(&constraint), |one| one.or.as_deref()).collect();
    let mut replies: Vec<Value> = all.into_iter().filter_map(|one| reply(request, one)).collect();
    match replies.len() {
        0 => None,
        1 => replies.pop(),
        _ => Some(json!({ "anyOf": replies })),
    }
}

fn reply(request: &Request, constraint: &Constraint) -> Option<Value> {
    let of_rule = |rule: &CallRule| call(request.tools.iter().find(|tool| tool.name == rule.tool)?, rule);
    let first: Vec<Value> = constraint.first.iter().filter_map(of_rule).collect();
    let mut any: Vec<Value> = constraint.calls.iter().filter_map(of_rule).collect();
    if any.is_empty() {
        return None;
    }
    let most = first.len() + constraint.most_calls.max(1) as usize;
    let least = first.len() + 1;
    let calls = if first.is_empty() {
        json!({ "type": "array", "minItems": least, "maxItems": most, "items": { "anyOf": any } })
    } else {
        // Servers that don't know tuples still hold each call to one that makes sense.
        any.extend(first.iter().cloned());
        json!({ "type": "array", "minItems": least, "maxItems": most, "prefixItems": first, "items": { "anyOf": any } })
    };
    let mut properties = Map::new();
    if constraint.thought > 0 {
        properties.insert("thought".to_owned(), json!({ "type": "string", "maxLength": constraint.thought }));
    }
    properties.insert("calls".to_owned(), calls);
    Some(object(&properties, None))
}

/// One call; `None` when a required argument has no allowed value.
fn call(tool: &ToolSpec, rule: &CallRule) -> Option<Value> {
    let required: Vec<&str> =
        tool.parameters.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut properties = Map::from_iter([("do".to_owned(), json!({ "type": "string", "enum": [tool.name] }))]);
    for (key, schema) in tool.parameters.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let schema = match rule.allowed.get(key) {
            Some(values) if values.is_empty() && required.contains(&key.as_str()) => return None,
            Some(values) if values.is_empty() => continue,
            Some(values) => json!({ "enum": values }),
            None => schema.clone(),
        };
        properties.insert(key.clone(), schema);
    }
    let must: Vec<Value> = std::iter::once("do").chain(required).map(Value::from).collect();
    Some(object(&properties, Some(must)))
}

fn object(properties: &Map<String, Value>, required: Option<Vec<Value>>) -> Value {
    let required = required.unwrap_or_else(|| properties.keys().map(|key| Value::from(key.as_str())).collect());
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
