//! The file: opening it, and the rules for every access to it.
//!
//! Write-ahead log with `synchronous = FULL`: a commit is on the disk when it returns, and readers never wait for a writer.
//! Every write takes the write lock at its beginning (`BEGIN IMMEDIATE`), so two processes queue and never deadlock.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use handiwork_core::JournalError;
use handiwork_core::memory::Embedder;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};

use crate::claim::beside;
use crate::error::{Doing, Failure, StoreError, is_busy, is_damage_at_first};
use crate::own::{self, Own};

#[cfg(test)]
pub(crate) mod tests;

/// What a connection may keep of the file in memory, in KiB (negative, as SQLite wants it): the signs of a million vectors.
const CACHE_KIB: &str = "-65536";

/// Rows of an answer that the database may be ahead of whoever reads them.
const ROWS: usize = 1_024;

/// How long a write waits for another process.
const BUSY: Duration = Duration::from_secs(10);

/// How long any access may take in all.
const LIMIT: Duration = Duration::from_mins(1);

/// How long something may take that goes through all of a large file.
const LONG_LIMIT: Duration = Duration::from_mins(20);

/// The migration since which rows have checksums.
const CHECKED: i64 = 2;

/// The migration since which facts have a scope and a source.
const SCOPED: i64 = 3;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// How the file is used. Not public: only tests have a reason to use it differently.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) busy: Duration,
    /// Pages that the file may have, for a disk that gets full.
    pub(crate) most_pages: Option<u32>,
    /// Whether the file is checked; not when it is known to be damaged, and is to be repaired.
    pub(crate) check: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self { busy: BUSY, most_pages: None, check: true }
    }
}

/// Journals, blobs and facts in one SQLite file. Cheap to clone; safe to use from several processes at once.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: SqlitePool,
    path: PathBuf,
    embedder: Option<Arc<dyn Embedder>>,
}

impl Store {
    /// Opens the file at `path`, and makes it, readable by its owner only, if it isn't there. Missing folders are made too.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, Setup::default()).await
    }

    pub(crate) async fn open_with(path: &Path, Setup { busy, most_pages, check }: Setup) -> Result<Self, StoreError> {
        let asked = path.to_owned();
        let made = tokio::task::spawn_blocking(move || make_file(&asked)).await;
        let path = match made {
            Ok(made) => made.map_err(|error| Failure::io(Doing::Writing, path, &error))?,
            Err(error) => return Err(Failure::io(Doing::Writing, path, &std::io::Error::other(error)).into()),
        };
        let looked = path.clone();
        if let Ok(Ok(Some(problem))) = tokio::task::spawn_blocking(move || crate::wal::damage(&looked)).await {
            return Err(StoreError::Damaged { file: path, problems: vec![problem] });
        }
        let mut options = SqliteConnectOptions::new()
            .filename(&path)
            .busy_timeout(busy)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .row_buffer_size(ROWS)
            .pragma("secure_delete", "ON")
            .pragma("cache_size", CACHE_KIB)
            .pragma("trusted_schema", "OFF");
        if let Some(pages) = most_pages {
            options = options.pragma("max_page_count", pages.to_string());
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(busy + Duration::from_secs(5))
            .after_connect(|connection, _| Box::pin(crate::vec_ext::load(connection)))
            .after_release(|connection, _| Box::pin(is_sound(connection)))
            .connect_lazy_with(options);
        let store = Self { pool, path, embedder: None };
        if let Err(error) = store.prepare(busy).await {
            store.close().await;
            return Err(error);
        }
        if check && let Err(error) = store.check().await {
            store.close().await;
            return Err(error);
        }
        Ok(store)
    }

    /// The file, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same file, where facts are also found by what their words mean. Those written without it get their vectors by
    /// [`Self::embed_facts`].
    #[must_use]
    pub fn with_embedder(mut self, embedder: Arc<dyn Embedder>) -> Self {
        self.embedder = Some(embedder);
        self
    }

    pub(crate) fn embedder(&self) -> Option<&dyn Embedder> {
        self.embedder.as_deref()
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
            match self.preparing(self.migrate()).await? {
                Err(MigrateError::Execute(error)) if is_busy(&error) && Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => return Err(self.migration_failed(&error)),
                Ok(()) => return Ok(()),
            }
        }
    }

    async fn migrate(&self) -> Result<Result<(), MigrateError>, sqlx::Error> {
        let mut tx = match self.begin().await {
            Ok(tx) => tx,
            Err(error) => return Ok(Err(MigrateError::Execute(error))),
        };
        own::definitions(&mut tx).await?;
        let before = migrated(&mut tx).await?;
        if before < CHECKED && own::acknowledged(&self.path).is_some_and(|(_, commits)| commits > 0) {
            return Err(sqlx::Error::Decode("it is empty, or older than what was written to it before".into()));
        }
        if let Err(error) = MIGRATIONS.run_direct(None, &mut *tx, false).await {
            return Ok(Err(error));
        }
        let after = migrated(&mut tx).await?;
        if before == after {
            return Ok(Ok(()));
        }
        let mut own = if before < CHECKED { own::fill_in(&mut tx).await? } else { Self::own(&mut tx).await? };
        if before < SCOPED {
            crate::facts::adopt(&mut tx).await?;
        }
        own.version = after;
        own.tables = own::tables(&mut tx).await?;
        own.write(&mut tx).await?;
        Ok(self.commit(tx).await.map_err(MigrateError::Execute))
    }

    /// What the file knows of itself.
    async fn own(tx: &mut SqliteConnection) -> Result<Own, sqlx::Error> {
        let own = Own::read(tx).await?.filter(Own::is_sound);
        own.ok_or_else(|| sqlx::Error::Decode("what the file tells of itself has another checksum than it should".into()))
    }

    /// Ends a write: counts it, makes it durable, and marks it as acknowledged.
    pub(crate) async fn commit(&self, mut tx: Transaction<'static, Sqlite>) -> Result<(), sqlx::Error> {
        let mut own = Self::own(&mut tx).await?;
        own.commits += 1;
        own.write(&mut tx).await?;
        tx.commit().await?;
        own::acknowledge(&self.path, &own.id, own.commits);
        Ok(())
    }

    fn migration_failed(&self, error: &MigrateError) -> StoreError {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) if is_damage_at_first(error) => {
                StoreError::Damaged { file: self.path.clone(), problems: vec![error.to_string()] }
            }
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Failure::sql(Doing::Writing, &self.path, error).into()
            }
            // What was released never changes, so this is no other version.
            MigrateError::VersionMismatch(_) => StoreError::Damaged { file: self.path.clone(), problems: vec![error.to_string()] },
            MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
                let hint =
                    format!("{} was written by another version of handiwork: use that one, or give another path", self.path.display());
                Failure { doing: Doing::Reading, detail: error.to_string(), hint }.into()
            }
            other => Failure::sql(Doing::Writing, &self.path, &sqlx::Error::Protocol(other.to_string())).into(),
        }
    }

    /// As [`Self::reading`], with damage told as such.
    async fn preparing<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
        let work = async {
            match work.await {
                Err(error) if is_damage_at_first(&error) => {
                    Ok(Err(StoreError::Damaged { file: self.path.clone(), problems: vec![error.to_string()] }))
                }
                done => done.map(Ok),
            }
        };
        self.reading(work).await?
    }

    /// Does a read, with a deadline and a told error.
    pub(crate) async fn reading<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failure> {
        self.within(LIMIT, Doing::Reading, work).await
    }

    /// Does a write, with a deadline and a told error.
    pub(crate) async fn writing<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failure> {
        self.within(LIMIT, Doing::Writing, work).await
    }

    /// Does something that goes through all of the file, which may be large.
    pub(crate) async fn at_length<T>(&self, doing: Doing, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failure> {
        self.within(LONG_LIMIT, doing, work).await
    }

    async fn within<T>(&self, limit: Duration, doing: Doing, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failure> {
        match tokio::time::timeout(limit, work).await {
            Ok(done) => done.map_err(|error| Failure::sql(doing, &self.path, &error)),
            Err(_) => Err(Failure::timed_out(doing, &self.path, limit.as_secs())),
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

/// The newest migration that the file has had; 0 for a new file.
async fn migrated(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')")
        .fetch_one(&mut *connection)
        .await?;
    if !known {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(&mut *connection).await
}

/// Milliseconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
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
        // What a file of this name was before is no concern of the new one.
        let _ = std::fs::remove_file(beside(path, "-mark"));
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
