//! Writing a fact: whether it is worth it, what it contradicts, and where it belongs.

use handiwork_core::memory::{By, Embedder, NewFact, Remembered, Scope};
use sqlx::SqliteConnection;

use crate::claim_of::{Claim, claim};
use crate::gate::{self, Likeness};
use crate::store::now;
use crate::words;

use super::index::{Derived, index, unindex};
use super::row::{FOUND, Row, sign};

/// Facts with some of the same words that are compared with a new one.
const NEIGHBOURS: i64 = 8;

/// Words of a new fact that are counted.
const MOST_WORDS: usize = 48;

/// Words by which these are looked for.
const BY_WORDS: usize = 8;

/// How thoroughly it is looked whether something is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// Also facts in other words are compared.
    Full,
    /// Only what has the same words, or is about the same: for a great many at once.
    Quick,
}

/// What must be known of a fact before the database is asked.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) fact: NewFact,
    gist: i64,
    about: Option<String>,
    claim: Option<Claim>,
    derived: Derived,
    source: String,
}

impl Prepared {
    /// Everything about a fact that needs no database. The error says why it is refused.
    pub(crate) fn of(fact: &NewFact, embedder: Option<&dyn Embedder>) -> Result<Self, String> {
        if let Some(why) = gate::refusal(fact) {
            return Err(why);
        }
        let mut fact = fact.clone();
        fact.text = fact.text.trim().to_owned();
        if fact.scope.user.trim().is_empty() {
            return Err("it belongs to nobody: give the scope a user".to_owned());
        }
        for part in [&mut fact.scope.agent, &mut fact.scope.site, &mut fact.scope.run] {
            *part = part.take().filter(|part| !part.is_empty());
        }
        if let (Some(from), Some(to)) = (fact.valid_from, fact.valid_to)
            && to <= from
        {
            return Err("it ends before it begins: valid_to must be later than valid_from".to_owned());
        }
        let turn = fact.thread.is_some();
        let claim = claim(&fact.text).filter(|_| !turn);
        let about = match &fact.about {
            Some(about) => Some(about.trim().to_lowercase()).filter(|about| !about.is_empty()),
            None => claim.as_ref().map(|claim| format!("{FOUND}{}", claim.key)),
        };
        let source = serde_json::to_string(&fact.source).map_err(|error| error.to_string())?;
        Ok(Self { gist: gate::gist(&fact.text), about, claim, derived: Derived::of(&fact.text, embedder), source, fact })
    }

    /// Whether the fact `row` can't be so while this one is.
    fn contradicts(&self, row: &Row) -> bool {
        if self.fact.about.is_some() && row.about == self.about {
            return true;
        }
        match (&self.claim, claim(&row.text)) {
            (Some(new), Some(old)) => new.contradicts(&old),
            _ => false,
        }
    }
}

/// What is known within one transaction, and need not be asked again.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    scopes: Vec<(Scope, i64)>,
    last: Option<i64>,
}

impl Batch {
    async fn scope(&mut self, connection: &mut SqliteConnection, scope: &Scope) -> Result<i64, sqlx::Error> {
        if let Some((_, number)) = self.scopes.iter().find(|(known, _)| known == scope) {
            return Ok(*number);
        }
        let number = crate::scope::number(connection, scope).await?;
        self.scopes.push((scope.clone(), number));
        Ok(number)
    }

    /// The number that the next fact gets: one that none had before, also of those that are gone. It is known before the row is
    /// written, as the row's checksum is over it too.
    async fn next(&mut self, connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
        let last = if let Some(last) = self.last {
            last
        } else {
            let sql = "SELECT max(coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'facts'), 0), \
                       coalesce((SELECT max(id) FROM facts), 0))";
            sqlx::query_scalar(sql).fetch_one(connection).await?
        };
        self.last = Some(last + 1);
        Ok(last + 1)
    }
}

/// Writes a fact.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    new: &Prepared,
    care: Care,
    batch: &mut Batch,
) -> Result<Remembered, sqlx::Error> {
    let scope = batch.scope(connection, &new.fact.scope).await?;
    if let Some(known) = same(connection, new, scope).await? {
        return Ok(Remembered::Known { id: known });
    }
    let mut closes: Vec<Row> = Vec::new();
    if new.fact.thread.is_none() {
        for id in &new.fact.recalled {
            if let Some(row) = Row::read(connection, *id).await?
                && new.fact.source.by == By::Model
                && row.user == new.fact.scope.user
                && gate::echoes(&row.text, &new.fact.text)
            {
                return Ok(Remembered::Known { id: *id });
            }
        }
        if care == Care::Full {
            for row in alike(connection, new, scope).await? {
                match gate::likeness(&row.text, &new.fact.text) {
                    Likeness::Same => return Ok(Remembered::Known { id: row.id }),
                    Likeness::Otherwise if same_kind(new, &row) => closes.push(row),
                    Likeness::Otherwise | Likeness::Apart => {}
                }
            }
        }
        for row in about_the_same(connection, new, scope).await? {
            if new.contradicts(&row) && closes.iter().all(|other| other.id != row.id) {
                closes.push(row);
            }
        }
    }
    // What a page may have brought about does not overrule what the person has said.
    if !new.fact.source.trusted && closes.iter().any(|row| row.by() == By::Person) {
        return Ok(Remembered::Refused { why: "the person has said otherwise: only they can change that".to_owned() });
    }
    let id = insert(connection, new, scope, batch).await?;
    let closed = close(connection, id, new, &closes).await?;
    Ok(Remembered::Kept { id, closed })
}

fn same_kind(new: &Prepared, row: &Row) -> bool {
    row.kind == new.fact.kind.name() && row.thread.is_none()
}

/// A fact that says the same in the same words, and still holds.
async fn same(connection: &mut SqliteConnection, new: &Prepared, scope: i64) -> Result<Option<i64>, sqlx::Error> {
    let sql = "SELECT id FROM facts WHERE scope = ?1 AND gist = ?2 AND thread IS ?3 AND (valid_from = ?4 AND text = ?5 OR closed_at IS NULL \
               AND thread IS NULL) LIMIT 1";
    sqlx::query_scalar(sql)
        .bind(scope)
        .bind(new.gist)
        .bind(&new.fact.thread)
        .bind(new.fact.valid_from)
        .bind(&new.fact.text)
        .fetch_optional(connection)
        .await
}

/// Facts of the scope, still holding, that have some of the same words.
async fn alike(connection: &mut SqliteConnection, new: &Prepared, scope: i64) -> Result<Vec<Row>, sqlx::Error> {
    let mut words: Vec<String> = words::tokens(&new.fact.text).into_iter().filter(|word| !words::is_stop(word)).collect();
    words.sort_unstable();
    words.dedup();
    words.truncate(MOST_WORDS);
    let rare = crate::recall::rarest(crate::recall::counted(connection, &words).await?, BY_WORDS);
    let Some(matching) = crate::recall::matching("words", &rare) else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT {} FROM {} WHERE f.id IN (SELECT rowid FROM facts_words WHERE facts_words MATCH ? ORDER BY rank LIMIT 40) AND f.scope = ? \
         AND f.closed_at IS NULL AND f.thread IS NULL LIMIT ?",
        super::row::COLUMNS,
        super::row::FROM
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(matching).bind(scope).bind(NEIGHBOURS * 4).fetch_all(connection).await
}

/// Facts of the scope, still holding, about the same thing.
async fn about_the_same(connection: &mut SqliteConnection, new: &Prepared, scope: i64) -> Result<Vec<Row>, sqlx::Error> {
    let Some(about) = &new.about else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT {} FROM {} WHERE f.scope = ? AND f.about = ? AND f.closed_at IS NULL LIMIT 64",
        super::row::COLUMNS,
        super::row::FROM
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(scope).bind(about).fetch_all(connection).await
}

async fn insert(connection: &mut SqliteConnection, new: &Prepared, scope: i64, batch: &mut Batch) -> Result<i64, sqlx::Error> {
    let fact = &new.fact;
    let at = now();
    let after: Option<i64> = match &fact.thread {
        Some(thread) => {
            sqlx::query_scalar("SELECT id FROM facts WHERE scope = ? AND thread = ? ORDER BY id DESC LIMIT 1")
                .bind(scope)
                .bind(thread)
                .fetch_optional(&mut *connection)
                .await?
        }
        None => None,
    };
    let confidence = fact.confidence.unwrap_or(match (fact.source.by, fact.source.trusted) {
        (By::Person | By::Import, _) => 1.0,
        (_, true) => 0.8,
        (_, false) => 0.6,
    });
    if let Some(before) = after {
        unindex(connection, before).await?;
    }
    let Derived { words, vector, embedder } = new.derived.clone();
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    let row = Row {
        id: batch.next(connection).await?,
        kind: fact.kind.name().to_owned(),
        text: fact.text.clone(),
        words,
        about: new.about.clone(),
        source: new.source.clone(),
        thread: fact.thread.clone(),
        speaker: fact.speaker.clone(),
        after,
        valid_from: fact.valid_from.unwrap_or(at),
        valid_to: fact.valid_to,
        recorded_at: at,
        closed_at: None,
        closed_by: None,
        confidence: confidence.clamp(0.0, 1.0),
        gist: new.gist,
        vector,
        embedder,
        checksum: None,
        user: fact.scope.user.clone(),
        agent: part(&fact.scope.agent),
        site: part(&fact.scope.site),
        run: part(&fact.scope.run),
        uses: None,
        used_at: None,
        uses_checksum: None,
    };
    row.insert(connection, scope, true).await?;
    if let Some(before) = after {
        index(connection, before).await?;
    }
    Ok(row.id)
}

/// Ends the validity of what the new fact contradicts; of the new one itself, if what it says was so before.
async fn close(connection: &mut SqliteConnection, id: i64, new: &Prepared, rows: &[Row]) -> Result<Vec<i64>, sqlx::Error> {
    let at = now();
    let since = new.fact.valid_from.unwrap_or(at);
    let mut closed = Vec::new();
    for row in rows {
        let (gone, stays, end) = if since >= row.valid_from { (row.id, id, since) } else { (id, row.id, row.valid_from) };
        // One that ended by itself before has not changed.
        sqlx::query("UPDATE facts SET valid_to = min(coalesce(valid_to, ?1), ?1), closed_at = ?2, closed_by = ?3 WHERE id = ?4")
            .bind(end)
            .bind(at)
            .bind(stays)
            .bind(gone)
            .execute(&mut *connection)
            .await?;
        sign(connection, gone).await?;
        closed.push(gone);
    }
    Ok(closed)
}
