//! How well each fact fits the question. Pure.
//!
//! Constants were chosen on five dialogues, each left out in turn; what each part brings there is in `docs/memory.md`.

use std::collections::{BTreeMap, BTreeSet};

use handiwork_core::memory::{Embedder, Fact, Scores};

use super::Pool;
use super::question::{Asked, Question};
use super::vocabulary::Vocabulary;
use crate::facts::row::Row;
use crate::words::tokens;

/// How much a word counts that only means something like what was asked.
const LIKE: f64 = 0.4;
/// How soon it counts no more that a word comes again.
const AGAIN: f64 = 1.2;
/// How much of a turn before counts for the one after it: if it is a question, and if not.
const ANSWERED: f64 = 1.0;
const BEFORE: f64 = 0.2;
/// The same of the turn after, the one two before, and the one two after.
const AFTER: f64 = 0.3;
const TWO_BEFORE: f64 = 0.3;
const TWO_AFTER: f64 = 0.15;
/// Weights of the parts of a score beside the words, which have 1.
const MEANING: f64 = 0.2;
const SPEAKER: f64 = 0.05;
const DATE: f64 = 0.15;
const THREAD: f64 = 0.2;
/// The best of a thread that tell what the thread is about.
const BEST: usize = 3;

/// A fact, taken apart.
struct Part<'a> {
    row: &'a Row,
    /// How often each stem is in it.
    counts: BTreeMap<usize, f64>,
    asks: bool,
    /// What its words count, one for each word of the question.
    own: Vec<f64>,
    before: Option<i64>,
    after: Option<i64>,
}

/// The scores of what was found.
pub(super) fn scored(question: &Question, pool: &Pool, facts: &BTreeMap<i64, Fact>, embedder: Option<&dyn Embedder>) -> Vec<(i64, Scores)> {
    let names: BTreeSet<String> = facts.values().filter_map(name_of).collect();
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let named = question.named(&names);
    let mut vocabulary = Vocabulary::default();
    let mut parts = taken_apart(pool, question.asked.len(), &mut vocabulary);
    // A name says who said it; it is looked for in the words only if there is nothing else.
    let mut asked: Vec<_> = question.asked.iter().filter(|asked| !names.contains(asked.word.as_str())).collect();
    if asked.is_empty() {
        asked = question.asked.iter().collect();
    }
    let rare = |asked: &&Asked| (1.0 + ((pool.total - asked.facts).max(0.0) + 0.5) / (asked.facts + 0.5)).ln();
    let rarity: Vec<f64> = asked.iter().map(rare).collect();
    let all: f64 = rarity.iter().sum();
    let meanings = embedder.map(|embedder| (vocabulary.meanings(embedder), embedder));
    for (place, asked) in asked.iter().enumerate() {
        let own = vocabulary.number(&asked.stem);
        let like = meanings.as_ref().map(|(meanings, embedder)| vocabulary.standing_for(asked, meanings, *embedder)).unwrap_or_default();
        for part in parts.values_mut() {
            let count = |stem: usize| part.counts.get(&stem).copied().unwrap_or_default();
            let exact = own.map(count).unwrap_or_default();
            let near: f64 = like.iter().map(|(stem, how)| how * count(*stem)).sum();
            if let Some(cell) = part.own.get_mut(place) {
                *cell = exact.max(LIKE * near);
            }
        }
    }
    let dates = super::prior::dates(&question.tokens, pool.found.iter().filter_map(|id| facts.get(id)).map(|fact| fact.valid_from));
    let mut scores: Vec<(i64, Scores)> = Vec::with_capacity(pool.found.len());
    for id in &pool.found {
        let (Some(part), Some(fact)) = (parts.get(id), facts.get(id)) else { continue };
        let around = [
            (part.before, part.before.map_or(0.0, |id| if parts.get(&id).is_some_and(|part| part.asks) { ANSWERED } else { BEFORE })),
            (part.after, AFTER),
            (part.before.and_then(|id| parts.get(&id)?.before), TWO_BEFORE),
            (part.after.and_then(|id| parts.get(&id)?.after), TWO_AFTER),
        ];
        let mut words = 0.0;
        for (place, rare) in rarity.iter().enumerate() {
            let own = |id: i64| parts.get(&id).and_then(|part| part.own.get(place)).copied().unwrap_or_default();
            let count = own(*id) + around.iter().map(|(id, weight)| id.map_or(0.0, |id| weight * own(id))).sum::<f64>();
            words += rare * count / (count + AGAIN);
        }
        let said = name_of(fact).is_some_and(|name| named.len() == 1 && named.contains(name.as_str()));
        let meaning = question.vector.as_ref().map(|vector| meaning(vector, &parts, part, around.get(..2).unwrap_or_default(), embedder));
        scores.push((
            *id,
            Scores {
                words: if all > 0.0 { words / all } else { 0.0 },
                meaning: MEANING * meaning.unwrap_or_default(),
                speaker: if said { SPEAKER } else { 0.0 },
                date: if fact.thread.is_some() { DATE * super::prior::nearness(&dates, fact.valid_from) } else { 0.0 },
                thread: 0.0,
                prior: 1.0,
            },
        ));
    }
    threads(&mut scores, facts);
    scores
}

/// Adds to each what its thread is about.
fn threads(scores: &mut [(i64, Scores)], facts: &BTreeMap<i64, Fact>) {
    let thread = |id: &i64| facts.get(id).and_then(|fact| Some((&fact.scope, fact.thread.as_deref()?)));
    let mut best: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    for (id, scores) in scores.iter() {
        if let Some(thread) = thread(id) {
            best.entry(thread).or_default().push(scores.sum());
        }
    }
    let about: BTreeMap<_, f64> = best
        .into_iter()
        .map(|(thread, mut scores)| {
            scores.sort_by(|a, b| b.total_cmp(a));
            (thread, THREAD * scores.iter().take(BEST).sum::<f64>() / BEST as f64)
        })
        .collect();
    for (id, scores) in scores {
        scores.thread = thread(id).and_then(|thread| about.get(&thread)).copied().unwrap_or_default();
    }
}

fn taken_apart<'a>(pool: &'a Pool, asked: usize, vocabulary: &mut Vocabulary) -> BTreeMap<i64, Part<'a>> {
    let next: BTreeMap<i64, i64> = pool.rows.values().filter_map(|row| Some((row.after?, row.id))).collect();
    let mut parts = BTreeMap::new();
    for row in pool.rows.values() {
        let mut counts = BTreeMap::new();
        for token in tokens(&row.text) {
            *counts.entry(vocabulary.stem_of(&token)).or_insert(0.0) += 1.0;
        }
        let asks = row.text.trim_end().ends_with(['?', '？']);
        let (before, after) = (row.after, next.get(&row.id).copied());
        parts.insert(row.id, Part { row, counts, asks, own: vec![0.0; asked], before, after });
    }
    parts
}

/// Cosine of the question and a fact, with what stands before and after it.
fn meaning(
    question: &[u8],
    parts: &BTreeMap<i64, Part<'_>>,
    part: &Part<'_>,
    around: &[(Option<i64>, f64)],
    embedder: Option<&dyn Embedder>,
) -> f64 {
    let of = |part: &Part<'_>| {
        let row = part.row;
        row.vector.as_ref().filter(|_| row.embedder.as_deref() == embedder.map(Embedder::name)).map(|vector| unit(vector))
    };
    let mut sum = of(part).unwrap_or_else(|| vec![0.0; question.len()]);
    for (id, weight) in around {
        let Some(other) = id.and_then(|id| of(parts.get(&id)?)) else { continue };
        sum.iter_mut().zip(other).for_each(|(sum, part)| *sum += weight * part);
    }
    let question = unit(question);
    let length = sum.iter().map(|part| part * part).sum::<f64>().sqrt();
    if length <= f64::EPSILON { 0.0 } else { sum.iter().zip(question).map(|(a, b)| a * b).sum::<f64>() / length }
}

fn unit(vector: &[u8]) -> Vec<f64> {
    let length = vector.iter().map(|part| f64::from(*part as i8).powi(2)).sum::<f64>().sqrt().max(f64::EPSILON);
    vector.iter().map(|part| f64::from(*part as i8) / length).collect()
}

/// What whoever said it is called first.
fn name_of(fact: &Fact) -> Option<String> {
    tokens(fact.speaker.as_deref()?).into_iter().next()
}
