//! The stream of a reply: its order, its end, its usage, and what may stand between.

use handiwork::core::model::FinishReason;
use handiwork::core::{Model as _, ModelError, Reply, Usage};
use handiwork_test_support::deepseek::Scripted;
use serde_json::json;

use super::super::{model, request, server, soon};
use super::act;

async fn read(scripted: Scripted) -> Result<Reply, ModelError> {
    let server = server(vec![scripted]).await;
    let reply = model(&server).complete(&soon(), &request("Go.")).await;
    assert_eq!((server.recorded().len(), server.refusals()), (1, vec![]));
    reply
}

#[tokio::test]
async fn a_stream_without_done_is_truncated() {
    let error = read(Scripted::text("ok").without_done()).await.expect_err("it did not end");
    assert!(matches!(&error, ModelError::Truncated(told) if told.contains("[DONE]")), "{error}");
    assert_eq!(read(Scripted::text("ok")).await.expect("it ended").content, "ok");
}

#[tokio::test]
async fn reasoning_then_text_then_interleaved_calls() {
    let long = "x".repeat(50);
    let said = Scripted::call("click", &json!({ "ref": long }))
        .and_call("fill", &json!({ "ref": "e2", "text": long }))
        .and_call("click", &json!({ "ref": "e3" }))
        .reasoning("First I think 转账.")
        .saying("Then I speak.");
    let reply = read(said).await.expect("a reply");
    assert_eq!((reply.reasoning.as_deref(), reply.content.as_str()), (Some("First I think 转账."), "Then I speak."));
    let calls: Vec<_> = reply.calls.iter().map(|call| (call.name.as_str(), call.args.clone())).collect();
    let args = [json!({ "ref": long }), json!({ "ref": "e2", "text": long }), json!({ "ref": "e3" })];
    assert_eq!(calls, ["click", "fill", "click"].into_iter().zip(args).collect::<Vec<_>>());
}

#[tokio::test]
async fn usage_on_the_finish_chunk_or_on_a_chunk_without_choices() {
    for scripted in [act("e1").usage(1000, 640, 70, 40), act("e1").usage(1000, 640, 70, 40).usage_apart()] {
        let reply = read(scripted).await.expect("a reply");
        assert_eq!(reply.usage, Usage { prompt: 1000, cached: 640, completion: 70, reasoning: 40 });
    }
}

#[tokio::test]
async fn keep_alives_are_no_part_of_a_reply() {
    let bare = read(act("e1").keep_alives(0)).await.expect("a reply");
    assert_eq!(read(act("e1").keep_alives(9)).await.expect("a reply"), bare);
}

#[tokio::test]
async fn each_finish_reason_is_told() {
    for (reason, finish) in
        [("stop", FinishReason::Stop), ("length", FinishReason::Length), ("content_filter", FinishReason::ContentFilter)]
    {
        assert_eq!(read(Scripted::text("ok").finish(reason)).await.expect("a reply").finish, finish, "{reason}");
    }
    assert_eq!(read(act("e1").finish("tool_calls")).await.expect("a reply").finish, FinishReason::ToolCalls);
    let error = read(act("e1").finish("insufficient_system_resource")).await.expect_err("it broke off");
    assert!(matches!(error, ModelError::Truncated(_)) && error.is_transient(), "{error}");
}
