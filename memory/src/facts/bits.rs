//! The index of vectors: the signs of each, by which those that may be near are found. Made anew from the facts if need be.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use crate::scope::owner;

/// Signs of a vector that are kept.
pub(crate) const BITS: usize = 256;

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

/// Facts whose signs are compared at once.
const PIECE: i64 = 5_000;

/// A fact's number, scope, user and vector, and what the index has of it.
type Compared = (i64, i64, String, Vec<u8>, Option<i64>, Option<i64>, Option<Vec<u8>>);

/// What is wrong with the index of vectors, if anything is.
pub(crate) async fn compare_bits(connection: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM facts_bits").fetch_one(&mut *connection).await?;
    let (mut after, mut seen) = (i64::MIN, 0);
    loop {
        let rows: Vec<Compared> = sqlx::query_as(
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
    if seen != count {
        return Ok(Some(format!("{count} are there, and {seen} facts have one")));
    }
    places(connection).await
}

/// What is wrong with where sqlite-vec says that each is. A search goes by the chunks' own lists of numbers, and a look at one fact by
/// the list of places: both must say the same.
async fn places(connection: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let chunks: Vec<(i64, i64, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT chunk_id, size, validity, rowids FROM facts_bits_chunks").fetch_all(&mut *connection).await?;
    let mut listed = BTreeMap::new();
    for (chunk, size, validity, rowids) in chunks {
        let (numbers, rest) = rowids.as_chunks::<8>();
        if numbers.len() as i64 != size || validity.len() as i64 * 8 != size || !rest.is_empty() {
            return Ok(Some(format!("chunk {chunk} has another size than it says")));
        }
        for (place, number) in numbers.iter().enumerate() {
            if validity.get(place / 8).is_some_and(|byte| byte & (1 << (place % 8)) != 0) {
                listed.insert((chunk, place as i64), i64::from_le_bytes(*number));
            }
        }
    }
    let placed: Vec<(i64, i64, i64)> =
        sqlx::query_as("SELECT chunk_id, chunk_offset, rowid FROM facts_bits_rowids").fetch_all(&mut *connection).await?;
    let placed: BTreeMap<(i64, i64), i64> = placed.into_iter().map(|(chunk, place, fact)| ((chunk, place), fact)).collect();
    Ok((listed != placed).then(|| "it does not know what is where".to_owned()))
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
