//! Refusals, each to the kind that says what can be done.

use std::time::Duration;

use crate::model::ModelError;
use crate::model::wire::failure::{self, Headers};

fn of(status: u16, body: &str) -> ModelError {
    failure::of_status(status, &Headers::default(), body, "deepseek-x")
}

#[test]
fn each_status_has_its_kind() {
    let body = r#"{"error":{"message":"Because.","type":"t","param":null,"code":"c"}}"#;
    assert!(matches!(of(400, body), ModelError::BadRequest(told) if told == "Because."));
    assert!(matches!(of(401, body), ModelError::Unauthorized(told) if told == "Because."));
    assert!(matches!(of(402, body), ModelError::NoBalance(told) if told == "Because."));
    assert!(matches!(of(404, body), ModelError::NoSuchModel(told) if told.contains("deepseek-x") && told.contains("Because.")));
    assert!(matches!(of(422, body), ModelError::BadRequest(_)));
    assert!(matches!(of(429, body), ModelError::RateLimited { retry_after: None, .. }));
    for (status, transient) in [(408, false), (500, true), (501, false), (502, true), (503, true), (504, true), (505, false), (529, false)]
    {
        let error = of(status, body);
        assert!(
            matches!(&error, ModelError::Server { status: told, .. } if *told == status) && error.is_transient() == transient,
            "{status}"
        );
    }
    assert!(matches!(of(302, ""), ModelError::Unreadable(_)));
    for status in [400, 401, 402, 404, 422, 302] {
        assert!(!of(status, body).is_transient(), "{status}");
    }
    assert!(of(429, body).is_transient());
    assert!(!ModelError::TimedOut(1).is_transient(), "no time is left to ask again in");
    assert!(ModelError::Truncated("nothing came for 120 s".to_owned()).is_transient(), "a silence is another thing");
}

#[test]
fn words_are_found_wherever_they_stand() {
    let long = "x".repeat(10_000);
    for (body, part) in [
        (r#"{"error":"model requires more memory"}"#, "model requires more memory"),
        (r#"{"object":"error","message":"vLLM says"}"#, "vLLM says"),
        (r#"{"detail":"Not allowed"}"#, "Not allowed"),
        ("plain\ntext", "plain text"),
        ("", "no reason was given"),
        (long.as_str(), "xxx…"),
    ] {
        let told = of(400, body).to_string();
        assert!(told.contains(part) && told.chars().count() < 600, "{body:?}: {told}");
    }
}

#[test]
fn two_refusals_with_400_have_kinds_of_their_own() {
    let unknown = r#"{"error":{"message":"Model Not Exist"}}"#;
    assert!(matches!(of(400, unknown), ModelError::NoSuchModel(told) if told.contains("deepseek-x") && told.contains("GET /models")));
    let long = r#"{"error":{"message":"This model's maximum context length is 65536 tokens. However, you requested 70000 tokens (69000 in the messages, 1000 in the completion). Please reduce the length of the messages or completion."}}"#;
    assert!(matches!(of(400, long), ModelError::ContextFull { needed: 70_000, context: 65_536 }));
}

#[test]
fn waits_are_seconds_or_a_date() {
    let wait =
        |retry_after: Option<&str>, date: Option<&str>| failure::of_status(429, &Headers { retry_after, date }, "", "m").retry_after();
    let at = |second: u32| format!("Mon, 23 Nov 2026 17:00:{second:02} GMT");
    assert_eq!(wait(Some("7"), None), Some(Duration::from_secs(7)));
    assert_eq!(wait(Some(" 0.5 "), None), Some(Duration::from_millis(500)));
    assert_eq!(wait(Some(&at(40)), Some(&at(10))), Some(Duration::from_secs(30)));
    assert_eq!(wait(Some(&at(10)), Some(&at(40))), Some(Duration::ZERO), "already past");
    assert_eq!(wait(Some(&at(10)), None), None);
    for nonsense in ["soon", "-5", "NaN", "1e99"] {
        assert_eq!(wait(Some(nonsense), Some(&at(1))), None, "{nonsense}");
    }
    assert_eq!(wait(None, None), None);
}

#[test]
fn a_busy_server_says_how_long_to_wait_too() {
    let headers = Headers { retry_after: Some("7"), date: None };
    for status in [429, 500, 503] {
        let error = failure::of_status(status, &headers, "", "m");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)), "{status}");
    }
    assert_eq!(failure::of_status(400, &headers, "", "m").retry_after(), None);
}
