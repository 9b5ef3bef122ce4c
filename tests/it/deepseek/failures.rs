//! Everything that can go wrong on the way, each to the error that says what can be done.

use std::time::{Duration, Instant};

use handiwork::core::layer::{Layered, Retry};
use handiwork::core::model::{compat::OpenAiCompat, deepseek::DeepSeek};
use handiwork::core::{Context, Message, Model, ModelError, Reply};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::json;

use super::{model, request, server, soon};

async fn failure(model: impl Model) -> ModelError {
    model.complete(&soon(), &request("Go.")).await.expect_err("an error")
}

async fn answered(scripted: Scripted) -> ModelError {
    failure(model(&server(vec![scripted]).await)).await
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_not_a_reply() {
    let whole = || Scripted::call("click", &json!({ "ref": "e1" })).reasoning("A long thought.");
    for (what, broken) in [
        ("before the first event", whole().cut_after(0)),
        ("in the middle", whole().cut_after(5)),
        ("just before [DONE]", whole().cut_after(12)),
        ("in order, but without [DONE]", whole().without_done()),
        ("for want of resources", whole().finish("insufficient_system_resource")),
    ] {
        let error = answered(broken).await;
        assert!(matches!(error, ModelError::Truncated(_)) && error.is_transient(), "{what}: {error}");
    }
}

#[tokio::test]
async fn a_limit_of_tokens_is_told_and_no_error() {
    let server = server(vec![Scripted::call("click", &json!({})).and_raw_call("c2", "fill", "{\"ref\":\"e").finish("length")]).await;
    let reply: Reply = model(&server).complete(&soon(), &request("Go.")).await.expect("a reply");
    assert_eq!(reply.finish, handiwork::core::model::FinishReason::Length);
    assert!(reply.calls[1].problem.as_ref().is_some_and(|problem| problem.contains("limit of tokens")), "{reply:?}");
}

#[tokio::test]
async fn refusals_by_status() {
    let limited = answered(Scripted::refusal(429, "slow down").header("Retry-After", "17")).await;
    assert!(matches!(&limited, ModelError::RateLimited { detail, .. } if detail == "slow down"), "{limited}");
    assert_eq!(limited.retry_after(), Some(Duration::from_secs(17)));
    assert!(limited.is_transient());
    assert!(
        matches!(answered(Scripted::refusal(402, "Insufficient Balance")).await, ModelError::NoBalance(told) if told == "Insufficient Balance")
    );
    assert!(matches!(answered(Scripted::refusal(422, "no")).await, ModelError::BadRequest(_)));
    assert!(matches!(answered(Scripted::refusal(503, "busy")).await, ModelError::Server { status: 503, .. }));
    let server = server(vec![]).await;
    let unknown = failure(model(&server).model("deepseek-chat")).await;
    assert!(
        matches!(&unknown, ModelError::NoSuchModel(told) if told.contains("deepseek-chat") && told.contains("deepseek-flash")),
        "{unknown}"
    );
}

#[tokio::test]
async fn a_wrong_key_is_told_but_never_shown() {
    let server = server(vec![Scripted::text("never")]).await;
    let wrong = failure(DeepSeek::from_key("sk-canary-123456").base_url(server.url())).await;
    assert!(matches!(wrong, ModelError::Unauthorized(_)), "{wrong}");
    assert!(!format!("{wrong} {wrong:?}").contains("canary"), "the server's words held the key: {wrong}");
    let asked = server.recorded().len();
    for nonsense in ["", "  ", "sk-\ncanary"] {
        let error = failure(DeepSeek::from_key(nonsense).base_url(server.url())).await;
        assert!(matches!(error, ModelError::Unauthorized(_)) && !error.to_string().contains("canary"), "{nonsense:?}: {error}");
    }
    assert_eq!(server.recorded().len(), asked, "these are not even sent");
    let none = failure(OpenAiCompat::new(server.url(), "deepseek-flash", None)).await;
    assert!(matches!(none, ModelError::Unauthorized(_)), "{none}");
    let trimmed = DeepSeek::from_key(format!(" {}\n", StandIn::KEY)).base_url(server.url());
    assert_eq!(trimmed.complete(&soon(), &request("Go.")).await.expect("a key with a line end is fine").content, "never");
}

#[tokio::test]
async fn what_the_api_would_refuse_is_not_sent() {
    let server = server(vec![Scripted::text("never")]).await;
    let mut wrong = request("Go.");
    wrong.messages.push(Message::Tool { call_id: "c".to_owned(), content: "of no call".to_owned() });
    assert!(matches!(model(&server).complete(&soon(), &wrong).await, Err(ModelError::BadRequest(_))));
    assert_eq!(server.recorded().len(), 0);
}

#[tokio::test]
async fn a_silent_server_ends_by_the_deadline() {
    let server = server(vec![Scripted::text("never more").stall_after(2)]).await;
    let began = Instant::now();
    let cx = Context::default().within(Duration::from_millis(300));
    let error = model(&server).complete(&cx, &request("Go.")).await.expect_err("silence");
    assert!(matches!(error, ModelError::TimedOut(1)), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    // Bound and dropped: nothing listens there now.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let error = failure(DeepSeek::from_key("k").base_url(format!("http://{free}"))).await;
    assert!(
        matches!(&error, ModelError::Unreachable { url, detail } if url.contains("127.0.0.1") && detail.contains("refused")),
        "{error}"
    );
    assert!(error.is_transient());
    let nonsense = failure(DeepSeek::from_key("k").base_url("nowhere")).await;
    assert!(matches!(nonsense, ModelError::BadRequest(_)), "{nonsense}");
    let proxy = failure(DeepSeek::from_key("k").base_url("http://example.invalid").proxy(format!("http://{free}"))).await;
    assert!(
        matches!(&proxy, ModelError::Unreachable { detail, .. } if detail.contains("refused")),
        "the proxy was asked, not the name: {proxy}"
    );
}

#[tokio::test]
async fn a_wrong_base_url_is_told() {
    let server = server(vec![]).await;
    let error = failure(DeepSeek::from_key(StandIn::KEY).base_url(format!("{}/api/v7", server.url()))).await;
    assert!(matches!(&error, ModelError::NoSuchModel(told) if told.contains("base URL")), "{error}");
}

#[tokio::test]
async fn after_transient_failures_the_retry_layer_gets_the_reply_whole() {
    let server = server(vec![
        Scripted::refusal(503, "busy"),
        Scripted::text("half a rep").cut_after(3),
        Scripted::refusal(429, "slow down").header("Retry-After", "0"),
        Scripted::text("whole"),
    ])
    .await;
    let retry = Retry { first: Duration::from_millis(1), ..Retry::default() };
    let model = Layered::new(std::sync::Arc::new(model(&server)), std::sync::Arc::new(retry));
    assert_eq!(model.complete(&soon(), &request("Go.")).await.expect("a reply").content, "whole");
    let bodies = server.requests();
    assert!(bodies.len() == 4 && bodies.iter().all(|body| *body == bodies[0]), "the same request each time");
}
