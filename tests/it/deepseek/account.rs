//! Balance and list of models, in the library and on the command line.

use std::process::Stdio;

use handiwork::core::ModelError;
use handiwork::core::model::Price;
use handiwork::core::model::deepseek::DeepSeek;
use handiwork_test_support::deepseek::StandIn;
use serde_json::{Value, json};

use super::{model, server};

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
