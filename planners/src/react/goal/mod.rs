//! What a goal says word for word.
//!
//! A small model chooses badly among labels that mean nothing to it, although the goal spells out the one that is wanted. What
//! can be read off without a model is read off here. The one decision: only what stands in the goal whole and as it is counts;
//! meaning is left to the model.

mod asks;
mod place;
mod when;

pub(super) use asks::{Asks, asks_for, asks_to_send, literals};
pub(super) use place::{names_place, ordinal};
pub(super) use when::{dates, times};

/// Short words that stand in any sentence: as a label they say nothing about what is wanted.
const COMMON: &[&str] = &[
    "a", "an", "and", "any", "are", "as", "at", "be", "but", "by", "do", "for", "from", "go", "he", "i", "if", "in", "is", "it", "me",
    "my", "no", "not", "of", "off", "on", "one", "or", "our", "out", "per", "she", "so", "the", "them", "then", "to", "up", "us", "we",
    "with", "you",
];

/// Pairs of quotation marks.
const QUOTES: &[(char, char)] = &[('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('‘', '’'), ('「', '」')];

/// What the goal puts in quotation marks, in order.
pub(in crate::react) fn quoted(goal: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut left = goal;
    while let Some((at, close)) = left.char_indices().find_map(|(at, c)| Some((at + c.len_utf8(), closing(c)?))) {
        let Some(inside) = left.get(at..) else { break };
        let Some(end) = inside.find(close) else {
            left = inside;
            continue;
        };
        let (text, rest) = inside.split_at(end);
        found.push(text);
        left = rest.get(close.len_utf8()..).unwrap_or_default();
    }
    found
}

fn closing(open: char) -> Option<char> {
    QUOTES.iter().find(|(one, _)| *one == open).map(|(_, close)| *close)
}

/// Whether the goal names this label, word for word. Words compare without case when they are long enough to mean something;
/// short ones must stand there exactly. Numbers and common words stand in a goal for many things, so they name nothing alone.
pub(in crate::react) fn names(goal: &str, label: &str) -> bool {
    let label = words(label);
    let telling = |word: &&&str| !COMMON.contains(&word.to_lowercase().as_str()) && word.chars().any(char::is_alphabetic);
    if label.iter().filter(telling).count() == 0 {
        return false;
    }
    let exact = !label.iter().any(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= 3);
    words(goal)
        .windows(label.len())
        .any(|window| window.iter().zip(&label).all(|(one, two)| if exact { one == two } else { one.to_lowercase() == two.to_lowercase() }))
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}
