//! The ladder on a page that is a state machine: what is certain is done, what is not is asked or ends, and an agent takes over.

use std::sync::Arc;

use handiwork_core::agent::AgentBuilder;
use handiwork_core::marks::Marks;
use handiwork_core::model::{ModelInfo, NoModel};
use handiwork_core::testing::{ScriptedModel, ScriptedSurface, button, call, text, textbox};
use handiwork_core::{Action, Event, Model, Outcome, Policy, Run, Screen, State};
use serde_json::json;

use super::super::format::{self, About, Head, Ours, Pointed, Script, Selector, Step};
use super::super::*;

/// A form with a name and a button of this name, which says thank you.
pub(super) fn form(send: &'static str) -> ScriptedSurface {
    let screen = Screen {
        url: "https://shop.example/".to_owned(),
        nodes: vec![textbox(1, "Name", ""), button(2, send), button(3, "Help")],
        ..Screen::default()
    };
    ScriptedSurface::new(screen, move |screen, action| {
        if let Action::Click(click) = action {
            match screen.get(click.r#ref).map(|node| node.name.clone()).as_deref() {
                Some(name) if name == send && send != "More" => screen.nodes = vec![text("Thank you")],
                Some("More") => screen.nodes = vec![textbox(1, "Name", "Ana"), button(7, "Send")],
                Some("Send") => screen.nodes = vec![text("Thank you")],
                _ => {}
            }
        }
    })
}

pub(super) fn marks(role: &str, name: &str) -> Marks {
    Marks { role: role.to_owned(), name: name.to_owned(), ..Marks::default() }
}

fn script() -> Script {
    let next = |intent: &str, role: &str, name: &str| {
        Ours::Next(Box::new(About { intent: intent.to_owned(), marks: Some(marks(role, name)), ..About::default() })).step()
    };
    let selectors = |name: &str| vec![Selector::One(name.to_owned())];
    let thanks = "text has Thank you".parse().expect("a condition");
    Script {
        title: "Send".to_owned(),
        steps: vec![
            Ours::Script(Head { goal: "Send the form as Ana".to_owned(), ..Head::default() }).step(),
            next("fill the name", "textbox", "Name"),
            Step::Change { selectors: selectors("Name"), value: "Ana".to_owned(), around: format::Around::default() },
            next("send the form", "button", "Send"),
            Step::Click(Pointed { selectors: selectors("Send"), ..Pointed::default() }),
            Ours::Milestone { what: "thanked".to_owned(), when: thanks }.step(),
        ],
        ..Script::default()
    }
}

async fn run(surface: ScriptedSurface, model: impl Model + 'static, change: impl FnOnce(Replay) -> Replay) -> Run {
    let ready = Ready::of(&script(), &Values::new()).expect("ready");
    let agent = AgentBuilder::new(model, change(Replay::new(ready))).surface(surface).policy(Policy::allow()).build();
    agent.run("Send the form as Ana").finish().await.expect("no journal failure").run
}

fn reason(run: &Run) -> String {
    match run.outcome() {
        Some(Outcome::Failed { reason }) => reason.clone(),
        other => panic!("{other:?}"),
    }
}

fn is_done(run: &Run) -> bool {
    matches!(run.outcome(), Some(Outcome::Done { .. }))
}

#[tokio::test]
async fn what_is_as_it_was_is_done_without_a_model() {
    let run = run(form("Send"), NoModel::default(), |replay| replay).await;
    assert!(is_done(&run), "{:?}", run.outcome());
    assert_eq!((run.verified(), run.steps()), (2, 0));
}

#[tokio::test]
async fn what_is_not_certain_is_not_done_and_what_was_tried_is_told() {
    let surface = form("Send later");
    let run = run(surface.clone(), NoModel::default(), |replay| replay).await;
    let reason = reason(&run);
    assert!(reason.contains("step 5 (send the form): button \"Send\" is not there for certain"), "{reason}");
    assert!(reason.contains("the most alike is button \"Send later\""), "{reason}");
    assert!(surface.done().iter().all(|action| action.name() != "click"));
}

#[tokio::test]
async fn what_is_closed_is_opened_but_not_without_leave_to_heal() {
    let surface = || {
        let surface = form("More");
        let mut screen = surface.screen();
        screen.nodes[1].states.push(State::Collapsed);
        ScriptedSurface::new(screen, |screen, action| {
            if let Action::Click(click) = action {
                match click.r#ref.0 {
                    2 => screen.nodes = vec![textbox(1, "Name", "Ana"), button(7, "Send")],
                    7 => screen.nodes = vec![text("Thank you")],
                    _ => {}
                }
            }
        })
    };
    let opened = run(surface(), NoModel::default(), |replay| replay).await;
    assert!(is_done(&opened), "{:?}", opened.outcome());
    let strict = run(surface(), NoModel::default(), |replay| Replay { heal: false, ..replay }).await;
    assert!(reason(&strict).contains("is not there for certain"));
}

#[tokio::test]
async fn a_model_chooses_from_the_most_alike_or_says_that_it_is_none() {
    for (number, done) in [(1, true), (0, false), (9, false)] {
        let model = Arc::new(ScriptedModel::new().calls([call("choose", json!({ "number": number }))]));
        let run = run(form("Dispatch"), model.clone(), |replay| Replay { model: true, ..replay }).await;
        let asked = model.requests();
        assert_eq!((asked.len(), is_done(&run)), (1, done), "{number}: {:?}", run.outcome());
        let question = serde_json::to_string(&asked[0].messages).expect("json");
        assert!(question.contains("send the form") && question.contains("Dispatch"), "{question}");
    }
}

#[tokio::test]
async fn an_agent_takes_over_where_a_step_cannot_be_made() {
    let model = ScriptedModel::new()
        .with_info(ModelInfo { id: "m".to_owned(), context: 100_000, ..ModelInfo::default() })
        .calls([call("click", json!({ "ref": "e2" }))])
        .calls([call("done", json!({ "ok": true, "answer": "sent" }))]);
    let run = run(form("Dispatch"), model, |replay| Replay { agent: Some(React::default()), ..replay }).await;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "sent".to_owned(), value: None }));
    assert!(handed_over(&run).is_some_and(|why| why.contains("button \"Send\" is not there for certain")));
    // What the script had done stands.
    let fills = run.events().filter(|event| matches!(event, Event::Intent { resolved, .. } if resolved.action.name() == "fill"));
    assert_eq!(fills.count(), 1);
}

/// An assertion is held to, whatever was healed.
#[tokio::test]
async fn what_must_be_so_is_never_weakened() {
    let surface = form("Send");
    let screen = surface.screen();
    let silent = ScriptedSurface::new(screen, |screen, action| {
        if action.name() == "click" {
            screen.nodes = vec![text("Something else")];
        }
    });
    let run = run(silent, NoModel::default(), |replay| replay).await;
    assert!(reason(&run).contains("it must be so that the screen says \"Thank you\""), "{}", reason(&run));
}

/// Without leave to heal only the recorded selectors count, however alike another element is.
#[tokio::test]
async fn without_healing_only_selectors_count() {
    let moved = || {
        let mut script = script();
        for step in &mut script.steps {
            if let Step::Click(pointed) = step {
                pointed.selectors = vec![Selector::One("#gone".to_owned())];
            }
        }
        Ready::of(&script, &Values::new()).expect("ready")
    };
    for heal in [true, false] {
        let planner = Replay { heal, ..Replay::new(moved()) };
        let agent = AgentBuilder::new(NoModel::default(), planner).surface(form("Send")).policy(Policy::allow()).build();
        let run = agent.run("Send").finish().await.expect("no journal failure").run;
        assert_eq!(is_done(&run), heal, "{:?}", run.outcome());
    }
}

/// An agent that has taken over is held to what the script asserts at its end, whatever it says.
#[tokio::test]
async fn an_agent_that_took_over_is_held_to_the_end_of_the_script() {
    let model = ScriptedModel::new()
        .with_info(ModelInfo { id: "m".to_owned(), context: 100_000, ..ModelInfo::default() })
        .calls([call("click", json!({ "ref": "e3" }))])
        .calls([call("fill", json!({ "ref": "e1", "text": "Bo" }))])
        .calls([call("done", json!({ "ok": true, "answer": "sent" }))]);
    let run = run(form("Dispatch"), model, |replay| Replay { agent: Some(React::default()), ..replay }).await;
    assert!(handed_over(&run).is_some() && !is_done(&run), "{:?}", run.outcome());
}

/// What was done and is not shown is left to nobody: it could be done twice.
#[tokio::test]
async fn what_was_done_and_is_not_shown_is_not_handed_over() {
    let silent = ScriptedSurface::new(form("Send").screen(), |screen, action| {
        if action.name() == "click" {
            screen.nodes = vec![text("Received"), button(9, "Send another")];
        }
    });
    let model = ScriptedModel::new().calls([call("click", json!({ "ref": "e9" }))]);
    let run = run(silent.clone(), model, |replay| Replay { agent: Some(React::default()), ..replay }).await;
    assert!(reason(&run).contains("Thank you") && handed_over(&run).is_none(), "{}", reason(&run));
    assert_eq!(silent.done().iter().filter(|action| action.name() == "click").count(), 1);
}
