//! Plans are taken or refused by what they can show, milestones are ticked off by what is observed.

use handiwork_core::agent::AgentBuilder;
use handiwork_core::testing::{ScriptedModel, ScriptedSurface, button, call, text, textbox};
use handiwork_core::{Event, Outcome, Request, Run, Screen, Status, ToolCall};
use serde_json::{Value, json};
use std::sync::Arc;

use super::{Ledger, Plan};

/// A shop of two pages: what is put into the basket is there, and an order is an order.
fn shop() -> ScriptedSurface {
    let screen = Screen {
        title: "Shop".to_owned(),
        url: "https://shop.example/".to_owned(),
        nodes: vec![text("Mugs"), button(1, "Add mug"), button(2, "Help")],
        ..Screen::default()
    };
    ScriptedSurface::new(screen, |screen, action| match action.target().map(|r| r.0) {
        Some(1) => {
            screen.url = "https://shop.example/basket".to_owned();
            screen.nodes = vec![text("1 mug in the basket"), textbox(3, "Name", ""), button(4, "Order")];
        }
        Some(4) => {
            screen.url = "https://shop.example/orders/7".to_owned();
            screen.nodes = vec![text("Order 7 was placed")];
        }
        _ => {}
    })
}

fn plan(milestones: &Value, lesson: Option<&str>) -> ToolCall {
    let mut args = json!({ "milestones": milestones });
    if let Some(lesson) = lesson {
        args["lesson"] = json!(lesson);
    }
    call("plan", args)
}

fn way() -> Value {
    json!([
        { "what": "mug in the basket", "kind": "text", "value": "in the basket" },
        { "what": "order placed", "kind": "url", "value": "/orders/" },
    ])
}

fn click(r: u32) -> ToolCall {
    call("click", json!({ "ref": format!("e{r}") }))
}

fn done() -> ToolCall {
    call("done", json!({ "ok": true, "answer": "ordered" }))
}

async fn run(model: ScriptedModel) -> (Run, Vec<Request>) {
    let model = Arc::new(model);
    let agent = AgentBuilder::new(model.clone(), Plan::default()).surface(shop()).build();
    let run = agent.run("Order a mug").finish().await.expect("no journal failure").run;
    (run, model.requests())
}

fn said(request: &Request) -> String {
    serde_json::to_string(&request.messages).expect("json").replace("\\n", "\n")
}

#[tokio::test]
async fn a_plan_is_recited_when_it_changes_and_ticked_off_by_what_is_seen() {
    let model = ScriptedModel::new().calls([plan(&way(), None)]).calls([click(1)]).calls([click(4)]).calls([done()]);
    let (run, requests) = run(model).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    let tail = |at: usize| said(&requests[at]).rsplit("Plan:").next().unwrap_or_default().to_owned();
    assert!(tail(1).contains("[ ] mug in the basket") && tail(1).contains("[ ] order placed"), "{}", tail(1));
    assert!(tail(2).contains("[x] mug in the basket") && tail(2).contains("[ ] order placed"), "{}", tail(2));
    assert!(tail(3).contains("[x] order placed"));
    for pair in requests.windows(2) {
        assert!(pair[1].messages.starts_with(&pair[0].messages), "what was said stays said");
        assert_eq!((&pair[0].system, &pair[0].tools), (&pair[1].system, &pair[1].tools));
    }
    let ledger = Ledger::of(&run);
    assert!(ledger.is_reached() && ledger.plans == 1 && ledger.milestones.iter().all(|one| one.reached.is_some()));
}

#[tokio::test]
async fn nothing_is_done_before_there_is_a_plan_and_a_bad_plan_is_none() {
    let bad = |milestones: Value| plan(&milestones, None);
    let model = ScriptedModel::new()
        .calls([click(1)])
        .calls([bad(json!([]))])
        .calls([bad(json!([{ "what": "shop is open", "kind": "text", "value": "Mugs" }]))])
        .calls([bad(json!([{ "what": "x", "kind": "smell", "value": "roses" }]))])
        .calls([plan(&way(), None)])
        .calls([click(1)])
        .calls([click(4)])
        .calls([done()]);
    let (run, requests) = run(model).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    let all = said(requests.last().expect("one"));
    for why in ["call plan first, alone", "at least one milestone", "shows nothing", "no kind \\\"smell\\\""] {
        assert!(all.contains(why), "{why} in {all}");
    }
    assert_eq!(Ledger::of(&run).plans, 1);
}

#[tokio::test]
async fn a_plan_is_replaced_with_a_lesson_that_is_carried_on() {
    let other =
        json!([{ "what": "basket", "kind": "url", "value": "/basket" }, { "what": "order placed", "kind": "url", "value": "/orders/" }]);
    let model = ScriptedModel::new()
        .calls([plan(&way(), None)])
        .calls([click(2)])
        .calls([plan(&other, None)])
        .calls([plan(&other, Some("Help leads nowhere"))])
        .calls([click(1)])
        .calls([click(4)])
        .calls([done()]);
    let (run, requests) = run(model).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    let ledger = Ledger::of(&run);
    assert_eq!((ledger.plans, ledger.lessons.as_slice()), (2, ["Help leads nowhere".to_owned()].as_slice()));
    let all = said(requests.last().expect("one"));
    assert!(all.contains("only with a lesson") && all.contains("Learned: Help leads nowhere"), "{all}");
}

#[tokio::test]
async fn what_is_not_known_is_asked_and_the_answer_goes_to_the_call() {
    let asking = || {
        ScriptedModel::new()
            .calls([plan(&way(), None)])
            .calls([call("ask_person", json!({ "question": "Which mug?" }))])
            .calls([click(1)])
            .calls([click(4)])
            .calls([done()])
    };
    let model = Arc::new(asking());
    let agent = AgentBuilder::new(model.clone(), Plan::default()).surface(shop()).build();
    let run = agent.run("Order a mug").finish().await.expect("no journal failure").run;
    assert_eq!(run.status(), Status::Waiting { question: "Which mug?" });
    let resumed = agent.resume(run).expect("the same planner").answer(true, "the blue one").finish().await.expect("no journal failure").run;
    assert!(matches!(resumed.outcome(), Some(Outcome::Done { .. })), "{:?}", resumed.outcome());
    assert!(said(model.requests().last().expect("one")).contains("the blue one"));
    assert_eq!(resumed.events().filter(|event| matches!(event, Event::Question { .. })).count(), 1);
}
