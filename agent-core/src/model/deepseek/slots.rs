//! How many requests of one account may be under way. DeepSeek refuses more with 429; waiting here costs nothing and loses no
//! place. Clones of a model are of one account and share what there is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::price::concurrency_of;
use crate::context::{Context, Progress};
use crate::model::ModelError;
use crate::model::wire::{LONGEST, timed_out};

/// The slots of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    /// For all models together, if that was said.
    all: Option<Arc<Semaphore>>,
    /// By model, as the provider counts.
    by_model: Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>,
}

impl Slots {
    /// So many, for all models together.
    pub(super) fn limited(most: usize) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Self { all: Some(Arc::new(Semaphore::new(most))), ..Self::default() }
    }

    /// Waits for a slot, within the context's deadline; it is free again when the result is dropped.
    pub(super) async fn take(&self, cx: &Context, id: &str) -> Result<OwnedSemaphorePermit, ModelError> {
        let slots = self.of(id);
        if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
            return Ok(slot);
        }
        cx.report(Progress::Waiting("as many requests as the account may have are under way; waiting for one to end".to_owned()));
        let limit = cx.left(LONGEST);
        match timeout(limit, slots.acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            // Nobody closes it, so this is the deadline.
            Ok(Err(_)) | Err(_) => Err(timed_out(limit)),
        }
    }

    fn of(&self, id: &str) -> Arc<Semaphore> {
        if let Some(all) = &self.all {
            return Arc::clone(all);
        }
        let mut by_model = self.by_model.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(by_model.entry(id.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(concurrency_of(id)))))
    }
}
