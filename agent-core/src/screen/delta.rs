//! What changed between two screens, for a reader who has seen the first one.
//!
//! Elements with a ref are matched by ref; text without one is matched by its line and how often it occurs. A delta that would
//! not be much smaller than the full screen is not worth the reader's effort, and the full screen is sent instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Ref, Screen};

/// One changed line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LineChange {
    /// A line that was not there.
    Added {
        /// Its ref, if it has one.
        r#ref: Option<Ref>,
        /// The line.
        line: String,
    },
    /// A line that is gone.
    Removed {
        /// Its ref, if it had one.
        r#ref: Option<Ref>,
        /// The line as it was.
        line: String,
    },
    /// The same element, now different.
    Changed {
        /// Its ref.
        r#ref: Ref,
        /// The line as it was.
        was: String,
        /// The line as it is.
        now: String,
    },
}

/// All changed lines between two screens: first what was added or changed, in the new screen's order, then what is gone.
#[must_use]
pub fn diff(old: &Screen, new: &Screen) -> Vec<LineChange> {
    let old_by_ref: BTreeMap<Ref, String> = old.nodes.iter().filter_map(|node| Some((node.r#ref?, node.line()))).collect();
    let new_refs: BTreeSet<Ref> = new.nodes.iter().filter_map(|node| node.r#ref).collect();
    let mut old_text: BTreeMap<String, usize> = BTreeMap::new();
    for node in old.nodes.iter().filter(|node| node.r#ref.is_none()) {
        *old_text.entry(node.line()).or_default() += 1;
    }
    let mut out = Vec::new();
    for node in &new.nodes {
        let line = node.line();
        match node.r#ref {
            Some(r) => match old_by_ref.get(&r) {
                Some(was) if *was == line => {}
                Some(was) => out.push(LineChange::Changed { r#ref: r, was: was.clone(), now: line }),
                None => out.push(LineChange::Added { r#ref: Some(r), line }),
            },
            None => match old_text.get_mut(&line) {
                Some(count) if *count > 0 => *count -= 1,
                _ => out.push(LineChange::Added { r#ref: None, line }),
            },
        }
    }
    for node in &old.nodes {
        let line = node.line();
        match node.r#ref {
            Some(r) if !new_refs.contains(&r) => out.push(LineChange::Removed { r#ref: Some(r), line }),
            Some(_) => {}
            None => {
                if let Some(count) = old_text.get_mut(&line).filter(|count| **count > 0) {
                    *count -= 1;
                    out.push(LineChange::Removed { r#ref: None, line });
                }
            }
        }
    }
    out
}

impl Screen {
    /// What changed since `old`, as text; `None` when the full screen is the better thing to read: another page, or a delta
    /// that is not at least a third smaller.
    #[must_use]
    pub fn delta(&self, old: &Self) -> Option<String> {
        if old.url != self.url || old.title != self.title {
            return None;
        }
        let mut out = format!("{} (what changed)\n", self.heading());
        let changes = diff(old, self);
        if changes.is_empty() {
            out.push_str("  (nothing changed)\n");
        }
        for change in &changes {
            let _ = match change {
                LineChange::Added { line, .. } => writeln!(out, "+ {line}"),
                LineChange::Changed { now, .. } => writeln!(out, "~ {now}"),
                LineChange::Removed { r#ref: Some(r), .. } => writeln!(out, "- {r}"),
                LineChange::Removed { line, .. } => writeln!(out, "- {line}"),
            };
        }
        if old.notes != self.notes || old.tabs != self.tabs {
            self.render_tail(&mut out);
        }
        (out.len() * 3 <= self.render().len() * 2).then_some(out)
    }
}
