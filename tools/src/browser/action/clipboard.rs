//! Selecting text, copying and pasting.
//!
//! The keys are pressed as by a person, so that the page's own handlers run. What was copied is also kept by us: a browser
//! without a screen may have no clipboard, and then the text is put in as an input method does.

use std::sync::PoisonError;
use std::time::Duration;

use handiwork_core::{Change, Context, Reason, Receipt, Resolved};
use serde_json::{Value, json};

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::super::watch::Counts;
use super::{Found, Halt, keys, verdict};

/// How long an editor may take to note what is selected in it.
const NOTED: Duration = Duration::from_millis(130);

impl Browser {
    pub(super) async fn select_text(&self, cx: &Context, resolved: &Resolved, text: Option<&str>, until: Until) -> Result<Receipt, Halt> {
        let found = self.again(cx, resolved, until).await?;
        let tab = self.tab().map_err(Halt::before)?;
        let mut answer = Value::Null;
        if let Some(found) = &found {
            answer = self.tell(found, "selectText", &json!([found.id, text]), until).await.map_err(Halt::during)?;
        } else {
            // In the page itself first, then in its frames.
            let keys = std::iter::once(&tab.session.id).chain(tab.parts.keys().filter(|key| **key != tab.session.id));
            for key in keys {
                let selected = self.try_call(tab.number, key, None, "selectText", &json!([0, text]), until).await.ok().flatten();
                answer = selected.map(|selected| selected.value).unwrap_or_default();
                if answer.is_string() {
                    break;
                }
            }
        }
        if let Some(found) = found.as_ref().filter(|found| found.facts.editable) {
            // Editors take note of what is selected when a key or the mouse is released in them, and some only a moment later.
            self.press_key(found, "Shift", until).await?;
            tokio::time::sleep(NOTED).await;
        }
        match answer.as_str() {
            Some(selected) if !selected.is_empty() => {
                let changes = vec![Change::Selection { text: cx.secrets().redact(selected) }];
                if let Ok(look) = self.look(cx, false, until).await {
                    self.remember(look);
                }
                Ok(Receipt::Verified { changes })
            }
            Some(_) => Ok(Receipt::NoEffect),
            None => Err(Reason::NotFound { text: text.unwrap_or_default().to_owned() }.into()),
        }
    }

    pub(super) async fn copy(&self, cx: &Context, until: Until) -> Result<Receipt, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        let mut text = String::new();
        for key in tab.parts.keys() {
            // A frame that hangs has nothing that was selected by us.
            let selected = self.try_call(tab.number, key, None, "selected", &json!([]), until).await.ok().flatten();
            if let Some(part) = selected.and_then(|answer| answer.value.as_str().map(str::to_owned)).filter(|part| !part.is_empty()) {
                text = part;
            }
        }
        if text.is_empty() {
            return Err(Reason::BadArguments { problem: "nothing is selected; select_text first".to_owned() }.into());
        }
        let key = keys::parse("Control+c").map_err(|problem| Reason::BadArguments { problem })?;
        let copied = Change::Copied { characters: text.chars().count() };
        *self.clipboard.lock().unwrap_or_else(PoisonError::into_inner) = text;
        let act = async { tab.session.key(&key, until).await.map(|()| vec![copied]) };
        self.acting(cx, None, Counts::default(), until, act).await.map(verdict)
    }

    pub(super) async fn paste(&self, cx: &Context, resolved: &Resolved, until: Until) -> Result<Receipt, Halt> {
        let found = self.again(cx, resolved, until).await?;
        let tab = self.tab().map_err(Halt::before)?;
        let text = self.clipboard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if text.is_empty() {
            return Err(Reason::BadArguments { problem: "nothing was copied; select_text and copy first".to_owned() }.into());
        }
        let key = keys::parse("Control+v").map_err(|problem| Reason::BadArguments { problem })?;
        let act = async {
            if let Some(found) = &found {
                self.tell(found, "setFocus", &json!([found.id, { "last": true }]), until).await?;
                self.tell(found, "note", &json!([found.id]), until).await?;
            }
            tab.session.key(&key, until).await?;
            match &found {
                Some(found) if self.is_as_noted(found, until).await? => tab.session.insert_text(&text, until).await?,
                _ => {}
            }
            Ok(Vec::new())
        };
        let target = found.as_ref().map(|found| (found.r#ref, found.id));
        self.acting(cx, target, Counts::default(), until, act).await.map(verdict)
    }

    async fn is_as_noted(&self, found: &Found, until: Until) -> Result<bool, CallError> {
        Ok(self.tell(found, "differs", &json!([found.id]), until).await? == Value::Bool(false))
    }
}
