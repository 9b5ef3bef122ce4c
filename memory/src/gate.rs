//! What is worth keeping, and what must not be kept. Pure: no model, no clock.
//!
//! Left to themselves, models write down everything: what they have just clicked, what they have just read, and what they were
//! just told from memory. The one decision: a person's word is only checked for secrets and length; whatever a model writes must
//! also be about something that will still be so tomorrow.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use handiwork_core::memory::{By, FactKind, NewFact};
use regex::Regex;
use sha2::{Digest as _, Sha256};

use crate::words::{is_stop, stem, words};

/// Most characters of a fact.
const LONGEST: usize = 1_000;

/// Most characters of a turn.
const LONGEST_TURN: usize = 16_000;

/// Telling words that a fact of a model must have.
const FEWEST: usize = 2;

/// How alike two texts are that say the same.
const SAME: f64 = 0.85;

/// How much of a text that was written after a recall may be in what was recalled.
const ECHO: f64 = 0.6;

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// What looks like a secret, with what it is called.
static SECRETS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    [
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY"),
        ("a key of a service", r"\b(sk|pk|rk)[-_](live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,}"),
        ("a key of a service", r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{12,}|AIza[\w-]{30,})"),
        ("a token", r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
        ("a password", r"(?i)\b(pass ?word|pass ?phrase|pass ?code|pin(?: code| number)?|secret|api[ _-]?key|access[ _-]?token|cvv|cvc|one[- ]time code|otp)\b\s*(is|was|:|=|->)\s*\S{3,}"),
        ("a password", r"(密码|口令|验证码|密钥)\s*(是|为|：|:|=)\s*\S{3,}"),
        ("a login", r"(?i)://[^\s/:@]+:[^\s/@]+@"),
    ]
    .into_iter()
    .filter_map(|(what, text)| Some((what, pattern(text)?)))
    .collect()
});

/// What is so only for a moment.
static FLEETING: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"\b[eE]\d{1,6}\b",
        r"(?i)\b(is|are|was|still) (now )?(loading|being loaded|scrolled|focused|in progress|open now|expanded|highlighted|checked|selected)\b",
        r"(?i)\b(spinner|cursor|loading bar|progress bar|scroll position|viewport)\b",
        r"(?i)^\s*(i|we|the (agent|assistant|model|user)) (have |has |had )?(just |now |then )?(click|typ|press|scroll|open|navigat|fill|select|hover|wait|submit|search|look|read|see|saw|tri|need to|will|am|are|is going)",
        r"(?i)\b(current|this|the) (page|screen|tab|dialog|window|view|url|step) (is|has|shows|displays|says|contains|now)\b",
        r"(?i)\b(next|first|second|third|last|previous|current) (step|action|call)\b|\bstep \d+\b",
        r"(?i)\b(right now|at the moment|currently|just now|a moment ago|so far|in this (run|session|task|conversation))\b",
        r"(?i)\b(session|csrf|request|trace|nonce)[ _-]?(id|token)\b",
        r"(?i)\b(task|goal|run|form) (was |is |has been )?(done|complete|completed|finished|submitted|successful)\b",
        r"(当前|现在|正在|刚刚|本页|此页面|这个页面|下一步|加载中)",
    ]
    .into_iter()
    .filter_map(pattern)
    .collect()
});

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\b(?:\d[ -]?){13,19}\b"));

static BLOB: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"[A-Za-z0-9+/_=-]{28,}"));

/// Why a fact is not kept; none if it may be.
pub(crate) fn refusal(fact: &NewFact) -> Option<String> {
    let text = fact.text.trim();
    let longest = if fact.kind == FactKind::Turn { LONGEST_TURN } else { LONGEST };
    let length = text.chars().count();
    if length > longest {
        return Some(format!("it has {length} characters and a {} may have {longest}: say it in a sentence", fact.kind.name()));
    }
    if let Some(what) = secret(text) {
        return Some(format!("it seems to hold {what}: secrets are never remembered; give them by name (--secret)"));
    }
    let telling = words(text).iter().filter(|word| !is_stop(word)).count();
    if fact.kind == FactKind::Turn {
        return text.is_empty().then(|| "it is empty".to_owned());
    }
    let fewest = if fact.source.by == By::Model { FEWEST } else { 1 };
    if telling < fewest {
        return Some("it says too little to be found again, or to be of use when found".to_owned());
    }
    if fact.source.by != By::Model {
        return None;
    }
    if text.ends_with(['?', '？']) {
        return Some("it is a question".to_owned());
    }
    if FLEETING.iter().any(|pattern| pattern.is_match(text)) {
        return Some("it holds only for the moment: remember what will still be so in another run".to_owned());
    }
    None
}

/// What secret a text seems to hold.
pub(crate) fn secret(text: &str) -> Option<&'static str> {
    if let Some((what, _)) = SECRETS.iter().find(|(_, pattern)| pattern.is_match(text)) {
        return Some(what);
    }
    let card = NUMBER.as_ref().is_some_and(|pattern| pattern.find_iter(text).any(|found| is_card(found.as_str())));
    if card {
        return Some("the number of a card");
    }
    let blob = BLOB.as_ref().is_some_and(|pattern| pattern.find_iter(text).any(|found| is_random(found.as_str())));
    blob.then_some("a key")
}

/// Whether the digits have the check digit of a card.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { (digit * 2) / 10 + (digit * 2) % 10 })
        .sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10) && digits.iter().collect::<BTreeSet<_>>().len() > 1
}

/// Whether it looks drawn by lot: letters of both cases and digits, well mixed.
fn is_random(text: &str) -> bool {
    let kinds: Vec<u8> = text
        .chars()
        .map(|c| match c {
            'a'..='z' => 0,
            'A'..='Z' => 1,
            '0'..='9' => 2,
            _ => 3,
        })
        .collect();
    let has = |kind: u8| kinds.contains(&kind);
    let turns = kinds.windows(2).filter(|pair| matches!(pair, [a, b] if a != b && *a < 3 && *b < 3)).count();
    has(0) && has(1) && has(2) && turns * 4 > kinds.len()
}

/// Whether a text denies something.
pub(crate) fn denies(words: &[String]) -> bool {
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "not"
                | "no"
                | "never"
                | "without"
                | "cannot"
                | "none"
                | "neither"
                | "nor"
                | "不"
                | "没"
                | "没有"
                | "别"
                | "无"
                | "不是"
                | "不能"
                | "不要"
        ) || word.ends_with("n't")
    })
}

/// What a text says, in order, without what tells nothing.
pub(crate) fn telling(text: &str) -> Vec<String> {
    let words = words(text);
    let denied = denies(&words);
    let mut telling: Vec<String> = words.iter().filter(|word| !is_stop(word)).map(|word| stem(word)).collect();
    if telling.is_empty() {
        telling = words;
    }
    if denied {
        telling.push("¬".to_owned());
    }
    telling
}

/// The same number for two texts that differ in case, punctuation, endings and small words only.
pub(crate) fn gist(text: &str) -> i64 {
    let hash = Sha256::digest(telling(text).join(" ").as_bytes());
    hash.iter().take(8).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte))
}

/// How two texts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// They say the same.
    Same,
    /// One denies what the other says.
    Otherwise,
    /// They are about different things.
    Apart,
}

/// Compares what two texts say.
pub(crate) fn likeness(old: &str, new: &str) -> Likeness {
    let (old, new) = (telling(old), telling(new));
    let numbers = |list: &[String]| list.iter().filter(|word| word.chars().any(char::is_numeric)).cloned().collect::<Vec<_>>();
    let plain =
        |list: &[String]| list.iter().filter(|word| *word != "¬" && !word.chars().any(char::is_numeric)).cloned().collect::<Vec<_>>();
    let alike = alike(&plain(&old), &plain(&new));
    let denied = |list: &[String]| list.last().is_some_and(|word| word == "¬");
    if alike < SAME {
        Likeness::Apart
    } else if plain(&new).iter().any(|word| !old.contains(word)) {
        // Whatever is new in it may be what matters.
        Likeness::Apart
    } else if numbers(&old) != numbers(&new) {
        // Another number may be another thing: what is about the same thing is told by the claim that is made of it.
        Likeness::Apart
    } else if denied(&old) != denied(&new) {
        Likeness::Otherwise
    } else {
        Likeness::Same
    }
}

/// Whether a text only repeats what another one says.
pub(crate) fn echoes(recalled: &str, new: &str) -> bool {
    let (old, new) = (telling(recalled), telling(new));
    let fresh = new.iter().any(|word| !old.contains(word) && (word == "¬" || word.chars().any(char::is_numeric)));
    let covered = new.iter().filter(|word| old.contains(word)).count() as f64 / new.len().max(1) as f64;
    !fresh && covered >= ECHO
}

/// Length of what both have in the same order, beside the longer of the two.
fn alike(a: &[String], b: &[String]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let mut row = vec![0_usize; b.len() + 1];
    for word in a {
        let mut before = 0;
        for (place, other) in b.iter().enumerate() {
            let left = row.get(place).copied().unwrap_or_default();
            if let Some(cell) = row.get_mut(place + 1) {
                let above = *cell;
                *cell = if word == other { before + 1 } else { above.max(left) };
                before = above;
            }
        }
    }
    row.last().copied().unwrap_or_default() as f64 / a.len().max(b.len()) as f64
}

#[cfg(test)]
mod tests {
    use handiwork_core::memory::Provenance;

    use super::*;

    fn of_model(text: &str) -> NewFact {
        NewFact::new(text).source(Provenance { by: By::Model, ..Provenance::default() })
    }

    #[test]
    fn secrets_are_refused_whoever_says_them() {
        for text in [
            "The API key is sk-proj-a8f7A9s8d7f6a5s4d3f2",
            "her password: hunter22",
            "密码是 abc12345",
            "pay with 4111 1111 1111 1111",
            "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w",
            "use ghp_16C7e42F292c6912E7710c838347Ae178B4a for the repository",
            "the feed is at https://ana:s3cret@feeds.example/x",
            "deploy key aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v",
        ] {
            assert!(refusal(&NewFact::new(text)).is_some_and(|why| why.contains("secret")), "{text}");
        }
        for text in [
            "Ana's phone number is +31 20 555 0199",
            "The order number is 1234-5678-9012-3450",
            "see https://docs.example/a/very-long-path-of-a-page-about-things",
        ] {
            assert_eq!(refusal(&NewFact::new(text)), None, "{text}");
        }
    }

    #[test]
    fn a_model_is_held_to_what_lasts() {
        for text in [
            "e12 is the search box",
            "I clicked the login button",
            "The page is loading",
            "Currently on the checkout page",
            "The form was submitted",
            "What is the budget?",
            "ok",
            "现在正在加载页面",
        ] {
            assert!(refusal(&of_model(text)).is_some(), "{text}");
        }
        for text in ["Ana prefers aisle seats", "Invoices over 500 euros need a second signature", "用户对花生过敏"] {
            assert_eq!(refusal(&of_model(text)), None, "{text}");
        }
        assert!(refusal(&NewFact::new("vegetarian")).is_none(), "a person may be brief");
    }

    #[test]
    fn the_same_is_told_from_what_says_otherwise() {
        assert_eq!(gist("Ana's standup is at 9:30."), gist("ana's STANDUP is, at 9:30"));
        assert_ne!(gist("Ana owes Bob 5 euros"), gist("Bob owes Ana 5 euros"));
        assert_eq!(likeness("The standup is at 9:30 every day", "Every day the standup is at 9:30"), Likeness::Apart);
        assert_eq!(
            likeness("Ana's dog Rex sleeps in the kitchen by the old oven", "Ana's dog Rex sleeps in her kitchen by the oven"),
            Likeness::Same
        );
        assert_eq!(
            likeness("Ana parks her blue car behind the old school building", "Ana parks her red car behind the old school building"),
            Likeness::Apart
        );
        assert_eq!(likeness("Invoice 4711 was paid", "Invoice 4712 was paid"), Likeness::Apart);
        assert_eq!(likeness("Ana eats meat", "Ana doesn't eat meat"), Likeness::Otherwise);
        assert!(echoes("Ana prefers aisle seats on long flights", "prefers aisle seats"));
        assert!(!echoes("Ana's budget is 300 euros", "Ana's budget is 400 euros"));
    }
}
