//! Facts: kept and recalled by their words, without a model.
//!
//! A query is any text. Its words are looked for with OR and ranked by bm25, so a goal in plain language can be the query; the
//! words are quoted, so nothing in it is read as the search engine's own syntax.

use std::collections::BTreeSet;

use async_trait::async_trait;
use handiwork_core::{Fact, Memory, MemoryError};
use sqlx::SqliteConnection;

use crate::digest::Digest;
use crate::error::damaged;
use crate::store::Store;

/// Words of a query that are looked for; the rest would only cost time.
const MOST_WORDS: usize = 32;

#[async_trait]
impl Memory for Store {
    async fn remember(&self, fact: &Fact) -> Result<i64, MemoryError> {
        let id = self.writing(async {
            let mut tx = self.begin().await?;
            let there = sqlx::query_scalar("SELECT id FROM facts WHERE scope = ? AND text = ?")
                .bind(&fact.scope)
                .bind(&fact.text)
                .fetch_optional(&mut *tx)
                .await?;
            if let Some(id) = there {
                return Ok(id);
            }
            let id = sqlx::query_scalar("INSERT INTO facts (scope, text, source, at) VALUES (?, ?, ?, ?) RETURNING id")
                .bind(&fact.scope)
                .bind(&fact.text)
                .bind(&fact.source)
                .bind(fact.at)
                .fetch_one(&mut *tx)
                .await?;
            sign(&mut tx, &Fact { id, ..fact.clone() }).await?;
            self.commit(tx).await?;
            Ok(id)
        });
        Ok(id.await?)
    }

    /// A query without any word finds nothing.
    async fn recall(&self, scope: &str, query: &str, limit: usize) -> Result<Vec<Fact>, MemoryError> {
        let Some(words) = words(query) else { return Ok(Vec::new()) };
        let rows = sqlx::query_as::<_, Row>(
            "SELECT f.id, f.text, f.scope, f.source, f.at, f.checksum FROM facts_words JOIN facts f ON f.id = facts_words.rowid \
             WHERE facts_words MATCH ? AND f.scope = ? ORDER BY bm25(facts_words), f.id DESC LIMIT ?",
        )
        .bind(words)
        .bind(scope)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool);
        let rows = self.reading(rows).await?;
        rows.into_iter().map(|row| row.fact().map_err(|id| self.damaged_fact(id))).collect()
    }

    async fn forget(&self, id: i64) -> Result<bool, MemoryError> {
        let removed = self.writing(async {
            let mut tx = self.begin().await?;
            let removed = sqlx::query("DELETE FROM facts WHERE id = ?").bind(id).execute(&mut *tx).await?.rows_affected();
            if removed > 0 {
                self.commit(tx).await?;
            }
            Ok(removed > 0)
        });
        Ok(removed.await?)
    }
}

impl Store {
    fn damaged_fact(&self, id: i64) -> MemoryError {
        let hint = damaged(self.path());
        MemoryError { doing: "read", detail: format!("fact {id} has another checksum than it should"), hint }
    }
}

/// Gives a fact that was written its checksum.
pub(crate) async fn sign(connection: &mut SqliteConnection, fact: &Fact) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE facts SET checksum = ? WHERE id = ?").bind(digest(fact)).bind(fact.id).execute(connection).await?;
    Ok(())
}

fn digest(fact: &Fact) -> Vec<u8> {
    Digest::of("facts").number(fact.id).text(&fact.scope).text(&fact.text).text(&fact.source).number(fact.at).end()
}

/// The query in the search engine's words; none if there is no word in it.
fn words(query: &str) -> Option<String> {
    let mut seen = BTreeSet::new();
    let quoted: Vec<String> = query
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| seen.insert(word.clone()))
        .take(MOST_WORDS)
        .map(|word| format!("\"{word}\""))
        .collect();
    (!quoted.is_empty()).then(|| quoted.join(" OR "))
}

/// A row of `facts`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: i64,
    text: String,
    scope: String,
    source: String,
    at: i64,
    checksum: Option<Vec<u8>>,
}

impl Row {
    /// The fact, as it stands there.
    pub(crate) fn unchecked(self) -> Fact {
        let Self { id, text, scope, source, at, checksum: _ } = self;
        Fact { id, text, scope, source, at }
    }

    /// The fact, or the number of a damaged one.
    pub(crate) fn fact(mut self) -> Result<Fact, i64> {
        let checksum = self.checksum.take();
        let fact = self.unchecked();
        if checksum == Some(digest(&fact)) { Ok(fact) } else { Err(fact.id) }
    }
}
