//! The journal: entries of runs, with a checksum beside each, and blobs by their hash.
//!
//! An entry, its blobs and the line in the list of runs are one transaction. What is read is checked whole before anything of
//! it is given out: a run with one damaged row is an error, not a shorter run.

use async_trait::async_trait;
use handiwork_core::{BlobId, Entry, Journal, JournalError, RunId};
use sqlx::{Sqlite, Transaction};

use crate::body::{self, Packed, Unpacked};
use crate::runs::Fold;
use crate::store::Store;

#[async_trait]
impl Journal for Store {
    async fn append(&self, run: &RunId, entry: &Entry) -> Result<(), JournalError> {
        let packed = body::pack(&entry.event)?;
        self.writing(self.write(run, entry, &packed)).await?.map_err(|expected| JournalError::OutOfOrder {
            run: run.to_string(),
            got: entry.seq,
            expected,
        })
    }

    async fn load(&self, run: &RunId) -> Result<Vec<Entry>, JournalError> {
        let (count, rows) = self.reading(self.rows(run)).await?.ok_or_else(|| JournalError::NoSuchRun(run.to_string()))?;
        if count != rows.len() as i64 {
            let detail = format!("{count} entries were written, {} are there", rows.len());
            return Err(JournalError::Corrupt { what: format!("run {run}"), detail });
        }
        let mut entries = Vec::with_capacity(rows.len());
        for (place, row) in rows.into_iter().enumerate() {
            entries.push(self.entry(run, place as i64, row).await?);
        }
        Ok(entries)
    }

    async fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, JournalError> {
        let id = BlobId::of(bytes);
        self.writing(async {
            let mut tx = self.begin().await?;
            write_blob(&mut tx, &id, bytes).await?;
            tx.commit().await
        })
        .await?;
        Ok(id)
    }

    async fn get_blob(&self, id: &BlobId) -> Result<Vec<u8>, JournalError> {
        let found = sqlx::query_scalar::<_, Vec<u8>>("SELECT bytes FROM blobs WHERE id = ?").bind(&id.0).fetch_optional(&self.pool);
        let bytes = self.reading(found).await?.ok_or_else(|| JournalError::NoSuchBlob(id.clone()))?;
        let really = BlobId::of(&bytes);
        if really != *id {
            return Err(JournalError::Corrupt { what: format!("blob {id}"), detail: format!("its bytes have the hash {really}") });
        }
        Ok(bytes)
    }
}

/// A row as it is stored.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    seq: i64,
    at: i64,
    kind: String,
    body: String,
    checksum: Vec<u8>,
}

impl Store {
    /// Writes an entry; the inner error is the number that is next.
    async fn write(&self, run: &RunId, entry: &Entry, packed: &Packed) -> Result<Result<(), u64>, sqlx::Error> {
        let mut tx = self.begin().await?;
        let count: Option<i64> = sqlx::query_scalar("SELECT entries FROM runs WHERE id = ?").bind(&run.0).fetch_optional(&mut *tx).await?;
        let next = count.unwrap_or(0);
        if i64::try_from(entry.seq) != Ok(next) {
            return Ok(Err(next as u64));
        }
        if count.is_none() {
            sqlx::query("INSERT INTO runs (id, started_at) VALUES (?, ?)").bind(&run.0).bind(entry.at).execute(&mut *tx).await?;
        }
        for (id, bytes) in &packed.blobs {
            write_blob(&mut tx, id, bytes).await?;
        }
        sqlx::query("INSERT INTO entries (run, seq, at, kind, body, checksum) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(&run.0)
            .bind(next)
            .bind(entry.at)
            .bind(entry.event.kind())
            .bind(&packed.body)
            .bind(body::checksum(run, next, entry.at, &packed.body))
            .execute(&mut *tx)
            .await?;
        Fold::of(entry).write(&mut tx, run).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// The number of entries that were written, and those that are there, at one moment.
    async fn rows(&self, run: &RunId) -> Result<Option<(i64, Vec<Row>)>, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let count: Option<i64> = sqlx::query_scalar("SELECT entries FROM runs WHERE id = ?").bind(&run.0).fetch_optional(&mut *tx).await?;
        let Some(count) = count else { return Ok(None) };
        let rows = sqlx::query_as("SELECT seq, at, kind, body, checksum FROM entries WHERE run = ? ORDER BY seq")
            .bind(&run.0)
            .fetch_all(&mut *tx)
            .await?;
        Ok(Some((count, rows)))
    }

    async fn entry(&self, run: &RunId, place: i64, row: Row) -> Result<Entry, JournalError> {
        let what = || format!("entry {place} of run {run}");
        let corrupt = |detail: String| JournalError::Corrupt { what: what(), detail };
        if row.seq != place {
            return Err(corrupt(format!("entry {} stands in its place", row.seq)));
        }
        let expected = body::checksum(run, row.seq, row.at, &row.body);
        if row.checksum != expected {
            return Err(corrupt(body::mismatch(&expected, &row.checksum)));
        }
        let mut unpacked = Unpacked::parse(&row.body).map_err(|error| corrupt(error.to_string()))?;
        if unpacked.kind() != row.kind {
            return Err(corrupt(format!("it is listed as {:?}, and is {:?}", row.kind, unpacked.kind())));
        }
        for (name, id) in unpacked.missing() {
            let bytes = self.get_blob(&id).await?;
            unpacked.fill(&name, &bytes).map_err(|error| corrupt(format!("{name}: {error}")))?;
        }
        // The checksum fits, so this is what was written: a type or form that we don't know is another version's.
        let event = unpacked.finish().map_err(|error| Self::other_version(format!("{}: {error}", what())))?;
        Ok(Entry { seq: row.seq as u64, at: row.at, event })
    }
}

async fn write_blob(tx: &mut Transaction<'static, Sqlite>, id: &BlobId, bytes: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO blobs (id, bytes) VALUES (?, ?) ON CONFLICT (id) DO NOTHING")
        .bind(&id.0)
        .bind(bytes)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
