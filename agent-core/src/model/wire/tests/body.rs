//! What is sent, to the byte; and what is not sent because it would be refused.

use serde_json::{Value, json};

use crate::model::{Message, ModelError, Request, ToolCall, ToolSpec};
use crate::model::{compat::Dialect, wire::body};

fn tool(name: &str) -> ToolSpec {
    ToolSpec { name: name.to_owned(), description: "Does it.".to_owned(), parameters: json!({ "type": "object", "properties": {} }) }
}

fn call(id: &str) -> ToolCall {
    ToolCall { id: id.to_owned(), name: "click".to_owned(), args: json!({ "z": "e1", "a": 1 }), problem: None }
}

fn calls(reasoning: Option<&str>, ids: &[&str]) -> Message {
    Message::Assistant { content: String::new(), reasoning: reasoning.map(str::to_owned), calls: ids.iter().map(|id| call(id)).collect() }
}

fn result(id: &str) -> Message {
    Message::Tool { call_id: id.to_owned(), content: "done".to_owned() }
}

fn body(dialect: &Dialect, request: &Request) -> Value {
    body::body("m", dialect, Some(true), request).expect("a body")
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
    let off = body::body("m", &Dialect::DEEPSEEK, Some(false), &request).expect("a body");
    assert_eq!(off["thinking"], json!({ "type": "disabled" }));
}

#[test]
fn what_would_be_refused_is_not_sent() {
    let go = || Message::user("Go.");
    let with_tools = |tools: Vec<ToolSpec>| Request { tools, messages: vec![go()], ..Request::default() };
    let with = |messages: Vec<Message>| Request { messages, ..Request::default() };
    let table = [
        ("129 tools", with_tools((0..129).map(|n| tool(&format!("t{n}"))).collect())),
        ("can't be the name", with_tools(vec![tool("")])),
        ("can't be the name", with_tools(vec![tool("a.b")])),
        ("can't be the name", with_tools(vec![tool("größe")])),
        ("can't be the name", with_tools(vec![tool(&"x".repeat(65))])),
        ("two tools are named a", with_tools(vec![tool("a"), tool("a")])),
        ("must be an object", with_tools(vec![ToolSpec { parameters: json!(null), ..tool("a") }])),
        ("have no results", with(vec![go(), calls(None, &["a"])])),
        ("have no results", with(vec![go(), calls(None, &["a", "b"]), result("a")])),
        ("comes before the results", with(vec![go(), calls(None, &["a"]), go()])),
        ("comes before the results", with(vec![go(), calls(None, &["a", "b"]), result("b"), calls(None, &["c"])])),
        ("no call of the turn before", with(vec![go(), result("a")])),
        ("no call of the turn before", with(vec![go(), calls(None, &["a"]), result("a"), result("a")])),
        ("have the id", with(vec![go(), calls(None, &["a", "a"]), result("a")])),
    ];
    for (part, request) in table {
        match body::body("m", &Dialect::DEEPSEEK, None, &request) {
            Err(ModelError::BadRequest(told)) => assert!(told.contains(part), "{part}: {told}"),
            other => panic!("{part}: {other:?}"),
        }
    }
    let names = with_tools(vec![tool("a-Z_09"), tool(&"x".repeat(64))]);
    body::body("m", &Dialect::DEEPSEEK, None, &names).expect("these are fine");
}
