//! The Chromium surface: a browser that is seen as text and acted on, with a receipt for every action.
//!
//! [`Browser`] launches a Chromium of its own and speaks to it over a pipe. Looking is one call of a script in an isolated
//! world ([`screen`]); acting is trusted input events, checked before and after ([`action`]). The one decision: nothing is
//! believed. An element is checked again right before the event, and an effect is looked for after it. A browser that has died is
//! started again by [`Surface::restore`], in the same `Browser` ([`survival`]).

mod action;
mod cdp;
mod changes;
mod config;
mod dialog;
mod downloads;
pub mod emulation;
mod happened;
mod host;
mod page;
mod place;
mod pool;
mod process;
pub mod profile;
mod profile_lock;
pub mod reading;
mod recording;
mod rest;
mod screen;
mod seek;
pub mod shot;
mod state;
mod survival;
mod tab;
mod watch;
mod widget;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use async_trait::async_trait;
use handiwork_core::marks::{Found, Wanted};
use handiwork_core::{
    Action, Checkpoint, Context, Probe, Receipt, Refusal, Resolved, Restore, Restored, Screen, Shot, Surface, SurfaceError, SurfaceInfo,
};

use cdp::{CallError, Connection, Until};
pub use config::{BrowserConfig, ContextConfig, DialogAnswer, DialogPolicy};
use downloads::Downloads;
use place::Seat;
pub use pool::{Pool, PoolConfig, PoolError};
pub use recording::Recorder;
use screen::Look;
use screen::refs::Refs;
use state::State;
use tokio::sync::OwnedSemaphorePermit;

/// A Chromium, or a part of one. Dropping it ends what is its own; [`Surface::close`] does so more gently.
pub struct Browser {
    /// Where it is now. Another one when it was restored after its process had died.
    seat: RwLock<Arc<Seat>>,
    downloads: Arc<Downloads>,
    /// The PDF that was opened instead of a page: by tab and the document that stayed, its name in the folder and its address.
    pdf: Mutex<Option<(u32, String, String, String)>>,
    config: BrowserConfig,
    refs: Mutex<Refs>,
    /// The newest look: at what the model was shown, or at what the last action left.
    baseline: Mutex<Look>,
    /// What the last action saw when it ended.
    last: Mutex<Option<screen::Last>>,
    /// The element that was found last by its recorded selectors, if the last one was.
    recorded: Mutex<Option<handiwork_core::Ref>>,
    /// Documents that a secret was put into.
    secretive: Mutex<BTreeSet<String>>,
    worlds: AtomicU64,
    /// What was copied last.
    clipboard: Mutex<String>,
    /// What is known of its tabs for the case that they can't be asked.
    kept: Mutex<survival::Kept>,
    /// Its owner has no more need of it: it is not started again.
    closed: AtomicBool,
    /// When it was last started again because it had grown too large.
    renewed: Mutex<Option<tokio::time::Instant>>,
    /// Held while something is done, so that two callers don't mix their effects.
    turn: tokio::sync::Mutex<()>,
    /// Its place in a pool; free again when all else is gone.
    _permit: Option<OwnedSemaphorePermit>,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser").field("pid", &self.pid()).field("place", &self.seat().place).finish_non_exhaustive()
    }
}

impl Browser {
    /// Process id of the browser, which is also the id of its process group. None if it was attached to: then its process is
    /// somebody else's.
    pub fn pid(&self) -> Option<u32> {
        self.seat().host.process.as_ref().map(|process| process.pid())
    }

    /// Name and version of the browser, such as `Chrome/156.0.8078.79`.
    pub fn version(&self) -> String {
        self.seat().host.identity.version.clone()
    }

    /// Where it is now.
    fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.seat.read().unwrap_or_else(PoisonError::into_inner).state)
    }

    fn connection(&self) -> Connection {
        self.seat.read().unwrap_or_else(PoisonError::into_inner).host.connection.clone()
    }

    fn refs(&self) -> MutexGuard<'_, Refs> {
        self.refs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn baseline(&self) -> Look {
        self.baseline.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, look: Look) {
        *self.baseline.lock().unwrap_or_else(PoisonError::into_inner) = look;
    }

    fn viewport(&self) -> (u32, u32) {
        self.state().viewport()
    }

    fn until(&self, cx: &Context) -> Until {
        Until::new(cx, self.config.deadline)
    }

    /// Does `work`, which ends at once with the browser, whatever it waits for; what it fails with in a browser that has died is that.
    async fn while_it_lives<T, E: From<SurfaceError>>(&self, doing: &str, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let connection = self.connection();
        let _working = connection.working();
        let done = tokio::select! {
            biased;
            done = work => Some(done),
            () = connection.ended() => None,
        };
        match (done, connection.alive()) {
            (Some(Ok(done)), _) => Ok(done),
            (Some(Err(error)), Ok(())) => Err(error),
            (_, Err(gone)) => Err(gone.surface(doing).into()),
            // It has ended, so it is not alive.
            (None, Ok(())) => Err(CallError::Detached.surface(doing).into()),
        }
    }

    /// Waits for one's turn.
    async fn turn(&self, until: Until) -> Result<tokio::sync::MutexGuard<'_, ()>, SurfaceError> {
        tokio::time::timeout_at(until.end, self.turn.lock()).await.map_err(|_| until.error("waiting for another action to end"))
    }

    /// Whether a picture could show a secret.
    async fn may_show_secret(&self, number: u32, until: Until) -> Result<bool, CallError> {
        if self.baseline().leaky {
            return Ok(true);
        }
        let marked = self.secretive.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if marked.is_empty() {
            return Ok(false);
        }
        // Asks the document itself, not what we remember of it.
        let token = self.call(number, None, "focused", &serde_json::json!([]), until).await?.map(|answer| answer.token);
        Ok(token.is_none_or(|token| marked.contains(&token)))
    }

    async fn picture(&self, until: Until) -> Result<Option<Shot>, CallError> {
        let tab = self.tab()?;
        if tab.crashed || self.may_show_secret(tab.number, until).await? {
            return Ok(None);
        }
        let bytes = tab.session.screenshot(until).await?;
        let (width, height) = self.viewport();
        Ok(Some(Shot { bytes, media_type: "image/webp", size: (f64::from(width), f64::from(height)) }))
    }
}

#[async_trait]
impl Surface for Browser {
    fn info(&self) -> SurfaceInfo {
        let names = Action::NAMES.iter().filter(|name| !Action::OF_DESKTOPS.contains(name));
        SurfaceInfo { kind: "browser".to_owned(), actions: names.map(|name| (*name).to_owned()).collect() }
    }

    async fn observe(&self, cx: &Context) -> Result<Screen, SurfaceError> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        self.renew_if_large(cx, until).await?;
        let looking = async { self.show(cx, until).await.map_err(|error| error.surface("looking at the page")) };
        self.while_it_lives("looking at the page", looking).await
    }

    async fn resolve(&self, cx: &Context, action: &Action) -> Result<Resolved, Refusal> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        self.while_it_lives("checking the page before the action", self.resolve_action(cx, action, until)).await
    }

    async fn dispatch(&self, cx: &Context, resolved: &Resolved) -> Result<Receipt, SurfaceError> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        let receipt = self.while_it_lives("acting", Box::pin(self.dispatch_action(cx, resolved, until))).await?;
        // What was not seen to happen in a browser that has died meanwhile may have happened.
        if !receipt.is_verified() {
            self.connection().alive().map_err(|error| error.surface("acting"))?;
        }
        Ok(receipt)
    }

    async fn seek(&self, cx: &Context, wanted: &Wanted) -> Result<Vec<Found>, SurfaceError> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        let seeking = async {
            match self.seek_element(cx, wanted, until).await {
                // A dialog is in front, or the page is gone: nothing of it can be found.
                Err(CallError::Dialog { .. } | CallError::Detached) => Ok(Vec::new()),
                other => other.map_err(|error| error.surface("looking for an element")),
            }
        };
        self.while_it_lives("looking for an element", seeking).await
    }

    async fn screenshot(&self, cx: &Context) -> Result<Option<Shot>, SurfaceError> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        match self.picture(until).await {
            Err(CallError::Detached | CallError::Dialog { .. }) => Ok(None),
            other => other.map_err(|error| error.surface("taking a picture of the page")),
        }
    }

    async fn checkpoint(&self, cx: &Context) -> Result<Option<Checkpoint>, SurfaceError> {
        self.take_checkpoint(cx).await
    }

    async fn restore(&self, cx: &Context, from: &Restore<'_>) -> Result<Restored, SurfaceError> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        self.restore_from(cx, from, until).await
    }

    async fn probe(&self, cx: &Context, probe: &Probe) -> Result<bool, SurfaceError> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        self.ask_probe(probe, until).await
    }

    async fn close(&self) {
        self.leave().await;
    }
}
