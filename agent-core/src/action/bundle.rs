//! The rarer actions under one name.
//!
//! The schema of each tool is paid for in every request, and most runs never drag, print or resize anything. The one decision: what is
//! needed often is a tool of its own, and all the rest is one tool whose arguments are theirs together; what each takes is in its
//! description, made from the same types. What a model that is held to a grammar is told stays apart: it costs nothing there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Action;
use crate::model::ToolSpec;

/// The name of the one tool.
pub const OTHER: &str = "other";

/// What is a tool of its own.
const OFTEN: [&str; 12] =
    ["navigate", "back", "click", "fill", "press", "select", "check", "scroll", "switch_tab", "upload", "find", "read"];

impl Action {
    /// What a model is told about the actions `names`: the frequent ones each, and the others as one tool.
    #[must_use]
    pub fn bundled_specs(names: &[&str]) -> Vec<ToolSpec> {
        let (often, rare): (Vec<&str>, Vec<&str>) = names.iter().copied().partition(|name| OFTEN.contains(name));
        let mut specs = Self::specs(&often);
        match rare.as_slice() {
            [] => {}
            [_] => specs.extend(Self::specs(&rare)),
            _ => specs.push(other(&Self::specs(&rare))),
        }
        specs
    }

    /// The action that a call is about, and its arguments: of [`OTHER`], those within.
    #[must_use]
    pub fn called<'a>(name: &'a str, args: &'a Value) -> (&'a str, Cow<'a, Value>) {
        let inner = if name == OTHER { args.get("action").and_then(Value::as_str) } else { None };
        match (inner, args) {
            (Some(inner), Value::Object(fields)) => {
                let mut fields = fields.clone();
                fields.remove("action");
                // An argument that is not given may come as null, where all have to be there.
                fields.retain(|_, value| !value.is_null());
                (inner, Cow::Owned(Value::Object(fields)))
            }
            _ => (name, Cow::Borrowed(args)),
        }
    }
}

fn other(specs: &[ToolSpec]) -> ToolSpec {
    let mut properties: BTreeMap<&str, Value> = BTreeMap::new();
    let mut takes = Vec::with_capacity(specs.len());
    for spec in specs {
        let fields = spec.parameters.get("properties").and_then(Value::as_object);
        let required: Vec<&str> =
            spec.parameters.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut words = Vec::new();
        for (name, schema) in fields.into_iter().flatten().filter(|(_, schema)| plain(schema).is_some()) {
            properties.entry(name).or_insert_with(|| plain(schema).unwrap_or_default());
            words.push(if required.contains(&name.as_str()) { name.clone() } else { format!("{name}?") });
        }
        // Those that must be there come first.
        words.sort_by_key(|word| word.ends_with('?'));
        takes.push(if words.is_empty() { spec.name.clone() } else { format!("{}({})", spec.name, words.join(", ")) });
    }
    let mut all = Map::new();
    all.insert("action".to_owned(), json!({ "enum": specs.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>() }));
    all.extend(properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
    ToolSpec {
        name: OTHER.to_owned(),
        description: format!("Rarer actions: {}.", takes.join(", ")),
        parameters: json!({ "type": "object", "properties": all, "required": ["action"] }),
    }
}

/// The type of an argument without its description, if it is a simple one.
fn plain(schema: &Value) -> Option<Value> {
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")?,
        _ => return None,
    };
    match kind {
        "integer" | "number" => Some(json!({ "type": "number" })),
        "string" if schema.get("enum").is_none() => Some(json!({ "type": "string" })),
        "boolean" => Some(json!({ "type": "boolean" })),
        "array" => {
            let parts = schema.get("items")?.get("properties")?.as_object()?;
            let parts: Map<String, Value> = parts.iter().filter_map(|(name, part)| Some((name.clone(), plain(part)?))).collect();
            let names: Vec<&String> = parts.keys().collect();
            Some(json!({ "type": "array", "items": { "type": "object", "required": names, "properties": parts } }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_can_be_called_in_one_way_or_the_other() {
        let specs = Action::bundled_specs(Action::NAMES);
        let one = specs.iter().find(|spec| spec.name == OTHER).expect("the one tool");
        for name in Action::NAMES {
            let own = specs.iter().any(|spec| spec.name == *name);
            let within = one.parameters["properties"]["action"]["enum"].as_array().expect("a list").iter().any(|known| known == name);
            assert!(own != within, "{name}");
        }
        assert!(one.description.contains("hover(ref)") && one.description.contains("resize(width, height)"), "{}", one.description);
    }

    #[test]
    fn a_call_of_the_one_tool_is_the_action_within() {
        let args = json!({ "action": "drag", "ref": "e1", "to": "e2", "dx": null });
        let drag = Action::from_call(OTHER, &args).expect("an action").expect("its arguments");
        assert_eq!(drag, Action::from_call("drag", &json!({ "ref": "e1", "to": "e2" })).expect("an action").expect("its arguments"));
        let resize = Action::from_call(OTHER, &json!({ "action": "resize", "width": 800, "height": 600 }));
        assert!(matches!(resize, Some(Ok(Action::Resize(_)))), "{resize:?}");
        assert!(Action::from_call(OTHER, &json!({ "action": "dance" })).is_none());
        assert!(matches!(Action::from_call(OTHER, &json!({ "action": "hover" })), Some(Err(_))));
    }
}
