//! A JSON value as calls, in the envelopes of all vendors.
//!
//! Loose JSON is data until it names a tool that there is. In an explicit block of calls any name is a call, so that the model
//! hears that there is no such tool. The protocol's own `{"do":…}` is explicit by itself.

use serde_json::{Map, Value};

use crate::model::ToolSpec;

/// Keys under which models are known to wrap arguments instead of giving them flat.
pub(in crate::model) const WRAPPERS: [&str; 4] = ["args", "arguments", "parameters", "input"];

/// Keys of lists of calls.
pub(super) const LISTS: [&str; 3] = ["tool_calls", "calls", "actions"];

/// A call in an envelope.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sealed {
    pub(super) name: String,
    pub(super) args: Value,
    /// How many brackets are open inside its arguments, itself included.
    pub(super) depth: usize,
}

/// What a value holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Found {
    pub(super) thoughts: Vec<String>,
    pub(super) calls: Vec<Sealed>,
}

/// How to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) tools: &'a [ToolSpec],
    /// Whether any name is the name of a call.
    pub(super) explicit: bool,
}

impl Reading<'_> {
    pub(super) fn knows(&self, name: &str) -> bool {
        self.tools.iter().any(|tool| tool.name == name)
    }

    fn takes(&self, name: &str, key: &str) -> bool {
        let tool = self.tools.iter().find(|tool| tool.name == name);
        tool.is_some_and(|tool| tool.parameters.get("properties").is_some_and(|properties| properties.get(key).is_some()))
    }

    /// The calls and thoughts that `value` is; none if any part of it is something else.
    pub(super) fn value(&self, value: &Value) -> Option<Found> {
        let mut found = Found::default();
        self.read(value, 1, &mut found).then_some(found)
    }

    fn read(&self, value: &Value, depth: usize, out: &mut Found) -> bool {
        match value {
            Value::Array(items) => !items.is_empty() && items.iter().all(|item| self.read(item, depth + 1, out)),
            Value::Object(map) => self.object(map, depth, out),
            _ => false,
        }
    }

    fn object(&self, map: &Map<String, Value>, depth: usize, out: &mut Found) -> bool {
        if let Some(name) = map.get("do").and_then(Value::as_str).filter(|name| is_name(name)) {
            self.flat(name, without(map, "do"), depth, out);
            return true;
        }
        if let Some(list @ Value::Array(_)) = LISTS.iter().find_map(|key| map.get(*key)) {
            let thought = map.get("thought").and_then(Value::as_str).map(str::to_owned);
            out.thoughts.extend(thought);
            return self.read(list, depth + 1, out);
        }
        if let Some(function @ Value::Object(_)) = map.get("function") {
            return self.read(function, depth + 1, out);
        }
        for key in ["name", "tool", "action", "function"] {
            let Some(name) = map.get(key).and_then(Value::as_str) else { continue };
            if !self.explicit && !self.knows(name) {
                continue;
            }
            // Ids, types and remarks beside wrapped arguments are the envelope's.
            if let Some(args) = WRAPPERS.iter().find_map(|wrapper| map.get(*wrapper).filter(|_| !self.takes(name, wrapper))) {
                out.calls.push(Sealed { name: name.to_owned(), args: args.clone(), depth: depth + 1 });
            } else {
                let mut fields = without(map, key);
                fields.retain(|key, _| !matches!(key.as_str(), "id" | "type" | "index") || self.takes(name, key));
                self.flat(name, fields, depth, out);
            }
            return true;
        }
        let mut entries = map.iter();
        match (entries.next(), entries.next()) {
            (Some((key, Value::String(thought))), None) if key == "thought" => {
                out.thoughts.push(thought.clone());
                true
            }
            (Some((key, args @ Value::Object(_))), None) if self.knows(key) => {
                out.calls.push(Sealed { name: key.clone(), args: args.clone(), depth: depth + 1 });
                true
            }
            _ => false,
        }
    }

    /// A call whose arguments stand beside its name, or under one wrapper.
    fn flat(&self, name: &str, mut args: Map<String, Value>, depth: usize, out: &mut Found) {
        if let Some(thought) = args.get("thought").and_then(Value::as_str).filter(|_| !self.takes(name, "thought")) {
            out.thoughts.push(thought.to_owned());
            args = without(&args, "thought");
        }
        let mut entries = args.iter();
        let nested = match (entries.next(), entries.next()) {
            (Some((key, value)), None) if WRAPPERS.contains(&key.as_str()) && (key == "args" || !self.takes(name, key)) => {
                Some(value.clone())
            }
            _ => None,
        };
        let (args, depth) = nested.map_or((Value::Object(args), depth), |value| (value, depth + 1));
        out.calls.push(Sealed { name: name.to_owned(), args, depth });
    }
}

/// Whether it can be the name of a tool.
pub(super) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The same map without one key, in the same order.
fn without(map: &Map<String, Value>, key: &str) -> Map<String, Value> {
    map.iter().filter(|(other, _)| *other != key).map(|(key, value)| (key.clone(), value.clone())).collect()
}
