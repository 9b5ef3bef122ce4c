//! Refs and what they stand for.
//!
//! A ref stands for (tab, document, element) and is never given again. What the model was last shown of it is kept beside it:
//! an element that has become something else since is refused, not clicked.

use std::collections::{BTreeMap, HashMap};

use handiwork_core::{Reason, Ref};

/// Refs from here on stand for elements that the model was never shown; they never leave this crate.
const PROVISIONAL: u32 = 0x8000_0000;

/// An element that has a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) tab: u32,
    pub(crate) token: String,
    pub(crate) id: u64,
    pub(crate) role: String,
    pub(crate) name: String,
}

/// All refs of a run.
#[derive(Debug)]
pub(crate) struct Refs {
    next: u32,
    /// Refs below this one were given, by whomever: what is not known of them any more is gone, and not made up.
    given: u32,
    known: BTreeMap<Ref, Known>,
    by_element: HashMap<(String, u64), Ref>,
}

impl Refs {
    pub(crate) fn new(first: u32) -> Self {
        Self { next: first, given: 0, known: BTreeMap::new(), by_element: HashMap::new() }
    }

    /// What `r` stands for.
    pub(crate) fn get(&self, r: Ref) -> Option<&Known> {
        self.known.get(&r)
    }

    /// What `r` stands for, or why it stands for nothing.
    pub(crate) fn find(&self, r: Ref) -> Result<Known, Reason> {
        let missing = if r.0 < self.given { Reason::Stale { r#ref: r } } else { Reason::UnknownRef { r#ref: r } };
        self.known.get(&r).cloned().ok_or(missing)
    }

    /// The number of the next ref.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    /// All refs that stand for something.
    pub(crate) fn all(&self) -> Vec<Ref> {
        self.known.keys().copied().collect()
    }

    /// Goes on counting from `next` at least.
    pub(crate) fn go_on_at(&mut self, next: u32) {
        self.next = self.next.max(next);
    }

    /// The elements of all refs are gone. The next new one is `next`, or the one after the last.
    pub(crate) fn begin_again(&mut self, next: u32) {
        self.go_on_at(next);
        self.given = self.next;
        self.known.clear();
        self.by_element.clear();
    }

    /// An element stands for what an old ref stood for. False if that can't be.
    pub(crate) fn adopt(&mut self, r: Ref, known: Known) -> bool {
        let key = (known.token.clone(), known.id);
        if r.0 >= self.given || self.known.contains_key(&r) || self.by_element.contains_key(&key) {
            return false;
        }
        self.by_element.insert(key, r);
        self.known.insert(r, known);
        true
    }

    /// The ref of an element, if it has one.
    pub(crate) fn of(&self, token: &str, id: u64) -> Option<Ref> {
        self.by_element.get(&(token.to_owned(), id)).copied()
    }

    /// The ref of an element that is now shown to the model as this role and name.
    pub(crate) fn show(&mut self, known: Known) -> Ref {
        let key = (known.token.clone(), known.id);
        let r = *self.by_element.entry(key).or_insert_with(|| {
            self.next += 1;
            Ref(self.next - 1)
        });
        self.known.insert(r, known);
        r
    }

    /// The ref of an element on a screen that nobody is shown.
    pub(crate) fn peek(&self, token: &str, id: u64) -> Ref {
        let number = super::number_of(token, id);
        self.of(token, id).unwrap_or(Ref(PROVISIONAL | ((number ^ (number >> 20)) as u32 & !PROVISIONAL)))
    }
}

/// Whether a ref is one that the model may know.
pub(crate) fn is_shown(r: Ref) -> bool {
    r.0 < PROVISIONAL
}
