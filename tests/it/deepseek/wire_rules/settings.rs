//! What is fixed before a run begins: strict tools, thinking, effort, temperature, user, form of the answer.

use handiwork::core::model::deepseek::{DeepSeek, Effort};
use handiwork::core::{Message, Model as _, ModelError, Request, ToolSpec};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::{Value, json};

use super::super::{model, request, server, soon};
use super::{act, extend};

/// A conversation of a model that is set up as `with` says. What was sent, with the paths.
async fn talk_as(with: impl Fn(DeepSeek) -> DeepSeek, script: Vec<Scripted>, mut request: Request) -> Vec<(String, Value)> {
    let turns = script.len();
    let server = server(script).await;
    let model = with(model(&server));
    for _ in 0..turns {
        let reply = model.complete(&soon(), &request).await.expect("a reply");
        extend(&mut request, &reply);
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
    server.recorded().into_iter().map(|recorded| (recorded.path, recorded.body)).collect()
}

/// Tools of which one has all that a strict schema can't say and that can be left out of it.
fn loose() -> Request {
    let mut loose = request("Go.");
    loose.tools.push(ToolSpec {
        name: "order".to_owned(),
        description: "Orders.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "what": { "type": "string", "minLength": 1, "maxLength": 80 },
                "count": { "type": "integer", "minimum": 1 },
                "note": { "type": "string" },
                "lines": { "type": "array", "minItems": 1, "maxItems": 9, "items": {
                    "type": "object",
                    "properties": { "code": { "type": "string", "maxLength": 4 }, "colour": { "type": "string", "enum": ["red", "blue"] } },
                    "required": ["code"],
                } },
            },
            "required": ["what"],
        }),
    });
    loose
}

/// All schemas within a schema, itself included.
fn schemas(schema: &Value) -> Vec<&Value> {
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|fields| fields.values());
    let choices = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let inner = fields.chain(choices).chain(schema.get("items")).flat_map(schemas);
    std::iter::once(schema).chain(inner).collect()
}

#[tokio::test]
async fn strict_tools_go_to_beta() {
    let script = || vec![act("e1"), Scripted::text("ok")];
    let paths = |sent: Vec<(String, Value)>| sent.into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(paths(talk_as(|model| model.strict(true), script(), loose()).await), ["/beta/chat/completions"; 2]);
    assert_eq!(paths(talk_as(|model| model.strict(false), script(), loose()).await), ["/chat/completions"; 2]);
}

#[tokio::test]
async fn strict_tools_are_strict_all() {
    for (_, body) in talk_as(|model| model.strict(true), vec![act("e1"), Scripted::text("ok")], loose()).await {
        let tools = body["tools"].as_array().expect("tools");
        assert_eq!((tools.len(), tools.iter().filter(|tool| tool["function"]["strict"] == true).count()), (3, 3));
    }
}

#[tokio::test]
async fn strict_objects_are_closed_and_require_all() {
    let sent = talk_as(|model| model.strict(true), vec![Scripted::text("ok")], loose()).await;
    let tools = sent[0].1["tools"].as_array().expect("tools");
    let all: Vec<&Value> = tools.iter().flat_map(|tool| schemas(&tool["function"]["parameters"])).collect();
    let objects: Vec<&&Value> = all.iter().filter(|schema| schema["type"] == "object").collect();
    assert_eq!(objects.len(), 4, "three tools, and one inside: {all:?}");
    for object in objects {
        let names: Vec<&String> = object["properties"].as_object().expect("properties").keys().collect();
        assert_eq!((&object["additionalProperties"], &object["required"]), (&json!(false), &json!(names)));
    }
    let order = &tools[2]["function"]["parameters"]["properties"];
    let may_be_null = |schema: &Value| schemas(schema).iter().skip(1).any(|inner| inner["type"] == "null");
    assert!(!may_be_null(&order["what"]) && ["count", "note", "lines"].iter().all(|name| may_be_null(&order[*name])), "{order}");
}

#[tokio::test]
async fn strict_schemas_have_no_lengths() {
    let sent = talk_as(|model| model.strict(true), vec![Scripted::text("ok")], loose()).await;
    let text = sent[0].1["tools"].to_string();
    assert!(["minLength", "maxLength", "minItems", "maxItems"].iter().all(|word| !text.contains(word)), "{text}");
    let free = talk_as(|model| model, vec![Scripted::text("ok")], loose()).await;
    assert_eq!(free[0].1["tools"][2]["function"]["parameters"], loose().tools[2].parameters, "a free tool is sent as it is");
}

#[tokio::test]
async fn strict_nulls_are_gone_on_arrival_and_go_back_as_they_came() {
    let raw = r#"{"what": "tea", "count": null, "note": null, "lines": [{"code": "A", "colour": null}]}"#;
    let server = server(vec![Scripted::text("").and_raw_call("c1", "order", raw), Scripted::text("ok")]).await;
    let (model, mut request) = (model(&server).strict(true), loose());
    let reply = model.complete(&soon(), &request).await.expect("a reply");
    assert_eq!((&reply.calls[0].args, &reply.calls[0].problem), (&json!({ "what": "tea", "lines": [{ "code": "A" }] }), &None));
    extend(&mut request, &reply);
    model.complete(&soon(), &request).await.expect("a reply");
    assert_eq!(server.requests()[1].pointer("/messages/2/tool_calls/0/function/arguments"), Some(&json!(raw)));
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn a_tool_without_a_strict_form_is_not_sent() {
    let wrong = [
        json!({ "type": "object", "properties": { "headers": { "type": "object", "additionalProperties": { "type": "string" } } } }),
        json!({ "type": "object", "properties": { "anything": {} } }),
        json!({ "type": "object", "properties": { "list": { "type": "array" } } }),
    ];
    for parameters in wrong {
        let server = server(vec![Scripted::text("ok")]).await;
        let mut request = loose();
        request.tools.push(ToolSpec { name: "fetch".to_owned(), description: String::new(), parameters });
        let error = model(&server).strict(true).complete(&soon(), &request).await.expect_err("it can't be strict");
        assert!(matches!(&error, ModelError::BadRequest(told) if told.contains("the tool fetch can't be strict")), "{error}");
        assert_eq!(server.recorded().len(), 0, "it was sent");
        model(&server).complete(&soon(), &request).await.expect("without strict it is sent");
    }
}

#[tokio::test]
async fn effort_is_the_same_in_all_turns() {
    for (effort, name) in [(Effort::Low, "low"), (Effort::High, "high"), (Effort::XHigh, "xhigh"), (Effort::Max, "max")] {
        let sent = talk_as(|model| model.effort(effort), vec![act("e1"), act("e2"), Scripted::text("ok")], request("Go.")).await;
        let efforts: Vec<_> = sent.iter().map(|(_, body)| (&body["thinking"]["type"], &body["reasoning_effort"])).collect();
        assert_eq!(efforts, [(&json!("enabled"), &json!(name)); 3]);
    }
    let unsaid = talk_as(|model| model, vec![act("e1"), Scripted::text("ok")], request("Go.")).await;
    assert!(unsaid.iter().all(|(_, body)| body.get("reasoning_effort").is_none()));
    let unthinking =
        talk_as(|model| model.effort(Effort::Max).thinking(false), vec![act("e1"), Scripted::text("ok")], request("Go.")).await;
    assert!(unthinking.iter().all(|(_, body)| body["thinking"]["type"] == "disabled" && body.get("reasoning_effort").is_none()));
}

#[tokio::test]
async fn no_temperature_while_thinking() {
    let script = || vec![act("e1"), act("e2"), Scripted::text("ok")];
    let heats = |sent: Vec<(String, Value)>| sent.into_iter().map(|(_, body)| body.get("temperature").cloned()).collect::<Vec<_>>();
    assert_eq!(heats(talk_as(|model| model.temperature(0.3), script(), request("Go.")).await), [const { None }; 3]);
    let unthinking = talk_as(|model| model.temperature(0.3).thinking(false), script(), request("Go.")).await;
    assert_eq!(heats(unthinking), vec![Some(json!(0.3)); 3], "as it was written, not as the nearest float");
}

#[tokio::test]
async fn tool_choice_is_never_sent() {
    let ways: [fn(DeepSeek) -> DeepSeek; 4] =
        [|model| model, |model| model.thinking(false), |model| model.strict(true), |model| model.model("deepseek-v4-pro")];
    for way in ways {
        let sent = talk_as(way, vec![act("e1"), Scripted::text("ok"), Scripted::text("ok")], request("Go.")).await;
        assert!(sent.iter().all(|(_, body)| body.get("tool_choice").is_none() && body.get("parallel_tool_calls").is_none()));
    }
}

#[tokio::test]
async fn user_ids_separate_caches() {
    let server = server(vec![Scripted::text("ok"); 4]).await;
    let request = request(&"A long goal. ".repeat(100));
    let mut cached = Vec::new();
    for user in ["u-1", "u-1", "u_2", "u-1"] {
        let reply = model(&server).user_id(user).complete(&soon(), &request).await.expect("a reply");
        cached.push(reply.usage.cached > 0);
    }
    assert_eq!(cached, [false, true, false, true]);
    let users: Vec<Value> = server.requests().into_iter().map(|body| body["user_id"].clone()).collect();
    assert_eq!(users, ["u-1", "u-1", "u_2", "u-1"]);
    let unnamed = talk_as(|model| model, vec![Scripted::text("ok")], super::super::request("Go.")).await;
    assert!(unnamed[0].1.get("user_id").is_none());
}

#[tokio::test]
async fn json_mode_needs_the_word_json() {
    let server = server(vec![Scripted::text("{}"); 2]).await;
    let model = model(&server).json(true);
    let mut asked = request("Tell me of Zürich.");
    asked.tools.clear();
    let error = model.complete(&soon(), &asked).await.expect_err("it is not asked for in words");
    assert!(matches!(&error, ModelError::BadRequest(told) if told.contains("\"json\"")), "{error}");
    assert_eq!(server.recorded().len(), 0, "it was sent");
    let mut in_system = asked.clone();
    in_system.system.push_str(" Answer in JSON.");
    asked.messages.push(Message::user("As json, please."));
    for request in [asked, in_system] {
        model.complete(&soon(), &request).await.expect("a reply");
    }
    assert!(server.requests().iter().all(|body| body["response_format"] == json!({ "type": "json_object" })));
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn json_mode_and_strict_tools_are_not_sent_together() {
    let server = StandIn::start(vec![]).await.expect("starts");
    let error = model(&server).json(true).strict(true).complete(&soon(), &request("As json.")).await.expect_err("refused");
    assert!(matches!(&error, ModelError::BadRequest(told) if told.contains("response_format")), "{error}");
    assert_eq!(server.recorded().len(), 0, "it was sent");
}
