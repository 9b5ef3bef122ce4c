//! Fill and type: text into a field, and the field read back.
//!
//! A secret is put in for its placeholder here and nowhere else, right before the keystroke. From then on its field is told as
//! dots, and no picture is taken of that document.

use std::sync::PoisonError;
use std::time::Duration;

use handiwork_core::secret::SecretError;
use handiwork_core::{Change, Context, Reason, Receipt, Resolved};
use serde_json::{Value, json};

use super::super::Browser;
use super::super::cdp::{CallError, Session, Until};
use super::super::watch::Counts;
use super::{Found, Halt, already, keys, verdict};

/// How long lists of suggestions wait for the next key, as the usual libraries have it.
const SUGGESTIONS: Duration = Duration::from_millis(350);

/// `text` with its secrets, if this origin may get them.
pub(crate) fn reveal(cx: &Context, text: &str, origin: &str) -> Result<String, Reason> {
    cx.secrets().reveal(text, origin).map_err(|error| {
        let name = match &error {
            SecretError::Unknown { name, .. } | SecretError::WrongOrigin { name, .. } => name.clone(),
            SecretError::BadOrigin(_) => String::new(),
        };
        Reason::SecretNotAllowed { name, problem: error.to_string() }
    })
}

impl Browser {
    pub(super) async fn fill(&self, cx: &Context, resolved: &Resolved, text: &str, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        if !text.contains("{{secret:")
            && let Some(receipt) = self.set_widget(cx, &found, text, until).await?
        {
            return Ok(receipt);
        }
        let (plain, hidden) = self.prepare(cx, &found, text, until).await?;
        if !hidden && self.holds(&found, &plain, until).await.map_err(Halt::before)? {
            return Ok(already());
        }
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::before)?;
        let act = async {
            if self.tell(&found, "pick", &json!([found.id, plain]), until).await? == Value::Bool(true) {
                return Ok(());
            }
            self.tell(&found, "setFocus", &json!([found.id, { "select": true }]), until).await?;
            // An empty text inserts nothing, so what is selected is deleted.
            if plain.is_empty() {
                tab.session.key(&keys::named("Backspace"), until).await
            } else {
                tab.session.insert_text(&plain, until).await
            }
        };
        self.put(cx, &found, &plain, hidden, until, act).await
    }

    pub(super) async fn type_text(&self, cx: &Context, resolved: &Resolved, text: &str, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        let (plain, hidden) = self.prepare(cx, &found, text, until).await?;
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::before)?;
        let act = async {
            self.tell(&found, "setFocus", &json!([found.id, { "last": true }]), until).await?;
            type_keys(&tab.session, &plain, until).await?;
            // Lists of suggestions come with a delay, so that they don't follow every key.
            tokio::time::sleep(SUGGESTIONS).await;
            Ok(())
        };
        self.put(cx, &found, &plain, hidden, until, act).await
    }

    /// The text to put in, and whether it must not be told. A document that gets a secret is marked before it gets it.
    async fn prepare(&self, cx: &Context, found: &Found, text: &str, until: Until) -> Result<(String, bool), Halt> {
        let plain = reveal(cx, text, &found.facts.origin)?;
        let secret = plain != text;
        if secret {
            self.secretive.lock().unwrap_or_else(PoisonError::into_inner).insert(found.token.clone());
            self.tell(found, "hide", &json!([found.id]), until).await.map_err(Halt::before)?;
        }
        Ok((plain, secret || found.facts.password))
    }

    async fn put<F>(&self, cx: &Context, found: &Found, plain: &str, hidden: bool, until: Until, act: F) -> Result<Receipt, Halt>
    where
        F: Future<Output = Result<(), CallError>> + Send,
    {
        let target = Some((found.r#ref, found.id));
        let act = async {
            if !hidden {
                return act.await.map(|()| Vec::new());
            }
            // What it holds is told as dots before and after, so the comparison is made in the page and only its result comes back.
            self.tell(found, "note", &json!([found.id]), until).await?;
            act.await?;
            let put = self.tell(found, "differs", &json!([found.id]), until).await? == Value::Bool(true);
            let put = put || self.holds(found, plain, until).await?;
            Ok(if put { vec![Change::HiddenValue { r#ref: found.r#ref }] } else { Vec::new() })
        };
        let mut changes = self.acting(cx, target, Counts::default(), until, act).await?;
        if hidden {
            changes.retain(|change| !matches!(change, Change::Value { .. }));
        }
        Ok(verdict(changes))
    }

    async fn holds(&self, found: &Found, text: &str, until: Until) -> Result<bool, CallError> {
        Ok(self.tell(found, "holds", &json!([found.id, text]), until).await? == Value::Bool(true))
    }

    /// Calls a function of the document that the element is in; a document that is gone is told as a closed tab is.
    pub(crate) async fn tell(&self, found: &Found, function: &str, args: &Value, until: Until) -> Result<Value, CallError> {
        let answer = self.call(found.tab, Some(&found.token), function, args, until).await?;
        answer.map(|answer| answer.value).ok_or(CallError::Detached)
    }
}

/// Key by key, as a person types.
pub(crate) async fn type_keys(session: &Session, text: &str, until: Until) -> Result<(), CallError> {
    for c in text.chars() {
        match c {
            '\n' => session.key(&keys::named("Enter"), until).await?,
            '\t' => session.key(&keys::named("Tab"), until).await?,
            '\r' => {}
            _ => match keys::of_char(c) {
                Some(key) => session.key(&key, until).await?,
                // Not on any keyboard that we know: as an input method gives it.
                None => session.insert_text(c.encode_utf8(&mut [0; 4]), until).await?,
            },
        }
    }
    Ok(())
}
