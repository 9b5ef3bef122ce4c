//! The corpus: replies as models write them, each with its right reading. And what holds of every reply.
//!
//! A case is a text: `=== its name`, then sections. `content` and `reasoning` are what came (`native` the calls that came as calls,
//! `finish` why it ended, if not `stop`); `calls`, `left`, `thinks` and `dialect` are what is made of it. A call is a line of name
//! and arguments, or of name, `!` and a piece of its problem.

mod corpus;
mod rendered;
mod served;

use serde_json::{Value, json};

use crate::action::Action;
use crate::model::{FinishReason, Reply, Request, ToolCall, ToolSpec};

/// Some actions, and tools with optional, numeric and nested arguments.
fn tools() -> Vec<ToolSpec> {
    let tool = |name: &str, properties: Value, required: Value| ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false }),
    };
    let step = json!({ "type": "object", "properties": { "id": { "type": "integer" }, "text": { "type": "string" } }, "required": ["id", "text"] });
    let mut tools = Action::specs(&["click", "fill", "press", "check", "scroll"]);
    tools.extend([
        tool("find", json!({ "query": { "type": "string" }, "limit": { "type": ["integer", "null"] } }), json!(["query"])),
        tool("plan", json!({ "steps": { "type": "array", "items": step }, "strict": { "type": "boolean" } }), json!(["steps", "strict"])),
        tool("relay", json!({ "input": { "type": "object" } }), json!(["input"])),
        tool("now", json!({}), json!([])),
    ]);
    tools
}

fn settle(reply: Reply) -> Reply {
    super::settle(reply, &Request { tools: tools(), ..Request::default() })
}

fn call(name: &str, args: Value) -> ToolCall {
    ToolCall { id: String::new(), name: name.to_owned(), args, problem: None, raw: None }
}

#[test]
fn a_reply_without_calls_is_left_to_the_byte() {
    for content in ["", " \n", "  two  spaces \n", "a < b <c> {d} [e]\n\n", "``` \nx\n```\n"] {
        let reply = Reply { content: content.to_owned(), reasoning: Some("why\n".to_owned()), ..Reply::default() };
        assert_eq!(settle(reply.clone()), reply);
    }
}

#[test]
fn without_tools_only_thinking_is_read() {
    let reply = |content: &str, reasoning: Option<&str>| Reply {
        content: content.to_owned(),
        reasoning: reasoning.map(str::to_owned),
        ..Reply::default()
    };
    let given = "<think>a</think>{\"do\":\"click\",\"ref\":\"e1\"}";
    assert_eq!(super::settle(reply(given, None), &Request::default()), reply("{\"do\":\"click\",\"ref\":\"e1\"}", Some("a")));
}

/// Ids tell the turn and the place, so that they are unique in a run and the same when it is continued elsewhere.
#[test]
fn rescued_calls_have_ids_of_their_own() {
    let messages = vec![crate::model::Message::user("go"); 3];
    let reply = Reply { content: "{\"do\":\"now\"}\n{\"do\":\"now\"}".to_owned(), ..Reply::default() };
    let settled = super::settle(reply, &Request { tools: tools(), messages, ..Request::default() });
    assert_eq!(settled.calls.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["rescued_3_0", "rescued_3_1"]);
}

/// The wire hands over what it read of arguments that broke off; whether that is all of them depends on the tool.
#[test]
fn native_arguments_that_lack_a_closer_are_used_if_nothing_was_lost() {
    for (name, text, wanted) in [
        ("fill", r#"{"ref":"e4","text":"Ana""#, Some(json!({ "ref": "e4", "text": "Ana" }))),
        ("fill", r#"{"ref":"e4","text":"An"#, None),
        ("fill", r#"{"ref":"e4""#, None),
        ("fill", r#"{"ref":"e4","#, None),
        ("find", r#"{"query":"ana""#, None),
        ("find", r#"{"query":"ana","limit":5"#, None),
        ("find", r#"{"query":"ana","limit":null"#, Some(json!({ "query": "ana", "limit": null }))),
        ("plan", r#"{"strict":true,"steps":[{"id":1,"text":"open"}"#, None),
        ("nobody", r#"{"ref":"e4""#, None),
    ] {
        let args = super::closed_arguments(text).unwrap_or_else(|| json!({}));
        let cut = ToolCall { problem: Some("cut off".to_owned()), ..call(name, args) };
        let settled = settle(Reply { calls: vec![cut], ..Reply::default() });
        let made = &settled.calls[0];
        assert_eq!((made.problem.is_none(), &made.args), (wanted.is_some(), &wanted.unwrap_or_else(|| json!({}))), "{text}");
    }
}

/// Text made to be looked at again and again ends soon all the same.
#[test]
fn a_flood_of_brackets_is_read_in_one_go() {
    for piece in ["{\"", "[{", "<tool_call>", "<｜", "```\n{", "<function=a>", "{\"do\":\"click\"", "<think>"] {
        let reply = settle(Reply { content: piece.repeat(4_000), ..Reply::default() });
        assert!(reply.calls.len() <= 128, "{piece}");
        assert!(reply.calls.iter().all(|call| call.problem.is_some() || call.args == json!({})), "{piece}");
    }
}
