//! Forgetting for good: words leave every row, index, blob and free page, and journals keep a digest in their place.
//!
//! The one decision: what journals tell is rewritten and not deleted, so that a run can still be looked at; but it is not the run
//! any more that it was, so it can't be resumed. The digest is salted with a number that is thrown away at once: the same words
//! have the same digest within one forgetting, and nobody can find out which words they were.

mod files;
mod journal;
#[cfg(test)]
mod tests;
mod words;

use std::path::PathBuf;

use handiwork_core::RunId;
use handiwork_core::memory::{Fact, Viewer};
use handiwork_core::screen::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Doing, Failure, StoreError};
use crate::facts::list::FactFilter;
use crate::facts::remove::remove;
use crate::scope::Reach;
use crate::store::Store;

use words::Needle;

/// Characters that words to forget must have: fewer would be found everywhere.
const SHORTEST: usize = 4;

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// A fact, and its words wherever they stand.
    Fact(i64),
    /// These words wherever they stand, in facts too; their case does not matter.
    Words(String),
}

/// What was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Forgotten {
    /// Facts that were removed.
    pub facts: Vec<i64>,
    /// Runs whose journals were rewritten. They can't be resumed any more.
    pub runs: Vec<RunId>,
    /// Entries of these that held the words.
    pub entries: u64,
    /// Pictures and other large parts that were removed.
    pub blobs: u64,
    /// Files beside the database that may still hold the words, such as the copy that a repair has kept: they are not ours to
    /// rewrite.
    pub left: Vec<PathBuf>,
    /// Whether they also stand in what belongs to somebody else, whose it is to forget that.
    #[serde(default)]
    pub others: bool,
}

impl Store {
    /// Forgets for good. Nobody may be driving a run that the words stand in.
    pub async fn erase(&self, viewer: &Viewer, what: &Forget) -> Result<Forgotten, StoreError> {
        let mut done = Forgotten::default();
        let facts = self.facts(viewer, &FactFilter { closed: true, ..FactFilter::default() }).await?;
        let text = match what {
            Forget::Fact(id) => match facts.iter().find(|fact| fact.id == *id) {
                Some(fact) => fact.text.clone(),
                None => return Err(StoreError::NoSuchFact(*id)),
            },
            Forget::Words(words) => words.trim().to_owned(),
        };
        if text.chars().filter(|c| !c.is_whitespace()).count() < SHORTEST && !text.chars().any(|c| c as u32 >= 0x2e80) {
            return Err(StoreError::TooShort { words: text, least: SHORTEST });
        }
        // Drawn by lot, used once, kept nowhere.
        let salt: Vec<u8> = self.reading(sqlx::query_scalar("SELECT randomblob(16)").fetch_one(&self.pool)).await?;
        let needle = Needle::new(&text, &token(&text, &salt));
        let gone: Vec<i64> = facts
            .iter()
            .filter(|fact| matches!(what, Forget::Fact(id) if *id == fact.id) || says(&needle, fact))
            .map(|fact| fact.id)
            .collect();
        // The facts go last: if something before fails, the same can be asked for again.
        self.rewrite_runs(viewer, &needle, &mut done).await?;
        self.drop_blobs(&needle, &mut done).await?;
        self.remove_facts(viewer, &gone).await?;
        done.facts = gone;
        self.purge().await?;
        let database = self.path().to_owned();
        let looked = needle.clone();
        let found = tokio::task::spawn_blocking(move || files::holding(&database, &looked)).await;
        let (own, others) = found.map_err(|error| Failure::io(Doing::Reading, self.path(), &std::io::Error::other(error)))??;
        if own {
            // A page that was freed before this version, or by another program.
            self.rebuild_file().await?;
            let (database, looked) = (self.path().to_owned(), needle.clone());
            let again = tokio::task::spawn_blocking(move || files::holding(&database, &looked)).await;
            let still = again.is_ok_and(|found| found.is_ok_and(|(own, _)| own));
            done.others |= still && self.has_others(viewer).await?;
            if still && !done.others {
                return Err(StoreError::StillThere { file: self.path().to_owned() });
            }
        }
        done.left = others;
        Ok(done)
    }

    /// Whether there are facts of somebody else.
    async fn has_others(&self, viewer: &Viewer) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM facts f JOIN scopes s ON s.id = f.scope WHERE s.user != ?)";
        Ok(self.reading(sqlx::query_scalar(sql).bind(&viewer.scope.user).fetch_one(&self.pool)).await?)
    }

    async fn remove_facts(&self, viewer: &Viewer, ids: &[i64]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.writing(async {
            let mut tx = self.begin().await?;
            let reach = Reach::of(&mut tx, viewer).await?;
            for id in ids {
                remove(&mut tx, &reach, *id).await?;
            }
            self.commit(tx).await
        })
        .await?;
        Ok(())
    }

    /// Empties the log: until then it holds what was there before.
    async fn purge(&self) -> Result<(), StoreError> {
        let checkpoint = async {
            let mut connection = self.pool.acquire().await?;
            // Waits for others by itself, as long as any write does.
            let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
            Ok(busy == 0)
        };
        if self.at_length(Doing::Writing, checkpoint).await? { Ok(()) } else { Err(StoreError::InUse { file: self.path().to_owned() }) }
    }

    async fn rebuild_file(&self) -> Result<(), StoreError> {
        let rebuilt = async {
            let mut connection = self.pool.acquire().await?;
            sqlx::query("VACUUM").execute(&mut *connection).await?;
            Ok(())
        };
        self.at_length(Doing::Writing, rebuilt).await?;
        self.purge().await
    }
}

/// Whether a fact holds the words.
fn says(needle: &Needle, fact: &Fact) -> bool {
    let source = serde_json::to_string(&fact.source).unwrap_or_default();
    let scope = serde_json::to_string(&fact.scope).unwrap_or_default();
    [Some(&fact.text), fact.about.as_ref(), fact.thread.as_ref(), Some(&source), Some(&scope)]
        .into_iter()
        .flatten()
        .any(|text| needle.is_in(text))
}

/// What stands in the place of the words.
fn token(text: &str, salt: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(text.as_bytes());
    format!("[forgotten {}]", hex(&hash.finalize()).chars().take(12).collect::<String>())
}
