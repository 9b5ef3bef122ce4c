//! A run is recorded from a real exchange with a secret in play, and replayed without a model.

use std::fs;
use std::path::Path;

use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use serde_json::{Value, json};

use super::claim::find;
use super::{Ran, handiwork, run};

const CANARY: &str = "canary-4c81-übung";

/// Signs in, and says so.
fn sign_in(request: &Value, turn: usize) -> Scripted {
    let at = |words: &str| find(request, words);
    match turn {
        0 => Scripted::refusal(503, "busy"),
        1 => Scripted::call("fill", &json!({ "ref": at("\"User name\""), "text": "dana" }))
            .and_call("fill", &json!({ "ref": at("\"Password\""), "text": "{{secret:password}}" }))
            .and_call("click", &json!({ "ref": at("button \"Sign in\"") }))
            .reasoning("Sign in first."),
        _ => Scripted::call("done", &json!({ "ok": true, "answer": "Signed in." })),
    }
}

/// Runs the goal on the site with `more` arguments; the model's server, if there is one, is given by the environment.
async fn sign_in_by(home: &Path, site: &DemoSite, goal: &str, more: [&str; 2], server: Option<&StandIn>) -> Ran {
    let (url, secret) = (site.url(), format!("password=PASSWORD@{}", site.origin()));
    let mut command = handiwork(home, &["run", goal, "--json", "--url", &url, "--secret", &secret]);
    command.args(more).env("PASSWORD", CANARY);
    if let Some(server) = server {
        command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", server.url());
    }
    run(command).await
}

/// What a run came to, without what is different each time.
fn outcome(ran: &Ran) -> Value {
    let mut result = ran.json();
    for field in ["run", "seconds"] {
        result[field].take();
    }
    result
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_run_is_replayed_without_its_model() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("sign-in.ndjson");
    let file = file.to_str().expect("a path");
    let site = DemoSite::start(DemoConfig { user: "dana".to_owned(), password: CANARY.to_owned(), ..DemoConfig::default() })
        .await
        .expect("a site");
    let server = StandIn::answering(sign_in).await.expect("a server");
    let live = sign_in_by(home.path(), &site, "Sign in.", ["--record", file], Some(&server)).await;
    assert_eq!(live.code, Some(0), "{live:?}");
    let asked = server.requests().len();
    drop(server);

    // Each attempt is a line; nothing that is secret is in any.
    let text = fs::read_to_string(file).expect("the cassette");
    assert_eq!(text.lines().count(), asked);
    assert!(text.lines().next().is_some_and(|line| line.contains("\"error\":{\"server\"")), "{text}");
    assert!(text.contains("{{secret:password}}") && text.contains("Sign in first."));
    for never in [CANARY, "canary-4c81", "%C3%BCbung", StandIn::KEY, "Bearer", "authorization", "127.0.0.1:0"] {
        assert!(!text.contains(never), "{never} is in {text}");
    }

    let cassette = format!("cassette:{file}");
    let replayed = sign_in_by(home.path(), &site, "Sign in.", ["--model", &cassette], None).await;
    assert_eq!((replayed.code, outcome(&replayed)), (Some(0), outcome(&live)), "{replayed:?}");

    let other = sign_in_by(home.path(), &site, "Sign out.", ["--model", &cassette], None).await;
    assert_eq!(other.code, Some(6), "{other:?}");
    for says in ["holds another request 1", "Sign in.", "+", "Sign out.", "record it again"] {
        assert!(other.out.contains(says) || other.err.contains(says), "{says:?} is not in {other:?}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_cassette_that_is_not_there() {
    let home = tempfile::tempdir().expect("a folder");
    let ran = run(handiwork(home.path(), &["run", "x", "--model", "cassette:/no/such/file"])).await;
    assert!(ran.code == Some(3) && ran.err.contains("/no/such/file"), "{ran:?}");
    assert_eq!(run(handiwork(home.path(), &["run", "x", "--model", "cassette"])).await.code, Some(2));
}
