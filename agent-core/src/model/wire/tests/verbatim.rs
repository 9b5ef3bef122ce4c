//! What the model said goes back byte for byte, as long as it still is what it said.

use serde_json::{Value, json};

use crate::model::compat::Dialect;
use crate::model::wire::settings::Settings;
use crate::model::wire::{Wire, body};
use crate::model::{Message, Reply, Request, ToolCall, ToolSpec};

fn call(args: Value, raw: Option<&str>) -> ToolCall {
    ToolCall { id: "call_00_é/+==".to_owned(), name: "fill".to_owned(), args, problem: None, raw: raw.map(Into::into) }
}

fn request(call: ToolCall) -> Request {
    let parameters =
        json!({ "type": "object", "properties": { "ref": { "type": "string" }, "text": { "type": "string" } }, "required": ["ref"] });
    Request {
        tools: vec![ToolSpec { name: "fill".to_owned(), description: "Fills.".to_owned(), parameters }],
        messages: vec![
            Message::user("Go."),
            Message::Assistant { content: String::new(), reasoning: None, calls: vec![call.clone()] },
            Message::Tool { call_id: call.id, content: "done".to_owned() },
        ],
        ..Request::default()
    }
}

fn sent(settings: &Settings, call: ToolCall) -> String {
    let body = body::body("m", &Dialect::DEEPSEEK, settings, &request(call)).expect("a body");
    assert_eq!(body["messages"][1]["tool_calls"][0]["id"], "call_00_é/+==");
    body["messages"][1]["tool_calls"][0]["function"]["arguments"].as_str().expect("a text").to_owned()
}

#[test]
fn arguments_go_back_as_they_came() {
    let table = [
        (json!({ "ref": "e4" }), Some("{ \"ref\" : \"e4\" }"), "{ \"ref\" : \"e4\" }"),
        (json!({ "ref": "é" }), Some("{\"ref\":\"\\u00e9\"}"), "{\"ref\":\"\\u00e9\"}"),
        (json!({ "ref": "e4" }), None, "{\"ref\":\"e4\"}"),
        // Repaired, redacted, cut off: the text is no longer what the call is.
        (json!({ "ref": "e4" }), Some("{\"arguments\": {\"ref\": \"e4\"}}"), "{\"ref\":\"e4\"}"),
        (json!({ "ref": "{{secret:a}}" }), Some("{\"ref\": \"hunter2\"}"), "{\"ref\":\"{{secret:a}}\"}"),
        (json!({}), Some("{\"ref\": \"e"), "{}"),
        (json!({ "ref": "e4" }), Some("{\"ref\": \"e4\", \"text\": null}"), "{\"ref\":\"e4\"}"),
    ];
    for (args, raw, expected) in table {
        assert_eq!(sent(&Settings::default(), call(args, raw)), expected, "{raw:?}");
    }
}

#[test]
fn with_strict_tools_the_nulls_go_back_and_nobody_sees_them() {
    let mut wire = Wire::new("https://api.example".to_owned(), None, Dialect::DEEPSEEK);
    wire.settings.strict = true;
    for raw in ["{\"ref\":\"e4\",\"text\":null}", "{\"ref\": \"e4\", \"text\": null}"] {
        let args: Value = serde_json::from_str(raw).expect("JSON");
        let written = args.to_string();
        let kept = (written != raw).then_some(raw);
        let came = Reply { calls: vec![call(args, kept)], ..Reply::default() };
        let reply = wire.relaxed(came, &request(call(json!({}), None)));
        assert_eq!(reply.calls[0].args, json!({ "ref": "e4" }));
        assert_eq!(sent(&wire.settings, reply.calls[0].clone()), raw);
    }
}

#[test]
fn strict_tools_have_their_address() {
    let mut wire = Wire::new(String::new(), None, Dialect::DEEPSEEK);
    for (base, free, strict) in [
        ("https://a.example", "https://a.example/chat/completions", "https://a.example/beta/chat/completions"),
        ("https://a.example/", "https://a.example/chat/completions", "https://a.example/beta/chat/completions"),
        ("https://a.example/v1", "https://a.example/v1/chat/completions", "https://a.example/beta/chat/completions"),
        ("https://a.example/beta/", "https://a.example/beta/chat/completions", "https://a.example/beta/chat/completions"),
    ] {
        wire.base = base.to_owned();
        wire.settings.strict = false;
        assert_eq!(wire.url(), free);
        wire.settings.strict = true;
        assert_eq!(wire.url(), strict);
    }
}
