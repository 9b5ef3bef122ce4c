//! What of a run's values was said in its goal.

/// Names of months as people write them, with their numbers.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether the goal says a value: as it is, as a number, or as a date in words.
pub(in crate::script) fn is_said(goal: &str, value: &str) -> bool {
    value.chars().any(char::is_alphanumeric) && (find(goal, value).is_some() || is_number_of(goal, value) || is_date_of(goal, value))
}

/// Where a text stands in another as whole words, whatever the case.
fn find(text: &str, wanted: &str) -> Option<(usize, usize)> {
    let (low, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    // Where lower case has another length, places don't fit.
    if low.len() != text.len() || wanted.is_empty() {
        return None;
    }
    let mut from = 0;
    while let Some(at) = low.get(from..)?.find(&wanted).map(|at| at + from) {
        let end = at + wanted.len();
        let edge = |c: Option<char>, of: Option<char>| !(c.is_some_and(is_word) && of.is_some_and(is_word));
        let before = edge(low.get(..at)?.chars().next_back(), wanted.chars().next());
        let after = edge(low.get(end..)?.chars().next(), wanted.chars().next_back());
        // A part of a number is another number.
        let digits = |text: &str| text.chars().next().is_some_and(|c| c.is_ascii_digit());
        let goes_on = |text: &str| text.starts_with(['.', ',']) && digits(text.get(1..).unwrap_or_default());
        let is_part = wanted.ends_with(|c: char| c.is_ascii_digit()) && goes_on(low.get(end..)?)
            || digits(&wanted) && low.get(..at)?.ends_with(['.', ',']) && low.get(..at - 1)?.ends_with(|c: char| c.is_ascii_digit());
        if before && after && !is_part {
            return Some((at, end));
        }
        from = at + wanted.chars().next()?.len_utf8();
    }
    None
}

/// Letters of scripts without blanks between words make no edge.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() && (c as u32) < 0x2E80
}

fn is_number_of(goal: &str, value: &str) -> bool {
    let number = |text: &str| text.trim_matches(|c: char| !c.is_ascii_digit()).replace(',', ".").parse::<f64>().ok();
    let Some(wanted) = number(value).filter(|_| value.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-'))) else {
        return false;
    };
    goal.split_whitespace().filter_map(number).any(|said| (said - wanted).abs() < 1e-9)
}

fn is_date_of(goal: &str, value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let (Ok(month), Ok(day)) = (month.parse::<usize>(), day.parse::<u32>()) else { return false };
    let words: Vec<String> = goal.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    let name = month.checked_sub(1).and_then(|at| MONTHS.get(at));
    let has = |wanted: &str| {
        words.iter().any(|word| word.trim_start_matches('0').trim_end_matches(|c: char| c.is_alphabetic()) == wanted || word == wanted)
    };
    has(year)
        && has(&day.to_string())
        && (has(&month.to_string()) || name.is_some_and(|name| words.iter().any(|word| word.starts_with(name))))
}

/// The longest run of words of a row that the goal says too.
pub(super) fn shared(row: &str, goal: &str) -> Option<String> {
    const LEAST: usize = 3;
    let words: Vec<&str> = row.split_whitespace().collect();
    let mut best: Option<String> = None;
    for from in 0..words.len() {
        for to in (from + 1..=words.len().min(from + 6)).rev() {
            let text = words.get(from..to).unwrap_or_default().join(" ");
            let is_longer = best.as_ref().is_none_or(|best| text.len() > best.len());
            if text.chars().count() >= LEAST && is_longer && find(goal, &text).is_some() {
                best = Some(text);
            }
        }
    }
    best
}

/// A text with a value replaced wherever it stands as whole words.
pub(in crate::script) fn replace(text: &str, value: &str, with: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((at, end)) = find(rest, value) {
        // What stands in a variable's braces is its name.
        let inside = rest.get(..at).is_some_and(|before| before.rfind("{{") > before.rfind("}}") && before.contains("{{"));
        out.push_str(rest.get(..at).unwrap_or_default());
        out.push_str(if inside { rest.get(at..end).unwrap_or_default() } else { with });
        rest = rest.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// A name for a variable.
pub(in crate::script) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    let out = out.trim_end_matches('_');
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        format!("value_{out}").trim_end_matches('_').to_owned()
    } else {
        out.chars().take(40).collect()
    }
}

/// A path without numbers at its end: they are of one thing only.
pub(in crate::script) fn stem(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    while parts.len() > 2 && parts.last().is_some_and(|part| part.chars().any(|c| c.is_ascii_digit())) {
        parts.pop();
    }
    parts.join("/")
}

/// A title from a goal: its first sentence, cut.
pub(in crate::script) fn title(goal: &str) -> String {
    const MOST: usize = 80;
    let first = goal.lines().next().unwrap_or_default().trim();
    if first.chars().count() <= MOST { first.to_owned() } else { first.chars().take(MOST - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_the_goal_however_it_is_written() {
        let goal = "File a claim for Ana Lopez: train to Hamburg, 86.40 euros, on 3 November 2026, travel.";
        for said in ["Ana Lopez", "train to Hamburg", "86.40", "86.4", "2026-11-03", "Travel", "ana lopez"] {
            assert!(is_said(goal, said), "{said}");
        }
        for not in ["Ana Lop", "rain", "2026-11-04", "86", "Hotel", ""] {
            assert!(!is_said(goal, not), "{not}");
        }
        assert!(is_said("请给陈小明发送邮件", "陈小明"));
    }

    #[test]
    fn rows_and_texts_are_made_general() {
        assert_eq!(shared("Ana Lopez admin Edit", "Make Ana Lopez a viewer"), Some("Ana Lopez".to_owned()));
        assert_eq!(shared("Bo user", "Make Ana a viewer"), None);
        assert_eq!(replace("Ana wrote to Ana's friend Anabel", "Ana", "{{who}}"), "{{who}} wrote to {{who}}'s friend Anabel");
        assert_eq!(replace("{{ana}} and ana", "ana", "{{x}}"), "{{ana}} and {{x}}");
        assert_eq!((slug("Due date*"), slug("1st"), slug("金额")), ("due_date".to_owned(), "value_1st".to_owned(), "金额".to_owned()));
        assert_eq!((stem("/claims/C-1001"), stem("/done")), ("/claims".to_owned(), "/done".to_owned()));
    }
}
