//! What can be done on a surface, and how grave it is.
//!
//! An [`Action`] is data: the same value is what a model asks for, what policy judges, what the journal keeps and what a
//! script replays. Each has its own argument type, from which the schema that a model sees is derived.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::ToolSpec;
use crate::screen::{Ref, Verb};
use crate::tool::spec_of;

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

/// Where to scroll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(missing_docs, reason = "each is the word itself")]
pub enum Direction {
    Up,
    #[default]
    Down,
    Left,
    Right,
    Top,
    Bottom,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal { $($(#[$fdoc:meta])* $field:ident : $ty:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            pub struct $variant { $($(#[$fdoc])* pub $field: $ty,)* }
        )*

        /// Something to do.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name", content = "args")]
        #[non_exhaustive]
        pub enum Action {
            $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)*
            /// A call of a tool that is not part of a surface.
            #[serde(rename = "tool")]
            Tool(ToolUse),
        }

        impl Action {
            /// Names of all surface actions.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// What a model is told about the actions `names`, in that order; unknown names are left out.
            #[must_use]
            pub fn specs(names: &[&str]) -> Vec<ToolSpec> {
                names.iter().filter_map(|name| match *name {
                    $($name => Some(spec_of::<$variant>($name, None)),)*
                    _ => None,
                }).collect()
            }

            /// The name under which a model calls it.
            #[must_use]
            pub fn name(&self) -> &str {
                match self { $(Self::$variant(_) => $name,)* Self::Tool(call) => &call.tool }
            }
        }

        $(impl From<$variant> for Action { fn from(args: $variant) -> Self { Self::$variant(args) } })*
    };
}

/// A call of a tool by name, with its arguments as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolUse {
    /// The tool's name.
    pub tool: String,
    /// Its arguments.
    pub args: Value,
}

actions! {
    /// Open a URL in this tab.
    Navigate = "navigate" {
        /// Absolute URL.
        url: String,
    }
    /// Go back one page.
    Back = "back" {}
    /// Click an element.
    Click = "click" {
        /// Ref of the element.
        r#ref: Ref,
    }
    /// Replace the text of a field.
    Fill = "fill" {
        /// Ref of the field.
        r#ref: Ref,
        /// The new text; "" empties it. Dates are YYYY-MM-DD, times HH:MM.
        text: String,
    }
    /// Type text at the end of what a field holds, key by key.
    Type = "type" {
        /// Ref of the field.
        r#ref: Ref,
        /// The text.
        text: String,
    }
    /// Press a key or a chord, such as Enter, Tab or Control+a.
    Press = "press" {
        /// The key, by its DOM name; modifiers before it, joined by +.
        keys: String,
        /// Ref of the element that gets the key; the focused one if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<Ref>,
    }
    /// Choose an option of a select.
    Select = "select" {
        /// Ref of the select.
        r#ref: Ref,
        /// Label of the option, as on the screen.
        option: String,
    }
    /// Switch a checkbox, radio or switch on or off.
    Check = "check" {
        /// Ref of the element.
        r#ref: Ref,
        /// true for on, false for off.
        checked: bool,
    }
    /// Scroll the page, or a scrollable element, by most of its height.
    Scroll = "scroll" {
        /// Where to.
        direction: Direction,
        /// Ref of the scrollable element; the page if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<Ref>,
    }
    /// Wait until a text is on the screen.
    Wait = "wait" {
        /// The text to wait for.
        text: String,
    }
    /// Show another tab.
    SwitchTab = "switch_tab" {
        /// Number of the tab, as on the screen.
        tab: u32,
    }
    /// Give a file to an upload field.
    Upload = "upload" {
        /// Ref of the field.
        r#ref: Ref,
        /// Path of the file, inside the folder that uploads are allowed from.
        path: String,
    }
}

impl Action {
    /// Reads a call. `None` when no surface action has that name; an error that a model can act on when the arguments don't fit.
    #[must_use]
    pub fn from_call(name: &str, args: &Value) -> Option<Result<Self, String>> {
        Self::NAMES.contains(&name).then(|| {
            let args = if args.is_null() { json!({}) } else { args.clone() };
            serde_json::from_value(json!({ "name": name, "args": args })).map_err(|error| format!("wrong arguments for {name}: {error}"))
        })
    }

    /// The element that it is about.
    #[must_use]
    pub fn target(&self) -> Option<Ref> {
        match self {
            Self::Click(Click { r#ref })
            | Self::Fill(Fill { r#ref, .. })
            | Self::Type(Type { r#ref, .. })
            | Self::Select(Select { r#ref, .. })
            | Self::Check(Check { r#ref, .. })
            | Self::Upload(Upload { r#ref, .. }) => Some(*r#ref),
            Self::Press(Press { r#ref, .. }) | Self::Scroll(Scroll { r#ref, .. }) => *r#ref,
            Self::Navigate(_) | Self::Back(_) | Self::Wait(_) | Self::SwitchTab(_) | Self::Tool(_) => None,
        }
    }

    /// What an element must accept to be a target of the action `name`.
    #[must_use]
    pub fn verb_of(name: &str) -> Option<Verb> {
        match name {
            "click" => Some(Verb::Click),
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
            Self::Navigate(_) | Self::Back(_) | Self::Scroll(_) | Self::Wait(_) | Self::SwitchTab(_) => EffectClass::Read,
            Self::Click(_)
            | Self::Fill(_)
            | Self::Type(_)
            | Self::Press(_)
            | Self::Select(_)
            | Self::Check(_)
            | Self::Upload(_)
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
