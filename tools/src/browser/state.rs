//! What the browser has told us: its tabs, and what happened in them.
//!
//! Events are folded into this state in the order in which they come, under one lock that is never held across an await. What
//! happened is a numbered list: an action notes the number before it acts, and reads what came after it. Dialogs are answered
//! right here or stop all calls into their page: a page with an open dialog answers nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use handiwork_core::EffectClass;
use serde_json::Value;
use tokio::sync::watch;

use super::cdp::{self, Connection, Disguise, Event, Session, Viewport};
use super::config::{DialogAnswer, DialogPolicy};
use super::dialog::Dialog;
use super::profile::Keeping;
pub(crate) use super::tab::{Happening, Part, Tab};

/// Most happenings that are kept.
const MOST: usize = 512;
/// Dialogs in a row that are each told.
const TOLD: u32 = 5;
/// Dialogs in a row after which the script that opens them is stopped.
const STORM: u32 = 50;
/// How a note on too many of them begins.
const STORM_NOTE: &str = "this page opens";

#[derive(Debug, Default)]
struct Inner {
    tabs: BTreeMap<u32, Tab>,
    /// Tabs in the order in which they were in front; the last one is.
    front: Vec<u32>,
    last_number: u32,
    happened: VecDeque<(u64, Happening)>,
    sequence: u64,
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

    /// All tabs, in order of opening.
    pub(crate) fn tabs(&self) -> Vec<Tab> {
        self.lock().tabs.values().cloned().collect()
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
        if inner.aside.len() < TOLD as usize {
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
        self.happened.push_back((self.sequence, happening));
        self.sequence += 1;
        while self.happened.len() > MOST {
            self.happened.pop_front();
        }
    }

    fn attached(&mut self, connection: &Connection, parent: Option<&str>, params: &Value, (viewport, disguise): (Viewport, &Disguise)) {
        let session = Session { connection: connection.clone(), id: text(params, "/sessionId").to_owned() };
        let target = text(params, "/targetInfo/targetId").to_owned();
        match text(params, "/targetInfo/type") {
            "page" if self.keeping.takes(&session, &target, params) => return,
            "page" => {}
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
        // Until told otherwise: the main frame of a page has the id of its target.
        let page = Part::new(session.clone(), target.clone(), None);
        let tab = Tab {
            number,
            target,
            parts: BTreeMap::from([(session.id.clone(), page)]),
            session,
            url: url.clone(),
            title: String::new(),
            pending: None,
            requests: BTreeSet::new(),
            crashed: false,
            dialog: None,
            storm: 0,
            hung: false,
            drag: None,
        };
        self.tabs.insert(number, tab);
        self.front.push(number);
        self.note(Happening::Opened { tab: number, url });
    }

    fn detached(&mut self, session: &str) {
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
    fn part_of_target(&self, target: &str) -> Option<String> {
        let mut parts = self.tabs.values().flat_map(|tab| tab.parts.values().filter(|part| part.parent.is_some()));
        parts.find(|part| part.frame == target).map(|part| part.session.id.clone())
    }

    fn info_changed(&mut self, params: &Value) {
        let target = text(params, "/targetInfo/targetId");
        if let Some(tab) = self.tabs.values_mut().find(|tab| tab.target == target) {
            text(params, "/targetInfo/url").clone_into(&mut tab.url);
            text(params, "/targetInfo/title").clone_into(&mut tab.title);
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

    fn dialog(&mut self, number: u32, params: &Value, policy: &DialogPolicy) {
        let kind = text(params, "/type").to_owned();
        let message = text(params, "/message").to_owned();
        let default = text(params, "/defaultPrompt");
        let wanted = match kind.as_str() {
            "confirm" => policy.confirm,
            "prompt" => policy.prompt,
            "beforeunload" => policy.beforeunload,
            _ => DialogAnswer::Accept,
        };
        let serial = self.sequence;
        let acting = self.acting;
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        if tab.dialog.is_some() {
            return;
        }
        let accept = match wanted {
            DialogAnswer::Ask => {
                tab.dialog = Some(Dialog::new(serial, kind.clone(), message.clone(), default.to_owned()));
                tab.parts.values().for_each(|part| part.session.stop(&kind, &message));
                self.note(Happening::Asked { tab: number, kind, message });
                return;
            }
            DialogAnswer::Accept => true,
            DialogAnswer::Dismiss => false,
        };
        tab.storm += 1;
        let count = tab.storm;
        if count.is_multiple_of(STORM) {
            // The script that opens them may never come to an end by itself.
            tab.session.terminate();
        }
        let reply = (kind == "prompt" && accept).then(|| policy.prompt_text.clone().unwrap_or_else(|| default.to_owned()));
        tab.session.answer_dialog(accept, reply.as_deref());
        let answer = match (kind.as_str(), reply) {
            (_, Some(reply)) => format!("OK with {reply:?}"),
            ("beforeunload", None) => if accept { "Leave" } else { "Stay" }.to_owned(),
            _ => if accept { "OK" } else { "Cancel" }.to_owned(),
        };
        if count <= TOLD {
            self.untold.push((self.sequence, format!("{kind} dialog {message:?} opened and was answered: {answer}")));
            self.note(Happening::Dialog { kind, message, answer });
        } else if count == TOLD + 1 || count.is_multiple_of(STORM) {
            self.untold.retain(|(_, note)| !note.starts_with(STORM_NOTE));
            self.untold.push((self.sequence, format!("{STORM_NOTE} dialogs without end: {count} so far, each was answered")));
            if acting {
                self.note(Happening::Storm { tab: number, count });
            }
        }
    }

    /// The server's answer to a request.
    fn answered(&mut self, number: u32, params: &Value) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        let status = params.pointer("/response/status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        let id = text(params, "/requestId");
        let kind = text(params, "/type");
        let main = kind == "Document" && text(params, "/frameId") == tab.frame();
        if status < 400 || !(main || matches!(kind, "XHR" | "Fetch")) {
            return;
        }
        let sent = self.happened.iter().rev().find_map(|(_, happening)| match happening {
            Happening::Request { id: sent, method, idle, .. } if sent == id => Some((method.clone(), *idle)),
            _ => None,
        });
        let (method, idle) = sent.unwrap_or_default();
        let url = text(params, "/response/url").to_owned();
        self.note(Happening::Refused { tab: number, status, method, url, main, idle });
    }

    fn request(&mut self, number: u32, params: &Value) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        let id = text(params, "/requestId").to_owned();
        let kind = text(params, "/type");
        if kind == "Document" && text(params, "/frameId") == tab.frame() {
            tab.pending = Some(id.clone());
        }
        // Streams that never end are not waited for.
        if !matches!(kind, "EventSource" | "WebSocket" | "Media" | "Ping" | "Preflight") {
            tab.requests.insert(id.clone());
        }
        let quiet = matches!(kind, "Ping" | "CSPViolationReport" | "Preflight");
        let (method, url) = (text(params, "/request/method").to_owned(), text(params, "/request/url").to_owned());
        let idle = !self.acting;
        self.note(Happening::Request { tab: number, id, method, url, quiet, idle });
    }
}

/// The string at `pointer`, or nothing.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
