//! Going on after a break: the process, or the program behind the surface, had died.
//!
//! Both are the same here. The old program is made sure to be dead, the surface is made again from its newest checkpoint, what was
//! cut off is judged ([`super::settle`]), and fields that had not been sent are filled again. Nothing of it is known but what is
//! in the journal.

use super::Driver;
use crate::action::Action;
use crate::event::{Event, Outcome, Part, Revival};
use crate::journal::JournalError;
use crate::receipt::Receipt;
use crate::run::Status;
use crate::surface::{Refusal, Restore, Restored, SurfaceError};

/// How often in a row a surface is started again without any effect between.
const MOST_REVIVALS: usize = 3;

impl Driver {
    /// Goes on with a run that this driver did not begin.
    pub(super) async fn resume(&mut self) -> Result<(), JournalError> {
        if self.run.outcome().is_some_and(|outcome| !outcome.is_resumable()) {
            return Ok(());
        }
        if let Status::Waiting { .. } = self.run.status() {
            return Ok(());
        }
        let detail = match self.run.outcome() {
            Some(outcome) => format!("it had ended: {outcome}"),
            None => "it had broken off".to_owned(),
        };
        if !self.is_the_same_surface().await {
            return self.revive(Revival::Resumed, detail).await;
        }
        if self.run.outcome().is_some() {
            self.emit(Event::Revived { why: Revival::Resumed, detail, restored: Restored::default() }).await?;
        }
        self.settle().await?;
        self.refill().await
    }

    /// Whether the surface is the very one that the run has used last, and alive.
    async fn is_the_same_surface(&self) -> bool {
        let Some(surface) = &self.parts.surface else { return true };
        match self.bounded("looking whether it is the same", surface.checkpoint(&self.surface_cx())).await {
            Ok(Some(now)) => now.process.is_some() && now.process.as_ref() == self.run.process(),
            // One that can't be restored is gone on with as it is.
            Ok(None) => true,
            Err(_) => false,
        }
    }

    /// The surface failed. Ends the run if that can't be mended.
    pub(super) async fn surface_died(&mut self, error: &SurfaceError) -> Result<(), JournalError> {
        let dead = matches!(error, SurfaceError::Gone { .. });
        if !dead || self.revivals() >= MOST_REVIVALS {
            return self.broken(Part::Surface, error).await;
        }
        // A surface that dies while it is restored is restored again, up to the limit above: boxed, for it may come back here.
        Box::pin(self.revive(Revival::Relaunched, error.to_string())).await
    }

    /// How often the surface was started again since the last effect.
    fn revivals(&self) -> usize {
        let since = self.run.events().rev().take_while(|event| !matches!(event, Event::Receipt { receipt, .. } if receipt.is_verified()));
        since.filter(|event| matches!(event, Event::Revived { why: Revival::Relaunched, .. })).count()
    }

    async fn revive(&mut self, why: Revival, detail: String) -> Result<(), JournalError> {
        let restored = match self.restored().await? {
            Ok(restored) => restored,
            // It ends as it had, and can be tried again; only what had not ended ends now.
            Err(error) if self.run.outcome().is_some() => {
                self.emit(Event::Revived { why, detail, restored: Restored::default() }).await?;
                return self.broken(Part::Surface, &error).await;
            }
            Err(error) => return self.broken(Part::Surface, &error).await,
        };
        self.emit(Event::Revived { why, detail, restored }).await?;
        if self.parts.surface.is_some() && !self.look().await? {
            return Ok(());
        }
        self.settle().await?;
        self.refill().await
    }

    async fn restored(&self) -> Result<Result<Restored, SurfaceError>, JournalError> {
        let Some(surface) = &self.parts.surface else { return Ok(Ok(Restored::default())) };
        let state = match self.run.checkpoint() {
            Some((Some(blob), _)) => Some(self.parts.journal.get_blob(blob).await?),
            _ => None,
        };
        let from =
            Restore { process: self.run.process(), state: state.as_deref(), screen: self.run.screen(), next_ref: self.run.next_ref() };
        Ok(self.bounded("restoring the surface", surface.restore(&self.surface_cx(), &from)).await)
    }

    /// Fills the fields again that had been filled and not sent.
    async fn refill(&mut self) -> Result<(), JournalError> {
        let Some(surface) = self.parts.surface.clone() else { return Ok(()) };
        // Who looks for its elements itself does so for these, too.
        if self.run.status() != Status::Running || !self.run.wants_refill() || self.seeks() {
            return Ok(());
        }
        let unsent: Vec<(String, Action)> =
            self.run.unsent().into_iter().map(|one| (one.call_id.to_owned(), one.resolved.action.clone())).collect();
        for (call_id, action) in unsent {
            let cx = self.surface_cx();
            let doing = async {
                match surface.resolve(&cx, &action).await {
                    Ok(resolved) => surface.dispatch(&cx, &resolved).await,
                    Err(Refusal::NotDispatched(reason)) => Ok(Receipt::refused(reason)),
                    Err(Refusal::Surface(error)) => Err(error),
                }
            };
            match self.bounded("filling a field again", doing).await {
                Ok(receipt) => self.emit(Event::Refilled { call_id, receipt }).await?,
                Err(SurfaceError::TimedOut { .. }) => {}
                Err(error) => {
                    return self.emit(Event::Ended { outcome: Outcome::Broken { part: Part::Surface, error: error.to_string() } }).await;
                }
            }
        }
        Ok(())
    }

    /// Keeps the state of the surface, if it is another one than what was kept last.
    pub(super) async fn keep_state(&mut self) -> Result<(), JournalError> {
        let Some(surface) = self.parts.surface.clone() else { return Ok(()) };
        let now = match self.bounded("keeping its state", surface.checkpoint(&self.surface_cx())).await {
            Ok(Some(now)) => now,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::debug!(%error, "no checkpoint");
                return Ok(());
            }
        };
        let same = self.run.checkpoint().is_some_and(|(_, digest)| digest == now.digest) && self.run.process() == now.process.as_ref();
        if same {
            return Ok(());
        }
        let state = if now.state.is_empty() { None } else { Some(self.parts.journal.put_blob(&now.state).await?) };
        self.emit(Event::Checkpoint { process: now.process, state, digest: now.digest }).await
    }
}
