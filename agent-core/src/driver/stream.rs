//! A run as a stream. There is no task behind it: polling the stream drives the run, and dropping it stops the run where it is.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures::channel::mpsc::UnboundedReceiver;
use futures::{Stream, StreamExt};

use crate::context::Progress;
use crate::event::Entry;
use crate::journal::JournalError;

/// What one sees of a run while it goes on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// Something happened; it is in the journal.
    Entry(Box<Entry>),
    /// Something is under way; it is kept nowhere.
    Progress(Progress),
}

/// The future that drives a run.
pub(crate) type Driving = Pin<Box<dyn Future<Output = Result<(), JournalError>> + Send>>;

/// The updates of a run, in order. Ends when the run rests or is over.
pub struct RunStream {
    driving: Option<Driving>,
    updates: UnboundedReceiver<Update>,
    progress: UnboundedReceiver<Progress>,
}

impl std::fmt::Debug for RunStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunStream").field("over", &self.driving.is_none()).finish_non_exhaustive()
    }
}

impl RunStream {
    pub(crate) fn new(driving: Driving, updates: UnboundedReceiver<Update>, progress: UnboundedReceiver<Progress>) -> Self {
        Self { driving: Some(driving), updates, progress }
    }

    fn poll_seen(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Update>> {
        if let Poll::Ready(Some(progress)) = self.progress.poll_next_unpin(task) {
            return Poll::Ready(Some(Update::Progress(progress)));
        }
        self.updates.poll_next_unpin(task)
    }
}

impl Stream for RunStream {
    type Item = Result<Update, JournalError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(Some(update)) = self.poll_seen(task) {
            return Poll::Ready(Some(Ok(update)));
        }
        if let Some(driving) = &mut self.driving {
            match driving.as_mut().poll(task) {
                Poll::Pending => {}
                Poll::Ready(ended) => {
                    self.driving = None;
                    if let Err(error) = ended {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
        match self.poll_seen(task) {
            Poll::Ready(Some(update)) => Poll::Ready(Some(Ok(update))),
            // Both senders live in the driving future: they end with it.
            Poll::Ready(None) if self.driving.is_none() => Poll::Ready(None),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
