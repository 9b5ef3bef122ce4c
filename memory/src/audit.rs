//! What is wrong with what is known, and tidying it up.

use std::collections::BTreeMap;

use handiwork_core::memory::{By, Fact, Memory as _, MemoryError, Viewer};
use serde::{Deserialize, Serialize};

use crate::claim_of::claim;
use crate::error::{Doing, StoreError};
use crate::facts::bits::{index_bits, unindex_bits};
use crate::facts::index::Derived;
use crate::facts::list::FactFilter;
use crate::facts::row::sign;
use crate::gate::{Likeness, likeness};
use crate::store::{Store, now};
use crate::words::stems;

/// Days after which a fact that was never used is told.
const IDLE_DAYS: i64 = 30;

/// Weight below which what has faded is let go.
const FADED: f64 = 0.05;

/// Facts with a rare word in common that are compared.
const GROUP: usize = 50;

/// What may be wrong with the facts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Audit {
    /// Facts that hold.
    pub facts: u64,
    /// Facts that hold no longer.
    pub closed: u64,
    /// Pairs that say the same.
    pub duplicates: Vec<(Fact, Fact)>,
    /// Pairs that can't both be so.
    pub contradictions: Vec<(Fact, Fact)>,
    /// Facts that no run has used for a month.
    pub unused: Vec<Fact>,
    /// Facts that a page may have brought about.
    pub untrusted: Vec<Fact>,
    /// Facts that have faded: [`Store::compact_facts`] lets them go.
    pub faded: Vec<Fact>,
    /// Facts that can't be found by meaning, as they have no vector yet.
    pub without_vector: u64,
}

/// What was tidied up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Compacted {
    /// Facts that had faded, and are gone.
    pub faded: u64,
    /// Facts that said what another one says, and are gone.
    pub duplicates: u64,
    /// Facts that got a vector.
    pub vectors: u64,
    /// Bytes of the file before and after.
    pub bytes: (u64, u64),
}

impl Store {
    /// Looks through all facts of the viewer.
    pub async fn audit_facts(&self, viewer: &Viewer) -> Result<Audit, MemoryError> {
        let rows = self.rows_of(viewer, &FactFilter { closed: true, ..FactFilter::default() }).await?;
        let without_vector = rows.iter().filter(|row| row.vector.is_none()).count() as u64;
        let mut facts = Vec::with_capacity(rows.len());
        for row in rows {
            facts.push(row.fact().map_err(|detail| self.damaged_fact(detail))?);
        }
        let mut audit = Audit { without_vector, ..Audit::default() };
        let all = facts.len();
        facts.retain(|fact| fact.closed_at.is_none());
        audit.facts = facts.len() as u64;
        audit.closed = (all - facts.len()) as u64;
        let now = now();
        let old = |fact: &Fact| now.saturating_sub(fact.used_at.unwrap_or(fact.recorded_at)) > IDLE_DAYS * 86_400_000;
        for (a, b) in pairs(&facts) {
            if a.scope != b.scope {
                continue;
            }
            let claims = claim(&a.text).zip(claim(&b.text));
            if likeness(&a.text, &b.text) == Likeness::Same {
                audit.duplicates.push((a.clone(), b.clone()));
            } else if claims.is_some_and(|(a, b)| a.contradicts(&b)) || likeness(&a.text, &b.text) == Likeness::Otherwise {
                audit.contradictions.push((a.clone(), b.clone()));
            }
        }
        audit.unused = facts.iter().filter(|fact| fact.uses == 0 && old(fact)).cloned().collect();
        audit.untrusted = facts.iter().filter(|fact| !fact.source.trusted).cloned().collect();
        audit.faded = facts.iter().filter(|fact| faded(fact, now)).cloned().collect();
        Ok(audit)
    }

    /// Lets go of what has faded or says what another fact says, gives vectors to what has none, and makes the file small again.
    pub async fn compact_facts(&self, viewer: &Viewer) -> Result<Compacted, StoreError> {
        let before = self.size();
        let audit = self.audit_facts(viewer).await?;
        let mut done = Compacted::default();
        for fact in &audit.faded {
            done.faded += u64::from(self.forget(viewer, fact.id).await?);
        }
        for (a, b) in &audit.duplicates {
            // The person's own words stay; else the older.
            let gone = if b.source.by == By::Person && a.source.by != By::Person { a } else { b };
            done.duplicates += u64::from(self.forget(viewer, gone.id).await?);
        }
        done.vectors = self.embed_facts(viewer).await?;
        let tidied = async {
            let mut connection = self.pool.acquire().await?;
            sqlx::query("INSERT INTO facts_words (facts_words) VALUES ('optimize')").execute(&mut *connection).await?;
            sqlx::query("VACUUM").execute(&mut *connection).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await?;
            Ok(())
        };
        self.at_length(Doing::Writing, tidied).await?;
        done.bytes = (before, self.size());
        Ok(done)
    }

    /// Gives a vector to each fact that has none, or one of another kind. Tells how many.
    pub async fn embed_facts(&self, viewer: &Viewer) -> Result<u64, StoreError> {
        let Some(embedder) = self.embedder() else { return Ok(0) };
        let mut count = 0;
        let mut after = 0;
        loop {
            let filter = FactFilter { closed: true, after, limit: 1_000, ..FactFilter::default() };
            let rows = self.rows_of(viewer, &filter).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = last.id;
            let wanting: Vec<_> = rows.into_iter().filter(|row| row.embedder.as_deref() != Some(embedder.name())).collect();
            if wanting.is_empty() {
                continue;
            }
            count += self
                .writing(async {
                    let mut tx = self.begin().await?;
                    let mut count = 0;
                    for row in &wanting {
                        let Derived { vector: Some(vector), embedder, .. } = Derived::of(&row.text, Some(embedder)) else { continue };
                        let scope = crate::scope::number(&mut tx, &row.scope()).await?;
                        sqlx::query("UPDATE facts SET vector = ?, embedder = ? WHERE id = ?")
                            .bind(&vector)
                            .bind(embedder)
                            .bind(row.id)
                            .execute(&mut *tx)
                            .await?;
                        sign(&mut tx, row.id).await?;
                        unindex_bits(&mut tx, row.id).await?;
                        index_bits(&mut tx, row.id, scope, &row.user, &vector).await?;
                        count += 1;
                    }
                    self.commit(tx).await?;
                    Ok(count)
                })
                .await?;
        }
    }
}

/// Whether nothing is lost with it: it was never the person's, and has not been of use for long.
fn faded(fact: &Fact, now: i64) -> bool {
    fact.source.by != By::Person && fact.freshness(now) * fact.confidence < FADED
}

/// Facts that have one of their rarer words in common.
fn pairs(facts: &[Fact]) -> Vec<(&Fact, &Fact)> {
    let stems: Vec<_> = facts.iter().map(|fact| stems(&fact.text)).collect();
    let mut with: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, stems) in stems.iter().enumerate() {
        for stem in stems {
            with.entry(stem).or_default().push(n);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for group in with.values().filter(|group| group.len() <= GROUP) {
        for (place, a) in group.iter().enumerate() {
            seen.extend(group.iter().skip(place + 1).map(|b| (*a, *b)));
        }
    }
    seen.into_iter().filter_map(|(a, b)| Some((facts.get(a)?, facts.get(b)?))).collect()
}
