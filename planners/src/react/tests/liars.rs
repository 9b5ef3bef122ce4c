//! Models that say that it is done when it is not: none of them is believed, with a plan of their own or without, and whether the
//! person has declared a check or not. The honest one is, in each of these.

use handiwork_core::testing::link;
use handiwork_core::{Condition, Planner, ToolCall};

use super::*;
use crate::Plan;

const GOAL: &str = "File a claim titled \"Taxi\" of 42.50 EUR";

/// A form for claims. It is filed only if both fields are right; the button is dead if `dead`.
fn claims(dead: bool) -> ScriptedSurface {
    let nodes = vec![
        text("Welcome, Ana"),
        textbox(1, "Title", ""),
        textbox(2, "Amount", ""),
        button(3, "Submit claim"),
        button(4, "Cancel"),
        link(5, "Help"),
    ];
    let screen = Screen { title: "New claim".to_owned(), url: "https://claims.example/new".to_owned(), nodes, ..Screen::default() };
    let rule = move |screen: &mut Screen, action: &handiwork_core::Action| {
        let value = |r: u32, screen: &Screen| screen.get(handiwork_core::Ref(r)).and_then(|node| node.value.clone()).unwrap_or_default();
        match (action.name(), action.target().map(|r| r.0)) {
            ("click", Some(3)) if dead => {}
            ("click", Some(3)) if value(1, screen) == "Taxi" && value(2, screen) == "42.50" => {
                screen.url = "https://claims.example/claims".to_owned();
                screen.nodes = vec![text("Claim C-1 was filed")];
            }
            ("click", Some(3)) => screen.nodes.push(text("The amount is missing or invalid")),
            ("click", Some(4)) => {
                screen.url = "https://claims.example/".to_owned();
                screen.nodes = vec![text("Cancelled")];
            }
            ("click", Some(5)) => {
                screen.url = "https://claims.example/help".to_owned();
                screen.nodes = vec![text("Help. You see \"Claim filed\" when it is done.")];
            }
            _ => {}
        }
    };
    ScriptedSurface::new(screen, rule).in_form()
}

type Turn = Vec<ToolCall>;

fn plan(milestones: &[(&str, &str, &str)]) -> ToolCall {
    let list: Vec<Value> =
        milestones.iter().map(|(kind, value, name)| json!({ "what": "w", "kind": kind, "value": value, "name": name })).collect();
    call("plan", json!({ "milestones": list, "lesson": "another way" }))
}

fn nothing(name: &str) -> ToolCall {
    call(name, json!({}))
}

/// What each does before it says that it is done, for ever.
fn liars() -> Vec<(&'static str, Vec<Turn>)> {
    let both = || vec![fill("e1", "Taxi"), fill("e2", "42.50")];
    vec![
        ("says it at once", vec![]),
        ("says it beside a call", vec![vec![click("e5"), done("filed")]]),
        ("says it after a call that fails", vec![vec![click("e99")]]),
        ("says it after looking around", vec![vec![call("scroll", json!({ "direction": "down" }))], vec![nothing("back")]]),
        ("cancels", vec![vec![click("e4")]]),
        ("reads the help, which has the words", vec![vec![click("e5")]]),
        ("fills one field", vec![vec![fill("e1", "Taxi")]]),
        ("fills the form and does not send it", vec![both()]),
        ("fills the form and cancels", vec![both(), vec![click("e4")]]),
        ("fills the form and reads the help", vec![both(), vec![click("e5")]]),
        ("sends it empty", vec![vec![click("e3")]]),
        ("sends another amount", vec![vec![fill("e1", "Taxi"), fill("e2", "4.25"), click("e3")]]),
        ("sends another title", vec![vec![fill("e1", "Cab"), fill("e2", "42.50"), click("e3")]]),
        ("mixes the fields up", vec![vec![fill("e1", "42.50"), fill("e2", "Taxi"), click("e3")]]),
        ("tells what it will do", vec![vec![], vec![]]),
        ("milestone: what is there already", vec![vec![plan(&[("text", "Welcome", "")])]]),
        ("milestone: the address as it is", vec![vec![plan(&[("url", "claims.example", "")])]]),
        ("milestone: a letter", vec![vec![plan(&[("text", "a", "")])]]),
        ("milestone: nothing", vec![vec![plan(&[])]]),
        ("milestone: a field that it fills", vec![vec![plan(&[("field", "Taxi", "Title")])], vec![fill("e1", "Taxi")]]),
        ("milestone: both fields", vec![vec![plan(&[("field", "Taxi", "Title"), ("field", "42.50", "Amount")])], both()]),
        ("milestone: the help was read", vec![vec![plan(&[("done", "Help", "")])], both(), vec![click("e5")]]),
        ("milestone: it was cancelled", vec![vec![plan(&[("text", "Cancelled", "")])], both(), vec![click("e4")]]),
        ("milestone: words of the help", vec![vec![plan(&[("text", "Claim filed", "")])], vec![click("e5")]]),
        (
            "makes the plan easier when it is refused",
            vec![
                vec![plan(&[("text", "C-1 was filed", "")])],
                both(),
                vec![done("filed")],
                vec![plan(&[("done", "Help", "")])],
                vec![click("e5")],
            ],
        ),
    ]
}

fn scripted(turns: Vec<Turn>) -> ScriptedModel {
    let lies = |model: ScriptedModel| (0..12).fold(model, |model, _| model.calls([done("The claim was filed.")]));
    lies(
        turns
            .into_iter()
            .fold(ScriptedModel::new(), |model, turn| if turn.is_empty() { model.says("I will file it.") } else { model.calls(turn) }),
    )
}

async fn told(turns: Vec<Turn>, planner: impl Planner + 'static, checked: bool, dead: bool) -> (Run, ScriptedSurface) {
    let surface = claims(dead);
    let agent = AgentBuilder::new(scripted(turns), planner).surface(surface.clone()).build();
    let mut builder = agent.run(GOAL);
    if checked {
        builder = builder.check(Condition::Text { contains: "C-1 was filed".to_owned() });
    }
    (builder.finish().await.expect("no journal failure").run, surface)
}

#[tokio::test]
async fn no_liar_is_believed() {
    let liars = liars();
    assert!(liars.len() >= 20);
    let mut believed = Vec::new();
    for (what, turns) in liars {
        for (checked, dead) in [(false, false), (true, false), (false, true)] {
            let (react, _) = told(turns.clone(), React::default(), checked, dead).await;
            let (plan, _) = told(turns.clone(), Plan::default(), checked, dead).await;
            for run in [react, plan] {
                let outcome = run.outcome().expect("over");
                if matches!(outcome, Outcome::Done { .. }) {
                    believed.push(format!(
                        "{what} (checked: {checked}, dead button: {dead}, {:?})",
                        run.started().map(|s| s.planner.0.clone())
                    ));
                }
                assert!(run.steps() <= 14, "{what}: {} steps", run.steps());
            }
        }
    }
    assert!(believed.is_empty(), "{believed:#?}");
}

#[tokio::test]
async fn the_honest_one_is_believed() {
    let filing = || vec![fill("e1", "Taxi"), fill("e2", "42.50"), click("e3")];
    let milestones = || vec![plan(&[("field", "42.50", "Amount"), ("text", "was filed", "")])];
    for checked in [false, true] {
        for (turns, planned) in [(vec![filing()], false), (vec![milestones(), filing()], true)] {
            let (run, surface) = if planned {
                told(turns, Plan::default(), checked, false).await
            } else {
                told(turns, React::default(), checked, false).await
            };
            assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "checked {checked}, planned {planned}: {:?}", run.outcome());
            assert!(surface.screen().url.ends_with("/claims"));
        }
    }
}

/// What the person has declared stands, whatever is said and done; and it is told in the end.
#[tokio::test]
async fn a_check_that_does_not_hold_ends_the_run() {
    let (run, _) = told(vec![vec![fill("e1", "Taxi"), fill("e2", "42.50"), click("e3")]], React::default(), false, false).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })));
    let surface = claims(false);
    let agent = AgentBuilder::new(scripted(vec![vec![fill("e1", "Taxi"), fill("e2", "42.50"), click("e3")]]), React::default());
    let run = agent.surface(surface).build().run(GOAL).check("text has C-2 was filed".parse().expect("a check")).finish().await;
    let run = run.expect("no journal failure").run;
    assert!(
        matches!(run.outcome(), Some(Outcome::Failed { reason }) if reason.contains("the screen says \"C-2 was filed\"") && reason.contains("The claim was filed.")),
        "{:?}",
        run.outcome()
    );
}

/// One that goes on checking what a receipt has shown long ago is ended.
#[tokio::test]
async fn one_that_never_stops_checking_is_ended() {
    let filing = vec![fill("e1", "Taxi"), fill("e2", "42.50"), click("e3")];
    let model = (0..40).fold(ScriptedModel::new().calls(filing), |model, turn| {
        let look = if turn % 2 == 0 { json!({ "direction": "down" }) } else { json!({ "direction": "up" }) };
        model.calls([call("scroll", look)])
    });
    let agent = AgentBuilder::new(model, React::default()).surface(claims(false)).build();
    let run = agent.run(GOAL).check("text has C-1 was filed".parse().expect("a check")).finish().await.expect("no journal failure").run;
    assert!(run.steps() <= 8, "{} steps", run.steps());
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "what was to be checked is so: {:?}", run.outcome());
}

#[tokio::test]
async fn a_call_that_comes_for_ever_is_stopped_and_another_way_is_taken() {
    let stubborn = || (0..3).fold(ScriptedModel::new(), |model, _| model.calls([click("e99")]));
    let agent = |model: ScriptedModel| AgentBuilder::new(model, React::default()).surface(claims(false)).build();
    let for_ever = (0..30).fold(stubborn(), |model, _| model.calls([click("e99")]));
    let run = agent(for_ever).run(GOAL).finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Failed { reason }) if reason.contains("again and again")), "{:?}", run.outcome());
    let tried = run.events().filter(|event| matches!(event, Event::Receipt { .. })).count();
    assert_eq!((tried, run.steps()), (2, 4), "made twice, refused once, ended");
    // One that was ended for it hears what the person says, and goes on.
    let told = agent(
        (0..4)
            .fold(ScriptedModel::new(), |model, _| model.calls([click("e99")]))
            .calls([fill("e1", "Taxi"), fill("e2", "42.50"), click("e3")])
            .calls([done("filed")]),
    );
    let run = told.run(GOAL).finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Failed { .. })), "{:?}", run.outcome());
    let run = told.resume(run).expect("the same planner").say("Use the form.").finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    let mends = stubborn().calls([fill("e1", "Taxi"), fill("e2", "42.50"), click("e3")]).calls([done("filed")]);
    let run = agent(mends).run(GOAL).finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
}
