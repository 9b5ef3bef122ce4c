//! What a browser needs to be again as it was: tabs, scroll positions, cookies and storage.
//!
//! It is taken after every action, so it is one question to each page and one for the cookies, all at the same time. The one
//! decision: a page that can't answer holds nothing up; what it said last is taken for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use futures::future::{join, join_all};
use handiwork_core::screen::hex;
use handiwork_core::{Checkpoint, Context, ProcessMark, Screen, SurfaceError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::Browser;
use super::super::cdp::{self, CallError, Until};
use super::super::place::{Place, Seat};
use super::super::profile::{Key, ProfileError, READ, open, seal};
use super::super::tab::Tab;

/// How long a page may take to say what it has stored.
const PAGE: Duration = Duration::from_millis(500);
/// The same for one that has not answered before.
const SLOW_PAGE: Duration = Duration::from_millis(50);
/// How long the browser may take to tell its cookies.
const COOKIES: Duration = Duration::from_secs(1);
/// How a state begins that is not encrypted.
const PLAIN: &[u8] = b"handiwork tabs 1\n";

/// What is kept of a browser.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(super) tabs: Vec<KeptTab>,
    pub(super) next_ref: u32,
    pub(super) viewport: (u32, u32),
    /// Only where it is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) storage: Option<Stores>,
}

/// A tab.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptTab {
    pub(super) number: u32,
    pub(super) url: String,
    pub(super) scroll: (f64, f64),
    pub(super) front: bool,
    /// The origin that its session storage is of, and that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<(String, String)>,
    /// It did not answer in time.
    #[serde(skip)]
    slow: bool,
}

/// What makes somebody logged in.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Stores {
    pub(super) cookies: Vec<Value>,
    /// Local storage by origin.
    pub(super) local: BTreeMap<String, String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({} tabs)", self.tabs.len())
    }
}

/// What a page says.
#[derive(Deserialize)]
struct Said {
    origin: String,
    local: String,
    session: String,
    x: f64,
    y: f64,
}

impl Kept {
    /// As bytes, and a digest of them.
    fn encode(&self, key: Option<&Key>) -> Option<(Vec<u8>, String)> {
        let text = serde_json::to_vec(self).ok()?;
        let Some(key) = key else {
            let digest = hex(&Sha256::digest(&text));
            return Some(([PLAIN, &text].concat(), digest));
        };
        let digest = key.digest(&text);
        Some((seal(text, key)?, digest))
    }

    /// Reads it back.
    pub(super) fn decode(bytes: &[u8], key: Option<&Key>) -> Result<Self, SurfaceError> {
        let not = |problem: &str, hint: &str| SurfaceError::NotAvailable { problem: problem.to_owned(), hint: hint.to_owned() };
        let damaged = || {
            not("the kept state of the browser is damaged", "bring the journal and its blobs back from a backup, or start the run again")
        };
        if let Some(text) = bytes.strip_prefix(PLAIN) {
            return serde_json::from_slice(text).map_err(|_| damaged());
        }
        let Some(key) = key else {
            let problem = "the kept state of the browser is encrypted, and this one was given no key";
            return Err(not(problem, "give BrowserConfig::state_key the key that the run began with"));
        };
        let text = open(bytes, key, Path::new("the kept state")).map_err(|error| match error {
            ProfileError::WrongKey { .. } => not(
                "the kept state of the browser was encrypted with another key",
                "give BrowserConfig::state_key the key that the run began with",
            ),
            ProfileError::Newer { .. } => not("the kept state of the browser was written by a newer version", "update handiwork"),
            _ => damaged(),
        })?;
        // What serde says would quote what is in it.
        serde_json::from_slice(&text).map_err(|_| damaged())
    }

    /// What a screen alone says of the tabs.
    pub(super) fn of_screen(screen: &Screen, viewport: (u32, u32)) -> Self {
        let tab = |number: u32, url: &str, front: bool| KeptTab {
            number,
            url: url.to_owned(),
            scroll: (0.0, 0.0),
            front,
            session: None,
            slow: false,
        };
        let mut tabs: Vec<KeptTab> = screen.tabs.iter().map(|one| tab(one.number, &one.url, one.active)).collect();
        if tabs.is_empty() {
            tabs.push(tab(1, &screen.url, true));
        }
        Self { tabs, viewport, ..Self::default() }
    }
}

impl Seat {
    /// The process that it is in. Of a context the mark is no process's: nobody may end the browser of others for it.
    pub(super) fn mark(&self) -> Option<ProcessMark> {
        let mark = self.host.process.as_ref()?.mark()?.clone();
        Some(match &self.place {
            Place::Context { id } => ProcessMark { boot: format!("{}/{id}", mark.boot), ..mark },
            Place::Whole | Place::Guest => mark,
        })
    }
}

impl Browser {
    pub(crate) async fn take_checkpoint(&self, cx: &Context) -> Result<Option<Checkpoint>, SurfaceError> {
        let seat = self.seat();
        if matches!(seat.place, Place::Guest) {
            return Ok(None);
        }
        let mut kept = self.keep(cx, &seat).await.map_err(|error| error.surface("keeping the state of the browser"))?;
        if self.config.state_key.is_none() {
            kept.storage = None;
            for tab in &mut kept.tabs {
                tab.session = None;
                tab.url = cx.secrets().redact(&tab.url);
            }
        }
        let Some((state, digest)) = kept.encode(self.config.state_key.as_ref()) else {
            return Err(SurfaceError::Protocol {
                doing: "keeping the state of the browser".to_owned(),
                detail: "it can't be encrypted".to_owned(),
            });
        };
        Ok(Some(Checkpoint { process: seat.mark(), state, digest }))
    }

    /// How it is now, as far as it can be asked: all of it, so it is not to be written down as it is.
    pub(super) async fn keep(&self, cx: &Context, seat: &Seat) -> Result<Kept, CallError> {
        let until = self.until(cx);
        let last = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let front = seat.state.active().map(|tab| tab.number);
        let tabs = seat.state.tabs();
        let asked = join_all(tabs.iter().map(|tab| keep_tab(tab, &last, until)));
        let connection = &seat.host.connection;
        let context = self.context_id();
        let cookies = cdp::cookies(connection, context.as_deref(), until.at_most(COOKIES));
        let (asked, cookies) = join(asked, cookies).await;
        if connection.is_gone() {
            // It is known there why.
            return cdp::identity(connection, until).await.and(Err(CallError::Gone("its process ended".to_owned())));
        }
        let mut stores = last.storage.unwrap_or_else(|| {
            let given = self.config.storage.iter().flat_map(|given| &given.origins);
            Stores { cookies: Vec::new(), local: given.map(|(origin, stored)| (origin.clone(), stored.local().to_owned())).collect() }
        });
        if let Ok(mut cookies) = cookies {
            let text = |cookie: &Value, field: &str| cookie.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
            cookies.sort_by_cached_key(|cookie| (text(cookie, "domain"), text(cookie, "path"), text(cookie, "name")));
            stores.cookies = cookies;
        }
        let mut kept = Kept { next_ref: self.refs().next(), viewport: seat.state.viewport(), ..Kept::default() };
        for (mut tab, local) in asked {
            tab.front = Some(tab.number) == front;
            stores.local.extend(local);
            kept.tabs.push(tab);
        }
        kept.storage = Some(stores);
        kept.clone_into(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(kept)
    }
}

/// A tab, and the local storage of its origin.
async fn keep_tab(tab: &Tab, last: &Kept, until: Until) -> (KeptTab, Option<(String, String)>) {
    let before = last.tabs.iter().find(|before| before.number == tab.number && before.url == tab.url).cloned();
    let fresh = KeptTab { number: tab.number, url: tab.url.clone(), scroll: (0.0, 0.0), front: false, session: None, slow: false };
    let mut kept = before.unwrap_or(fresh);
    if tab.crashed || tab.hung || tab.dialog.is_some() || !tab.url.starts_with("http") {
        return (kept, None);
    }
    let limit = if kept.slow { SLOW_PAGE } else { PAGE };
    let said = ask(tab, until.at_most(limit)).await;
    kept.slow = matches!(said, Err(CallError::TimedOut(_)));
    let Ok(said) = said else { return (kept, None) };
    kept.scroll = (said.x, said.y);
    if !said.origin.starts_with("http") {
        return (kept, None);
    }
    kept.session = Some((said.origin.clone(), said.session));
    (kept, Some((said.origin, said.local)))
}

async fn ask(tab: &Tab, until: Until) -> Result<Said, CallError> {
    let expression = format!("({{...{READ}, x: Math.round(scrollX), y: Math.round(scrollY)}})");
    let read = |said| serde_json::from_value(said).map_err(|error| CallError::Unreadable(error.to_string()));
    // Mostly there is a world to ask in already.
    if let Some((context, _)) = tab.part(&tab.session.id).and_then(|page| page.world.clone()) {
        match tab.session.evaluate(context, expression.clone(), until).await {
            Err(CallError::Remote(_)) => {}
            said => return read(said?),
        }
    }
    let world = tab.session.world(tab.frame(), until).await?;
    read(tab.session.evaluate(world, expression, until).await?)
}
