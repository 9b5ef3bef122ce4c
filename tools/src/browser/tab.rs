//! What is known of a tab, and of the parts that it is made of.
//!
//! A page, a frame of another origin in it, and a frame in that one are told apart only by where they hang: each is a part with
//! a script of ours in it. The one decision: parts are named by session (and frame, where several share one), never by address,
//! since two frames may show the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::cdp::Session;
use super::dialog::Dialog;

/// A document of a tab that our script is in: the page itself, or a frame of another origin, each with the frames of its own
/// origin in it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) session: Session,
    /// Its topmost frame.
    pub(crate) frame: String,
    /// Key of the part that the frame's element is in; none for the page itself.
    pub(crate) parent: Option<String>,
    /// The frame's element, once known: token of its world, and its number there.
    pub(crate) owner: Option<(String, u64)>,
    /// Context and token of our world in it, if known to be there.
    pub(crate) world: Option<(i64, String)>,
    /// The last token that was known.
    pub(crate) token: String,
    /// Upload fields that the page asked to fill, by the browser's number, and not yet known to our world.
    pub(crate) choosers: Vec<i64>,
}

impl Part {
    pub(super) fn new(session: Session, frame: String, parent: Option<String>) -> Self {
        Self { session, frame, parent, owner: None, world: None, token: String::new(), choosers: Vec::new() }
    }

    pub(super) fn is_new_document(&mut self) {
        self.world = None;
        self.choosers.clear();
    }
}

/// One tab.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    pub(crate) number: u32,
    pub(crate) target: String,
    pub(crate) session: Session,
    pub(crate) url: String,
    pub(crate) title: String,
    /// All parts, the page itself among them, by session; what shares the session of another has its frame's id behind that.
    pub(crate) parts: BTreeMap<String, Part>,
    /// Id of the request for the next document, while it is under way.
    pub(crate) pending: Option<String>,
    /// Requests that have no answer yet.
    pub(crate) requests: BTreeSet<String>,
    pub(crate) crashed: bool,
    /// The dialog that waits for an answer.
    pub(crate) dialog: Option<Dialog>,
    /// Dialogs in a row that were answered at once, since something was last done.
    pub(crate) storm: u32,
    /// A script of this page did not end in time.
    pub(crate) hung: bool,
    /// Documents that it has shown so far.
    pub(crate) documents: u64,
    /// A page of our own, which nobody is told of.
    pub(crate) hidden: bool,
    /// What a drag of the page's own carries, once the browser has handed it to us.
    pub(crate) drag: Option<Value>,
}

impl Tab {
    /// A page of which nothing is known yet.
    pub(super) fn new(number: u32, target: String, session: Session, url: String) -> Self {
        // Until told otherwise: the main frame of a page has the id of its target.
        let page = Part::new(session.clone(), target.clone(), None);
        Self {
            number,
            target,
            parts: BTreeMap::from([(session.id.clone(), page)]),
            session,
            url,
            title: String::new(),
            pending: None,
            requests: BTreeSet::new(),
            crashed: false,
            dialog: None,
            storm: 0,
            hung: false,
            documents: 0,
            hidden: false,
            drag: None,
        }
    }

    /// A part by its key.
    pub(crate) fn part(&self, key: &str) -> Option<&Part> {
        self.parts.get(key)
    }

    /// The key of the part in whose world something got its number. What nobody knows is asked of the page, which knows it
    /// not either.
    pub(crate) fn part_of(&self, token: &str) -> &str {
        let part = self.parts.iter().find(|(_, part)| part.token == token);
        part.map_or(&self.session.id, |(key, _)| key)
    }

    /// The frames of other origins that we have looked into.
    pub(crate) fn looked_at(&self) -> impl Iterator<Item = &String> {
        self.parts.iter().filter(|(_, part)| part.world.is_some() && part.parent.is_some()).map(|(key, _)| key)
    }

    /// The main frame.
    pub(super) fn frame(&self) -> &str {
        self.parts.get(&self.session.id).map_or("", |part| &part.frame)
    }

    pub(super) fn dialog_is_gone(&mut self) {
        if self.dialog.take().is_some() {
            self.parts.values().for_each(|part| part.session.go_on());
        }
    }

    pub(super) fn forget_worlds(&mut self) {
        for part in self.parts.values_mut() {
            part.world = None;
        }
    }
}

impl Happening {
    /// The tab that it happened in, if it was in one.
    pub(super) fn tab(&self) -> Option<u32> {
        match self {
            Self::Navigated { tab, .. }
            | Self::Url { tab, .. }
            | Self::Asked { tab, .. }
            | Self::Storm { tab, .. }
            | Self::Refused { tab, .. }
            | Self::Opened { tab, .. }
            | Self::Closed { tab }
            | Self::Request { tab, .. }
            | Self::Failed { tab, .. }
            | Self::Deed { tab, .. } => Some(*tab),
            Self::Dialog { .. } => None,
        }
    }
}

/// Something that happened in a tab.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Happening {
    /// The main frame shows another document.
    Navigated { tab: u32, url: String },
    /// The address changed within a document.
    Url { tab: u32, url: String },
    /// A dialog opened and waits for an answer.
    Asked { tab: u32, kind: String, message: String },
    /// A page opens dialogs without end.
    Storm { tab: u32, count: u32 },
    /// The server answered a request with an error; `main` if it was for the document of the tab.
    Refused { tab: u32, status: u16, method: String, url: String, main: bool, idle: bool },
    /// A dialog opened and was answered.
    Dialog { kind: String, message: String, answer: String },
    /// A tab opened.
    Opened { tab: u32, url: String },
    /// A tab closed.
    Closed { tab: u32 },
    /// The page asks its server for something, or tells it something.
    /// `quiet` ones tell nobody of an effect; `idle` ones were sent while nothing was being done.
    Request { tab: u32, id: String, method: String, url: String, quiet: bool, idle: bool },
    /// A person did something, in the words of our script.
    Deed { tab: u32, told: String },
    /// A request of the main document could not be completed.
    Failed { tab: u32, error: String },
}
