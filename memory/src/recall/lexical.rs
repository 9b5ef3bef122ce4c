//! Looking for facts by their words.
//!
//! bm25 reads every fact that has a word of the query, so a query of common words would read most of a large store. The one
//! decision: words are taken from the rarest on, as long as the facts that they are in are few enough to be read. Of the others
//! two must stand together; and of a word that is nearly everywhere, and alone, only the newest facts are read.

use sqlx::SqliteConnection;

use crate::scope::Reach;

/// Facts that are counted of a word; if there are more, how many is told from where the last one stands.
const COUNTED: i64 = 2_000;

/// Facts that a query may have to read in all.
const BUDGET: f64 = 4_000.0;

/// Places in the index that may be passed over on the way.
const PASSED: f64 = 100_000.0;

/// Common words of which two must stand together.
const TOGETHER: usize = 4;

/// Weight of the words of the neighbours beside a fact's own.
const NEAR: f64 = 0.3;

/// A word of a fact stands in the columns of so many facts: its own, and those of its neighbours.
const COLUMNS: f64 = 3.0;

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

/// The first facts that have a word: how many, between which numbers, of how many.
#[derive(sqlx::FromRow)]
struct Counted {
    count: i64,
    first: Option<i64>,
    last: Option<i64>,
    total: Option<i64>,
}

/// In about how many facts each word is. All are asked about at once.
pub(crate) async fn counted(connection: &mut SqliteConnection, words: &[String]) -> Result<Vec<Term>, sqlx::Error> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let one = "SELECT count(*) AS count, min(rowid) AS first, max(rowid) AS last, (SELECT max(id) FROM facts) AS total FROM \
               (SELECT rowid FROM facts_words WHERE facts_words MATCH ? LIMIT ?)";
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(vec![one; words.len()].join(" UNION ALL ")));
    for word in words {
        query = query.bind(format!("{{words}} : {}", quoted(word))).bind(COUNTED);
    }
    let counts: Vec<Counted> = query.fetch_all(connection).await?;
    let terms = words.iter().zip(counts).map(|(word, Counted { count, first, last, total })| {
        let facts = match (first, last) {
            (Some(first), Some(last)) if count == COUNTED => {
                count as f64 * total.unwrap_or_default() as f64 / (last - first + 1).max(1) as f64
            }
            _ => count as f64,
        };
        Term { word: word.clone(), facts }
    });
    Ok(terms.collect())
}

/// The words, rarest first, with those left out that are in no fact, or in too many to be read.
pub(crate) fn rarest(mut terms: Vec<Term>, most: usize) -> Vec<Term> {
    terms.retain(|term| term.facts > 0.0);
    terms.sort_by(|a, b| a.facts.total_cmp(&b.facts));
    let mut read = 0.0;
    let mut kept = Vec::new();
    for term in terms {
        read += term.facts;
        if kept.len() >= most || read > BUDGET {
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

/// What is looked for, and from which fact on. None if there is nothing to look for.
fn sought(terms: &[Term], total: f64) -> Option<(String, i64)> {
    let rare = rarest(terms.to_vec(), usize::MAX);
    let mut common: Vec<&Term> = terms.iter().filter(|term| term.facts > 0.0 && !rare.contains(term)).collect();
    common.sort_by(|a, b| a.facts.total_cmp(&b.facts));
    common.truncate(TOGETHER);
    let mut parts: Vec<String> = rare.iter().map(|term| quoted(&term.word)).collect();
    parts.extend(together(&common, total).into_iter().map(|(one, two)| format!("({} AND {})", quoted(&one.word), quoted(&two.word))));
    if !parts.is_empty() {
        return Some((format!("{{words near}} : ({})", parts.join(" OR ")), 0));
    }
    let rarest = common.first()?;
    Some((format!("{{words near}} : ({})", quoted(&rarest.word)), (total - total * BUDGET / rarest.facts) as i64))
}

/// Pairs of common words that stand together in few enough facts, as far as their numbers tell, rarest first.
fn together<'a>(common: &[&'a Term], total: f64) -> Vec<(&'a Term, &'a Term)> {
    let (mut read, mut passed) = (0.0, 0.0);
    let mut pairs = Vec::new();
    for (at, one) in common.iter().enumerate() {
        for two in common.iter().skip(at + 1) {
            // Each is gone through to find where both are, which is quick, and what is found is weighed, which is not.
            read += one.facts * two.facts / total.max(1.0);
            passed += one.facts + two.facts;
            if read <= BUDGET && passed <= PASSED {
                pairs.push((*one, *two));
            }
        }
    }
    pairs
}

/// The facts within reach that fit the words best, best first.
pub(super) async fn search(
    connection: &mut SqliteConnection,
    reach: &Reach,
    terms: &[Term],
    total: f64,
    most: usize,
) -> Result<Vec<i64>, sqlx::Error> {
    let Some((matching, from)) = sought(terms, total) else { return Ok(Vec::new()) };
    // Most facts are within reach of most viewers, so the best of all are looked at first.
    let wide = most * 4;
    let sql = format!(
        "SELECT coalesce(json_group_array(rowid), '[]'), count(*) FROM (SELECT found.rowid FROM (SELECT rowid, bm25(facts_words, 1.0, {NEAR}) AS score \
         FROM facts_words WHERE facts_words MATCH ?1 AND rowid > ?3 ORDER BY score LIMIT {wide}) found CROSS JOIN facts f ON f.id = found.rowid \
         WHERE f.scope IN (SELECT value FROM json_each(?2)) ORDER BY found.score LIMIT {most})"
    );
    let (found, count): (String, i64) =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(&matching).bind(&reach.ids).bind(from).fetch_one(&mut *connection).await?;
    if count >= most as i64 || terms.iter().map(|term| term.facts).sum::<f64>() * COLUMNS <= wide as f64 {
        return Ok(super::numbers(&found));
    }
    // What is within reach may be a small part of what fits: then each that fits is asked whose it is.
    let sql = format!(
        "SELECT coalesce(json_group_array(rowid), '[]') FROM (SELECT facts_words.rowid FROM facts_words CROSS JOIN facts f ON f.id = facts_words.rowid \
         WHERE facts_words MATCH ?1 AND facts_words.rowid > ?3 AND f.scope IN (SELECT value FROM json_each(?2)) ORDER BY bm25(facts_words, 1.0, {NEAR}) LIMIT {most})"
    );
    let found: String =
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(&matching).bind(&reach.ids).bind(from).fetch_one(connection).await?;
    Ok(super::numbers(&found))
}
