//! What every call into the outside world is given: until when, on whose behalf, and where to report progress.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc::UnboundedSender;
use tokio::time::Instant;

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

/// Deadline, secrets and progress of one call. Cheap to clone. Cancellation is the dropping of the future.
#[derive(Debug, Clone, Default)]
pub struct Context {
    deadline: Option<Instant>,
    secrets: Arc<Secrets>,
    progress: Option<UnboundedSender<Progress>>,
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
