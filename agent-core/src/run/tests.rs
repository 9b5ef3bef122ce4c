//! A run is what its entries say: continued from any of them, refused when they do not fit, driven to its end by the driver.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::action::{Click, Fill};
use crate::agent::{AgentBuilder, AgentError};
use crate::event::Part;
use crate::journal::{Journal, MemoryJournal};
use crate::layer::{Layered, Retry};
use crate::model::{Constraint, Message, ModelError, Request};
use crate::planner::{Next, Planner};
use crate::policy::{Budgets, Policy};
use crate::receipt::{Reason, Receipt};
use crate::screen::Ref;
use crate::secret::Secrets;
use crate::testing::{ScriptedModel, ScriptedSurface, button, call, text, textbox};
use crate::{Action, Screen};

/// A small planner, so that core is tested without a sibling: asks until the model makes no calls.
#[derive(Debug)]
struct Simple;

impl Planner for Simple {
    fn name(&self) -> &'static str {
        "simple"
    }

    fn version(&self) -> u32 {
        1
    }

    fn next(&self, run: &Run) -> Next {
        let pending: Vec<ToolCall> = run.pending().into_iter().cloned().collect();
        match run.last_reply() {
            _ if !pending.is_empty() => Next::Act(pending),
            Some(reply) if reply.calls.is_empty() => Next::End(Outcome::Done { text: reply.content.clone(), value: None }),
            _ => Next::Ask {
                role: "act".to_owned(),
                request: Box::new(Request {
                    messages: vec![Message::user(format!("{} entries", run.next_seq()))],
                    constraint: None::<Constraint>,
                    ..Request::default()
                }),
            },
        }
    }
}

fn form() -> ScriptedSurface {
    let screen = Screen {
        title: "Form".to_owned(),
        url: "https://shop.example/".to_owned(),
        nodes: vec![textbox(1, "Name", ""), button(2, "Send")],
        ..Screen::default()
    };
    ScriptedSurface::new(screen, |screen, action| {
        if *action == Action::from(Click { r#ref: Ref(2) }) {
            screen.url = "https://shop.example/thanks".to_owned();
            screen.nodes = vec![text("Thanks"), button(3, "Nothing")];
        }
    })
}

fn filling() -> ScriptedModel {
    ScriptedModel::new()
        .calls([
            call("fill", json!({"ref": "e1", "text": "Ana"})),
            call("click", json!({"ref": "e2"})),
            call("click", json!({"ref": "e1"})),
        ])
        .calls([call("click", json!({"ref": "e3"})), call("click", json!({"ref": "e3"}))])
        .says("sent")
}

async fn finished(model: ScriptedModel, surface: ScriptedSurface) -> Run {
    AgentBuilder::new(model, Simple).surface(surface).build().run("send the form").finish().await.expect("no journal failure").run
}

fn kinds(run: &Run) -> Vec<&'static str> {
    run.events().map(Event::kind).collect()
}

#[tokio::test]
async fn each_call_is_resolved_recorded_done_and_recorded_by_itself() {
    let surface = form();
    let run = finished(filling(), surface.clone()).await;
    let expected = [
        "started", "observed", "asked", "replied", "intent", "receipt", "intent", "receipt", "receipt", "observed", "asked", "replied",
        "intent", "receipt", "dropped", "observed", "asked", "replied", "ended",
    ];
    assert_eq!(kinds(&run), expected);
    assert_eq!(surface.done().len(), 3);
    let receipts: Vec<&Receipt> =
        run.events().filter_map(|event| if let Event::Receipt { receipt, .. } = event { Some(receipt) } else { None }).collect();
    assert!(receipts[0].is_verified() && receipts[1].is_verified());
    assert_eq!(receipts[2], &Receipt::refused(Reason::Stale { r#ref: Ref(1) }));
    assert_eq!(receipts[3], &Receipt::NoEffect);
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "sent".to_owned(), value: None }));
}

/// The planner must decide the same from any point on, when all that is left of the run is its serialised entries.
#[tokio::test]
async fn serialised_after_each_entry_it_goes_on_the_same() {
    let run = finished(filling(), form()).await;
    let mut copy = Run::new(run.id.clone());
    for entry in run.entries() {
        let text = serde_json::to_string(&copy).expect("serialise");
        let read: Run = serde_json::from_str(&text).expect("read");
        assert_eq!(read, copy);
        if copy.started().is_some() {
            assert_eq!(Simple.next(&read), Simple.next(&copy));
        }
        copy = read;
        copy.apply(entry.clone()).expect("fits");
    }
    assert_eq!(copy, run);
}

/// Continued from the journal in another "process" at each point where a run may rest between entries.
#[tokio::test]
async fn continued_from_the_journal_it_ends_the_same() {
    let whole = finished(filling(), form()).await;
    for (cut, entry) in whole.entries().iter().enumerate() {
        // Between the intent and its receipt the world decides; that is for the resumption of a run, not of its data.
        if matches!(entry.event, Event::Intent { .. }) || cut + 1 == whole.entries().len() {
            continue;
        }
        let journal = Arc::new(MemoryJournal::default());
        let mut part = Run::new(whole.id.clone());
        for entry in &whole.entries()[..=cut] {
            journal.append(&whole.id, entry).await.expect("append");
            part.apply(entry.clone()).expect("fits");
        }
        // The surface is where the events say it is; the model has the replies left that were not heard yet.
        let surface = form();
        let cx = crate::Context::default();
        for event in part.events() {
            if let Event::Intent { resolved, .. } = event {
                crate::Surface::dispatch(&surface, &cx, resolved).await.expect("dispatch");
            }
        }
        let mut model = ScriptedModel::new();
        for event in whole.entries()[cut + 1..].iter().map(|entry| &entry.event) {
            if let Event::Replied { reply, .. } = event {
                model = model.then(Ok(reply.clone()));
            }
        }
        let agent = AgentBuilder::new(model, Simple).surface(surface).journal(journal.clone()).build();
        let run = agent.resume(part).expect("the same planner").finish().await.expect("no journal failure").run;
        assert_eq!(run.outcome(), whole.outcome(), "cut after entry {cut}");
        assert_eq!(run.verified(), whole.verified(), "cut after entry {cut}");
        assert_eq!(journal.load(&run.id).await.expect("journal"), run.entries());
    }
}

#[tokio::test]
async fn a_question_rests_the_run_and_an_approval_is_for_one_action() {
    let policy = Policy { write: crate::policy::Rule::Ask, ..Policy::ask() };
    let model = ScriptedModel::new().calls([call("fill", json!({"ref": "e1", "text": "Ana"}))]).says("ok");
    let surface = form();
    let agent = AgentBuilder::new(model, Simple).surface(surface.clone()).policy(policy).build();
    let Err(AgentError::Waiting { run, question }) = agent.run("fill").await else { panic!("it should wait") };
    assert!(question.contains("fill") && question.contains("Name"), "{question}");
    assert_eq!(surface.done(), vec![]);
    let stored: Run = serde_json::from_str(&serde_json::to_string(&run).expect("serialise")).expect("read");
    assert_eq!(agent.resume(stored).expect("the same planner").answer(true, "yes").await.expect("done"), "ok");
    assert_eq!(surface.done(), vec![Action::from(Fill { r#ref: Ref(1), text: "Ana".to_owned() })]);
}

#[tokio::test]
async fn a_no_is_told_to_the_model() {
    let policy = Policy { write: crate::policy::Rule::Ask, ..Policy::ask() };
    let model = ScriptedModel::new().calls([call("click", json!({"ref": "e2"}))]).says("stopped");
    let surface = form();
    let agent = AgentBuilder::new(model, Simple).surface(surface.clone()).policy(policy).build();
    let Err(AgentError::Waiting { run, .. }) = agent.run("send").await else { panic!("it should wait") };
    let finished = agent.resume(*run).expect("the same planner").answer(false, "no").finish().await.expect("no journal failure");
    assert!(
        finished
            .run
            .events()
            .any(|event| matches!(event, Event::Receipt { receipt: Receipt::NotDispatched { reason: Reason::Denied { .. } }, .. }))
    );
    assert_eq!(surface.done(), vec![]);
}

#[tokio::test]
async fn budgets_end_a_run_before_the_next_question() {
    let forever = |budgets| async move {
        let mut model = ScriptedModel::new().with_info(crate::ModelInfo {
            price: Some(crate::model::Price { hit: 0.0, miss: 1000.0, output: 0.0 }),
            ..crate::ModelInfo::default()
        });
        for turn in 0..20 {
            model = model.calls([call("fill", json!({"ref": "e1", "text": turn.to_string()}))]);
        }
        let agent = AgentBuilder::new(model, Simple).surface(form()).policy(Policy::ask().budgets(budgets)).build();
        agent.run("fill").finish().await.expect("no journal failure").run
    };
    // Each reply of the script takes 110 tokens and costs 0.1 USD.
    for (budgets, steps) in [
        (Budgets { steps: Some(3), ..Budgets::default() }, 3),
        (Budgets { tokens: Some(400), ..Budgets::default() }, 4),
        (Budgets { usd: Some(0.45), ..Budgets::default() }, 5),
        (Budgets { seconds: Some(0), ..Budgets::default() }, 0),
    ] {
        let run = forever(budgets).await;
        assert!(matches!(run.outcome(), Some(Outcome::BudgetExceeded { .. })), "{:?}", run.outcome());
        assert_eq!(run.steps(), steps, "{budgets:?}");
    }
}

#[tokio::test]
async fn a_failing_model_ends_the_run_and_says_which_part_it_was() {
    let model = ScriptedModel::new().fails(ModelError::Unauthorized("no such key".to_owned()));
    let run = finished(model, form()).await;
    assert!(matches!(run.outcome(), Some(Outcome::Broken { part: Part::Model, error }) if error.contains("check the key")));
}

#[tokio::test]
async fn a_passing_failure_is_asked_again() {
    let busy = || ModelError::Server { status: 503, detail: "busy".to_owned(), retry_after: None };
    let model = ScriptedModel::new().fails(busy()).fails(busy()).says("hello");
    let quick = Retry { times: 2, first: Duration::from_millis(1), longest: Duration::from_millis(2) };
    let model = Layered::new(Arc::new(model), Arc::new(quick));
    let agent = AgentBuilder::new(model, Simple).surface(form()).build();
    let run = agent.run("hello").finish().await.expect("no journal failure").run;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "hello".to_owned(), value: None }));
    assert_eq!(run.steps(), 1);
}

/// A model that never answers and knows no deadline.
#[derive(Debug)]
struct Silent(crate::ModelInfo);

#[async_trait::async_trait]
impl crate::Model for Silent {
    fn info(&self) -> &crate::ModelInfo {
        &self.0
    }

    async fn complete(&self, _: &crate::Context, _: &Request) -> Result<Reply, ModelError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_silent_model_does_not_hang_the_run() {
    let limits = crate::Limits { model: Duration::from_millis(10), ..crate::Limits::default() };
    let agent = AgentBuilder::new(Silent(crate::ModelInfo::default()), Simple).surface(form()).limits(limits).build();
    let run =
        tokio::time::timeout(Duration::from_mins(1), agent.run("hello").finish()).await.expect("it ends").expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Broken { part: Part::Model, error }) if error.contains("no reply within")));
}

#[tokio::test]
async fn dropping_the_stream_stops_the_run() {
    use futures::StreamExt as _;
    let surface = form();
    let journal = Arc::new(MemoryJournal::default());
    let agent = AgentBuilder::new(filling(), Simple).surface(surface.clone()).journal(journal.clone()).build();
    let id = RunId::generate();
    let mut stream = agent.run("send").id(id.clone()).stream();
    while let Some(update) = stream.next().await {
        if matches!(update, Ok(crate::Update::Entry(ref entry)) if entry.event.kind() == "replied") {
            break;
        }
    }
    let seen = journal.load(&id).await.expect("journal").len();
    drop(stream);
    tokio::task::yield_now().await;
    assert_eq!(surface.done(), vec![], "nothing is done after the entry at which it was stopped");
    assert_eq!(journal.load(&id).await.expect("journal").len(), seen);
}

#[tokio::test]
async fn a_secret_is_in_no_event() {
    let canary = "canary-4711";
    let mut secrets = Secrets::default();
    secrets.insert("name", canary, "https://shop.example").expect("origin");
    let model = ScriptedModel::new().calls([call("fill", json!({"ref": "e1", "text": "{{secret:name}}"}))]).says("done");
    let surface = form();
    let agent = AgentBuilder::new(model, Simple).surface(surface.clone()).secrets(secrets).build();
    let run = agent.run("fill the name").finish().await.expect("no journal failure").run;
    assert_eq!(surface.screen().nodes[0].value.as_deref(), Some(canary), "the page got it");
    let text = serde_json::to_string(&run).expect("serialise");
    assert!(!text.contains(canary) && text.contains("{{secret:name}}"));
}

#[test]
fn entries_that_do_not_fit_are_refused() {
    let entry = |seq, event| Entry { seq, at: 0, event };
    let ended = || Event::Ended { outcome: Outcome::Failed { reason: String::new() } };
    let mut run = Run::new(RunId("r".to_owned()));
    assert_eq!(run.apply(entry(0, ended())), Err(RunError::NotStarted));
    let started: Event = serde_json::from_value(json!({
        "type": "started", "version": 1, "goal": "g", "planner": ["p", 1], "model": crate::ModelInfo::default(), "policy": Policy::ask()
    }))
    .expect("started");
    run.apply(entry(0, started.clone())).expect("first");
    assert_eq!(run.apply(entry(2, ended())), Err(RunError::Gap { got: 2, expected: 1 }));
    assert_eq!(run.apply(entry(1, started)), Err(RunError::NotStarted));
    assert_eq!(run.apply(entry(1, Event::Answer { approved: true, text: String::new() })), Err(RunError::NotAsked));
    run.apply(entry(1, ended())).expect("end");
    assert_eq!(run.apply(entry(2, ended())), Err(RunError::Over));
}

#[test]
fn unknown_events_and_newer_formats_are_errors() {
    assert!(serde_json::from_value::<Event>(json!({"type": "exec", "code": "rm"})).is_err());
    let newer: Event = serde_json::from_value(json!({
        "type": "started", "version": 99, "goal": "g", "planner": ["p", 1], "model": crate::ModelInfo::default(), "policy": Policy::ask()
    }))
    .expect("started");
    let entries = vec![Entry { seq: 0, at: 0, event: newer }];
    assert_eq!(Run::from_entries(RunId("r".to_owned()), entries), Err(RunError::NewerFormat(99)));
}
