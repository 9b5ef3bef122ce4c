//! What every call into the outside world is given: until when, on whose behalf, and where to report progress.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc::UnboundedSender;
use tokio::time::Instant;

use crate::memory::{Provenance, Viewer};
use crate::secret::Secrets;

/// Something that is under way; seen live, never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A piece of a model's answer.
    Text(String),
    /// A piece of a model's reasoning.
    Reasoning(String),
    /// A model has read this many of the request's new tokens.
    Reading {
        /// Tokens read so far.
        done: u32,
        /// Tokens to read.
        total: u32,
    },
    /// Something is waited for.
    Waiting(String),
}

/// Where in a run a call is made: what memory needs to know of whoever writes to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    /// Whose facts may be seen.
    pub viewer: Viewer,
    /// Where what is said comes from.
    pub source: Provenance,
    /// Facts that were recalled in this run before.
    pub recalled: Vec<i64>,
}

/// Deadline, secrets and progress of one call. Cheap to clone. Cancellation is the dropping of the future.
#[derive(Debug, Clone, Default)]
pub struct Context {
    deadline: Option<Instant>,
    secrets: Arc<Secrets>,
    progress: Option<UnboundedSender<Progress>>,
    place: Option<Arc<Place>>,
    seeks: bool,
}

impl Context {
    /// A context with these secrets and no deadline yet.
    #[must_use]
    pub fn new(secrets: Arc<Secrets>) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// The same, reporting progress to `sender`.
    #[must_use]
    pub fn with_progress(mut self, sender: UnboundedSender<Progress>) -> Self {
        self.progress = Some(sender);
        self
    }

    /// The same, ending after `limit` at the latest; an earlier deadline stays.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        let end = Instant::now() + limit;
        self.deadline = Some(self.deadline.map_or(end, |old| old.min(end)));
        self
    }

    /// The same, made at this place of a run.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Arc::new(place));
        self
    }

    /// The same for a caller that looks for its elements itself, and waits for them.
    #[must_use]
    pub fn seeking(mut self, seeks: bool) -> Self {
        self.seeks = seeks;
        self
    }

    /// Whether the caller looks for its elements itself: then an act need not wait until the screen has come to rest.
    #[must_use]
    pub fn seeks(&self) -> bool {
        self.seeks
    }

    /// Where in a run the call is made, if it is made in one.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_deref()
    }

    /// When it ends.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Time left, at most `limit`.
    #[must_use]
    pub fn left(&self, limit: Duration) -> Duration {
        self.deadline.map_or(limit, |end| end.saturating_duration_since(Instant::now()).min(limit))
    }

    /// The run's secrets.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Reports progress to whoever watches.
    pub fn report(&self, progress: Progress) {
        if let Some(sender) = &self.progress {
            // Nobody watching any more is no error: the run is about to be dropped.
            let _ = sender.unbounded_send(progress);
        }
    }
}
