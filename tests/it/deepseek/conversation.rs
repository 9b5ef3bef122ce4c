//! Conversations that go well.

use futures::StreamExt as _;
use futures::channel::mpsc;
use handiwork::core::model::FinishReason;
use handiwork::core::model::compat::{Dialect, OpenAiCompat};
use handiwork::core::{Message, Model as _, Progress, Usage};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::json;

use super::{model, request, server, soon};

#[tokio::test]
async fn two_turns_with_tools_are_replayed_verbatim() {
    let reasoning = "Erst e4, dann é 𝄞 转账.\n  Two calls: \"quoted\".";
    let id = "call_01_sTrAnGe/+==~é";
    let server = server(vec![
        Scripted::call("click", &json!({ "ref": "e4" }))
            .and_raw_call(id, "fill", r#"{"ref": "e5", "text": "Zürich 转账 \"x\""}"#)
            .reasoning(reasoning)
            .keep_alives(3)
            .usage(1000, 896, 70, 40),
        Scripted::text("Erledigt: 转账 ✓.").usage_apart(),
    ])
    .await;
    let model = model(&server);
    let mut request = request("Überweise.");

    let first = model.complete(&soon(), &request).await.expect("the first reply");
    assert_eq!(first.reasoning.as_deref(), Some(reasoning));
    assert_eq!((first.content.as_str(), first.finish), ("", FinishReason::ToolCalls));
    assert_eq!(first.usage, Usage { prompt: 1000, cached: 896, completion: 70, reasoning: 40 });
    let calls: Vec<_> = first.calls.iter().map(|call| (call.name.as_str(), &call.args, &call.problem)).collect();
    assert_eq!(calls, [("click", &json!({ "ref": "e4" }), &None), ("fill", &json!({ "ref": "e5", "text": "Zürich 转账 \"x\"" }), &None)]);

    request.messages.push(first.to_message());
    for (call, result) in first.calls.iter().zip(["done: e4", "done: e5"]) {
        request.messages.push(Message::Tool { call_id: call.id.clone(), content: result.to_owned() });
    }
    let second = model.complete(&soon(), &request).await.expect("the second reply");
    assert_eq!((second.content.as_str(), second.finish, second.calls.len()), ("Erledigt: 转账 ✓.", FinishReason::Stop, 0));
    assert_eq!(second.reasoning.as_deref(), Some(""), "it thought, and said nothing of it");
    assert!(second.usage.prompt > 0 && second.usage.completion > 0, "{:?}", second.usage);

    assert_eq!(server.refusals(), Vec::<String>::new());
    let sent = server.requests();
    assert_eq!(sent.len(), 2);
    assert_eq!(
        (&sent[0]["model"], &sent[0]["stream"], &sent[0]["stream_options"]),
        (&json!("deepseek-flash"), &json!(true), &json!({ "include_usage": true }))
    );
    assert_eq!(sent[0]["thinking"], json!({ "type": "enabled" }));
    assert_eq!(sent[0]["tools"], sent[1]["tools"], "the tools never change");
    let first_id = sent[1].pointer("/messages/2/tool_calls/0/id").expect("an id");
    assert_eq!(
        sent[1]["messages"],
        json!([
            { "role": "system", "content": "You act on screens." },
            { "role": "user", "content": "Überweise." },
            { "role": "assistant", "content": "", "reasoning_content": reasoning, "tool_calls": [
                { "id": first_id, "type": "function", "function": { "name": "click", "arguments": "{\"ref\":\"e4\"}" } },
                { "id": id, "type": "function", "function": { "name": "fill", "arguments": "{\"ref\": \"e5\", \"text\": \"Zürich 转账 \\\"x\\\"\"}" } },
            ] },
            { "role": "tool", "tool_call_id": first_id, "content": "done: e4" },
            { "role": "tool", "tool_call_id": id, "content": "done: e5" },
        ])
    );
    assert_eq!(
        sent[1]["messages"].as_array().map(|messages| &messages[..2]),
        sent[0]["messages"].as_array().map(Vec::as_slice),
        "history only grows"
    );
}

#[tokio::test]
async fn wrong_arguments_become_a_problem_and_never_go_back() {
    let server = server(vec![
        Scripted::call("click", &json!({ "ref": "e1" })).and_raw_call("call_x", "fill", r#"{"ref": "e5", "te"#),
        Scripted::text("Sorry."),
    ])
    .await;
    let model = model(&server);
    let mut request = request("Go.");
    let reply = model.complete(&soon(), &request).await.expect("a reply");
    assert_eq!((&reply.calls[0].problem, &reply.calls[1].args), (&None, &json!({})));
    let problem = reply.calls[1].problem.clone().expect("a problem");
    assert!(problem.contains("not valid JSON") && problem.contains(r#""te"#), "{problem}");

    request.messages.push(reply.to_message());
    for call in &reply.calls {
        request.messages.push(Message::Tool { call_id: call.id.clone(), content: "not done".to_owned() });
    }
    model.complete(&soon(), &request).await.expect("the API takes the history");
    assert_eq!(server.requests()[1].pointer("/messages/2/tool_calls/1/function/arguments"), Some(&json!("{}")));
}

#[tokio::test]
async fn progress_is_seen_while_it_comes() {
    let server = server(vec![Scripted::text("Hello, 转账!").reasoning("Be kind.").keep_alives(2)]).await;
    let (sender, receiver) = mpsc::unbounded();
    let reply = model(&server).complete(&soon().with_progress(sender), &request("Hi")).await.expect("a reply");
    let (mut text, mut reasoning, mut waits) = (String::new(), String::new(), 0);
    for progress in receiver.collect::<Vec<_>>().await {
        match progress {
            Progress::Text(piece) => text.push_str(&piece),
            Progress::Reasoning(piece) => reasoning.push_str(&piece),
            Progress::Waiting(_) => waits += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((text, Some(reasoning)), (reply.content, reply.reasoning));
    assert!(waits > 0, "the comments before the reply are told");
}

#[tokio::test]
async fn without_thinking_there_is_no_reasoning() {
    let server = server(vec![Scripted::call("click", &json!({ "ref": "e1" })).reasoning("never shown"), Scripted::text("ok")]).await;
    let model = model(&server).thinking(false).model("deepseek-v4-pro");
    let mut request = request("Go.");
    let reply = model.complete(&soon(), &request).await.expect("a reply");
    assert_eq!(reply.reasoning, None);
    request.messages.extend([reply.to_message(), Message::Tool { call_id: reply.calls[0].id.clone(), content: "done".to_owned() }]);
    model.complete(&soon(), &request).await.expect("a reply");
    let sent = server.requests();
    assert_eq!((&sent[1]["thinking"], &sent[1]["model"]), (&json!({ "type": "disabled" }), &json!("deepseek-v4-pro")));
}

#[tokio::test]
async fn an_append_only_conversation_is_cached() {
    let server = StandIn::answering(|_, number| Scripted::call("click", &json!({ "ref": format!("e{number}") }))).await.expect("starts");
    let model = model(&server);
    let mut request = request(&"A long goal. ".repeat(100));
    let mut last = 0;
    for step in 0..4 {
        let reply = model.complete(&soon(), &request).await.expect("a reply");
        if step > 0 {
            assert!(reply.usage.cached + 64 >= last, "step {step}: all of the request before is cached: {:?}, {last} before", reply.usage);
        }
        last = reply.usage.prompt;
        request.messages.push(reply.to_message());
        request.messages.push(Message::Tool { call_id: reply.calls[0].id.clone(), content: "done; a new screen".repeat(20) });
    }
}

#[tokio::test]
async fn another_server_by_its_dialect() {
    // The stand-in is DeepSeek's, so the dialect here replays as DeepSeek does; the rest is the generic way.
    let server = server(vec![Scripted::call("click", &json!({ "ref": "e1" })).reasoning("Hm."), Scripted::text("ok")]).await;
    let dialect = Dialect { replay: Dialect::DEEPSEEK.replay, ..Dialect::GENERIC };
    let model = OpenAiCompat::new(format!("{}/v1/", server.url()), "deepseek-flash", Some(StandIn::KEY.to_owned())).dialect(dialect);
    let mut request = request("Go.");
    let reply = model.complete(&soon(), &request).await.expect("a reply");
    assert_eq!(reply.reasoning.as_deref(), Some("Hm."));
    request.messages.extend([reply.to_message(), Message::Tool { call_id: reply.calls[0].id.clone(), content: "done".to_owned() }]);
    assert_eq!(model.complete(&soon(), &request).await.expect("a reply").content, "ok");
    assert!(server.requests().iter().all(|body| body.get("thinking").is_none()));
}
