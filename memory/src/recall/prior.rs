//! Time: what held when, how near a date is, and what age, use and confidence make of a fact. Pure.

use handiwork_core::memory::{Fact, Query};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::when::{self, When};

/// How much of its score a fact keeps that did not hold at the time asked about.
const OTHER_TIME: f64 = 0.6;

/// How much of its score a fact keeps that still holds, when what was before is asked about.
const STILL: f64 = 0.7;

const DAY: f64 = 86_400_000.0;

/// Which facts are wanted, by time.
#[derive(Debug)]
pub(super) struct Wanted {
    asked: Option<When>,
    /// Whether only what held then is wanted.
    strict: bool,
    /// Whether what is not so any more is asked about.
    past: bool,
    known_at: i64,
    now: i64,
    kinds: Vec<handiwork_core::memory::FactKind>,
}

impl Wanted {
    pub(super) fn of(query: &Query, now: i64) -> Self {
        let asked = query.valid_at.map(|at| When { from: at, to: at.saturating_add(1) }).or_else(|| when::when(&query.text, now));
        Self {
            asked,
            strict: query.valid_at.is_some(),
            past: asked.is_none() && when::asks_about_the_past(&query.text),
            known_at: query.known_at.unwrap_or(i64::MAX),
            now,
            kinds: query.kinds.clone(),
        }
    }

    /// What time, age, use and confidence make of a fact, as a factor; none if it is not wanted at all.
    pub(super) fn prior(&self, fact: &Fact) -> Option<f64> {
        if (!self.kinds.is_empty() && !self.kinds.contains(&fact.kind)) || fact.recorded_at > self.known_at {
            return None;
        }
        let fresh = 0.5 + 0.5 * fact.freshness(self.now);
        let sure = 0.7 + 0.3 * fact.confidence;
        let used = 1.0 + 0.02 * f64::from(fact.uses.min(10));
        Some(self.time(fact)? * fresh * sure * used)
    }

    fn time(&self, fact: &Fact) -> Option<f64> {
        let closed = fact.valid_to.is_some() && !fact.holds(self.now, self.known_at);
        if fact.thread.is_some() && !self.strict {
            // What was said was said, whenever that was.
            return Some(1.0);
        }
        match self.asked {
            Some(When { from, to }) => {
                let held = fact.valid_from < to && fact.holds(from.max(fact.valid_from), self.known_at);
                match (held, self.strict) {
                    (true, _) => Some(1.0),
                    (false, true) => None,
                    (false, false) => Some(OTHER_TIME),
                }
            }
            None if self.past => Some(if closed { 1.0 } else { STILL }),
            None => (!closed).then_some(1.0),
        }
    }
}

/// The days and months that a question names: each a first and a last day. Without a year, in every year that is there.
pub(super) fn dates(tokens: &[String], there: impl Iterator<Item = i64>) -> Vec<(i64, i64)> {
    let mut years: Vec<i16> = there.filter_map(|at| Some(day_of(at)?.year())).collect();
    years.sort_unstable();
    years.dedup();
    let token = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map(String::as_str);
    let mut found = Vec::new();
    for (place, word) in tokens.iter().enumerate() {
        let Some(month) = when::month(word) else { continue };
        let before = |by: usize| place.checked_sub(by);
        let of = token(before(1)) == Some("of");
        let day = [token(Some(place + 1)), token(before(1)), token(before(2)).filter(|_| of)].into_iter().flatten().find_map(ordinal);
        let year = (1..=3).filter_map(|by| token(Some(place + by))).find_map(|word| {
            let year: i16 = word.parse().ok()?;
            (word.len() == 4 && (1900..2100).contains(&year)).then_some(year)
        });
        let stands = ["in", "of", "since", "during", "early", "late", "mid", "by", "until", "before", "after", "last", "this"];
        if word == "may" && day.is_none() && year.is_none() && !token(before(1)).is_some_and(|word| stands.contains(&word)) {
            continue;
        }
        for year in year.map_or_else(|| years.clone(), |year| vec![year]) {
            let Ok(first) = Date::new(year, month, day.unwrap_or(1)) else { continue };
            let end = if day.is_some() { first.checked_add(1.day()) } else { first.checked_add(1.month()) };
            if let (Some(from), Some(to)) = (start(first), end.ok().and_then(start)) {
                found.push((from, to));
            }
        }
    }
    found
}

/// How near a time is to the nearest of these dates, 0 to 1: what is said of a day is said then or soon after.
pub(super) fn nearness(dates: &[(i64, i64)], at: i64) -> f64 {
    dates
        .iter()
        .map(|(from, to)| {
            let at = day_of(at).and_then(start).unwrap_or(at);
            if at < *from {
                (-((from - at) as f64) / DAY / 3.0).exp()
            } else if at >= *to {
                (-((at - to) as f64 / DAY + 1.0) / 7.0).exp()
            } else {
                1.0
            }
        })
        .fold(0.0, f64::max)
}

fn ordinal(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let ending = word.get(digits.len()..)?;
    let day = digits.parse().ok()?;
    (["", "st", "nd", "rd", "th"].contains(&ending) && (1..=31).contains(&day)).then_some(day)
}

fn day_of(at: i64) -> Option<Date> {
    Some(Timestamp::from_millisecond(at).ok()?.to_zoned(TimeZone::UTC).date())
}

fn start(day: Date) -> Option<i64> {
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}
