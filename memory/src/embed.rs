//! Vectors of words from a table of vectors of tokens: no model is run, and a text takes microseconds.
//!
//! The table is read as it was published (half floats in a safetensors file), with its tokenizer beside it. The one decision: what
//! means something is a word, not a token: a text's vector is the sum of its telling words', each of which is the mean of its
//! tokens'. Rare words need no greater weight in it, for they are looked for by themselves; so a vector never goes stale when
//! other facts come.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use half::f16;
use handiwork_core::memory::{EmbedError, Embedder};
use safetensors::SafeTensors;
use tokenizers::Tokenizer;

use crate::words::{has_letters, is_unasked, tokens};

/// Words that are kept once they were put together.
const KEPT: usize = 100_000;

/// A table of vectors, one for each token.
pub struct StaticEmbedder {
    name: String,
    tokenizer: Tokenizer,
    table: Vec<f16>,
    dimensions: usize,
    words: RwLock<HashMap<String, Option<Arc<[f32]>>>>,
}

impl std::fmt::Debug for StaticEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaticEmbedder").field("name", &self.name).field("dimensions", &self.dimensions).finish_non_exhaustive()
    }
}

impl StaticEmbedder {
    /// Reads a table of half floats, `tokens × dimensions`, and its tokenizer. `name` tells its vectors from others.
    pub fn load(name: &str, weights: &Path, tokenizer: &Path) -> Result<Self, EmbedError> {
        let unreadable = |path: &Path, error: &dyn std::fmt::Display| EmbedError(format!("{} can't be read: {error}", path.display()));
        let bytes = std::fs::read(weights).map_err(|error| unreadable(weights, &error))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|error| unreadable(weights, &error))?;
        let (_, table) = tensors.iter().next().ok_or_else(|| unreadable(weights, &"there is no table in it"))?;
        let &[_, dimensions] = table.shape() else { return Err(unreadable(weights, &"its table has not two dimensions")) };
        if table.dtype() != safetensors::Dtype::F16 || dimensions == 0 {
            return Err(unreadable(weights, &"its table is not one of half floats"));
        }
        let (pairs, _) = table.data().as_chunks::<2>();
        let table = pairs.iter().map(|pair| f16::from_le_bytes(*pair)).collect();
        let tokenizer = Tokenizer::from_file(tokenizer).map_err(|error| unreadable(tokenizer, &error))?;
        Ok(Self { name: name.to_owned(), tokenizer, table, dimensions, words: RwLock::default() })
    }

    /// A word from its tokens.
    fn put_together(&self, word: &str) -> Option<Arc<[f32]>> {
        let encoding = self.tokenizer.encode_fast(word, false).ok()?;
        let mut sum = vec![0.0_f32; self.dimensions];
        let mut count = 0.0_f32;
        for token in encoding.get_ids() {
            let from = *token as usize * self.dimensions;
            let Some(row) = self.table.get(from..from + self.dimensions) else { continue };
            sum.iter_mut().zip(row).for_each(|(sum, part)| *sum += part.to_f32());
            count += 1.0;
        }
        (count > 0.0).then(|| sum.into_iter().map(|part| part / count).collect())
    }
}

impl Embedder for StaticEmbedder {
    fn name(&self) -> &str {
        &self.name
    }

    fn embed(&self, text: &str) -> Result<Option<Vec<f32>>, EmbedError> {
        let mut sum = vec![0.0_f32; self.dimensions];
        for word in tokens(text).iter().filter(|word| has_letters(word) && !is_unasked(word)) {
            if let Some(vector) = self.word(word) {
                sum.iter_mut().zip(vector.iter()).for_each(|(sum, part)| *sum += part);
            }
        }
        let length = sum.iter().map(|part| part * part).sum::<f32>().sqrt();
        if length <= f32::EPSILON {
            return Ok(None);
        }
        Ok(Some(sum.into_iter().map(|part| part / length).collect()))
    }

    fn word(&self, word: &str) -> Option<Arc<[f32]>> {
        if let Some(known) = self.words.read().unwrap_or_else(PoisonError::into_inner).get(word) {
            return known.clone();
        }
        let vector = self.put_together(word);
        let mut words = self.words.write().unwrap_or_else(PoisonError::into_inner);
        if words.len() >= KEPT {
            // Those that are asked for often come back at once.
            words.clear();
        }
        words.insert(word.to_owned(), vector.clone());
        vector
    }
}
