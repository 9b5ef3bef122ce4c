//! Dates and times that a goal gives, in the form that a field takes.
//!
//! Rewriting "3 November 2026" is what small models do worst and a calendar does surely. The one decision: a date that can be
//! read in two ways is given in both, and the model chooses.

use jiff::civil::{Date, Time};

/// Most words of a date or a time.
const LONGEST: usize = 3;

/// Years that people write dates of; what is read as another is a number of something else.
const YEARS: std::ops::Range<i16> = 1800..2200;

const DATES: &[&str] =
    &["%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d %B %Y", "%B %d %Y", "%d %b %Y", "%b %d %Y"];
const TIMES: &[&str] = &["%I:%M %p", "%I:%M%p", "%I %p", "%I%p", "%H:%M"];

/// All dates, as `YYYY-MM-DD`, in order.
pub(in crate::react) fn dates(goal: &str) -> Vec<String> {
    let date = |format: &&str, text: &str| Date::strptime(format, text).ok().filter(|date| YEARS.contains(&date.year()));
    read(goal, |text| DATES.iter().filter_map(|format| Some(date(format, text)?.to_string())).collect())
}

/// All times, as `HH:MM`, in order.
pub(in crate::react) fn times(goal: &str) -> Vec<String> {
    read(goal, |text| {
        let time = TIMES.iter().find_map(|format| Time::strptime(format, text).ok());
        time.map(|time| time.strftime("%H:%M").to_string()).into_iter().collect()
    })
}

/// What `of` makes of runs of words, the longest first: "10:15 PM" is not "10:15".
fn read(goal: &str, of: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let words: Vec<&str> = goal.split_whitespace().map(plain).filter(|word| !word.is_empty() && *word != "of").collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let lengths = (1..=LONGEST).rev().filter_map(|count| Some((count, words.get(at..at + count)?)));
        let mut made = lengths.map(|(count, run)| (count, of(&run.join(" "))));
        match made.find(|(_, values)| !values.is_empty()) {
            Some((count, values)) => {
                for value in values {
                    if !found.contains(&value) {
                        found.push(value);
                    }
                }
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

/// A word without what stands around it, and without the ending of an ordinal: `3rd,` is 3.
fn plain(word: &str) -> &str {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let number = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end));
    number.filter(|number| number.chars().all(|c| c.is_ascii_digit()) && !number.is_empty()).unwrap_or(word)
}
