//! What came of an action: a closed set of verdicts, never a bare "ok".
//!
//! `Verified` means that a change which this action caused was observed. When nothing was observed that is `NoEffect`, when it
//! could not be done that is `NotDispatched` with the reason, and when we can't know it is `Unknown`, which is never retried
//! blindly.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::screen::Ref;

/// The verdict on one action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Receipt {
    /// It was done and had these effects. An empty list means that it already was so ("checked" was asked, and it is checked).
    Verified {
        /// What was observed to change by it.
        changes: Vec<Change>,
    },
    /// It was done, and nothing that it could have caused was observed within the time allowed.
    NoEffect,
    /// It was not done.
    NotDispatched {
        /// Why not.
        reason: Reason,
    },
    /// It may or may not have been done.
    Unknown {
        /// What went wrong, in words.
        why: String,
    },
}

impl Receipt {
    /// Whether the action is known to have had its effect.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        matches!(self, Self::Verified { .. })
    }

    /// Not done, because of `reason`.
    #[must_use]
    pub fn refused(reason: Reason) -> Self {
        Self::NotDispatched { reason }
    }
}

/// One observed effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are what the words say; from and to are before and after")]
pub enum Change {
    /// Another document is shown.
    Navigated { from: String, to: String },
    /// The address changed within the same document.
    Url { from: String, to: String },
    /// A field holds another value. Values of passwords and secrets are never told.
    Value { r#ref: Ref, from: String, to: String },
    /// A field that hides its value got one.
    HiddenValue { r#ref: Ref },
    /// A checkbox, radio or switch changed.
    Checked { r#ref: Ref, checked: bool },
    /// Another option is chosen.
    Selected { r#ref: Ref, option: String },
    /// The focus moved.
    Focus { r#ref: Option<Ref> },
    /// Lines of the screen appeared, changed or went away.
    Lines { added: usize, changed: usize, removed: usize },
    /// The page or an element was scrolled.
    Scrolled { x: f64, y: f64 },
    /// A dialog opened and was answered by policy.
    Dialog { kind: String, message: String, answer: String },
    /// A tab opened, and is now the one on the screen.
    TabOpened { number: u32, url: String },
    /// A tab closed.
    TabClosed { number: u32 },
    /// Another tab is on the screen.
    TabSwitched { number: u32 },
    /// A file was given to an upload field.
    Uploaded { r#ref: Ref, file: String },
    /// The text that was waited for is there.
    Appeared { text: String },
    /// The page told its server something.
    Network { method: String, url: String },
    /// A dialog opened and waits for an answer; its buttons are on the screen.
    DialogOpened { kind: String, message: String },
    /// A person waits no longer: the element that was to go is gone.
    Gone { r#ref: Ref },
    /// Nothing moves and nothing is loading.
    Idle,
    /// The element looks different: another colour, border or picture.
    Appearance { r#ref: Ref, from: String, to: String },
    /// The element is at another place.
    Moved { r#ref: Ref, dx: f64, dy: f64 },
    /// The element has another size.
    Sized { r#ref: Ref, width: f64, height: f64 },
    /// Other text is selected.
    Selection { text: String },
    /// What was selected is on the clipboard.
    Copied { characters: usize },
    /// The view has another size.
    Resized { width: u32, height: u32 },
    /// A file was downloaded into the folder for downloads, where nothing opens it.
    Downloaded { file: String, url: String, bytes: u64, sha256: String },
    /// The page was printed to a file.
    Printed { file: String, bytes: u64, sha256: String },
    /// The server answered with an error.
    HttpError { status: u16, url: String },
    /// The page complained.
    ConsoleError { text: String },
    /// What was asked for, in words.
    Told { text: String },
}

impl Change {
    /// Whether it means that the page with its fields was left.
    #[must_use]
    pub const fn leaves_page(&self) -> bool {
        matches!(self, Self::Navigated { .. } | Self::TabSwitched { .. } | Self::TabOpened { .. } | Self::TabClosed { .. })
    }
}

/// Why an action was not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "fields are what the words say")]
pub enum Reason {
    /// No element of this run ever had that ref.
    UnknownRef { r#ref: Ref },
    /// The element is gone.
    Stale { r#ref: Ref },
    /// The element is not what the model was shown.
    Changed { was: String, now: String },
    /// Something else would get the click.
    Covered { by: String },
    /// It is disabled.
    Disabled,
    /// It is there but can't be seen.
    Hidden,
    /// It does not stand still.
    Moving,
    /// No text can be put into it.
    NotEditable { role: String },
    /// It does not do this kind of thing.
    WrongKind { role: String, wanted: String },
    /// The select has no such option.
    NoSuchOption { options: Vec<String> },
    /// No tab has this number.
    NoSuchTab { open: Vec<u32> },
    /// The text did not appear in time.
    TimedOut { waited_ms: u64 },
    /// The page could not be loaded.
    NavigationFailed { url: String, error: String },
    /// There is nothing to go back to.
    NoHistory,
    /// The arguments are wrong.
    BadArguments { problem: String },
    /// The file is not there, or outside the folder that uploads are allowed from.
    FileNotAllowed { path: String, problem: String },
    /// The secret is not known, or not meant for this origin.
    SecretNotAllowed { name: String, problem: String },
    /// A dialog of the page waits for an answer.
    DialogOpen { kind: String, message: String },
    /// Nothing on the page has this text.
    NotFound { text: String },
    /// The point is outside of the element or of the view.
    OutOfView { width: f64, height: f64 },
    /// No file came.
    NoDownload { waited_ms: u64 },
    /// The page crashed.
    Crashed,
    /// Policy said no.
    Denied { why: String },
    /// The person said no.
    Declined { said: String },
    /// This surface can't do it.
    Unsupported { action: String },
}

impl fmt::Display for Reason {
    /// A sentence for the model: what is wrong and what to do next.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownRef { r#ref } => write!(f, "there is no element {ref}; use a ref from the screen"),
            Self::Stale { r#ref } => write!(f, "{ref} is no longer on the page; use a ref from the newest screen"),
            Self::Changed { was, now } => {
                write!(f, "the element changed since you saw it: it was {was}, it is now {now}; look at the newest screen and decide again")
            }
            Self::Covered { by } => write!(f, "it is covered by {by}; deal with that first"),
            Self::Disabled => f.write_str("it is disabled; something else must be done first"),
            Self::Hidden => f.write_str("it can't be seen; scroll to it or open what holds it"),
            Self::Moving => f.write_str("it does not stand still; try again in a moment"),
            Self::NotEditable { role } => write!(f, "a {role} takes no text"),
            Self::WrongKind { role, wanted } => write!(f, "it is a {role}; this needs {wanted}"),
            Self::NoSuchOption { options } if options.is_empty() => {
                f.write_str("it offers nothing like that; look for another word, or for what it is called here")
            }
            Self::NoSuchOption { options } => write!(f, "it has no such option; it has: {}", options.join(", ")),
            Self::NoSuchTab { open } => write!(f, "there is no such tab; open are {open:?}"),
            Self::TimedOut { waited_ms } => write!(f, "not seen after {waited_ms} ms"),
            Self::NavigationFailed { url, error } => write!(f, "{url} could not be loaded: {error}"),
            Self::NoHistory => f.write_str("there is no page to go back to"),
            Self::BadArguments { problem } => f.write_str(problem),
            Self::FileNotAllowed { path, problem } => write!(f, "file {path}: {problem}"),
            Self::SecretNotAllowed { name, problem } => write!(f, "secret {name}: {problem}"),
            Self::DialogOpen { kind, message } => {
                write!(f, "a {kind} dialog {message:?} is open; answer it first by its buttons on the screen")
            }
            Self::NotFound { text } => write!(f, "{text:?} is nowhere on the page"),
            Self::OutOfView { width, height } => {
                write!(f, "this point is outside: x must be from 0 to {width:.0}, y from 0 to {height:.0}")
            }
            Self::NoDownload { waited_ms } => write!(f, "it was clicked, but no file came within {waited_ms} ms; look at the screen"),
            Self::Crashed => f.write_str("this page crashed; reload it, or navigate"),
            Self::Denied { why } => write!(f, "not allowed: {why}"),
            Self::Declined { said } => write!(f, "the person said no: {said}"),
            Self::Unsupported { action } => write!(f, "{action} can't be done here"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Navigated { to, .. } => write!(f, "page is now {to}"),
            Self::Url { to, .. } => write!(f, "address is now {to}"),
            Self::Value { r#ref, to, .. } => write!(f, "{ref} now holds {to:?}"),
            Self::HiddenValue { r#ref } => write!(f, "{ref} is filled (not shown)"),
            Self::Checked { r#ref, checked } => write!(f, "{ref} is now {}", if *checked { "checked" } else { "unchecked" }),
            Self::Selected { r#ref, option } => write!(f, "{ref} is now {option:?}"),
            Self::Focus { r#ref: Some(r) } => write!(f, "{r} has the focus"),
            Self::Focus { r#ref: None } => f.write_str("nothing has the focus"),
            Self::Lines { added, changed, removed } => write!(f, "screen: {added} lines new, {changed} changed, {removed} gone"),
            Self::Scrolled { x, y } => write!(f, "scrolled to {x:.0},{y:.0}"),
            Self::Dialog { kind, message, answer } => write!(f, "{kind} dialog {message:?} was answered: {answer}"),
            Self::TabOpened { number, url } => write!(f, "tab {number} opened: {url}"),
            Self::TabClosed { number } => write!(f, "tab {number} closed"),
            Self::TabSwitched { number } => write!(f, "tab {number} is on the screen"),
            Self::Uploaded { r#ref, file } => write!(f, "{ref} holds the file {file}"),
            Self::Appeared { text } => write!(f, "{text:?} is on the screen"),
            Self::Network { method, url } => write!(f, "{method} {url} was sent"),
            Self::DialogOpened { kind, message } => write!(f, "a {kind} dialog opened and waits for your answer: {message:?}"),
            Self::Gone { r#ref } => write!(f, "{ref} is gone"),
            Self::Idle => f.write_str("the page is at rest"),
            Self::Appearance { r#ref, from, to } => write!(f, "{ref} was {from} and is now {to}"),
            Self::Moved { r#ref, dx, dy } => write!(f, "{ref} moved by {dx:.0},{dy:.0}"),
            Self::Sized { r#ref, width, height } => write!(f, "{ref} is now {width:.0} wide and {height:.0} high"),
            Self::Selection { text } => write!(f, "selected is {text:?}"),
            Self::Copied { characters } => write!(f, "{characters} characters were copied"),
            Self::Resized { width, height } => write!(f, "the view is now {width}×{height}"),
            Self::Downloaded { file, bytes, sha256, .. } => write!(f, "downloaded {file} ({bytes} bytes, sha256 {sha256})"),
            Self::Printed { file, bytes, sha256 } => write!(f, "printed to {file} ({bytes} bytes, sha256 {sha256})"),
            Self::HttpError { status, url } => write!(f, "the server answered {status} for {url}"),
            Self::ConsoleError { text } => write!(f, "the page complained: {text}"),
            Self::Told { text } => f.write_str(text),
        }
    }
}

impl fmt::Display for Receipt {
    /// What the model is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified { changes } if changes.is_empty() => f.write_str("done: it already was so"),
            Self::Verified { changes } => {
                let all: Vec<String> = changes.iter().map(ToString::to_string).collect();
                write!(f, "done: {}", all.join("; "))
            }
            Self::NoEffect => f.write_str("no effect: it was done, but nothing changed; try something else"),
            Self::NotDispatched { reason } => write!(f, "not done: {reason}"),
            Self::Unknown { why } => write!(f, "unknown: {why}; look at the screen before doing it again"),
        }
    }
}
