//! Whether a quote stands on a page, and whether it says the value.
//!
//! Both are compared as a reader would: spaces, capitals, Markdown's marks and the shape of dashes and apostrophes don't count. A
//! number may be grouped or marked in the way of any country, a date may be written out.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// A quote that is longer says nothing any more: with enough words around it anything is on the page.
const LONGEST: usize = 400;

/// What is wrong with a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    NoQuote,
    TooLong,
    NotOnPage,
    SaysOtherwise,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoQuote => "no quote was given for it",
            Self::TooLong => "its quote is too long; quote a few words",
            Self::NotOnPage => "its quote does not stand on the page",
            Self::SaysOtherwise => "its quote does not say this value",
        })
    }
}

/// A page, ready to be searched.
#[derive(Debug)]
pub(super) struct Page(String);

impl Page {
    pub(super) fn new(parts: &[&str]) -> Self {
        Self(parts.iter().map(|part| fold(part)).collect::<Vec<_>>().join(" \u{0} "))
    }

    /// The quotes that hold, and the leaves that have none that does.
    pub(super) fn verify(&self, value: &Value, quotes: &BTreeMap<String, String>) -> (BTreeMap<String, String>, BTreeMap<String, Doubt>) {
        let (mut sources, mut doubts) = (BTreeMap::new(), BTreeMap::new());
        for (at, leaf) in leaves(value) {
            match quotes.get(&at).map(|quote| (quote, self.judge(leaf, quote))) {
                Some((quote, Ok(()))) => drop(sources.insert(at, quote.clone())),
                Some((_, Err(doubt))) => drop(doubts.insert(at, doubt)),
                None => drop(doubts.insert(at, Doubt::NoQuote)),
            }
        }
        (sources, doubts)
    }

    fn judge(&self, leaf: &Value, quote: &str) -> Result<(), Doubt> {
        let folded = fold(quote);
        if folded.is_empty() {
            return Err(Doubt::NoQuote);
        }
        if folded.chars().count() > LONGEST {
            return Err(Doubt::TooLong);
        }
        if !self.0.contains(&folded) {
            return Err(Doubt::NotOnPage);
        }
        if says(leaf, &folded) { Ok(()) } else { Err(Doubt::SaysOtherwise) }
    }
}

/// Strings, numbers and booleans by JSON Pointer; nothing and the empty text need no source.
fn leaves(value: &Value) -> Vec<(String, &Value)> {
    let mut out = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((at, value)) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items.iter().enumerate().map(|(place, item)| (format!("{at}/{place}"), item))),
            Value::Object(map) => {
                open.extend(map.iter().map(|(key, item)| (format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), item)));
            }
            Value::Null => {}
            Value::String(text) if text.trim().is_empty() => {}
            leaf => out.push((at, leaf)),
        }
    }
    out
}

/// Text as it is compared.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '*' | '_' | '`' | '#' | '~' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}' => {}
            '|' | '>' => out.push(' '),
            '‘' | '’' | 'ʼ' | '′' => out.push('\''),
            '“' | '”' | '„' | '«' | '»' | '″' => out.push('"'),
            '‐'..='―' | '−' => out.push('-'),
            c if c.is_control() => out.push(' '),
            c => out.extend(c.to_lowercase()),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a folded quote says a leaf.
fn says(leaf: &Value, quote: &str) -> bool {
    match leaf {
        // What makes a thing true is for a reader to judge; that the words are there is for us.
        Value::Bool(_) => true,
        Value::Number(number) => number.as_f64().is_some_and(|number| says_number(number, quote)),
        Value::String(text) => {
            let text = fold(text);
            let plain = letters(&text);
            if plain.is_empty() {
                return quote.contains(&text);
            }
            quote.contains(&text)
                || letters(quote).contains(&plain)
                || says_date(&text, quote)
                || (!text.chars().any(char::is_alphabetic) && text.parse().is_ok_and(|number| says_number(number, quote)))
        }
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn says_number(number: f64, quote: &str) -> bool {
    let near = |one: f64, other: f64| (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1.0);
    let is_negative = number < 0.0;
    numbers(quote).into_iter().any(|(found, after, marked)| {
        let scaled = [1.0, scale(&after)].into_iter().chain(after.starts_with('%').then_some(0.01));
        // A minus may be a dash between two numbers, so a positive value may follow one; a negative one needs its sign.
        scaled.map(|factor| found * factor).any(|found| near(found, number.abs())) && (!is_negative || marked)
    })
}

/// What a word after a number multiplies it by.
fn scale(after: &str) -> f64 {
    let word: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
    match word.as_str() {
        "k" | "thousand" | "tsd" => 1e3,
        "万" | "萬" => 1e4,
        "m" | "mn" | "mio" | "million" | "millions" | "millionen" => 1e6,
        "亿" | "億" => 1e8,
        "b" | "bn" | "mrd" | "billion" | "billions" | "milliarden" => 1e9,
        _ => 1.0,
    }
}

/// All readings of the numbers in a text, without their signs, each with what follows it and whether it is marked as negative.
fn numbers(text: &str) -> Vec<(f64, String, bool)> {
    let mut out = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        if !chars.get(at).is_some_and(char::is_ascii_digit) {
            at += 1;
            continue;
        }
        let start = at;
        let is_digit = |place: usize| chars.get(place).is_some_and(char::is_ascii_digit);
        let joins = |place: usize| matches!(chars.get(place), Some(',' | '.' | '\'' | ' ' | '\u{a0}' | '\u{202f}')) && is_digit(place + 1);
        while is_digit(at) || joins(at) {
            at += 1;
        }
        let token: String = chars.get(start..at).unwrap_or_default().iter().collect();
        let after: String = chars.get(at..).unwrap_or_default().iter().skip_while(|c| c.is_whitespace()).take(12).collect();
        let before = chars.get(..start).unwrap_or_default().iter().rev().find(|c| !matches!(c, ' ' | '$' | '€' | '£' | '¥'));
        let marked = matches!(before, Some('-' | '('));
        for reading in readings(&token) {
            out.push((reading, after.clone(), marked));
        }
    }
    out
}

/// What a token of digits and marks can mean: each mark may group digits, and the last one may be the decimal point. Numbers that only
/// stand side by side are read one by one.
fn readings(token: &str) -> Vec<f64> {
    let mut out = Vec::new();
    let is_mark = |c: char| !c.is_ascii_digit();
    let groups: Vec<&str> = token.split(is_mark).collect();
    let grouped = |groups: &[&str]| groups.iter().skip(1).all(|group| group.len() == 3 || group.len() == 2 && groups.len() > 2);
    if grouped(&groups) {
        out.extend(groups.concat().parse::<f64>());
    }
    if let Some((fraction, whole)) = groups.split_last().filter(|(_, whole)| !whole.is_empty() && grouped(whole)) {
        out.extend(format!("{}.{fraction}", whole.concat()).parse::<f64>());
    }
    if token.contains(char::is_whitespace) || groups.len() > 2 {
        for part in token.split_whitespace().filter(|part| *part != token) {
            out.extend(readings(part));
        }
    }
    out
}

const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "maa"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mag", "mei"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

/// Whether a date such as 2026-03-01 is said, in whatever order and with its month by number or name.
fn says_date(text: &str, quote: &str) -> bool {
    let day = text.split(['t', ' ']).next().unwrap_or_default();
    let parts: Vec<u32> = day.split('-').filter_map(|part| part.parse().ok()).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if day <= &31 => (*year, *month, Some(*day)),
        [year, month] => (*year, *month, None),
        _ => return false,
    };
    let Some(names) = (month as usize).checked_sub(1).and_then(|month| MONTHS.get(month)) else { return false };
    if year < 1000 {
        return false;
    }
    let mut said: Vec<u32> = quote.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let mut take = |wanted: &[u32]| {
        let found = said.iter().position(|number| wanted.contains(number));
        found.map(|at| said.remove(at)).is_some()
    };
    let year_said = take(&[year, year % 100]);
    let named = quote.split(|c: char| !c.is_alphabetic()).any(|word| names.iter().any(|name| word.starts_with(name)));
    year_said && (named || take(&[month])) && day.is_none_or(|day| take(&[day]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_in_the_way_of_any_country() {
        for (value, quote) in [
            (json!(1234.5), "total: $1,234.50"),
            (json!(1234.5), "summe: 1.234,50 €"),
            (json!(1_234_567), "1 234 567 inhabitants"),
            (json!(12), "12 items"),
            (json!(-3.5), "-3.5 °c"),
            (json!(-20), "($20)"),
            (json!(0.05), "5 %"),
            (json!(1_200_000), "1.2 million"),
            (json!(3), "pages 3-7"),
            (json!(7), "pages 3-7"),
            (json!("030 1234"), "tel. 030-1234"),
            (json!("1200"), "1,200 pieces"),
        ] {
            assert!(says(&value, &fold(quote)), "{value} in {quote}");
        }
        for (value, quote) in [
            (json!(1234), "12345"),
            (json!(23), "1,234"),
            (json!(-5), "5 apples"),
            (json!(12.5), "125"),
            (json!(99), "no number"),
            (json!(50), "total: $1,234.50"),
        ] {
            assert!(!says(&value, &fold(quote)), "{value} in {quote}");
        }
    }

    #[test]
    fn dates_may_be_written_out() {
        for quote in ["March 1, 2026", "1. März 2026", "01/03/26", "2026-03-01", "Sunday, 1 mars 2026"] {
            assert!(says(&json!("2026-03-01"), &fold(quote)), "{quote}");
        }
        for quote in ["March 2, 2026", "1 April 2026", "1 March 2025", "2026"] {
            assert!(!says(&json!("2026-03-01"), &fold(quote)), "{quote}");
        }
    }

    #[test]
    fn marks_and_spaces_do_not_count() {
        let page = Page::new(&["It’s  **really**\nfine \\_here\\_ | and there"]);
        assert_eq!(page.judge(&json!("really fine"), "it's really fine"), Ok(()));
        assert_eq!(page.judge(&json!("fine_here"), "fine _here_ and"), Ok(()));
        assert_eq!(page.judge(&json!("bad"), "it is really bad"), Err(Doubt::NotOnPage));
        assert_eq!(page.judge(&json!("bad"), "really fine"), Err(Doubt::SaysOtherwise));
        assert_eq!(page.judge(&json!("bad"), "  "), Err(Doubt::NoQuote));
        assert_eq!(page.judge(&json!(true), "fine"), Ok(()));
    }

    #[test]
    fn leaves_are_named_by_pointers() {
        let value = json!({ "a/b": [1, null, ""], "c": { "d": "x" } });
        let mut found: Vec<String> = leaves(&value).into_iter().map(|(at, _)| at).collect();
        found.sort();
        assert_eq!(found, ["/a~1b/0", "/c/d"]);
    }
}
