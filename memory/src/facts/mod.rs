//! Facts: kept and recalled without a model.

pub(crate) mod bits;
pub(crate) mod index;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod row;
#[cfg(test)]
mod tests;
mod write;

use async_trait::async_trait;
use handiwork_core::memory::{Memory, MemoryError, NewFact, Query, Recollection, Remembered, Viewer};

use sqlx::SqliteConnection;

use crate::error::damaged;
use crate::scope::Reach;
use crate::store::{Store, now};

pub(crate) use write::{Batch, Care, Prepared, write};

/// Facts that are written by one transaction.
const BATCH: usize = 1_000;

#[async_trait]
impl Memory for Store {
    async fn remember(&self, fact: &NewFact) -> Result<Remembered, MemoryError> {
        let new = match Prepared::of(fact, self.embedder()) {
            Ok(new) => new,
            Err(why) => return Ok(Remembered::Refused { why }),
        };
        let written = self.writing(async {
            let mut tx = self.begin().await?;
            let outcome = write(&mut tx, &new, Care::Full, &mut Batch::default()).await?;
            if let Remembered::Kept { .. } = outcome {
                self.commit(tx).await?;
            }
            Ok(outcome)
        });
        Ok(written.await?)
    }

    async fn recall(&self, viewer: &Viewer, query: &Query) -> Result<Recollection, MemoryError> {
        crate::recall::recall(self, viewer, query).await
    }

    /// Takes it out of the facts and of every index. What journals tell of it stays: see [`Store::erase`].
    async fn forget(&self, viewer: &Viewer, id: i64) -> Result<bool, MemoryError> {
        let removed = self.writing(async {
            let mut tx = self.begin().await?;
            let reach = Reach::of(&mut tx, viewer).await?;
            let removed = remove::remove(&mut tx, &reach, id).await?;
            if removed {
                self.commit(tx).await?;
            }
            Ok(removed)
        });
        Ok(removed.await?)
    }

    async fn used(&self, ids: &[i64]) -> Result<(), MemoryError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.writing(async {
            let mut tx = self.begin().await?;
            let at = now();
            for id in ids {
                let count: Option<i64> = sqlx::query_scalar(
                    "INSERT INTO fact_uses (fact, count, at, checksum) SELECT id, 1, ?1, x'' FROM facts WHERE id = ?2 \
                     ON CONFLICT (fact) DO UPDATE SET count = count + 1, at = ?1 RETURNING count",
                )
                .bind(at)
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?;
                let Some(count) = count else { continue };
                sqlx::query("UPDATE fact_uses SET checksum = ? WHERE fact = ?")
                    .bind(row::uses_digest(*id, count, at))
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
            }
            self.commit(tx).await
        })
        .await?;
        Ok(())
    }
}

impl Store {
    /// Keeps many facts, in their order. They are compared by their words and by what they are about, not by likeness.
    pub async fn remember_all(&self, facts: &[NewFact]) -> Result<Vec<Remembered>, MemoryError> {
        let mut outcomes = Vec::with_capacity(facts.len());
        for batch in facts.chunks(BATCH) {
            let prepared: Vec<_> = batch.iter().map(|fact| Prepared::of(fact, self.embedder())).collect();
            let written = self.writing(async {
                let mut tx = self.begin().await?;
                let mut written = Vec::with_capacity(prepared.len());
                let mut known = Batch::default();
                for new in &prepared {
                    written.push(match new {
                        Ok(new) => write(&mut tx, new, Care::Quick, &mut known).await?,
                        Err(why) => Remembered::Refused { why: why.clone() },
                    });
                }
                self.commit(tx).await?;
                Ok(written)
            });
            outcomes.extend(written.await?);
        }
        Ok(outcomes)
    }

    pub(crate) fn damaged_fact(&self, detail: String) -> MemoryError {
        MemoryError { doing: "read", detail, hint: damaged(self.path()) }
    }
}

/// Gives the facts of an older file what they have not had there.
pub(crate) async fn adopt(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let facts: Vec<(i64, String)> = sqlx::query_as("SELECT id, text FROM facts WHERE checksum IS NULL").fetch_all(&mut *connection).await?;
    for (id, text) in facts {
        sqlx::query("UPDATE facts SET words = ?, gist = ? WHERE id = ?")
            .bind(crate::words::spaced(&text))
            .bind(crate::gate::gist(&text))
            .bind(id)
            .execute(&mut *connection)
            .await?;
        row::sign(connection, id).await?;
        index::index(connection, id).await?;
    }
    Ok(())
}
