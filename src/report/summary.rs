//! What stands at the head of a report: what was wanted, how it ended, and what it took.

use handiwork_core::condition::Standing;
use handiwork_core::event::Started;
use handiwork_core::{Condition, Event, Outcome, Receipt, Run, Status};
use handiwork_planners::plan::Ledger;
use serde::Serialize;
use serde_json::json;

use super::format::{count, dollars, duration, json as pretty, moment};

#[derive(Debug, Serialize)]
pub(super) struct Summary {
    id: String,
    goal: String,
    outcome: Word,
    text: String,
    value: Option<String>,
    facts: Vec<Fact>,
    setup: Vec<Fact>,
}

/// A word with the colour that it is shown in.
#[derive(Debug, Serialize)]
pub(super) struct Word {
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    more: String,
}

#[derive(Default)]
struct Verdicts {
    verified: usize,
    no_effect: usize,
    not_done: usize,
    unknown: usize,
}

/// How a verdict is shown.
pub(super) fn verdict(receipt: &Receipt) -> Word {
    match receipt {
        Receipt::Verified { .. } => Word { word: "Verified", tone: "good" },
        Receipt::NoEffect => Word { word: "NoEffect", tone: "warn" },
        Receipt::NotDispatched { .. } => Word { word: "NotDispatched", tone: "bad" },
        Receipt::Unknown { .. } => Word { word: "Unknown", tone: "doubt" },
    }
}

pub(super) fn of(run: &Run, started: &Started) -> Summary {
    let (outcome, text, value) = outcome(&run.status());
    Summary { id: run.id.to_string(), goal: started.goal.clone(), outcome, text, value, facts: facts(run, started), setup: setup(started) }
}

fn outcome(status: &Status<'_>) -> (Word, String, Option<String>) {
    let word = |word, tone| Word { word, tone };
    match status {
        Status::Running => {
            (word("Unfinished", "doubt"), "The journal has no end: the run is under way, or it was cut off.".to_owned(), None)
        }
        Status::Waiting { question } => (word("Waiting", "doubt"), format!("For an answer to: {question}"), None),
        Status::Ended(Outcome::Done { text, value }) => (word("Done", "good"), text.clone(), value.as_ref().map(pretty)),
        Status::Ended(Outcome::Failed { reason }) => (word("Failed", "bad"), reason.clone(), None),
        Status::Ended(Outcome::BudgetExceeded { what }) => (word("Budget exceeded", "warn"), what.clone(), None),
        Status::Ended(Outcome::Broken { part, error }) => (word("Broken", "bad"), format!("{part:?}: {error}"), None),
        Status::Ended(Outcome::Stopped { why }) => (word("Stopped", "doubt"), format!("{why}; it can be resumed"), None),
        Status::Ended(other) => (word("Ended", "doubt"), format!("{other:?}"), None),
    }
}

fn facts(run: &Run, started: &Started) -> Vec<Fact> {
    let usage = run.usage();
    let (mut thinking, mut acting) = (0, 0);
    let mut verdicts = Verdicts::default();
    for event in run.events() {
        match event {
            Event::Replied { millis, .. } => thinking += millis,
            Event::ToolResult { millis, .. } => acting += millis,
            Event::Receipt { receipt, millis, .. } => {
                acting += millis;
                let verdict = match receipt {
                    Receipt::Verified { .. } => &mut verdicts.verified,
                    Receipt::NoEffect => &mut verdicts.no_effect,
                    Receipt::NotDispatched { .. } => &mut verdicts.not_done,
                    Receipt::Unknown { .. } => &mut verdicts.unknown,
                };
                *verdict += 1;
            }
            _ => {}
        }
    }
    let others = verdicts.no_effect + verdicts.not_done + verdicts.unknown;
    let fact = |name, value, more| Fact { name, value, more };
    let mut facts = vec![
        fact("Model", started.model.id.clone(), started.model.provider.clone()),
        fact("Steps", count(run.steps().into()), "replies of the model".to_owned()),
        fact(
            "Verified receipts",
            count(verdicts.verified as u64),
            format!("{others} others: {} no effect, {} not done, {} unknown", verdicts.no_effect, verdicts.not_done, verdicts.unknown),
        ),
        fact("Prompt tokens", count(usage.prompt), format!("{} of them cached", count(usage.cached))),
        fact("Output tokens", count(usage.completion), format!("{} of them reasoning", count(usage.reasoning))),
        cost(run, started),
        fact("Time", duration(run.elapsed_ms().max(0) as u64), format!("{} model, {} actions", duration(thinking), duration(acting))),
        fact("Started", run.began_at().map(moment).unwrap_or_default(), format!("run {}", run.id)),
    ];
    facts.extend(checks(run, started));
    facts.extend(milestones(run));
    facts.extend(by_model(run));
    facts
}

/// What the person had declared to be checked, and whether it is so.
fn checks(run: &Run, started: &Started) -> Option<Fact> {
    let is_met = |check: &&Condition| check.standing(run) == Standing::Met;
    let met = started.checks.iter().filter(is_met).count();
    let each = started.checks.iter().map(|check| format!("{} {check}", if is_met(&check) { '✓' } else { '✗' }));
    let more = each.collect::<Vec<_>>().join("; ");
    (!started.checks.is_empty()).then(|| Fact { name: "Checks", value: format!("{met} of {}", started.checks.len()), more })
}

/// The plan, and how far it was got: task decomposition and milestone recognition.
fn milestones(run: &Run) -> Option<Fact> {
    let ledger = Ledger::of(run);
    let reached = ledger.milestones.iter().filter(|one| one.reached.is_some()).count();
    let each = ledger.milestones.iter().map(|one| format!("{} {}: {}", if one.reached.is_some() { '✓' } else { '✗' }, one.what, one.when));
    let lessons = ledger.lessons.iter().map(|lesson| format!("learned: {lesson}"));
    let more = each.chain(lessons).collect::<Vec<_>>().join("; ");
    (ledger.plans > 0).then(|| Fact { name: "Milestones", value: format!("{reached} of {}", ledger.milestones.len()), more })
}

/// What each model took, if there were several.
fn by_model(run: &Run) -> Option<Fact> {
    let bills = run.bills();
    let each = bills
        .iter()
        .map(|(id, bill)| format!("{id}: {} replies, {} tokens in, {}", bill.replies, count(bill.usage.prompt), dollars(bill.usd)));
    let more = each.collect::<Vec<_>>().join("; ");
    (bills.len() > 1).then(|| Fact { name: "By model", value: bills.len().to_string(), more })
}

fn cost(run: &Run, started: &Started) -> Fact {
    let usd = run.cost_usd();
    let (value, more) = match &started.model.price {
        Some(price) => {
            let peak = started.model.peak.as_ref().map(|peak| format!("; times {} in peak hours", peak.factor)).unwrap_or_default();
            (dollars(usd), format!("{} in, {} cached, {} out, USD per million{peak}", price.miss, price.hit, price.output))
        }
        None if usd > 0.0 => (dollars(usd), "as reported".to_owned()),
        None if started.model.provider == "local" => ("0 USD".to_owned(), "the model runs on this machine".to_owned()),
        None => ("0 USD".to_owned(), "no price is known for this model".to_owned()),
    };
    Fact { name: "Cost", value, more }
}

fn setup(started: &Started) -> Vec<Fact> {
    let fact = |name, value| Fact { name, value, more: String::new() };
    let list = |items: Vec<String>| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    let surface = started.surface.as_ref();
    vec![
        fact("Planner", format!("{} {}", started.planner.0, started.planner.1)),
        fact("First page", started.url.clone().unwrap_or_else(|| "none".to_owned())),
        fact("Surface", surface.map_or_else(|| "none".to_owned(), |surface| surface.kind.clone())),
        fact("Actions", list(surface.map(|surface| surface.actions.clone()).unwrap_or_default())),
        fact("Tools", list(started.tools.iter().map(|tool| tool.name.clone()).collect())),
        fact("Secrets", list(started.secrets.iter().map(|(name, origin)| format!("{name} for {origin}")).collect())),
        fact("Policy", pretty(&json!(started.policy))),
        fact("Output schema", started.output_schema.as_ref().map_or_else(|| "none".to_owned(), pretty)),
    ]
}
