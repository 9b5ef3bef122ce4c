//! The stand-in itself, by plain HTTP: what is beside the streamed chat, for clients that need it.

use handiwork_test_support::deepseek::{Fault, Place, Scripted, StandIn, Trouble, models};
use serde_json::{Value, json};

use super::server;

/// Status and body of a plain exchange.
async fn ask(server: &StandIn, key: &str, path: &str, body: Option<Value>) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}{path}", server.url());
    let request = body.map_or_else(|| client.get(&url), |body| client.post(&url).json(&body)).bearer_auth(key);
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a body"))
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn models_and_balance() {
    let server = server(vec![]).await;
    for path in ["/models", "/v1/models"] {
        let (status, text) = ask(&server, StandIn::KEY, path, None).await;
        let ids: Vec<Value> = json_of(&text)["data"].as_array().expect("a list").iter().map(|model| model["id"].clone()).collect();
        assert_eq!((status, ids), (200, models::LISTED.map(Value::from).to_vec()));
    }
    let (status, text) = ask(&server, StandIn::KEY, "/user/balance", None).await;
    assert_eq!((status, &json_of(&text)["balance_infos"][0]["total_balance"]), (200, &json!("110.00")));
    for path in ["/models", "/user/balance"] {
        assert_eq!(ask(&server, "sk-wrong", path, None).await.0, 401, "{path}");
    }
}

#[tokio::test]
async fn statuses() {
    let server = server(vec![]).await;
    let good = json!({ "model": "deepseek-flash", "messages": [{ "role": "user", "content": "Hi" }] });
    let wrong = json!({ "model": "deepseek-flash", "messages": "Hi" });
    for (key, path, body, status, says) in [
        ("sk-wrong", "/chat/completions", &good, 401, "Authentication Fails"),
        (StandIn::KEY_WITHOUT_BALANCE, "/chat/completions", &good, 402, "Insufficient Balance"),
        (StandIn::KEY, "/chat/nothing", &good, 404, "Not Found"),
        (StandIn::KEY, "/chat/completions", &wrong, 422, "Failed to deserialize"),
        (StandIn::KEY, "/chat/completions", &json!([]), 400, "as JSON"),
        (StandIn::KEY, "/beta/chat/completions", &good, 500, "used up"),
    ] {
        let (got, text) = ask(&server, key, path, Some(body.clone())).await;
        assert_eq!(got, status, "{text}");
        assert!(json_of(&text)["error"]["message"].as_str().expect("words").contains(says), "{text}");
    }
}

#[tokio::test]
async fn a_reply_that_is_not_streamed_comes_after_blank_lines() {
    let scripted = Scripted::call("click", &json!({ "ref": "e1" })).reasoning("Hm.").saying("So.").keep_alives(3).usage(100, 64, 20, 5);
    let server = server(vec![scripted]).await;
    let body = json!({ "model": "deepseek-flash", "messages": [{ "role": "user", "content": "Hi" }] });
    let (status, text) = ask(&server, StandIn::KEY, "/chat/completions", Some(body)).await;
    assert!(status == 200 && text.starts_with("\n\n\n{"), "{text}");
    let object = json_of(&text);
    let message = &object["choices"][0]["message"];
    assert_eq!((&message["content"], &message["reasoning_content"]), (&json!("So."), &json!("Hm.")));
    assert_eq!(message["tool_calls"][0]["function"], json!({ "name": "click", "arguments": "{\"ref\":\"e1\"}" }));
    assert_eq!((&object["choices"][0]["finish_reason"], &object["usage"]["prompt_cache_hit_tokens"]), (&json!("tool_calls"), &json!(64)));
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    for at in [Place::Connect, Place::BeforeHeaders] {
        let server =
            StandIn::troubled(|_, _| Scripted::text("never"), move |_| Some(Trouble::new(Fault::Reset, at))).await.expect("starts");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let error = client.get(format!("{}/models", server.url())).bearer_auth(StandIn::KEY).send().await.expect_err("no answer");
        let mut inner: &dyn std::error::Error = &error;
        while let Some(source) = inner.source() {
            inner = source;
        }
        let told = inner.to_string().to_lowercase();
        assert!(["reset", "broken pipe"].iter().any(|words| told.contains(words)), "{at:?}: {told}");
    }
}
