//! A command that is interrupted, killed or asked about is resumed by its run's id alone, and nothing is done twice.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::claim::find;
use super::{handiwork, run};

/// What is said in the turn that a conversation has come to. The first time that turns 1 and 2 are asked for, the reply breaks off
/// in the middle and never ends.
fn model(origin: String) -> impl Fn(&Value, usize) -> Scripted + Send + Sync + 'static {
    let stalled = Arc::new(Mutex::new(BTreeSet::new()));
    move |request, _| {
        let at = |words: &str| find(request, words);
        let turn = request["messages"].as_array().expect("messages").iter().filter(|message| message["role"] == "assistant").count();
        let reply = match turn {
            0 => Scripted::call("fill", &json!({ "ref": at("\"User name\""), "text": "dana" }))
                .and_call("fill", &json!({ "ref": at("\"Password\""), "text": "{{secret:password}}" }))
                .and_call("click", &json!({ "ref": at("button \"Sign in\"") })),
            1 => Scripted::call("navigate", &json!({ "url": format!("{origin}/board") })),
            2 => Scripted::call("fill", &json!({ "ref": at("textbox \"Note\""), "text": "alpha rope" }))
                .and_call("click", &json!({ "ref": at("button \"Add note\"") })),
            3 => Scripted::call("click", &json!({ "ref": at("button \"Send digest\"") })),
            _ => Scripted::call("done", &json!({ "ok": true, "answer": "All is done." })),
        };
        let first = matches!(turn, 1 | 2) && stalled.lock().expect("no panic").insert(turn);
        if first { reply.stall_after(1) } else { reply }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_run_is_interrupted_killed_asked_and_resumed_by_its_id() {
    let home = tempfile::tempdir().expect("a folder");
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let server = StandIn::answering(model(site.origin())).await.expect("a server");
    let (url, secret) = (site.url(), format!("password=PASSWORD@{}", site.origin()));
    let command = |args: &[&str]| {
        let mut command = handiwork(home.path(), args);
        command
            .env("DEEPSEEK_API_KEY", StandIn::KEY)
            .env("DEEPSEEK_BASE_URL", server.url())
            .env("PASSWORD", DemoConfig::default().password);
        command
    };
    let asked = async |number: usize| {
        let end = Instant::now() + Duration::from_mins(1);
        while server.requests().len() < number {
            assert!(Instant::now() < end, "request {number} does not come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let signal = |child: &tokio::process::Child, signal| {
        let pid = i32::try_from(child.id().expect("it runs")).ok().and_then(Pid::from_raw).expect("a pid");
        kill_process(pid, signal).expect("a signal");
    };
    let probe = format!("Add note: {}/board has {{{{Note}}}}", site.origin());
    let board = ["run", "Put a note on the board.", "--json", "--url", &url, "--secret", &secret, "--probe", &probe];

    // Ctrl-C in the middle of a reply.
    let mut begun = command(&board);
    begun.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let begun = begun.spawn().expect("it starts");
    asked(2).await;
    signal(&begun, Signal::INT);
    let ended = tokio::time::timeout(Duration::from_mins(1), begun.wait_with_output()).await.expect("it ends").expect("an output");
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    let told: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    let id = told["run"].as_str().expect("a run").to_owned();
    assert_eq!(told["outcome"], "stopped");
    assert!(String::from_utf8_lossy(&ended.stderr).contains(&format!("handiwork resume {id}")), "{ended:?}");

    // Killed in the middle of the next one.
    let mut resumed = command(&["resume", &id]);
    resumed.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut resumed = resumed.spawn().expect("it starts");
    asked(4).await;
    let taken = run(command(&["resume", &id])).await;
    assert!(taken.code == Some(7) && taken.err.contains("is being driven by"), "{taken:?}");
    signal(&resumed, Signal::KILL);
    resumed.wait().await.expect("reaped");
    let listed = run(command(&["runs", "--json"])).await.json();
    assert_eq!((&listed[0]["id"], &listed[0]["status"]), (&json!(id), &json!("interrupted")), "{listed}");

    // What can't be taken back is asked about; there is no terminal here.
    let asks = run(command(&["resume", &id[..12]])).await;
    assert!(asks.code == Some(4) && asks.err.contains("--answer yes"), "{asks:?}");
    assert!(asks.err.contains("resumed"), "{asks:?}");
    let again = run(command(&["resume", &id])).await;
    assert_eq!(again.code, Some(4), "a question stays: {again:?}");
    let done = run(command(&["resume", &id, "--answer", "yes", "--json"])).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!((&done.json()["outcome"], &done.json()["text"]), (&json!("done"), &json!("All is done.")));

    // Each thing was done once, in one session, and no reply was paid for twice.
    let effects: Vec<String> = site.effects().await.expect("the state").into_iter().map(|effect| effect.what).collect();
    assert_eq!(effects, ["signed_in", "noted", "digest_sent"]);
    assert_eq!(server.refusals(), Vec::<String>::new());
    assert_eq!(server.requests().len(), 7, "five replies, and two that broke off");
    let over = run(command(&["resume", &id])).await;
    assert!(over.code == Some(2) && over.err.contains("is over"), "{over:?}");
    let report = home.path().join("report.html");
    let mut written = command(&["report", &id, "-o"]);
    written.arg(&report);
    assert_eq!(run(written).await.code, Some(0));
    let html = std::fs::read_to_string(&report).expect("the report");
    assert!(html.contains("Resumed") && html.contains("kept their refs"), "the report tells of it");
}
