//! Takes cookies and storage out of a browser, and puts them into one.
//!
//! Storage can only be reached from a page of its origin. Where none is open one is made that never asks the real site: each
//! request of it is answered by us, with an empty page. What pages store is theirs: it is carried as text that nobody here reads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use handiwork_core::{Context, SurfaceError};
use serde_json::{Value, json};
use url::Url;

use super::super::Browser;
use super::super::cdp::{self, CallError, Session, Until};
use super::super::place::Place;
use super::super::tab::Tab;
use super::storage::{StorageState, Stored};

/// How long an open page may take to say what it has stored; after that it is asked for without that page.
const LIVE: Duration = Duration::from_secs(3);
/// How often a page that is being replaced is asked again.
const TRIES: u32 = 20;
/// Gives what the origin of a page has stored. Strings may hold half characters, so they come as JSON in ASCII.
pub(crate) const READ: &str = r"(() => {
  const ascii = (text) => text.replace(/[^\x00-\x7e]/g, (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'));
  const all = (area) => {
    try {
      const pairs = [];
      for (let n = 0; n < area().length; n++) { const key = area().key(n); pairs.push([key, area().getItem(key)]); }
      return ascii(JSON.stringify(pairs.sort()));
    } catch { return '[]'; }
  };
  return { origin: location.origin, local: all(() => localStorage), session: all(() => sessionStorage) };
})()";
/// Puts it back; gives the origin of the page that it is in, and what could not be stored.
const WRITE: &str = r"((origin, local, session) => {
  if (location.origin !== origin) return { origin: location.origin };
  let lost = 0;
  for (const [area, pairs] of [[() => localStorage, local], [() => sessionStorage, session]])
    for (const [key, value] of JSON.parse(pairs)) try { area().setItem(key, value); } catch { lost++; }
  return { origin, lost };
})";

/// Where something may be stored, and a page of ours that is not a tab.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    origins: BTreeSet<String>,
    /// Whether a page of ours is being made, and pages that opened since: which of them it is is known only when it is there.
    expecting: bool,
    undecided: Vec<Value>,
    /// Its target, and its session once that is there.
    target: Option<String>,
    page: Option<Session>,
}

impl Keeping {
    /// A frame shows another document. Storage of a frame of another site is apart from the storage of that site's own pages,
    /// so only pages count, and frames that are of the same site as one.
    pub(crate) fn saw(&mut self, params: &Value) {
        let Some(url) = params.pointer("/frame/url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok()) else { return };
        if !matches!(url.scheme(), "http" | "https") {
            return;
        }
        let Some(site) = url.host_str().map(site) else { return };
        let is_page = params.pointer("/frame/parentId").is_none();
        let mut known = self.origins.iter().filter_map(|origin| Url::parse(origin).ok());
        if is_page || known.any(|known| known.host_str().is_some_and(|host| self::site(host) == site)) {
            self.origins.insert(url.origin().ascii_serialization());
        }
    }

    /// Whether a page that has just opened is ours, or may be.
    pub(crate) fn takes(&mut self, session: &Session, target: &str, params: &Value) -> bool {
        if self.target.as_deref() == Some(target) {
            session.run();
            self.page = Some(session.clone());
            return true;
        }
        if self.expecting {
            self.undecided.push(params.clone());
        }
        self.expecting
    }

    /// It is this one, if there is one; gives all that have opened meanwhile.
    pub(crate) fn own(&mut self, target: Option<&str>) -> Vec<Value> {
        self.expecting = false;
        self.target = target.map(str::to_owned);
        std::mem::take(&mut self.undecided)
    }
}

/// What hosts of one site have in common, roughly: to take too many for one site only costs time.
fn site(host: &str) -> &str {
    let is_name = host.chars().any(|letter| letter.is_ascii_alphabetic()) && !host.starts_with('[');
    let start = host.rmatch_indices('.').nth(1).filter(|_| is_name).map_or(0, |(place, _)| place + 1);
    host.get(start..).unwrap_or(host)
}

impl Browser {
    /// All cookies, and what the pages that were opened here have stored: local storage of each origin, and session storage of
    /// the pages that are open.
    pub async fn storage_state(&self, cx: &Context) -> Result<StorageState, SurfaceError> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        self.take_state(true, until).await.map_err(|error| error.surface("taking cookies and storage out of the browser"))
    }

    /// Puts cookies and storage in. No site is asked for that. Session storage is that of the tab in front, which is left on an
    /// empty page.
    pub async fn restore_storage(&self, cx: &Context, state: &StorageState) -> Result<(), SurfaceError> {
        if matches!(self.seat().place, Place::Guest) {
            return Err(SurfaceError::NotAvailable {
                problem: "stored state can't be put into a browser that somebody else uses: it would take the place of theirs".to_owned(),
                hint: "put it into a context of your own: Browser::context".to_owned(),
            });
        }
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        self.put_state(state, until).await.map_err(|error| error.surface("putting cookies and storage into the browser"))
    }

    /// `whole` asks for origins of which no page is open too.
    pub(super) async fn take_state(&self, whole: bool, until: Until) -> Result<StorageState, CallError> {
        let front = self.state().active().map(|tab| tab.number);
        let mut tabs = self.state().tabs();
        // Each tab has a session storage of its own: the one in front counts.
        tabs.sort_by_key(|tab| Some(tab.number) != front);
        let mut origins: BTreeMap<String, Stored> = BTreeMap::new();
        for tab in tabs {
            if let Some((origin, stored)) = open_page(&tab, until.at_most(LIVE)).await {
                origins.entry(origin).or_insert(stored);
            }
        }
        let rest: Vec<String> =
            self.state().keeping(|keeping| keeping.origins.iter().filter(|origin| !origins.contains_key(*origin)).cloned().collect());
        if whole && !rest.is_empty() {
            let (target, page) = self.own_page(until).await?;
            let asked = ask_each(&page, &target, rest, &mut origins, until).await;
            cdp::drop_tab(&self.connection(), &target);
            asked?;
        }
        origins.retain(|_, stored| !stored.is_empty());
        let cookies = cdp::cookies(&self.connection(), self.context_id().as_deref(), until).await?;
        Ok(StorageState { cookies, origins })
    }

    pub(crate) async fn put_state(&self, state: &StorageState, until: Until) -> Result<(), CallError> {
        let refused = cdp::set_cookies(&self.connection(), self.context_id().as_deref(), &state.cookies, until).await?;
        if refused > 0 {
            tracing::warn!(refused, "cookies could not be put into the browser");
        }
        if state.origins.is_empty() {
            return Ok(());
        }
        let tab = self.tab()?;
        self.put_in_tab(&tab, &state.origins, until).await
    }

    /// Puts storage in by a tab, which is left on an empty page.
    pub(crate) async fn put_in_tab(&self, tab: &Tab, origins: &BTreeMap<String, Stored>, until: Until) -> Result<(), CallError> {
        tab.session.answer_all(true, until).await?;
        let put = put_each(tab, origins, until).await;
        // Whatever came of it, the page must be able to ask its site again.
        tab.session.answer_all(false, until).await?;
        put?;
        patiently(until, || tab.session.navigate("about:blank", until)).await.map(|_| ())?;
        patiently(until, || tab.session.forget_history(until)).await
    }

    /// A page that is no tab: nobody sees it, and no request of it leaves the browser.
    async fn own_page(&self, until: Until) -> Result<(String, Session), CallError> {
        let (target, page) = self.unseen_page(until).await?;
        page.answer_all(true, until).await?;
        Ok((target, page))
    }

    /// A page that is no tab: nobody sees it.
    pub(crate) async fn unseen_page(&self, until: Until) -> Result<(String, Session), CallError> {
        let state = self.state();
        let mut bell = state.bell();
        state.keeping(|keeping| (keeping.expecting, keeping.page) = (true, None));
        let made = cdp::new_target(&self.connection(), "about:blank", self.context_id().as_deref(), true, until).await;
        state.own(&self.connection(), made.as_deref().ok());
        let target = made?;
        if self.seat().host.process.is_none() {
            cdp::attach(&self.connection(), &target);
        }
        loop {
            if let Some(page) = state.keeping(|keeping| keeping.page.take()) {
                return Ok((target, page));
            }
            if self.connection().is_gone() {
                return Err(CallError::Gone("its process ended".to_owned()));
            }
            if tokio::time::timeout_at(until.end, bell.changed()).await.is_err() {
                return Err(CallError::TimedOut(until.limit.as_millis() as u64));
            }
        }
    }
}

/// What an open page has stored; nothing if it can't be asked.
async fn open_page(tab: &Tab, until: Until) -> Option<(String, Stored)> {
    if tab.crashed || tab.hung || !tab.url.starts_with("http") {
        return None;
    }
    read(&tab.session, tab.frame(), until).await.ok().filter(|(origin, _)| origin.starts_with("http"))
}

async fn ask_each(
    page: &Session,
    frame: &str,
    origins: Vec<String>,
    found: &mut BTreeMap<String, Stored>,
    until: Until,
) -> Result<(), CallError> {
    for wanted in origins {
        let url = format!("{wanted}/");
        if let Err(problem) = patiently(until, || page.navigate(&url, until)).await? {
            tracing::warn!(origin = %wanted, %problem, "its storage can't be read");
            continue;
        }
        let (origin, stored) = read(page, frame, until).await?;
        if origin == wanted {
            found.insert(origin, Stored { session: String::new(), ..stored });
        }
    }
    Ok(())
}

async fn put_each(tab: &Tab, origins: &BTreeMap<String, Stored>, until: Until) -> Result<(), CallError> {
    for (origin, stored) in origins {
        let url = format!("{origin}/");
        if let Err(problem) = patiently(until, || tab.session.navigate(&url, until)).await? {
            tracing::warn!(%origin, %problem, "its storage can't be put back");
            continue;
        }
        let args = [origin.as_str(), stored.local(), stored.session()].map(|text| json!(text).to_string()).join(",");
        let answer = evaluate(&tab.session, tab.frame(), format!("{WRITE}({args})"), until).await?;
        if answer.get("lost").and_then(Value::as_u64) != Some(0) {
            tracing::warn!(%origin, "not all of its storage could be put back");
        }
    }
    Ok(())
}

async fn read(session: &Session, frame: &str, until: Until) -> Result<(String, Stored), CallError> {
    let answer = evaluate(session, frame, READ.to_owned(), until).await?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((text("origin"), Stored { local: text("local"), session: text("session") }))
}

/// In a world of ours: the page can't see it, nor put something else in the place of its storage.
async fn evaluate(session: &Session, frame: &str, expression: String, until: Until) -> Result<Value, CallError> {
    let ask = || async {
        let world = session.world(frame, until).await?;
        session.evaluate(world, expression.clone(), until).await
    };
    patiently(until, ask).await
}

/// Asks again while a document is only just coming.
async fn patiently<T, F: Future<Output = Result<T, CallError>>>(until: Until, ask: impl Fn() -> F) -> Result<T, CallError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match ask().await {
            Err(CallError::Remote(_)) if tries < TRIES && !until.is_over() => tokio::time::sleep(Duration::from_millis(20)).await,
            done => return done,
        }
    }
}
