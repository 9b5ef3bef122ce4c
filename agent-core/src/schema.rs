//! JSON Schema: whether a value fits, and what is wrong in words that a model can act on.

use jsonschema::Validator;
use serde_json::Value;

/// A schema ready to check values.
pub fn validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::validator_for(schema).map_err(|error| format!("the schema itself is wrong: {error}"))
}

/// Whether `value` fits; the first three things that are wrong otherwise.
pub fn check(validator: &Validator, value: &Value) -> Result<(), String> {
    let wrong: Vec<String> =
        validator.iter_errors(value).take(3).map(|error| format!("{} (at {})", error, error.instance_path())).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}
