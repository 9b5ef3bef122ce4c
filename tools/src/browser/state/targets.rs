//! Tabs, frames and workers as they come and go, and the one page that is none of them: hidden, to look something up.

use serde_json::Value;

use super::super::cdp::{self, Connection, Disguise, Session, Viewport};
use super::super::tab::{Happening, Part, Tab};
use super::{Inner, State, text};

/// The number of the page that nobody is told of.
pub(super) const HIDDEN: u32 = u32::MAX;

impl State {
    /// Gives a tab the number that it had in another browser, if no other has that; gives the number that it has then.
    pub(crate) fn renumber(&self, number: u32, wanted: u32) -> u32 {
        let mut inner = self.lock();
        if number == wanted || inner.tabs.contains_key(&wanted) {
            return number;
        }
        let Some(mut tab) = inner.tabs.remove(&number) else { return number };
        tab.number = wanted;
        inner.tabs.insert(wanted, tab);
        inner.front.iter_mut().filter(|front| **front == number).for_each(|front| *front = wanted);
        inner.last_number = inner.last_number.max(wanted);
        wanted
    }

    /// A page of our own can be used like a tab from now on, under a number that no tab has. Nobody is told of it.
    pub(crate) fn hide(&self, target: &str, session: &Session) -> u32 {
        session.set_up(self.viewport(), &self.disguise);
        let mut inner = self.lock();
        let mut tab = Tab::new(HIDDEN, target.to_owned(), session.clone(), String::new());
        tab.hidden = true;
        inner.beside.clear();
        inner.hidden.insert(target.to_owned());
        inner.tabs.insert(HIDDEN, tab);
        HIDDEN
    }

    /// The hidden page is gone; gives what happened in it.
    pub(crate) fn unhide(&self) -> Vec<Happening> {
        let mut inner = self.lock();
        inner.tabs.remove(&HIDDEN);
        std::mem::take(&mut inner.beside)
    }

    /// What happened in the hidden page so far.
    pub(crate) fn beside(&self) -> Vec<Happening> {
        self.lock().beside.clone()
    }
}

impl Inner {
    pub(super) fn attached(
        &mut self,
        connection: &Connection,
        parent: Option<&str>,
        params: &Value,
        (viewport, disguise): (Viewport, &Disguise),
    ) {
        let session = Session { connection: connection.clone(), id: text(params, "/sessionId").to_owned() };
        let target = text(params, "/targetInfo/targetId").to_owned();
        match text(params, "/targetInfo/type") {
            "page" | "other" if self.keeping.takes(&session, &target, params) => return,
            "page" => {
                if self.hidden.contains(text(params, "/targetInfo/openerId")) {
                    // Until it runs, what has opened it may wait for it.
                    session.run();
                    cdp::drop_tab(connection, &target);
                    return;
                }
            }
            "iframe" => {
                session.set_up_frame(disguise);
                let tab = parent.and_then(|parent| self.tabs.values_mut().find(|tab| tab.parts.contains_key(parent)));
                if let Some(tab) = tab {
                    // A frame has the id of its target; until now it may have been drawn by the process around it.
                    tab.parts.retain(|_, part| part.frame != target);
                    tab.parts.insert(session.id.clone(), Part::new(session, target, parent.map(str::to_owned)));
                }
                return;
            }
            _ => {
                // Workers and the like may run; nothing in them is on a screen.
                session.set_up_worker(disguise);
                return;
            }
        }
        session.set_up(viewport, disguise);
        self.last_number += 1;
        let number = self.last_number;
        let url = text(params, "/targetInfo/url").to_owned();
        let tab = Tab::new(number, target, session, url.clone());
        self.tabs.insert(number, tab);
        self.front.push(number);
        self.note(Happening::Opened { tab: number, url });
    }

    pub(super) fn detached(&mut self, session: &str) {
        let Some(tab) = self.tabs.values_mut().find(|tab| tab.parts.contains_key(session)) else { return };
        if tab.session.id != session {
            tab.parts.retain(|_, part| part.session.id != session);
            return;
        }
        let number = tab.number;
        self.tabs.remove(&number);
        self.front.retain(|other| *other != number);
        self.note(Happening::Closed { tab: number });
    }

    /// The session of the frame with this target.
    pub(super) fn part_of_target(&self, target: &str) -> Option<String> {
        let mut parts = self.tabs.values().flat_map(|tab| tab.parts.values().filter(|part| part.parent.is_some()));
        parts.find(|part| part.frame == target).map(|part| part.session.id.clone())
    }

    pub(super) fn info_changed(&mut self, params: &Value) {
        let target = text(params, "/targetInfo/targetId");
        if let Some(tab) = self.tabs.values_mut().find(|tab| tab.target == target) {
            text(params, "/targetInfo/url").clone_into(&mut tab.url);
            text(params, "/targetInfo/title").clone_into(&mut tab.title);
        }
    }
}
