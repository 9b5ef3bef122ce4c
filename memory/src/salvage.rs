//! Saving the rows of a file that is damaged itself into a new one.
//!
//! The one decision: the damaged file is only read, as a copy, and then renamed: whatever this does wrong can be done again by
//! somebody else. What is saved is checked by its own checksum; a row that does not fit is set aside in the new file.

mod known;

use std::collections::BTreeMap;
use std::io::Error;
use std::path::Path;

use handiwork_core::{BlobId, RunId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, FromRow};

use crate::body;
use crate::claim::beside;
use crate::error::{Doing, Failure, StoreError};
use crate::line::{COLUMNS, Line};
use crate::repair::{Examination, Finding, unchecked};
use crate::store::{Store, now};

use known::save_facts;

/// What belongs to a database.
const PARTS: [&str; 4] = ["", "-wal", "-shm", "-mark"];

/// So many row numbers in a row may be out of reach before the rest is given up: more than rows fit on a page.
const MOST_MISSES: u32 = 1000;

/// Makes a new file of what can be read of the one at `path`, which is kept under another name.
pub(crate) async fn salvage(path: &Path, seen: &mut Examination) -> Result<Store, StoreError> {
    let failed = |error: Error| StoreError::from(Failure::io(Doing::Writing, path, &error));
    let (copy, new) = (beside(path, ".reading"), beside(path, ".saving"));
    let clear = |file: &Path| PARTS.iter().for_each(|part| drop(std::fs::remove_file(beside(file, part))));
    clear(&copy);
    clear(&new);
    for part in ["", "-wal"] {
        if beside(path, part).exists() {
            std::fs::copy(beside(path, part), beside(&copy, part)).map_err(failed)?;
        }
    }
    mend_header(&copy).map_err(failed)?;
    crate::wal::mend(&copy).map_err(failed)?;

    let saved = Box::pin(save(&copy, &new)).await;
    clear(&copy);
    let lost = match saved {
        Ok(lost) => lost,
        Err(error) => {
            clear(&new);
            return Err(error);
        }
    };
    let kept = beside(path, &format!(".damaged-{}", now() / 1000));
    for part in PARTS {
        if beside(path, part).exists() {
            std::fs::rename(beside(path, part), beside(&kept, part)).map_err(failed)?;
        }
    }
    for part in PARTS {
        if beside(&new, part).exists() {
            std::fs::rename(beside(&new, part), beside(path, part)).map_err(failed)?;
        }
    }
    seen.findings.extend(lost);
    seen.kept = Some(kept);
    Store::open_with(path, unchecked()).await
}

/// Puts right what is the same in the header of every file of ours, and lets SQLite count the pages itself.
fn mend_header(file: &Path) -> std::io::Result<()> {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let fields: [(u64, &[u8]); 6] = [
        (0, b"SQLite format 3\0\x10\0\x02\x02\0\x40\x20\x20"),
        (28, &[0; 4]),
        (44, &[0, 0, 0, 4]),
        (52, &[0, 0, 0, 0, 0, 0, 0, 1]),
        (64, &[0; 4]),
        (72, &[0; 20]),
    ];
    let mut open = std::fs::OpenOptions::new().write(true).open(file)?;
    for (at, field) in fields {
        open.seek(SeekFrom::Start(at))?;
        open.write_all(field)?;
    }
    Ok(())
}

async fn save(old: &Path, new: &Path) -> Result<Vec<Finding>, StoreError> {
    let store = Store::open_with(new, unchecked()).await?;
    let mut lost = Vec::new();
    // A copy that can't even be mended is read as it is.
    if let Err(error) = mend_definitions(old, &store).await {
        tracing::debug!(%error, "the definitions of the tables were not mended");
    }
    match SqliteConnectOptions::new().filename(old).connect().await {
        Err(error) => lost.push(Finding::new("file", format!("nothing of it can be read: {error}"), "begin a new one, and keep it")),
        Ok(mut old) => {
            let saved = store.at_length(Doing::Writing, save_rows(&mut old, &store, &mut lost)).await;
            let _ = old.close().await;
            saved?;
        }
    }
    store.close().await;
    Ok(lost)
}

/// Writes the definitions of the tables over those of the copy, which come in the same order in every file of ours. Only where they
/// begin is taken from the copy.
async fn mend_definitions(old: &Path, store: &Store) -> Result<(), sqlx::Error> {
    let rows: Vec<(i64, String, String, String, Option<String>)> =
        sqlx::query_as("SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema").fetch_all(&store.pool).await?;
    let mut old = SqliteConnectOptions::new().filename(old).pragma("writable_schema", "ON").connect().await?;
    for (id, kind, name, table, sql) in rows {
        sqlx::query("UPDATE sqlite_schema SET type = ?, name = ?, tbl_name = ?, sql = ? WHERE rowid = ?")
            .bind(kind)
            .bind(name)
            .bind(table)
            .bind(sql)
            .bind(id)
            .execute(&mut old)
            .await?;
    }
    old.close().await
}

#[derive(Debug, FromRow)]
struct EntryRow {
    run: String,
    seq: i64,
    at: i64,
    kind: String,
    body: String,
    checksum: Vec<u8>,
}

#[derive(Debug, FromRow)]
struct BlobRow {
    id: String,
    bytes: Vec<u8>,
}

async fn save_rows(old: &mut SqliteConnection, store: &Store, lost: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let mut tx = store.begin().await?;
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    let table = Table { name: "runs", columns: COLUMNS };
    let (mut rows, gap) = table.rows::<Line>(old).await;
    rows.retain(|line| line.problem().is_none());
    tell(lost, "runs", gap);
    for line in rows {
        line.write(&mut tx).await?;
        lines.insert(line.id.clone(), line);
    }

    let table = Table { name: "entries", columns: "run, seq, at, kind, body, checksum" };
    let (rows, gap) = table.rows::<EntryRow>(old).await;
    tell(lost, "entries", gap);
    for row in rows {
        let run = RunId(row.run.clone());
        if row.checksum != body::checksum(&run, row.seq, row.at, &row.body) {
            aside(&mut tx, "entry", &format!("entry {} of run {run}", row.seq), row.body.as_bytes()).await?;
            lost.push(Finding::new(
                "entry",
                format!("entry {} of run {run} is not what was written", row.seq),
                "move it to the table set_aside",
            ));
            continue;
        }
        if !lines.contains_key(&row.run) {
            // Without a checksum, so it is made anew from the entries afterwards.
            sqlx::query("INSERT INTO runs (id, started_at) VALUES (?, ?)").bind(&row.run).bind(row.at).execute(&mut *tx).await?;
            lines.insert(row.run.clone(), Line::new(&run, row.at));
        }
        sqlx::query("INSERT OR IGNORE INTO entries (run, seq, at, kind, body, checksum) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(&row.run)
            .bind(row.seq)
            .bind(row.at)
            .bind(&row.kind)
            .bind(&row.body)
            .bind(&row.checksum)
            .execute(&mut *tx)
            .await?;
    }

    let table = Table { name: "blobs", columns: "id, bytes" };
    let (ids, gap) = table.numbers(old).await;
    let mut missed = gap;
    for id in ids {
        // One by one: all of them may not fit the memory.
        match table.row::<BlobRow>(old, id).await {
            Ok(Some(row)) if BlobId::of(&row.bytes).0 == row.id => {
                sqlx::query("INSERT OR IGNORE INTO blobs (id, bytes, at) VALUES (?, ?, ?)")
                    .bind(&row.id)
                    .bind(&row.bytes)
                    .bind(now())
                    .execute(&mut *tx)
                    .await?;
            }
            Ok(Some(row)) => {
                aside(&mut tx, "blob", &row.id, &row.bytes).await?;
                lost.push(Finding::new("blob", format!("blob {} is not what was written", row.id), "move it to the table set_aside"));
            }
            Ok(None) => {}
            Err(error) => missed = missed.or(Some(error)),
        }
    }
    tell(lost, "blobs", missed);

    save_facts(old, &mut tx, lost).await?;
    store.commit(tx).await
}

async fn aside(connection: &mut SqliteConnection, what: &str, detail: &str, content: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO set_aside (at, what, detail, content) VALUES (?, ?, ?, ?)")
        .bind(now())
        .bind(what)
        .bind(detail)
        .bind(content)
        .execute(connection)
        .await?;
    Ok(())
}

fn tell(lost: &mut Vec<Finding>, table: &str, gap: Option<String>) {
    if let Some(problem) = gap {
        lost.push(Finding::new("file", format!("some of the {table} can't be read: {problem}"), "leave them in the damaged file"));
    }
}

/// A table that is read row by row, around what is damaged.
struct Table {
    name: &'static str,
    columns: &'static str,
}

impl Table {
    /// The numbers of its rows, from both ends up to what can't be read, and each in between that can; the first problem.
    async fn numbers(&self, old: &mut SqliteConnection) -> (Vec<i64>, Option<String>) {
        let name = self.name;
        let forth = format!("SELECT rowid FROM {name} NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT 1");
        let back = format!("SELECT rowid FROM {name} NOT INDEXED WHERE rowid < ? ORDER BY rowid DESC LIMIT 1");
        let (mut found, mut problem) = (Vec::new(), None);
        let mut low = i64::MIN;
        loop {
            match sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(forth.clone())).bind(low).fetch_optional(&mut *old).await {
                Ok(Some(id)) => {
                    found.push(id);
                    low = id;
                }
                Ok(None) => return (found, None),
                Err(error) => {
                    problem = problem.or(Some(error.to_string()));
                    break;
                }
            }
        }
        let mut high = i64::MAX;
        while let Ok(Some(id)) = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(back.clone())).bind(high).fetch_optional(&mut *old).await
        {
            if id <= low {
                return (found, problem);
            }
            found.push(id);
            high = id;
        }
        // Without an end to come from, numbers are tried upwards until nothing comes any more.
        let one = format!("SELECT rowid FROM {name} NOT INDEXED WHERE rowid = ?");
        let (mut id, mut misses) = (low.max(0), 0);
        while id.saturating_add(1) < high && misses < MOST_MISSES {
            id += 1;
            match sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(one.clone())).bind(id).fetch_optional(&mut *old).await {
                Ok(Some(_)) => {
                    found.push(id);
                    misses = 0;
                }
                _ => misses += 1,
            }
        }
        (found, problem)
    }

    async fn row<T>(&self, old: &mut SqliteConnection, id: i64) -> Result<Option<T>, String>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let sql = format!("SELECT {} FROM {} NOT INDEXED WHERE rowid = ?", self.columns, self.name);
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(old).await.map_err(|error| error.to_string())
    }

    async fn rows<T>(&self, old: &mut SqliteConnection) -> (Vec<T>, Option<String>)
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let (numbers, mut problem) = self.numbers(old).await;
        let mut rows = Vec::new();
        for id in numbers {
            match self.row(old, id).await {
                Ok(row) => rows.extend(row),
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        (rows, problem)
    }
}
