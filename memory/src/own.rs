//! What the file knows of itself, and the mark beside it that says how far it had got.
//!
//! SQLite takes a damaged frame of its write-ahead log for one that was never finished, and goes on as if it and all after it had
//! not been written. So that this can't pass for the truth, commits are counted in the file, and a short file beside it
//! (`<database>-mark`) holds the last count that was acknowledged. The one decision: the mark is a lower bound. It is written
//! after the commit and not synced, so a crash may leave it behind the file and never ahead of it; a damaged or missing mark says
//! nothing.

use std::io::Write as _;
use std::path::Path;

use handiwork_core::RunId;
use handiwork_core::screen::hex;
use sqlx::SqliteConnection;

use crate::claim::beside;
use crate::digest::Digest;
use crate::line::Line;

/// The row `store`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct Own {
    pub(crate) id: String,
    pub(crate) commits: i64,
    pub(crate) checked_at: i64,
    pub(crate) version: i64,
    pub(crate) tables: Vec<u8>,
    pub(crate) checksum: Vec<u8>,
}

impl Own {
    /// For a file that has none yet.
    pub(crate) async fn new(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let id = sqlx::query_scalar("SELECT lower(hex(randomblob(16)))").fetch_one(&mut *connection).await?;
        Ok(Self { id, commits: 0, checked_at: 0, version: 0, tables: Vec::new(), checksum: Vec::new() })
    }

    pub(crate) async fn read(connection: &mut SqliteConnection) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT id, commits, checked_at, version, tables, checksum FROM store WHERE one = 1")
            .fetch_optional(&mut *connection)
            .await
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.checksum == self.digest()
    }

    fn digest(&self) -> Vec<u8> {
        Digest::of("store").text(&self.id).number(self.commits).number(self.checked_at).number(self.version).bytes(&self.tables).end()
    }

    pub(crate) async fn write(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT OR REPLACE INTO store (one, id, commits, checked_at, version, tables, checksum) VALUES (1, ?, ?, ?, ?, ?, ?)")
            .bind(&self.id)
            .bind(self.commits)
            .bind(self.checked_at)
            .bind(self.version)
            .bind(&self.tables)
            .bind(self.digest())
            .execute(&mut *connection)
            .await?;
        Ok(())
    }
}

/// Gives the rows of a file from before there were checksums theirs, as they are now, and what it knows of itself.
pub(crate) async fn fill_in(connection: &mut SqliteConnection) -> Result<Own, sqlx::Error> {
    let runs: Vec<String> = sqlx::query_scalar("SELECT id FROM runs WHERE checksum IS NULL").fetch_all(&mut *connection).await?;
    for run in runs.into_iter().map(RunId) {
        if let Some(line) = Line::read(connection, &run).await? {
            line.write(connection).await?;
        }
    }
    let own = Own::new(connection).await?;
    own.write(connection).await?;
    Ok(own)
}

/// Makes sure that the tables' definitions are text, before anything else is asked: sqlx's thread ends at a definition that is not.
pub(crate) async fn definitions(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let texts: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT CAST(type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') AS BLOB) FROM sqlite_schema")
            .fetch_all(connection)
            .await?;
    if texts.iter().all(|text| std::str::from_utf8(text).is_ok()) {
        return Ok(());
    }
    Err(sqlx::Error::Decode("the definitions of its tables are no text".into()))
}

/// What the tables look like: a damaged definition would change what is read and written.
pub(crate) async fn tables(connection: &mut SqliteConnection) -> Result<Vec<u8>, sqlx::Error> {
    let rows: Vec<(String, String, String, Option<String>)> =
        sqlx::query_as("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").fetch_all(&mut *connection).await?;
    let digest = rows.iter().fold(Digest::of("sqlite_schema"), |digest, (kind, name, table, sql)| {
        digest.text(kind).text(name).text(table).maybe_text(sql.as_deref())
    });
    Ok(digest.end())
}

/// Length of a mark: id, count, checksum, the two spaces and the end of the line.
const LENGTH: usize = 32 + 1 + 20 + 1 + 16 + 1;

fn line(id: &str, commits: i64) -> String {
    let body = format!("{id} {commits:020}");
    let check: String = hex(&Digest::of("mark").text(&body).end()).chars().take(16).collect();
    format!("{body} {check}\n")
}

/// The mark beside the database, if it is whole: of which file, and the last count that was acknowledged to somebody.
pub(crate) fn acknowledged(database: &Path) -> Option<(String, i64)> {
    let text = std::fs::read_to_string(beside(database, "-mark")).ok().filter(|text| text.len() == LENGTH)?;
    let (id, commits) = (text.get(..32)?, text.get(33..53)?.parse().ok()?);
    (line(id, commits) == text).then(|| (id.to_owned(), commits))
}

/// Writes the mark. What can't be written is left: it says less then, and nothing wrong.
pub(crate) fn acknowledge(database: &Path, id: &str, commits: i64) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(beside(database, "-mark")).and_then(|mut file| file.write_all(line(id, commits).as_bytes()));
    if let Err(error) = written {
        tracing::debug!(%error, "the mark beside the database was not written");
    }
}
