//! The one renderer of a [`Screen`] to text.
//!
//! One line per element: ref, role, quoted name, value, states; plain text is its quotes alone. It is what a model reads and what `handiwork screen` prints,
//! so its bytes must not depend on anything but the screen. Text is quoted as JSON strings: a page can't forge a line.

use std::fmt::Write as _;

use super::{Node, Screen, Verb};

/// Longest name or value on one line, in characters; the cut is announced.
const LONGEST: usize = 400;
/// Most choices of a select on one line; the cut is announced.
const MOST_OPTIONS: usize = 60;

/// Text in quotes, on one line.
fn quote_within(text: &str, most: usize) -> String {
    let mut cut: String = text.chars().take(most).collect();
    let more = text.chars().count().saturating_sub(most);
    if more > 0 {
        let _ = write!(cut, "… ({more} more characters)");
    }
    serde_json::to_string(&cut).unwrap_or_default()
}

impl Node {
    /// The line of this element, without indentation.
    #[must_use]
    pub fn line(&self) -> String {
        self.line_within(LONGEST, MOST_OPTIONS)
    }

    /// The same with all of its name, value and options.
    #[must_use]
    pub fn whole_line(&self) -> String {
        self.line_within(usize::MAX, usize::MAX)
    }

    fn line_within(&self, longest: usize, most_options: usize) -> String {
        let quote = |text: &str| quote_within(text, longest);
        let mut out = String::new();
        if let Some(r) = self.r#ref {
            let _ = write!(out, "{r} ");
        }
        // Text that can only be read needs no word for what it is.
        let plain = self.r#ref.is_none() && self.role == "text" && !self.name.is_empty();
        if !plain {
            out.push_str(&self.role);
        }
        if !self.name.is_empty() {
            let _ = write!(out, "{}{}", if plain { "" } else { " " }, quote(&self.name));
        }
        if !self.hint.is_empty() {
            let _ = write!(out, " ({})", self.hint.replace(['\n', '\r'], " "));
        }
        if let Some(value) = &self.value {
            let _ = write!(out, " value={}", quote(value));
        }
        for state in &self.states {
            let _ = write!(out, " {}", state.word());
        }
        if self.verbs.contains(&Verb::Scroll) {
            out.push_str(" scrollable");
        }
        if !self.options.is_empty() {
            let shown: Vec<String> = self.options.iter().take(most_options).map(|option| quote(option)).collect();
            let _ = write!(out, " options=[{}", shown.join(", "));
            match self.options.len().saturating_sub(most_options) {
                0 => out.push(']'),
                more => {
                    let _ = write!(out, ", … {more} more]");
                }
            }
        }
        out
    }
}

impl Screen {
    /// The title line: title and address.
    #[must_use]
    pub fn heading(&self) -> String {
        match (self.title.trim().is_empty(), self.url.is_empty()) {
            (true, true) => "(untitled)".to_owned(),
            (true, false) => self.url.clone(),
            (false, true) => one_line(&self.title),
            (false, false) => format!("{} — {}", one_line(&self.title), self.url),
        }
    }

    /// All lines below the title, indented by depth.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.nodes.iter().map(|node| format!("{}{}", "  ".repeat(usize::from(node.depth) + 1), node.line())).collect()
    }

    /// The whole screen as text, each line ended by a newline.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = self.heading();
        out.push('\n');
        for line in self.lines() {
            out.push_str(&line);
            out.push('\n');
        }
        if self.nodes.is_empty() {
            out.push_str("  (nothing visible)\n");
        }
        self.render_tail(&mut out);
        out
    }

    /// Notes and tabs, which close a full screen and a delta alike.
    pub(super) fn render_tail(&self, out: &mut String) {
        for note in &self.notes {
            let _ = writeln!(out, "  ({note})");
        }
        if self.tabs.len() > 1 {
            out.push_str("  tabs:\n");
            for tab in &self.tabs {
                let here = if tab.active { " (this one)" } else { "" };
                let _ = writeln!(out, "    {} {} — {}{here}", tab.number, one_line(&tab.title), tab.url);
            }
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
