//! The demo site's database.
//!
//! Filing is one transaction that also marks its draft, so that a form sent twice files one claim.

use std::path::Path;

use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{Executor, Row, Sqlite};

use super::form::Entered;
use super::{Claim, Effect, ReceiptFile};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Bytes and name of an uploaded file.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// A claim that was entered and awaits its confirmation.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) token: String,
    pub(super) entered: Entered,
    pub(super) file_name: Option<String>,
    pub(super) claim: Option<i64>,
}

/// One browser's session.
#[derive(Debug, Clone)]
pub(super) struct StoredSession {
    pub(super) token: String,
    pub(super) csrf: String,
    pub(super) user: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Store {
    pool: SqlitePool,
}

impl Store {
    pub(super) async fn create(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        sqlx::raw_sql(include_str!("schema.sql")).execute(&pool).await?;
        Ok(Self { pool })
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// A new session. Tokens are 128 random bits, made by SQLite from the system's generator.
    pub(super) async fn open_session(&self, user: Option<&str>) -> Result<StoredSession> {
        let row = sqlx::query(
            "INSERT INTO sessions (token, csrf, user) VALUES (lower(hex(randomblob(16))), lower(hex(randomblob(16))), ?) RETURNING token, csrf, user",
        )
        .bind(user)
        .fetch_one(&self.pool)
        .await?;
        session_of(&row)
    }

    pub(super) async fn session(&self, token: &str) -> Result<Option<StoredSession>> {
        let row = sqlx::query("SELECT token, csrf, user FROM sessions WHERE token = ?").bind(token).fetch_optional(&self.pool).await?;
        row.as_ref().map(session_of).transpose()
    }

    pub(super) async fn close_session(&self, token: &str) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE token = ?").bind(token).execute(&self.pool).await.map(drop)
    }

    /// Notes something that was done outside of the store.
    pub(super) async fn note(&self, user: &str, what: &str) -> Result<()> {
        note(&self.pool, user, what, "").await
    }

    /// The same, with what it was about.
    pub(super) async fn note_about(&self, user: &str, what: &str, about: &str) -> Result<()> {
        note(&self.pool, user, what, about).await
    }

    /// Keeps what was entered, in place of the draft `token` if that is the user's own and not filed yet. Without a new file
    /// the draft keeps the one that it has.
    pub(super) async fn save_draft(&self, user: &str, token: Option<&str>, entered: &Entered, file: Option<&Upload>) -> Result<String> {
        let row = sqlx::query(
            "INSERT INTO drafts (token, user, employee, title, amount_cents, date, category, company_card, file_name, file_bytes)
             VALUES (coalesce((SELECT token FROM drafts WHERE token = ?1 AND user = ?2 AND claim IS NULL), lower(hex(randomblob(16)))),
                     ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (token) DO UPDATE SET employee = excluded.employee, title = excluded.title, amount_cents = excluded.amount_cents,
                     date = excluded.date, category = excluded.category, company_card = excluded.company_card,
                     file_name = coalesce(excluded.file_name, file_name), file_bytes = coalesce(excluded.file_bytes, file_bytes)
             RETURNING token",
        )
        .bind(token)
        .bind(user)
        .bind(&entered.employee)
        .bind(&entered.title)
        .bind(entered.amount_cents)
        .bind(&entered.date)
        .bind(&entered.category)
        .bind(entered.company_card)
        .bind(file.map(|file| file.name.as_str()))
        .bind(file.map(|file| file.bytes.as_slice()))
        .fetch_one(&self.pool)
        .await?;
        note(&self.pool, user, "drafted", "").await?;
        row.try_get("token")
    }

    pub(super) async fn draft(&self, user: &str, token: &str) -> Result<Option<Draft>> {
        let row =
            sqlx::query("SELECT * FROM drafts WHERE token = ? AND user = ?").bind(token).bind(user).fetch_optional(&self.pool).await?;
        row.map(|row| {
            Ok(Draft {
                token: row.try_get("token")?,
                entered: Entered {
                    employee: row.try_get("employee")?,
                    title: row.try_get("title")?,
                    amount_cents: row.try_get("amount_cents")?,
                    date: row.try_get("date")?,
                    category: row.try_get("category")?,
                    company_card: row.try_get("company_card")?,
                },
                file_name: row.try_get("file_name")?,
                claim: row.try_get("claim")?,
            })
        })
        .transpose()
    }

    /// Files the draft and gives the number of its claim; one that is filed already gives the same number again.
    pub(super) async fn file(&self, user: &str, token: &str, at: i64) -> Result<Option<i64>> {
        let mut work = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let draft =
            sqlx::query("SELECT claim FROM drafts WHERE token = ? AND user = ?").bind(token).bind(user).fetch_optional(&mut *work).await?;
        let Some(draft) = draft else { return Ok(None) };
        if let Some(claim) = draft.try_get::<Option<i64>, _>("claim")? {
            return Ok(Some(claim));
        }
        let row = sqlx::query(
            "INSERT INTO claims (employee, title, amount_cents, date, category, company_card, file_name, file_bytes, filed_by, filed_at)
             SELECT employee, title, amount_cents, date, category, company_card, file_name, file_bytes, user, ? FROM drafts WHERE token = ? RETURNING id",
        )
        .bind(at)
        .bind(token)
        .fetch_one(&mut *work)
        .await?;
        let id: i64 = row.try_get("id")?;
        sqlx::query("UPDATE drafts SET claim = ?, file_bytes = NULL WHERE token = ?").bind(id).bind(token).execute(&mut *work).await?;
        note(&mut *work, user, "filed", &number(id)).await?;
        work.commit().await?;
        Ok(Some(id))
    }

    /// All claims, or those that `filed_by` filed; oldest first.
    pub(super) async fn claims(&self, filed_by: Option<&str>) -> Result<Vec<Claim>> {
        let rows =
            sqlx::query("SELECT * FROM claims WHERE ?1 IS NULL OR filed_by = ?1 ORDER BY id").bind(filed_by).fetch_all(&self.pool).await?;
        rows.iter().map(claim_of).collect()
    }

    pub(super) async fn claim(&self, id: i64) -> Result<Option<Claim>> {
        let row = sqlx::query("SELECT * FROM claims WHERE id = ?").bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(claim_of).transpose()
    }

    /// Approves a claim; false when there is none with this number.
    pub(super) async fn approve(&self, user: &str, id: i64) -> Result<bool> {
        let done = sqlx::query("UPDATE claims SET approved = 1 WHERE id = ?").bind(id).execute(&self.pool).await?;
        self.note_if(done.rows_affected() > 0, user, "approved", id).await
    }

    /// Deletes a claim; false when there is none with this number.
    pub(super) async fn delete(&self, user: &str, id: i64) -> Result<bool> {
        let done = sqlx::query("DELETE FROM claims WHERE id = ?").bind(id).execute(&self.pool).await?;
        self.note_if(done.rows_affected() > 0, user, "deleted", id).await
    }

    pub(super) async fn effects(&self) -> Result<Vec<Effect>> {
        let rows = sqlx::query("SELECT at, user, what, about FROM effects ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(Effect { at: row.try_get("at")?, user: row.try_get("user")?, what: row.try_get("what")?, about: row.try_get("about")? })
            })
            .collect()
    }

    async fn note_if(&self, done: bool, user: &str, what: &str, id: i64) -> Result<bool> {
        if done {
            note(&self.pool, user, what, &number(id)).await?;
        }
        Ok(done)
    }
}

/// A claim's number as people see it.
pub(super) fn number(id: i64) -> String {
    format!("C-{id}")
}

/// The id behind a claim's number.
pub(super) fn id_of(number: &str) -> Option<i64> {
    number.strip_prefix("C-")?.parse().ok()
}

async fn note<'e>(to: impl Executor<'e, Database = Sqlite>, user: &str, what: &str, about: &str) -> Result<()> {
    let at = jiff::Timestamp::now().as_millisecond();
    sqlx::query("INSERT INTO effects (at, user, what, about) VALUES (?, ?, ?, ?)")
        .bind(at)
        .bind(user)
        .bind(what)
        .bind(about)
        .execute(to)
        .await
        .map(drop)
}

fn session_of(row: &SqliteRow) -> Result<StoredSession> {
    Ok(StoredSession { token: row.try_get("token")?, csrf: row.try_get("csrf")?, user: row.try_get("user")? })
}

fn claim_of(row: &SqliteRow) -> Result<Claim> {
    let file: Option<String> = row.try_get("file_name")?;
    let bytes: Option<Vec<u8>> = row.try_get("file_bytes")?;
    let receipt_file =
        file.zip(bytes).map(|(name, bytes)| ReceiptFile { name, sha256: hex(&Sha256::digest(&bytes)), len: bytes.len() as u64 });
    Ok(Claim {
        id: number(row.try_get("id")?),
        employee: row.try_get("employee")?,
        title: row.try_get("title")?,
        amount_cents: row.try_get("amount_cents")?,
        date: row.try_get("date")?,
        category: row.try_get("category")?,
        company_card: row.try_get("company_card")?,
        receipt_file,
        filed_by: row.try_get("filed_by")?,
        filed_at: row.try_get("filed_at")?,
        approved: row.try_get("approved")?,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
