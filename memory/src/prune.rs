//! Taking old runs away, with what only they refer to.
//!
//! The one decision: a blob goes only if its hash stands nowhere any more. Whatever is 64 hexadecimal digits, in the body of any
//! run that stays or in a text that it refers to, counts as a reference, so an event with a new field for a blob needs nothing
//! here. What is too young to be referred to yet stays as long as anything is being driven.

use std::collections::BTreeSet;

use handiwork_core::{JournalError, RunId};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::error::{Doing, StoreError};
use crate::line::{COLUMNS, Line};
use crate::runs::{INTERRUPTED, RunSummary};
use crate::store::{Store, now};

/// How long a blob may wait for the entry that refers to it, in milliseconds.
pub(crate) const GRACE: i64 = 86_400_000;

/// Blobs that are taken away in one transaction.
const BATCH: usize = 200;

/// Stands for a prune itself among the claims: two at once would count each other's rows.
const PRUNING: &str = "(prune)";

/// Which runs are old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Old {
    /// They ended before this, in milliseconds since 1970-01-01 UTC.
    pub before: i64,
    /// Also those that were interrupted and did not go on since.
    pub interrupted: bool,
}

/// What [`Store::prune`] would take away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prunable {
    /// The runs, newest first.
    pub runs: Vec<RunSummary>,
    /// Their entries.
    pub entries: u64,
    /// Blobs that nothing would refer to any more.
    pub blobs: u64,
    /// Bytes of all that.
    pub bytes: u64,
    /// Bytes of the database.
    pub size: u64,
}

/// What [`Store::prune`] took away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// Runs.
    pub runs: u64,
    /// Entries.
    pub entries: u64,
    /// Blobs.
    pub blobs: u64,
    /// Bytes of the database before.
    pub before: u64,
    /// Bytes of the database now.
    pub after: u64,
    /// Why the file could not be made smaller, if it couldn't: the space in it is used again then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

impl Store {
    /// What is old, and how large it is. Runs that are being driven, that wait for a person or that are damaged are not old.
    pub async fn prunable(&self, old: Old) -> Result<Prunable, StoreError> {
        let runs = self.old_runs(old).await?;
        let size = self.size();
        let ids: BTreeSet<&str> = runs.iter().map(|run| run.id.0.as_str()).collect();
        let counted = async {
            let mut tx = self.pool.begin().await?;
            let (mut entries, mut bytes) = (0_i64, 0_i64);
            for id in &ids {
                let (count, length): (i64, i64) =
                    sqlx::query_as("SELECT count(*), coalesce(sum(length(CAST(body AS BLOB))), 0) FROM entries WHERE run = ?")
                        .bind(*id)
                        .fetch_one(&mut *tx)
                        .await?;
                entries += count;
                bytes += length;
            }
            let needed = needed(&mut tx, &ids).await?;
            let blobs: Vec<(String, i64, i64)> = sqlx::query_as("SELECT id, at, length(bytes) FROM blobs").fetch_all(&mut *tx).await?;
            Ok((entries, bytes, needed, blobs))
        };
        let (entries, mut bytes, needed, blobs) = self.at_length(Doing::Reading, counted).await?;
        let oldest = self.oldest_that_stays();
        let mut count = 0;
        for (_, _, length) in blobs.iter().filter(|(id, at, _)| *at <= oldest && !needed.contains(id)) {
            count += 1;
            bytes += length;
        }
        Ok(Prunable { runs, entries: entries as u64, blobs: count, bytes: bytes as u64, size })
    }

    /// Takes away what is old, in small transactions, and gives the space back.
    pub async fn prune(&self, old: Old) -> Result<Pruned, StoreError> {
        let _alone = self.take(&RunId(PRUNING.to_owned())).await?;
        let mut pruned = Pruned { runs: 0, entries: 0, blobs: 0, before: self.size(), after: 0, kept: None };
        for run in self.old_runs(old).await? {
            // Held while it goes, so that nobody resumes half of it.
            let claim = match self.take(&run.id).await {
                Err(JournalError::InUse { .. }) => continue,
                claim => claim?,
            };
            pruned.entries += self.writing(self.remove(&run)).await?;
            pruned.runs += 1;
            drop(claim);
        }
        pruned.blobs = self.remove_blobs().await?;
        if pruned.runs + pruned.blobs > 0 {
            pruned.kept = self.at_length(Doing::Writing, self.shrink()).await.err().map(|failure| failure.detail);
        }
        pruned.after = self.size();
        Ok(pruned)
    }

    async fn old_runs(&self, old: Old) -> Result<Vec<RunSummary>, StoreError> {
        let lines = sqlx::query_as::<_, Line>(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM runs ORDER BY started_at DESC, id DESC")))
            .fetch_all(&self.pool);
        let lines = self.reading(lines).await?;
        let mut runs = Vec::new();
        for line in lines.into_iter().filter(|line| line.damaged.is_none() && line.problem().is_none()) {
            let (last, is_open) = match line.ended_at {
                Some(ended) => (ended, false),
                None if line.status == "running" && old.interrupted => {
                    let last = sqlx::query_scalar::<_, Option<i64>>("SELECT max(at) FROM entries WHERE run = ?").bind(&line.id);
                    let last = self.reading(last.fetch_one(&self.pool)).await?;
                    (last.unwrap_or(line.started_at), true)
                }
                None => continue,
            };
            if last < old.before {
                let mut run = RunSummary::from(line);
                if is_open {
                    INTERRUPTED.clone_into(&mut run.status);
                }
                runs.push(run);
            }
        }
        let driven = self.driven(runs.iter().map(|run| run.id.clone()).collect()).await;
        runs.retain(|run| !driven.contains(&run.id));
        Ok(runs)
    }

    async fn remove(&self, run: &RunSummary) -> Result<u64, sqlx::Error> {
        let mut tx = self.begin().await?;
        let entries = sqlx::query("DELETE FROM entries WHERE run = ?").bind(&run.id.0).execute(&mut *tx).await?.rows_affected();
        sqlx::query("DELETE FROM runs WHERE id = ?").bind(&run.id.0).execute(&mut *tx).await?;
        self.commit(tx).await?;
        Ok(entries)
    }

    /// Blobs that were put after this may be about to be referred to.
    fn oldest_that_stays(&self) -> i64 {
        if self.anything_driven(PRUNING) { now() - GRACE } else { i64::MAX }
    }

    async fn remove_blobs(&self) -> Result<u64, StoreError> {
        let seen = async {
            let mut tx = self.pool.begin().await?;
            let newest: i64 = sqlx::query_scalar("SELECT coalesce(max(rowid), 0) FROM entries").fetch_one(&mut *tx).await?;
            let needed = needed(&mut tx, &BTreeSet::new()).await?;
            let all: Vec<String> = sqlx::query_scalar("SELECT id FROM blobs").fetch_all(&mut *tx).await?;
            Ok((newest, needed, all))
        };
        let (newest, mut needed, all) = self.at_length(Doing::Reading, seen).await?;
        let orphans: Vec<String> = all.into_iter().filter(|id| !needed.contains(id)).collect();
        let mut removed = 0;
        for batch in orphans.chunks(BATCH) {
            removed += self
                .writing(async {
                    let mut tx = self.begin().await?;
                    // Nobody writes now, so what came since is all there is.
                    let bodies = sqlx::query_scalar("SELECT body FROM entries WHERE rowid > ?").bind(newest).fetch_all(&mut *tx).await?;
                    follow(&mut tx, bodies, &mut needed).await?;
                    let oldest = self.oldest_that_stays();
                    let mut removed = 0;
                    for id in batch.iter().filter(|id| !needed.contains(*id)) {
                        let gone =
                            sqlx::query("DELETE FROM blobs WHERE id = ? AND at <= ?").bind(id).bind(oldest).execute(&mut *tx).await?;
                        removed += gone.rows_affected();
                    }
                    self.commit(tx).await?;
                    Ok(removed)
                })
                .await?;
        }
        Ok(removed)
    }

    /// Writes the file anew without the space in it.
    async fn shrink(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        sqlx::query("VACUUM").execute(&mut *connection).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await?;
        Ok(())
    }
}

/// The hashes that stand in all runs but these.
async fn needed(connection: &mut SqliteConnection, without: &BTreeSet<&str>) -> Result<BTreeSet<String>, sqlx::Error> {
    let runs: Vec<String> = sqlx::query_scalar("SELECT DISTINCT run FROM entries").fetch_all(&mut *connection).await?;
    let mut needed = BTreeSet::new();
    for run in runs.iter().filter(|run| !without.contains(run.as_str())) {
        let bodies = sqlx::query_scalar("SELECT body FROM entries WHERE run = ?").bind(run).fetch_all(&mut *connection).await?;
        follow(connection, bodies, &mut needed).await?;
    }
    Ok(needed)
}

/// Adds the hashes in `texts`, and those in the texts that they stand for.
async fn follow(connection: &mut SqliteConnection, mut texts: Vec<String>, needed: &mut BTreeSet<String>) -> Result<(), sqlx::Error> {
    while let Some(text) = texts.pop() {
        for id in hashes(&text) {
            if !needed.insert(id.to_owned()) {
                continue;
            }
            // A field that was taken out of an event; pictures begin otherwise.
            let field =
                sqlx::query_scalar::<_, Vec<u8>>("SELECT bytes FROM blobs WHERE id = ? AND substr(bytes, 1, 1) IN (x'7b', x'5b', x'22')")
                    .bind(id)
                    .fetch_optional(&mut *connection)
                    .await?;
            texts.extend(field.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(())
}

/// Whatever may be the id of a blob.
pub(crate) fn hashes(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !matches!(c, '0'..='9' | 'a'..='f')).filter(|word| word.len() == 64)
}
