//! The journal: the only record of a run.
//!
//! `append` returns when the entry is safe on the store; the driver appends an intent before it acts. Large bytes go to a
//! content-addressed blob store beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::Entry;
use crate::run::RunId;
use crate::screen::hex;

/// The SHA-256 of a blob, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(pub String);

impl BlobId {
    /// The id of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex(&Sha256::digest(bytes)))
    }
}

impl std::fmt::Display for BlobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a journal could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The store can't be written or read.
    #[error("the journal can't be {doing}: {detail}; {hint}")]
    Store {
        /// "written" or "read".
        doing: &'static str,
        /// What the store said.
        detail: String,
        /// What to do.
        hint: String,
    },
    /// There is no such run.
    #[error("there is no run {0}; list them with: handiwork runs")]
    NoSuchRun(String),
    /// There is no such blob.
    #[error("blob {0} is missing from the store")]
    NoSuchBlob(BlobId),
    /// What is stored is not what was written.
    #[error("{what} is damaged: {detail}; nothing was read from it")]
    Corrupt {
        /// Which row or blob.
        what: String,
        /// What does not fit.
        detail: String,
    },
    /// Another process, or another task of this one, is driving the run.
    #[error("run {run} is being driven by {by}; wait for it, or end it, then resume")]
    InUse {
        /// The run.
        run: String,
        /// Who: "process 4711", as far as is known.
        by: String,
    },
    /// The entry is not the next one of its run.
    #[error("entry {got} of run {run} can't be written: {expected} is next; another process may be writing this run")]
    OutOfOrder {
        /// The run.
        run: String,
        /// The entry's number.
        got: u64,
        /// The number that is next.
        expected: u64,
    },
}

/// The right to drive a run. Dropping it gives the run free, and so does the end of the process, however it ends.
pub trait Claim: Send + std::fmt::Debug {}

/// Keeps the entries of runs.
#[async_trait]
pub trait Journal: Send + Sync + std::fmt::Debug {
    /// Takes the run for oneself: nobody else can drive it until the claim is dropped.
    async fn claim(&self, run: &RunId) -> Result<Box<dyn Claim>, JournalError>;

    /// Adds an entry; it is durable when this returns.
    async fn append(&self, run: &RunId, entry: &Entry) -> Result<(), JournalError>;

    /// All entries of a run, in order.
    async fn load(&self, run: &RunId) -> Result<Vec<Entry>, JournalError>;

    /// Keeps bytes; the same bytes are kept once.
    async fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, JournalError>;

    /// The bytes of a blob, checked against its id.
    async fn get_blob(&self, id: &BlobId) -> Result<Vec<u8>, JournalError>;
}

/// A journal that lives as long as the process.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    inner: Arc<Mutex<Stored>>,
}

#[derive(Debug, Default)]
struct Stored {
    claimed: BTreeSet<RunId>,
    runs: BTreeMap<RunId, Vec<Entry>>,
    blobs: BTreeMap<BlobId, Vec<u8>>,
}

/// Nothing panics while holding the lock, and each write is one push: a poisoned value is still whole.
fn whole(inner: &Mutex<Stored>) -> std::sync::MutexGuard<'_, Stored> {
    inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl MemoryJournal {
    fn stored(&self) -> std::sync::MutexGuard<'_, Stored> {
        whole(&self.inner)
    }
}

#[derive(Debug)]
struct Claimed {
    inner: Arc<Mutex<Stored>>,
    run: RunId,
}

impl Claim for Claimed {}

impl Drop for Claimed {
    fn drop(&mut self) {
        whole(&self.inner).claimed.remove(&self.run);
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn claim(&self, run: &RunId) -> Result<Box<dyn Claim>, JournalError> {
        if !self.stored().claimed.insert(run.clone()) {
            return Err(JournalError::InUse { run: run.to_string(), by: "another task of this process".to_owned() });
        }
        Ok(Box::new(Claimed { inner: Arc::clone(&self.inner), run: run.clone() }))
    }

    async fn append(&self, run: &RunId, entry: &Entry) -> Result<(), JournalError> {
        let mut stored = self.stored();
        let entries = stored.runs.entry(run.clone()).or_default();
        let expected = entries.len() as u64;
        if entry.seq != expected {
            return Err(JournalError::OutOfOrder { run: run.to_string(), got: entry.seq, expected });
        }
        entries.push(entry.clone());
        Ok(())
    }

    async fn load(&self, run: &RunId) -> Result<Vec<Entry>, JournalError> {
        self.stored().runs.get(run).cloned().ok_or_else(|| JournalError::NoSuchRun(run.to_string()))
    }

    async fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, JournalError> {
        let id = BlobId::of(bytes);
        self.stored().blobs.entry(id.clone()).or_insert_with(|| bytes.to_vec());
        Ok(id)
    }

    async fn get_blob(&self, id: &BlobId) -> Result<Vec<u8>, JournalError> {
        self.stored().blobs.get(id).cloned().ok_or_else(|| JournalError::NoSuchBlob(id.clone()))
    }
}
