//! What is private never reaches the remote server, by its own word: the requests that came there are looked through.

use std::sync::Arc;

use handiwork::core::model::deepseek::DeepSeek;
use handiwork::core::{AgentBuilder, ModelInfo, Outcome, Policy, Screen};
use handiwork::planners::{React, Router, router};
use handiwork::testing::{ScriptedModel, ScriptedSurface, button, call, text};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::json;

/// A public page with a way into the intranet, where a number is that nobody outside may know.
fn pages() -> ScriptedSurface {
    let screen = Screen {
        title: "Home".to_owned(),
        url: "https://public.example/".to_owned(),
        nodes: vec![text("Welcome"), button(1, "Intranet")],
        ..Screen::default()
    };
    ScriptedSurface::new(screen, |screen, action| {
        if action.name() == "click" {
            "https://intranet.example/pay".clone_into(&mut screen.url);
            screen.nodes = vec![text("Salary of Ana: 4711"), button(3, "Back")];
        }
    })
}

#[tokio::test]
async fn what_is_private_never_reaches_the_remote_server() {
    let calls = || Scripted::call("click", &json!({ "ref": "e1" }));
    let server =
        StandIn::start(vec![calls(), Scripted::call("done", &json!({ "ok": true, "answer": "leaked" }))]).await.expect("it starts");
    let remote = DeepSeek::from_key(StandIn::KEY).base_url(server.url());
    let id = handiwork::Model::info(&remote).id.clone();
    let local = Arc::new(
        ScriptedModel::new()
            .with_info(ModelInfo { id: "local".to_owned(), context: 100_000, ..ModelInfo::default() })
            .calls([call("done", json!({ "ok": true, "answer": "4711" }))]),
    );
    let private = router::Private { origins: vec!["https://intranet.example".to_owned()], ..router::Private::default() };
    let settings = router::Settings { local: "local".to_owned(), remote: id, private, ..router::Settings::default() };
    let agent = AgentBuilder::new(remote, Router::new(React::default(), settings)).also(local.clone()).surface(pages());
    let agent = agent.policy(Policy::allow()).build();
    let run = agent.run("Open the intranet and tell what Ana earns").finish().await.expect("no journal failure").run;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "4711".to_owned(), value: None }), "it still succeeds, here");
    assert!(server.refusals().is_empty(), "{:?}", server.refusals());
    let sent = server.requests();
    assert_eq!((sent.len(), local.requests().len()), (1, 1));
    for request in &sent {
        let text = request.to_string();
        assert!(text.contains("public.example") && !text.contains("4711") && !text.contains("intranet.example"), "{text}");
    }
    assert!(run.bills().values().all(|bill| bill.replies == 1), "{:?}", run.bills());
}
