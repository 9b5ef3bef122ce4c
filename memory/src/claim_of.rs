//! What a sentence claims of what: by that, a newer fact takes an older one's place. Pure.
//!
//! The one decision: only what can have one value at a time is taken for a contradiction. "Ana is tall" and "Ana is kind" stand
//! side by side; "Ana's manager is Bob" and "Ana's manager is Eve" do not.

use std::sync::LazyLock;

use regex::Regex;

use crate::words::{is_stop, stem, words};

/// A claim: of something, some value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Of what, in stems: two claims with the same key speak of the same.
    pub(crate) key: String,
    /// What.
    value: String,
    /// Whether there can be one value only.
    single: bool,
}

static ENGLISH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\s*(?P<of>.{2,80}?)\s+(?P<how>has moved to|have moved to|moved to|now lives in|lives in|lives at|live in|now works (?:at|for)|works (?:at|for)|is called|is named|has changed to|changed to|costs|is now|are now|is|are|was|were)\s+(?P<what>.+?)\s*[.!]*\s*$",
    )
    .ok()
});

static COLON: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*(?P<of>[^:：]{2,60})\s*[:：]\s+(?P<what>\S.*?)\s*$").ok());

static CHINESE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?P<of>\p{Han}[^，。]{0,30}?)(?P<how>改成了?|改为|搬到了?|住在|现在是|是|叫|为|：)(?P<what>[^，]+?)[。！]*\s*$").ok()
});

static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(about |around |at |on |in |by |due |from |until |every )?(the )?([$€£¥]?\d|\S+@\S+\.\S+|https?://|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may |june|july|august|september|october|november|december|周|星期|noon|midnight)",
    )
    .ok()
});

/// The claim of a sentence, if it makes one.
pub(crate) fn claim(text: &str) -> Option<Claim> {
    let found = [&ENGLISH, &CHINESE, &COLON].into_iter().find_map(|pattern| pattern.as_ref()?.captures(text))?;
    let (of, what) = (found.name("of")?.as_str(), found.name("what")?.as_str());
    let how = found.name("how").map(|how| how.as_str().to_lowercase()).unwrap_or_default();
    let relation = match how.trim_start_matches("now ") {
        "has moved to" | "have moved to" | "moved to" | "lives in" | "lives at" | "live in" | "搬到" | "搬到了" | "住在" => "lives",
        "works at" | "works for" => "works",
        "is called" | "is named" | "叫" => "named",
        "costs" => "costs",
        _ => "is",
    };
    let subject = words(of);
    let owned = of.contains("'s ")
        || of.contains("’s ")
        || of.contains(" of ")
        || of.contains('的')
        || subject.iter().any(|word| matches!(word.as_str(), "my" | "our" | "your" | "his" | "her" | "their"));
    let mut telling: Vec<String> = subject
        .iter()
        .filter(|word| !is_stop(word) && !matches!(word.as_str(), "user" | "user's" | "用户"))
        .map(|word| stem(word))
        .collect();
    if telling.is_empty() || telling.len() > 8 {
        return None;
    }
    let single = relation != "is" || owned || telling.len() > 1 || VALUE.as_ref().is_some_and(|pattern| pattern.is_match(what));
    telling.push(relation.to_owned());
    Some(Claim { key: telling.join(" "), value: words(what).join(" "), single })
}

impl Claim {
    /// Whether both can't be so at the same time.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        self.key == other.key && self.single && other.single && self.value != other.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contradict(old: &str, new: &str) -> bool {
        match (claim(old), claim(new)) {
            (Some(old), Some(new)) => new.contradicts(&old),
            _ => false,
        }
    }

    #[test]
    fn what_has_one_value_is_contradicted_by_another() {
        for (old, new) in [
            ("Ana's manager is Bob", "Ana's manager is now Eve."),
            ("The team standup is at 9:30", "the team standup is at ten"),
            ("Ana lives in Utrecht", "Ana has moved to Leiden"),
            ("The user's favourite airline is KLM", "My favourite airline is Lufthansa"),
            ("cost centre: 4711", "Cost centre: 4712"),
            ("安娜的经理是王伟", "安娜的经理是李娜"),
            ("安娜住在上海", "安娜搬到了北京"),
            ("rent costs 900 euros", "rent costs 950 euros"),
        ] {
            assert!(contradict(old, new), "{old} / {new}: {:?} {:?}", claim(old), claim(new));
        }
        for (old, new) in [
            ("Ana is tall", "Ana is kind"),
            ("Ana likes tea", "Ana likes coffee"),
            ("Ana's manager is Bob", "Ana's doctor is Eve"),
            ("Ana lives in Utrecht", "Bob lives in Leiden"),
            ("Ana's manager is Bob", "Ana's manager is Bob."),
        ] {
            assert!(!contradict(old, new), "{old} / {new}");
        }
    }
}
