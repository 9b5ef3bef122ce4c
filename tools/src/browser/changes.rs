//! What differs between two looks at a page, and between two states of an element. Pure.

use std::collections::{BTreeMap, BTreeSet};

use handiwork_core::screen::{LineChange, diff};
use handiwork_core::{Change, Node, Ref, Screen, State};
use serde::Deserialize;

use super::screen::{Key, Look};
use super::watch::Counts;

/// State of a page and of the element that is acted on.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Pulse {
    pub(crate) mutations: u64,
    pub(super) quiet: f64,
    pub(super) own: f64,
    pub(super) age: f64,
    pub(super) ready: String,
    pub(super) focus: u64,
    pub(super) scroll: (f64, f64),
    pub(crate) value: Option<String>,
    pub(crate) checked: Option<String>,
    pub(super) states: String,
    /// Left, top, width and height of the target.
    pub(super) rect: Option<(f64, f64, f64, f64)>,
    /// How the target looked before a click and how it looks now, in words, if that is due to the click.
    pub(super) repaint: Option<(String, String)>,
    /// What is painted in the target, if it is a canvas: a digest.
    pub(super) picture: Option<String>,
    /// What the page complained of since the action began.
    pub(super) complaints: Vec<String>,
    /// The world that the focused element is in.
    #[serde(skip)]
    pub(super) focus_in: String,
}

impl Pulse {
    /// Adds what a frame of another site says; of the frame that is acted in, all of it.
    pub(super) fn add(&mut self, part: Self, token: String, is_home: bool) {
        self.mutations += part.mutations;
        self.quiet = self.quiet.min(part.quiet);
        self.own = self.own.min(part.own);
        self.age = self.age.min(part.age);
        self.complaints.extend(part.complaints);
        if is_home {
            (self.focus, self.focus_in) = (part.focus, token);
            (self.value, self.checked, self.states) = (part.value, part.checked, part.states);
            (self.rect, self.repaint, self.picture) = (part.rect, part.repaint, part.picture);
            self.scroll = (self.scroll.0 + part.scroll.0, self.scroll.1 + part.scroll.1);
        }
    }
}

/// Where a request goes, without what differs from one to the next.
pub(super) fn endpoint(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// A node as it is compared: having the focus is no effect.
fn comparable(node: &Node) -> Node {
    let mut node = node.clone();
    node.states.retain(|state| *state != State::Focused);
    node
}

fn by_key(look: &Look) -> BTreeMap<Key, String> {
    look.keys.iter().copied().zip(look.screen.nodes.iter().map(|node| comparable(node).line())).collect()
}

/// Lines of one document that read differently in two looks. Lines that only one look has may just have been scrolled away.
pub(super) fn changed(old: &Look, new: &Look) -> BTreeSet<Key> {
    let old = by_key(old);
    by_key(new).into_iter().filter(|(key, line)| old.get(key).is_some_and(|was| was != line)).map(|(key, _)| key).collect()
}

/// The lines that an action changed, if any: noise is left out, and the target's own line if its change is told otherwise.
pub(super) fn lines(before: &Look, after: &Look, noise: &BTreeSet<Key>, target: Option<u64>) -> Option<Change> {
    let kept = |look: &Look| -> Screen {
        let own = look.screen.nodes.iter().zip(&look.keys).filter(|(_, key)| !noise.contains(key) && !after.noisy.contains(key));
        let nodes = own.filter(|(_, key)| target != Some(key.0)).map(|(node, _)| comparable(node)).collect();
        Screen { nodes, ..Screen::default() }
    };
    let (mut added, mut altered, mut removed) = (0, 0, 0);
    for change in diff(&kept(before), &kept(after)) {
        match change {
            LineChange::Added { .. } => added += 1,
            LineChange::Changed { .. } => altered += 1,
            LineChange::Removed { .. } => removed += 1,
        }
    }
    (added + altered + removed > 0).then_some(Change::Lines { added, changed: altered, removed })
}

/// What can be seen of the target itself: where and how large it is, and how it is painted.
pub(super) fn looks(r: Ref, counts: Counts, before: &Pulse, pulse: &Pulse) -> Vec<Change> {
    let mut out = Vec::new();
    if let (true, Some(was), Some(now)) = (counts.place, before.rect, pulse.rect) {
        let (dx, dy) = (now.0 - was.0, now.1 - was.1);
        if dx.abs() >= 2.0 || dy.abs() >= 2.0 {
            out.push(Change::Moved { r#ref: r, dx, dy });
        }
        if (now.2 - was.2).abs() >= 2.0 || (now.3 - was.3).abs() >= 2.0 {
            out.push(Change::Sized { r#ref: r, width: now.2, height: now.3 });
        }
    }
    if let Some((from, to)) = pulse.repaint.clone() {
        out.push(Change::Appearance { r#ref: r, from, to });
    }
    if counts.picture && pulse.picture.is_some() && pulse.picture != before.picture {
        out.push(Change::Appearance { r#ref: r, from: "another picture".to_owned(), to: "painted anew".to_owned() });
    }
    out
}
