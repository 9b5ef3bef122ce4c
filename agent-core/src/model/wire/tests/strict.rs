//! Strict schemas, by a table and by chance: what the strict form lets a model say is, without its nulls, what the tool takes.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::model::wire::strict::{breach, relax, strict};
use crate::schema;

fn fits(of: &Value, value: &Value) -> Result<(), String> {
    schema::check(&schema::validator(of)?, value)
}

#[test]
fn schemas_and_their_strict_forms() {
    let object = |properties: Value, required: Value| json!({ "type": "object", "properties": properties, "required": required });
    let closed = |properties: Value| {
        let names: Vec<&String> = properties.as_object().expect("properties").keys().collect();
        json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
    };
    let table = [
        (json!({ "type": "object" }), closed(json!({}))),
        (
            object(
                json!({ "a": { "type": "string", "minLength": 1, "maxLength": 9, "pattern": "^e", "format": "uri" }, "b": { "type": "integer", "minimum": 0, "format": "uint32" } }),
                json!(["a"]),
            ),
            closed(
                json!({ "a": { "type": "string", "pattern": "^e" }, "b": { "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "null" }] } }),
            ),
        ),
        (
            object(json!({ "a": { "type": ["string", "null"], "description": "Why." } }), json!([])),
            closed(json!({ "a": { "anyOf": [{ "type": "string" }, { "type": "null" }], "description": "Why." } })),
        ),
        (
            object(json!({ "a": { "type": "array", "items": { "$ref": "#/$defs/P" }, "minItems": 1 } }), json!(["a"]))
                .as_object()
                .map(|map| {
                    let mut map = map.clone();
                    map.insert("$defs".to_owned(), json!({ "P": object(json!({ "x": { "type": "number" } }), json!([])) }));
                    Value::Object(map)
                })
                .expect("an object"),
            closed(
                json!({ "a": { "type": "array", "items": closed(json!({ "x": { "anyOf": [{ "type": "number" }, { "type": "null" }] } })) } }),
            ),
        ),
        (
            object(
                json!({ "a": { "oneOf": [{ "const": "up", "type": "string", "description": "Up." }, { "const": "down", "type": "string" }] }, "b": { "enum": [1, 2] } }),
                json!(["a", "b"]),
            ),
            closed(
                json!({ "a": { "type": "string", "enum": ["up", "down"] }, "b": { "anyOf": [{ "type": "integer", "const": 1 }, { "type": "integer", "const": 2 }] } }),
            ),
        ),
        (
            object(json!({ "a": { "anyOf": [{ "$ref": "#/$defs/S" }, { "type": "null" }] } }), json!([]))
                .as_object()
                .map(|map| {
                    let mut map = map.clone();
                    map.insert("$defs".to_owned(), json!({ "S": { "type": "string", "enum": ["x"] } }));
                    Value::Object(map)
                })
                .expect("an object"),
            closed(json!({ "a": { "anyOf": [{ "type": "string", "enum": ["x"] }, { "type": "null" }] } })),
        ),
    ];
    for (free, expected) in table {
        let made = strict(&free).expect("a strict form");
        assert_eq!(made, expected, "{free}");
        assert_eq!(breach(&made), None, "{made}");
    }
}

#[test]
fn what_holds_itself_stays_a_reference() {
    let tree = json!({ "type": "object", "properties": { "root": { "$ref": "#/$defs/Node" } }, "required": ["root"], "$defs": {
        "Node": { "type": "object", "properties": { "name": { "type": "string" }, "below": { "type": "array", "items": { "$ref": "#/$defs/Node" } } }, "required": ["name", "below"] } } });
    let made = strict(&tree).expect("a strict form");
    assert_eq!((&made["properties"]["root"]["$ref"], breach(&made)), (&json!("#/$def/Node"), None));
    assert_eq!(made["$def"]["Node"]["additionalProperties"], false);
    let args = json!({ "root": { "name": "a", "below": [{ "name": "b", "below": [] }] } });
    fits(&made, &args).expect("a tree");
    assert_eq!(relax(&tree, args.clone()), args);
}

#[test]
fn what_has_no_strict_form_is_an_error_that_names_the_place() {
    let of = |property: Value| json!({ "type": "object", "properties": { "a": { "type": "object", "properties": { "b": property }, "required": ["b"] } }, "required": ["a"] });
    let table = [
        (of(json!({})), "a.b has no type"),
        (of(json!(true)), "a.b has no type"),
        (of(json!({ "type": "object" })), "a.b is an object of free keys"),
        (of(json!({ "type": "object", "additionalProperties": { "type": "string" } })), "a.b is an object of free keys"),
        (of(json!({ "type": "array" })), "a.b is a list of anything"),
        (of(json!({ "type": "array", "prefixItems": [{ "type": "string" }] })), "a.b is a list of anything"),
        (of(json!({ "type": "function" })), "not known"),
        (of(json!({ "$ref": "#/$defs/gone" })), "not there"),
        (of(json!({ "$ref": "https://a.example/schema" })), "outside of the schema"),
        (json!({ "type": "string" }), "no object"),
        (json!({ "type": "object", "additionalProperties": true }), "free keys"),
        (
            json!({ "type": "object", "properties": { "n": { "$ref": "#/$defs/N" } }, "$defs": { "N": { "type": "object", "properties": { "n": { "$ref": "#/$defs/N" } } } } }),
            "holds itself",
        ),
    ];
    for (schema, words) in table {
        let told = strict(&schema).expect_err(words);
        assert!(told.contains(words), "{schema}: {told}");
    }
}

#[test]
fn all_tools_of_ours_have_a_strict_form() {
    for spec in crate::Action::specs(crate::Action::NAMES) {
        let made = strict(&spec.parameters).unwrap_or_else(|wrong| panic!("{}: {wrong}", spec.name));
        assert_eq!(breach(&made), None, "{}", spec.name);
    }
}

/// A schema that has a strict form, and a value that fits it. Property names tell what may be left out: `o…`.
fn pairs() -> impl Strategy<Value = (Value, Value)> {
    let leaf = prop_oneof![
        ("[a-z]{0,4}").prop_map(|word| (json!({ "type": "string" }), json!(word))),
        (0..9i64).prop_map(|n| (json!({ "type": "integer", "minimum": 0 }), json!(n))),
        any::<bool>().prop_map(|b| (json!({ "type": "boolean" }), json!(b))),
        prop_oneof![Just("up"), Just("down")].prop_map(|word| (json!({ "enum": ["up", "down"] }), json!(word))),
        prop_oneof![Just(json!(null)), Just(json!("x"))].prop_map(|value| (json!({ "type": ["string", "null"] }), value)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 1..3).prop_map(|pairs| {
            let (of, value) = pairs.first().cloned().expect("one");
            (json!({ "type": "array", "items": of, "maxItems": 9 }), json!([value.clone(), value]))
        });
        let choice = (object(inner.clone()), any::<bool>()).prop_map(|((of, value), number)| {
            let branches = json!([{ "type": "integer" }, of]);
            (json!({ "anyOf": branches }), if number { json!(7) } else { value })
        });
        prop_oneof![list, choice, object(inner)]
    })
}

/// An object with at least one property that is there.
fn object(inner: impl Strategy<Value = (Value, Value)>) -> impl Strategy<Value = (Value, Value)> {
    proptest::collection::vec((inner, any::<bool>(), any::<bool>()), 1..4).prop_map(|fields| {
        let (mut properties, mut value, mut required) = (Map::new(), Map::new(), vec![]);
        for (place, ((of, field), optional, there)) in fields.into_iter().enumerate() {
            let optional = optional && place > 0;
            let name = format!("{}{place}", if optional { "o" } else { "r" });
            // A null is there only where it must be: for an optional one, null and nothing are the same.
            if !optional || (there && !field.is_null()) {
                value.insert(name.clone(), field);
            }
            if !optional {
                required.push(name.clone());
            }
            properties.insert(name, of);
        }
        (json!({ "type": "object", "properties": properties, "required": required }), Value::Object(value))
    })
}

/// As a model that is held to the strict form must write it: null for what is left out.
fn in_full(of: &Value, value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| in_full(&of["items"], item)).collect(),
        Value::Object(mut fields) => {
            let of = of["anyOf"].get(1).unwrap_or(of);
            let properties = of["properties"].as_object().expect("properties");
            Value::Object(
                properties
                    .iter()
                    .map(|(name, inner)| (name.clone(), fields.remove(name).map_or(Value::Null, |field| in_full(inner, field))))
                    .collect(),
            )
        }
        plain => plain,
    }
}

proptest! {
    #[test]
    fn out_and_back((of, value) in object(pairs())) {
        prop_assert_eq!(fits(&of, &value), Ok(()), "the test's own pair");
        let made = strict(&of).expect("a strict form");
        prop_assert_eq!(breach(&made), None);
        let said = in_full(&of, value.clone());
        prop_assert_eq!(fits(&made, &said), Ok(()), "{} {}", made, said);
        let back = relax(&of, said);
        prop_assert_eq!(&back, &value);
        prop_assert_eq!(fits(&of, &back), Ok(()));
    }
}
