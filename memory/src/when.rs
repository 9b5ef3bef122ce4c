//! The time that a question asks about. Pure: what time it is now is given.

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};
use regex::{Captures, Regex};

/// A time that is asked about, in milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) from: i64,
    /// Not part of it any more.
    pub(crate) to: i64,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const MONTH: &str = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

fn compiled(pattern: &str) -> Option<Regex> {
    Regex::new(&pattern.replace("MONTH", MONTH)).ok()
}

static DATES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"\b(?P<year>(?:19|20)\d\d)-(?P<number>\d{1,2})-(?P<day>\d{1,2})\b",
        r"(?i)\b(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? MONTH,? (?P<year>(?:19|20)\d\d)\b",
        r"(?i)\bMONTH (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>(?:19|20)\d\d)\b",
        r"(?P<year>(?:19|20)\d\d)\s*年\s*(?P<number>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]",
        r"(?P<year>(?:19|20)\d\d)\s*年\s*(?P<number>\d{1,2})\s*月",
        r"\b(?P<year>(?:19|20)\d\d)-(?P<number>\d{1,2})\b",
        r"(?i)\bMONTH,? (?P<year>(?:19|20)\d\d)\b",
        r"(?P<year>(?:19|20)\d\d)\s*年",
        r"(?i)\b(?:in|during|of|since|until|before|after|by|year) (?P<year>(?:19|20)\d\d)\b",
    ]
    .into_iter()
    .filter_map(compiled)
    .collect()
});

static AGO: LazyLock<Option<Regex>> =
    LazyLock::new(|| compiled(r"(?i)\b(?P<count>\d{1,3}|an?|one|two|three|four|five|six) (?P<unit>day|week|month|year)s? ago\b"));

static BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compiled(
        r"(?i)\b(used to|previously|formerly|before (?:that|now|it changed)|earlier|back then|at that time|originally|old(?:er)? (?:one|value|address)|in the past|once)\b|以前|之前|原来|从前|过去|当时",
    )
});

/// Whether a question asks about what is not so any more, without saying when it was.
pub(crate) fn asks_about_the_past(text: &str) -> bool {
    BEFORE.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// The month that a word names, 1 to 12.
pub(crate) fn month(word: &str) -> Option<i8> {
    static WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| compiled("^MONTH$"));
    let short: String = word.chars().take(3).collect();
    let known = WHOLE.as_ref().is_some_and(|pattern| pattern.is_match(word));
    MONTHS.iter().position(|month| known && *month == short).and_then(|place| i8::try_from(place + 1).ok())
}

/// The time that a question names.
pub(crate) fn when(text: &str, now: i64) -> Option<When> {
    if let Some(found) = DATES.iter().find_map(|pattern| pattern.captures(text)).and_then(|found| named(&found)) {
        return Some(found);
    }
    let today = Timestamp::from_millisecond(now).ok()?.to_zoned(TimeZone::UTC).date();
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let (span, length): (Span, Span) = if has(&["yesterday", "昨天"]) {
        (1.day(), 1.day())
    } else if has(&["last week", "上周", "上星期"]) {
        (1.week(), 1.week())
    } else if has(&["last month", "上个月", "上月"]) {
        let first = today.first_of_month().checked_sub(1.month()).ok()?;
        return between(first, 1.month());
    } else if has(&["last year", "去年"]) {
        return between(date(today.year() - 1, 1, 1), 1.year());
    } else {
        let found = AGO.as_ref()?.captures(text)?;
        let count = match found.name("count")?.as_str().to_lowercase().as_str() {
            "a" | "an" | "one" => 1,
            "two" => 2,
            "three" => 3,
            "four" => 4,
            "five" => 5,
            "six" => 6,
            digits => digits.parse::<i64>().ok()?,
        };
        match found.name("unit")?.as_str().to_lowercase().as_str() {
            "day" => (count.days(), 1.day()),
            "week" => (count.weeks(), 1.week()),
            "month" => (count.months(), 1.month()),
            _ => (count.years(), 1.year()),
        }
    };
    between(today.checked_sub(span).ok()?, length)
}

fn named(found: &Captures<'_>) -> Option<When> {
    let number = |name: &str| found.name(name).and_then(|part| part.as_str().parse::<i8>().ok());
    let year: i16 = found.name("year")?.as_str().parse().ok()?;
    let month = match found.name("month") {
        Some(name) => self::month(&name.as_str().to_lowercase()),
        None => number("number"),
    };
    match (month, number("day")) {
        (Some(month), Some(day)) => between(Date::new(year, month, day).ok()?, 1.day()),
        (Some(month), None) => between(Date::new(year, month, 1).ok()?, 1.month()),
        _ => between(Date::new(year, 1, 1).ok()?, 1.year()),
    }
}

fn between(first: Date, length: Span) -> Option<When> {
    let at = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond());
    Some(When { from: at(first)?, to: at(first.checked_add(length).ok()?)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i64 {
        format!("{text}T00:00:00Z").parse::<Timestamp>().expect("a time").as_millisecond()
    }

    #[test]
    fn times_are_read_from_questions() {
        let now = day("2026-11-27");
        for (text, from, to) in [
            ("Where did Ana live on 8 May 2023?", "2023-05-08", "2023-05-09"),
            ("what was the rent in May 2023", "2023-05-01", "2023-06-01"),
            ("who was the manager in 2022?", "2022-01-01", "2023-01-01"),
            ("where did she live on 2024-02-29", "2024-02-29", "2024-03-01"),
            ("what did we pay last year?", "2025-01-01", "2026-01-01"),
            ("where was the standup last month", "2026-10-01", "2026-11-01"),
            ("what was it two weeks ago", "2026-11-13", "2026-11-20"),
            ("安娜2023年5月住在哪里", "2023-05-01", "2023-06-01"),
            ("去年的经理是谁", "2025-01-01", "2026-01-01"),
        ] {
            assert_eq!(when(text, now), Some(When { from: day(from), to: day(to) }), "{text}");
        }
        for text in ["may I ask who the manager is", "room 2023 is where?", "the 3 of us"] {
            assert_eq!(when(text, now), None, "{text}");
        }
        assert!(asks_about_the_past("Where did Ana use to, or used to, live?") && !asks_about_the_past("Where does Ana live?"));
    }
}
