//! One task, done by a model that has no tools and thinks aloud (R1, by prompt) and by one that has them (V4): with a real browser
//! and the real command. The site's own state says whether it was done.

use std::path::Path;

use handiwork_test_support::compat::{CompatStandIn, Kind, Said, Served};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use serde_json::{Value, json};

use super::serve;
use crate::cli::{handiwork, run};

const PASSWORD: &str = "canary-71c";
const R1: &str = "deepseek-r1-distill-14b";

/// The ref of the element whose line holds `words`, in the newest screen that the model was sent.
fn find(request: &Value, words: &str) -> String {
    let all: Vec<&str> =
        request["messages"].as_array().expect("messages").iter().filter_map(|message| message["content"].as_str()).collect();
    let line = all.iter().rev().flat_map(|text| text.lines().rev()).find(|line| line.contains(words));
    let line = line.unwrap_or_else(|| panic!("{words:?} is on no screen: {all:#?}"));
    let mut refs = line.split_whitespace().filter(|word| word.starts_with('e') && word[1..].parse::<u32>().is_ok());
    refs.next().unwrap_or_else(|| panic!("no ref in {line:?}")).to_owned()
}

/// The calls of each turn, read off the screens: the same for both models.
fn calls(request: &Value, turn: usize) -> Vec<(&'static str, Value)> {
    let at = |words: &str| find(request, words);
    match turn {
        0 => vec![
            ("fill", json!({ "ref": at("\"User name\""), "text": "dana" })),
            ("fill", json!({ "ref": at("\"Password\""), "text": "{{secret:password}}" })),
            ("click", json!({ "ref": at("button \"Sign in\"") })),
        ],
        1 => vec![("click", json!({ "ref": at("link \"New claim\"") }))],
        2 => vec![
            ("fill", json!({ "ref": at("\"Employee\""), "text": "Ana Lopez" })),
            ("fill", json!({ "ref": at("\"Description\""), "text": "Train to Hamburg" })),
            ("fill", json!({ "ref": at("\"Amount (EUR)\""), "text": "86.40" })),
            ("fill", json!({ "ref": at("\"Date\""), "text": "2026-11-03" })),
            ("select", json!({ "ref": at("\"Category\""), "option": "Travel" })),
            ("upload", json!({ "ref": at("\"Receipt"), "path": "ticket.txt" })),
            ("click", json!({ "ref": at("button \"Review claim\"") })),
        ],
        3 => vec![("click", json!({ "ref": at("button \"Confirm and file claim\"") }))],
        _ => vec![("done", json!({ "ok": true, "answer": "Claim C-1001 was filed." }))],
    }
}

/// As V4 does it: native calls.
fn v4(request: &Value, turn: usize) -> Scripted {
    let calls = calls(request, turn);
    calls.iter().fold(Scripted::text("").reasoning("Next."), |said, (name, args)| said.and_call(*name, args))
}

/// The lines of the protocol.
fn lines(request: &Value, turn: usize) -> String {
    let line = |(name, mut args): (&str, Value)| {
        args["do"] = json!(name);
        args.to_string()
    };
    calls(request, turn).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// As R1 does it: a block of thought with braces and tool names in it, then the lines, in a fence now and then.
fn r1(request: &Value, turn: usize) -> Said {
    let lines = lines(request, turn);
    let lines = if turn % 2 == 1 { format!("```json\n{lines}\n```") } else { lines };
    Said::text(format!("<think>\nStep {turn}: I could {{\"do\":\"click\",\"ref\":\"e1\"}}, but no.\n</think>\n\n{lines}"))
}

/// What is the same on every command line, and what became of it.
async fn task(home: &Path, flags: &[&str], deepseek: &str) -> (Value, Vec<String>) {
    std::fs::create_dir_all(home.join("uploads")).expect("a folder");
    std::fs::write(home.join("uploads/ticket.txt"), "one ticket").expect("written");
    let site = DemoSite::start(DemoConfig { user: "dana".to_owned(), password: PASSWORD.to_owned(), ..DemoConfig::default() })
        .await
        .expect("a site");
    let (url, secret) = (site.url(), format!("password=PASSWORD@{}", site.origin()));
    let mut command = handiwork(home, &["run", "File a claim.", "--json", "--url", &url, "--secret", &secret]);
    command.arg("--upload-dir").arg(home.join("uploads")).args(flags);
    command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", deepseek).env("PASSWORD", PASSWORD);
    let ran = run(command).await;
    assert_eq!(ran.code, Some(0), "{flags:?}: {ran:?}");
    let claims = site.claims().await.expect("the state");
    let filed =
        claims.iter().map(|claim| format!("{} {} {} {}", claim.employee, claim.title, claim.amount_cents, claim.category)).collect();
    site.stop().await;
    (ran.json(), filed)
}

/// What a task must have come to, however it was asked for.
fn is_done((result, filed): &(Value, Vec<String>)) {
    assert_eq!(filed, &["Ana Lopez Train to Hamburg 8640 Travel"], "{result}");
    let told = (&result["outcome"], &result["text"], &result["steps"], &result["verified"]);
    assert_eq!(told, (&json!("done"), &json!("Claim C-1001 was filed."), &json!(5), &json!(13)), "{result}");
}

async fn r1_server() -> CompatStandIn {
    serve(Served { tools: false, ..Served::new(Kind::Vllm, R1) }, r1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_by_prompt_and_v4_by_tools_finish_the_same_task() {
    let home = tempfile::tempdir().expect("a folder");
    let deepseek = StandIn::answering(v4).await.expect("a server");
    let server = r1_server().await;
    let vllm = format!("vllm:{}#{R1}", server.url());

    let by_tools = task(home.path(), &["--model", "deepseek:deepseek-v4-pro"], deepseek.url()).await;
    let by_prompt = task(home.path(), &["--model", &vllm], deepseek.url()).await;
    is_done(&by_tools);
    is_done(&by_prompt);

    // V4 had tools and its reasoning back, by the API's rules.
    assert_eq!(deepseek.refusals(), Vec::<String>::new());
    assert!(deepseek.requests().iter().all(|body| body.get("tools").is_some()));
    // R1 was offered tools once, was refused, and then had none, and never its own thoughts.
    let asked = server.conversations();
    assert_eq!(asked.iter().filter(|body| body.get("tools").is_some()).count(), 1);
    let last = asked.last().expect("a request");
    assert_eq!((asked.len(), last["messages"][0]["content"].as_str().expect("a prompt").contains("{\"do\":\"click\"")), (6, true));
    assert!(!last.to_string().contains("think>") && !last.to_string().contains("but no."), "{last}");
    // The history is append-only in either way.
    for pair in asked[1..].windows(2) {
        let (before, after) = (pair[0]["messages"].as_array().expect("messages"), pair[1]["messages"].as_array().expect("messages"));
        assert!(after.starts_with(before));
    }
    assert!(!json!(asked).to_string().contains(PASSWORD));
}

/// The same model of the same provider, with tools and without: `--protocol` is all that changes.
#[tokio::test(flavor = "multi_thread")]
async fn one_flag_takes_the_tools_away() {
    let home = tempfile::tempdir().expect("a folder");
    let either = |request: &Value, turn: usize| {
        if request.get("tools").is_some() { v4(request, turn) } else { Scripted::text(lines(request, turn)).reasoning("Next.") }
    };
    for (protocol, natively) in [("tools", true), ("json", false)] {
        let deepseek = StandIn::answering(either).await.expect("a server");
        is_done(&task(home.path(), &["--protocol", protocol], deepseek.url()).await);
        assert_eq!(deepseek.refusals(), Vec::<String>::new());
        assert!(deepseek.requests().iter().all(|body| body.get("tools").is_some() == natively), "{protocol}");
    }
}
