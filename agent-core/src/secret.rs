//! Secrets that a model uses by name and never sees.
//!
//! A model writes `{{secret:NAME}}`; the surface puts the value in at the keystroke, and only on the origin that the secret
//! is bound to. Everything that comes back from the outside goes through [`Secrets::redact`], so a page that echoes a password
//! does not bring it into a prompt or the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

/// What stands around a secret's name in text.
const OPEN: &str = "{{secret:";
const CLOSE: &str = "}}";
/// Values shorter than this are not searched for in text: they would be "found" everywhere.
const SHORTEST: usize = 4;

/// One secret: its value and the only origin that may get it.
#[derive(Clone)]
struct Secret {
    value: String,
    origin: String,
}

/// All secrets of a run, by name. Its `Debug` tells names only.
#[derive(Clone, Default)]
pub struct Secrets {
    by_name: BTreeMap<String, Secret>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

/// Why a secret is not given out.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SecretError {
    /// No such name.
    #[error("there is no secret named {name}; known are: {known}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The page is not the one that it is meant for.
    #[error("secret {name} is only for {bound}, and this page is {here}")]
    WrongOrigin {
        /// The secret.
        name: String,
        /// The origin that it is bound to.
        bound: String,
        /// The origin that asked.
        here: String,
    },
    /// The origin given for it can't be read.
    #[error("\"{0}\" is not an origin; write scheme, host and port, such as https://shop.example")]
    BadOrigin(String),
}

/// Names of all secrets that `text` asks for.
#[must_use]
pub fn names_in(text: &str) -> BTreeSet<String> {
    text.split(OPEN).skip(1).filter_map(|rest| rest.split_once(CLOSE)).map(|(name, _)| name.trim().to_owned()).collect()
}

/// The origin of a URL as text, `https://host:port` without a default port; `null` for one without an origin. A program of a
/// desktop is `app://name`, by the file that it runs.
#[must_use]
pub fn origin_of(url: &str) -> String {
    if let Some(rest) = url.strip_prefix("app://") {
        let name = rest.split('/').next().unwrap_or_default();
        return if name.is_empty() { "null".to_owned() } else { format!("app://{}", name.to_lowercase()) };
    }
    url::Url::parse(url).map_or_else(|_| "null".to_owned(), |url| url.origin().ascii_serialization())
}

impl Secrets {
    /// Adds a secret that only pages of `origin` may get.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>, origin: &str) -> Result<(), SecretError> {
        let parsed = origin_of(origin);
        if parsed == "null" {
            return Err(SecretError::BadOrigin(origin.to_owned()));
        }
        self.by_name.insert(name.into(), Secret { value: value.into(), origin: parsed });
        Ok(())
    }

    /// Names and origins, for the prompt.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_name.iter().map(|(name, secret)| (name.as_str(), secret.origin.as_str()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// `text` with its placeholders filled, for a page of `origin`. The result must go nowhere but to the keystroke.
    pub fn reveal(&self, text: &str, origin: &str) -> Result<String, SecretError> {
        let mut out = text.to_owned();
        for name in names_in(text) {
            let Some(secret) = self.by_name.get(&name) else {
                let known: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
                return Err(SecretError::Unknown { name, known: known.join(", ") });
            };
            if secret.origin != origin {
                return Err(SecretError::WrongOrigin { name, bound: secret.origin.clone(), here: origin.to_owned() });
            }
            out = out.replace(&format!("{OPEN}{name}{CLOSE}"), &secret.value);
        }
        Ok(out)
    }

    /// `text` with every secret value, plain or URL-encoded, replaced by its placeholder.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (name, secret) in self.searchable() {
            let placeholder = format!("{OPEN}{name}{CLOSE}");
            for form in forms_of(&secret.value) {
                if out.contains(&form) {
                    out = out.replace(&form, &placeholder);
                }
            }
        }
        out
    }

    /// Whether any secret value stands in `text`.
    #[must_use]
    pub fn leaks_into(&self, text: &str) -> bool {
        self.searchable().any(|(_, secret)| forms_of(&secret.value).iter().any(|form| text.contains(form.as_str())))
    }

    /// Whether JSON text holds a secret, also one that is escaped in it and so can't be found by its letters. Text that is no
    /// JSON may hold anything.
    pub fn hide_in(&self, json: &str) -> bool {
        let Ok(plain) = serde_json::from_str::<Value>(json) else { return true };
        let mut redacted = plain.clone();
        self.redact_json(&mut redacted);
        redacted != plain
    }

    /// Redacts every string in a JSON value, keys too.
    pub fn redact_json(&self, value: &mut Value) {
        if self.by_name.is_empty() {
            return;
        }
        match value {
            Value::String(text) => {
                if self.leaks_into(text) {
                    *text = self.redact(text);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(map) => {
                if map.keys().any(|key| self.leaks_into(key)) {
                    *map = std::mem::take(map).into_iter().map(|(key, value)| (self.redact(&key), value)).collect();
                }
                map.values_mut().for_each(|item| self.redact_json(item));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn searchable(&self) -> impl Iterator<Item = (&String, &Secret)> {
        self.by_name.iter().filter(|(_, secret)| secret.value.chars().count() >= SHORTEST)
    }
}

/// The spellings in which a value can come back: plain, percent-encoded, form-encoded, JSON-escaped.
fn forms_of(value: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let mut forms = vec![value.to_owned(), encoded.replace('+', "%20"), encoded];
    if let Ok(json) = serde_json::to_string(value) {
        forms.push(json.trim_matches('"').to_owned());
    }
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.insert("password", "p&ss \"wörd\"", "https://shop.example/login").expect("origin");
        secrets
    }

    #[test]
    fn revealed_only_on_its_origin() {
        let text = "{{secret:password}}";
        assert_eq!(secrets().reveal(text, "https://shop.example").as_deref(), Ok("p&ss \"wörd\""));
        assert!(matches!(secrets().reveal(text, "https://evil.example"), Err(SecretError::WrongOrigin { .. })));
        assert!(matches!(secrets().reveal("{{secret:pin}}", "https://shop.example"), Err(SecretError::Unknown { .. })));
    }

    #[test]
    fn redacted_in_every_spelling() {
        let secrets = secrets();
        for leak in ["it is p&ss \"wörd\"!", "?q=p%26ss+%22w%C3%B6rd%22", "?q=p%26ss%20%22w%C3%B6rd%22", r#"{"a":"p&ss \"wörd\""}"#] {
            assert!(secrets.leaks_into(leak), "{leak}");
            let clean = secrets.redact(leak);
            assert!(clean.contains("{{secret:password}}") && !secrets.leaks_into(&clean), "{clean}");
        }
    }

    #[test]
    fn hidden_in_json_however_it_is_escaped() {
        for json in [r#"{"text":"p&ss \"w\u00f6rd\""}"#, r#"{"a":["\u0070\u0026ss \"wörd\""]}"#, "no JSON"] {
            assert!(secrets().hide_in(json), "{json}");
        }
        assert!(!secrets().hide_in(r#"{"text":"{{secret:password}}"}"#));
    }

    #[test]
    fn debug_tells_names_only() {
        assert_eq!(format!("{:?}", secrets()), "{\"password\"}");
    }
}
