//! What is printed, and in which colours. Colour is an extra: nothing is told by it alone, and `NO_COLOR` is honoured.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the command line prints")]

use std::io::{IsTerminal, Write as _};

use serde::Serialize;

/// How results are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out {
    pub(crate) json: bool,
}

impl Out {
    /// Prints a result: as JSON, or as `text` makes it.
    pub(crate) fn result<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) {
        if self.json {
            line(&serde_json::to_string(value).unwrap_or_default());
        } else {
            line(text().trim_end());
        }
    }
}

/// A line on stdout. A closed pipe is the reader's choice and no error.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line on stderr.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// An error with what to do about it.
pub(crate) fn error(message: &str, hint: Option<&str>) {
    note(&format!("{} {message}", paint(Paint::Red, "error:")));
    if let Some(hint) = hint {
        note(&format!("{} {hint}", paint(Paint::Cyan, "hint:")));
    }
}

/// A colour.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Paint {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
    Grey = 90,
}

/// `text` in colour, where stderr is a terminal that wants it.
pub(crate) fn paint(colour: Paint, text: &str) -> String {
    painted(colour, text, std::io::stderr().is_terminal())
}

/// `text` in colour, if it goes to a terminal that wants it.
pub(crate) fn painted(colour: Paint, text: &str, terminal: bool) -> String {
    if terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) {
        format!("\x1b[{}m{text}\x1b[0m", colour as u8)
    } else {
        text.to_owned()
    }
}

/// Asks a yes-or-no question on the terminal; `None` when there is none to ask at.
pub(crate) fn confirm(question: &str) -> Option<bool> {
    let answer = asked(&format!("{question} [y/N]"))?;
    Some(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line on the terminal; `None` when there is none to ask at, or nothing is said.
pub(crate) fn asked(question: &str) -> Option<String> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    let _ = write!(std::io::stderr().lock(), "{} {question} ", paint(Paint::Yellow, "?"));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).ok()?;
    Some(answer.trim().to_owned())
}
