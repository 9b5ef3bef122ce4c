//! Refs and what they stand for.
//!
//! A ref stands for an element of a program, a window, or a text on pixels, and is never given again. What the model was last shown of it is
//! kept beside it: an element that has become something else since is refused, not clicked.

use std::collections::{BTreeMap, HashMap};

use handiwork_core::{Reason, Ref};

use super::x::Area;

/// What a ref can stand for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Thing {
    /// An element of an accessibility tree: the program's name on the bus, and its path.
    Element { bus: String, path: String },
    /// A window.
    Window { id: u32 },
    /// A text that was read off the pixels of a window; the number tells it from others.
    Seen { window: u32, number: u32 },
}

/// A thing as it was last shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) thing: Thing,
    /// The window that it is in.
    pub(crate) window: u32,
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) area: Area,
    /// Which program it belongs to, as an origin.
    pub(crate) origin: String,
}

/// All refs of a run.
#[derive(Debug)]
pub(crate) struct Refs {
    next: u32,
    /// Refs below this one were given before the desktop was made again: what is not known of them any more is gone.
    given: u32,
    known: BTreeMap<Ref, Known>,
    by_thing: HashMap<Thing, Ref>,
}

impl Default for Refs {
    fn default() -> Self {
        Self { next: 1, given: 0, known: BTreeMap::new(), by_thing: HashMap::new() }
    }
}

impl Refs {
    /// What `r` stands for, or why it stands for nothing.
    pub(crate) fn find(&self, r: Ref) -> Result<Known, Reason> {
        let missing = if r.0 < self.given { Reason::Stale { r#ref: r } } else { Reason::UnknownRef { r#ref: r } };
        self.known.get(&r).cloned().ok_or(missing)
    }

    /// The ref of a thing that is now shown like this.
    pub(crate) fn show(&mut self, known: Known) -> Ref {
        let r = *self.by_thing.entry(known.thing.clone()).or_insert_with(|| {
            self.next += 1;
            Ref(self.next - 1)
        });
        self.known.insert(r, known);
        r
    }

    /// The ref of a thing, if it has one.
    pub(crate) fn of(&self, thing: &Thing) -> Option<Ref> {
        self.by_thing.get(thing).copied()
    }

    /// The things of all refs are gone. The next new one is `next`, or the one after the last.
    pub(crate) fn begin_again(&mut self, next: u32) {
        self.next = self.next.max(next);
        self.given = self.next;
        self.known.clear();
        self.by_thing.clear();
    }

    /// A thing stands for what an old ref stood for. False if that can't be.
    pub(crate) fn adopt(&mut self, r: Ref, known: Known) -> bool {
        if r.0 >= self.given || self.known.contains_key(&r) || self.by_thing.contains_key(&known.thing) {
            return false;
        }
        self.by_thing.insert(known.thing.clone(), r);
        self.known.insert(r, known);
        true
    }
}
