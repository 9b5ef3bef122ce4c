//! Each rule refuses what it is for, and nothing else.

use serde_json::{Value, json};

use super::check;

fn good() -> Value {
    json!({
        "model": "deepseek-flash",
        "stream": true,
        "tools": [{ "type": "function", "function": { "name": "click", "description": "d", "parameters": { "type": "object" } } }],
        "messages": [
            { "role": "system", "content": "s" },
            { "role": "user", "content": "u" },
            { "role": "assistant", "content": "", "reasoning_content": "", "tool_calls": [
                { "id": "a", "type": "function", "function": { "name": "click", "arguments": "{}" } },
                { "id": "b", "type": "function", "function": { "name": "click", "arguments": "{}" } },
            ] },
            { "role": "tool", "tool_call_id": "b", "content": "r" },
            { "role": "tool", "tool_call_id": "a", "content": "r" },
            { "role": "user", "content": "and now?" },
        ],
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut body = good();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match body.pointer_mut(parent).expect("the parent is there") {
        Value::Array(items) => items[key.parse::<usize>().expect("a place")] = value,
        Value::Object(fields) if value.is_null() => drop(fields.remove(key)),
        Value::Object(fields) => drop(fields.insert(key.to_owned(), value)),
        other => panic!("{other}"),
    }
    body
}

#[test]
fn what_is_right_is_taken() {
    assert_eq!(check(&good()), Ok(()));
    for (pointer, value) in [
        ("/n", json!(1)),
        ("/tool_choice", json!("auto")),
        ("/thinking", json!({ "type": "disabled" })),
        ("/response_format", json!({ "type": "text" })),
        ("/max_tokens", json!(100)),
        ("/tools", Value::Null),
    ] {
        assert_eq!(check(&changed(pointer, value)), Ok(()), "{pointer}");
    }
    let mut off = changed("/messages/2/reasoning_content", Value::Null);
    off["thinking"] = json!({ "type": "disabled" });
    off["tool_choice"] = json!("required");
    assert_eq!(check(&off), Ok(()), "thinking is off");
}

#[test]
fn what_is_wrong_is_refused() {
    let tool = |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object" } } });
    let many: Vec<Value> = (0..129).map(|n| tool(&format!("t{n}"))).collect();
    let table = [
        ("/model", json!("deepseek-chat"), "supported API model names"),
        ("/n", json!(2), "n = 1"),
        ("/stream", json!(false), "only stream"),
        ("/response_format", json!({ "type": "json_schema" }), "response_format"),
        ("/response_format", json!({ "type": "json_object" }), "the word 'json'"),
        ("/tool_choice", json!("required"), "tool_choice"),
        ("/tool_choice", json!({ "type": "function", "function": { "name": "click" } }), "tool_choice"),
        ("/thinking", json!({ "type": "maybe" }), "thinking.type"),
        ("/max_tokens", json!(0), "max_tokens"),
        ("/tools", json!(many), "128"),
        ("/tools", json!([tool("a b")]), "pattern"),
        ("/tools", json!([tool("a"), tool("a")]), "unique"),
        ("/tools", json!([{ "type": "function", "function": { "name": "a", "parameters": { "type": "null" } } }]), "type: \"object\""),
        ("/messages", json!([]), "Empty"),
        ("/messages/0/role", json!("developer"), "unknown variant `developer`"),
        ("/messages/1/content", Value::Null, "content"),
        ("/messages/2/tool_calls", json!([]), "empty array"),
        ("/messages/2/reasoning_content", Value::Null, "reasoning_content"),
        ("/messages/2/tool_calls/0/function/arguments", json!("{\"a\":"), "not valid JSON"),
        ("/messages/2/tool_calls/1/id", json!("a"), "Duplicate"),
        ("/messages/3/tool_call_id", json!("a"), "must be a response"),
        ("/messages/4", json!({ "role": "user", "content": "u" }), "insufficient tool messages"),
        ("/messages/5", json!({ "role": "tool", "tool_call_id": "a", "content": "r" }), "must be a response"),
        ("/messages/5", json!({ "role": "assistant", "content": "after the person's last message" }), "reasoning_content"),
    ];
    for (pointer, value, part) in table {
        let result = check(&changed(pointer, value.clone()));
        assert!(result.as_ref().is_err_and(|told| told.contains(part)), "{pointer} {value}: {result:?}");
    }
}
