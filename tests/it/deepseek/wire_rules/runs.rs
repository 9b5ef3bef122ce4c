//! Whole runs of the agent: what of its conversation the provider's cache holds, what it costs, and what it is sent.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use handiwork::core::model::deepseek::{DeepSeek, Effort};
use handiwork::core::model::{Peak, Price};
use handiwork::core::testing::ScriptedSurface;
use handiwork::core::{
    Action, AgentBuilder, Context, Event, Journal as _, MemoryJournal, Model as _, Outcome, Receipt, Refusal, Reply, Resolved, Run, RunId,
    Screen, Shot, Surface, SurfaceError, SurfaceInfo,
};
use handiwork::planners::React;
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::{Value, json};

use super::super::faults::screen;
use super::super::model;
use super::messages;

/// Acts of a run before it ends.
const ACTS: usize = 4;

/// So many acts, then the end; told by the request.
fn answer(body: &Value, _: usize) -> Scripted {
    let turns = messages(std::slice::from_ref(body)).filter(|message| message["role"] == "assistant").count();
    match turns {
        ACTS => Scripted::call("done", &json!({ "ok": true, "answer": "It is starred." })).reasoning("That was all."),
        _ => Scripted::call("click", &json!({ "ref": "e1" })).reasoning(format!("Click {turns}.")),
    }
}

/// A surface with a picture of each screen, new each time.
#[derive(Debug)]
struct Seen(ScriptedSurface);

#[async_trait]
impl Surface for Seen {
    fn info(&self) -> SurfaceInfo {
        self.0.info()
    }

    async fn observe(&self, cx: &Context) -> Result<Screen, SurfaceError> {
        self.0.observe(cx).await
    }

    async fn resolve(&self, cx: &Context, action: &Action) -> Result<Resolved, Refusal> {
        self.0.resolve(cx, action).await
    }

    async fn dispatch(&self, cx: &Context, resolved: &Resolved) -> Result<Receipt, SurfaceError> {
        self.0.dispatch(cx, resolved).await
    }

    async fn screenshot(&self, _: &Context) -> Result<Option<Shot>, SurfaceError> {
        let bytes = format!("picture {}", self.0.done().len()).into_bytes();
        Ok(Some(Shot { bytes, media_type: "image/png", size: (800.0, 600.0) }))
    }
}

fn surface() -> ScriptedSurface {
    ScriptedSurface::new(screen(), |screen, _| screen.nodes.iter_mut().for_each(|node| node.name.push('!')))
}

/// A run to its good end, as its journal tells it.
async fn run(model: DeepSeek) -> Run {
    run_on(model, surface(), false).await
}

async fn run_on(model: DeepSeek, surface: impl Surface + 'static, pictures: bool) -> Run {
    let journal = Arc::new(MemoryJournal::default());
    let planner = React { pictures, ..React::default() };
    let agent = AgentBuilder::new(model, planner).surface(surface).journal(journal.clone()).screenshots(pictures).build();
    let id = RunId::generate();
    let ended = agent.run("Star the mail.").id(id.clone()).await;
    let run = Run::from_entries(id.clone(), journal.load(&id).await.expect("entries")).expect("a run");
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{ended:?}");
    assert_eq!(run.steps() as usize, ACTS + 1);
    run
}

/// Replies with their costs and the time at which each was asked for.
fn billed(run: &Run) -> Vec<(i64, &Reply, f64)> {
    let mut asked = 0;
    let mut all = Vec::new();
    for entry in run.entries() {
        match &entry.event {
            Event::Asked { .. } => asked = entry.at,
            Event::Replied { reply, cost_usd, .. } => all.push((asked, reply, *cost_usd)),
            _ => {}
        }
    }
    all
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-12
}

#[tokio::test]
async fn a_run_is_cached_to_the_end_of_the_request_before() {
    let server = StandIn::answering(answer).await.expect("starts");
    let run = run(model(&server)).await;
    let bills = billed(&run);
    assert_eq!(bills[0].1.usage.cached, 0, "nothing came before it");
    for pair in bills.windows(2) {
        let (before, usage) = (pair[0].1.usage, pair[1].1.usage);
        assert!(usage.cached >= before.prompt / 64 * 64 && usage.cached <= usage.prompt, "{before:?}, then {usage:?}");
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
}

#[tokio::test]
async fn a_run_is_billed_for_hits_and_misses() {
    let server = StandIn::answering(answer).await.expect("starts");
    let price = Price { hit: 1.0, miss: 50.0, output: 200.0 };
    let run = run(model(&server).price(price)).await;
    let (usage, mut sum) = (run.usage(), 0.0);
    for (_, reply, cost) in billed(&run) {
        assert!(near(cost, price.cost(&reply.usage)), "{:?}", reply.usage);
        sum += cost;
    }
    assert!(near(run.cost_usd(), sum) && usage.cached * 2 > usage.prompt, "{usage:?}");
    let unbroken = (usage.cached as f64 * 1.0 + (usage.prompt - usage.cached) as f64 * 50.0 + usage.completion as f64 * 200.0) / 1e6;
    assert!(near(run.cost_usd(), unbroken), "{usage:?}");
}

#[tokio::test]
async fn another_effort_finds_nothing_in_the_cache() {
    let server = StandIn::answering(answer).await.expect("starts");
    let first = |run: &Run| billed(run)[0].1.usage.cached;
    assert_eq!(first(&run(model(&server).effort(Effort::High)).await), 0);
    assert!(first(&run(model(&server).effort(Effort::High)).await) > 0, "the same again is there");
    assert_eq!(first(&run(model(&server).effort(Effort::Max)).await), 0);
    assert_eq!(first(&run(model(&server).thinking(false)).await), 0);
    assert_eq!(first(&run(model(&server).effort(Effort::High).model("deepseek-v4-pro")).await), 0);
    assert_eq!(first(&run(model(&server).effort(Effort::High).user_id("another")).await), 0);
}

#[tokio::test]
async fn usage_is_billed_wherever_it_stands() {
    let mut bills = Vec::new();
    for apart in [false, true] {
        let answer = move |body: &Value, number| {
            let scripted = answer(body, number).usage(1000, 640, 50, 10);
            if apart { scripted.usage_apart() } else { scripted }
        };
        let server = StandIn::answering(answer).await.expect("starts");
        let run = run(model(&server).price(Price { hit: 0.003, miss: 0.15, output: 0.6 })).await;
        bills.push((run.usage(), run.cost_usd()));
    }
    let replies = ACTS as f64 + 1.0;
    let each = (640.0 * 0.003 + 360.0 * 0.15 + 50.0 * 0.6) / 1e6;
    assert_eq!(bills[0], bills[1]);
    assert!(near(bills[0].1, each * replies), "{bills:?}");
}

#[tokio::test]
async fn a_run_in_the_peak_costs_the_table_times_the_factor() {
    let server = StandIn::answering(|body, number| answer(body, number).usage(1000, 640, 50, 10)).await.expect("starts");
    // Every hour of every day, so that no clock matters.
    let always = Peak { factor: 3.0, days: Cow::Borrowed(&[1, 2, 3, 4, 5, 6, 7]), hours: Cow::Borrowed(&[(0, 24)]) };
    let peak = model(&server).peak(always);
    let price = peak.info().price.expect("a price");
    for (_, reply, cost) in billed(&run(peak).await) {
        assert!(near(cost, 3.0 * price.cost(&reply.usage)), "{cost}");
    }
    // By the provider's own hours, each reply by the time at which it was asked for.
    let usual = model(&server);
    let info = usual.info().clone();
    for (asked, reply, cost) in billed(&run(usual).await) {
        let factor = info.peak.as_ref().expect("hours").factor_at(asked);
        assert!(near(cost, factor * price.cost(&reply.usage)), "{asked}: {cost}");
    }
}

#[tokio::test]
async fn a_whole_run_is_strict() {
    let server = StandIn::answering(answer).await.expect("starts");
    run(model(&server).strict(true)).await;
    assert_eq!(server.refusals(), Vec::<String>::new());
    assert!(server.recorded().iter().all(|recorded| recorded.path == "/beta/chat/completions"));
    let tools = &server.requests()[0]["tools"];
    assert!(tools.as_array().is_some_and(|tools| tools.len() > 3 && tools.iter().all(|tool| tool["function"]["strict"] == true)));
}

#[tokio::test]
async fn a_whole_run_with_pictures_shows_each_in_a_message_of_its_own() {
    let server = StandIn::answering(answer).await.expect("starts");
    run_on(model(&server), Seen(surface()), true).await;
    assert_eq!(server.refusals(), Vec::<String>::new());
    let sent = server.requests();
    let last = sent.last().expect("requests")["messages"].as_array().expect("messages");
    assert!(last.iter().any(|message| message["content"].is_array()), "nothing was shown: {last:?}");
    assert!(last.iter().all(|message| message["role"] == "user" || message["content"].is_string()));
    for pair in sent.windows(2) {
        let (before, after) = (pair[0]["messages"].as_array().expect("messages"), pair[1]["messages"].as_array().expect("messages"));
        assert!(after.starts_with(before), "history only grows");
    }
    let blind = StandIn::answering(answer).await.expect("starts");
    run_on(model(&blind).model("deepseek-v4-pro"), Seen(surface()), true).await;
    assert!(messages(&blind.requests()).all(|message| message["content"].is_string()), "it sees none");
}
