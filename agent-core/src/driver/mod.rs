//! The one driver: the only code that awaits on behalf of a run.
//!
//! It asks the planner what comes next, does it, and records what came of it; it has no opinion of its own. An entry is in the
//! journal before anybody sees it, and an intent is there before the act.

mod act;
mod ask;
#[cfg(test)]
mod crashes;
mod delegate;
mod pictures;
#[cfg(test)]
mod reads;
mod recall;
mod revive;
mod settle;
#[cfg(test)]
mod stops;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::now_ms;
use crate::context::{Context, Progress};
use crate::errand::Helper;
use crate::event::{Entry, Event, Outcome, Part, ShotRef};
use crate::journal::{Journal, JournalError};
use crate::marks::Wanted;
use crate::memory::{Memory, Viewer};
use crate::model::Model;
use crate::planner::{Next, Planner};
use crate::policy::Policy;
use crate::run::{Run, Status};
use crate::secret::Secrets;
use crate::surface::{Surface, SurfaceError};
use crate::tool::DynTool;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use futures::future::{BoxFuture, Either};

pub use stream::{RunStream, Update};

/// How much longer than its deadline a call may take before it is given up without it.
const GRACE: Duration = Duration::from_secs(2);

/// The longest that each kind of call may take. A call that takes longer ends as an error of its kind.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// One reply of a model, waiting for its server included.
    pub model: Duration,
    /// One look or act on the surface.
    pub surface: Duration,
    /// One call of a tool.
    pub tool: Duration,
    /// How long a server is given to finish what it was asked before a crash, until a probe's "no" is believed.
    pub settle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            model: Duration::from_mins(15),
            surface: Duration::from_secs(90),
            tool: Duration::from_mins(5),
            settle: Duration::from_secs(3),
        }
    }
}

/// Everything that a run is made of.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) model: Arc<dyn Model>,
    /// Asked in this order when the one before has failed.
    pub(crate) fallbacks: Vec<Arc<dyn Model>>,
    /// Others, which a planner may choose.
    pub(crate) others: Vec<Arc<dyn Model>>,
    /// Who may be given a part of a goal.
    pub(crate) helpers: Vec<Helper>,
    pub(crate) planner: Arc<dyn Planner>,
    pub(crate) surface: Option<Arc<dyn Surface>>,
    pub(crate) tools: Vec<Arc<dyn DynTool>>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) memory: Option<Arc<dyn Memory>>,
    /// Whose facts may be seen.
    pub(crate) viewer: Viewer,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    pub(crate) screenshots: bool,
}

/// Something that the person says to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub text: String,
    /// A number by which it is told from others, if it may come twice: it is taken in once.
    pub message: Option<i64>,
}

/// What is said while a run goes on.
pub(crate) type Inbox = UnboundedReceiver<Said>;

/// Ready when the run is to stop, with the reason.
pub(crate) type Stop = BoxFuture<'static, String>;

/// One run being driven.
pub(crate) struct Driver {
    parts: Arc<Parts>,
    run: Run,
    updates: UnboundedSender<Update>,
    cx: Context,
    inbox: Option<Inbox>,
}

impl Driver {
    pub(crate) fn new(parts: Arc<Parts>, run: Run, updates: UnboundedSender<Update>, progress: UnboundedSender<Progress>) -> Self {
        let cx = Context::new(parts.secrets.clone()).with_progress(progress);
        Self { parts, run, updates, cx, inbox: None }
    }

    /// The same with an inbox.
    pub(crate) fn with_inbox(mut self, inbox: Option<Inbox>) -> Self {
        self.inbox = inbox;
        self
    }

    /// Goes on until the run rests or is over, or `stop` says why it is to stop. `first` are events that begin or continue it.
    pub(crate) async fn drive(mut self, first: Vec<Event>, stop: Stop) -> Result<(), JournalError> {
        let _claim = self.parts.journal.claim(&self.run.id).await?;
        let why = {
            let driving = self.go(first);
            futures::pin_mut!(driving);
            match futures::future::select(driving, stop).await {
                Either::Left((done, _)) => return done,
                Either::Right((why, _)) => why,
            }
        };
        self.stopped(why).await
    }

    async fn go(&mut self, first: Vec<Event>) -> Result<(), JournalError> {
        let continues = self.run.next_seq() > 0;
        for event in first {
            self.emit(event).await?;
        }
        if continues {
            // What was said meanwhile opens a run that is over.
            self.listen().await?;
            self.resume().await?;
        }
        while self.run.status() == Status::Running {
            self.step().await?;
        }
        Ok(())
    }

    /// Ends what was dropped in the middle. Only the journal knows how far it had got.
    async fn stopped(&mut self, why: String) -> Result<(), JournalError> {
        let written = self.parts.journal.load(&self.run.id).await?;
        let missing = self.run.next_seq() as usize;
        for entry in written.into_iter().skip(missing) {
            self.take(entry)?;
        }
        if self.run.status() != Status::Running {
            return Ok(());
        }
        let begun = self.run.open_intent().map(|open| open.call_id.to_owned());
        let call_ids: Vec<String> =
            self.run.pending().into_iter().map(|call| call.id.clone()).filter(|id| Some(id) != begun.as_ref()).collect();
        if !call_ids.is_empty() {
            self.emit(Event::Dropped { call_ids, why: format!("not tried: {why}") }).await?;
        }
        self.emit(Event::Ended { outcome: Outcome::Stopped { why } }).await
    }

    async fn step(&mut self) -> Result<(), JournalError> {
        self.listen().await?;
        if self.gather().await? {
            return Ok(());
        }
        if self.wants_look() && !self.look().await? {
            return Ok(());
        }
        match self.parts.planner.next(&self.run) {
            Next::Ask { role, request } => self.ask(role, &request).await,
            Next::Act(calls) => self.act(calls).await,
            Next::Drop { call_ids, why } => self.emit(Event::Dropped { call_ids, why }).await,
            Next::Settle { call_id, result } => self.emit(Event::ToolResult { call_id, result, millis: 0 }).await,
            Next::Route { to, why } => self.emit(Event::Routed { to, why }).await,
            Next::Locate { call_id, wanted } => self.locate(call_id, &wanted).await,
            Next::Delegate { errands, first_shown } => self.emit(Event::Delegated { errands, first_shown }).await,
            Next::Probe(probe) => self.probe(probe).await,
            Next::Recall { query, site } => self.recall(query, site).await,
            Next::AskHuman(text) => self.emit(Event::Question { call_id: None, text, hash: None }).await,
            Next::End(outcome) => self.emit(Event::Ended { outcome }).await,
        }
    }

    /// Takes in what the person has said since.
    async fn listen(&mut self) -> Result<(), JournalError> {
        while let Some(Ok(said)) = self.inbox.as_mut().map(UnboundedReceiver::try_recv) {
            let known = said.message.is_some()
                && self.run.events().any(|event| matches!(event, Event::Said { message, .. } if *message == said.message));
            if !known {
                self.emit(Event::Said { text: said.text, message: said.message }).await?;
            }
        }
        Ok(())
    }

    /// Records an event: in the journal first, then in the run, then for those who watch.
    async fn emit(&mut self, event: Event) -> Result<(), JournalError> {
        let entry = Entry { seq: self.run.next_seq(), at: now_ms(), event: self.redacted(event)? };
        self.parts.journal.append(&self.run.id, &entry).await?;
        self.take(entry)?;
        // Whoever watches sees this entry before the next thing is done, and can stop the run here.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Takes an entry of the journal into the run, and shows it to those who watch.
    fn take(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.run
            .apply(entry.clone())
            .map_err(|error| JournalError::Corrupt { what: format!("run {}", self.run.id), detail: error.to_string() })?;
        // Nobody watching is no reason to stop: an awaited run that is dropped takes this future with it.
        let _ = self.updates.unbounded_send(Update::Entry(Box::new(entry)));
        Ok(())
    }

    /// The event with every secret value replaced. The surfaces do so too; this is the last gate before anything is kept.
    fn redacted(&self, event: Event) -> Result<Event, JournalError> {
        if self.parts.secrets.is_empty() {
            return Ok(event);
        }
        let mut event = event;
        if let Event::Replied { reply, .. } = &mut event {
            // In the text of arguments a value may be escaped, so that it is not found there; it goes if it holds one.
            for call in &mut reply.calls {
                call.raw = call.raw.take().filter(|raw| !self.parts.secrets.hide_in(raw));
            }
        }
        let kept = serde_json::to_value(&event).and_then(|mut value| {
            self.parts.secrets.redact_json(&mut value);
            serde_json::from_value(value)
        });
        // What can't be written without the secret is not written at all.
        kept.map_err(|error| JournalError::Store {
            doing: "written",
            detail: format!("without the value of a secret an event can't be told ({error})"),
            hint: "the value of a secret is also a word of our own format; choose another value".to_owned(),
        })
    }

    async fn broken(&mut self, part: Part, error: &(impl std::fmt::Display + Sync)) -> Result<(), JournalError> {
        self.emit(Event::Ended { outcome: Outcome::Broken { part, error: error.to_string() } }).await
    }

    /// Whether the screen may have changed since it was last looked at.
    fn wants_look(&self) -> bool {
        if self.parts.surface.is_none() {
            return false;
        }
        for event in self.run.events().rev() {
            match event {
                Event::Observed { .. } | Event::Intent { .. } => {
                    return matches!(event, Event::Intent { .. }) && self.run.pending().is_empty();
                }
                // Even an action that was refused was so because the screen is not what the model thinks.
                Event::Receipt { .. } if self.run.pending().is_empty() => return true,
                Event::Started(_) | Event::Revived { .. } | Event::Refilled { .. } => return true,
                _ => {}
            }
        }
        false
    }

    /// Looks at the screen; false when that ended the run.
    async fn look(&mut self) -> Result<bool, JournalError> {
        let Some(surface) = self.parts.surface.clone() else { return Ok(true) };
        match self.bounded("looking at the screen", surface.observe(&self.surface_cx())).await {
            Ok(screen) => {
                let shot = self.shot().await?;
                // Who looks for its elements itself needs no refs of before, and each act has kept what it led to.
                if !self.seeks() || self.begins() {
                    self.keep_state().await?;
                }
                self.emit(Event::Observed { screen, shot }).await?;
                Ok(true)
            }
            Err(error) => {
                self.surface_died(&error).await?;
                Ok(false)
            }
        }
    }

    /// Looks for the element of a recorded step.
    async fn locate(&mut self, call_id: String, wanted: &Wanted) -> Result<(), JournalError> {
        let Some(surface) = self.parts.surface.clone() else {
            return self.broken(Part::Surface, &"there is no screen to look on; give the agent a surface").await;
        };
        match self.bounded("looking for an element", surface.seek(&self.surface_cx(), wanted)).await {
            Ok(found) => self.emit(Event::Located { call_id, found }).await,
            Err(error) => self.surface_died(&error).await,
        }
    }

    /// The rules are the run's own, whoever drives it; what it may use up is for whoever drives it to say.
    fn policy(&self) -> Policy {
        let rules = self.run.started().map_or(&self.parts.policy, |started| &started.policy).clone();
        rules.budgets(self.parts.policy.budgets)
    }

    /// Whether nothing was done yet on this surface.
    fn begins(&self) -> bool {
        let last = self.run.events().rev().find(|event| matches!(event, Event::Receipt { .. } | Event::Started(_) | Event::Revived { .. }));
        !matches!(last, Some(Event::Receipt { .. }))
    }

    fn seeks(&self) -> bool {
        self.parts.planner.seeks(&self.run)
    }

    fn surface_cx(&self) -> Context {
        self.cx.clone().within(self.parts.limits.surface).seeking(self.seeks())
    }

    /// The last deadline for a surface, should it not keep its own.
    async fn bounded<T>(&self, doing: &str, work: impl Future<Output = Result<T, SurfaceError>>) -> Result<T, SurfaceError> {
        let limit = self.parts.limits.surface + GRACE;
        tokio::time::timeout(limit, work)
            .await
            .unwrap_or_else(|_| Err(SurfaceError::TimedOut { doing: doing.to_owned(), limit_ms: limit.as_millis() as u64 }))
    }

    /// A stored picture, if one is wanted and may be kept. A picture that can't be had is no reason to stop.
    async fn shot(&self) -> Result<Option<ShotRef>, JournalError> {
        let Some(surface) = self.parts.surface.as_ref().filter(|_| self.parts.screenshots) else { return Ok(None) };
        match self.bounded("taking a picture", surface.screenshot(&self.surface_cx())).await {
            Ok(Some(shot)) => {
                let blob = self.parts.journal.put_blob(&shot.bytes).await?;
                Ok(Some(ShotRef { blob, media_type: shot.media_type.to_owned(), size: shot.size }))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                tracing::debug!(%error, "no picture");
                Ok(None)
            }
        }
    }
}
