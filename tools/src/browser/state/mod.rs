//! What the browser has told us: its tabs, and what happened in them.
//!
//! Events are folded into this state in the order in which they come, under one lock that is never held across an await. What
//! happened is a numbered list: an action notes the number before it acts, and reads what came after it. Dialogs are answered
//! right here or stop all calls into their page: a page with an open dialog answers nothing else.

mod events;
mod targets;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use handiwork_core::EffectClass;
use serde_json::Value;
use tokio::sync::watch;

use super::cdp::{self, Connection, Disguise, Event, Session, Viewport};
use super::config::DialogPolicy;
use super::profile::Keeping;
pub(crate) use super::tab::{Happening, Part, Tab};

/// Most happenings that are kept.
const MOST: usize = 512;

#[derive(Debug, Default)]
struct Inner {
    tabs: BTreeMap<u32, Tab>,
    /// Tabs in the order in which they were in front; the last one is.
    front: Vec<u32>,
    last_number: u32,
    happened: VecDeque<(u64, Happening)>,
    sequence: u64,
    /// What happened in the hidden page: no action's doing, and nothing to tell.
    beside: Vec<Happening>,
    /// Targets of hidden pages: what they open is closed.
    hidden: BTreeSet<String>,
    /// Whether an action is under way; what happens otherwise is the page's own doing.
    acting: bool,
    /// Dialogs that no receipt or screen has told of yet.
    untold: Vec<(u64, String)>,
    /// What went wrong beside an action that had no effect.
    aside: Vec<String>,
    keeping: Keeping,
}

/// All that is known, shared with the task that reads events.
#[derive(Debug)]
pub(crate) struct State {
    inner: Mutex<Inner>,
    bell: watch::Sender<u64>,
    dialogs: DialogPolicy,
    viewport: Mutex<Viewport>,
    disguise: Disguise,
}

impl State {
    pub(crate) fn new(dialogs: DialogPolicy, viewport: Viewport, disguise: Disguise) -> Self {
        Self { inner: Mutex::default(), bell: watch::channel(0).0, dialogs, viewport: Mutex::new(viewport), disguise }
    }

    /// What pages are made to believe.
    pub(crate) fn disguise(&self) -> &Disguise {
        &self.disguise
    }

    /// Whether a frame is one of ours.
    pub(crate) fn has_frame(&self, frame: &str) -> bool {
        self.lock().tabs.values().any(|tab| tab.target == frame || tab.parts.values().any(|part| part.frame == frame))
    }

    /// What is known of stored things: where something may be stored, and pages that are there for that only.
    pub(crate) fn keeping<T>(&self, ask: impl FnOnce(&mut Keeping) -> T) -> T {
        ask(&mut self.lock().keeping)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Size of the view.
    pub(crate) fn viewport(&self) -> Viewport {
        *self.viewport.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The view got another size.
    pub(crate) fn set_viewport(&self, size: Viewport) {
        *self.viewport.lock().unwrap_or_else(PoisonError::into_inner) = size;
    }

    /// Rings whenever something happened.
    pub(crate) fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Wakes everybody who waits for something to happen.
    pub(crate) fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    /// The tab in front.
    pub(crate) fn active(&self) -> Option<Tab> {
        let inner = self.lock();
        inner.front.last().and_then(|number| inner.tabs.get(number)).cloned()
    }

    /// A tab by number.
    pub(crate) fn tab(&self, number: u32) -> Option<Tab> {
        self.lock().tabs.get(&number).cloned()
    }

    /// All tabs, in order of their numbers.
    pub(crate) fn tabs(&self) -> Vec<Tab> {
        self.lock().tabs.values().filter(|tab| !tab.hidden).cloned().collect()
    }

    /// Puts a tab in front.
    pub(crate) fn activate(&self, number: u32) {
        let mut inner = self.lock();
        if inner.tabs.contains_key(&number) {
            inner.front.retain(|other| *other != number);
            inner.front.push(number);
        }
    }

    /// Changes what is known of a tab.
    pub(crate) fn update(&self, number: u32, change: impl FnOnce(&mut Tab)) {
        if let Some(tab) = self.lock().tabs.get_mut(&number) {
            change(tab);
        }
    }

    /// Changes what is known of a part of a tab.
    pub(crate) fn update_part(&self, number: u32, key: &str, change: impl FnOnce(&mut Part)) {
        if let Some(part) = self.lock().tabs.get_mut(&number).and_then(|tab| tab.parts.get_mut(key)) {
            change(part);
        }
    }

    /// A target that was made is no tab but a page of our own. What else has opened meanwhile is a tab.
    pub(crate) fn own(&self, connection: &Connection, target: Option<&str>) {
        let mut inner = self.lock();
        for params in inner.keeping.own(target) {
            inner.attached(connection, None, &params, (self.viewport(), &self.disguise));
        }
    }

    /// The part of a frame whose element is `owner` in the part `parent`. A frame that the same process draws, but whose origin
    /// is another, is made a part of its own here.
    pub(crate) fn frame_at(&self, number: u32, parent: &str, frame: &str, owner: (String, u64)) -> Option<String> {
        let mut inner = self.lock();
        let tab = inner.tabs.get_mut(&number)?;
        if let Some((key, part)) = tab.parts.iter_mut().find(|(_, part)| part.frame == frame) {
            part.owner = Some(owner);
            return Some(key.clone());
        }
        let session = tab.parts.get(parent)?.session.clone();
        let key = format!("{}/{frame}", session.id);
        let part = Part { owner: Some(owner), ..Part::new(session, frame.to_owned(), Some(parent.to_owned())) };
        tab.parts.insert(key.clone(), part);
        Some(key)
    }

    /// The number of what will happen next.
    pub(crate) fn mark(&self) -> u64 {
        self.lock().sequence
    }

    /// Says whether an action is under way.
    pub(crate) fn set_acting(&self, acting: bool) {
        let mut inner = self.lock();
        inner.acting = acting;
        if acting {
            inner.tabs.values_mut().for_each(|tab| tab.storm = 0);
        }
    }

    /// What happened since `mark`.
    pub(crate) fn since(&self, mark: u64) -> Vec<Happening> {
        self.lock().happened.iter().filter(|(number, _)| *number >= mark).map(|(_, happening)| happening.clone()).collect()
    }

    /// What happened from one mark to another, as far as it is remembered.
    pub(crate) fn between(&self, from: u64, to: u64) -> Vec<Happening> {
        self.lock().happened.iter().filter(|(number, _)| (from..to).contains(number)).map(|(_, happening)| happening.clone()).collect()
    }

    /// What happened before `mark`, as far as it is remembered.
    pub(crate) fn before(&self, mark: u64) -> Vec<Happening> {
        self.lock().happened.iter().filter(|(number, _)| *number < mark).map(|(_, happening)| happening.clone()).collect()
    }

    /// Dialogs and troubles that nobody was told of; told now.
    pub(crate) fn take_untold(&self) -> Vec<String> {
        let mut inner = self.lock();
        let aside = std::mem::take(&mut inner.aside);
        std::mem::take(&mut inner.untold).into_iter().map(|(_, note)| note).chain(aside).collect()
    }

    /// Dialogs that opened since `mark` were opened by something this grave.
    pub(crate) fn dialogs_opened_by(&self, mark: u64, effect: EffectClass) {
        for dialog in self.lock().tabs.values_mut().filter_map(|tab| tab.dialog.as_mut()) {
            dialog.opened_by(mark, effect);
        }
    }

    /// Something to tell with the next screen, since no receipt says it.
    pub(crate) fn tell_later(&self, note: String) {
        let mut inner = self.lock();
        if inner.aside.len() < events::TOLD as usize {
            inner.aside.push(note);
        }
    }

    /// Dialogs since `mark` are told by a receipt.
    pub(crate) fn told_since(&self, mark: u64) {
        self.lock().untold.retain(|(number, _)| *number < mark);
    }

    /// Folds an event in.
    pub(crate) fn on_event(&self, connection: &Connection, event: &Event) {
        let mut inner = self.lock();
        let params = &event.params;
        match event.method.as_str() {
            "Target.attachedToTarget" => inner.attached(connection, event.session.as_deref(), params, (self.viewport(), &self.disguise)),
            "Target.detachedFromTarget" => {
                let session = text(params, "/sessionId");
                connection.fail_session(session);
                inner.detached(session);
                // It may have taken along what its process was told.
                inner.tabs.values().for_each(|tab| tab.session.emulate_clock(&self.disguise.emulation));
            }
            "Target.targetInfoChanged" => inner.info_changed(params),
            "Target.targetCrashed" => {
                let target = text(params, "/targetId").to_owned();
                if let Some(tab) = inner.tabs.values_mut().find(|tab| tab.target == target) {
                    tab.crashed = true;
                    tab.dialog_is_gone();
                    tab.forget_worlds();
                    tab.pending = None;
                    connection.fail_session(&tab.session.id);
                } else if let Some(part) = inner.part_of_target(&target) {
                    // A frame that crashed is an empty box in a page that goes on.
                    connection.fail_session(&part);
                    inner.detached(&part);
                }
            }
            "Target.targetCreated" => {
                let opener = text(params, "/targetInfo/openerId");
                let is_page = text(params, "/targetInfo/type") == "page";
                // Elsewhere what opens is attached by itself, before it runs.
                if self.disguise.guest && is_page && inner.tabs.values().any(|tab| tab.target == opener) {
                    cdp::attach(connection, text(params, "/targetInfo/targetId"));
                }
            }
            "Fetch.requestPaused" => {
                // Asked for only where a page is to be empty.
                let id = event.session.clone().unwrap_or_default();
                Session { connection: connection.clone(), id }.fulfil(text(params, "/requestId"));
                return;
            }
            _ => {
                let Some(session) = event.session.as_deref() else { return };
                if event.method == "Page.frameNavigated" {
                    inner.keeping.saw(params);
                }
                let Some(tab) = inner.tabs.values().find(|tab| tab.parts.contains_key(session)) else { return };
                let number = tab.number;
                if tab.session.id == session {
                    inner.in_tab(number, &event.method, params, &self.dialogs);
                } else {
                    inner.in_part(number, session, &event.method, params, &self.dialogs);
                }
            }
        }
        drop(inner);
        self.ring();
    }
}

impl Inner {
    fn note(&mut self, happening: Happening) {
        if happening.tab() == Some(targets::HIDDEN) {
            if self.beside.len() < MOST {
                self.beside.push(happening);
            }
            return;
        }
        self.happened.push_back((self.sequence, happening));
        self.sequence += 1;
        while self.happened.len() > MOST {
            self.happened.pop_front();
        }
    }

    fn in_tab(&mut self, number: u32, method: &str, params: &Value, dialogs: &DialogPolicy) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        match method {
            "Page.frameNavigated" if params.pointer("/frame/parentId").is_none() => {
                let url = format!("{}{}", text(params, "/frame/url"), text(params, "/frame/urlFragment"));
                let page = tab.session.id.clone();
                if let Some(part) = tab.parts.get_mut(&page) {
                    text(params, "/frame/id").clone_into(&mut part.frame);
                    part.is_new_document();
                }
                url.clone_into(&mut tab.url);
                tab.pending = None;
                tab.requests.clear();
                tab.crashed = false;
                tab.dialog_is_gone();
                tab.hung = false;
                tab.documents += 1;
                self.note(Happening::Navigated { tab: number, url });
            }
            "Page.frameNavigated" => self.frame_navigated(number, text(params, "/frame/id")),
            "Page.navigatedWithinDocument" if text(params, "/frameId") == tab.frame() => {
                let url = text(params, "/url").to_owned();
                url.clone_into(&mut tab.url);
                self.note(Happening::Url { tab: number, url });
            }
            "Page.fileChooserOpened" => {
                let page = tab.session.id.clone();
                if let Some(part) = tab.parts.get_mut(&page) {
                    part.choosers.extend(params.pointer("/backendNodeId").and_then(Value::as_i64));
                }
            }
            "Runtime.bindingCalled" => self.note(Happening::Deed { tab: number, told: text(params, "/payload").to_owned() }),
            "Input.dragIntercepted" => tab.drag = params.get("data").cloned(),
            "Page.javascriptDialogOpening" => self.dialog(number, params, dialogs),
            "Page.javascriptDialogClosed" => tab.dialog_is_gone(),
            "Network.requestWillBeSent" => self.request(number, params),
            "Network.responseReceived" => self.answered(number, params),
            "Network.loadingFinished" | "Network.loadingFailed" => {
                let id = text(params, "/requestId");
                tab.requests.remove(id);
                if tab.pending.as_deref() == Some(id) {
                    tab.pending = None;
                    if method == "Network.loadingFailed" {
                        let error = text(params, "/errorText").to_owned();
                        self.note(Happening::Failed { tab: number, error });
                    }
                }
            }
            _ => {}
        }
    }

    fn frame_navigated(&mut self, number: u32, frame: &str) {
        let parts = self.tabs.get_mut(&number).into_iter().flat_map(|tab| tab.parts.values_mut());
        parts.filter(|part| part.frame == frame).for_each(Part::is_new_document);
    }

    /// What happens in a frame of another site.
    fn in_part(&mut self, number: u32, session: &str, method: &str, params: &Value, dialogs: &DialogPolicy) {
        let Some(part) = self.tabs.get_mut(&number).and_then(|tab| tab.parts.get_mut(session)) else { return };
        match method {
            "Page.frameNavigated" => self.frame_navigated(number, text(params, "/frame/id")),
            "Runtime.bindingCalled" => self.note(Happening::Deed { tab: number, told: text(params, "/payload").to_owned() }),
            "Page.fileChooserOpened" => part.choosers.extend(params.pointer("/backendNodeId").and_then(Value::as_i64)),
            "Page.javascriptDialogOpening"
            | "Page.javascriptDialogClosed"
            | "Network.requestWillBeSent"
            | "Network.responseReceived"
            | "Network.loadingFinished"
            | "Network.loadingFailed" => {
                self.in_tab(number, method, params, dialogs);
            }
            _ => {}
        }
    }
}

/// The string at `pointer`, or nothing.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
