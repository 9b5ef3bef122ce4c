//! What is asked: its words, how rare they are, and what they mean. Pure.

use std::collections::BTreeSet;

use handiwork_core::memory::Embedder;

use super::lexical::Term;
use crate::facts::index::bytes;
use crate::words::{is_unasked, stem, tokens};

/// Words of a question that are looked for.
const MOST_TERMS: usize = 32;

/// A word of the question, with all words of it that have the same stem.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// What it is without its ending.
    pub(super) stem: String,
    /// As it was asked, first of all.
    pub(super) word: String,
    /// All of them.
    pub(super) words: Vec<String>,
    /// In about how many facts it is.
    pub(super) facts: f64,
}

/// A question.
#[derive(Debug)]
pub(super) struct Question {
    /// All of its words.
    pub(super) tokens: Vec<String>,
    /// Those that are looked for.
    pub(super) asked: Vec<Asked>,
    /// What they mean together.
    pub(super) vector: Option<Vec<u8>>,
}

impl Question {
    pub(super) fn of(text: &str, embedder: Option<&dyn Embedder>) -> Self {
        let tokens = tokens(text);
        let telling: Vec<&String> = tokens.iter().filter(|word| !is_unasked(word)).collect();
        let looked = if telling.is_empty() { tokens.iter().collect() } else { telling };
        let mut asked: Vec<Asked> = Vec::new();
        for word in looked {
            let stem = stem(word);
            match asked.iter_mut().find(|other| other.stem == stem) {
                Some(other) => other.words.push(word.clone()),
                None => asked.push(Asked { stem, word: word.clone(), words: vec![word.clone()], facts: 0.0 }),
            }
        }
        asked.truncate(MOST_TERMS);
        let vector = embedder.and_then(|embedder| match embedder.embed(text) {
            Ok(vector) => vector.map(|vector| bytes(&vector)).filter(|bytes| !bytes.is_empty()),
            Err(error) => {
                tracing::warn!(%error, "a question is looked for by its words alone");
                None
            }
        });
        Self { tokens, asked, vector }
    }

    /// The words to count.
    pub(super) fn words(&self) -> Vec<String> {
        self.asked.iter().map(|asked| asked.word.clone()).collect()
    }

    /// Takes in how many facts have each.
    pub(super) fn count(&mut self, terms: Vec<Term>) {
        for (asked, term) in self.asked.iter_mut().zip(terms) {
            asked.facts = term.facts;
        }
    }

    /// The words, counted.
    pub(super) fn terms(&self) -> Vec<Term> {
        self.asked.iter().map(|asked| Term { word: asked.word.clone(), facts: asked.facts }).collect()
    }

    /// Those of these names that are in the question.
    pub(super) fn named<'a>(&self, names: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
        names.iter().copied().filter(|name| self.tokens.iter().any(|token| token == name)).collect()
    }
}
