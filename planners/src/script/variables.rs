//! Variables: `{{name}}` in a script, filled in before it runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::format::{Script, Step};

/// What is filled in.
pub type Values = BTreeMap<String, String>;

/// Names of the variables in a text. `{{secret:…}}` is none: it is filled in by whoever types it.
#[must_use]
pub fn names_in(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((name, later)) = after.split_once("}}") else { break };
        if !name.starts_with("secret:") && !name.trim().is_empty() && !name.contains(['\n', '{']) {
            names.insert(name.trim().to_owned());
        }
        rest = later;
    }
    names
}

/// A text with its variables filled in; unknown ones stay.
#[must_use]
pub fn filled(text: &str, values: &Values) -> String {
    let mut out = text.to_owned();
    for name in names_in(text) {
        if let Some(value) = values.get(&name) {
            out = out.replace(&format!("{{{{{name}}}}}"), value);
        }
    }
    out
}

/// A JSON value with the variables of all its texts filled in.
#[must_use]
pub fn filled_json(value: &Value, values: &Values) -> Value {
    match value {
        Value::String(text) => Value::String(filled(text, values)),
        Value::Array(list) => list.iter().map(|one| filled_json(one, values)).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(key, one)| (key.clone(), filled_json(one, values))).collect()),
        other => other.clone(),
    }
}

/// A step with what it says filled in.
pub(super) fn filled_step(step: &Step, values: &Values) -> Step {
    let value = serde_json::to_value(step).unwrap_or_default();
    serde_json::from_value(filled_json(&value, values)).unwrap_or_else(|_| step.clone())
}

impl Script {
    /// Names of the variables that it uses.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<String> {
        // In a probe `{{NAME}}` is what stands in the field of that name.
        let others = ["x-handiwork-script", "x-handiwork-probe"];
        let steps = self.steps.iter().filter(|step| !matches!(step, Step::CustomStep { name, .. } if others.contains(&name.as_str())));
        let names = steps.flat_map(|step| names_in(&serde_json::to_string(step).unwrap_or_default()));
        // A row's own fields are filled in row by row.
        names.filter(|name| name != "item" && !name.starts_with("item.")).collect()
    }

    /// All values for a run: those that are given, and of the others what was recorded. The error says what is missing or wrong.
    pub fn values(&self, given: &Values) -> Result<Values, String> {
        let head = self.head();
        let used = self.variables();
        let known: BTreeSet<&String> = used.iter().chain(head.variables.keys()).collect();
        if let Some(unknown) = given.keys().find(|name| !known.contains(name)) {
            let names: Vec<&str> = known.into_iter().map(String::as_str).collect();
            return Err(format!("the script has no variable {unknown:?}; it has: {}", names.join(", ")));
        }
        let mut values = Values::new();
        for name in known {
            let schema = head.variables.get(name);
            let recorded = || schema.and_then(|schema| schema.get("default")).and_then(Value::as_str).map(str::to_owned);
            let value = given.get(name).cloned().or_else(recorded);
            let value = value.ok_or_else(|| format!("the variable {name:?} has no value; give it with --set {name}=VALUE"))?;
            if let Some(schema) = schema {
                fits(name, schema, &value)?;
            }
            values.insert(name.clone(), value);
        }
        Ok(values)
    }

    /// The same script with everything filled in.
    #[must_use]
    pub fn filled(&self, values: &Values) -> Self {
        let value = serde_json::to_value(self).unwrap_or_default();
        serde_json::from_value(filled_json(&value, values)).unwrap_or_else(|_| self.clone())
    }
}

/// Whether a value fits the schema of its variable. It comes as text: a number is one that reads as such.
fn fits(name: &str, schema: &Value, value: &str) -> Result<(), String> {
    let wrong = |why: String| format!("{name} = {value:?} does not fit: {why}");
    let validator = handiwork_core::schema::validator(schema).map_err(wrong)?;
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("string");
    let typed = match kind {
        "string" => Value::String(value.to_owned()),
        _ => serde_json::from_str(value).map_err(|_| wrong(format!("it is no {kind}")))?,
    };
    handiwork_core::schema::check(&validator, &typed).map_err(wrong)
}
