//! The journal: entries of runs, with a checksum beside each, and blobs by their hash.
//!
//! An entry, its blobs and the line in the list of runs are one transaction. What is read is checked whole before anything of
//! it is given out: a run with one damaged row is an error, not a shorter run.

use async_trait::async_trait;
use handiwork_core::journal::Claim;
use handiwork_core::{BlobId, Entry, Journal, JournalError, RunId};
use sqlx::SqliteConnection;

use crate::body::{self, Packed, Unpacked};
use crate::line::Line;
use crate::store::{Store, now};

#[async_trait]
impl Journal for Store {
    async fn claim(&self, run: &RunId) -> Result<Box<dyn Claim>, JournalError> {
        self.take(run).await
    }

    async fn append(&self, run: &RunId, entry: &Entry) -> Result<(), JournalError> {
        let packed = body::pack(&entry.event)?;
        self.writing(self.write(run, entry, &packed)).await?
    }

    async fn load(&self, run: &RunId) -> Result<Vec<Entry>, JournalError> {
        let (line, rows) = self.reading(self.rows(run)).await?.ok_or_else(|| JournalError::NoSuchRun(run.to_string()))?;
        if let Some(problem) = line.damaged.clone().or_else(|| line.problem()) {
            return Err(corrupt_line(run, problem));
        }
        if line.entries != rows.len() as i64 {
            let detail = format!("{} entries were written, {} are there", line.entries, rows.len());
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
            self.commit(tx).await
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
pub(crate) struct Row {
    pub(crate) seq: i64,
    at: i64,
    kind: String,
    body: String,
    checksum: Vec<u8>,
}

impl Store {
    /// Writes an entry. The inner error is what was found to be wrong with the run.
    async fn write(&self, run: &RunId, entry: &Entry, packed: &Packed) -> Result<Result<(), JournalError>, sqlx::Error> {
        let mut tx = self.begin().await?;
        let mut line = match Line::read(&mut tx, run).await? {
            None => Line::new(run, entry.at),
            Some(line) => match line.damaged.clone().or_else(|| line.problem()) {
                None => line,
                Some(problem) => return Ok(Err(corrupt_line(run, problem))),
            },
        };
        let next = line.entries;
        if i64::try_from(entry.seq) != Ok(next) {
            return Ok(Err(JournalError::OutOfOrder { run: run.to_string(), got: entry.seq, expected: next as u64 }));
        }
        line.apply(entry);
        line.write(&mut tx).await?;
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
        self.commit(tx).await?;
        Ok(Ok(()))
    }

    /// A run's line and its rows, at one moment.
    async fn rows(&self, run: &RunId) -> Result<Option<(Line, Vec<Row>)>, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let Some(line) = Line::read(&mut tx, run).await? else { return Ok(None) };
        let rows = rows_of(&mut tx, run).await?;
        Ok(Some((line, rows)))
    }

    pub(crate) async fn entry(&self, run: &RunId, place: i64, row: Row) -> Result<Entry, JournalError> {
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

fn corrupt_line(run: &RunId, detail: String) -> JournalError {
    JournalError::Corrupt { what: format!("the line of run {run} in the list"), detail }
}

/// The rows of a run that are there, in order.
pub(crate) async fn rows_of(connection: &mut SqliteConnection, run: &RunId) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as("SELECT seq, at, kind, body, checksum FROM entries WHERE run = ? ORDER BY seq").bind(&run.0).fetch_all(connection).await
}

/// Keeps a blob. One that is there is written again if it is damaged, or if it is old enough for [`Store::prune`] to take it away
/// before it is referred to.
pub(crate) async fn write_blob(connection: &mut SqliteConnection, id: &BlobId, bytes: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO blobs (id, bytes, at) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes, at = excluded.at \
         WHERE blobs.at < ?3 - ?4 OR blobs.bytes != excluded.bytes",
    )
    .bind(&id.0)
    .bind(bytes)
    .bind(now())
    .bind(crate::prune::GRACE / 2)
    .execute(connection)
    .await?;
    Ok(())
}
