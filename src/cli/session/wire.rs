//! What is said over the socket: one line of JSON each way, and the connection is over.

use handiwork::core::{Action, Receipt};
use serde::{Deserialize, Serialize};

/// Both sides must be of the same make: a daemon outlives an update of the program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) version: String,
    pub(super) ask: Ask,
}

/// What the session is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    /// Do this and tell what it did.
    Act { action: Action },
    /// Show the page.
    Screen { scope: Scope },
    /// Take a picture.
    Shot { full: bool, refs: bool, element: Option<String> },
    /// Where the session is.
    Where,
    /// End it.
    Close,
}

/// How much of the page.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scope {
    /// What is in view.
    View,
    /// All that can be scrolled to.
    Whole,
    /// All that can be acted on, in view or not.
    Controls,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// An action was done, or refused with a reason.
    Done {
        receipt: Receipt,
        /// The receipt in words.
        told: String,
        /// What changed on the screen since it was last shown, or all of it if that is not much more.
        screen: String,
        /// Whether `screen` is only what changed.
        delta: bool,
    },
    Screen {
        text: String,
    },
    Shot {
        /// Base64. `None` if a secret could be on the picture.
        png: Option<String>,
        width: u32,
        height: u32,
    },
    Where {
        title: String,
        url: String,
        pid: u32,
    },
    Closed,
    Failed {
        message: String,
        hint: Option<String>,
        /// Exit code.
        code: u8,
    },
}
