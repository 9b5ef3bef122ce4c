//! What can be done on a surface, and how grave it is.
//!
//! An [`Action`] is data: the same value is what a model asks for, what policy judges, what the journal keeps and what a
//! script replays. Each has its own argument type, from which the schema that a model sees is derived.

mod bundle;
mod vocabulary;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::screen::{Ref, Verb};
pub use bundle::OTHER;
pub use vocabulary::*;

/// How grave an action is. It drives approval, parallelism and recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// Changes nothing outside: looking, scrolling, following a link.
    Read,
    /// Changes something that can be changed again: filling a field, saving a form.
    Write,
    /// Can't be taken back: paying, sending, deleting.
    Irreversible,
}

/// A call of a tool by name, with its arguments as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolUse {
    /// The tool's name.
    pub tool: String,
    /// Its arguments.
    pub args: Value,
}

impl Action {
    /// Names of the actions that only a desktop has.
    pub const OF_DESKTOPS: &'static [&'static str] = &["launch", "mouse", "hold"];

    /// Whether it puts a value into a field that it tells itself.
    #[must_use]
    pub const fn fills(&self) -> bool {
        matches!(self, Self::Fill(_) | Self::Type(_) | Self::Select(_) | Self::Check(_) | Self::Upload(_))
    }

    /// Reads a call. `None` when no surface action has that name; an error that a model can act on when the arguments don't fit.
    #[must_use]
    pub fn from_call(name: &str, args: &Value) -> Option<Result<Self, String>> {
        let (name, args) = Self::called(name, args);
        Self::NAMES.contains(&name).then(|| {
            let args = if args.is_null() { json!({}) } else { args.into_owned() };
            serde_json::from_value(json!({ "name": name, "args": args })).map_err(|error| format!("wrong arguments for {name}: {error}"))
        })
    }

    /// The element that it is about.
    #[must_use]
    pub fn target(&self) -> Option<Ref> {
        match self {
            Self::Click(Click { r#ref })
            | Self::DoubleClick(DoubleClick { r#ref })
            | Self::RightClick(RightClick { r#ref })
            | Self::MiddleClick(MiddleClick { r#ref })
            | Self::Hover(Hover { r#ref })
            | Self::Drag(Drag { r#ref, .. })
            | Self::Fill(Fill { r#ref, .. })
            | Self::Select(Select { r#ref, .. })
            | Self::Check(Check { r#ref, .. })
            | Self::Upload(Upload { r#ref, .. })
            | Self::Download(Download { r#ref })
            | Self::Expand(Expand { r#ref }) => Some(*r#ref),
            Self::ClickAt(ClickAt { r#ref, .. })
            | Self::Type(Type { r#ref, .. })
            | Self::Press(Press { r#ref, .. })
            | Self::Paste(Paste { r#ref })
            | Self::SelectText(SelectText { r#ref, .. })
            | Self::Scroll(Scroll { r#ref, .. })
            | Self::Read(Read { r#ref }) => *r#ref,
            Self::Wait(Wait { gone, .. }) => *gone,
            Self::Navigate(_)
            | Self::Back(_)
            | Self::Forward(_)
            | Self::Reload(_)
            | Self::Copy(_)
            | Self::SwitchTab(_)
            | Self::OpenTab(_)
            | Self::CloseTab(_)
            | Self::Resize(_)
            | Self::Print(_)
            | Self::Find(_)
            | Self::Launch(_)
            | Self::Mouse(_)
            | Self::Hold(_)
            | Self::Tool(_) => None,
        }
    }

    /// What it puts into a field, in its own words.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Fill(Fill { text, .. }) | Self::Type(Type { text, .. }) => Some(text),
            Self::Select(Select { option, .. }) => Some(option),
            _ => None,
        }
    }

    /// The address that it opens.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Navigate(Navigate { url }) | Self::OpenTab(OpenTab { url }) => Some(url),
            _ => None,
        }
    }

    /// What an element must accept to be a target of the action `name`.
    #[must_use]
    pub fn verb_of(name: &str) -> Option<Verb> {
        match name {
            "click" | "double_click" | "right_click" | "middle_click" | "download" => Some(Verb::Click),
            "fill" | "type" => Some(Verb::Fill),
            "select" => Some(Verb::Select),
            "check" => Some(Verb::Check),
            "upload" => Some(Verb::Upload),
            _ => None,
        }
    }

    /// How grave it is by itself, before the target is known: a target can only make it graver or, for a click, tell that it
    /// just follows a link.
    #[must_use]
    pub fn effect(&self) -> EffectClass {
        match self {
            Self::Navigate(_)
            | Self::Back(_)
            | Self::Forward(_)
            | Self::Hover(_)
            | Self::SelectText(_)
            | Self::Copy(_)
            | Self::Scroll(_)
            | Self::Wait(_)
            | Self::SwitchTab(_)
            | Self::OpenTab(_)
            | Self::Resize(_)
            | Self::Print(_)
            | Self::Find(_)
            | Self::Expand(_)
            | Self::Read(_) => EffectClass::Read,
            // A page that was got by sending a form sends it again; a tab that is closed takes what was typed in it along.
            Self::Reload(_)
            | Self::CloseTab(_)
            | Self::Click(_)
            | Self::DoubleClick(_)
            | Self::RightClick(_)
            | Self::MiddleClick(_)
            | Self::ClickAt(_)
            | Self::Drag(_)
            | Self::Fill(_)
            | Self::Type(_)
            | Self::Press(_)
            | Self::Select(_)
            | Self::Check(_)
            | Self::Paste(_)
            | Self::Upload(_)
            | Self::Download(_)
            | Self::Launch(_)
            | Self::Mouse(_)
            | Self::Hold(_)
            | Self::Tool(_) => EffectClass::Write,
        }
    }

    /// Names of the secrets that its text asks for.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<String> {
        match self {
            Self::Fill(Fill { text, .. }) | Self::Type(Type { text, .. }) => crate::secret::names_in(text),
            _ => BTreeSet::new(),
        }
    }
}
