//! What a person could see and use on a screen, as a value.
//!
//! A [`Screen`] is a flat list of [`Node`]s in reading order, each with its depth. The list is flat and not a tree because
//! everything that is done with it (rendering, comparing, looking up a ref) reads it in order. There is one renderer to
//! text ([`Screen::render`]) and one comparison ([`Screen::delta`]); both are deterministic: the same page gives the same bytes.

mod delta;
mod render;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use delta::{LineChange, diff};

/// The name of an element, `e9`: stable for the life of the element and never given to another one in the same run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ref(pub u32);

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

impl FromStr for Ref {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Models like to say more than asked ("[e12]", "@e12", "e12 Send"); what is meant is plain.
        let word = text.split_whitespace().next().unwrap_or_default();
        let digits = word.trim_start_matches(['[', '@']).trim_end_matches(']');
        digits
            .strip_prefix('e')
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| format!("\"{text}\" is not a ref; refs look like e12 and stand at the start of a line of the screen"))
    }
}

impl TryFrom<String> for Ref {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Ref> for String {
    fn from(value: Ref) -> Self {
        value.to_string()
    }
}

impl JsonSchema for Ref {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ref".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^e[0-9]+$" })
    }
}

/// What can be done with an element, as a person would see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It reacts to a click.
    Click,
    /// Text can be put into it.
    Fill,
    /// One of its [`Node::options`] can be chosen.
    Select,
    /// It can be switched on and off.
    Check,
    /// Files can be given to it.
    Upload,
    /// Its content can be scrolled.
    Scroll,
}

/// A state of an element that is worth a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the word itself, as in WAI-ARIA")]
pub enum State {
    Checked,
    Unchecked,
    Mixed,
    Selected,
    Expanded,
    Collapsed,
    Pressed,
    Focused,
    Required,
    Invalid,
    Readonly,
    Disabled,
}

impl State {
    /// The word that stands on the screen's line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Unchecked => "unchecked",
            Self::Mixed => "mixed",
            Self::Selected => "selected",
            Self::Expanded => "expanded",
            Self::Collapsed => "collapsed",
            Self::Pressed => "pressed",
            Self::Focused => "focused",
            Self::Required => "required",
            Self::Invalid => "invalid",
            Self::Readonly => "readonly",
            Self::Disabled => "disabled",
        }
    }
}

/// A rectangle in CSS pixels, relative to the top left corner of the viewport.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "x, y: left and top; w, h: width and height")]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

/// One line of the screen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// How deep it stands in the structure; the first level is 0.
    #[serde(default)]
    pub depth: u16,
    /// Its ref; text that can't be acted on has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<Ref>,
    /// Its role, by WAI-ARIA's names; `text` for plain text.
    pub role: String,
    /// Its accessible name, or the text itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its value, for fields. A password's value is never here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What it holds now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<State>,
    /// What can be done with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verbs: Vec<Verb>,
    /// The choices of a select, by their labels, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Anything else that a person would know about it: a placeholder, a format, a description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// Where it is. Not part of the text, nor of the hash.
    #[serde(default)]
    pub rect: Rect,
}

impl Node {
    /// Whether `verb` is offered and the element is not disabled.
    #[must_use]
    pub fn accepts(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb) && !self.states.contains(&State::Disabled)
    }
}

/// A tab or window beside the one that is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tab {
    /// Its number, from 1, in order of opening; never given again.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Whether it is the one on the screen.
    pub active: bool,
}

/// A screen: what a person could see and use now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Screen {
    /// Title of the page or window.
    pub title: String,
    /// Address of the page; empty where there is none.
    pub url: String,
    /// The lines, in reading order.
    pub nodes: Vec<Node>,
    /// What is not on this screen and how to get at it ("41 more below"), a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// All tabs, when there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tabs: Vec<Tab>,
}

impl Screen {
    /// The line that has this ref.
    #[must_use]
    pub fn get(&self, r: Ref) -> Option<&Node> {
        self.nodes.iter().find(|node| node.r#ref == Some(r))
    }

    /// All refs whose elements accept `verb`, in reading order.
    #[must_use]
    pub fn accepting(&self, verb: Verb) -> Vec<Ref> {
        self.nodes.iter().filter(|node| node.accepts(verb)).filter_map(|node| node.r#ref).collect()
    }

    /// SHA-256 of the rendered text, in hex: two screens that read the same have the same hash.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.render().as_bytes()))
    }
}

/// Bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
