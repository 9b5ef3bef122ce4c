//! Each rule refuses what it is for, at its boundary, in its words, and nothing else.

use serde_json::Value;

use super::{Breach, check};

/// The row's request: the good one with what it sets; null takes a field away.
fn request(good: &Value, row: &Value) -> Value {
    let mut body = good.clone();
    for (pointer, value) in row["set"].as_object().expect("an object") {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        match body.pointer_mut(parent).expect("the parent is there") {
            Value::Array(items) => items[key.parse::<usize>().expect("a place")] = value.clone(),
            Value::Object(fields) if value.is_null() => drop(fields.shift_remove(key)),
            Value::Object(fields) => drop(fields.insert(key.to_owned(), value.clone())),
            other => panic!("{other}"),
        }
    }
    body
}

#[test]
fn every_row_of_the_table() {
    let table: Value = serde_json::from_str(include_str!("breaches.json")).expect("a table");
    let rows = table["rows"].as_array().expect("rows");
    assert!(rows.len() > 100);
    let mut wrong = Vec::new();
    for row in rows {
        let result = check(&request(&table["good"], row), row["beta"] == true);
        let fits = match (&result, row["says"].as_str()) {
            (Ok(()), None) => row["taken"] == true,
            (Err(Breach { status, why }), Some(says)) => why.contains(says) && u64::from(*status) == row["status"].as_u64().unwrap_or(400),
            _ => false,
        };
        if !fits {
            wrong.push(format!("{} {}: {result:?}", row["rule"], row["set"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_json_is_refused() {
    assert_eq!(check(&Value::Null, false).expect_err("null").why, "Failed to parse the request body as JSON");
}
