//! Saving facts, with their scopes and uses.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteConnection;

use super::{Table, tell};
use crate::facts::index;
use crate::facts::row::{Row, sign, uses_digest};
use crate::repair::Finding;

#[derive(Debug, sqlx::FromRow)]
struct FactRow {
    id: i64,
    scope: i64,
    kind: String,
    text: String,
    words: Option<String>,
    about: Option<String>,
    source: String,
    thread: Option<String>,
    speaker: Option<String>,
    after: Option<i64>,
    valid_from: i64,
    valid_to: Option<i64>,
    recorded_at: i64,
    closed_at: Option<i64>,
    closed_by: Option<i64>,
    confidence: f64,
    gist: i64,
    vector: Option<Vec<u8>>,
    embedder: Option<String>,
    checksum: Option<Vec<u8>>,
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct ScopeRow {
    id: i64,
    user: String,
    agent: String,
    site: String,
    run: String,
}

#[derive(Debug, sqlx::FromRow)]
struct UseRow {
    fact: i64,
    count: i64,
    at: i64,
    checksum: Vec<u8>,
}

/// Saves each fact that is what was written, scope and all.
pub(super) async fn save_facts(old: &mut SqliteConnection, new: &mut SqliteConnection, lost: &mut Vec<Finding>) -> Result<(), sqlx::Error> {
    let (scopes, gap) = Table { name: "scopes", columns: "id, user, agent, site, run" }.rows::<ScopeRow>(old).await;
    tell(lost, "scopes", gap);
    let scopes: BTreeMap<i64, ScopeRow> = scopes.into_iter().map(|scope| (scope.id, scope)).collect();
    let columns = "id, scope, kind, text, words, about, source, thread, speaker, after, valid_from, valid_to, recorded_at, closed_at, closed_by, \
                   confidence, gist, vector, embedder, checksum";
    let (facts, gap) = Table { name: "facts", columns }.rows::<FactRow>(old).await;
    tell(lost, "facts", gap);
    let mut saved: BTreeMap<i64, Row> = BTreeMap::new();
    for fact in facts {
        let id = fact.id;
        match scopes.get(&fact.scope).map(|scope| row(fact, scope.clone())).filter(|row| row.checksum.as_deref() == Some(&row.digest())) {
            // A damaged table may list one twice.
            Some(_) if saved.contains_key(&id) => {}
            Some(row) => {
                let scope = crate::scope::number(new, &row.scope()).await?;
                row.insert(new, scope, false).await?;
                saved.insert(id, row);
            }
            None => lost.push(Finding::new("fact", format!("fact {id} is not what was written"), "leave it in the damaged file")),
        }
    }
    for row in saved.values() {
        // One whose neighbour is lost has none.
        if row.after.is_some_and(|after| !saved.contains_key(&after)) {
            sqlx::query("UPDATE facts SET after = NULL WHERE id = ?").bind(row.id).execute(&mut *new).await?;
            sign(new, row.id).await?;
        }
    }
    for row in saved.values() {
        index::index(new, row.id).await?;
    }
    let (uses, gap) = Table { name: "fact_uses", columns: "fact, count, at, checksum" }.rows::<UseRow>(old).await;
    tell(lost, "uses of facts", gap);
    for UseRow { fact, count, at, checksum } in uses {
        if checksum == uses_digest(fact, count, at) && saved.contains_key(&fact) {
            sqlx::query("INSERT OR IGNORE INTO fact_uses (fact, count, at, checksum) VALUES (?, ?, ?, ?)")
                .bind(fact)
                .bind(count)
                .bind(at)
                .bind(checksum)
                .execute(&mut *new)
                .await?;
        }
    }
    Ok(())
}

fn row(fact: FactRow, scope: ScopeRow) -> Row {
    Row {
        id: fact.id,
        kind: fact.kind,
        text: fact.text,
        words: fact.words,
        about: fact.about,
        source: fact.source,
        thread: fact.thread,
        speaker: fact.speaker,
        after: fact.after,
        valid_from: fact.valid_from,
        valid_to: fact.valid_to,
        recorded_at: fact.recorded_at,
        closed_at: fact.closed_at,
        closed_by: fact.closed_by,
        confidence: fact.confidence,
        gist: fact.gist,
        vector: fact.vector,
        embedder: fact.embedder,
        checksum: fact.checksum,
        user: scope.user,
        agent: scope.agent,
        site: scope.site,
        run: scope.run,
        uses: None,
        used_at: None,
        uses_checksum: None,
    }
}
