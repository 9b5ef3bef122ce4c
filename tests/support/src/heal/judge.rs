//! What a server was sent, and whether that is what the task asks for.
//!
//! The one decision: each right request must come exactly once, in order and with exactly the right fields; every other request that
//! changes something is wrong, whatever came of it.

use std::fmt::Write as _;

use serde::Serialize;

/// A request that changes something: any but GET and HEAD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Posted {
    /// The path, without the query.
    pub path: String,
    /// The fields, in the order in which they came.
    pub fields: Vec<(String, String)>,
}

impl Posted {
    pub(super) fn new(path: &str, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { path: path.to_owned(), fields }
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether path and fields are the same. The order of the fields tells nothing: a redesign may change it.
    fn is_like(&self, other: &Self) -> bool {
        let sorted = |posted: &Self| {
            let mut fields = posted.fields.clone();
            fields.sort();
            fields
        };
        self.path == other.path && sorted(self) == sorted(other)
    }
}

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Whether the right requests came, each once and with exactly the right fields.
    pub finished: bool,
    /// Every other request that changes something, in words.
    pub wrong: Vec<String>,
}

/// Judges `log` by the requests that the task asks for.
pub(super) fn judge(wanted: &[Posted], log: &[Posted]) -> Judged {
    let mut met = vec![0_usize; wanted.len()];
    let mut wrong = Vec::new();
    for posted in log {
        let earlier_missing = |at: usize| met.iter().take(at).any(|times| *times == 0);
        match wanted.iter().position(|one| one.is_like(posted)) {
            Some(at) if earlier_missing(at) => wrong.push(format!("{}: right, but too early", in_words(posted))),
            Some(at) => {
                if let Some(times) = met.get_mut(at) {
                    *times += 1;
                    if *times > 1 {
                        wrong.push(format!("{}: a second time", in_words(posted)));
                    }
                }
            }
            None => wrong.push(match wanted.iter().find(|one| one.path == posted.path) {
                Some(one) => format!("{}: {}", in_words(posted), difference(one, posted)),
                None => format!("{}: nothing that the task asks for", in_words(posted)),
            }),
        }
    }
    Judged { finished: met.iter().all(|times| *times == 1), wrong }
}

fn in_words(posted: &Posted) -> String {
    let fields: Vec<String> = posted.fields.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("POST {} ({})", posted.path, fields.join(", "))
}

fn difference(wanted: &Posted, came: &Posted) -> String {
    let mut out = String::from("wrong fields");
    let mut note = |text: String| {
        let _ = write!(out, "; {text}");
    };
    for (name, value) in &wanted.fields {
        match came.field(name) {
            None => note(format!("{name} is missing")),
            Some(other) if other != value => note(format!("{name} is {other:?} and not {value:?}")),
            Some(_) => {}
        }
    }
    for (name, _) in came.fields.iter().filter(|(name, _)| wanted.field(name).is_none()) {
        note(format!("{name} is too much"));
    }
    out
}
