//! Tabs: opened, closed, put on the screen; and the size of what is seen of them.

use std::time::Duration;

use handiwork_core::{Change, Context, Reason, Receipt};
use serde_json::json;

use super::super::Browser;
use super::super::cdp::{self, CallError, Until};
use super::super::state::Tab;
use super::{Halt, already};

/// How long a tab may take to close.
const CLOSING: Duration = Duration::from_secs(5);

impl Browser {
    /// The tab of that number, or which there are.
    pub(super) fn known_tab(&self, number: u32) -> Result<Tab, Reason> {
        self.state().tab(number).ok_or_else(|| Reason::NoSuchTab { open: self.state().tabs().iter().map(|tab| tab.number).collect() })
    }

    pub(super) async fn switch_tab(&self, cx: &Context, number: u32, until: Until) -> Result<Receipt, Halt> {
        let tab = self.known_tab(number)?;
        if self.state().active().is_some_and(|active| active.number == number) {
            return Ok(already());
        }
        self.state().activate(number);
        match tab.session.bring_to_front(until).await {
            Ok(()) | Err(CallError::Detached | CallError::Dialog { .. }) => {}
            Err(error) => return Err(Halt::during(error)),
        }
        if let Ok(look) = self.look(cx, false, until).await {
            self.remember(look);
        }
        Ok(Receipt::Verified { changes: vec![Change::TabSwitched { number }] })
    }

    pub(super) async fn open_tab(&self, cx: &Context, url: &str, until: Until) -> Result<Receipt, Halt> {
        let open: Vec<u32> = self.state().tabs().iter().map(|tab| tab.number).collect();
        let mut bell = self.state().bell();
        self.new_target("about:blank", until).await.map_err(Halt::during)?;
        let fresh = loop {
            if let Some(tab) = self.state().tabs().into_iter().find(|tab| !open.contains(&tab.number)) {
                break tab;
            }
            if tokio::time::timeout_at(until.end, bell.changed()).await.is_err() {
                return Err(Halt::Unknown("the new tab did not show up".to_owned()));
            }
        };
        self.state().activate(fresh.number);
        // A tab that is left before its first document is there tells of none.
        self.world(fresh.number, &fresh.session.id, until).await.map_err(Halt::during)?;
        let receipt = self.navigate(cx, url, until).await?;
        Ok(match receipt {
            Receipt::Verified { mut changes } => {
                changes.insert(0, Change::TabOpened { number: fresh.number, url: cx.secrets().redact(url) });
                Receipt::Verified { changes }
            }
            other => other,
        })
    }

    pub(super) async fn close_tab(&self, cx: &Context, number: u32, until: Until) -> Result<Receipt, Halt> {
        let tab = self.known_tab(number)?;
        let mut bell = self.state().bell();
        if let Some(dialog) = &tab.dialog {
            // A page that waits for an answer can't be closed: it gets a no, except to being left.
            tab.session.answer_dialog(dialog.kind == "beforeunload", None);
        }
        cdp::close_tab(&self.connection(), &tab.target, until).await.map_err(Halt::during)?;
        while self.state().tab(number).is_some() {
            // A page may ask to stay.
            if let Some(dialog) = self.state().tab(number).and_then(|now| now.dialog).filter(|_| tab.dialog.is_none()) {
                self.state().activate(number);
                return Err(Halt::Dialog(dialog.reason()));
            }
            if tokio::time::timeout_at(until.at_most(CLOSING).end, bell.changed()).await.is_err() && self.state().tab(number).is_some() {
                return Ok(Receipt::NoEffect);
            }
        }
        if let Some(front) = self.state().active() {
            let _ = front.session.bring_to_front(until).await;
            if let Ok(look) = self.look(cx, false, until).await {
                self.remember(look);
            }
        }
        Ok(Receipt::Verified { changes: vec![Change::TabClosed { number }] })
    }

    pub(super) async fn resize(&self, cx: &Context, size: (u32, u32), until: Until) -> Result<Receipt, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        let mark = self.state().mark();
        let (width, height) = size;
        if until.brisk && self.state().viewport() == size {
            let seen = self.call(tab.number, None, "viewSize", &json!([]), until).await.map_err(Halt::before)?;
            if seen.is_some_and(|answer| answer.value == json!([width, height])) {
                return Ok(Receipt::Verified { changes: vec![Change::Resized { width, height }] });
            }
        }
        tab.session.resize(size, self.state().disguise(), until).await.map_err(Halt::during)?;
        self.state().set_viewport(size);
        self.settle(mark, until).await.map_err(Halt::during)?;
        let seen = self.call(tab.number, None, "viewSize", &json!([]), until).await.map_err(Halt::during)?;
        let is_so = seen.is_some_and(|answer| answer.value == json!([width, height]));
        if let Ok(look) = self.look(cx, false, until).await {
            self.remember(look);
        }
        Ok(if is_so { Receipt::Verified { changes: vec![Change::Resized { width, height }] } } else { Receipt::NoEffect })
    }
}
