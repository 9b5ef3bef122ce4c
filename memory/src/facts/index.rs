//! What a fact is found by: its words and the signs of its vector. All of it can be made anew from the facts.
//!
//! The index of words has no copy of the text: to take a fact out, it must be told what it had put in, and that depends on the
//! fact's neighbours in its thread. So whoever changes a fact takes it and its neighbours out first, and puts them back after.

use handiwork_core::memory::Embedder;
use sqlx::SqliteConnection;

use crate::scope::owner;
use crate::words::spaced;

/// Signs of a vector that are kept.
pub(crate) const BITS: usize = 256;

/// Takes the words of a fact out of the index, as they are now.
pub(crate) async fn unindex(connection: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO facts_words (facts_words, rowid, words, near) SELECT 'delete', id, words, near FROM facts_text WHERE id = ?")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Puts the words of a fact into the index, as they are now.
pub(crate) async fn index(connection: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO facts_words (rowid, words, near) SELECT id, words, near FROM facts_text WHERE id = ?")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Puts the signs of a fact's vector into the index.
pub(crate) async fn index_bits(
    connection: &mut SqliteConnection,
    id: i64,
    scope: i64,
    user: &str,
    vector: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO facts_bits (fact, owner, scope, bits) VALUES (?, ?, ?, vec_bit(?))")
        .bind(id)
        .bind(owner(user))
        .bind(scope)
        .bind(signs(vector))
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes the signs of a fact's vector out, and leaves nothing of them.
pub(crate) async fn unindex_bits(connection: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    // Its place is overwritten with zeros.
    sqlx::query("DELETE FROM facts_bits WHERE fact = ?").bind(id).execute(connection).await?;
    Ok(())
}

/// A vector of length 1 in bytes: 127 stands for 1.
pub(crate) fn bytes(vector: &[f32]) -> Vec<u8> {
    // The largest part gets all of a byte: what counts is the direction.
    let most = vector.iter().fold(0.0_f32, |most, part| most.max(part.abs()));
    if most <= 0.0 {
        return Vec::new();
    }
    vector.iter().map(|part| (part / most * 127.0).round() as i8 as u8).collect()
}

/// The signs of a vector, eight in a byte.
pub(crate) fn signs(vector: &[u8]) -> Vec<u8> {
    let mut signs = vec![0_u8; BITS / 8];
    for (place, part) in vector.iter().take(BITS).enumerate() {
        if (*part as i8) > 0
            && let Some(byte) = signs.get_mut(place / 8)
        {
            *byte |= 1 << (place % 8);
        }
    }
    signs
}

/// What is written of a fact beside what was said.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    pub(crate) words: Option<String>,
    pub(crate) vector: Option<Vec<u8>>,
    pub(crate) embedder: Option<String>,
}

impl Derived {
    /// Of a text.
    pub(crate) fn of(text: &str, embedder: Option<&dyn Embedder>) -> Self {
        let words = spaced(text);
        let vector = embedder.and_then(|embedder| match embedder.embed(text) {
            Ok(vector) => vector.map(|vector| bytes(&vector)).filter(|bytes| !bytes.is_empty()),
            Err(error) => {
                tracing::warn!(%error, "a fact is kept without a vector");
                None
            }
        });
        let embedder = vector.as_ref().and_then(|_| embedder.map(|embedder| embedder.name().to_owned()));
        Self { words, vector, embedder }
    }
}

/// Facts whose signs are compared at once.
const PIECE: i64 = 5_000;

/// What is wrong with the index of vectors, if anything is.
pub(crate) async fn compare_bits(connection: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM facts_bits").fetch_one(&mut *connection).await?;
    let (mut after, mut seen) = (i64::MIN, 0);
    loop {
        let rows: Vec<(i64, i64, String, Vec<u8>, Option<i64>, Option<i64>, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT f.id, f.scope, s.user, f.vector, b.owner, b.scope, b.bits FROM facts f JOIN scopes s ON s.id = f.scope \
             LEFT JOIN facts_bits b ON b.fact = f.id WHERE f.id > ? AND f.vector IS NOT NULL ORDER BY f.id LIMIT ?",
        )
        .bind(after)
        .bind(PIECE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else { break };
        after = last.0;
        seen += rows.len() as i64;
        for (id, scope, user, vector, owned, placed, kept) in &rows {
            if kept.as_deref() != Some(&signs(vector)) || *placed != Some(*scope) || *owned != Some(owner(user)) {
                return Ok(Some(format!("fact {id} has others there")));
            }
        }
    }
    Ok((seen != count).then(|| format!("{count} are there, and {seen} facts have one")))
}

/// Makes the index of vectors anew.
pub(crate) async fn rebuild_bits(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    // What it looks like may be damaged too; its definition is not, or the file would be saved row by row.
    let definition: String =
        sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE name = 'facts_bits'").fetch_one(&mut *connection).await?;
    sqlx::query("DROP TABLE facts_bits").execute(&mut *connection).await?;
    sqlx::query(sqlx::AssertSqlSafe(definition)).execute(&mut *connection).await?;
    let rows: Vec<(i64, i64, String, Vec<u8>)> = sqlx::query_as(
        "SELECT f.id, f.scope, s.user, f.vector FROM facts f JOIN scopes s ON s.id = f.scope WHERE f.vector IS NOT NULL ORDER BY f.id",
    )
    .fetch_all(&mut *connection)
    .await?;
    for (id, scope, user, vector) in rows {
        index_bits(connection, id, scope, &user, &vector).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_in_bytes_keeps_its_direction() {
        let vector: Vec<f32> = (0..256).map(|n| ((n * 37 % 101) as f32 - 50.0) / 50.0).collect();
        let other: Vec<f32> = (0..256).map(|n| ((n * 53 % 97) as f32 - 48.0) / 48.0).collect();
        let cosine = |a: &[f32], b: &[f32]| {
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt())
        };
        let back = |vector: &[f32]| bytes(vector).into_iter().map(|part| f32::from(part as i8)).collect::<Vec<_>>();
        assert!((cosine(&back(&vector), &back(&other)) - cosine(&vector, &other)).abs() < 0.005);
        assert_eq!(signs(&bytes(&[1.0, -1.0, 0.5])).first(), Some(&0b101));
        assert!(bytes(&[0.0; 8]).is_empty());
    }
}
