//! Whether a schema is strict: what is sent is checked, whoever made it.

use serde_json::Value;

/// Keywords that the provider refuses in strict tools.
const REFUSED: [&str; 4] = ["minLength", "maxLength", "minItems", "maxItems"];

/// What is not strict in the schema of a tool's parameters, and what to do.
pub(in crate::model::wire) fn breach(schema: &Value) -> Option<String> {
    if let Some(list) = schema.get("anyOf").and_then(Value::as_array) {
        return list.iter().find_map(breach);
    }
    if let Some(refused) = REFUSED.iter().find(|key| schema.get(**key).is_some()) {
        return Some(format!("{refused} is not known there; leave it out"));
    }
    let definitions = schema.get("$def").and_then(Value::as_object).into_iter().flatten();
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => {
            let properties = || schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let required = super::required(schema);
            if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
                return Some("an object is not closed; set \"additionalProperties\": false".to_owned());
            }
            if let Some((free, _)) = properties().find(|(name, _)| !required.contains(name.as_str())) {
                return Some(format!("{free} is not required; require it, and let it be null"));
            }
            properties().chain(definitions).find_map(|(_, inner)| breach(inner))
        }
        Some("array") => schema.get("items").map_or_else(|| Some("a list of anything; say of what".to_owned()), breach),
        Some(_) => None,
        None if schema.get("$ref").is_some() || schema.get("type").is_some() => None,
        None => Some("a value has no type".to_owned()),
    }
}
