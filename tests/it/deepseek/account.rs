//! Balance and list of models, in the library and on the command line; the pictures and settings that go over the real wire.

use std::process::Stdio;

use handiwork::core::model::deepseek::{DeepSeek, Effort};
use handiwork::core::model::{Image, Price};
use handiwork::core::{Message, Model as _, ModelError, Request};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::{Value, json};

use super::{model, request, server, soon};

#[tokio::test]
async fn models_and_balance() {
    let server = server(vec![]).await;
    for base in [server.url().to_owned(), format!("{}/", server.url()), format!("{}/v1", server.url()), format!("{}/beta", server.url())] {
        let account = model(&server).base_url(base);
        let listed = account.models().await.expect("models");
        let ids: Vec<(&str, Option<Price>)> = listed.iter().map(|row| (row.id.as_str(), row.price)).collect();
        let prices = [("deepseek-flash", 0.6), ("deepseek-v4-pro", 1.98)].map(|(id, output)| (id, Some(output)));
        assert_eq!(ids.iter().map(|(id, price)| (*id, price.map(|price| price.output))).collect::<Vec<_>>(), prices);
        let balance = account.balance().await.expect("a balance");
        assert!(balance.available && balance.amounts.iter().any(|amount| amount.total.parse::<f64>().is_ok()), "{balance:?}");
    }
    let wrong = DeepSeek::from_key("sk-canary-77").base_url(server.url());
    for error in [wrong.balance().await.expect_err("no key"), wrong.models().await.expect_err("no key")] {
        assert!(matches!(error, ModelError::Unauthorized(_)) && !format!("{error} {error:?}").contains("canary"), "{error}");
    }
    let elsewhere = DeepSeek::from_key(StandIn::KEY).base_url(format!("{}/elsewhere", server.url())).balance().await;
    assert!(matches!(&elsewhere, Err(ModelError::BadRequest(told)) if told.contains("only DeepSeek's own API")), "{elsewhere:?}");
}

/// What `handiwork model list --remote` prints and ends with.
async fn list(key: Option<&str>, url: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_handiwork"));
    command.args(["model", "list", "--remote"]).args(args).env_clear().env("HOME", home.path()).env("DEEPSEEK_BASE_URL", url);
    command.envs(key.map(|key| ("DEEPSEEK_API_KEY", key))).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(std::time::Duration::from_mins(1), command.output()).await.expect("it ends").expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_what_the_account_has() {
    let server = server(vec![]).await;
    let (code, out, err) = list(Some(StandIn::KEY), server.url(), &[]).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("deepseek-v4-pro") && out.contains("0.15 in, 0.003 cached, 0.6 out") && out.contains("balance: "), "{out}");
    let (code, out, err) = list(Some(StandIn::KEY), server.url(), &["--json"]).await;
    let json: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out} {err}"));
    assert_eq!((code, &json["models"][0]["id"], &json["balance"]["is_available"]), (Some(0), &json!("deepseek-flash"), &json!(true)));
    let (code, _, err) = list(None, server.url(), &[]).await;
    assert!(code == Some(3) && err.contains("set DEEPSEEK_API_KEY"), "{err}");
    let (code, _, err) = list(Some("sk-canary-78"), server.url(), &[]).await;
    assert!(code == Some(3) && err.contains("check the key") && !err.contains("canary"), "{err}");
    let (code, _, err) = list(Some("sk-canary-78"), "http://127.0.0.1:9", &[]).await;
    assert!(code == Some(6) && err.contains("can't be reached") && !err.contains("canary"), "{err}");
}

#[tokio::test]
async fn settings_go_with_every_request_of_a_run() {
    let server = server(vec![Scripted::text("a"), Scripted::text("b"), Scripted::text("c")]).await;
    let thinking = model(&server).effort(Effort::Max).temperature(0.3).user_id("u-7");
    let other = thinking.clone().model("deepseek-v4-pro").thinking(false);
    for (model, goal) in [(&thinking, "One."), (&thinking, "Two."), (&other, "Three.")] {
        model.complete(&soon(), &request(goal)).await.expect("a reply");
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
    let sent = server.requests();
    for body in &sent[..2] {
        assert_eq!(
            (&body["thinking"]["type"], &body["reasoning_effort"], body.get("temperature")),
            (&json!("enabled"), &json!("max"), None)
        );
    }
    assert_eq!((&sent[2]["thinking"]["type"], &sent[2]["temperature"]), (&json!("disabled"), &json!(0.3)));
    assert!(
        sent[2].get("reasoning_effort").is_none() && sent.iter().all(|body| body["user_id"] == "u-7" && body.get("tool_choice").is_none())
    );
}

#[tokio::test]
async fn a_model_without_eyes_is_sent_no_picture() {
    let server = server(vec![Scripted::text("never")]).await;
    let look = Message::User { content: "Look.".to_owned(), images: vec![Image::new("image/png", b"x")] };
    let request = Request { messages: vec![look], ..Request::default() };
    let error = model(&server).model("deepseek-v4-pro").complete(&soon(), &request).await.expect_err("it is blind");
    assert!(matches!(&error, ModelError::BadRequest(told) if told.contains("sees none")), "{error}");
    assert_eq!(server.recorded().len(), 0);
}
