//! From what was read to a [`ToolCall`]: arguments are made to fit the tool's schema where that loses nothing.
//!
//! Arguments that fit are never touched. Those that don't are unwrapped one level, and scalars of a wrong type are converted,
//! only if the whole then fits; else they stay as they came, and whoever carries out the call says what is wrong with them.

use serde_json::{Map, Number, Value};

use super::object::{WRAPPERS, is_name};
use super::{Raw, Whole, json};
use crate::model::{ToolCall, ToolSpec};
use crate::schema;

/// The name of a call whose own name can't be read: a history must not hold an empty one.
const NAMELESS: &str = "unreadable_call";

/// Makes the call, without an id.
pub(super) fn call(raw: Raw, tools: &[ToolSpec]) -> ToolCall {
    let name = raw.name.trim();
    let name = name.strip_prefix("functions.").filter(|short| tools.iter().any(|tool| tool.name == *short)).unwrap_or(name);
    let tool = tools.iter().find(|tool| tool.name == name);
    let (name, args) = if is_name(name) { (name.to_owned(), raw.args) } else { (legible(name), raw.args.and(Err(unnamed(name)))) };
    let made = args.and_then(|args| object(tool.map_or_else(|| args.clone(), |tool| fitted(args.clone(), tool)))).and_then(|args| {
        let usable = match raw.whole {
            Whole::Yes => true,
            Whole::Closers => tool.is_some_and(|tool| fits(&args, tool)),
            Whole::Cut => tool.is_some_and(|tool| fits(&args, tool) && holds_all(&args, tool)),
        };
        if usable { Ok(args) } else { Err(json::cut_off(&args.to_string())) }
    });
    let (args, problem) = made.map_or_else(|problem| (Value::Object(Map::new()), Some(problem)), |args| (args, None));
    ToolCall { id: String::new(), name, args, problem, raw: None }
}

fn unnamed(name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    format!("{name:?} is no name of a tool")
}

fn legible(name: &str) -> String {
    let kept: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(64).collect();
    if kept.trim_matches('_').is_empty() { NAMELESS.to_owned() } else { kept }
}

fn object(args: Value) -> Result<Value, String> {
    match args {
        Value::Object(_) => Ok(args),
        Value::Null => Ok(Value::Object(Map::new())),
        Value::String(text) if text.trim().is_empty() => Ok(Value::Object(Map::new())),
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(inner @ Value::Object(_)) => Ok(inner),
            Ok(_) => Err(format!("the arguments must be a JSON object, not {text}")),
            Err(error) => Err(json::not_json(&error.to_string(), &text)),
        },
        other => Err(format!("the arguments must be a JSON object, not {other}")),
    }
}

fn fits(args: &Value, tool: &ToolSpec) -> bool {
    schema::validator(&tool.parameters).is_ok_and(|validator| validator.is_valid(args))
}

/// Whether nothing that the tool knows of could still have come.
fn holds_all(args: &Value, tool: &ToolSpec) -> bool {
    let closed = tool.parameters.get("properties").and_then(Value::as_object);
    closed.into_iter().flatten().all(|(key, _)| args.get(key).is_some())
}

/// Settles a native call. Arguments beside a problem are those of a call that lacks its last bracket: they are used if nothing
/// can have been lost, else there are none.
pub(super) fn native(call: &mut ToolCall, tools: &[ToolSpec]) {
    let Some(tool) = tools.iter().find(|tool| tool.name == call.name) else {
        if call.problem.is_some() {
            call.args = Value::Object(Map::new());
        }
        return;
    };
    if call.problem.is_none() {
        call.args = fitted(call.args.take(), tool);
    } else if call.args.as_object().is_some_and(|args| !args.is_empty()) && fits(&call.args, tool) && holds_all(&call.args, tool) {
        call.problem = None;
    } else {
        call.args = Value::Object(Map::new());
    }
}

/// The arguments in the form that fits the tool's schema; as they are if they fit, or if nothing makes them.
pub(super) fn fitted(args: Value, tool: &ToolSpec) -> Value {
    let Ok(validator) = schema::validator(&tool.parameters) else { return args };
    if validator.is_valid(&args) {
        return args;
    }
    let inner = unwrapped(&args);
    let tries = [Some(converted(&args, &tool.parameters)), inner.clone(), inner.map(|inner| converted(&inner, &tool.parameters))];
    tries.into_iter().flatten().find(|made| validator.is_valid(made)).unwrap_or(args)
}

/// What one wrapper holds.
fn unwrapped(args: &Value) -> Option<Value> {
    let inner = match args {
        Value::String(_) => args,
        Value::Object(map) if map.len() == 1 => {
            map.iter().find(|(key, _)| WRAPPERS.contains(&key.as_str()) || key.as_str() == "params").map(|(_, value)| value)?
        }
        _ => return None,
    };
    match inner {
        Value::Object(_) => Some(inner.clone()),
        Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
        _ => None,
    }
}

/// The value with every part converted that its schema wants to be of another type.
fn converted(value: &Value, schema: &Value) -> Value {
    let types = types(schema);
    let value = if types.is_empty() || types.iter().any(|kind| is_of(value, kind)) {
        value.clone()
    } else {
        types.iter().find_map(|kind| as_kind(value, kind)).unwrap_or_else(|| value.clone())
    };
    match value {
        Value::Object(map) => {
            let part = |key: &str| schema.get("properties").and_then(|properties| properties.get(key));
            let each = map.into_iter().map(|(key, value)| {
                let value = part(&key).map_or_else(|| value.clone(), |schema| converted(&value, schema));
                (key, value)
            });
            Value::Object(each.collect())
        }
        Value::Array(items) => match schema.get("items") {
            Some(item) => items.iter().map(|value| converted(value, item)).collect(),
            None => Value::Array(items),
        },
        other => other,
    }
}

/// The types that a schema allows, as far as it says so.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => ["anyOf", "oneOf"].iter().find_map(|key| schema.get(*key)?.as_array()).into_iter().flatten().flat_map(types).collect(),
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// The same value as another type, if nothing is lost. A fraction has lost its spelling already (1.50 is 1.5), so it never
/// becomes text.
fn as_kind(value: &Value, kind: &str) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.trim(),
        Value::Bool(_) if kind == "string" => return Some(value.to_string().into()),
        Value::Number(number) if kind == "string" && !number.is_f64() => return Some(value.to_string().into()),
        _ => return None,
    };
    let read: Value = match text {
        "True" => Value::Bool(true),
        "False" => Value::Bool(false),
        "None" => Value::Null,
        _ => serde_json::from_str(text).ok()?,
    };
    let lossless = match &read {
        Value::Number(number) => is_exact(number, text),
        _ => true,
    };
    (lossless && is_of(&read, kind)).then_some(read)
}

/// A whole number that is too long for the machine would come back as a fraction.
fn is_exact(number: &Number, text: &str) -> bool {
    !number.is_f64() || text.contains(['.', 'e', 'E'])
}
