//! The whole, end to end: the real command, real Chromium, the demo site, SQLite, the report; only the model is a stand-in,
//! and its requests are asserted. The site's state says whether it worked.

use std::fs;
use std::path::Path;

use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use serde_json::{Value, json};

use super::{handiwork, run};

const CANARY: &str = "canary-9d27-übung&x";

/// The ref of the element whose line holds `words`, in the newest screen that the model was sent.
pub(super) fn find(request: &Value, words: &str) -> String {
    let all: Vec<&str> =
        request["messages"].as_array().expect("messages").iter().filter_map(|message| message["content"].as_str()).collect();
    let line = all.iter().rev().flat_map(|text| text.lines().rev()).find(|line| line.contains(words));
    let line = line.unwrap_or_else(|| panic!("{words:?} is on no screen: {all:#?}"));
    let refs: Vec<&str> = line.split_whitespace().filter(|word| word.starts_with('e') && word[1..].parse::<u32>().is_ok()).collect();
    (*refs.first().unwrap_or_else(|| panic!("no ref in {line:?}"))).to_owned()
}

/// What a good model would do, read off the screens that it is sent.
fn good_model(request: &Value, turn: usize) -> Scripted {
    let at = |words: &str| find(request, words);
    match turn {
        0 => Scripted::call("fill", &json!({ "ref": at("\"User name\""), "text": "dana" }))
            .and_call("fill", &json!({ "ref": at("\"Password\""), "text": "{{secret:password}}" }))
            .and_call("click", &json!({ "ref": at("button \"Sign in\"") }))
            .reasoning("Sign in first."),
        1 => Scripted::call("click", &json!({ "ref": at("link \"New claim\"") })),
        2 => Scripted::call("fill", &json!({ "ref": at("\"Employee\""), "text": "Ana Lopez" }))
            .and_call("fill", &json!({ "ref": at("\"Description\""), "text": "Train to Hamburg" }))
            .and_call("fill", &json!({ "ref": at("\"Amount (EUR)\""), "text": "86.40" }))
            .and_call("fill", &json!({ "ref": at("\"Date\""), "text": "2026-11-03" }))
            .and_call("select", &json!({ "ref": at("\"Category\""), "option": "Travel" }))
            .and_call("check", &json!({ "ref": at("checkbox \"Paid with company card\""), "checked": true }))
            .and_call("upload", &json!({ "ref": at("\"Receipt"), "path": "ticket.txt" }))
            .and_call("click", &json!({ "ref": at("button \"Review claim\"") })),
        3 => Scripted::call("click", &json!({ "ref": at("button \"Confirm and file claim\"") })),
        _ => Scripted::call("done", &json!({ "ok": true, "answer": "Claim C-1001 was filed.", "result": { "claim": "C-1001" } })),
    }
}

/// All bytes that are kept anywhere below a folder.
fn everything(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        bytes.extend(if path.is_dir() { everything(&path) } else { fs::read(&path).expect("a file") });
    }
    bytes
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_filed_and_the_canary_is_found_nowhere() {
    let home = tempfile::tempdir().expect("a folder");
    let uploads = home.path().join("uploads");
    fs::create_dir_all(&uploads).expect("a folder");
    fs::write(uploads.join("ticket.txt"), "one ticket").expect("written");
    let schema = home.path().join("schema.json");
    fs::write(&schema, r#"{"type":"object","properties":{"claim":{"type":"string"}},"required":["claim"]}"#).expect("written");
    let report = home.path().join("report.html");
    let site = DemoSite::start(DemoConfig { user: "dana".to_owned(), password: CANARY.to_owned(), ..DemoConfig::default() })
        .await
        .expect("a site");
    let server = StandIn::answering(good_model).await.expect("a server");

    let (url, secret) = (site.url(), format!("password=PASSWORD@{}", site.origin()));
    let mut command = handiwork(home.path(), &["run", "File a claim.", "--json", "--url", &url, "--secret", &secret]);
    command.arg("--report").arg(&report).arg("--upload-dir").arg(&uploads).arg("--output-schema").arg(&schema);
    command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", server.url()).env("PASSWORD", CANARY);
    let ran = run(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");

    // The server's state says whether it worked.
    let claims = site.claims().await.expect("the state");
    assert_eq!(claims.len(), 1, "{claims:?}");
    let claim = &claims[0];
    assert_eq!((claim.employee.as_str(), claim.title.as_str(), claim.amount_cents), ("Ana Lopez", "Train to Hamburg", 8640));
    assert_eq!((claim.date.as_str(), claim.category.as_str(), claim.company_card), ("2026-11-03", "Travel", true));
    assert_eq!(claim.receipt_file.as_ref().map(|file| (file.name.as_str(), file.len)), Some(("ticket.txt", 10)));

    // The result, the journal and the report tell the same.
    let result = ran.json();
    assert_eq!((&result["outcome"], &result["value"]), (&json!("done"), &json!({ "claim": "C-1001" })));
    assert_eq!((&result["steps"], &result["verified"]), (&json!(5), &json!(14)));
    assert!(result["cost_usd"].as_f64().expect("a cost") > 0.0 && result["tokens"]["cached"].as_u64().expect("tokens") > 0, "{result}");
    let id = result["run"].as_str().expect("a run");
    let shown = run(handiwork(home.path(), &["show", id, "--json"])).await.json();
    let receipts = shown["entries"].as_array().expect("entries").iter().filter(|entry| entry["event"]["type"] == "receipt");
    let shots: Vec<bool> = receipts.map(|entry| entry["event"]["shot"].is_object()).collect();
    // The first page, two fields, then the click while the password stands on the page, then a picture of everything.
    assert_eq!(shots[..5], [true, true, true, false, true], "no picture while the secret is on the page");
    assert!(shots[4..].iter().all(|shot| *shot));
    let listed = run(handiwork(home.path(), &["runs", "--json"])).await.json();
    assert_eq!((&listed[0]["id"], &listed[0]["status"], &listed[0]["steps"]), (&json!(id), &json!("done"), &json!(5)));
    let again = home.path().join("again.html");
    let mut command = handiwork(home.path(), &["report", &id[..id.len() - 1], "-o"]);
    command.arg(&again);
    assert_eq!(run(command).await.code, Some(0));
    let html = fs::read_to_string(&again).expect("the report");
    assert_eq!(html, fs::read_to_string(&report).expect("the report"));
    assert!(html.contains("Ana Lopez") && html.contains("Confirm and file claim") && html.contains("data:image/"));

    // What the model was asked is what the wire allows, append-only, and without the secret.
    assert_eq!(server.refusals(), Vec::<String>::new());
    let requests = server.requests();
    for pair in requests.windows(2) {
        let (before, after) = (pair[0]["messages"].as_array().expect("messages"), pair[1]["messages"].as_array().expect("messages"));
        assert!(after.starts_with(before) && pair[0]["tools"] == pair[1]["tools"]);
    }

    // The canary is nowhere: not in prompts, journal, blobs, report, output; plain, encoded or escaped.
    let kept = everything(home.path());
    assert!(holds(&kept, "Ana Lopez"), "the search works");
    let said = format!("{}{}{shown}{}", ran.out, ran.err, json!(requests));
    for spelling in [CANARY, "canary-9d27", "canary%2D9d27", "%C3%BCbung"] {
        assert!(!holds(&kept, spelling) && !said.contains(spelling), "{spelling}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_page_is_the_same_bytes() {
    let home = tempfile::tempdir().expect("a folder");
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let url = site.url();
    let first = run(handiwork(home.path(), &["screen", "--url", &url])).await;
    let second = run(handiwork(home.path(), &["screen", "--url", &url])).await;
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(first.out, second.out);
    assert!(first.out.contains("textbox \"User name\"") && first.out.contains("button \"Sign in\""), "{}", first.out);
    site.stop().await;
}
