//! Looking for facts by their words.
//!
//! bm25 reads every fact that has a word of the query, so a query of common words would read most of a large store. The one
//! decision: words are taken from the rarest on, as long as the facts that they are in are few enough to be read; common words
//! say little about which fact is meant, and what they add is left to the vectors.

use sqlx::SqliteConnection;

use crate::scope::Reach;

/// Facts that are counted of a word; if there are more, how many is told from where the last one stands.
const COUNTED: i64 = 2_000;

/// Facts that a query may have to read in all.
const BUDGET: f64 = 40_000.0;

/// Weight of the words of the neighbours beside a fact's own.
const NEAR: f64 = 0.3;

/// A word, and in about how many facts it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Term {
    pub(crate) word: String,
    pub(crate) facts: f64,
}

/// About how many facts there are.
pub(crate) async fn total(connection: &mut SqliteConnection) -> Result<f64, sqlx::Error> {
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM facts").fetch_one(connection).await?;
    Ok(last as f64)
}

/// In about how many facts each word is.
pub(crate) async fn counted(connection: &mut SqliteConnection, words: &[String]) -> Result<Vec<Term>, sqlx::Error> {
    let total = total(connection).await?;
    let mut terms = Vec::with_capacity(words.len());
    for word in words {
        let (count, first, last): (i64, Option<i64>, Option<i64>) = sqlx::query_as(
            "SELECT count(*), min(rowid), max(rowid) FROM (SELECT rowid FROM facts_words WHERE facts_words MATCH ? LIMIT ?)",
        )
        .bind(format!("{{words}} : {}", quoted(word)))
        .bind(COUNTED)
        .fetch_one(&mut *connection)
        .await?;
        let facts = match (first, last) {
            (Some(first), Some(last)) if count == COUNTED => count as f64 * total / (last - first + 1).max(1) as f64,
            _ => count as f64,
        };
        terms.push(Term { word: word.clone(), facts });
    }
    Ok(terms)
}

/// The words, rarest first, with those left out that are in no fact, or in too many to be read.
pub(crate) fn rarest(mut terms: Vec<Term>, most: usize) -> Vec<Term> {
    terms.retain(|term| term.facts > 0.0);
    terms.sort_by(|a, b| a.facts.total_cmp(&b.facts));
    let mut read = 0.0;
    let mut kept = Vec::new();
    for term in terms {
        read += term.facts;
        // The rarest one is looked for whatever it costs: without it nothing would be found.
        if kept.len() >= most || (!kept.is_empty() && read > BUDGET) {
            break;
        }
        kept.push(term);
    }
    kept
}

/// The query in the search engine's words: any of these in any of the columns. None if there is no word.
pub(crate) fn matching(columns: &str, terms: &[Term]) -> Option<String> {
    let any: Vec<String> = terms.iter().map(|term| quoted(&term.word)).collect();
    (!any.is_empty()).then(|| format!("{{{columns}}} : ({})", any.join(" OR ")))
}

/// As a word, whatever it means to the search engine.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// The facts within reach that fit the words best, best first.
pub(super) async fn search(connection: &mut SqliteConnection, reach: &Reach, terms: &[Term], most: usize) -> Result<Vec<i64>, sqlx::Error> {
    let Some(matching) = matching("words near", terms) else { return Ok(Vec::new()) };
    // Most facts are within reach of most viewers, so the best of all are looked at first.
    let wide = most * 4;
    let sql = format!(
        "SELECT found.rowid, found.score FROM (SELECT rowid, bm25(facts_words, 1.0, {NEAR}) AS score FROM facts_words WHERE facts_words MATCH ?1 \
         ORDER BY score LIMIT {wide}) found CROSS JOIN facts f ON f.id = found.rowid WHERE f.scope IN (SELECT value FROM json_each(?2)) \
         ORDER BY found.score LIMIT {most}"
    );
    let found: Vec<(i64, f64)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(&matching).bind(&reach.ids).fetch_all(&mut *connection).await?;
    let all: i64 = sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM facts_words WHERE facts_words MATCH ? LIMIT ?)")
        .bind(&matching)
        .bind(i64::try_from(wide + 1).unwrap_or(i64::MAX))
        .fetch_one(&mut *connection)
        .await?;
    let found = if found.len() >= most || all <= wide as i64 {
        found
    } else {
        // What is within reach is a small part of what fits: then each that fits is asked whose it is.
        let sql = format!(
            "SELECT facts_words.rowid, bm25(facts_words, 1.0, {NEAR}) AS score FROM facts_words CROSS JOIN facts f ON f.id = facts_words.rowid \
             WHERE facts_words MATCH ?1 AND f.scope IN (SELECT value FROM json_each(?2)) ORDER BY score LIMIT {most}"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(&matching).bind(&reach.ids).fetch_all(connection).await?
    };
    Ok(found.into_iter().map(|(id, _)| id).collect())
}
