//! Marks: what an element looks like, so that it is found again on another day, and on a page that has changed.
//!
//! They are taken of every element that is acted on, and stand with the act in the journal; so any run can be made a script
//! afterwards. The one decision: how alike two elements are is computed here, for every surface and purely, and whether that is enough to
//! act on is decided by what is certain and not by a figure alone ([`likeness::verdict`]).

pub mod likeness;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::screen::Ref;

/// What an element looks like. What is not known, or not there, is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Marks {
    /// Its role, by WAI-ARIA's names.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Its accessible name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its tag.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// Its type, for inputs and buttons.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The name under which a form sends it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// Its classes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Its placeholder.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub placeholder: String,
    /// Where a link leads: the path of its address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub href: String,
    /// The form that it belongs to: its method and the path that it is sent to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub form: String,
    /// Whether acting on it sends the form.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub submits: bool,
    /// Whether it opens something that is closed now: a menu, a section.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// Names of the other buttons beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rivals: Vec<String>,
    /// Texts around it, nearest first: what stands before and after it, and the heading above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<String>,
    /// The text of the row, card or item of a list that it stands in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub row: String,
    /// Which one of its role it is on the page, from 0, and how many there are.
    pub order: (u32, u32),
    /// Where it is.
    pub place: (f64, f64),
    /// Selectors that find just it, in the order of Chrome's recorder: by role and name, by text, by CSS, by XPath.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<String>,
    /// Indices of the frames around it, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frame: Vec<u32>,
    /// The choices of a select: label and value of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<(String, String)>,
}

/// What a person did to an element, as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// What.
    pub did: Did,
    /// The address of the page, or of the frame that it was done in.
    #[serde(default)]
    pub url: String,
    /// What the element looked like.
    pub marks: Marks,
    /// What was typed, chosen or pressed. Empty for what is hidden.
    #[serde(default)]
    pub value: String,
    /// Whether it is on now.
    #[serde(default)]
    pub checked: bool,
    /// Whether what was typed is hidden: then it is not known here either.
    #[serde(default)]
    pub secret: bool,
}

/// Something that was recorded of a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// Something was done to an element.
    Deed(Box<Deed>),
    /// Another page is shown.
    Page(String),
}

/// What is done to an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each is the word itself")]
pub enum Did {
    Click,
    Fill,
    Select,
    Check,
    Upload,
    Press,
}

/// What is to be found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Ways to find it, the best one first. A way through shadow roots has several parts.
    #[serde(default)]
    pub selectors: Vec<Vec<String>>,
    /// Indices of the frames around it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frame: Vec<u32>,
    /// What it looked like.
    #[serde(default)]
    pub marks: Option<Marks>,
    /// Text that must stand in its row: what tells it from its likes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub row: String,
    /// How long it is waited for, in milliseconds.
    pub timeout_ms: u64,
    /// Whether it must be where the selectors lead: nothing else will do, however alike.
    #[serde(default)]
    pub exactly: bool,
    /// Whether it is wanted what it looks like now, also where the selectors find it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anew: bool,
}

/// An element that may be the one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Its ref.
    pub r#ref: Ref,
    /// Its role.
    pub role: String,
    /// Its name.
    pub name: String,
    /// Its tag.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// The text of its row, or what stands before it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub around: String,
    /// Whether it may lead to what is hidden: it opens something that is closed, or goes on or back in a form.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opens: bool,
    /// How alike it is, from 0 to 1.
    pub score: f64,
    /// The first selector that finds it and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<u32>,
    /// Whether it certainly is the one, and how that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sure: Option<String>,
}

/// An element with its marks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidate {
    /// Its ref.
    pub r#ref: Option<Ref>,
    /// What it looks like.
    pub marks: Marks,
    /// The first selector that finds it and nothing else.
    pub by: Option<u32>,
}
