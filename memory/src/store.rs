//! The file: opening it, and the rules for every access to it.
//!
//! Write-ahead log with `synchronous = FULL`: a commit is on the disk when it returns, and readers never wait for a writer.
//! Every write takes the write lock at its beginning (`BEGIN IMMEDIATE`), so two processes queue and never deadlock.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handiwork_core::JournalError;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};

use crate::error::{Doing, Failure, StoreError, is_busy};

#[cfg(test)]
mod tests;

/// How long a write waits for another process.
const BUSY: Duration = Duration::from_secs(10);

/// How long any access may take in all.
const LIMIT: Duration = Duration::from_mins(1);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// How the file is used. Not public: only tests have a reason to use it differently.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) busy: Duration,
    /// Pages that the file may have, for a disk that gets full.
    pub(crate) most_pages: Option<u32>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { busy: BUSY, most_pages: None }
    }
}

/// Journals, blobs and facts in one SQLite file. Cheap to clone; safe to use from several processes at once.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: SqlitePool,
    path: PathBuf,
}

impl Store {
    /// Opens the file at `path`, and makes it, readable by its owner only, if it isn't there. Missing folders are made too.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, Setup::default()).await
    }

    pub(crate) async fn open_with(path: &Path, Setup { busy, most_pages }: Setup) -> Result<Self, StoreError> {
        let asked = path.to_owned();
        let made = tokio::task::spawn_blocking(move || make_file(&asked)).await;
        let path = match made {
            Ok(made) => made.map_err(|error| Failure::io(Doing::Writing, path, &error))?,
            Err(error) => return Err(Failure::io(Doing::Writing, path, &std::io::Error::other(error)).into()),
        };
        let mut options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(busy)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "ON")
            .pragma("trusted_schema", "OFF");
        if let Some(pages) = most_pages {
            options = options.pragma("max_page_count", pages.to_string());
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(busy + Duration::from_secs(5))
            .after_release(|connection, _| Box::pin(is_sound(connection)))
            .connect_lazy_with(options);
        let store = Self { pool, path };
        store.prepare(busy).await?;
        Ok(store)
    }

    /// The file, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends all work and folds the log into the file. A store that is just dropped loses nothing.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Brings the tables to this version. Retried while another process is doing the same: SQLite's switch to the
    /// write-ahead log reports a busy file at once, whatever the time-out.
    async fn prepare(&self, busy: Duration) -> Result<(), StoreError> {
        let until = Instant::now() + busy;
        loop {
            match self.reading(self.migrate()).await? {
                Err(MigrateError::Execute(error)) if is_busy(&error) && Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => return Err(self.migration_failed(&error)),
                Ok(()) => return Ok(()),
            }
        }
    }

    async fn migrate(&self) -> Result<Result<(), MigrateError>, sqlx::Error> {
        let mut tx = match self.pool.begin_with("BEGIN IMMEDIATE").await {
            Ok(tx) => tx,
            Err(error) => return Ok(Err(MigrateError::Execute(error))),
        };
        if let Err(error) = MIGRATIONS.run_direct(None, &mut *tx, false).await {
            return Ok(Err(error));
        }
        Ok(tx.commit().await.map_err(MigrateError::Execute))
    }

    fn migration_failed(&self, error: &MigrateError) -> StoreError {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Failure::sql(Doing::Writing, &self.path, error).into()
            }
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) | MigrateError::VersionTooNew(..) => {
                let hint =
                    format!("{} was written by another version of handiwork: use that one, or give another path", self.path.display());
                Failure { doing: Doing::Reading, detail: error.to_string(), hint }.into()
            }
            other => Failure::sql(Doing::Writing, &self.path, &sqlx::Error::Protocol(other.to_string())).into(),
        }
    }

    /// Does a read, with a deadline and a told error.
    pub(crate) async fn reading<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failure> {
        self.within(Doing::Reading, work).await
    }

    /// Does a write, with a deadline and a told error.
    pub(crate) async fn writing<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failure> {
        self.within(Doing::Writing, work).await
    }

    async fn within<T>(&self, doing: Doing, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failure> {
        match tokio::time::timeout(LIMIT, work).await {
            Ok(done) => done.map_err(|error| Failure::sql(doing, &self.path, &error)),
            Err(_) => Err(Failure::timed_out(doing, &self.path, LIMIT.as_secs())),
        }
    }

    /// Begins a write. Dropping the transaction takes it back.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// What is stored does not fit this version.
    pub(crate) fn other_version(detail: String) -> JournalError {
        JournalError::Store { doing: "read", detail, hint: "it was written by a newer version: update handiwork".to_owned() }
    }
}

/// Whether a connection may be used again. SQLite itself takes a transaction back when the disk is full, and then sqlx 0.9
/// goes on counting it as open: every later `BEGIN IMMEDIATE` on that connection would be refused.
async fn is_sound(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // The roll-back of a dropped transaction is only queued: this waits until it is through.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Makes the file, if need be, so that from its first moment only its owner can read it; SQLite gives its log the same mode.
fn make_file(path: &Path) -> std::io::Result<PathBuf> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    if !path.exists() {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?;
    }
    if path.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    path.canonicalize()
}
