//! What a fact is found by: its words. All of it can be made anew from the facts.
//!
//! The index of words has no copy of the text: to take a fact out, it must be told what it had put in, and that depends on the
//! fact's neighbours in its thread. So whoever changes a fact takes it and its neighbours out first, and puts them back after.

use handiwork_core::memory::Embedder;
use sqlx::SqliteConnection;

use crate::words::spaced;

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

/// A vector of length 1 in bytes: 127 stands for 1.
pub(crate) fn bytes(vector: &[f32]) -> Vec<u8> {
    // The largest part gets all of a byte: what counts is the direction.
    let most = vector.iter().fold(0.0_f32, |most, part| most.max(part.abs()));
    if most <= 0.0 {
        return Vec::new();
    }
    vector.iter().map(|part| (part / most * 127.0).round() as i8 as u8).collect()
}

/// What is written of a fact beside what was said.
#[derive(Debug, Default, Clone)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::bits::signs;

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
