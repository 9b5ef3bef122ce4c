//! What came of each row, for people, programs and CI servers.

use handiwork::core::run::Status;
use handiwork::core::{Event, Outcome, Run, RunId};
use handiwork::planners::script::{Ready, handed_over, write_back};
use serde::Serialize;

use super::super::{Code, Failure};
use super::rows::Row;

/// What came of a row.
#[derive(Debug, Serialize)]
pub(super) struct Came {
    pub(super) row: usize,
    pub(super) name: String,
    pub(super) run: RunId,
    pub(super) outcome: &'static str,
    pub(super) done: bool,
    /// Whether it had been done before.
    pub(super) before: bool,
    pub(super) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<serde_json::Value>,
    pub(super) seconds: f64,
    pub(super) model_calls: u32,
    pub(super) cost_usd: f64,
    pub(super) healed: Vec<HealedStep>,
    /// The same, for writing it back.
    #[serde(skip)]
    pub(super) ways: Vec<write_back::Healed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) handed_over: Option<String>,
}

/// A step that was healed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct HealedStep {
    pub(super) step: usize,
    pub(super) how: String,
    pub(super) now: String,
}

/// What came of a row.
pub(super) fn of(row: &Row, ready: &Ready, run: Run, before: bool) -> (Came, Run) {
    let (outcome, text, value) = match run.status() {
        Status::Ended(Outcome::Done { text, value }) => ("done", text.clone(), value.clone()),
        Status::Ended(other) => ("failed", other.to_string(), None),
        Status::Waiting { question } => ("waiting", format!("it waits for an answer: {question}"), None),
        Status::Running => ("interrupted", "it broke off".to_owned(), None),
    };
    let ways = write_back::healed(&run, ready);
    let healed = ways.iter().map(|one| HealedStep {
        step: one.at + 1,
        how: one.how.clone(),
        now: format!("{} {:?}", one.found.role, one.found.name),
    });
    let healed: Vec<HealedStep> = healed.collect();
    let mut name = format!("row {}", row.number);
    if let Some((_, first)) = row.values.iter().next() {
        name = format!("{name}: {first}");
    }
    let came = Came {
        row: row.number,
        name,
        run: run.id.clone(),
        outcome,
        done: outcome == "done",
        before,
        text,
        value,
        seconds: run.elapsed_ms() as f64 / 1000.0,
        model_calls: run.events().filter(|event| matches!(event, Event::Replied { .. })).count() as u32,
        cost_usd: run.cost_usd(),
        healed,
        ways,
        handed_over: handed_over(&run).map(str::to_owned),
    };
    (came, run)
}

/// The report for a CI server.
pub(super) fn junit(title: &str, rows: &[Came], seconds: f64) -> Result<String, Failure> {
    let mut env = minijinja::Environment::new();
    let failures = rows.iter().filter(|one| !one.done).count();
    let rows = minijinja::value::Serde(serde_json::to_value(rows).unwrap_or_default());
    let context = minijinja::context! { title, rows, seconds, failures };
    env.add_template("junit.xml", include_str!("junit.xml"))
        .and_then(|()| env.get_template("junit.xml")?.render(context))
        .map_err(|error| Failure::new(Code::Store, error))
}
