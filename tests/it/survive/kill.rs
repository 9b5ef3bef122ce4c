//! Where the process is killed: a journal, a surface and a model that send SIGKILL to their own process at one exact place.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handiwork_core::journal::Claim;
use handiwork_core::{
    Action, BlobId, Checkpoint, Context, Entry, Event, Journal, JournalError, Model, ModelError, ModelInfo, Probe, Receipt, Refusal, Reply,
    Request, Resolved, Restore, Restored, RunId, Screen, Shot, Surface, SurfaceError, SurfaceInfo,
};
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};

/// A boundary of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Point {
    BeforeIntent,
    BeforeDispatch,
    /// The browser has been told to do it, and is at it.
    MidDispatch,
    /// It was done, and nothing of that is written.
    AfterDispatch,
    /// How the browser is then is written, the receipt is not.
    BeforeReceipt,
    AfterReceipt,
    DuringReply,
}

impl Point {
    pub(super) const ALL: [Self; 7] = [
        Self::BeforeIntent,
        Self::BeforeDispatch,
        Self::MidDispatch,
        Self::AfterDispatch,
        Self::BeforeReceipt,
        Self::AfterReceipt,
        Self::DuringReply,
    ];

    /// Whether it is between an intent and its receipt: only there may the person be asked.
    pub(super) fn may_ask(self) -> bool {
        matches!(self, Self::BeforeDispatch | Self::MidDispatch | Self::AfterDispatch | Self::BeforeReceipt)
    }
}

/// What is to happen at the n-th time that a point is passed.
#[derive(Debug)]
pub(super) struct Killer {
    place: Option<(Point, u32)>,
    passed: [AtomicU32; 7],
}

impl Killer {
    pub(super) fn new(place: Option<(Point, u32)>) -> Self {
        Self { place, passed: Default::default() }
    }

    /// Whether this passage of the point is the one.
    pub(super) fn at(&self, point: Point) -> bool {
        let passed = self.passed[point as usize].fetch_add(1, Ordering::SeqCst) + 1;
        self.place == Some((point, passed))
    }

    fn pass(&self, point: Point) {
        if self.at(point) {
            die();
        }
    }
}

fn die() -> ! {
    let _ = kill_process(getpid(), Signal::KILL);
    // Until the signal is there.
    loop {
        std::thread::park();
    }
}

/// The journal. `forgetful` keeps an intent back until its receipt is written: what the sweep must be able to find.
#[derive(Debug)]
pub(super) struct KillJournal {
    pub(super) inner: Arc<dyn Journal>,
    pub(super) killer: Arc<Killer>,
    pub(super) forgetful: bool,
    pub(super) held: Mutex<Vec<Entry>>,
}

#[async_trait]
impl Journal for KillJournal {
    async fn claim(&self, run: &RunId) -> Result<Box<dyn Claim>, JournalError> {
        self.inner.claim(run).await
    }

    async fn append(&self, run: &RunId, entry: &Entry) -> Result<(), JournalError> {
        if matches!(entry.event, Event::Intent { .. }) {
            self.killer.pass(Point::BeforeIntent);
        }
        let holds = self.forgetful && (matches!(entry.event, Event::Intent { .. }) || !self.held.lock().expect("no panic").is_empty());
        let is_receipt = matches!(entry.event, Event::Receipt { .. });
        if is_receipt {
            self.killer.pass(Point::BeforeReceipt);
        }
        if holds && !is_receipt {
            self.held.lock().expect("no panic").push(entry.clone());
            return Ok(());
        }
        let held = std::mem::take(&mut *self.held.lock().expect("no panic"));
        for held in held {
            self.inner.append(run, &held).await?;
        }
        self.inner.append(run, entry).await?;
        if is_receipt {
            self.killer.pass(Point::AfterReceipt);
        }
        Ok(())
    }

    async fn load(&self, run: &RunId) -> Result<Vec<Entry>, JournalError> {
        self.inner.load(run).await
    }

    async fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, JournalError> {
        self.inner.put_blob(bytes).await
    }

    async fn get_blob(&self, id: &BlobId) -> Result<Vec<u8>, JournalError> {
        self.inner.get_blob(id).await
    }
}

/// The surface.
#[derive(Debug)]
pub(super) struct KillSurface {
    pub(super) inner: Arc<dyn Surface>,
    pub(super) killer: Arc<Killer>,
}

#[async_trait]
impl Surface for KillSurface {
    fn info(&self) -> SurfaceInfo {
        self.inner.info()
    }

    async fn observe(&self, cx: &Context) -> Result<Screen, SurfaceError> {
        self.inner.observe(cx).await
    }

    async fn resolve(&self, cx: &Context, action: &Action) -> Result<Resolved, Refusal> {
        self.inner.resolve(cx, action).await
    }

    async fn dispatch(&self, cx: &Context, resolved: &Resolved) -> Result<Receipt, SurfaceError> {
        self.killer.pass(Point::BeforeDispatch);
        if self.killer.at(Point::MidDispatch) {
            let _ = tokio::time::timeout(Duration::from_millis(120), self.inner.dispatch(cx, resolved)).await;
            die();
        }
        let receipt = self.inner.dispatch(cx, resolved).await;
        self.killer.pass(Point::AfterDispatch);
        receipt
    }

    async fn screenshot(&self, cx: &Context) -> Result<Option<Shot>, SurfaceError> {
        self.inner.screenshot(cx).await
    }

    async fn checkpoint(&self, cx: &Context) -> Result<Option<Checkpoint>, SurfaceError> {
        self.inner.checkpoint(cx).await
    }

    async fn restore(&self, cx: &Context, from: &Restore<'_>) -> Result<Restored, SurfaceError> {
        self.inner.restore(cx, from).await
    }

    async fn probe(&self, cx: &Context, probe: &Probe) -> Result<bool, SurfaceError> {
        self.inner.probe(cx, probe).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

/// The model.
#[derive(Debug)]
pub(super) struct KillModel<M> {
    pub(super) inner: M,
    pub(super) killer: Arc<Killer>,
}

#[async_trait]
impl<M: Model> Model for KillModel<M> {
    fn info(&self) -> &ModelInfo {
        self.inner.info()
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        self.killer.pass(Point::DuringReply);
        self.inner.complete(cx, request).await
    }
}
