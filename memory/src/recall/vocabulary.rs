//! The words of what was found, and how near each is in meaning to a word of the question.

use std::collections::BTreeMap;

use handiwork_core::memory::Embedder;

use super::question::Asked;
use crate::words::{has_letters, stem};

/// Cosine from which on a word stands for another one a little.
const NEAR: f32 = 0.25;

/// Words that may stand for one.
const MOST: usize = 20;

/// Words that are looked at for that.
const LOOKED: usize = 60;

/// Words by their numbers.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    numbers: BTreeMap<String, usize>,
    stems: BTreeMap<String, usize>,
    /// Each word's stem, by number.
    of_word: Vec<usize>,
    words: Vec<String>,
}

impl Vocabulary {
    /// The number of a word's stem.
    pub(super) fn stem_of(&mut self, word: &str) -> usize {
        if let Some(number) = self.numbers.get(word) {
            return self.of_word.get(*number).copied().unwrap_or_default();
        }
        let next = self.stems.len();
        let stem = *self.stems.entry(stem(word)).or_insert(next);
        self.numbers.insert(word.to_owned(), self.words.len());
        self.of_word.push(stem);
        self.words.push(word.to_owned());
        stem
    }

    /// The number of a stem, if it is there.
    pub(super) fn number(&self, stem: &str) -> Option<usize> {
        self.stems.get(stem).copied()
    }

    /// What its words mean, each as a direction.
    pub(super) fn meanings(&self, embedder: &dyn Embedder) -> Meanings {
        let words = self.words.iter().zip(&self.of_word).filter(|(word, _)| has_letters(word));
        Meanings(words.filter_map(|(word, stem)| Some((*stem, unit(&embedder.word(word)?)))).collect())
    }

    /// What stands for a word of the question, and how well, 0 to 1.
    pub(super) fn standing_for(&self, asked: &Asked, meanings: &Meanings, embedder: &dyn Embedder) -> Vec<(usize, f64)> {
        let own = self.number(&asked.stem);
        let mut sum: Option<Vec<f32>> = None;
        for vector in asked.words.iter().filter(|word| has_letters(word)).filter_map(|word| embedder.word(word)) {
            match &mut sum {
                None => sum = Some(vector.to_vec()),
                Some(sum) => sum.iter_mut().zip(vector.iter()).for_each(|(sum, part)| *sum += part),
            }
        }
        let Some(vector) = sum.map(|sum| unit(&sum)) else { return Vec::new() };
        let mut near: Vec<(f32, usize)> =
            meanings.0.iter().map(|(stem, other)| (dot(&vector, other), *stem)).filter(|(cosine, _)| *cosine > NEAR).collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut standing: Vec<(usize, f64)> = Vec::new();
        for (cosine, stem) in near.into_iter().take(LOOKED) {
            if Some(stem) == own || standing.iter().any(|(other, _)| *other == stem) {
                continue;
            }
            standing.push((stem, f64::from((cosine - NEAR) / (1.0 - NEAR))));
            if standing.len() == MOST {
                break;
            }
        }
        standing
    }
}

/// What words mean, by the numbers of their stems.
#[derive(Debug, Default)]
pub(super) struct Meanings(Vec<(usize, Vec<f32>)>);

fn unit(vector: &[f32]) -> Vec<f32> {
    let length = dot(vector, vector).sqrt().max(f32::EPSILON);
    vector.iter().map(|part| part / length).collect()
}

/// In eight sums at once, which is what a processor can do: a single one must be added up in order.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
