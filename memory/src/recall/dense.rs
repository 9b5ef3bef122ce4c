//! Looking for facts by what their words mean.
//!
//! The signs of a vector say nearly all about what may be near, in a thirty-second part of the room of floats; of those the vectors
//! themselves, in bytes, say which are. The one decision: sqlite-vec keeps the signs, and its chunks are gone through here: its own
//! search looks for each of the nearest by itself, which takes as many passes as there are neighbours wanted.

use std::collections::{BTreeSet, BinaryHeap};

use futures::TryStreamExt as _;
use sqlx::SqliteConnection;

use crate::facts::bits::signs;
use crate::scope::Reach;

/// How many are compared by their vectors for each that is wanted: of the nearest by their vectors, these lose few.
const WIDE: usize = 8;

/// Bytes of a row of signs.
const BYTES: usize = crate::facts::bits::BITS / 8;

/// The facts within reach whose vectors are nearest to this one, nearest first.
pub(super) async fn search(connection: &mut SqliteConnection, reach: &Reach, vector: &[u8], most: usize) -> Result<Vec<i64>, sqlx::Error> {
    let near = by_signs(connection, reach, &signs(vector), most * WIDE).await?;
    let found: String = sqlx::query_scalar(
        "SELECT coalesce(json_group_array(id), '[]') FROM (SELECT f.id FROM json_each(?1) near CROSS JOIN facts f ON f.id = near.value \
         WHERE length(f.vector) = length(?2) ORDER BY vec_distance_cosine(vec_int8(f.vector), vec_int8(?2)) LIMIT ?3)",
    )
    .bind(super::json(&near))
    .bind(vector)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_one(connection)
    .await?;
    Ok(super::numbers(&found))
}

/// The facts within reach whose vectors have the most signs in common with these.
async fn by_signs(connection: &mut SqliteConnection, reach: &Reach, signs: &[u8], most: usize) -> Result<Vec<i64>, sqlx::Error> {
    let mut chunks = sqlx::query_as::<_, Chunk>(
        "SELECT c.validity, c.rowids, v.vectors, m.data AS scopes FROM facts_bits_chunks c JOIN facts_bits_vector_chunks00 v ON v._rowid_ = c.chunk_id \
         JOIN facts_bits_metadatachunks00 m ON m._rowid_ = c.chunk_id WHERE c.partition00 = ?",
    )
    .bind(reach.owner)
    .fetch(connection);
    let scopes: BTreeSet<i64> = reach.scopes.iter().copied().collect();
    let mut nearest = Nearest { most, heap: BinaryHeap::with_capacity(most + 1) };
    while let Some(chunk) = chunks.try_next().await? {
        chunk.compare(signs, &scopes, &mut nearest);
    }
    Ok(nearest.heap.into_iter().map(|(_, fact)| fact).collect())
}

/// A chunk as sqlite-vec keeps it: which of its places are taken, by which facts, with which signs, in which scopes.
#[derive(sqlx::FromRow)]
struct Chunk {
    validity: Vec<u8>,
    rowids: Vec<u8>,
    vectors: Vec<u8>,
    scopes: Vec<u8>,
}

impl Chunk {
    fn compare(&self, signs: &[u8], scopes: &BTreeSet<i64>, nearest: &mut Nearest) {
        let asked = words(signs);
        let (facts, _) = self.rowids.as_chunks::<8>();
        let (owned, _) = self.scopes.as_chunks::<8>();
        let (vectors, _) = self.vectors.as_chunks::<BYTES>();
        // Nearly always a chunk is all of one scope, so the last one is remembered.
        let mut last: Option<(i64, bool)> = None;
        for (place, ((fact, scope), vector)) in facts.iter().zip(owned).zip(vectors).enumerate() {
            if self.validity.get(place / 8).is_none_or(|byte| byte & (1 << (place % 8)) == 0) {
                continue;
            }
            let scope = i64::from_le_bytes(*scope);
            let within = match last {
                Some((known, within)) if known == scope => within,
                _ => scopes.contains(&scope),
            };
            last = Some((scope, within));
            if within {
                let apart = words(vector).iter().zip(&asked).map(|(a, b)| (a ^ b).count_ones()).sum();
                nearest.offer(apart, i64::from_le_bytes(*fact));
            }
        }
    }
}

fn words(signs: &[u8]) -> [u64; BYTES / 8] {
    let mut words = [0; BYTES / 8];
    for (word, bytes) in words.iter_mut().zip(signs.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

/// The nearest so far, the farthest of them on top.
struct Nearest {
    most: usize,
    heap: BinaryHeap<(u32, i64)>,
}

impl Nearest {
    fn offer(&mut self, apart: u32, fact: i64) {
        if self.heap.len() < self.most {
            self.heap.push((apart, fact));
        } else if let Some(mut farthest) = self.heap.peek_mut()
            && (apart, fact) < *farthest
        {
            *farthest = (apart, fact);
        }
    }
}
