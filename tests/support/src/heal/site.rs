//! The sites: what there is to do on each, with which values, and how a person does it.
//!
//! The one decision: a step names an element as a person would, by ARIA role and accessible name; those are unambiguous on the
//! pages as they are, before anything was changed.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Asked, Page};
use super::draw::Draw;
use super::judge::Posted;
use super::{admin, claim, mail, shop, tracker};

/// A site with one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// Write a mail and send it.
    Mail,
    /// Put an article into the cart and order it.
    Shop,
    /// Report an issue.
    Tracker,
    /// Change one of many users.
    Admin,
    /// File a claim on the demo's site.
    Claim,
}

/// Values of a task's variables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values(BTreeMap<String, String>);

/// What a person does on the unchanged site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Do {
    /// Open the page to begin on.
    Open,
    /// Click an element.
    Click {
        /// Its ARIA role: `button` or `link`.
        role: String,
        /// Its accessible name.
        name: String,
        /// Text of the table row that it is in, where several elements have the name.
        within: Option<String>,
    },
    /// Replace what is in a text field.
    Fill {
        /// The field's accessible name.
        name: String,
        /// What goes in.
        value: String,
    },
    /// Choose an option of a list.
    Select {
        /// The list's accessible name.
        name: String,
        /// The option's text.
        option: String,
    },
    /// Set a check box.
    Check {
        /// Its accessible name.
        name: String,
        /// How it is to be.
        checked: bool,
    },
    /// Choose a radio button.
    Choose {
        /// Its accessible name.
        name: String,
    },
}

/// An element that the task needs, for the mutator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Target {
    /// What the path of its page begins with; exactly this where it is `/`.
    pub page: &'static str,
    /// CSS selector on the unchanged page. Several elements that it finds count as one target.
    pub css: &'static str,
    /// What is done with it: `button`, `link`, `row` (a link in each row), `pick` (one link of many), `field`, `select`, `check` or
    /// `radio`.
    pub step: &'static str,
}

impl Target {
    pub(super) const fn new(page: &'static str, css: &'static str, step: &'static str) -> Self {
        Self { page, css, step }
    }
}

impl Do {
    pub(super) fn click(role: &str, name: &str) -> Self {
        Self::Click { role: role.to_owned(), name: name.to_owned(), within: None }
    }

    pub(super) fn fill(name: &str, value: &str) -> Self {
        Self::Fill { name: name.to_owned(), value: value.to_owned() }
    }

    pub(super) fn select(name: &str, option: &str) -> Self {
        Self::Select { name: name.to_owned(), option: option.to_owned() }
    }
}

impl Values {
    pub(super) fn of<const N: usize>(all: [(&str, String); N]) -> Self {
        Self(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The value of a variable; empty where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The map itself.
    #[must_use]
    pub const fn map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl Site {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Mail, Self::Shop, Self::Tracker, Self::Admin, Self::Claim];

    /// Those whose server is of this module.
    pub const OWN: [Self; 4] = [Self::Mail, Self::Shop, Self::Tracker, Self::Admin];

    /// A short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Shop => "shop",
            Self::Tracker => "tracker",
            Self::Admin => "admin",
            Self::Claim => "claim",
        }
    }

    /// Names of the task's variables.
    #[must_use]
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Mail => &mail::VARIABLES,
            Self::Shop => &shop::VARIABLES,
            Self::Tracker => &tracker::VARIABLES,
            Self::Admin => &admin::VARIABLES,
            Self::Claim => &claim::VARIABLES,
        }
    }

    /// What the task needs, in the order in which it is needed.
    #[must_use]
    pub fn targets(self) -> &'static [Target] {
        match self {
            Self::Mail => &mail::TARGETS,
            Self::Shop => &shop::TARGETS,
            Self::Tracker => &tracker::TARGETS,
            Self::Admin => &admin::TARGETS,
            Self::Claim => &claim::TARGETS,
        }
    }

    /// Values for the variables. Those of another seed are others. A value is never what the page has from the start, so a step that
    /// was left out always shows.
    #[must_use]
    pub fn values(self, seed: u64) -> Values {
        let mut draw = Draw::new(seed, self.name());
        match self {
            Self::Mail => mail::values(&mut draw),
            Self::Shop => shop::values(&mut draw),
            Self::Tracker => tracker::values(&mut draw),
            Self::Admin => admin::values(&mut draw),
            Self::Claim => claim::values(&mut draw),
        }
    }

    /// The task, in a sentence.
    #[must_use]
    pub fn goal(self, values: &Values) -> String {
        match self {
            Self::Mail => mail::goal(values),
            Self::Shop => shop::goal(values),
            Self::Tracker => tracker::goal(values),
            Self::Admin => admin::goal(values),
            Self::Claim => claim::goal(values),
        }
    }

    /// How a person does the task on the unchanged site.
    #[must_use]
    pub fn steps(self, values: &Values) -> Vec<Do> {
        match self {
            Self::Mail => mail::steps(values),
            Self::Shop => shop::steps(values),
            Self::Tracker => tracker::steps(values),
            Self::Admin => admin::steps(values),
            Self::Claim => claim::steps(values),
        }
    }

    /// What shows success on the last page, as checks of a run: `url has …`, `text has …`, `sent …`. No change takes it away.
    #[must_use]
    pub fn checks(self, values: &Values) -> Vec<String> {
        match self {
            Self::Mail => mail::checks(values),
            Self::Shop => shop::checks(values),
            Self::Tracker => tracker::checks(values),
            Self::Admin => admin::checks(values),
            Self::Claim => claim::checks(),
        }
    }

    /// The requests that the task asks for, in order.
    pub(super) fn wanted(self, values: &Values) -> Vec<Posted> {
        match self {
            Self::Mail => mail::wanted(values),
            Self::Shop => shop::wanted(values),
            Self::Tracker => tracker::wanted(values),
            Self::Admin => admin::wanted(values),
            Self::Claim => claim::wanted(values),
        }
    }

    /// A page; none of the demo's site, which has a server of its own.
    pub(super) fn page(self, asked: &Asked<'_>) -> Option<Page> {
        match self {
            Self::Mail => Some(mail::page(asked)),
            Self::Shop => Some(shop::page(asked)),
            Self::Tracker => Some(tracker::page(asked)),
            Self::Admin => Some(admin::page(asked)),
            Self::Claim => None,
        }
    }

    /// The answer to `posted`, which is the last of `log`.
    pub(super) fn post(self, posted: &Posted, log: &[Posted]) -> Answer {
        match self {
            Self::Mail => mail::post(posted, log),
            Self::Shop => shop::post(posted, log),
            Self::Tracker => tracker::post(posted, log),
            Self::Admin => admin::post(posted, log),
            Self::Claim => Answer::Missing,
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
