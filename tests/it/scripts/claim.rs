//! What was filed once is filed again with other values, without a model, also at another address.

use handiwork::core::{Event, Outcome};
use handiwork::planners::script::{Script, export};
use handiwork_test_support::demo::{DemoConfig, DemoSite};

use super::{recorded, replayed, values};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_filed_again_with_other_values() {
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let script = recorded(&site).await;
    if let Ok(file) = std::env::var("HANDIWORK_WRITE_SCRIPT") {
        std::fs::write(file, script.write().replace(&site.origin(), "http://127.0.0.1:8000")).expect("written");
    }
    let names: Vec<String> = script.variables().into_iter().collect();
    assert_eq!(names, ["amount", "category", "date", "employee", "title", "user"], "{}", script.write());
    let text = script.write();
    assert!(text.contains("{{secret:password}}") && !text.contains("quiet-harbour"), "{text}");
    assert_eq!(Script::read(&text).expect("it is read again"), script);

    let other = values(&[("employee", "Bo Chen"), ("title", "lunch"), ("amount", "12.50"), ("date", "2026-10-21"), ("category", "Meals")]);
    let run = replayed(&script, &other, &site).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    assert!(run.events().all(|event| !matches!(event, Event::Asked { .. })), "no model was asked");
    // A site of its own has another address.
    let elsewhere = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let moved = export::at_origin(&script, &elsewhere.origin());
    let run = replayed(&moved, &values(&[]), &elsewhere).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());

    let claims = site.claims().await.expect("claims");
    let filed: Vec<(String, i64, String)> = claims.into_iter().map(|claim| (claim.employee, claim.amount_cents, claim.category)).collect();
    assert!(filed.contains(&("Ana Lopez".to_owned(), 8640, "Travel".to_owned())), "{filed:?}");
    assert!(filed.contains(&("Bo Chen".to_owned(), 1250, "Meals".to_owned())), "{filed:?}");
    assert_eq!(elsewhere.claims().await.expect("claims").iter().filter(|claim| claim.employee == "Ana Lopez").count(), 1);
}

/// What must be so is held to, whatever was done.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_shown_is_not_done() {
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let script = recorded(&site).await;
    let text = script.write().replace("\"contains\": \"{{employee}}\"", "\"contains\": \"paid out at once\"");
    let script = Script::read(&text).expect("a script");
    let run = replayed(&script, &values(&[("employee", "Mei Tanaka")]), &site).await;
    let Some(Outcome::Failed { reason }) = run.outcome() else { panic!("{:?}", run.outcome()) };
    assert!(reason.contains("paid out at once"), "{reason}");
}

/// What Chrome's form can't say: conditions, chords, and what a page says as a result.
#[tokio::test(flavor = "multi_thread")]
async fn steps_of_our_own_are_done() {
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let ours = |name: &str, parameters: serde_json::Value| serde_json::json!({ "type": "customStep", "name": format!("x-handiwork-{name}"), "parameters": parameters });
    let change = |css: &str, value: &str| serde_json::json!({ "type": "change", "selectors": [[css]], "value": value });
    let says = |text: &str| serde_json::json!({ "kind": "text", "contains": text });
    let nowhere = serde_json::json!({ "type": "click", "selectors": [["#nowhere"]], "offsetX": 1, "offsetY": 1 });
    let text = serde_json::json!({ "title": "Sign in", "steps": [
        { "type": "navigate", "url": site.url() },
        ours("when", serde_json::json!({ "when": says("There is no such thing"), "steps": [nowhere] })),
        ours("when", serde_json::json!({ "when": says("company account"), "steps": [change("#user", "dana"), change("#password", "{{secret:password}}")] })),
        ours("press", serde_json::json!({ "keys": "Enter" })),
        ours("milestone", serde_json::json!({ "when": { "kind": "url", "contains": "/claims" } })),
        ours("extract", serde_json::json!({ "into": "head", "selectors": [["h1"]] })),
    ] });
    let script = Script::read(&text.to_string()).expect("a script");
    let run = replayed(&script, &values(&[]), &site).await;
    let Some(Outcome::Done { value: Some(value), .. }) = run.outcome() else { panic!("{:?}", run.outcome()) };
    assert!(value["head"].as_str().is_some_and(|head| head.contains("Claims")), "{value}");
}
