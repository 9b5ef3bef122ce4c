//! A fact as a row, with a checksum over all of it.

use handiwork_core::memory::{By, Fact, FactKind, Provenance, Scope};
use sqlx::SqliteConnection;

use super::bits::signs;
use crate::digest::Digest;
use crate::scope::owner;

/// The columns of a [`Row`].
pub(crate) const COLUMNS: &str = "f.id, f.kind, f.text, f.words, f.about, f.source, f.thread, f.speaker, f.after, f.valid_from, f.valid_to, \
    f.recorded_at, f.closed_at, f.closed_by, f.confidence, f.gist, f.vector, f.embedder, f.checksum, s.user, s.agent, s.site, s.run, \
    u.count AS uses, u.at AS used_at, u.checksum AS uses_checksum";

/// Where they come from.
pub(crate) const FROM: &str = "facts f JOIN scopes s ON s.id = f.scope LEFT JOIN fact_uses u ON u.fact = f.id";

/// What stands before an `about` that was found in the words and not given.
pub(crate) const FOUND: char = '~';

/// A row of `facts`, with its scope and its use.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) words: Option<String>,
    pub(crate) about: Option<String>,
    pub(crate) source: String,
    pub(crate) thread: Option<String>,
    pub(crate) speaker: Option<String>,
    pub(crate) after: Option<i64>,
    pub(crate) valid_from: i64,
    pub(crate) valid_to: Option<i64>,
    pub(crate) recorded_at: i64,
    pub(crate) closed_at: Option<i64>,
    pub(crate) closed_by: Option<i64>,
    pub(crate) confidence: f64,
    pub(crate) gist: i64,
    pub(crate) vector: Option<Vec<u8>>,
    pub(crate) embedder: Option<String>,
    pub(crate) checksum: Option<Vec<u8>>,
    pub(crate) user: String,
    pub(crate) agent: String,
    pub(crate) site: String,
    pub(crate) run: String,
    pub(crate) uses: Option<i64>,
    pub(crate) used_at: Option<i64>,
    pub(crate) uses_checksum: Option<Vec<u8>>,
}

impl Row {
    pub(crate) async fn read(connection: &mut SqliteConnection, id: i64) -> Result<Option<Self>, sqlx::Error> {
        let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE f.id = ?");
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection).await
    }

    /// Writes it as a new one, under its own number, with what must stand beside it, and puts it into the index of vectors; with
    /// `words` into the one of words too. All in one go: between two questions to the database more time passes than in them.
    pub(crate) async fn insert(&self, connection: &mut SqliteConnection, scope: i64, words: bool) -> Result<(), sqlx::Error> {
        let mut sql = String::from(
            "INSERT INTO facts (id, scope, kind, text, words, about, source, thread, speaker, after, valid_from, valid_to, recorded_at, \
             closed_at, closed_by, confidence, gist, vector, embedder, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \
             ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20);",
        );
        if words {
            sql.push_str("INSERT INTO facts_words (rowid, words, near) SELECT id, words, near FROM facts_text WHERE id = ?1;");
        }
        if self.vector.is_some() {
            sql.push_str("INSERT INTO facts_bits (fact, owner, scope, bits) VALUES (?1, ?21, ?2, vec_bit(?22));");
        }
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(self.id)
            .bind(scope)
            .bind(&self.kind)
            .bind(&self.text)
            .bind(&self.words)
            .bind(&self.about)
            .bind(&self.source)
            .bind(&self.thread)
            .bind(&self.speaker)
            .bind(self.after)
            .bind(self.valid_from)
            .bind(self.valid_to)
            .bind(self.recorded_at)
            .bind(self.closed_at)
            .bind(self.closed_by)
            .bind(self.confidence)
            .bind(self.gist)
            .bind(&self.vector)
            .bind(&self.embedder)
            .bind(self.digest())
            .bind(owner(&self.user))
            .bind(self.vector.as_deref().map(signs))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// What must stand beside it.
    pub(crate) fn digest(&self) -> Vec<u8> {
        Digest::of("facts")
            .number(self.id)
            .text(&self.user)
            .text(&self.agent)
            .text(&self.site)
            .text(&self.run)
            .text(&self.kind)
            .text(&self.text)
            .maybe_text(self.words.as_deref())
            .maybe_text(self.about.as_deref())
            .text(&self.source)
            .maybe_text(self.thread.as_deref())
            .maybe_text(self.speaker.as_deref())
            .maybe_number(self.after)
            .number(self.valid_from)
            .maybe_number(self.valid_to)
            .number(self.recorded_at)
            .maybe_number(self.closed_at)
            .maybe_number(self.closed_by)
            .bytes(&self.confidence.to_bits().to_le_bytes())
            .number(self.gist)
            .bytes(self.vector.as_deref().unwrap_or_default())
            .maybe_text(self.embedder.as_deref())
            .end()
    }

    /// Whether it is what was written.
    pub(crate) fn is_sound(&self) -> bool {
        let uses = match (self.uses, self.used_at) {
            (Some(count), Some(at)) => self.uses_checksum == Some(uses_digest(self.id, count, at)),
            (None, None) => true,
            _ => false,
        };
        uses && self.checksum.as_deref() == Some(&self.digest())
    }

    pub(crate) fn scope(&self) -> Scope {
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Scope { user: self.user.clone(), agent: part(&self.agent), site: part(&self.site), run: part(&self.run) }
    }

    /// The fact, if this is what was written.
    pub(crate) fn fact(&self) -> Result<Fact, String> {
        let damaged = || format!("fact {} is not what was written", self.id);
        if !self.is_sound() {
            return Err(damaged());
        }
        let kind = FactKind::named(&self.kind)
            .ok_or_else(|| format!("fact {} is of a kind that a newer version knows: {}", self.id, self.kind))?;
        let source: Provenance = serde_json::from_str(&self.source).map_err(|_| damaged())?;
        Ok(Fact {
            id: self.id,
            text: self.text.clone(),
            kind,
            scope: self.scope(),
            source,
            about: self.about.clone().filter(|about| !about.starts_with(FOUND)),
            thread: self.thread.clone(),
            speaker: self.speaker.clone(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            recorded_at: self.recorded_at,
            closed_at: self.closed_at,
            closed_by: self.closed_by,
            confidence: self.confidence,
            uses: self.uses.and_then(|uses| u32::try_from(uses).ok()).unwrap_or_default(),
            used_at: self.used_at,
        })
    }

    /// Who said it, without the rest.
    pub(crate) fn by(&self) -> By {
        serde_json::from_str::<Provenance>(&self.source).map(|source| source.by).unwrap_or_default()
    }
}

pub(crate) fn uses_digest(fact: i64, count: i64, at: i64) -> Vec<u8> {
    Digest::of("fact_uses").number(fact).number(count).number(at).end()
}

/// Gives the row of a fact its checksum, as it is now.
pub(crate) async fn sign(connection: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    if let Some(row) = Row::read(connection, id).await? {
        sqlx::query("UPDATE facts SET checksum = ? WHERE id = ?").bind(row.digest()).bind(id).execute(connection).await?;
    }
    Ok(())
}
