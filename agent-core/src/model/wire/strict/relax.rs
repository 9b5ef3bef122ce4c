//! The way back: nulls that stand for "left out" are left out again.

use serde_json::{Map, Value};

use super::{DEFINITIONS, LONGEST_CHAIN, definition, name_of, required};

/// The arguments without the nulls of properties that may be left out. `parameters` is the schema as the tool has it.
pub(in crate::model::wire) fn relax(parameters: &Value, args: Value) -> Value {
    at(parameters, parameters, args)
}

fn at(root: &Value, schema: &Value, value: Value) -> Value {
    let Some(schema) = resolved(root, schema) else { return value };
    let own = match value {
        Value::Object(fields) => Value::Object(object(root, schema, fields)),
        Value::Array(items) => match schema.get("items") {
            Some(of) => Value::Array(items.into_iter().map(|item| at(root, of, item)).collect()),
            None => Value::Array(items),
        },
        plain => return plain,
    };
    let all = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let own = all.fold(own, |value, part| at(root, part, value));
    let branches = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array());
    // Which branch is meant is told by the one that the result fits.
    let fitting = branches.into_iter().flatten().map(|branch| (branch, at(root, branch, own.clone()))).find(|(branch, value)| {
        let mut whole = Map::new();
        whole.extend(DEFINITIONS.iter().filter_map(|place| Some(((*place).to_owned(), root.get(place)?.clone()))));
        whole.extend(branch.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        crate::schema::validator(&Value::Object(whole)).is_ok_and(|branch| branch.is_valid(value))
    });
    fitting.map_or(own, |(_, value)| value)
}

fn object(root: &Value, schema: &Value, fields: Map<String, Value>) -> Map<String, Value> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return fields };
    let required = required(schema);
    let kept = fields.into_iter().filter_map(|(name, value)| match properties.get(&name) {
        Some(_) if value.is_null() && !required.contains(name.as_str()) => None,
        Some(property) => {
            let value = at(root, property, value);
            Some((name, value))
        }
        None => Some((name, value)),
    });
    kept.collect()
}

/// The schema behind its references, if they lead anywhere.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    let mut here = schema;
    for _ in 0..LONGEST_CHAIN {
        match here.get("$ref").and_then(Value::as_str) {
            Some(reference) => here = definition(root, name_of(reference)?)?,
            None => return Some(here),
        }
    }
    None
}
