//! Child runs: each by an agent of its own, at the same time, within the parent's rules and a share of what it has left.
//!
//! Nothing is kept of a child but what it has written in the journal itself, and one event when it is over. So after a crash the
//! ones that were under way go on, and none is done twice.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::stream::{FuturesUnordered, StreamExt as _};

use super::{Driver, Parts};
use crate::agent::{Agent, AgentError};
use crate::clock::now_ms;
use crate::condition::Standing;
use crate::errand::{Errand, Returned};
use crate::event::{Event, Outcome};
use crate::journal::JournalError;
use crate::policy::Policy;
use crate::run::{Run, RunId, Status};

/// Why the others are stopped.
const ENOUGH: &str = "another one has reached the goal";

impl Driver {
    /// Has the child runs done that nothing has come back of; false if there are none.
    pub(super) async fn gather(&mut self) -> Result<bool, JournalError> {
        let Some((errands, first_shown)) = self.run.open_errands() else { return Ok(false) };
        let rules = self.policy();
        let share = rules.share(&self.run, now_ms(), errands.len());
        let mut stops = Vec::new();
        let mut going: FuturesUnordered<_> = errands
            .into_iter()
            .map(|errand| {
                let (stop, stopped) = oneshot::channel::<()>();
                stops.push(stop);
                let rules = if errand.reads_only { rules.within(&Policy::read_only()) } else { rules.clone() };
                child(Arc::clone(&self.parts), errand, rules.budgets(share), stopped)
            })
            .collect();
        // Whether those before a crash were enough.
        let mut enough = first_shown && self.run.returned().any(|returned| returned.shown);
        loop {
            if enough {
                for stop in stops.drain(..) {
                    // One that is over by now listens no more.
                    let _ = stop.send(());
                }
            }
            let Some(returned) = going.next().await else { return Ok(true) };
            let returned = returned?;
            enough |= first_shown && returned.shown;
            self.emit(Event::Returned(Box::new(returned))).await?;
        }
    }
}

async fn child(parts: Arc<Parts>, errand: Errand, rules: Policy, stopped: oneshot::Receiver<()>) -> Result<Returned, JournalError> {
    let Some(helper) = parts.helpers.iter().find(|helper| helper.info.name == errand.helper) else {
        let names: Vec<&str> = parts.helpers.iter().map(|helper| helper.info.name.as_str()).collect();
        return Ok(failed(errand.run, format!("there is no helper {:?}; there are: {}", errand.helper, names.join(", "))));
    };
    let known = match parts.journal.load(&errand.run).await {
        Ok(entries) => entries,
        Err(JournalError::NoSuchRun(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let agent = match tokio::time::timeout(parts.limits.surface, (helper.hire)()).await {
        Ok(Ok(agent)) => agent,
        Ok(Err(why)) => return Ok(failed(errand.run, format!("{} could not begin: {why}", errand.helper))),
        Err(_) => {
            return Ok(failed(
                errand.run,
                format!("{} could not begin: it took longer than {} s", errand.helper, parts.limits.surface.as_secs()),
            ));
        }
    };
    let agent = agent.under(Arc::clone(&parts.journal), |policy| {
        let budgets = policy.budgets.within(errand.budgets).within(rules.budgets);
        policy.within(&rules).budgets(budgets)
    });
    let done = driven(&agent, &errand, known, stopped).await;
    if let Some(surface) = agent.surface() {
        surface.close().await;
    }
    match done {
        Ok(run) => Ok(told(&agent, &run, &errand)),
        Err(AgentError::Journal(error)) => Err(error),
        Err(error) => Ok(failed(errand.run, error.to_string())),
    }
}

/// Begins the run, or goes on with it.
async fn driven(
    agent: &Agent,
    errand: &Errand,
    known: Vec<crate::event::Entry>,
    stopped: oneshot::Receiver<()>,
) -> Result<Run, AgentError> {
    let builder = if known.is_empty() {
        let begun = agent.run(errand.goal.as_str()).id(errand.run.clone());
        let begun = errand.url.iter().fold(begun, |run, url| run.url(url.as_str()));
        let begun = errand.output_schema.iter().fold(begun, |run, schema| run.output_schema(schema.clone()));
        errand.checks.iter().fold(begun, |run, check| run.check(check.clone()))
    } else {
        let run = Run::from_entries(errand.run.clone(), known)?;
        // What it was stopped or broken by before is in its parent's hands too: it goes on.
        if !matches!(run.status(), Status::Running) && !run.outcome().is_some_and(Outcome::is_resumable) {
            return Ok(run);
        }
        agent.resume(run)?
    };
    // Whoever could stop it may be gone.
    let stop = stopped.then(|stopped| async move { if stopped.is_err() { std::future::pending().await } else { ENOUGH.to_owned() } });
    Ok(builder.stop_when(stop).finish().await?.run)
}

fn told(agent: &Agent, run: &Run, errand: &Errand) -> Returned {
    let outcome = match run.status() {
        Status::Ended(outcome) => outcome.clone(),
        Status::Waiting { question } => Outcome::Failed { reason: format!("it would have to ask the person: {question}") },
        Status::Running => Outcome::Stopped { why: "it broke off".to_owned() },
    };
    let holds = errand.checks.iter().all(|check| check.standing(run) == Standing::Met);
    let shown = matches!(outcome, Outcome::Done { .. }) && !errand.checks.is_empty() && holds;
    Returned { run: run.id.clone(), outcome, shown, milestones: agent.planner().milestones(run), bills: run.bills(), story: run.story() }
}

fn failed(run: RunId, reason: String) -> Returned {
    Returned {
        run,
        outcome: Outcome::Failed { reason },
        shown: false,
        milestones: None,
        bills: std::collections::BTreeMap::new(),
        story: Vec::new(),
    }
}
