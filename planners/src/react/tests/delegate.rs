//! A part of the goal is given to helpers: each with a screen of its own, at the same time; the parent sees a summary and receipts.

use std::sync::Arc;

use handiwork_core::agent::AgentBuilder;
use handiwork_core::journal::{Journal, MemoryJournal};
use handiwork_core::testing::{ScriptedModel, ScriptedSurface, button, call, text};
use handiwork_core::{Event, Outcome, Policy, Run, Screen};
use serde_json::json;

use crate::React;

fn library() -> ScriptedSurface {
    let screen = Screen {
        url: "https://library.example/".to_owned(),
        nodes: vec![text("A very long page"), button(1, "Next")],
        ..Screen::default()
    };
    ScriptedSurface::new(screen, |screen, action| {
        if action.name() == "click" {
            screen.nodes = vec![text("The price is 42")];
        }
    })
}

fn helper() -> AgentBuilder {
    let model =
        ScriptedModel::new().calls([call("click", json!({ "ref": "e1" }))]).calls([call("done", json!({ "ok": true, "answer": "42" }))]);
    AgentBuilder::new(model, React::default()).surface(library()).policy(Policy::allow())
}

#[tokio::test]
async fn helpers_work_at_the_same_time_and_come_back_with_receipts() {
    let journal = Arc::new(MemoryJournal::default());
    let ask = |goal: &str| call("delegate", json!({ "to": "reader", "goal": goal }));
    let wrong = call("delegate", json!({ "to": "nobody", "goal": "x" }));
    let parent = Arc::new(
        ScriptedModel::new()
            .calls([ask("What is the price of A?"), wrong, ask("What is the price of B?")])
            .calls([call("done", json!({ "ok": true, "answer": "42 and 42" }))]),
    );
    let agent = AgentBuilder::new(parent.clone(), React::default())
        .journal(journal.clone())
        .helper("reader", "reads pages", || async { Ok(helper().build()) })
        .build();
    let run = agent.run("What do A and B cost?").finish().await.expect("no journal failure").run;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "42 and 42".to_owned(), value: None }));
    let delegated: Vec<usize> =
        run.events().filter_map(|event| if let Event::Delegated { errands, .. } = event { Some(errands.len()) } else { None }).collect();
    assert_eq!(delegated, [2], "both at once");
    let request = parent.requests().pop().expect("a second request");
    let told = serde_json::to_string(&request.messages).expect("json");
    assert!(told.contains("there is no helper \\\\\\\"nobody\\\\\\\"") || told.contains("there is no helper"), "{told}");
    assert!(
        told.contains("click the button") && !told.contains("A very long page"),
        "a summary and receipts, and not what was read: {told}"
    );
    assert!(request.tools.iter().any(|tool| tool.name == "delegate" && tool.description.contains("reader: reads pages")));
    for errand in run.errands() {
        let child = Run::from_entries(errand.run.clone(), journal.load(&errand.run).await.expect("kept")).expect("a run");
        assert_eq!((child.goal(), child.verified()), (errand.goal.as_str(), 1));
    }
    assert_eq!(run.bills()["scripted"].replies, 6, "two of its own, and two of each helper");
}

/// A helper may do no more than its parent, whatever its own agent may.
#[tokio::test]
async fn a_helper_is_held_to_its_parents_rules() {
    let parent = ScriptedModel::new()
        .calls([call("delegate", json!({ "to": "reader", "goal": "What is the price?" }))])
        .calls([call("done", json!({ "ok": false, "answer": "it may not" }))]);
    let agent = AgentBuilder::new(parent, React::default())
        .policy(Policy::read_only())
        .helper("reader", "reads pages", || async { Ok(helper().build()) })
        .build();
    let run = agent.run("What does it cost?").finish().await.expect("no journal failure").run;
    let back = run.returned().next().expect("it came back");
    assert!(back.story.iter().any(|line| line.contains("this run may not click")), "{back:?}");
}

/// One that can't begin, or would have to ask, comes back as a failure and not as a run that rests.
#[tokio::test]
async fn a_helper_that_cannot_begin_is_told_of() {
    let parent = Arc::new(
        ScriptedModel::new()
            .calls([call("delegate", json!({ "to": "reader", "goal": "x" })), call("delegate", json!({ "to": "asker", "goal": "y" }))])
            .calls([call("done", json!({ "ok": false, "answer": "nobody helps" }))]),
    );
    let asker = || {
        let model = ScriptedModel::new().calls([call("ask_person", json!({ "question": "Which one?" }))]);
        async { Ok(AgentBuilder::new(model, React::default()).surface(library()).build()) }
    };
    let agent = AgentBuilder::new(parent.clone(), React::default())
        .helper("reader", "reads", || async { Err("there is no browser".to_owned()) })
        .helper("asker", "asks", asker)
        .build();
    let run = agent.run("Do it").finish().await.expect("no journal failure").run;
    let told: Vec<String> = run.returned().map(|one| one.outcome.to_string()).collect();
    assert!(told.iter().any(|told| told.contains("reader could not begin: there is no browser")), "{told:?}");
    assert!(told.iter().any(|told| told.contains("it would have to ask the person: Which one?")), "{told:?}");
    assert!(matches!(run.outcome(), Some(Outcome::Failed { reason }) if reason == "nobody helps"));
}
