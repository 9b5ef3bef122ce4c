//! What a page complains of: errors that nobody caught, and promises that were rejected.
//!
//! An isolated world hears no errors of the page's own world, and the debugger's console can be noticed by a page. So a listener
//! is added in the page's world before any script of the page runs, with nothing that the page can reach, and it passes the words
//! on by an event whose name can't be guessed.

use std::sync::LazyLock;

/// The name of the event: drawn once, 74 random bits.
pub(crate) static CHANNEL: LazyLock<String> = LazyLock::new(|| uuid::Uuid::now_v7().simple().to_string());

/// What is run in each new document before its own scripts.
pub(super) fn script() -> String {
    format!("({})({:?})", include_str!("complaints.js"), CHANNEL.as_str())
}
