//! Who is asked: by what is private first, then by what is difficult and what may be spent.

use std::sync::Arc;

use handiwork_core::agent::AgentBuilder;
use handiwork_core::model::{Model, Price};
use handiwork_core::testing::{ScriptedModel, ScriptedSurface, button, call, text};
use handiwork_core::{Outcome, Request, Screen, ToolCall};
use serde_json::json;

use super::*;
use crate::React;

/// A public page, and one of the intranet behind it.
fn pages() -> ScriptedSurface {
    let screen = Screen {
        title: "Home".to_owned(),
        url: "https://public.example/".to_owned(),
        nodes: vec![text("Welcome"), button(1, "Intranet"), button(2, "Nothing")],
        ..Screen::default()
    };
    ScriptedSurface::new(screen, |screen, action| {
        if action.name() == "click" && action.target().is_some_and(|r| r.0 == 1) {
            screen.url = "https://intranet.example/pay".to_owned();
            screen.nodes = vec![text("Salary of Ana: 4711"), button(3, "Back")];
        }
    })
}

fn named(id: &str) -> ScriptedModel {
    let price = Some(Price { hit: 1.0, miss: 10.0, output: 10.0 }).filter(|_| id == "remote");
    ScriptedModel::new().with_info(ModelInfo { id: id.to_owned(), context: 100_000, price, ..ModelInfo::default() })
}

fn click(r: u32) -> ToolCall {
    call("click", json!({ "ref": format!("e{r}") }))
}

fn done(answer: &str) -> ToolCall {
    call("done", json!({ "ok": true, "answer": answer }))
}

fn settings() -> Settings {
    let private = Private { origins: vec!["https://intranet.example".to_owned()], ..Private::default() };
    Settings { local: "local".to_owned(), remote: "remote".to_owned(), private, ..Settings::default() }
}

async fn run(goal: &str, settings: Settings, local: ScriptedModel, remote: ScriptedModel) -> (Run, Vec<Request>, Vec<Request>) {
    let (local, remote) = (Arc::new(local), Arc::new(remote));
    let agent = AgentBuilder::new(remote.clone(), Router::new(React::default(), settings)).also(local.clone()).surface(pages()).build();
    let run = agent.run(goal).finish().await.expect("no journal failure").run;
    (run, local.requests(), remote.requests())
}

fn says(requests: &[Request], words: &str) -> bool {
    serde_json::to_string(requests).expect("json").contains(words)
}

#[tokio::test]
async fn what_is_private_stays_here_and_so_does_all_that_follows() {
    let remote = named("remote").calls([click(1)]).calls([done("leaked")]);
    let local = named("local").calls([click(9)]).calls([done("4711")]);
    let (run, here, there) = run("What is the salary of Ana?", settings(), local, remote).await;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "4711".to_owned(), value: None }));
    assert!(says(&here, "4711") && !says(&there, "4711") && !says(&there, "intranet.example"));
    assert_eq!((here.len(), there.len()), (2, 1));
    let routed: Vec<String> =
        run.events().filter_map(|event| if let Event::Routed { to, why } = event { Some(format!("{to}: {why}")) } else { None }).collect();
    assert_eq!(routed, ["remote: nothing private has come up", "local: https://intranet.example is private"]);
    let bills = run.bills();
    assert_eq!((bills["local"].replies, bills["remote"].replies), (2, 1));
    assert!(bills["local"].usd == 0.0 && bills["remote"].usd > 0.0);
}

/// A local model that fails is not replaced by a remote one.
#[tokio::test]
async fn what_is_private_is_not_sent_on_when_the_local_model_fails() {
    let remote = Arc::new(named("remote").calls([click(1)]).calls([done("leaked")]));
    let agent = AgentBuilder::new(remote.clone(), Router::new(React::default(), settings()))
        .also(named("local"))
        .fallback(named("another").calls([done("leaked")]))
        .surface(pages())
        .build();
    let run = agent.run("What is the salary of Ana?").finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Broken { .. })), "{:?}", run.outcome());
    assert!(!says(&remote.requests(), "4711"));
}

#[tokio::test]
async fn a_goal_with_a_private_word_is_asked_here_from_the_start() {
    let private = Private { texts: vec!["Project \"Heron\"".to_owned()], ..Private::default() };
    let (run, here, there) = run(
        "What is said of project \"heron\"?",
        Settings { private, ..settings() },
        named("local").calls([done("nothing")]),
        named("remote"),
    )
    .await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    assert_eq!((here.len(), there.len()), (1, 0));
}

#[tokio::test]
async fn what_is_difficult_goes_to_the_remote_model_and_stays_there() {
    let local = named("local").calls([click(7)]).calls([click(8)]);
    let remote = named("remote").calls([click(2)]).calls([done("nothing there")]);
    let hard = Settings { local_first: true, private: Private::default(), ..settings() };
    let (run, here, there) = run("Say what is behind it.", hard, local, remote).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    assert_eq!((here.len(), there.len()), (2, 2));
}

#[tokio::test]
async fn what_is_spent_is_spent() {
    let remote = named("remote").calls([click(1)]);
    let dear = Settings { remote_usd: Some(0.000_5), private: Private::default(), ..settings() };
    let (run, here, there) = run("Say what is behind it.", dear, named("local").calls([done("pay")]), remote).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    assert_eq!((here.len(), there.len()), (1, 1), "one request cost more than that");
}

#[tokio::test]
async fn a_model_that_is_not_there_is_an_error() {
    let agent = AgentBuilder::new(named("remote"), Router::new(React::default(), Settings { remote: "other".to_owned(), ..settings() }));
    let run = agent.surface(pages()).build().run("Say what it is.").finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Broken { error, .. }) if error.contains("does not have")), "{:?}", run.outcome());
    assert_eq!(named("x").info().id, "x");
}

/// A helper elsewhere is a way out too: it is given nothing once something private has come up, and never what says something private.
#[tokio::test]
async fn what_is_private_is_given_to_no_helper_elsewhere() {
    let ask = |goal: &str| call("delegate", json!({ "to": "reader", "goal": goal }));
    let helper = || {
        let model = ScriptedModel::new().calls([done("helped")]);
        let agent = AgentBuilder::new(model, React::default()).surface(pages()).build();
        async { Ok(agent) }
    };
    for here in [false, true] {
        let private = Private { texts: vec!["Project Zephyr".to_owned()], ..settings().private };
        let settings = Settings { private, helpers: if here { vec!["reader".to_owned()] } else { Vec::new() }, ..settings() };
        let remote = Arc::new(named("remote").calls([ask("Who is in project zephyr?"), ask("What is the weather?"), click(1)]));
        let local = named("local").calls([ask("What does 4711 mean?")]).calls([done("4711")]);
        let builder = AgentBuilder::new(remote.clone(), Router::new(React::default(), settings)).also(local).surface(pages());
        let run = builder.helper("reader", "reads", helper).build().run("Find out").finish().await.expect("no journal failure").run;
        let given: Vec<&str> = run.errands().map(|errand| errand.goal.as_str()).collect();
        let expected: &[&str] =
            if here { &["Who is in project zephyr?", "What is the weather?", "What does 4711 mean?"] } else { &["What is the weather?"] };
        assert_eq!(given, expected, "on this machine: {here}");
        let refused =
            run.events().filter(|event| matches!(event, Event::ToolResult { result: Err(why), .. } if why.contains("stays here")));
        assert_eq!(refused.count(), if here { 0 } else { 2 });
    }
}
