//! What a reply may be, as a grammar: calls of the tools that make sense now, on elements that are there.
//!
//! A request's constraint names calls and, for some arguments, the allowed values; the tools' schemas say the rest. So a
//! model can't name a tool or an element that does not exist, and its reply needs no repair.

mod gbnf;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::{CallRule, Constraint, ModelError, Request, ToolSpec};
use gbnf::{Rules, literal, required};

/// Most calls of a reply when nobody says.
const MOST_CALLS: u32 = 8;
/// Most characters of thought when nobody says.
const THOUGHT: u32 = 300;
/// Most characters of thought that a grammar can hold.
const LONGEST_THOUGHT: u32 = 1500;

/// The grammar of the reply in GBNF; `None` for free text. A model that `thinks` has thought before it replies.
pub(super) fn of(request: &Request, thinks: bool) -> Result<Option<String>, ModelError> {
    let everything = || request.tools.iter().map(|tool| CallRule { tool: tool.name.clone(), allowed: BTreeMap::new() }).collect();
    let constraint = match &request.constraint {
        Some(constraint) if constraint.calls.is_empty() => Constraint { calls: everything(), ..constraint.clone() },
        Some(constraint) => constraint.clone(),
        None => Constraint { calls: everything(), most_calls: MOST_CALLS, thought: THOUGHT, ..Constraint::default() },
    };
    if constraint.calls.is_empty() && constraint.first.is_empty() {
        return Ok(None);
    }
    let mut rules = Rules::default();
    let mut replies = Vec::new();
    let mut impossible = None;
    let mut next = Some(&constraint);
    while let Some(one) = next {
        let thought = if thinks { 0 } else { one.thought.min(LONGEST_THOUGHT) };
        match reply(&mut rules, request, one, thought) {
            Ok(name) => replies.push(name),
            // Another reply may still be possible.
            Err(error) => impossible = Some(error),
        }
        next = one.or.as_deref();
    }
    if let Some(error) = impossible.filter(|_| replies.is_empty()) {
        return Err(error);
    }
    Ok(Some(rules.finish(&replies.join(" | "))))
}

/// A rule for one of the replies that may be given.
fn reply(rules: &mut Rules, request: &Request, constraint: &Constraint, thought: u32) -> Result<String, ModelError> {
    let tool_of = |rule: &CallRule| {
        let found = request.tools.iter().find(|tool| tool.name == rule.tool);
        found.ok_or_else(|| ModelError::BadRequest(format!("the constraint names \"{}\", which is no tool of the request", rule.tool)))
    };
    let mut first = String::new();
    for rule in &constraint.first {
        if let Some(name) = call(rules, tool_of(rule)?, rule)? {
            let _ = write!(first, "{name} \"\\n\" ");
        }
    }
    let (mut joined, mut alone) = (Vec::new(), Vec::new());
    for rule in &constraint.calls {
        if let Some(name) = call(rules, tool_of(rule)?, rule)? {
            if constraint.alone.contains(&rule.tool) { alone.push(name) } else { joined.push(name) }
        }
    }
    let mut replies = Vec::new();
    if !joined.is_empty() {
        let any = rules.add("call", &joined.join(" | "));
        replies.push(match constraint.most_calls {
            0 | 1 => any,
            most => {
                let more = rules.add("more", &format!("\"\\n\" {any}"));
                format!("{any} {more}{{0,{}}}", most - 1)
            }
        });
    }
    replies.extend(alone);
    if replies.is_empty() {
        return Err(ModelError::BadRequest("the constraint leaves no call that could be made".to_owned()));
    }
    let mut reply = rules.add("reply", &replies.join(" | "));
    if !first.is_empty() {
        reply = rules.add("whole", &format!("{first}{reply}"));
    }
    Ok(match thought {
        0 => reply,
        most => {
            let thought = rules.add("thought", &format!("{} plain{{1,{most}}} {}", literal("{\"thought\":\""), literal("\"}\n")));
            format!("{thought} {reply}")
        }
    })
}

/// A rule for one call; `None` when a required argument has no allowed value.
fn call(rules: &mut Rules, tool: &ToolSpec, rule: &CallRule) -> Result<Option<String>, ModelError> {
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    let takes = |key: &str| properties.is_some_and(|properties| properties.contains_key(key));
    if let Some(key) = rule.allowed.keys().find(|key| !takes(key)) {
        return Err(ModelError::BadRequest(format!("the constraint names the argument \"{key}\", which \"{}\" doesn't take", tool.name)));
    }
    let required = required(&tool.parameters);
    let mut fixed = format!("{{\"do\":{}", Value::from(tool.name.as_str()));
    let mut body = String::new();
    for (key, schema) in properties.into_iter().flatten() {
        // Who names the values of an argument wants it to be there.
        let must = required.contains(&key.as_str()) || rule.allowed.get(key).is_some_and(|values| !values.is_empty());
        let value = match rule.allowed.get(key) {
            Some(values) if values.is_empty() => {
                if must {
                    return Ok(None);
                }
                continue;
            }
            Some(values) => rules.one_of(values),
            None if must => rules.schema(schema),
            None => rules.schema(&not_null(schema)),
        };
        let name = format!(",{}:", Value::from(key.as_str()));
        if must {
            fixed.push_str(&name);
            let _ = write!(body, "{} {value} ", literal(&fixed));
        } else {
            if !fixed.is_empty() {
                let _ = write!(body, "{} ", literal(&fixed));
            }
            let _ = write!(body, "({} {value})? ", literal(&name));
        }
        fixed.clear();
    }
    fixed.push('}');
    body.push_str(&literal(&fixed));
    Ok(Some(rules.add(&tool.name, &body)))
}

/// The schema of an optional argument without its `null`: leaving it out says the same.
fn not_null(schema: &Value) -> Value {
    let is_null = |branch: &Value| branch.as_str() == Some("null") || branch.get("type").and_then(Value::as_str) == Some("null");
    let mut schema = schema.clone();
    for key in ["anyOf", "oneOf", "type", "enum"] {
        if let Some(Value::Array(branches)) = schema.get_mut(key) {
            branches.retain(|branch| !is_null(branch) && !branch.is_null());
        }
    }
    schema
}
