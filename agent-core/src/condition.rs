//! Conditions: what must be so for a goal to be reached, or a part of it.
//!
//! A model's word that something is done is worth nothing. The one decision: a condition is read off the run, from screens and
//! receipts, and never from what a model says. The person declares some for a run (its checks), a planner holds its milestones to
//! some, and a script asserts some.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::policy::{UrlClass, classify};
use crate::probe::Probe;
use crate::receipt::{Change, Receipt};
use crate::run::Run;
use crate::screen::{Node, Screen};

/// What must be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// The address has this in it.
    Url {
        /// Part of the address.
        contains: String,
    },
    /// The screen says this. What stands in a field does not count: a model can write there itself.
    Text {
        /// Part of a line.
        contains: String,
    },
    /// The screen does not say this any more.
    Gone {
        /// Part of a line.
        contains: String,
    },
    /// A field holds this.
    Field {
        /// The field's name; the role of one that has none.
        name: String,
        /// What it holds: its text, the chosen option, or `checked` or `unchecked`.
        value: String,
    },
    /// A file was downloaded, printed or uploaded.
    File {
        /// Part of its name.
        name: String,
    },
    /// An element was acted on, and that had an effect.
    Done {
        /// Name of the element.
        name: String,
    },
    /// The page sent a request, and the server did not answer it with an error.
    Sent {
        /// Part of the address that it was sent to.
        url: String,
    },
    /// The server says so when asked: this text is on that page.
    Answer {
        /// The page, opened with the run's own cookies.
        url: String,
        /// Text on it.
        text: String,
    },
}

/// How it is known whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Met,
    /// It does not.
    Unmet,
    /// The server must be asked.
    Ask,
}

impl Condition {
    /// Whether it holds as far as the run has got. What is read off a screen goes by the newest one; what a receipt tells stays so.
    #[must_use]
    pub fn standing(&self, run: &Run) -> Standing {
        let met = |met: bool| if met { Standing::Met } else { Standing::Unmet };
        match self {
            Self::Answer { .. } => self.answered(run),
            _ if self.is_of_screens() => met(run.screen().is_some_and(|screen| self.holds_on(screen) == Some(true))),
            _ => {
                let mut receipts = Receipts::default();
                met(run.events().any(|event| receipts.take(event).is_some_and(|told| self.holds_by(&told))))
            }
        }
    }

    /// Whether a screen alone says whether it holds.
    #[must_use]
    pub fn is_of_screens(&self) -> bool {
        matches!(self, Self::Url { .. } | Self::Text { .. } | Self::Gone { .. } | Self::Field { .. })
    }

    /// Whether it holds on this screen; none if a screen does not tell.
    #[must_use]
    pub fn holds_on(&self, screen: &Screen) -> Option<bool> {
        match self {
            Self::Url { contains } => Some(has(&screen.url, contains)),
            Self::Text { contains } => Some(says(screen, contains)),
            Self::Gone { contains } => Some(!says(screen, contains)),
            Self::Field { name, value } => Some(holds(screen, name, value)),
            Self::File { .. } | Self::Done { .. } | Self::Sent { .. } | Self::Answer { .. } => None,
        }
    }

    /// Whether what a receipt tells makes it so.
    #[must_use]
    pub fn holds_by(&self, told: &Told<'_>) -> bool {
        let changes = || told.changes.iter();
        match self {
            // What was filled and sent in one turn is on no screen.
            Self::Field { name, value } => told.name.is_some_and(|known| has(known, name)) && changes().any(|change| put(change, value)),
            Self::Done { name } => told.name.is_some_and(|known| has(known, name)),
            Self::File { name } => changes().any(|change| match change {
                Change::Downloaded { file, .. } | Change::Printed { file, .. } | Change::Uploaded { file, .. } => has(file, name),
                _ => false,
            }),
            Self::Sent { url: wanted } => {
                changes().any(|change| matches!(change, Change::Network { url, .. } if has(url, wanted)))
                    && !changes().any(|change| matches!(change, Change::HttpError { url, .. } if has(url, wanted)))
            }
            _ => false,
        }
    }

    /// The question to the server, if it takes one.
    #[must_use]
    pub fn probe(&self) -> Option<Probe> {
        match self {
            Self::Answer { url, text } => Some(Probe::new(url.as_str(), text.as_str())),
            _ => None,
        }
    }

    /// What the server said, if nothing was done since.
    fn answered(&self, run: &Run) -> Standing {
        let asked = self.probe();
        for event in run.events().rev() {
            match event {
                Event::Intent { .. } => return Standing::Ask,
                Event::Probed { probe, holds } if Some(probe) == asked.as_ref() => {
                    return if *holds == Some(true) { Standing::Met } else { Standing::Unmet };
                }
                _ => {}
            }
        }
        Standing::Ask
    }

    /// Whether it says anything: an empty text is on every screen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let parts = match self {
            Self::Url { contains } | Self::Text { contains } | Self::Gone { contains } => vec![contains],
            Self::Field { name, .. } | Self::File { name } | Self::Done { name } => vec![name],
            Self::Sent { url } => vec![url],
            Self::Answer { url, text } => vec![url, text],
        };
        parts.into_iter().any(|part| flat(part).is_empty())
    }
}

/// What one receipt tells: what was acted on, and what changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told<'a> {
    /// Name of the element.
    pub name: Option<&'a str>,
    /// What changed.
    pub changes: &'a [Change],
}

/// Joins intents and receipts, event by event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Receipts<'a> {
    intent: Option<(&'a str, Option<&'a str>)>,
}

impl<'a> Receipts<'a> {
    /// What an event tells, if it is the receipt of something that had an effect.
    pub fn take(&mut self, event: &'a Event) -> Option<Told<'a>> {
        match event {
            Event::Intent { call_id, resolved, .. } => {
                self.intent = Some((call_id, resolved.target.as_ref().map(|target| target.name.as_str())));
                None
            }
            Event::Receipt { call_id, receipt: Receipt::Verified { changes }, .. } => {
                let name = self.intent.take().filter(|(id, _)| id == call_id).and_then(|(_, name)| name);
                Some(Told { name, changes })
            }
            _ => None,
        }
    }
}

/// Whether a change put this into a field.
fn put(change: &Change, value: &str) -> bool {
    let wanted = flat(value);
    match change {
        Change::Value { to, .. } => flat(to) == wanted,
        Change::Selected { option, .. } => flat(option) == wanted,
        Change::Checked { checked, .. } => wanted == if *checked { "checked" } else { "unchecked" },
        _ => false,
    }
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether `whole` has `part`, whatever the case and the spaces.
fn has(whole: &str, part: &str) -> bool {
    let part = flat(part);
    !part.is_empty() && flat(whole).contains(&part)
}

fn says(screen: &Screen, part: &str) -> bool {
    has(&screen.title, part) || screen.nodes.iter().any(|node| has(&node.name, part))
}

fn holds(screen: &Screen, name: &str, value: &str) -> bool {
    let wanted = flat(value);
    // A field that nobody has given a name is known by what it is.
    let is_meant = |node: &&Node| has(&node.name, name) || node.name.is_empty() && flat(&node.role) == flat(name);
    screen.nodes.iter().filter(is_meant).any(|node| {
        node.value.as_deref().is_some_and(|value| flat(value) == wanted) || node.states.iter().any(|state| flat(state.word()) == wanted)
    })
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { contains } => write!(f, "the address has {contains:?}"),
            Self::Text { contains } => write!(f, "the screen says {contains:?}"),
            Self::Gone { contains } => write!(f, "the screen no longer says {contains:?}"),
            Self::Field { name, value } => write!(f, "{name:?} holds {value:?}"),
            Self::File { name } => write!(f, "there is a file {name:?}"),
            Self::Done { name } => write!(f, "{name:?} was acted on with effect"),
            Self::Sent { url } => write!(f, "a request to {url:?} was sent and accepted"),
            Self::Answer { url, text } => write!(f, "{url} has {text:?}"),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    /// `url has X`, `text has X`, `text lacks X`, `field NAME is X`, `file X`, `done NAME`, `sent X`, or `https://… has X`, which asks
    /// the server.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "{text:?} is no check; write \"url has TEXT\", \"text has TEXT\", \"text lacks TEXT\", \"field NAME is VALUE\", \"file NAME\", \
                 \"done NAME\", \"sent URL\" or \"https://… has TEXT\""
            )
        };
        let own = |part: &str| part.trim().to_owned();
        let (word, rest) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let condition = match (word, rest.trim().split_once(' ')) {
            ("url", Some(("has", part))) => Self::Url { contains: own(part) },
            ("text", Some(("has", part))) => Self::Text { contains: own(part) },
            ("text", Some(("lacks", part))) => Self::Gone { contains: own(part) },
            ("field", _) => {
                let (name, value) = rest.split_once(" is ").ok_or_else(wrong)?;
                Self::Field { name: own(name), value: own(value) }
            }
            ("file", _) => Self::File { name: own(rest) },
            ("done", _) => Self::Done { name: own(rest) },
            ("sent", _) => Self::Sent { url: own(rest) },
            (url, Some(("has", part))) if matches!(classify(url), UrlClass::Web { .. }) => Self::Answer { url: own(url), text: own(part) },
            _ => return Err(wrong()),
        };
        if condition.is_empty() { Err(wrong()) } else { Ok(condition) }
    }
}
