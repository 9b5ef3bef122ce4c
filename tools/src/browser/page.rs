//! Our hands in a page: the script in an isolated world of each of its parts, and calls of its functions.
//!
//! The page can't see that world, nor reach into it. It lives exactly as long as the document, and has a token that no other
//! world of the run ever gets: context ids alone are given again by another renderer process. So an element is named by token
//! and number, and a document that is gone can't answer for the next one.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Browser;
use super::cdp::{CHANNEL, CallError, Until};
use super::state::Tab;

/// The script, a JS function of the token and of the name by which complaints come. It is had ready in each new document as
/// `__make`: with a text that is always the same the browser need not read it anew for each.
pub(crate) const SCRIPT: &str = concat!(
    "(token, channel) => {\n",
    include_str!("screen/dom.js"),
    include_str!("screen/look_words.js"),
    include_str!("screen/noise.js"),
    include_str!("screen/walk.js"),
    include_str!("screen/act.js"),
    include_str!("screen/serialise.js"),
    include_str!("screen/widget.js"),
    include_str!("screen/marks.js"),
    include_str!("screen/deeds.js"),
    include_str!("screen/hands.js"),
    "}"
);
/// How often a document may go away under a call before that is an error.
const TRIES: u32 = 8;

/// What a call gave, and whose world it was.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) token: String,
    pub(crate) value: Value,
}

impl Browser {
    /// The tab in front.
    pub(crate) fn tab(&self) -> Result<Tab, CallError> {
        self.state().active().ok_or(CallError::Detached)
    }

    /// Context and token of our world in a part of a tab; made if it is not there.
    pub(crate) async fn world(&self, number: u32, key: &str, until: Until) -> Result<(i64, String), CallError> {
        let tab = self.state().tab(number).ok_or(CallError::Detached)?;
        let part = tab.part(key).ok_or(CallError::Detached)?;
        if tab.crashed {
            return Err(CallError::Detached);
        }
        if let Some(world) = &part.world {
            return Ok(world.clone());
        }
        let context = part.session.world(&part.frame, until).await?;
        let fresh = format!("w{}", self.worlds.fetch_add(1, Ordering::Relaxed));
        // A document that was left and came back has its world still, with its refs.
        let install = |make: &str| {
            format!("globalThis.__hands?.token??(globalThis.__hands=({make})?.({fresh:?},{CHANNEL:?}))?.token", CHANNEL = CHANNEL.as_str())
        };
        let mut token = part.session.evaluate(context, install("globalThis.__make"), until).await?;
        if token.is_null() {
            // It was there before us.
            token = part.session.evaluate(context, install(SCRIPT), until).await?;
        }
        let token = token.as_str().ok_or_else(|| CallError::Unreadable("no token".to_owned()))?.to_owned();
        self.state().update_part(number, key, |now| {
            if now.frame == part.frame {
                now.world = Some((context, token.clone()));
                now.token.clone_from(&token);
            }
        });
        for node in &part.choosers {
            part.session.with_node(context, *node, "(e) => globalThis.__hands.ask(e)", until).await?;
        }
        self.state().update_part(number, key, |now| now.choosers.clear());
        Ok((context, token))
    }

    /// Calls `function` with `args` where `token` is from, or in the page itself. `None` if that document is gone.
    pub(crate) async fn call(
        &self,
        number: u32,
        token: Option<&str>,
        function: &str,
        args: &Value,
        until: Until,
    ) -> Result<Option<Answer>, CallError> {
        let tab = self.state().tab(number).ok_or(CallError::Detached)?;
        let key = token.map_or(tab.session.id.as_str(), |token| tab.part_of(token)).to_owned();
        self.call_in(number, &key, token, function, args, until).await
    }

    /// The same in a certain part of the tab.
    pub(crate) async fn call_in(
        &self,
        number: u32,
        key: &str,
        token: Option<&str>,
        function: &str,
        args: &Value,
        until: Until,
    ) -> Result<Option<Answer>, CallError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_call(number, key, token, function, args, until).await {
                Ok(answer) => return Ok(answer),
                Err(error) if tries < TRIES && is_passing(&error) => {
                    self.state().update_part(number, key, |part| part.world = None);
                    tokio::time::sleep(Duration::from_millis(u64::from(tries) * 10)).await;
                }
                Err(error) => {
                    let is_page = self.state().tab(number).is_some_and(|tab| tab.session.id == key);
                    if is_page && matches!(error, CallError::TimedOut(_)) {
                        self.state().update(number, |tab| tab.hung = true);
                    }
                    return Err(error);
                }
            }
        }
    }

    pub(crate) async fn try_call(
        &self,
        number: u32,
        key: &str,
        token: Option<&str>,
        function: &str,
        args: &Value,
        until: Until,
    ) -> Result<Option<Answer>, CallError> {
        let (context, current) = self.world(number, key, until).await?;
        if token.is_some_and(|token| token != current) {
            return Ok(None);
        }
        let tab = self.state().tab(number).ok_or(CallError::Detached)?;
        let part = tab.part(key).ok_or(CallError::Detached)?;
        let asked = Instant::now();
        let value = part.session.evaluate(context, expression(&current, function, args), until).await?;
        tracing::trace!(function, micros = asked.elapsed().as_micros() as u64, "told by the page");
        if value.get("__lost").is_some() {
            return Err(CallError::Remote(LOST.to_owned()));
        }
        Ok(Some(Answer { token: current, value }))
    }
}

const LOST: &str = "the document is gone";

/// A call as JS. It answers only for the document that it was meant for.
pub(crate) fn expression(token: &str, function: &str, args: &Value) -> String {
    let args: Vec<String> = args.as_array().map(|args| args.iter().map(ToString::to_string).collect()).unwrap_or_default();
    format!("globalThis.__hands?.token==={token:?}?__hands.{function}({}):({{__lost:true}})", args.join(","))
}

/// What the browser says of a document that is being replaced.
const PASSING: &[&str] = &[LOST, "context", "navigated or closed", "No frame", "Frame is", "not attached", "Object reference chain"];

/// Whether an error only says that one document is being replaced by another.
fn is_passing(error: &CallError) -> bool {
    let CallError::Remote(text) = error else { return false };
    PASSING.iter().any(|part| text.contains(part)) && !text.starts_with("our script")
}
