//! Times, numbers and arguments as the report shows them. What is cut says so.

use serde_json::Value;

/// Longest list of arguments on one line, in characters.
const LONGEST: usize = 160;

/// A moment, from milliseconds since 1970-01-01 UTC.
pub(super) fn moment(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| "unknown".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// A length of time.
pub(super) fn duration(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{:.1} s", millis as f64 / 1000.0),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1000),
    }
}

/// A number with its thousands apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A sum of money.
pub(super) fn dollars(usd: f64) -> String {
    if usd < 0.1 { format!("{usd:.5} USD") } else { format!("{usd:.2} USD") }
}

/// Arguments on one line, and in full where that cuts them.
pub(super) fn arguments(args: &Value) -> (String, Option<String>) {
    let line = match args {
        Value::Object(map) => map.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("  "),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    if line.chars().count() <= LONGEST {
        return (line, None);
    }
    let cut: String = line.chars().take(LONGEST).collect();
    (format!("{cut}…"), Some(json(args)))
}

/// JSON for reading.
pub(super) fn json(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_as_people_write_them() {
        assert_eq!(duration(999), "999 ms");
        assert_eq!(duration(1_234), "1.2 s");
        assert_eq!(duration(125_000), "2 min 5 s");
        assert_eq!(count(7), "7");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(dollars(0.00123), "0.00123 USD");
        assert_eq!(dollars(1.5), "1.50 USD");
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(moment(i64::MAX), "unknown");
    }

    #[test]
    fn long_arguments_are_there_in_full() {
        let (line, full) = arguments(&serde_json::json!({ "text": "x".repeat(400) }));
        assert!(line.ends_with('…') && full.is_some_and(|full| full.contains(&"x".repeat(400))));
        assert_eq!(arguments(&serde_json::json!({ "ref": "e4", "checked": true })), ("ref=\"e4\"  checked=true".to_owned(), None));
    }
}
