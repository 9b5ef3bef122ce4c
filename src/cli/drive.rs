//! A run on its way: watched, asked about on the terminal, stopped by Ctrl-C, and told of at its end.

use std::path::Path;

use futures::StreamExt as _;
use handiwork::core::run::Status;
use handiwork::core::{Agent, Event, Journal, Outcome, Run, RunBuilder, Update};
use serde_json::json;

use super::live::Live;
use super::paths::Paths;
use super::print::{self, Out};
use super::{Code, Failure, inbox};

/// Watches the run to its end; questions are asked on the terminal, if there is one.
pub(super) async fn drive(agent: &Agent, mut run: Run, mut builder: RunBuilder, paths: &Paths) -> Result<Run, Failure> {
    let mut live = Live::default();
    loop {
        // Anew after each question: what was heard before is known by its number.
        let mut stream = builder.inbox(inbox::listen(paths, &run.id)).stop_when(interrupted()).stream();
        while let Some(update) = stream.next().await {
            match update? {
                Update::Entry(entry) => {
                    live.entry(&entry);
                    run.apply(*entry).map_err(|error| Failure::new(Code::Store, error))?;
                }
                Update::Progress(progress) => live.progress(&progress),
                _ => {}
            }
        }
        drop(stream);
        let Status::Waiting { question } = run.status() else { return Ok(run) };
        let (question, leave) = (question.to_owned(), asks_leave(&run));
        match tokio::task::spawn_blocking(move || answer(&question, leave)).await.ok().flatten() {
            None => return Ok(run),
            Some((approved, text)) => builder = agent.resume(run.clone())?.answer(approved, text),
        }
    }
}

/// Whether the run asks for leave to act, and not for something that it wants to know.
pub(super) fn asks_leave(run: &Run) -> bool {
    matches!(run.events().next_back(), Some(Event::Question { call_id, .. }) if call_id.is_some())
}

/// Asks on the terminal: for a yes or no, or for what the model wants to know. None if there is nobody, or nothing is said.
pub(super) fn answer(question: &str, leave: bool) -> Option<(bool, String)> {
    if leave {
        return print::confirm(question).map(|yes| (yes, if yes { "yes" } else { "no" }.to_owned()));
    }
    print::asked(question).filter(|text| !text.is_empty()).map(|text| (true, text))
}

/// Ready when somebody wants it to stop.
async fn interrupted() -> String {
    // Where a signal can't be listened to, nobody can send one.
    match tokio::signal::ctrl_c().await {
        Ok(()) => "it was interrupted".to_owned(),
        Err(_) => std::future::pending().await,
    }
}

/// Writes the report, prints the result, and says how it ended.
pub(super) async fn conclude(run: &Run, file: Option<&Path>, journal: &dyn Journal, out: Out) -> Result<(), Failure> {
    let mut report = None;
    if let Some(file) = file {
        handiwork::report::write(run, journal, file).await.map_err(|error| Failure::new(Code::Store, error))?;
        report = Some(file.display().to_string());
    }
    let usage = run.usage();
    let (outcome, text, value) = match run.status() {
        Status::Ended(Outcome::Done { text, value }) => ("done", text.clone(), value.clone()),
        Status::Ended(Outcome::Failed { reason }) => ("failed", reason.clone(), None),
        Status::Ended(Outcome::BudgetExceeded { what }) => ("budget_exceeded", what.clone(), None),
        Status::Ended(Outcome::Stopped { why }) => ("stopped", why.clone(), None),
        Status::Ended(Outcome::Broken { error, .. }) => ("broken", error.clone(), None),
        Status::Waiting { question } => ("waiting", question.to_owned(), None),
        _ => ("stopped", String::new(), None),
    };
    let result = json!({
        "run": run.id, "outcome": outcome, "text": text, "value": value, "steps": run.steps(), "verified": run.verified(),
        "tokens": { "in": usage.prompt, "cached": usage.cached, "out": usage.completion }, "cost_usd": run.cost_usd(), "models": run.bills(),
        "seconds": run.elapsed_ms() as f64 / 1000.0, "report": report,
    });
    print::note(&format!(
        "run    {} — {outcome}; {} steps, {} verified, {} tokens in ({} cached), {} out, ${:.4}, {:.1} s",
        run.id,
        run.steps(),
        run.verified(),
        usage.prompt,
        usage.cached,
        usage.completion,
        run.cost_usd(),
        run.elapsed_ms() as f64 / 1000.0
    ));
    if let Some(file) = &report {
        print::note(&format!("report {file}"));
    }
    let failure = match run.status() {
        Status::Ended(outcome) => Failure::of_outcome(outcome).map(|failure| {
            let hint = format!("handiwork resume {}", run.id);
            if outcome.is_resumable() { failure.or_hint(hint) } else { failure }
        }),
        Status::Waiting { question } => Some(
            Failure::new(Code::Waiting, format!("the run waits for an answer: {question}"))
                .hint(format!("handiwork resume {} on a terminal, or with --answer yes or no; --yes at the start allows all", run.id)),
        ),
        Status::Running => Some(Failure::new(Code::NotReached, "the run was stopped")),
    };
    if out.json || failure.is_none() {
        let shown = value.as_ref().map_or_else(|| text.clone(), |value| serde_json::to_string_pretty(value).unwrap_or_default());
        out.result(&result, || shown);
    }
    failure.map_or(Ok(()), |failure| Err(if out.json { failure.told() } else { failure }))
}
