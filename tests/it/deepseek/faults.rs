//! Every fault at every place, through a whole run of an agent with its retries and its journal.
//!
//! A run ends finished or with a typed error; and its bill is the sum of the usage of the replies that were used, each once,
//! whatever came before them, twice or in half.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use handiwork::core::layer::Retry;
use handiwork::core::testing::{ScriptedSurface, button};
use handiwork::core::{
    AgentBuilder, AgentError, Entry, Event, Journal as _, Limits, MemoryJournal, Model as _, Outcome, Part, Run, RunId, Screen, Usage,
};
use handiwork::core::{ModelError, Progress, Update};
use handiwork::planners::React;
use handiwork_test_support::deepseek::{Fault, Place, Scripted, StandIn, Trouble};
use serde_json::{Value, json};

use super::{model, request, soon, tally, whole};

/// What the reply to the turn with this number is said to have used.
fn usage(turn: u64) -> Usage {
    Usage { prompt: 1000 * (turn + 1), cached: 640 * turn, completion: 50 + turn, reasoning: 10 + turn }
}

/// One act, then the end; told by the request, so that asking again gives the same.
fn answer(body: &Value, _: usize) -> Scripted {
    let turn = body["messages"].as_array().expect("messages").iter().filter(|message| message["role"] == "assistant").count() as u64;
    let scripted = match turn {
        0 => Scripted::call("click", &json!({ "ref": "e1" })).and_call("click", &json!({ "ref": "e1" })),
        _ => Scripted::call("done", &json!({ "ok": true, "answer": "It is starred." })),
    };
    let Usage { prompt, cached, completion, reasoning } = usage(turn);
    scripted.reasoning("The star is what is asked for.").saying("I click the star now.").usage(prompt, cached, completion, reasoning)
}

pub(super) fn screen() -> Screen {
    Screen { url: "https://mail.example/".to_owned(), title: "Inbox".to_owned(), nodes: vec![button(1, "Star")], ..Screen::default() }
}

/// How a run ended.
struct Ended {
    outcome: Option<Outcome>,
    replies: u64,
    refusals: Vec<String>,
}

/// A run with this trouble in these exchanges.
async fn run(trouble: &Trouble, exchanges: &[usize], limit: Duration) -> Ended {
    let (plan, faulty) = (trouble.clone(), exchanges.to_vec());
    let server = StandIn::troubled(answer, move |number| faulty.contains(&number).then(|| plan.clone())).await.expect("starts");
    let journal = Arc::new(MemoryJournal::default());
    let surface = ScriptedSurface::new(screen(), |screen, _| screen.nodes.iter_mut().for_each(|node| node.name.push('!')));
    let agent = AgentBuilder::new(model(&server), React::default())
        .surface(surface)
        .journal(journal.clone())
        .layer(Retry { times: 3, first: Duration::from_millis(1), longest: Duration::from_millis(20) })
        .limits(Limits { model: limit, ..Limits::default() })
        .build();
    let id = RunId::generate();
    // Nothing hangs, whatever the limits say.
    let result = tokio::time::timeout(Duration::from_mins(1), agent.run("Star the mail.").id(id.clone())).await.expect("it ends");

    // The journal alone tells what happened and what it costs.
    let run = Run::from_entries(id.clone(), journal.load(&id).await.expect("entries")).expect("a run");
    let replies = u64::from(run.steps());
    let mut bill = Usage::default();
    (0..replies).for_each(|turn| bill += usage(turn));
    assert_eq!(run.usage(), bill, "{trouble:?} in {exchanges:?}");
    // A question that is answered is followed by its answer; others have no price.
    let asked = run.entries().windows(2).filter_map(|pair| match pair {
        [Entry { at, event: Event::Asked { .. }, .. }, Entry { event: Event::Replied { .. }, .. }] => Some(*at),
        _ => None,
    });
    let cost: f64 = asked.zip(0..).map(|(at, turn)| model(&server).info().cost(&usage(turn), at)).sum();
    assert!((run.cost_usd() - cost).abs() < 1e-12);
    let outcome = run.outcome().cloned();
    match (&result, &outcome) {
        (Ok(_), Some(Outcome::Done { .. })) | (Err(AgentError::NotDone(_)), Some(_)) => {}
        other => panic!("{trouble:?} in {exchanges:?}: {other:?}"),
    }
    Ended { outcome, replies, refusals: server.refusals() }
}

fn faults() -> Vec<Fault> {
    let some = |text: &str| Some(text.to_owned());
    vec![
        Fault::Status(429, some("0")),
        Fault::Status(429, some("Sun, 01 Nov 2026 00:00:00 GMT")),
        Fault::Status(500, None),
        Fault::Status(503, some("0")),
        Fault::Refuse,
        Fault::NoAnswer,
        Fault::SlowDrip(700, Duration::from_millis(1)),
        Fault::Reset,
        Fault::Truncate,
        Fault::DuplicateChunk,
        Fault::OutOfOrder,
        Fault::InvalidUtf8,
        Fault::Huge(200 << 10),
        Fault::GarbageJson,
        Fault::WrongContentType,
    ]
}

/// Whether asking again must bring the run to its end.
fn mends(fault: &Fault, at: Place) -> bool {
    match fault {
        Fault::Status(..) | Fault::SlowDrip(..) | Fault::Refuse | Fault::Reset | Fault::Truncate => true,
        _ => at == Place::AfterDone && *fault != Fault::WrongContentType,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_place() {
    // The first exchange; one in the middle of a run; and two in a row.
    let where_to: &[&[usize]] = if whole() { &[&[0], &[1], &[0, 1], &[1, 2]] } else { &[&[1]] };
    let cases: Vec<_> = faults()
        .into_iter()
        .flat_map(|fault| Place::PHASES.map(|at| Trouble::new(fault.clone(), at)))
        .flat_map(|trouble| where_to.iter().map(move |exchanges| (trouble.clone(), *exchanges)))
        .collect();
    let all = cases.len();
    let done = stream::iter(cases).map(|(trouble, exchanges)| async move {
        let silent = trouble.fault == Fault::NoAnswer && trouble.at != Place::AfterDone;
        let limit = Duration::from_secs(if silent { 1 } else { 20 });
        let ended = run(&trouble, exchanges, limit).await;
        let why = format!("{trouble:?} in {exchanges:?}: {:?}", ended.outcome);
        assert_eq!(ended.refusals, Vec::<String>::new(), "{why}");
        match ended.outcome {
            // A doubled piece may spoil a call, which then takes another turn.
            Some(Outcome::Done { .. }) => assert!(ended.replies == 2 || !mends(&trouble.fault, trouble.at) && ended.replies > 2, "{why}"),
            Some(Outcome::Broken { part: Part::Model, .. } | Outcome::Failed { .. }) => {
                assert!(!mends(&trouble.fault, trouble.at), "{why}");
            }
            _ => panic!("{why}"),
        }
        if silent {
            assert!(why.contains("no reply within"), "{why}");
        }
    });
    assert_eq!(done.buffer_unordered(16).count().await, all);
    tally("faults", all);
}

#[tokio::test]
async fn fails_twice_then_answers() {
    let trouble = Trouble::new(Fault::Status(503, None), Place::BeforeHeaders);
    let ended = run(&trouble, &[0, 1], Duration::from_secs(20)).await;
    assert!(matches!(ended.outcome, Some(Outcome::Done { .. })), "{:?}", ended.outcome);
}

#[tokio::test]
async fn what_the_provider_asks_to_wait_is_waited() {
    let asked = |after: &str| Fault::Status(429, Some(after.to_owned()));
    for (fault, least) in [(asked("1.25"), 1.2), (asked("Sun, 01 Nov 2026 00:00:00 GMT"), 0.0)] {
        let plan = move |number| (number == 0).then(|| Trouble::new(fault.clone(), Place::BeforeHeaders));
        let server = StandIn::troubled(answer, plan).await.expect("starts");
        let agent = AgentBuilder::new(model(&server), React::default()).surface(ScriptedSurface::new(screen(), |_, _| {})).build();
        let updates: Vec<_> = agent.run("Star the mail.").stream().collect().await;
        let waits: Vec<String> = updates
            .into_iter()
            .filter_map(|update| match update.expect("an update") {
                Update::Progress(Progress::Waiting(text)) => Some(text),
                _ => None,
            })
            .collect();
        // The pause of its own, with jitter, comes on top.
        let said = |text: &String| text.rsplit_once("asking again in ")?.1.strip_suffix(" s")?.parse::<f64>().ok();
        assert!(waits.iter().filter_map(said).any(|seconds| seconds >= least), "{waits:?}");
    }
    // A pause that would outlast the deadline is not begun.
    let server = StandIn::troubled(answer, move |_| Some(Trouble::new(asked("3600"), Place::BeforeHeaders))).await.expect("starts");
    let error = model(&server).complete(&soon(), &request("Go.")).await.expect_err("429");
    assert_eq!(error.retry_after(), Some(Duration::from_hours(1)), "{error}");
    let trouble = Trouble::new(Fault::Status(429, Some("3600".to_owned())), Place::BeforeHeaders);
    let ended = run(&trouble, &[0], Duration::from_secs(5)).await;
    assert!(matches!(&ended.outcome, Some(Outcome::Broken { error, .. }) if error.contains("slow down")), "{:?}", ended.outcome);
}

#[tokio::test]
async fn a_reply_that_never_ends_is_given_up() {
    let plan = |_| Some(Trouble::new(Fault::Huge(70 << 20), Place::InText));
    let server = StandIn::troubled(answer, plan).await.expect("starts");
    let error = model(&server).complete(&soon(), &request("Go.")).await.expect_err("too long");
    assert!(matches!(&error, ModelError::Unreadable(why) if why.contains("64 MiB")), "{error}");
}
