//! The protocol: whatever is rendered is read again as it was, and never changes what came before it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::action::Action;
use crate::model::{Message, Request, ToolCall, ToolSpec};

fn tools() -> Vec<ToolSpec> {
    Action::specs(&["click", "fill", "press", "check", "scroll"])
}

fn call(name: &str, args: Value) -> ToolCall {
    ToolCall { id: "call_1".to_owned(), name: name.to_owned(), args, problem: None, raw: None }
}

#[test]
fn tools_are_a_line_each() {
    insta::assert_snapshot!(render_tools(&tools()), @r#"
    {"do":"click","ref":"e1"} Click an element.
    {"do":"fill","ref":"e1","text":"..."} Replace the text of a field, or set a slider, spinner, date or colour. text: The new text; "" empties it. Dates are YYYY-MM-DD, times HH:MM.
    {"do":"press","keys":"..."} Press a key or a chord, such as Enter, Tab or Control+a. keys: The key, by its DOM name; modifiers before it, joined by +. Optional "ref":"e1": Ref of the element that gets the key; the focused one if left out.
    {"do":"check","ref":"e1","checked":true} Switch a checkbox, radio or switch on or off. checked: true for on, false for off.
    {"do":"scroll","direction":"up|down|left|right|top|bottom"} Scroll the page, or a scrollable element, by most of its height. direction: Where to. Optional "ref":"e1": Ref of the scrollable element; the page if left out.
    "#);
}

#[test]
fn a_call_is_one_flat_line() {
    let fill = call("fill", json!({ "ref": "e3", "text": "Ana \"A\"\n" }));
    assert_eq!(render_call(&fill), r#"{"do":"fill","ref":"e3","text":"Ana \"A\"\n"}"#);
}

#[test]
fn all_shapes_of_a_call_are_read() {
    let wanted = call("fill", json!({ "ref": "e3", "text": "Ana" }));
    for text in [
        r#"{"do":"fill","ref":"e3","text":"Ana"}"#,
        "```json\n{\"do\": \"fill\", \"ref\": \"e3\",\n \"text\": \"Ana\"}\n```",
        r#"[{"do":"fill","ref":"e3","text":"Ana"}]"#,
        r#"{"name":"fill","arguments":{"ref":"e3","text":"Ana"}}"#,
        r#"{"name":"fill","arguments":"{\"ref\":\"e3\",\"text\":\"Ana\"}"}"#,
        r#"<tool_call>{"id":"x","type":"function","function":{"name":"fill","arguments":{"ref":"e3","text":"Ana"}}}</tool_call>"#,
        r#"{"tool":"fill","ref":"e3","text":"Ana"}"#,
        r#"{"action":"fill","args":{"ref":"e3","text":"Ana"}}"#,
        r#"{"fill":{"ref":"e3","text":"Ana"}}"#,
        r#"{"tool_calls":[{"name":"fill","parameters":{"ref":"e3","text":"Ana"}}]}"#,
    ] {
        assert_eq!(parse_reply(text, &tools()).calls, vec![wanted.clone()], "{text}");
    }
}

#[test]
fn thought_calls_and_other_text_are_told_apart() {
    let text =
        "I will {try}.\n{\"thought\":\"the form first\"}\n{\"do\":\"click\",\"ref\":\"e1\"}\n{\"do\":\"click\",\"ref\":\"e2\"}\nDone.";
    let parsed = parse_reply(text, &tools());
    assert_eq!(parsed.thought.as_deref(), Some("the form first"));
    assert_eq!(
        parsed.calls.iter().map(|call| (call.id.as_str(), call.args["ref"].as_str())).collect::<Vec<_>>(),
        [("call_1", Some("e1")), ("call_2", Some("e2"))]
    );
    assert_eq!(parsed.rest, "I will {try}.\n\n\n\nDone.");
}

#[test]
fn an_object_that_is_no_call_stays_text() {
    let parsed = parse_reply(r#"{"total": 3}"#, &tools());
    assert_eq!((parsed.calls.len(), parsed.rest.as_str()), (0, r#"{"total": 3}"#));
}

#[test]
fn a_call_that_can_not_be_read_is_a_call_with_a_problem() {
    let parsed = parse_reply("{\"do\":\"click\",\"ref\":\"e1\"}\n{\"do\":\"fill\",\"ref\":\"e3\",\"text\":\"An", &tools());
    assert_eq!(parsed.calls.len(), 2);
    assert_eq!((parsed.calls[1].name.as_str(), &parsed.calls[1].args), ("fill", &json!({})));
    let problem = parsed.calls[1].problem.as_deref().unwrap();
    assert!(problem.contains("cut off") && problem.ends_with("\"text\":\"An"), "{problem}");
    assert_eq!(parsed.rest, "");
}

#[test]
fn without_tools_everything_is_text() {
    let text = "  {\"do\":\"click\"}\n";
    assert_eq!(parse_reply(text, &[]), Parsed { rest: text.to_owned(), ..Parsed::default() });
}

#[test]
fn the_fold_is_append_only() {
    let fill = ToolCall { id: "a".to_owned(), ..call("fill", json!({ "ref": "e3", "text": "Ana" })) };
    let click = ToolCall { id: "b".to_owned(), ..call("click", json!({ "ref": "e4" })) };
    let history = [
        Message::user("task"),
        Message::Assistant { content: String::new(), reasoning: Some("name first".to_owned()), calls: vec![fill, click] },
        Message::Tool { call_id: "a".to_owned(), content: "verified".to_owned() },
        Message::Tool { call_id: "b".to_owned(), content: "no effect".to_owned() },
        Message::user("screen"),
        Message::Assistant { content: "fine".to_owned(), reasoning: None, calls: vec![] },
    ];
    let text = |messages: &[Message]| {
        let lines: Vec<String> = fold_messages(messages).iter().map(|turn| format!("[{}]\n{}", turn.role.name(), turn.content)).collect();
        lines.join("\n")
    };
    insta::assert_snapshot!(text(&history), @r#"
    [user]
    task
    [assistant]
    {"thought":"name first"}
    {"do":"fill","ref":"e3","text":"Ana"}
    {"do":"click","ref":"e4"}
    [user]
    fill e3: verified
    click e4: no effect
    screen
    [assistant]
    fine
    "#);
    for end in 0..history.len() {
        assert!(text(&history).starts_with(&text(&history[..end])), "{end}");
    }
}

#[test]
fn the_system_turn_holds_the_protocol_when_there_are_tools() {
    let mut request = Request { system: "Be brief.".to_owned(), ..Request::default() };
    assert_eq!(system_text(&request), "Be brief.");
    request.tools = Action::specs(&["click"]);
    insta::assert_snapshot!(system_text(&request), @r#"
    Be brief.

    Reply with JSON objects only, one per line, each a call of one of these tools:
    {"do":"click","ref":"e1"} Click an element.
    "#);
    assert_eq!(fold(&request).iter().map(|turn| turn.role).collect::<Vec<_>>(), [Role::System]);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from), object(inner).prop_map(Value::from)]
    })
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof!["do", "args", "arguments", "thought", "name", "id", "type", "ref", "text", ".{0,5}"];
    prop::collection::vec((key, value), 0..4).prop_map(|entries| entries.into_iter().collect())
}

proptest! {
    #[test]
    fn whatever_is_rendered_is_read_back(
        name in "[a-zA-Z0-9_-]{1,12}",
        thought in proptest::option::of(".{0,20}"),
        all in prop::collection::vec(object(json_value()), 1..3),
    ) {
        let tools = [ToolSpec { name: name.clone(), description: String::new(), parameters: json!({}) }];
        let calls: Vec<ToolCall> = all.into_iter().enumerate().map(|(index, args)| {
            ToolCall { id: format!("call_{}", index + 1), ..call(&name, Value::Object(args)) }
        }).collect();
        let text = render_reply(thought.as_deref(), "", &calls);
        prop_assert_eq!(text.lines().count(), calls.len() + usize::from(thought.is_some()));
        let parsed = parse_reply(&text, &tools);
        prop_assert_eq!(render_reply(parsed.thought.as_deref(), &parsed.rest, &parsed.calls), text);
        prop_assert_eq!(parsed, Parsed { thought, calls, rest: String::new(), dialect: Some("json") });
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}\":,do a-c\\n\\\\é]{0,60}") {
        let parsed = parse_reply(&text, &tools());
        prop_assert!(parsed.rest.len() <= text.len());
    }
}
