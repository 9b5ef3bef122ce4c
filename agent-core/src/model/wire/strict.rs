//! Strict tools: schemas that the provider can hold a reply to, and the way back. Pure.
//!
//! A strict schema says less than a free one: every object is closed, each of its properties required, and only a few keywords
//! are known. So what may be left out becomes "or null" on the way out ([`strict`]), and such nulls are dropped on arrival
//! ([`relax`]). Keywords that are not known are left out, and what they ask for is checked on arrival like anything a model says.
//! What can't be said strictly at all (free keys, tuples, values of any type) is an error, never a guess. After the vendor's
//! crate `deepseek-recipe` 0.2, `protocol/json_schema.rs`.

mod breach;
mod relax;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

pub(super) use breach::breach;
pub(super) use relax::relax;

/// Keywords that are known, by type, beside `type` and `description`.
const STRING: &[&str] = &["pattern", "format", "enum"];
const NUMBER: &[&str] = &["const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const FORMATS: &[&str] = &["email", "hostname", "ipv4", "ipv6", "uuid"];

/// Where definitions may stand, and the one place where a strict schema has them.
const DEFINITIONS: [&str; 3] = ["$defs", "definitions", "$def"];

/// Longer chains of references than this lead nowhere.
const LONGEST_CHAIN: usize = 32;

/// The strict form of a tool's parameters; what in them has none, if so.
pub(super) fn strict(parameters: &Value) -> Result<Value, String> {
    let mut maker = Maker { root: parameters, kept: BTreeSet::new() };
    let mut out = maker.object(parameters, "", true)?;
    let mut done = BTreeSet::new();
    let mut definitions = Map::new();
    while let Some(name) = maker.kept.iter().find(|name| !done.contains(*name)).cloned() {
        let definition = definition(parameters, &name).ok_or_else(|| format!("{name} is not defined"))?;
        definitions.insert(name.clone(), maker.any(definition, &name)?);
        done.insert(name);
    }
    if let Some(out) = out.as_object_mut().filter(|_| !definitions.is_empty()) {
        out.insert("$def".to_owned(), definitions.into());
    }
    Ok(out)
}

/// The name in a reference to a definition.
fn name_of(reference: &str) -> Option<&str> {
    DEFINITIONS.iter().find_map(|place| reference.strip_prefix("#/")?.strip_prefix(place)?.strip_prefix('/'))
}

fn definition<'a>(root: &'a Value, name: &str) -> Option<&'a Value> {
    DEFINITIONS.iter().find_map(|place| root.get(place)?.get(name))
}

/// All names that `schema` refers to, directly or not.
fn reachable<'a>(root: &'a Value, schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                let name = value.as_str().filter(|_| key == "$ref").and_then(name_of);
                match name {
                    Some(name) if names.insert(name) => {
                        if let Some(definition) = definition(root, name) {
                            reachable(root, definition, names);
                        }
                    }
                    Some(_) => {}
                    None => reachable(root, value, names),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| reachable(root, value, names)),
        _ => {}
    }
}

struct Maker<'a> {
    root: &'a Value,
    /// Definitions that refer to themselves: these stay, all others are put in where they are used.
    kept: BTreeSet<String>,
}

impl Maker<'_> {
    /// The strict form of any schema. `path` is for the error.
    fn any(&mut self, schema: &Value, path: &str) -> Result<Value, String> {
        let described = |mut out: Value| {
            if let (Some(text), Some(map)) = (schema.get("description"), out.as_object_mut()) {
                map.insert("description".to_owned(), text.clone());
            }
            out
        };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = name_of(reference).ok_or_else(|| format!("{path} refers to {reference}, which is outside of the schema"))?;
            let target = definition(self.root, name).ok_or_else(|| format!("{path} refers to {reference}, which is not there"))?;
            let mut names = BTreeSet::new();
            reachable(self.root, target, &mut names);
            if names.contains(name) {
                self.kept.insert(name.to_owned());
                return Ok(json!({ "$ref": format!("#/$def/{name}") }));
            }
            return self.any(target, path).map(described);
        }
        if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            return self.any(only, path).map(described);
        }
        let branches = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array());
        if let Some(branches) = branches {
            return self.choice(branches.iter(), path).map(described);
        }
        match schema.get("type") {
            Some(Value::String(kind)) => self.typed(schema, kind, path),
            Some(Value::Array(kinds)) => {
                let one_each: Vec<Value> = kinds.iter().map(|kind| with_type(schema, kind)).collect();
                self.choice(one_each.iter(), path).map(described)
            }
            _ => match schema.get("enum").and_then(Value::as_array).cloned().or_else(|| Some(vec![schema.get("const")?.clone()])) {
                Some(values) => {
                    let one_each: Vec<Value> = values.iter().map(|value| json!({ "type": kind_of(value), "const": value })).collect();
                    self.choice(one_each.iter(), path).map(described)
                }
                None => Err(format!("{path} has no type")),
            },
        }
    }

    /// One of several; words are gathered into one list, and a choice of one is no choice.
    fn choice<'b>(&mut self, branches: impl Iterator<Item = &'b Value>, path: &str) -> Result<Value, String> {
        let (mut out, mut words): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
        for branch in branches {
            let closed = self.any(branch, path)?;
            let flat = match closed.get("anyOf").and_then(Value::as_array) {
                Some(inner) => inner.clone(),
                None => vec![closed],
            };
            for branch in flat {
                if branch.get("$ref").is_some() {
                    return Err(format!("{path} may be one of several, one of which holds itself"));
                }
                match branch.get("enum").and_then(Value::as_array) {
                    Some(more) if branch.get("type") == Some(&json!("string")) => {
                        for word in more {
                            if !words.contains(word) {
                                words.push(word.clone());
                            }
                        }
                    }
                    _ if out.contains(&branch) => {}
                    _ => out.push(branch),
                }
            }
        }
        if !words.is_empty() {
            out.insert(0, json!({ "type": "string", "enum": words }));
        }
        match out.as_slice() {
            [] => Err(format!("{path} is a choice of nothing")),
            [only] => Ok(only.clone()),
            _ => Ok(json!({ "anyOf": out })),
        }
    }

    fn typed(&mut self, schema: &Value, kind: &str, path: &str) -> Result<Value, String> {
        let known = match kind {
            "object" => return self.object(schema, path, false),
            "array" => {
                let items = schema.get("items").filter(|items| items.is_object());
                let items = items.ok_or_else(|| format!("{path} is a list of anything; say of what"))?;
                let items = self.any(items, &format!("{path}[]"))?;
                return Ok(copied(schema, kind, &[], Some(("items", items))));
            }
            "string" => STRING,
            "number" | "integer" => NUMBER,
            "boolean" | "null" => &[],
            other => return Err(format!("{path} has the type {other:?}, which is not known")),
        };
        // Only words can be listed; other values are named one by one.
        if let Some(values) = schema.get("enum").and_then(Value::as_array).filter(|_| known == NUMBER) {
            let one_each: Vec<Value> = values.iter().map(|value| json!({ "type": kind, "const": value })).collect();
            return self.choice(one_each.iter(), path);
        }
        if let Some(word) = schema.get("const").filter(|_| known == STRING) {
            return Ok(copied(schema, kind, &[], Some(("enum", json!([word])))));
        }
        Ok(copied(schema, kind, known, None))
    }

    fn object(&mut self, schema: &Value, path: &str, top: bool) -> Result<Value, String> {
        if top && schema.get("type") != Some(&json!("object")) {
            return Err("its arguments are no object".to_owned());
        }
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let free = schema.get("additionalProperties").is_some_and(|more| *more != false);
        if properties.is_empty() && (free || !top) {
            let path = if path.is_empty() { "it" } else { path };
            return Err(format!("{path} is an object of free keys; name them, or make it a list of pairs"));
        }
        let required = required(schema);
        let mut closed = Map::new();
        for (name, property) in properties {
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let shape = self.any(property, &at)?;
            closed.insert(name.clone(), if required.contains(name.as_str()) { shape } else { nullable(shape, &at)? });
        }
        let names: Vec<Value> = closed.keys().map(|name| name.as_str().into()).collect();
        let mut out = copied(schema, "object", &[], Some(("properties", closed.into())));
        if let Some(out) = out.as_object_mut() {
            out.insert("required".to_owned(), names.into());
            out.insert("additionalProperties".to_owned(), false.into());
        }
        Ok(out)
    }
}

/// Names of the properties that may not be left out.
fn required(schema: &Value) -> BTreeSet<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn with_type(schema: &Value, kind: &Value) -> Value {
    let mut one = schema.clone();
    if let Some(map) = one.as_object_mut() {
        map.insert("type".to_owned(), kind.clone());
        map.shift_remove("description");
        // Of values listed for several types, each type has its own.
        if let Some(Value::Array(values)) = map.get_mut("enum") {
            let kind = kind.as_str().unwrap_or_default();
            values.retain(|value| kind_of(value) == kind || (kind == "number" && value.is_number()));
        }
    }
    one
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A schema of this type with its description and the known keywords of the old one, and one more.
fn copied(schema: &Value, kind: &str, known: &[&str], more: Option<(&str, Value)>) -> Value {
    let mut out = Map::new();
    out.insert("type".to_owned(), kind.into());
    for key in known.iter().chain(&["description"]) {
        let fits = |value: &&Value| match *key {
            "format" => value.as_str().is_some_and(|format| FORMATS.contains(&format)),
            "description" | "pattern" => value.is_string(),
            "enum" => value.as_array().is_some_and(|words| words.iter().all(Value::is_string)),
            // The bounds of an integer are read as 64 bits with a sign.
            _ if kind == "integer" => value.is_i64(),
            _ => value.is_number(),
        };
        if let Some(value) = schema.get(key).filter(fits) {
            out.insert((*key).to_owned(), value.clone());
        }
    }
    if let Some((key, value)) = more {
        out.insert(key.to_owned(), value);
    }
    Value::Object(out)
}

fn nullable(mut shape: Value, path: &str) -> Result<Value, String> {
    if shape.get("$ref").is_some() {
        return Err(format!("{path} may be left out and holds itself; make it a list that may be empty"));
    }
    let nothing = json!({ "type": "null" });
    if shape == nothing {
        return Ok(nothing);
    }
    if let Some(branches) = shape.get_mut("anyOf").and_then(Value::as_array_mut) {
        if !branches.contains(&nothing) {
            branches.push(nothing);
        }
        return Ok(shape);
    }
    let text = shape.as_object_mut().and_then(|map| map.shift_remove("description"));
    let mut out = json!({ "anyOf": [shape, nothing] });
    if let (Some(text), Some(map)) = (text, out.as_object_mut()) {
        map.insert("description".to_owned(), text);
    }
    Ok(out)
}
