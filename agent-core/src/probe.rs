//! Probes: how to find out, without changing anything, whether an action that was cut off has had its effect.
//!
//! A crash between an act and its receipt leaves open whether it was done. Nobody can know that from this side; the other side can
//! often be asked. The one decision: a probe is declared before the run, by who knows the site, and never made up by a model.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A page that says whether something was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// It answers for actions on elements that have this in their name; for all if empty. Case does not matter.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The page, opened with the run's own cookies.
    pub url: String,
    /// The action was done exactly if this text is on it. `{{NAME}}` stands for what had been put into the field of that name
    /// before.
    pub text: String,
    /// It must be there at least so many times.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

impl Probe {
    /// A page and a text that is on it exactly if the action was done.
    pub fn new(url: impl Into<String>, text: impl Into<String>) -> Self {
        Self { about: String::new(), url: url.into(), text: text.into(), times: 1 }
    }

    /// The same for actions on elements with this in their name only.
    #[must_use]
    pub fn about(mut self, name: impl Into<String>) -> Self {
        self.about = name.into();
        self
    }

    /// The same with a text that must be there so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Whether it answers for actions on an element of this name.
    #[must_use]
    pub fn answers_for(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.about.to_lowercase())
    }

    /// The same with its text written out. `value` gives what is in a field; None if one is asked for that was not filled.
    #[must_use]
    pub fn filled_in<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let (mut text, mut rest) = (String::new(), self.text.as_str());
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}")?;
            text.push_str(before);
            text.push_str(value(name.trim()).filter(|value| !value.trim().is_empty())?);
            rest = after;
        }
        text.push_str(rest);
        Some(Self { text, ..self.clone() })
    }

    /// Whether a page that says `words` says that it was done. How words are spaced does not matter.
    #[must_use]
    pub fn holds_on(&self, words: &str) -> bool {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = flat(&self.text);
        !wanted.is_empty() && flat(words).matches(&wanted).count() >= self.times.max(1) as usize
    }
}

impl FromStr for Probe {
    type Err = String;

    /// `[NAME: ]URL has TEXT`: "Submit claim: http://localhost/claims has Lunch".
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "{text:?} is no probe; write \"URL has TEXT\" or \"NAME: URL has TEXT\", such as \"Pay: https://shop.example/orders has 4711\""
            )
        };
        let (place, wanted) = text.split_once(" has ").ok_or_else(wrong)?;
        let (about, url) = match place.rfind(": ") {
            Some(at) => (place.get(..at).unwrap_or_default(), place.get(at + 2..).unwrap_or_default()),
            None => ("", place),
        };
        let (url, wanted) = (url.trim(), wanted.trim());
        if wanted.is_empty() || !matches!(crate::policy::classify(url), crate::policy::UrlClass::Web { .. }) {
            return Err(wrong());
        }
        Ok(Self::new(url, wanted).about(about.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_read_from_one_line() {
        let probe: Probe = "Submit claim: http://127.0.0.1:80/claims has Team lunch".parse().expect("a probe");
        assert_eq!(probe, Probe::new("http://127.0.0.1:80/claims", "Team lunch").about("Submit claim"));
        assert_eq!("https://a.example/ has x".parse(), Ok(Probe::new("https://a.example/", "x")));
        for wrong in ["", "https://a.example/", "https://a.example/ has ", "file:///etc/passwd has root", "Pay: has 3"] {
            assert!(wrong.parse::<Probe>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_probe_may_name_a_field() {
        let probe = Probe::new("https://a.example/", "note: {{Note}} by {{ Author }}!");
        let value =
            |name: &str| [("Note", "alpha"), ("Author", "Ana")].into_iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        assert_eq!(probe.filled_in(value).expect("both").text, "note: alpha by Ana!");
        assert_eq!(Probe::new("https://a.example/", "{{Other}}").filled_in(value), None, "what was not filled decides nothing");
    }

    #[test]
    fn a_probe_holds_by_its_words() {
        let probe = Probe::new("https://a.example/", "Team  lunch").times(2);
        assert!(probe.holds_on("Team lunch\n a Team\nlunch") && !probe.holds_on("Team lunch"));
        assert!(!Probe::new("https://a.example/", " ").holds_on("anything"), "an empty text says nothing");
        assert!(probe.answers_for("x") && !probe.clone().about("Pay").answers_for("Save") && probe.about("pay").answers_for("Pay now"));
    }
}
