//! The vocabulary: every action, its arguments, and the sentence that a model is told about it.
//!
//! Sentences are short because each is paid for in every request. The one decision: what a person does in one go is one action;
//! an argument that is seldom needed is left out by default, and a compound widget (a combobox, a date picker) is no action of
//! its own but what `select` and `fill` do to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ToolUse;
use crate::model::ToolSpec;
use crate::screen::Ref;
use crate::tool::spec_of;

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

/// A button of the mouse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(missing_docs, reason = "each is the word itself")]
pub enum Button {
    #[default]
    Left,
    Right,
    Middle,
}

/// What the mouse does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(missing_docs, reason = "each is the word itself")]
pub enum MouseDeed {
    Move,
    Click,
    Down,
    Up,
    Drag,
    Scroll,
}

/// A point, in CSS pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[allow(missing_docs, reason = "x to the right, y down")]
pub struct Point {
    pub x: f64,
    pub y: f64,
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

actions! {
    /// Open a URL in this tab.
    Navigate = "navigate" {
        /// Absolute URL.
        url: String,
    }
    /// Go back one page.
    Back = "back" {}
    /// Go forward one page.
    Forward = "forward" {}
    /// Load this page again.
    Reload = "reload" {}
    /// Click an element.
    Click = "click" {
        /// Ref of the element.
        r#ref: Ref,
    }
    /// Double-click an element.
    DoubleClick = "double_click" {
        /// Ref of the element.
        r#ref: Ref,
    }
    /// Click with the right button: opens a context menu.
    RightClick = "right_click" {
        /// Ref of the element.
        r#ref: Ref,
    }
    /// Click with the middle button: opens a link in a new tab.
    MiddleClick = "middle_click" {
        /// Ref of the element.
        r#ref: Ref,
    }
    /// Move the mouse over an element and leave it there.
    Hover = "hover" {
        /// Ref of the element.
        r#ref: Ref,
    }
    /// Click a point, such as one of a canvas or an image.
    ClickAt = "click_at" {
        /// Pixels from the left edge of the element; of the view if there is no ref.
        x: f64,
        /// Pixels from its top edge.
        y: f64,
        /// Ref of the element.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<Ref>,
        /// Button of the mouse; left if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        button: Option<Button>,
        /// How often; 1 if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u8>,
    }
    /// Drag an element: onto another (to), by an offset (dx, dy), or along a path.
    Drag = "drag" {
        /// Ref of the element.
        r#ref: Ref,
        /// Ref of the element to drop it on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Ref>,
        /// Pixels to the right.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dx: Option<f64>,
        /// Pixels down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dy: Option<f64>,
        /// Offsets from where it was grabbed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        path: Vec<Point>,
        /// Where it is grabbed, in pixels from its top left corner; its middle if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grab: Option<Point>,
    }
    /// Replace the text of a field, or set a slider, spinner, date or colour.
    Fill = "fill" {
        /// Ref of the field.
        r#ref: Ref,
        /// The new text; "" empties it. Dates are YYYY-MM-DD, times HH:MM.
        text: String,
    }
    /// Type text key by key, at the end of what a field holds.
    Type = "type" {
        /// Ref of the field; the focused one if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<Ref>,
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
    /// Choose an option of a select or listbox.
    Select = "select" {
        /// Ref of the select.
        r#ref: Ref,
        /// Label of the option, as on the screen; several are joined by commas.
        option: String,
    }
    /// Switch a checkbox, radio or switch on or off.
    Check = "check" {
        /// Ref of the element.
        r#ref: Ref,
        /// true for on, false for off.
        checked: bool,
    }
    /// Select text, as with the mouse.
    SelectText = "select_text" {
        /// Ref of the element; the page if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<Ref>,
        /// The part to select; all of it if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    /// Copy what is selected.
    Copy = "copy" {}
    /// Paste what was copied.
    Paste = "paste" {
        /// Ref of the field; the focused one if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<Ref>,
    }
    /// Scroll the page, or a scrollable element, by most of its height.
    Scroll = "scroll" {
        /// Where to.
        direction: Direction,
        /// Ref of the scrollable element; the page if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<Ref>,
    }
    /// Wait for one of these.
    Wait = "wait" {
        /// A text that is to appear.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Ref of an element that is to go away.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gone: Option<Ref>,
        /// A part of the address that is to come.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// true: until nothing moves and nothing is loading.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idle: Option<bool>,
    }
    /// Show another tab.
    SwitchTab = "switch_tab" {
        /// Number of the tab, as on the screen.
        tab: u32,
    }
    /// Open a URL in a new tab.
    OpenTab = "open_tab" {
        /// Absolute URL.
        url: String,
    }
    /// Close a tab.
    CloseTab = "close_tab" {
        /// Number of the tab, as on the screen.
        tab: u32,
    }
    /// Make the window another size.
    Resize = "resize" {
        /// Width of the view, in pixels.
        width: u32,
        /// Height of the view, in pixels.
        height: u32,
    }
    /// Give a file to an upload field.
    Upload = "upload" {
        /// Ref of the field.
        r#ref: Ref,
        /// Path of the file, inside the folder that uploads are allowed from.
        path: String,
    }
    /// Click what downloads a file, and wait for the file.
    Download = "download" {
        /// Ref of the link or button.
        r#ref: Ref,
    }
    /// Print the page to a PDF file.
    Print = "print" {}
    /// Find text on the whole page, also out of view.
    Find = "find" {
        /// The text.
        text: String,
    }
    /// Show all that is inside an element, also what was left out of the screen.
    Expand = "expand" {
        /// Ref of the element.
        r#ref: Ref,
    }
    /// Read the page, or an element, as Markdown.
    Read = "read" {
        /// Ref of the element; the page if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#ref: Option<Ref>,
    }
    /// Start a program.
    Launch = "launch" {
        /// Its name and arguments, such as "mousepad notes.txt".
        program: String,
    }
    /// Move the mouse, or use it at a point of the screen.
    Mouse = "mouse" {
        /// What it does.
        r#do: MouseDeed,
        /// Pixels from the left edge; where it is if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        x: Option<f64>,
        /// Pixels from the top edge.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        y: Option<f64>,
        /// Where a drag ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Point>,
        /// Notches of the wheel to the right.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dx: Option<i32>,
        /// Notches of the wheel down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dy: Option<i32>,
        /// Button; left if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        button: Option<Button>,
        /// How often; 1 if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u8>,
        /// Keys that are held meanwhile, such as Control or Control+Shift.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<String>,
    }
    /// Hold a key or chord for a while.
    Hold = "hold" {
        /// The key, by its DOM name.
        keys: String,
        /// For how long, 10 at most.
        seconds: f64,
    }
}
