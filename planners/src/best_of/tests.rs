//! Several tries: how much they help, what they may do, who judges, what they cost, and what a crash leaves of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use handiwork_core::agent::AgentBuilder;
use handiwork_core::journal::{Journal, MemoryJournal};
use handiwork_core::model::{Model, ModelError, ModelInfo, Price};
use handiwork_core::testing::{ScriptedModel, ScriptedSurface, button, call, text};
use handiwork_core::{Agent, Budgets, Condition, Context, Policy, Reply, RunId, Screen, ToolCall, Usage};

use super::*;
use crate::React;

fn door() -> ScriptedSurface {
    let screen = Screen {
        title: "Doors".to_owned(),
        url: "https://doors.example/".to_owned(),
        nodes: vec![text("Two doors"), button(1, "Left"), button(2, "Right")],
        ..Screen::default()
    };
    ScriptedSurface::new(screen, |screen, action| {
        if action.name() == "click" {
            let found = if action.target().is_some_and(|r| r.0 == 1) { "A treasure" } else { "A goat" };
            screen.nodes = vec![text(found)];
        }
    })
}

fn info() -> ModelInfo {
    let price = Some(Price { hit: 0.0, miss: 10.0, output: 10.0 });
    ModelInfo { provider: "test".to_owned(), id: "coin".to_owned(), context: 100_000, price, ..ModelInfo::default() }
}

fn click(r: u32) -> ToolCall {
    call("click", json!({ "ref": format!("e{r}") }))
}

fn done(answer: &str) -> ToolCall {
    call("done", json!({ "ok": true, "answer": answer }))
}

/// A model that takes the right door one time in three, by a seed, and always says that it is done.
#[derive(Debug)]
struct Coin {
    info: ModelInfo,
    drawn: AtomicU64,
    calls: AtomicUsize,
}

impl Coin {
    fn new(seed: u64) -> Self {
        Self { info: info(), drawn: AtomicU64::new(seed), calls: AtomicUsize::new(0) }
    }

    fn below(&self, limit: u64) -> u64 {
        let next = |now: u64| now.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        next(self.drawn.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(next(now))).expect("a number")).wrapping_shr(33)
            % limit
    }
}

#[async_trait::async_trait]
impl Model for Coin {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, _: &Context, request: &Request) -> Result<Reply, ModelError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let first = request.messages.len() == 1;
        let made = match (first, self.below(3)) {
            (true, 0) => click(1),
            (true, _) => click(2),
            (false, _) => done("It is open."),
        };
        let usage = Usage { prompt: 100, cached: 0, completion: 10, reasoning: 0 };
        Ok(Reply { calls: vec![ToolCall { id: format!("c{number}"), ..made }], usage, ..Reply::default() })
    }
}

fn check() -> Condition {
    Condition::Text { contains: "treasure".to_owned() }
}

/// An agent that has `planner` made by agents with `model`, each with doors of its own.
fn agent(planner: BestOf, model: Arc<dyn Model>, journal: Arc<MemoryJournal>, policy: Policy) -> Agent {
    let hired = Arc::clone(&model);
    let child = move || {
        let agent = AgentBuilder::new(Arc::clone(&hired), React::default()).surface(door()).policy(Policy::allow()).build();
        async move { Ok(agent) }
    };
    AgentBuilder::new(model, planner).journal(journal).policy(policy).helper("try", "tries", child).build()
}

fn planner(tries: u32) -> BestOf {
    BestOf { tries, disposable: true, ..BestOf::default() }
}

/// How often of `runs` the goal is reached with `tries`.
async fn rate(tries: u32, runs: u64) -> f64 {
    let mut reached = 0_u32;
    for seed in 0..runs {
        let agent = agent(planner(tries), Arc::new(Coin::new(seed * 7919 + 1)), Arc::default(), Policy::allow());
        let run = agent.run("Open the door with the treasure").check(check()).finish().await.expect("no journal failure").run;
        match run.outcome() {
            Some(Outcome::Done { .. }) => reached += 1,
            Some(Outcome::Failed { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    f64::from(reached) / runs as f64
}

/// One in three becomes 1 - (2/3)^5: within four standard deviations of what the binomial says.
#[tokio::test]
async fn five_tries_raise_success_as_the_binomial_says() {
    const RUNS: u64 = 300;
    for tries in [1, 2, 5] {
        let expected = 1.0 - (2.0_f64 / 3.0).powi(tries);
        let spread = (expected * (1.0 - expected) / RUNS as f64).sqrt();
        let found = rate(tries as u32, RUNS).await;
        assert!((found - expected).abs() <= 4.0 * spread, "{tries} tries: {found}, expected {expected} ± {spread}");
    }
}

#[tokio::test]
async fn the_first_that_is_shown_ends_it_and_all_is_billed() {
    let journal = Arc::new(MemoryJournal::default());
    let coin = Arc::new(Coin::new(5));
    let agent = agent(BestOf { at_once: 1, ..planner(5) }, coin.clone(), journal.clone(), Policy::allow());
    let run = agent.run("Open the door with the treasure").check(check()).finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    let back: Vec<bool> = run.returned().map(|one| one.shown).collect();
    assert!(back.len() < 5 && back.iter().rposition(|shown| *shown) == Some(back.len() - 1), "{back:?}: it stops with the first");
    // What it cost is what its children cost, and they are runs of their own.
    let mut usd = 0.0;
    for errand in run.errands() {
        let child = Run::from_entries(errand.run.clone(), journal.load(&errand.run).await.expect("it is kept")).expect("a run");
        assert_eq!((child.goal(), child.started().expect("started").checks.as_slice()), (run.goal(), [check()].as_slice()));
        usd += child.cost_usd();
    }
    assert!(usd > 0.0 && (run.cost_usd() - usd).abs() < 1e-12, "{} {usd}", run.cost_usd());
    assert_eq!(run.bills()["coin"].replies as usize, coin.calls.load(Ordering::Relaxed));
    assert_eq!(run.bills()["coin"].usage, run.usage());
}

#[tokio::test]
async fn a_try_only_reads_unless_its_place_is_thrown_away() {
    let planner = BestOf { disposable: false, ..planner(2) };
    let run = agent(planner, Arc::new(Coin::new(1)), Arc::default(), Policy::allow());
    let run = run.run("Open a door").check(check()).finish().await.expect("no journal failure").run;
    let reason = match run.outcome() {
        Some(Outcome::Failed { reason }) => reason.clone(),
        other => panic!("{other:?}"),
    };
    assert!(reason.starts_with("none of 2 tries"), "{reason}");
    assert!(run.returned().all(|one| one.story.iter().any(|line| line.contains("this run may not click"))), "{:?}", run.returned().last());
}

/// The tries share what their parent may spend, and never spend more.
#[tokio::test]
async fn the_budget_is_shared() {
    // A reply costs 0.0011, and one that may be long is asked for shorter.
    for usd in [0.0005, 0.02, 0.08] {
        let policy = Policy::allow().budgets(Budgets { usd: Some(usd), ..Budgets::default() });
        let run = agent(planner(5), Arc::new(Coin::new(3)), Arc::default(), policy);
        let run = run
            .run("Open a door")
            .check(Condition::Text { contains: "unicorn".to_owned() })
            .finish()
            .await
            .expect("no journal failure")
            .run;
        assert!(run.cost_usd() <= usd, "{} of {usd}", run.cost_usd());
        assert!(matches!(run.outcome(), Some(Outcome::Failed { .. } | Outcome::BudgetExceeded { .. })), "{:?}", run.outcome());
    }
}

/// Without a check there is only their word: a model judges, unless they all came to the same.
#[tokio::test]
async fn a_judge_is_asked_when_nothing_is_shown() {
    let tries = AtomicUsize::new(0);
    let child = move || {
        let r = if tries.fetch_add(1, Ordering::Relaxed) == 1 { 1 } else { 2 };
        let model = ScriptedModel::new().calls([click(r)]).calls([done(&format!("door {r}"))]);
        let agent = AgentBuilder::new(model, React::default()).surface(door()).policy(Policy::allow()).build();
        async move { Ok(agent) }
    };
    let judge = Arc::new(ScriptedModel::new().calls([call(CHOOSE, json!({ "why": "treasure", "number": 2 }))]));
    let agent = AgentBuilder::new(judge.clone(), BestOf { at_once: 1, ..planner(3) }).helper("try", "tries", child).build();
    let run = agent.run("Open a door").finish().await.expect("no journal failure").run;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "door 1".to_owned(), value: None }));
    let asked = judge.requests().pop().expect("one question");
    let text = serde_json::to_string(&asked.messages).expect("json");
    assert!(text.contains("Attempt 2") && !text.contains("Attempt 3") && text.contains("click the button"), "{text}");
    insta::assert_snapshot!(asked.messages.first().map(|message| format!("{}\n{message:?}", asked.system)).unwrap_or_default());
}

/// Wherever the parent's journal ends, the tries that were under way are not begun again, and none is missing.
#[tokio::test]
async fn it_goes_on_from_any_entry() {
    let journal = Arc::new(MemoryJournal::default());
    let whole = agent(planner(4), Arc::new(Coin::new(11)), journal.clone(), Policy::allow());
    let run =
        whole.run("Open a door").check(Condition::Text { contains: "unicorn".to_owned() }).finish().await.expect("no journal failure").run;
    for cut in 1..run.entries().len() {
        // The children's journals are whole: all of them had ended when the parent died.
        let again = Arc::new(MemoryJournal::default());
        for errand in run.errands() {
            for entry in journal.load(&errand.run).await.expect("kept") {
                again.append(&errand.run, &entry).await.expect("appended");
            }
        }
        let id = RunId::generate();
        for entry in &run.entries()[..cut] {
            again.append(&id, entry).await.expect("appended");
        }
        let coin = Arc::new(Coin::new(1));
        let left = Run::from_entries(id, run.entries()[..cut].to_vec()).expect("a run");
        let begun = left.errands().count();
        let agent = agent(planner(4), coin.clone(), again, Policy::allow());
        let finished = agent.resume(left).expect("resumable").finish().await.expect("no journal failure").run;
        assert_eq!(finished.errands().count(), 4, "cut {cut}");
        assert_eq!(finished.returned().count(), 4, "cut {cut}");
        // A try that had been given out is taken from the journal; only later ones ask the model.
        assert_eq!(coin.calls.load(Ordering::Relaxed) > 0, begun < 4, "cut {cut}: {begun} were begun");
    }
}
