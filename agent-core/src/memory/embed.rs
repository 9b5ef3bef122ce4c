//! Vectors of texts.

/// Why a text has no vector.
#[derive(Debug, thiserror::Error)]
#[error("no vector for a text: {0}")]
pub struct EmbedError(pub String);

/// Turns texts into vectors. Fast enough to be called for every fact and query.
pub trait Embedder: Send + Sync + std::fmt::Debug {
    /// Names what made a vector: vectors of different names are not comparable.
    fn name(&self) -> &str;

    /// A vector of length 1, or none for a text without any meaning to it.
    fn embed(&self, text: &str) -> Result<Option<Vec<f32>>, EmbedError>;

    /// What a single word means, of any length; none for a word without any meaning to it, or where words have none by themselves.
    fn word(&self, _word: &str) -> Option<std::sync::Arc<[f32]>> {
        None
    }
}
