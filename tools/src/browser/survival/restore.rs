//! Making a browser again as it was.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use handiwork_core::policy::{UrlClass, classify};
use handiwork_core::{Context, Node, Ref, Restore, Restored, Screen, SurfaceError};
use serde_json::json;
use tokio::time::Instant;

use super::super::Browser;
use super::super::cdp::{self, CallError, Until};
use super::super::place::Place;
use super::super::profile::{StorageState, Stored};
use super::super::screen::Look;
use super::super::screen::refs::Known;
use super::super::state::{Happening, Tab};
use super::checkpoint::{Kept, KeptTab};
use crate::mark;

/// How long the old browser may take to end.
const ENDING: Duration = Duration::from_secs(10);
/// How long a page may take to come.
const COMING: Duration = Duration::from_secs(20);
/// How long a page is given to become as long as it was.
const GROWING: Duration = Duration::from_millis(1500);

impl Browser {
    pub(crate) async fn restore_from(&self, cx: &Context, from: &Restore<'_>, until: Until) -> Result<Restored, SurfaceError> {
        let seat = self.seat();
        if matches!(seat.place, Place::Guest) {
            return Err(SurfaceError::NotAvailable {
                problem: "a browser that somebody else runs can't be restored".to_owned(),
                hint: "start that browser again, attach to it and start the run again".to_owned(),
            });
        }
        if self.closed.load(Ordering::Relaxed) {
            return Err(SurfaceError::NotAvailable {
                problem: "this browser was closed by its owner".to_owned(),
                hint: "launch another one, and go on with the run there".to_owned(),
            });
        }
        let is_alive = !seat.host.connection.is_gone();
        let is_own = from.process.is_some() && from.process == seat.mark().as_ref();
        if is_alive && is_own {
            let mut refs = self.refs();
            refs.go_on_at(from.next_ref);
            return Ok(Restored { kept: refs.all(), lost: Vec::new() });
        }
        // Read first: if that fails nothing has been done yet.
        let state = from.state.filter(|state| !state.is_empty());
        let mut kept = state.map(|state| Kept::decode(state, self.config.state_key.as_ref())).transpose()?;
        if is_own {
            // Of our own browser we know all, with a key or without one.
            let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
            kept = Some(known).filter(|known| !known.tabs.is_empty()).or(kept);
        }
        if let Some(old) = from.process.cloned() {
            let pid = old.pid;
            let ended = tokio::task::spawn_blocking(move || mark::end(&old, ENDING)).await;
            if !ended.unwrap_or(false) {
                return Err(SurfaceError::NotAvailable {
                    problem: format!("the browser of before (process {pid}) does not end"),
                    hint: format!("end it by hand (kill -9 {pid}), then go on with the run"),
                });
            }
        }
        if !is_alive {
            let given = if kept.as_ref().is_some_and(|kept| kept.storage.is_some()) { None } else { self.config.storage.as_ref() };
            self.start_again(given).await?;
        }
        drop(seat);
        let kept = kept.or_else(|| from.screen.map(|screen| Kept::of_screen(screen, self.viewport())));
        self.put_back(cx, kept.unwrap_or_default(), from.next_ref, from.screen, until)
            .await
            .map_err(|error| error.surface("restoring the browser"))
    }

    /// Puts a kept state into a browser that has none of it.
    pub(super) async fn put_back(
        &self,
        cx: &Context,
        kept: Kept,
        next_ref: u32,
        screen: Option<&Screen>,
        until: Until,
    ) -> Result<Restored, CallError> {
        self.refs().begin_again(next_ref.max(kept.next_ref));
        self.remember(Look::default());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.pdf.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let mut lost = Vec::new();
        match &kept.storage {
            Some(stores) => {
                let refused = cdp::set_cookies(&self.connection(), self.context_id().as_deref(), &stores.cookies, until).await?;
                if refused > 0 {
                    lost.push(format!("{refused} cookies could not be put back"));
                }
                let stored = |local: &String| Stored { local: local.clone(), session: String::new() };
                let origins = stores.local.iter().map(|(origin, local)| (origin.clone(), stored(local)));
                let state = StorageState { cookies: Vec::new(), origins: origins.filter(|(_, stored)| !stored.is_empty()).collect() };
                self.put_state(&state, until).await?;
            }
            None if kept.tabs.iter().any(|tab| tab.url.starts_with("http")) => lost.push(
                "logins and what pages have stored were not kept, since there was no key to encrypt them with (BrowserConfig::state_key)"
                    .to_owned(),
            ),
            None => {}
        }
        let tabs = self.tabs_for(&kept, until).await?;
        let mark = self.state().mark();
        let opened = join_all(tabs.iter().zip(&kept.tabs).map(|(tab, was)| self.open_again(cx, *tab, was, mark, until))).await;
        for one in opened {
            lost.extend(one?);
        }
        let front = tabs.iter().zip(&kept.tabs).find(|(_, was)| was.front).map(|(number, _)| *number).or(tabs.first().copied());
        if let Some(tab) = front.and_then(|front| self.state().tab(front)) {
            self.state().activate(tab.number);
            // Where that can't be, it is the one in front for us all the same.
            if let Err(error @ CallError::Gone(_)) = tab.session.bring_to_front(until).await {
                return Err(error);
            }
        }
        let found = match screen {
            Some(screen) => self.adopt(cx, screen, until).await?,
            None => Vec::new(),
        };
        // Whatever a page said while it came again nobody has asked for.
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(Restored { kept: found, lost })
    }

    /// Empty tabs with the numbers of those that are to be restored, in their order; no others are left.
    async fn tabs_for(&self, kept: &Kept, until: Until) -> Result<Vec<u32>, CallError> {
        let first = match self.state().active() {
            Some(tab) => tab,
            None => self.fresh_tab(until).await?,
        };
        for other in self.state().tabs().into_iter().filter(|tab| tab.number != first.number) {
            cdp::close_tab(&self.connection(), &other.target, until).await?;
            self.until_state(until, |state| state.tab(other.number).is_none()).await?;
        }
        if first.url != "about:blank" {
            let _ = first.session.navigate("about:blank", until).await?;
        }
        if kept.viewport != (0, 0) && kept.viewport != self.viewport() {
            self.state().set_viewport(kept.viewport);
            first.session.resize(kept.viewport, self.state().disguise(), until).await?;
        }
        let mut out = Vec::new();
        for (place, was) in kept.tabs.iter().enumerate() {
            let tab = if place == 0 { first.clone() } else { self.fresh_tab(until).await? };
            out.push(self.state().renumber(tab.number, was.number));
        }
        Ok(out)
    }

    async fn fresh_tab(&self, until: Until) -> Result<Tab, CallError> {
        let target = self.new_target("about:blank", until).await?;
        let find = |tabs: Vec<Tab>| tabs.into_iter().find(|tab| tab.target == target);
        self.until_state(until, |state| find(state.tabs()).is_some()).await?;
        let tab = find(self.state().tabs()).ok_or(CallError::Detached)?;
        // A tab that is left before its first document is there tells of none.
        self.world(tab.number, &tab.session.id, until).await?;
        Ok(tab)
    }

    pub(super) async fn until_state(&self, until: Until, is_so: impl Fn(&super::super::state::State) -> bool) -> Result<(), CallError> {
        let state = self.state();
        let mut bell = state.bell();
        while !is_so(&state) {
            if self.connection().is_gone() {
                return Err(CallError::Gone("its process ended".to_owned()));
            }
            if tokio::time::timeout_at(until.end, bell.changed()).await.is_err() {
                return Err(CallError::TimedOut(until.limit.as_millis() as u64));
            }
        }
        Ok(())
    }

    /// Loads the page of a tab again; gives what could not be had of it.
    async fn open_again(&self, cx: &Context, number: u32, was: &KeptTab, mark: u64, until: Until) -> Result<Option<String>, CallError> {
        if was.url.is_empty() || was.url == "about:blank" {
            return Ok(None);
        }
        let url = cx.secrets().redact(&was.url);
        if let UrlClass::Refused { why } = classify(&was.url) {
            return Ok(Some(format!("{url} was not opened again: {why}")));
        }
        let Some(tab) = self.state().tab(number) else { return Ok(Some(format!("{url} was not opened again"))) };
        let opening = async {
            if let Some((origin, session)) = &was.session {
                let stored = Stored { local: String::new(), session: session.clone() };
                if !stored.is_empty() {
                    self.put_in_tab(&tab, &BTreeMap::from([(origin.clone(), stored)]), until).await?;
                }
            }
            self.open_in(&tab, &was.url, until.at_most(COMING)).await
        };
        match opening.await {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => return Ok(Some(format!("{url} could not be opened again: {problem}"))),
            Err(CallError::TimedOut(ms)) => return Ok(Some(format!("{url} could not be opened again: no answer within {ms} ms"))),
            // It is shown when it is looked at.
            Err(CallError::Dialog { .. }) => return Ok(None),
            Err(error @ CallError::Gone(_)) => return Err(error),
            Err(error) => return Ok(Some(format!("{url} could not be opened again: {error}"))),
        }
        let refused = self.state().since(mark).into_iter().find_map(|happening| match happening {
            Happening::Refused { tab, status, main: true, .. } if tab == number => Some(status),
            _ => None,
        });
        if let Some(status) = refused {
            return Ok(Some(format!("{url} was opened again and answered with HTTP {status}")));
        }
        let is_there = was.scroll == (0.0, 0.0) || self.scroll_back(number, was.scroll, until).await?;
        Ok((!is_there).then(|| format!("{url} could not be scrolled to where it was")))
    }

    /// Opens an address in a tab and waits until it is there and at rest. The error is the browser's word for why not.
    pub(super) async fn open_in(&self, tab: &Tab, url: &str, until: Until) -> Result<Result<(), String>, CallError> {
        let before = self.state().tab(tab.number).map_or(0, |now| now.documents);
        let mark = self.state().mark();
        match tab.session.navigate(url, until).await? {
            Err(problem) => return Ok(Err(problem)),
            Ok(false) => {}
            Ok(true) => self.until_state(until, |state| state.tab(tab.number).is_none_or(|now| now.documents > before)).await?,
        }
        self.rest(Some(tab.number), mark, until).await?;
        Ok(Ok(()))
    }

    async fn scroll_back(&self, number: u32, (x, y): (f64, f64), until: Until) -> Result<bool, CallError> {
        let end = Instant::now() + GROWING;
        let Some(tab) = self.state().tab(number) else { return Ok(false) };
        let expression = format!("(scrollTo({{ left: {x}, top: {y}, behavior: 'instant' }}), [Math.round(scrollX), Math.round(scrollY)])");
        loop {
            let scrolled = async {
                let (context, _) = self.world(number, &tab.session.id, until).await?;
                tab.session.evaluate(context, expression.clone(), until).await
            };
            match scrolled.await {
                Ok(now) if now == json!([x as i64, y as i64]) => return Ok(true),
                Err(error @ CallError::Gone(_)) => return Err(error),
                _ if Instant::now() >= end || until.is_over() => return Ok(false),
                // What is loaded late makes it longer.
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Gives elements of the page in front the refs that they had on an old screen, where there is no doubt that they are the same.
    async fn adopt(&self, cx: &Context, old: &Screen, until: Until) -> Result<Vec<Ref>, CallError> {
        let place = |url: &str| {
            let url = url::Url::parse(url).ok()?;
            Some((url.origin().ascii_serialization(), url.path().to_owned()))
        };
        // What stands on a dialog of the browser's own is on no page.
        let is_dialog = old
            .nodes
            .first()
            .is_some_and(|node| node.role == "dialog" && matches!(node.hint.as_str(), "confirm" | "prompt" | "beforeunload"));
        if is_dialog || place(&old.url).is_none() {
            return Ok(Vec::new());
        }
        let (look, elements) = match self.look_for_adoption(cx, until).await {
            Ok(seen) => seen,
            Err(error @ CallError::Gone(_)) => return Err(error),
            Err(_) => return Ok(Vec::new()),
        };
        if place(&look.screen.url) != place(&old.url) {
            return Ok(Vec::new());
        }
        let was = unique(old.nodes.iter().filter_map(|node| Some((node, node.r#ref?))));
        let is = unique(look.screen.nodes.iter().zip(elements).filter_map(|(node, element)| Some((node, element?))));
        let mut kept = Vec::new();
        let mut refs = self.refs();
        for ((role, name), r) in was {
            let (Some(r), Some(Some((token, id)))) = (r, is.get(&(role, name))) else { continue };
            let known = Known { tab: look.tab, token: token.clone(), id: *id, role: role.to_owned(), name: name.to_owned() };
            if refs.adopt(r, known) {
                kept.push(r);
            }
        }
        drop(refs);
        kept.sort_unstable();
        Ok(kept)
    }
}

/// By role and name, or nothing where several have the same. What has no name is in doubt already.
fn unique<'a, T>(nodes: impl Iterator<Item = (&'a Node, T)>) -> BTreeMap<(&'a str, &'a str), Option<T>> {
    let mut out: BTreeMap<(&str, &str), Option<T>> = BTreeMap::new();
    for (node, value) in nodes.filter(|(node, _)| !node.name.trim().is_empty()) {
        out.entry((node.role.as_str(), node.name.as_str())).and_modify(|known| *known = None).or_insert(Some(value));
    }
    out
}
