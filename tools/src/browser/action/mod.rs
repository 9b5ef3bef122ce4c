//! Acting: an action is resolved to one element, checked again right before it is done, and judged by what came of it.
//!
//! A family of actions is a file. Each does its own input and says what a success must show; finding the element
//! ([`resolve`]) and looking for the effect ([`super::watch`]) are the same for all.

mod check;
mod click;
mod clipboard;
mod download;
mod drag;
mod effect;
pub(crate) mod facts;
mod fill;
mod find;
pub(crate) mod keys;
mod navigate;
mod press;
mod print;
mod read;
mod resolve;
mod scroll;
mod select;
mod tabs;
mod upload;
mod wait;

use handiwork_core::action::Button;
use handiwork_core::{Action, Change, Context, Reason, Receipt, Ref, Resolved, SurfaceError};

use super::Browser;
use super::cdp::{CallError, Until};
use super::dialog::is_of_dialog;
use super::watch::Counts;
pub(crate) use facts::Facts;
pub(crate) use fill::type_keys;

/// An element that is about to be acted on, checked and in place.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) r#ref: Ref,
    pub(crate) id: u64,
    pub(crate) tab: u32,
    pub(crate) token: String,
    pub(crate) facts: Facts,
}

pub(crate) use fill::reveal;

/// Why an action has no receipt of its own making.
#[derive(Debug)]
pub(crate) enum Halt {
    /// It was not done.
    Refused(Reason),
    /// It may have been done.
    Unknown(String),
    /// A dialog stopped the page in the middle of it.
    Dialog(Reason),
    /// The browser failed before anything was done.
    Failed(SurfaceError),
}

impl From<Reason> for Halt {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

impl Halt {
    /// A call failed before anything was done.
    pub(crate) fn before(error: CallError) -> Self {
        match error {
            CallError::Dialog { kind, message } => Self::Refused(Reason::DialogOpen { kind, message }),
            error => Self::Failed(error.surface("checking the page before the action")),
        }
    }

    /// A call failed when something may have been done already.
    pub(crate) fn during(error: CallError) -> Self {
        match error {
            CallError::Gone(_) => Self::Failed(error.surface("acting")),
            CallError::Dialog { kind, message } => Self::Dialog(Reason::DialogOpen { kind, message }),
            CallError::TimedOut(ms) => Self::Unknown(format!("the page did not answer within {ms} ms; it may be busy")),
            CallError::Detached => Self::Unknown("the tab was closed or crashed".to_owned()),
            CallError::Remote(detail) | CallError::Unreadable(detail) => Self::Unknown(detail),
        }
    }
}

/// What a dialog says may be a secret that it was given.
fn redacted(cx: &Context, reason: Reason) -> Reason {
    match reason {
        Reason::DialogOpen { kind, message } => Reason::DialogOpen { kind, message: cx.secrets().redact(&message) },
        other => other,
    }
}

/// The verdict on what was observed.
pub(crate) fn verdict(changes: Vec<Change>) -> Receipt {
    if changes.is_empty() { Receipt::NoEffect } else { Receipt::Verified { changes } }
}

/// The verdict when all is as was wanted before anything was done.
pub(crate) const fn already() -> Receipt {
    Receipt::Verified { changes: Vec::new() }
}

impl Browser {
    pub(crate) async fn dispatch_action(&self, cx: &Context, resolved: &Resolved, until: Until) -> Result<Receipt, SurfaceError> {
        let known = resolved.action.target().and_then(|r| self.refs().get(r).cloned());
        let mark = self.state().mark();
        let done = match &resolved.action {
            _ if let Some(known) = known.as_ref().filter(|known| is_of_dialog(known)) => {
                self.act_in_dialog(cx, resolved, known, until).await
            }
            Action::Navigate(args) => self.navigate(cx, &args.url, until).await,
            Action::Back(_) => self.back(cx, until).await,
            Action::Forward(_) => self.forward(cx, until).await,
            Action::Reload(_) => self.reload(cx, until).await,
            Action::Wait(args) => self.wait_for(cx, args, until).await,
            Action::OpenTab(args) => self.open_tab(cx, &args.url, until).await,
            Action::CloseTab(args) => self.close_tab(cx, args.tab, until).await,
            Action::Resize(args) => self.resize(cx, (args.width, args.height), until).await,
            Action::Find(args) => self.find_text(cx, &args.text, until).await,
            Action::Expand(_) => self.expand(cx, resolved, until).await,
            Action::SwitchTab(args) => self.switch_tab(cx, args.tab, until).await,
            Action::Scroll(args) => self.scroll(cx, resolved, args, until).await,
            Action::Click(_) => self.click(cx, resolved, Button::Left, 1, until).await,
            Action::DoubleClick(_) => self.click(cx, resolved, Button::Left, 2, until).await,
            Action::RightClick(_) => self.click(cx, resolved, Button::Right, 1, until).await,
            Action::MiddleClick(_) => self.click(cx, resolved, Button::Middle, 1, until).await,
            Action::Hover(_) => self.hover(cx, resolved, until).await,
            Action::ClickAt(args) => self.click_at(cx, resolved, args, until).await,
            Action::Drag(args) => self.drag(cx, resolved, args, until).await,
            Action::SelectText(args) => self.select_text(cx, resolved, args.text.as_deref(), until).await,
            Action::Copy(_) => self.copy(cx, until).await,
            Action::Paste(_) => self.paste(cx, resolved, until).await,
            Action::Fill(args) => self.fill(cx, resolved, &args.text, until).await,
            Action::Type(args) => self.type_text(cx, resolved, &args.text, until).await,
            Action::Press(args) => self.press(cx, resolved, args, until).await,
            Action::Select(args) => self.select(cx, resolved, &args.option, until).await,
            Action::Check(args) => self.check(cx, resolved, args.checked, until).await,
            Action::Upload(args) => self.upload(cx, resolved, &args.path, until).await,
            Action::Download(_) => self.download(cx, resolved, until).await,
            Action::Print(_) => self.print(cx, until).await,
            Action::Read(args) => self.read_action(cx, args.r#ref, until).await,
            other => Err(Halt::Refused(Reason::Unsupported { action: other.name().to_owned() })),
        };
        // Who answers a dialog answers for what opened it.
        self.state().dialogs_opened_by(mark, resolved.effect);
        match done {
            Ok(receipt) => Ok(receipt),
            Err(Halt::Refused(reason)) => Ok(Receipt::refused(redacted(cx, reason))),
            Err(Halt::Dialog(reason)) => {
                let opened = self.dialogs_since(cx, mark);
                Ok(if opened.is_empty() { Receipt::refused(redacted(cx, reason)) } else { Receipt::Verified { changes: opened } })
            }
            Err(Halt::Unknown(why)) => Ok(Receipt::Unknown { why: cx.secrets().redact(&why) }),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    /// Does `act`, and gives what changed by it. Changes that `act` itself has seen to be there need no further search.
    pub(crate) async fn acting<F>(
        &self,
        cx: &Context,
        target: Option<(Ref, u64)>,
        counts: Counts,
        until: Until,
        act: F,
    ) -> Result<Vec<Change>, Halt>
    where
        F: Future<Output = Result<Vec<Change>, CallError>> + Send,
    {
        let watch = self.watch(cx, target, counts, until).await.map_err(Halt::before)?;
        let changes = match act.await {
            Ok(known) => self.effects(cx, &watch, known, until).await.map_err(Halt::during),
            // The tab closed, or the document went, in the middle of the input: that is an effect.
            Err(CallError::Detached | CallError::Dialog { .. }) => self.effects(cx, &watch, Vec::new(), until).await.map_err(Halt::during),
            Err(error) => Err(Halt::during(error)),
        };
        let changes = match changes {
            Ok(changes) => Ok(self.with_files(cx, watch.files, changes, until).await),
            halt => halt,
        };
        self.unwatch(&watch, until).await;
        changes
    }
}
