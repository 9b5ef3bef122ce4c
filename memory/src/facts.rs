//! Facts: kept and recalled by their words, without a model.
//!
//! A query is any text. Its words are looked for with OR and ranked by bm25, so a goal in plain language can be the query; the
//! words are quoted, so nothing in it is read as the search engine's own syntax.

use std::collections::BTreeSet;

use async_trait::async_trait;
use handiwork_core::{Fact, Memory, MemoryError};

use crate::store::Store;

/// Words of a query that are looked for; the rest would only cost time.
const MOST_WORDS: usize = 32;

#[async_trait]
impl Memory for Store {
    async fn remember(&self, fact: &Fact) -> Result<i64, MemoryError> {
        let id = self.writing(async {
            let mut tx = self.begin().await?;
            sqlx::query("INSERT INTO facts (scope, text, source, at) VALUES (?, ?, ?, ?) ON CONFLICT (scope, text) DO NOTHING")
                .bind(&fact.scope)
                .bind(&fact.text)
                .bind(&fact.source)
                .bind(fact.at)
                .execute(&mut *tx)
                .await?;
            let id = sqlx::query_scalar("SELECT id FROM facts WHERE scope = ? AND text = ?")
                .bind(&fact.scope)
                .bind(&fact.text)
                .fetch_one(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(id)
        });
        Ok(id.await?)
    }

    /// A query without any word finds nothing.
    async fn recall(&self, scope: &str, query: &str, limit: usize) -> Result<Vec<Fact>, MemoryError> {
        let Some(words) = words(query) else { return Ok(Vec::new()) };
        let rows = sqlx::query_as::<_, Row>(
            "SELECT f.id, f.text, f.scope, f.source, f.at FROM facts_words JOIN facts f ON f.id = facts_words.rowid \
             WHERE facts_words MATCH ? AND f.scope = ? ORDER BY bm25(facts_words), f.id DESC LIMIT ?",
        )
        .bind(words)
        .bind(scope)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool);
        Ok(self.reading(rows).await?.into_iter().map(Fact::from).collect())
    }

    async fn forget(&self, id: i64) -> Result<bool, MemoryError> {
        let removed = sqlx::query("DELETE FROM facts WHERE id = ?").bind(id).execute(&self.pool);
        Ok(self.writing(removed).await?.rows_affected() > 0)
    }
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

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: i64,
    text: String,
    scope: String,
    source: String,
    at: i64,
}

impl From<Row> for Fact {
    fn from(Row { id, text, scope, source, at }: Row) -> Self {
        Self { id, text, scope, source, at }
    }
}
