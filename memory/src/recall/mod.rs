//! Finding facts: by their words and by their meaning, then compared closely with the question.
//!
//! The one decision: what is found by two indexes is not joined by places but scored anew, from the facts themselves. There are a
//! few hundred of them, so each word can be weighed, with what it means and with what was said before and after. See
//! `docs/memory.md` for what each part of the score was measured to bring.

mod dense;
mod lexical;
mod prior;
mod question;
mod score;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::collections::BTreeMap;

use handiwork_core::memory::{Fact, MemoryError, Query, Recalled, Recollection, Viewer};
use sqlx::SqliteConnection;

use crate::facts::row::{COLUMNS, Row};
use crate::scope::Reach;
use crate::store::{Store, now};

use prior::Wanted;
use question::Question;

pub(crate) use lexical::{counted, matching, rarest};

/// Facts that are found if nothing else is asked for.
const LIMIT: usize = 10;

/// Most facts of one recall.
const MOST: usize = 200;

/// Facts that are taken from the index of words, before they are compared closely.
const BY_WORDS: usize = 200;

/// And from the index of vectors.
const BY_MEANING: usize = 100;

/// What was found, with what stands around it in its thread.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// All rows by their numbers.
    pub(super) rows: BTreeMap<i64, Row>,
    /// Those that were found.
    pub(super) found: Vec<i64>,
    /// Facts in all.
    pub(super) total: f64,
}

impl Store {
    /// The numbers of the facts nearest in meaning, nearest first: for measuring what the vectors' signs lose.
    #[doc(hidden)]
    pub async fn nearest(&self, viewer: &Viewer, text: &str, most: usize) -> Result<Vec<i64>, MemoryError> {
        let Some(vector) = Question::of(text, self.embedder()).vector else { return Ok(Vec::new()) };
        let read = async {
            let mut tx = self.pool.begin().await?;
            let reach = Reach::of(&mut tx, viewer).await?;
            dense::search(&mut tx, &reach, &vector, most.max(BY_MEANING)).await
        };
        let mut found = self.reading(read).await?;
        found.truncate(most);
        Ok(found)
    }
}

pub(crate) async fn recall(store: &Store, viewer: &Viewer, query: &Query) -> Result<Recollection, MemoryError> {
    let limit = if query.limit == 0 { LIMIT } else { query.limit.min(MOST) };
    let now = now();
    let mut notes = Vec::new();
    let embedder = store.embedder();
    if embedder.is_none() {
        notes.push("looked for by words alone: there are no vectors of words here (handiwork model pull words)".to_owned());
    }
    let read = async {
        let mut tx = store.pool.begin().await?;
        let reach = Reach::of(&mut tx, viewer).await?;
        let mut question = Question::of(&query.text, embedder);
        if reach.scopes.is_empty() {
            return Ok((question, Pool::default()));
        }
        question.count(lexical::counted(&mut tx, &question.words()).await?);
        let total = lexical::total(&mut tx).await?;
        let mut found = lexical::search(&mut tx, &reach, &question.terms(), total, BY_WORDS).await?;
        if let Some(vector) = &question.vector {
            found.extend(dense::search(&mut tx, &reach, vector, BY_MEANING).await?);
        }
        found.sort_unstable();
        found.dedup();
        let rows = rows(&mut tx, &reach, &found).await?;
        let rows: BTreeMap<i64, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
        found.retain(|id| rows.contains_key(id));
        Ok((question, Pool { rows, found, total }))
    };
    let (question, pool) = store.reading(read).await?;
    let mut facts: BTreeMap<i64, Fact> = BTreeMap::new();
    for id in &pool.found {
        if let Some(row) = pool.rows.get(id) {
            facts.insert(*id, row.fact().map_err(|detail| store.damaged_fact(detail))?);
        }
    }
    let wanted = Wanted::of(query, now);
    let mut scored: Vec<Recalled> = score::scored(&question, &pool, &facts, embedder)
        .into_iter()
        .filter_map(|(id, mut scores)| {
            let fact = facts.get(&id)?.clone();
            scores.prior = wanted.prior(&fact)?;
            Some(Recalled { score: scores.sum() * scores.prior, fact, scores })
        })
        .collect();
    scored.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| newest(&a.fact, &b.fact)));
    apart(&mut scored, &pool, limit);
    Ok(Recollection { facts: scored, notes })
}

/// With equal scores a fact comes first that came about later; of what was said, what was said earlier.
fn newest(a: &Fact, b: &Fact) -> std::cmp::Ordering {
    if a.thread.is_some() && b.thread.is_some() {
        return a.id.cmp(&b.id);
    }
    b.valid_from.cmp(&a.valid_from).then_with(|| b.id.cmp(&a.id))
}

/// The best of them, without those that say in another scope what one before them says.
fn apart(scored: &mut Vec<Recalled>, pool: &Pool, limit: usize) {
    let mut said = std::collections::BTreeSet::new();
    scored.retain(|found| {
        let gist = pool.rows.get(&found.fact.id).map(|row| row.gist);
        found.fact.thread.is_some() || gist.is_none_or(|gist| said.insert(gist))
    });
    scored.truncate(limit);
}

/// These facts, and up to two before and after each in its thread, if they are within reach. No other way leads from a number to a
/// fact.
async fn rows(connection: &mut SqliteConnection, reach: &Reach, ids: &[i64]) -> Result<Vec<Row>, sqlx::Error> {
    let sql = format!(
        "WITH RECURSIVE around (id, far) AS (SELECT value, 0 FROM json_each(?1) UNION SELECT f.after, far + 1 FROM around JOIN facts f ON \
         f.id = around.id WHERE far < 2 AND f.after IS NOT NULL UNION SELECT f.id, far + 1 FROM around JOIN facts f ON f.after = around.id \
         WHERE far < 2) \
         SELECT {COLUMNS} FROM (SELECT DISTINCT id FROM around) wanted CROSS JOIN facts f ON f.id = wanted.id JOIN scopes s ON s.id = f.scope \
         LEFT JOIN fact_uses u ON u.fact = f.id WHERE f.scope IN (SELECT value FROM json_each(?2))"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(json(ids)).bind(&reach.ids).fetch_all(connection).await
}

/// Numbers that came as one text: each row of an answer is handed over by itself, which takes longer than finding it.
fn numbers(text: &str) -> Vec<i64> {
    serde_json::from_str(text).unwrap_or_default()
}

fn json(ids: &[i64]) -> String {
    format!("[{}]", ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}
