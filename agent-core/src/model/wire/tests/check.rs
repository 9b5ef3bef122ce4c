//! The rules of the API, each by name: a request that breaks just this one, and the words that say so.

use serde_json::{Value, json};

use crate::model::compat::{Dialect, Replay};
use crate::model::wire::check::{Rules, check};

/// A request that is all right, with everything in it.
fn fine() -> Value {
    json!({
        "model": "m",
        "messages": [
            { "role": "system", "content": "You act." },
            { "role": "user", "content": "Go." },
            { "role": "assistant", "content": "", "reasoning_content": "", "tool_calls": [call("a"), call("b")] },
            { "role": "tool", "tool_call_id": "b", "content": "done" },
            { "role": "tool", "tool_call_id": "a", "content": "" },
            { "role": "assistant", "content": "So.", "reasoning_content": "Hm." },
            { "role": "user", "content": [{ "type": "text", "text": "Look." }, { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } }] },
        ],
        "tools": [tool("a-Z_09"), tool(&"x".repeat(64))],
        "thinking": { "type": "enabled" },
        "max_tokens": 393_216,
        "stream": true,
    })
}

fn call(id: &str) -> Value {
    json!({ "id": id, "type": "function", "function": { "name": "click", "arguments": "{\"a\": 1}" } })
}

fn tool(name: &str) -> Value {
    let parameters =
        json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"], "additionalProperties": false });
    json!({ "type": "function", "function": { "name": name, "description": "Does it.", "parameters": parameters } })
}

fn strict(name: &str) -> Value {
    let mut tool = tool(name);
    tool["function"]["strict"] = true.into();
    tool
}

/// The good request with these places changed.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut body = fine();
    for (place, value) in changes {
        let (parent, field) = place.rsplit_once('/').expect("a place");
        let parent = body.pointer_mut(parent).unwrap_or_else(|| panic!("no {place}"));
        match field.parse::<usize>() {
            Ok(index) if parent.is_array() => parent[index] = value.clone(),
            _ => parent[field] = value.clone(),
        }
    }
    body
}

#[test]
fn what_is_all_right_is_sent() {
    let one = |changes: &[(&str, Value)]| check(&with(changes), &Dialect::DEEPSEEK, &Rules::DEEPSEEK);
    assert_eq!(one(&[]), Ok(()));
    assert_eq!(one(&[("/n", json!(1)), ("/max_tokens", json!(1)), ("/temperature", json!(2.0))]), Ok(()));
    assert_eq!(one(&[("/tool_choice", json!("auto"))]), Ok(()));
    assert_eq!(one(&[("/tool_choice", json!("required")), ("/thinking/type", json!("disabled"))]), Ok(()));
    assert_eq!(one(&[("/response_format", json!({ "type": "text" }))]), Ok(()));
    assert_eq!(one(&[("/response_format", json!({ "type": "json_object" })), ("/messages/0/content", json!("Say JSON."))]), Ok(()));
    assert_eq!(one(&[("/tools", json!([strict("a"), strict("b")]))]), Ok(()));
    let goes_on = json!({ "model": "m", "messages": [{ "role": "user", "content": "Go." }, { "role": "assistant", "content": "I", "reasoning_content": "", "prefix": true }] });
    assert_eq!(check(&goes_on, &Dialect::DEEPSEEK, &Rules::DEEPSEEK), Ok(()));
}

#[test]
fn what_would_be_refused_is_not_sent() {
    let many: Vec<Value> = (0..129).map(|n| tool(&format!("t{n}"))).collect();
    let call_with = |field: &str, value: Value| {
        let mut call = call("a");
        call["function"][field] = value;
        json!([call, self::call("b")])
    };
    let image = |url: &str| json!([{ "type": "image_url", "image_url": { "url": url } }]);
    let mut open = strict("a");
    open["function"]["parameters"]["additionalProperties"] = Value::Null;
    let mut lax = strict("a");
    lax["function"]["parameters"]["required"] = json!([]);
    let mut short = strict("a");
    short["function"]["parameters"]["properties"]["a"]["minLength"] = 1.into();
    let calls = "/messages/2/tool_calls";
    let table: &[(&str, &[(&str, Value)])] = &[
        ("only one can be had", &[("/n", json!(2))]),
        ("ask for 1 to 393216", &[("/max_tokens", json!(0))]),
        ("ask for 1 to 393216", &[("/max_tokens", json!(393_217))]),
        ("can't be a user_id", &[("/user_id", json!("ana lopez"))]),
        ("can't be a user_id", &[("/user_id", json!("a".repeat(513)))]),
        ("choose 0 to 2", &[("/temperature", json!(2.1))]),
        ("not \"adaptive\"", &[("/thinking/type", json!("adaptive"))]),
        ("switch thinking off", &[("/tool_choice", json!("required"))]),
        ("switch thinking off", &[("/tool_choice", json!({ "type": "function", "function": { "name": "a" } }))]),
        ("has no messages", &[("/messages", json!([]))]),
        ("role developer", &[("/messages/0/role", json!("developer"))]),
        ("the role \"bot\"", &[("/messages/0/role", json!("bot"))]),
        ("has no text", &[("/messages/5/content", Value::Null)]),
        ("has no text", &[("/messages/1/content", json!(1))]),
        ("only messages of the person may hold pictures", &[("/messages/3/content", image("data:image/png;base64,AA=="))]),
        ("send its bytes", &[("/messages/1/content", image("https://a.example/b.png"))]),
        ("neither text nor picture", &[("/messages/1/content", json!([{ "type": "file" }]))]),
        ("has an empty list of calls", &[(calls, json!([]))]),
        ("has no id", &[(calls, json!([{ "id": "", "type": "function", "function": { "name": "f", "arguments": "{}" } }]))]),
        ("have the id \"a\"", &[(calls, json!([call("a"), call("a")]))]),
        ("names no function", &[(calls, call_with("name", json!("")))]),
        ("are not valid JSON", &[(calls, call_with("arguments", json!("{\"a\":")))]),
        ("are not valid JSON", &[(calls, call_with("arguments", json!("")))]),
        ("comes before the results", &[("/messages/4", json!({ "role": "user", "content": "And?" }))]),
        ("comes before the results", &[(calls, json!([call("a"), call("b"), call("c")]))]),
        ("no call of the turn before waits", &[("/messages/4/tool_call_id", json!("b"))]),
        ("no call of the turn before waits", &[("/messages/5", json!({ "role": "tool", "tool_call_id": "a", "content": "" }))]),
        (
            "have no results",
            &[("/messages/6", json!({ "role": "assistant", "content": "", "reasoning_content": "", "tool_calls": [call("z")] }))],
        ),
        ("without its reasoning", &[("/messages/2/reasoning_content", Value::Null)]),
        ("without its reasoning", &[("/messages/5/reasoning_content", Value::Null)]),
        ("an empty list of tools", &[("/tools", json!([]))]),
        ("129 tools", &[("/tools", many.into())]),
        ("can't be the name", &[("/tools", json!([tool("")]))]),
        ("can't be the name", &[("/tools", json!([tool("a.b")]))]),
        ("can't be the name", &[("/tools", json!([tool("größe")]))]),
        ("can't be the name", &[("/tools", json!([tool(&"x".repeat(65))]))]),
        ("two tools are named a", &[("/tools", json!([tool("a"), tool("a")]))]),
        ("must be an object", &[("/tools/0/function/parameters", Value::Null)]),
        ("1 of 2 tools are strict", &[("/tools", json!([strict("a"), tool("b")]))]),
        ("is not closed", &[("/tools", json!([open]))]),
        ("is not required", &[("/tools", json!([lax]))]),
        ("minLength is not known", &[("/tools", json!([short]))]),
        ("leave response_format out", &[("/tools", json!([strict("a")])), ("/response_format", json!({ "type": "text" }))]),
        ("the word \"json\"", &[("/response_format", json!({ "type": "json_object" }))]),
        ("parameters of a tool", &[("/response_format", json!({ "type": "json_schema" }))]),
        ("no form of answer named xml", &[("/response_format", json!({ "type": "xml" }))]),
        ("must be the last one", &[("/messages/5/prefix", json!(true))]),
        ("together with tools", &[("/messages/6", json!({ "role": "assistant", "content": "", "reasoning_content": "", "prefix": true }))]),
    ];
    for (words, changes) in table {
        let told = check(&with(changes), &Dialect::DEEPSEEK, &Rules::DEEPSEEK).expect_err(words);
        assert!(told.contains(words), "{words}: {told}");
    }
    let json_prefix = json!({ "model": "m", "response_format": { "type": "json_object" }, "messages": [
        { "role": "user", "content": "json" }, { "role": "assistant", "content": "{", "reasoning_content": "", "prefix": true }] });
    assert!(check(&json_prefix, &Dialect::DEEPSEEK, &Rules::DEEPSEEK).expect_err("both").contains("JSON mode"));
}

#[test]
fn servers_differ_by_data() {
    let lenient = |changes: &[(&str, Value)], dialect: &Dialect| check(&with(changes), dialect, &Rules::LENIENT);
    for changes in [
        ("/max_tokens", json!(1_000_000)),
        ("/response_format", json!({ "type": "json_schema" })),
        ("/response_format", json!({ "type": "json_object" })),
        ("/tool_choice", json!("required")),
    ] {
        assert_eq!(
            lenient(
                &[("/messages/2/reasoning_content", Value::Null), changes],
                &Dialect { replay: Replay::Always("r"), ..Dialect::GENERIC }
            ),
            Ok(())
        );
    }
    let forgetful = Dialect { replay: Replay::Never, ..Dialect::DEEPSEEK };
    assert!(lenient(&[], &forgetful).expect_err("R1").contains("which this model refuses"));
}
