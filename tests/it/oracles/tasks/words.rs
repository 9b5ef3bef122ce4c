//! Words of a goal: what stands between others, ordinals, dates, sums, times and prices.

pub(super) fn between(text: &str, from: &str, to: &str) -> Result<String, String> {
    let (_, rest) = text.split_once(from).ok_or_else(|| format!("no {from:?} in {text:?}"))?;
    let (found, _) = rest.split_once(to).ok_or_else(|| format!("no {to:?} in {text:?}"))?;
    Ok(found.to_owned())
}

pub(super) fn after(text: &str, from: &str) -> Result<String, String> {
    text.split_once(from).map(|(_, rest)| rest.to_owned()).ok_or_else(|| format!("no {from:?} in {text:?}"))
}

/// The number of the first word such as "3rd".
pub(super) fn ordinal(text: &str) -> Result<usize, String> {
    let ends = ["st", "nd", "rd", "th"];
    let number = |word: &str| ends.iter().find_map(|end| word.trim_matches(',').strip_suffix(end)?.parse().ok());
    text.split_whitespace().find_map(number).ok_or_else(|| format!("no ordinal in {text:?}"))
}

/// MM/DD/YYYY as YYYY-MM-DD.
pub(super) fn iso(date: &str) -> Result<String, String> {
    match date.split('/').collect::<Vec<_>>()[..] {
        [month, day, year] => Ok(format!("{year}-{month:0>2}-{day:0>2}")),
        _ => Err(format!("{date} is no date")),
    }
}

pub(super) fn last_word(text: &str) -> Result<String, String> {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.next_back().map(str::to_owned).ok_or_else(|| "no word".to_owned())
}

pub(super) fn calculate(sum: &str) -> Result<String, String> {
    let parts: Vec<&str> = sum.split_whitespace().collect();
    let number = |text: &str| text.parse::<i64>().map_err(|error| format!("{text}: {error}"));
    let [left, sign, right, ..] = parts[..] else { return Err(sum.to_owned()) };
    let (left, right) = (number(left)?, number(right)?);
    Ok(match sign {
        "+" => left + right,
        "-" => left - right,
        _ => left * right,
    }
    .to_string())
}

/// Minutes of "3h 43m".
pub(super) fn minutes(text: &str) -> Option<i64> {
    let (hours, rest) = text.split_once("h ")?;
    Some(hours.trim().parse::<i64>().ok()? * 60 + rest.trim().trim_end_matches('m').parse::<i64>().ok()?)
}

pub(super) fn price(text: &str) -> Option<i64> {
    text.split_once('$')?.1.parse().ok()
}

pub(super) fn duration(text: &str) -> Option<i64> {
    let at = text.find("h ")?;
    let hours: String = text[..at].chars().rev().take_while(char::is_ascii_digit).collect::<Vec<_>>().into_iter().rev().collect();
    let rest: String = text[at + 2..].chars().take_while(char::is_ascii_digit).collect();
    Some(hours.parse::<i64>().ok()? * 60 + rest.parse::<i64>().unwrap_or(0))
}
