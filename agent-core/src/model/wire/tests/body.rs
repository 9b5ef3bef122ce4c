//! What is sent, to the byte; and what is not sent because it would be refused.

use serde_json::{Value, json};

use crate::model::compat::{Dialect, Replay};
use crate::model::wire::body;
use crate::model::wire::settings::{Effort, Settings};
use crate::model::{Message, Request, ToolCall, ToolSpec};

fn tool(name: &str) -> ToolSpec {
    ToolSpec { name: name.to_owned(), description: "Does it.".to_owned(), parameters: json!({ "type": "object", "properties": {} }) }
}

fn call(id: &str) -> ToolCall {
    ToolCall { id: id.to_owned(), name: "click".to_owned(), args: json!({ "z": "e1", "a": 1 }), problem: None, raw: None }
}

fn calls(reasoning: Option<&str>, ids: &[&str]) -> Message {
    Message::Assistant { content: String::new(), reasoning: reasoning.map(str::to_owned), calls: ids.iter().map(|id| call(id)).collect() }
}

fn result(id: &str) -> Message {
    Message::Tool { call_id: id.to_owned(), content: "done".to_owned() }
}

fn body(dialect: &Dialect, request: &Request) -> Value {
    body::body("m", dialect, &Settings { thinking: Some(true), ..Settings::default() }, request).expect("a body")
}

#[test]
fn a_whole_request_to_the_byte() {
    let request = Request {
        system: "You act.".to_owned(),
        tools: vec![tool("click")],
        messages: vec![Message::user("Go."), calls(Some("Hm."), &["c1"]), result("c1")],
        max_tokens: Some(4096),
        constraint: None,
    };
    let expected = concat!(
        r#"{"model":"m","messages":[{"role":"system","content":"You act."},{"role":"user","content":"Go."},"#,
        r#"{"role":"assistant","content":"","reasoning_content":"Hm.","tool_calls":[{"id":"c1","type":"function","function":{"name":"click","arguments":"{\"z\":\"e1\",\"a\":1}"}}]},"#,
        r#"{"role":"tool","tool_call_id":"c1","content":"done"}],"#,
        r#""tools":[{"type":"function","function":{"name":"click","description":"Does it.","parameters":{"type":"object","properties":{}}}}],"#,
        r#""thinking":{"type":"enabled"},"max_tokens":4096,"stream":true,"stream_options":{"include_usage":true}}"#,
    );
    assert_eq!(body(&Dialect::DEEPSEEK, &request).to_string(), expected);
}

#[test]
fn a_longer_conversation_begins_with_the_bytes_of_the_shorter() {
    let mut request = Request {
        system: "S".to_owned(),
        messages: vec![Message::user("Go."), calls(None, &["a", "b"]), result("a"), result("b")],
        ..Request::default()
    };
    let shorter = body(&Dialect::DEEPSEEK, &request)["messages"].to_string();
    request.messages.extend([calls(Some("x"), &["c"]), result("c")]);
    let longer = body(&Dialect::DEEPSEEK, &request)["messages"].to_string();
    assert!(longer.starts_with(shorter.trim_end_matches(']')), "{longer}");
}

#[test]
fn dialects_differ_by_their_data() {
    let request = Request {
        messages: vec![
            Message::user("Go."),
            calls(None, &["c"]),
            result("c"),
            Message::Assistant { content: "Hi".to_owned(), reasoning: None, calls: vec![] },
        ],
        ..Request::default()
    };
    let remote = body(&Dialect::DEEPSEEK, &request);
    assert_eq!(remote["messages"][1]["reasoning_content"], "", "empty, not absent");
    assert_eq!(remote["messages"][3]["reasoning_content"], "");
    assert!(remote["messages"][3].get("tool_calls").is_none() && remote.get("tools").is_none(), "never an empty list");
    let nearby = body(&Dialect::GENERIC, &request);
    assert!(nearby.get("thinking").is_none() && !nearby.to_string().contains("reasoning"), "{nearby}");
    let forgetful = body(&Dialect { replay: Replay::Never, ..Dialect::DEEPSEEK }, &request);
    assert!(!forgetful.to_string().contains("reasoning_content"), "first-generation R1 refuses it: {forgetful}");
}

#[test]
fn settings_are_sent_where_they_mean_something() {
    let on = Settings { thinking: Some(true), effort: Some(Effort::Max), temperature: Some(0.7), ..Settings::default() };
    let off = Settings { thinking: Some(false), ..on.clone() };
    let other = Settings { thinking: None, ..on.clone() };
    let more = Settings { json: true, user_id: Some("u-1".to_owned()), ..Settings::default() };
    // thinking, reasoning_effort, temperature, response_format, user_id
    let table = [
        (&Dialect::DEEPSEEK, on.clone(), json!([{ "type": "enabled" }, "max", null, null, null])),
        (&Dialect::DEEPSEEK, off, json!([{ "type": "disabled" }, null, 0.7, null, null])),
        (&Dialect::GENERIC, on, json!([null, "max", 0.7, null, null])),
        (&Dialect::GENERIC, other, json!([null, "max", 0.7, null, null])),
        (&Dialect::DEEPSEEK, more, json!([null, null, null, { "type": "json_object" }, "u-1"])),
    ];
    let request = Request { messages: vec![Message::user("json, please")], ..Request::default() };
    for (dialect, settings, expected) in table {
        let sent = body::body("m", dialect, &settings, &request).expect("a body");
        let found = ["thinking", "reasoning_effort", "temperature", "response_format", "user_id"].map(|field| sent[field].clone());
        assert_eq!(json!(found), expected, "{settings:?}");
        assert!(sent.get("tool_choice").is_none() && sent.get("n").is_none());
    }
    for (effort, name) in [(Effort::Low, "low"), (Effort::High, "high"), (Effort::XHigh, "xhigh"), (Effort::Max, "max")] {
        assert_eq!((effort.name(), serde_json::to_value(effort).expect("JSON")), (name, json!(name)));
    }
}
