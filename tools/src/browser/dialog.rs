//! Dialogs of a page that wait for an answer: shown as a screen of their own, answered by actions on its buttons.
//!
//! A page with an open dialog does nothing else, so nothing is asked of it: the connection refuses every call until the dialog is
//! gone. The one decision: a dialog is elements like any others, with refs in a world that is its own, so that policy, approval
//! and journal see an answer as they see a click.

use std::sync::PoisonError;
use std::time::Duration;

use handiwork_core::screen::Tab as ScreenTab;
use handiwork_core::{Action, Change, Context, EffectClass, Node, Reason, Receipt, Resolved, Screen, Target, Verb};

use super::Browser;
use super::action::Halt;
use super::cdp::{CallError, Until};
use super::screen::refs::Known;
use super::state::{Happening, Tab};
use crate::grave::is_grave;

/// How long a dialog may take to close.
const CLOSING: Duration = Duration::from_secs(5);
/// How long a page that may be left is given to go.
const LEAVING: Duration = Duration::from_secs(5);
const ACCEPT: u64 = 1;
const DISMISS: u64 = 2;
const FIELD: u64 = 3;

/// An open dialog.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    /// Which one of the run: never given again.
    serial: u64,
    /// confirm, prompt or beforeunload.
    pub(crate) kind: String,
    /// What it says.
    pub(crate) message: String,
    /// What its field holds, if it has one.
    text: String,
    /// How grave the action was that opened it.
    pub(crate) effect: EffectClass,
}

impl Dialog {
    pub(crate) fn new(serial: u64, kind: String, message: String, text: String) -> Self {
        Self { serial, kind, message, text, effect: EffectClass::Write }
    }

    /// Stands for the document in the refs of its elements.
    fn token(&self) -> String {
        format!("dialog{}", self.serial)
    }

    /// Id, role and name of what it has to act on.
    fn elements(&self) -> Vec<(u64, &'static str, &'static str)> {
        let (yes, no) = if self.kind == "beforeunload" { ("Leave", "Stay") } else { ("OK", "Cancel") };
        let mut all = vec![(ACCEPT, "button", yes), (DISMISS, "button", no)];
        if self.kind == "prompt" {
            all.insert(0, (FIELD, "textbox", "Answer"));
        }
        all
    }

    /// How grave it is to answer by this element.
    fn effect_of(&self, id: u64) -> EffectClass {
        match id {
            ACCEPT if is_grave(&self.message) => EffectClass::Irreversible,
            ACCEPT => self.effect.max(EffectClass::Write),
            _ => EffectClass::Write,
        }
    }

    /// Notes how grave the action was, if it opened this dialog.
    pub(crate) fn opened_by(&mut self, mark: u64, effect: EffectClass) {
        if self.serial >= mark {
            self.effect = effect;
        }
    }

    /// The refusal of anything else in its page.
    pub(crate) fn reason(&self) -> Reason {
        Reason::DialogOpen { kind: self.kind.clone(), message: self.message.clone() }
    }
}

/// Whether a ref stands for an element of a dialog.
pub(crate) fn is_of_dialog(known: &Known) -> bool {
    known.token.starts_with("dialog")
}

impl Browser {
    /// The screen of the dialog that is open in the tab in front, if one is. Nothing else of that page can be used.
    pub(crate) fn show_dialog(&self, cx: &Context) -> Option<Screen> {
        let tab = self.state().active()?;
        let dialog = tab.dialog?;
        let clean = |text: &str| cx.secrets().redact(text);
        let said = match dialog.message.as_str() {
            "" if dialog.kind == "beforeunload" => "Leave this page? Changes may be lost.",
            message => message,
        };
        let mut nodes = vec![Node { role: "dialog".to_owned(), name: clean(said), hint: dialog.kind.clone(), ..Node::default() }];
        for (id, role, name) in dialog.elements() {
            let (token, number) = (dialog.token(), tab.number);
            let known = Known { tab: number, token, id, role: role.to_owned(), name: name.to_owned() };
            let r#ref = Some(self.refs().show(known));
            let verbs = vec![if id == FIELD { Verb::Fill } else { Verb::Click }];
            let value = (id == FIELD).then(|| clean(&dialog.text));
            nodes.push(Node { depth: 1, r#ref, role: role.to_owned(), name: name.to_owned(), verbs, value, ..Node::default() });
        }
        let tabs = self.state().tabs();
        let tabs = if tabs.len() > 1 { tabs } else { Vec::new() };
        let tabs = tabs.into_iter().map(|other| ScreenTab {
            number: other.number,
            title: clean(&other.title),
            url: clean(&other.url),
            active: other.number == tab.number,
        });
        Some(Screen { title: clean(&tab.title), url: clean(&tab.url), nodes, tabs: tabs.collect(), ..Screen::default() })
    }

    /// What an action on an element of a dialog would do.
    pub(crate) fn resolve_in_dialog(&self, action: &Action, known: &Known) -> Result<Resolved, Halt> {
        let r#ref = action.target().ok_or_else(|| Reason::BadArguments { problem: "say which element".to_owned() })?;
        let tab = self.front_with(known)?;
        let dialog = tab.dialog.as_ref().filter(|dialog| dialog.token() == known.token).ok_or(Reason::Stale { r#ref })?;
        match action {
            Action::Click(_) if known.id != FIELD => {}
            Action::Fill(_) | Action::Click(_) if known.id == FIELD => {}
            Action::Fill(_) => return Err(Reason::NotEditable { role: known.role.clone() }.into()),
            _ => {
                let wanted = "click on a button of the dialog, or fill for its field".to_owned();
                return Err(Reason::WrongKind { role: known.role.clone(), wanted }.into());
            }
        }
        let target = Target {
            r#ref,
            role: known.role.clone(),
            name: known.name.clone(),
            origin: origin_of(&tab.url),
            form: None,
            rect: handiwork_core::Rect::default(),
        };
        Ok(Resolved::new(action.clone(), Some(target), dialog.effect_of(known.id)))
    }

    /// The tab in front, if the element is in it; else where it is.
    pub(crate) fn front_with(&self, known: &Known) -> Result<Tab, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        if tab.number != known.tab && self.state().tab(known.tab).is_some() {
            let problem =
                format!("this element is in tab {}, and tab {} is on the screen; switch_tab to {} first", known.tab, tab.number, known.tab);
            return Err(Reason::BadArguments { problem }.into());
        }
        Ok(tab)
    }

    /// Answers a dialog, or notes the text that it is to be answered with.
    pub(crate) async fn act_in_dialog(&self, cx: &Context, resolved: &Resolved, known: &Known, until: Until) -> Result<Receipt, Halt> {
        let now = self.resolve_in_dialog(&resolved.action, known)?;
        let Some(r#ref) = resolved.action.target() else { return Err(Halt::Unknown("no target".to_owned())) };
        let tab = self.tab().map_err(Halt::before)?;
        let Some(dialog) = tab.dialog.clone() else { return Err(Reason::Stale { r#ref }.into()) };
        if now.hash != resolved.hash {
            let told = |effect| format!("{} of a {} dialog ({effect:?})", known.name, dialog.kind).to_lowercase();
            return Err(Reason::Changed { was: told(resolved.effect), now: told(now.effect) }.into());
        }
        if let Action::Fill(args) = &resolved.action {
            let to = super::action::reveal(cx, &args.text, &origin_of(&tab.url))?;
            if to != args.text {
                let token = tab.part(&tab.session.id).map(|part| part.token.clone()).unwrap_or_default();
                self.secretive.lock().unwrap_or_else(PoisonError::into_inner).insert(token);
            }
            self.state().update(tab.number, |tab| {
                if let Some(dialog) = &mut tab.dialog {
                    dialog.text.clone_from(&to);
                }
            });
            let clean = |text: &str| cx.secrets().redact(text);
            let changes = if dialog.text == to { vec![] } else { vec![Change::Value { r#ref, from: clean(&dialog.text), to: clean(&to) }] };
            return Ok(Receipt::Verified { changes });
        }
        if known.id == FIELD {
            return Ok(Receipt::Verified { changes: vec![Change::Focus { r#ref: Some(r#ref) }] });
        }
        let accept = known.id == ACCEPT;
        let mark = self.state().mark();
        self.state().set_acting(true);
        let changes = self.answer(cx, &tab, &dialog, accept, mark, until).await;
        self.state().set_acting(false);
        self.state().told_since(mark);
        let answer = if accept && dialog.kind == "prompt" { format!("{} with {:?}", known.name, dialog.text) } else { known.name.clone() };
        let (message, answer) = (cx.secrets().redact(&dialog.message), cx.secrets().redact(&answer));
        let mut changes = changes?;
        changes.insert(0, Change::Dialog { kind: dialog.kind, message, answer });
        Ok(Receipt::Verified { changes })
    }

    async fn answer(&self, cx: &Context, tab: &Tab, dialog: &Dialog, accept: bool, mark: u64, until: Until) -> Result<Vec<Change>, Halt> {
        let mut bell = self.state().bell();
        let text = (accept && dialog.kind == "prompt").then_some(dialog.text.as_str());
        tab.session.answer_dialog(accept, text);
        let closing = until.at_most(CLOSING);
        while self.state().tab(tab.number).and_then(|tab| tab.dialog).is_some_and(|now| now.serial == dialog.serial) {
            if tokio::time::timeout_at(closing.end, bell.changed()).await.is_err() {
                return Err(Halt::Unknown("the dialog was answered but did not close".to_owned()));
            }
        }
        if dialog.kind == "beforeunload" && accept {
            let leaving = until.at_most(LEAVING);
            let left = |happening: &Happening| {
                matches!(
                    happening,
                    Happening::Navigated { .. } | Happening::Closed { .. } | Happening::Failed { .. } | Happening::Asked { .. }
                )
            };
            while !self.state().since(mark).iter().any(left) {
                if tokio::time::timeout_at(leaving.end, bell.changed()).await.is_err() {
                    break;
                }
            }
        }
        match self.aftermath(cx, mark, until).await {
            Ok(changes) => Ok(changes),
            // That it closed was seen, whatever became of the page.
            Err(CallError::Gone(detail)) => Err(Halt::during(CallError::Gone(detail))),
            Err(error) => Ok(vec![Change::Told { text: format!("the page has not come to rest since: {error}") }]),
        }
    }
}

/// Scheme, host and port of an address.
fn origin_of(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}
