//! Typed results: two hundred schemas by lot, and for each a reply that is right, one that is right but wrapped or written as text, and
//! one that is wrong and is put right when it is told so. What comes out fits its schema, or the run says that there is nothing.

use handiwork::core::{AgentBuilder, Budgets, Outcome, Policy, schema};
use handiwork::planners::React;
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::{Map, Value, json};

use super::model;

/// Numbers that look random and are the same for the same seed.
struct Lot(u64);

impl Lot {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

const WORDS: [&str; 6] = ["total", "name", "due date", "ärger", "数量", "tax_id"];

/// A schema and a value that fits it.
fn drawn(lot: &mut Lot, depth: usize) -> (Value, Value) {
    let word = |lot: &mut Lot| *WORDS.get(lot.below(WORDS.len())).expect("a word");
    match lot.below(if depth == 0 { 5 } else { 7 }) {
        0 => (json!({ "type": "integer" }), json!(lot.below(1_000))),
        1 => (json!({ "type": "number", "minimum": 0 }), json!(lot.below(1_000) as f64 / 8.0)),
        2 => (json!({ "type": "boolean" }), json!(lot.below(2) == 1)),
        3 => (json!({ "type": "string", "maxLength": 40 }), json!(format!("{} \"{}\"\n", word(lot), lot.below(9)))),
        4 => (json!({ "enum": WORDS }), json!(word(lot))),
        5 => {
            let (items, _) = drawn(lot, depth - 1);
            // All items of one schema: the first is drawn anew until it fits, which it does at once.
            let values: Vec<Value> = (0..lot.below(4)).map(|_| sample(&items, lot)).collect();
            (json!({ "type": "array", "items": items }), Value::Array(values))
        }
        _ => object(lot, depth - 1),
    }
}

fn object(lot: &mut Lot, depth: usize) -> (Value, Value) {
    let (mut properties, mut value, mut required) = (Map::new(), Map::new(), Vec::new());
    for word in WORDS.iter().take(1 + lot.below(WORDS.len())) {
        let (schema, fits) = drawn(lot, depth);
        properties.insert((*word).to_owned(), schema);
        let needed = lot.below(3) > 0;
        if needed {
            required.push(*word);
        }
        if needed || lot.below(2) == 0 {
            value.insert((*word).to_owned(), fits);
        }
    }
    let schema = json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    (schema, Value::Object(value))
}

/// A value that fits a schema made here.
fn sample(schema: &Value, lot: &mut Lot) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => json!(lot.below(100)),
        Some("number") => json!(0.5),
        Some("boolean") => json!(true),
        Some("string") => json!("text"),
        Some("array") => json!([]),
        Some("object") => {
            let needed = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            Value::Object(
                needed
                    .map(|name| (name.to_owned(), sample(schema.pointer(&format!("/properties/{name}")).expect("a property"), lot)))
                    .collect(),
            )
        }
        _ => schema.pointer("/enum/0").expect("a value").clone(),
    }
}

/// Something else than the schema wants.
fn wrong(schema: &Value) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => json!({ "surely no property": [1] }),
        Some("array") => json!({ "not": "a list" }),
        _ => json!([[["no"]]]),
    }
}

/// Runs that are answered by these replies, one after the other: how each ended, and how often the model was asked in it.
async fn outcomes(schema: &Value, runs: Vec<Vec<Value>>) -> Vec<(Option<Outcome>, usize)> {
    let count = runs.len();
    let script = runs.into_iter().flatten().map(|args| Scripted::call("done", &args)).collect();
    let server = StandIn::start(script).await.expect("a server");
    // One that is never right is asked no more than four times.
    let policy = Policy::allow().budgets(Budgets { steps: Some(4), ..Budgets::default() });
    let agent = AgentBuilder::new(model(&server), React::default()).policy(policy).build();
    let mut ended = Vec::new();
    for _ in 0..count {
        let before = server.requests().len();
        let run = agent.run("What is it?").output_schema(schema.clone()).finish().await.expect("no journal failure").run;
        ended.push((run.outcome().cloned(), server.requests().len() - before));
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
    ended
}

fn done(result: &Value) -> Value {
    json!({ "ok": true, "answer": "a", "result": result })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_schemas_by_lot() {
    let mut lot = Lot(7);
    let mut seen = 0;
    for number in 0..200 {
        let (schema, value) = if number % 2 == 0 { object(&mut lot, 2) } else { drawn(&mut lot, 2) };
        let validator = schema::validator(&schema).expect("a schema");
        assert!(validator.is_valid(&value), "{schema} {value}");
        let runs = vec![
            vec![done(&value)],
            // The whole call within another object, as models do.
            vec![json!({ "arguments": done(&value) })],
            vec![done(&wrong(&schema)), json!({ "ok": true, "answer": "forgot" }), done(&value)],
            vec![done(&wrong(&schema)); 4],
        ];
        let ended = outcomes(&schema, runs).await;
        let results: Vec<(Option<Value>, usize)> = ended
            .into_iter()
            .map(|(ended, asked)| match ended {
                Some(Outcome::Done { value, .. }) => (value, asked),
                _ => (None, asked),
            })
            .collect();
        let expected = [(Some(value.clone()), 1), (Some(value.clone()), 1), (Some(value), 3), (None, 4)];
        assert_eq!(results, expected, "right, wrapped, put right, never right: {schema}");
        seen += 1;
    }
    assert_eq!(seen, 200);
}
