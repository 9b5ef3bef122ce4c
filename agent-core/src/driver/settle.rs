//! What was cut off between intent and receipt: was it done?
//!
//! Nobody can know from this side. What only reads, or sets a field of a page that is gone, is done again. Where what it
//! led to had been kept, it was done. What changes something is decided by a declared probe. Without one, and always for what can't be taken back, the person is asked. It is never guessed,
//! so nothing is done twice.

use std::time::Duration;

use tokio::time::Instant;

use super::Driver;
use crate::action::{Action, EffectClass};
use crate::event::{Event, Judge};
use crate::journal::JournalError;
use crate::probe::Probe;
use crate::receipt::{Change, Receipt};
use crate::run::Status;
use crate::surface::{Resolved, SurfaceError};

/// Between two questions to a server that may not be through yet.
const PAUSE: Duration = Duration::from_millis(250);

impl Driver {
    /// Judges the act without a receipt, if there is one. A question leaves the run waiting.
    pub(super) async fn settle(&mut self) -> Result<(), JournalError> {
        if self.run.status() != Status::Running {
            return Ok(());
        }
        let Some(open) = self.run.open_intent() else { return Ok(()) };
        let (call_id, resolved) = (open.call_id.to_owned(), open.resolved.clone());
        if let Some(why) = open.done.map(str::to_owned) {
            return self.was_done(call_id, &resolved, &why).await;
        }
        if open.kept {
            let why = "what it led to was kept".to_owned();
            return self.judged(call_id, &resolved, true, Judge::Checkpoint, why).await;
        }
        if open.is_repeatable() {
            let why = "to do it again changes nothing more".to_owned();
            return self.judged(call_id, &resolved, false, Judge::Nature, why).await;
        }
        if let Some(done) = open.answer {
            let why = format!("the person says that it was {}done", if done { "" } else { "not " });
            return self.judged(call_id, &resolved, done, Judge::Person, why).await;
        }
        if resolved.effect == EffectClass::Write
            && let Some(probe) = self.probe_for(&resolved)
        {
            match self.probed(&probe).await {
                Ok(done) => {
                    let why = format!("{} {} {:?}", probe.url, if done { "has" } else { "has not" }, probe.text);
                    return self.judged(call_id, &resolved, done, Judge::Probe, why).await;
                }
                Err(error) => tracing::warn!(%error, "the probe can't be asked, so the person is"),
            }
        }
        let text = format!(
            "The run broke off while it was about to {}. Was that done? (yes: go on; no: it is done now)",
            crate::policy::describe(&resolved)
        );
        self.emit(Event::Question { call_id: Some(call_id), text, hash: Some(resolved.hash) }).await
    }

    /// The most particular probe that answers for an action, its text written out.
    fn probe_for(&self, resolved: &Resolved) -> Option<Probe> {
        let name = resolved.target.as_ref().map_or("", |target| target.name.as_str());
        let unsent = self.run.unsent();
        let value = |field: &str| {
            let filled = unsent.iter().rev().find(|one| one.resolved.target.as_ref().is_some_and(|target| target.name == field))?;
            filled.resolved.action.value()
        };
        let probes = self.run.started().map(|started| &started.probes).into_iter().flatten();
        probes.filter(|probe| probe.answers_for(name)).max_by_key(|probe| probe.about.len())?.filled_in(value)
    }

    /// Asks the server for a planner. That it can't be asked is an answer too: it proves nothing.
    pub(super) async fn probe(&mut self, probe: Probe) -> Result<(), JournalError> {
        let holds = match self.probed(&probe).await {
            Ok(holds) => Some(holds),
            Err(error) => {
                tracing::warn!(%error, "the server can't be asked");
                None
            }
        };
        self.emit(Event::Probed { probe, holds }).await
    }

    /// Asks until it is done, or a server that had been asked before the crash must be through with it.
    async fn probed(&self, probe: &Probe) -> Result<bool, SurfaceError> {
        let Some(surface) = &self.parts.surface else {
            return Err(SurfaceError::NotAvailable { problem: "there is no surface to ask with".to_owned(), hint: String::new() });
        };
        let end = Instant::now() + self.parts.limits.settle;
        loop {
            if self.bounded("asking a probe", surface.probe(&self.surface_cx(), probe)).await? {
                return Ok(true);
            }
            if Instant::now() >= end {
                return Ok(false);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn judged(&mut self, call_id: String, resolved: &Resolved, done: bool, by: Judge, why: String) -> Result<(), JournalError> {
        self.emit(Event::Settled { call_id: call_id.clone(), done, by, why: why.clone() }).await?;
        if done { self.was_done(call_id, resolved, &why).await } else { Ok(()) }
    }

    /// The receipt that is missing.
    async fn was_done(&mut self, call_id: String, resolved: &Resolved, why: &str) -> Result<(), JournalError> {
        if matches!(resolved.action, Action::Tool(_)) {
            let result = Ok(serde_json::Value::String(format!("it was done before the run broke off; its result is lost ({why})")));
            return self.emit(Event::ToolResult { call_id, result, millis: 0 }).await;
        }
        let text = format!("it was done before the run broke off ({why})");
        let receipt = Receipt::Verified { changes: vec![Change::Told { text }] };
        self.emit(Event::Receipt { call_id, receipt, millis: 0, shot: None }).await
    }
}
