//! What came of an act: what is different on the screen, and is its doing.
//!
//! The one decision: an effect is something that a person would call one. That a button looks pressed, or that the mouse has changed its
//! colours, is none; a line that is different by itself from time to time is none either.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use handiwork_core::screen::{LineChange, State as Word, diff};
use handiwork_core::{Change, Node, Ref, Screen};

use super::super::eyes::{Look, title};
use super::super::refs::Thing;
use super::super::x::Area;
use super::Deed;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effects {
    /// The element that it was done to.
    pub(crate) target: Option<Ref>,
    /// Whether the focus is what was wanted.
    pub(crate) focus: bool,
    /// Whether other pixels are an effect, and where.
    pub(crate) pixels: Option<Area>,
    /// What it is to hold in the end; nothing else counts.
    pub(crate) value: Option<String>,
    /// Whether it is to be on or off in the end; nothing else counts.
    pub(crate) checked: Option<bool>,
}

/// Notes lines that change while nothing is done. Once is none: it may be an effect that came late.
pub(crate) fn note_restless(known: &Mutex<HashMap<Ref, u32>>, before: &Screen, now: &Screen) {
    if before.nodes.is_empty() || before.title != now.title {
        return;
    }
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    for change in diff(before, now) {
        if let LineChange::Changed { r#ref, .. } = change {
            *known.entry(r#ref).or_default() += 1;
        }
    }
}

impl Effects {
    /// Whether there is any yet.
    pub(crate) fn any(&self, deed: &Deed<'_>, look: &Look) -> bool {
        !self.of(deed, look).is_empty()
    }

    /// All of them.
    pub(crate) fn of(&self, deed: &Deed<'_>, now: &Look) -> Vec<Change> {
        let before = &deed.before;
        let node = self.target.and_then(|r| now.screen.get(r));
        if let (Some(wanted), Some(r)) = (&self.value, self.target) {
            let was = before.screen.get(r).and_then(|node| node.value.clone()).unwrap_or_default();
            let is = node.and_then(|node| node.value.clone()).unwrap_or_default();
            return if same(&is, wanted) {
                vec![Change::Value { r#ref: r, from: told(deed, &was), to: told(deed, &is) }]
            } else {
                Vec::new()
            };
        }
        if let (Some(wanted), Some(r)) = (self.checked, self.target) {
            // A menu is gone when one of it has been chosen; what it was is known all the same.
            let is = node.map(is_on).or_else(|| deed.gone_is_on());
            return if is == Some(wanted) { vec![Change::Checked { r#ref: r, checked: wanted }] } else { Self::windows(before, now, deed) };
        }
        let mut out = Self::windows(before, now, deed);
        if let Some(r) = self.target {
            out.extend(own(r, before.screen.get(r), node, deed));
        }
        if self.focus {
            let (was, is) = (focused(&before.screen), focused(&now.screen));
            if was != is && is.is_some() {
                out.push(Change::Focus { r#ref: is });
            }
        }
        out.extend(self.lines(before, now, deed));
        if let Some(area) = self.pixels
            && out.is_empty()
        {
            let (was, is) = (before.pixels.part(area), now.pixels.part(area));
            let changed: Vec<Area> = is.changed(&was);
            if let Some(whole) = changed.into_iter().reduce(super::super::x::pixels::around) {
                let what = format!("the picture changed at {},{} ({}×{} pixels)", whole.x, whole.y, whole.w, whole.h);
                out.push(match self.target {
                    Some(r) => Change::Appearance { r#ref: r, from: "one picture".to_owned(), to: format!("another: {what}") },
                    None => Change::Told { text: what },
                });
            }
        }
        out
    }

    fn windows(before: &Look, now: &Look, deed: &Deed<'_>) -> Vec<Change> {
        let mut out = Vec::new();
        let number = |id: u32| deed.eyes.numbers.get(&id).copied().unwrap_or_default();
        for win in now.windows.all.iter().filter(|win| !win.popup && before.windows.get(win.id).is_none()) {
            out.push(if win.modal {
                Change::DialogOpened { kind: "modal".to_owned(), message: told(deed, &title(win)) }
            } else {
                Change::TabOpened { number: number(win.id), url: told(deed, &title(win)) }
            });
        }
        for win in before.windows.all.iter().filter(|win| !win.popup && now.windows.get(win.id).is_none()) {
            out.push(Change::TabClosed { number: number(win.id) });
        }
        if out.is_empty()
            && let Some(active) = now.windows.active
            && before.windows.active.is_some_and(|was| was != active)
        {
            out.push(Change::TabSwitched { number: number(active) });
        }
        out
    }

    /// Lines that are new, gone or different.
    fn lines(&self, before: &Look, now: &Look, deed: &Deed<'_>) -> Option<Change> {
        let restless = deed.desktop.restless.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut added, mut changed, mut removed) = (0, 0, 0);
        for change in diff(&without_focus(&before.screen), &without_focus(&now.screen)) {
            match change {
                LineChange::Changed { r#ref, .. } if restless.get(&r#ref).is_some_and(|count| *count > 1) => {}
                LineChange::Changed { r#ref, .. } if Some(r#ref) == self.target => {}
                LineChange::Changed { .. } => changed += 1,
                LineChange::Added { .. } => added += 1,
                LineChange::Removed { .. } => removed += 1,
            }
        }
        (added + changed + removed > 0).then_some(Change::Lines { added, changed, removed })
    }
}

/// What is different about the target itself.
fn own(r: Ref, was: Option<&Node>, is: Option<&Node>, deed: &Deed<'_>) -> Vec<Change> {
    let (Some(was), Some(is)) = (was, is) else { return Vec::new() };
    let mut out = Vec::new();
    if was.value != is.value {
        let (from, to) = (was.value.clone().unwrap_or_default(), is.value.clone().unwrap_or_default());
        out.push(if is.role == "combobox" {
            Change::Selected { r#ref: r, option: told(deed, &to) }
        } else {
            Change::Value { r#ref: r, from: told(deed, &from), to: told(deed, &to) }
        });
    }
    if is_on(was) != is_on(is) {
        out.push(Change::Checked { r#ref: r, checked: is_on(is) });
    } else if was.states.contains(&Word::Selected) != is.states.contains(&Word::Selected) {
        out.push(Change::Selected { r#ref: r, option: is.name.clone() });
    } else if was.states.contains(&Word::Expanded) != is.states.contains(&Word::Expanded) || was.name != is.name {
        out.push(Change::Lines { added: 0, changed: 1, removed: 0 });
    }
    out
}

pub(crate) fn is_on(node: &Node) -> bool {
    node.states.contains(&Word::Checked) || node.states.contains(&Word::Pressed)
}

fn focused(screen: &Screen) -> Option<Ref> {
    screen
        .nodes
        .iter()
        .find(|node| node.states.contains(&Word::Focused) && !matches!(node.role.as_str(), "window" | "dialog"))
        .and_then(|node| node.r#ref)
}

fn without_focus(screen: &Screen) -> Screen {
    let mut screen = screen.clone();
    for node in &mut screen.nodes {
        node.states.retain(|state| *state != Word::Focused);
    }
    screen
}

/// Whether a field holds what it was to hold.
pub(crate) fn same(is: &str, wanted: &str) -> bool {
    let plain = |text: &str| text.trim_end_matches(['\n', '\r']).replace("\r\n", "\n");
    plain(is) == plain(wanted)
        || matches!((is.trim().replace(',', ".").parse::<f64>(), wanted.trim().replace(',', ".").parse::<f64>()), (Ok(one), Ok(other)) if (one - other).abs() < 1e-9)
}

fn told(deed: &Deed<'_>, text: &str) -> String {
    deed.cx.secrets().redact(text)
}

impl Deed<'_> {
    /// Whether a target that can't be seen any more is on.
    fn gone_is_on(&self) -> Option<bool> {
        let Thing::Element { bus, path } = &self.known.as_ref()?.thing else { return None };
        let item = self.eyes.apps.get(bus)?.items.get(path)?;
        Some(item.is(atspi::State::Checked) || item.is(atspi::State::Pressed))
    }

    /// The target's ref.
    pub(super) fn target(&self) -> Option<Ref> {
        self.r
    }

    /// Whether the target is drawn and nothing is known of what is in it.
    pub(super) fn is_picture(&self) -> bool {
        self.known
            .as_ref()
            .is_some_and(|known| matches!(known.role.as_str(), "img") || matches!(known.thing, Thing::Seen { .. } | Thing::Window { .. }))
    }
}
