//! Looking: one call into the page, made into a [`Screen`].
//!
//! What the model is shown and what we look at to judge an action come from the same walk. Only the former gives out refs, so
//! numbers don't depend on how often we looked in between.

mod listeners;
mod parts;
pub(crate) mod refs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use handiwork_core::screen::Tab as ScreenTab;
use handiwork_core::{Context, Node, Rect, Screen, Secrets, State, Verb};
use serde::Deserialize;
use serde_json::json;

use super::Browser;
use super::cdp::{CallError, Until};
use super::changes::Pulse;
use refs::Known;

/// How long a page that is loading is waited for before it is looked at.
const LOADING: Duration = Duration::from_secs(5);
/// How long what the end of an action saw is good for, if nothing stirs.
const JUST: Duration = Duration::from_millis(150);

/// Names a line for as long as its element lives: the element's number, and which of its lines it is.
pub(crate) type Key = (u64, u32);

/// The element of a line: its world, and its number there.
pub(crate) type Element = Option<(String, u64)>;

/// How much of a page is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Scope {
    /// What is in view.
    #[default]
    View,
    /// All that can be scrolled to.
    Whole,
    /// All that is inside an element: its world, and its number there.
    Inside(String, u64),
}

/// One look at a tab.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    pub(crate) screen: Screen,
    /// The line of each node of the screen.
    pub(crate) keys: Vec<Key>,
    /// Lines that keep changing by themselves.
    pub(crate) noisy: BTreeSet<Key>,
    pub(crate) tab: u32,
    pub(crate) token: String,
    /// Whether a secret stood in what the page shows.
    pub(crate) leaky: bool,
}

/// What the look saw that ended an action.
#[derive(Debug)]
pub(crate) struct Last {
    at: Instant,
    tab: u32,
    token: String,
    walked: Walked,
    pulse: Pulse,
}

#[derive(Debug, Clone, Deserialize)]
struct Walked {
    title: String,
    url: String,
    lines: Vec<Line>,
    notes: Vec<String>,
    /// What is out of view, for the line of the frame that this is in.
    #[serde(default)]
    more: String,
    /// Elements that may have a closed shadow root.
    #[serde(default)]
    suspects: Vec<u64>,
    /// Documents and shadow roots that were seen for the first time.
    #[serde(default)]
    fresh: Vec<u64>,
}

/// Where a frame of another site is drawn: where its content begins, and the part of it that is in view.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Foreign {
    x: f64,
    y: f64,
    l: f64,
    t: f64,
    r: f64,
    b: f64,
}

#[derive(Debug, Clone, Deserialize)]
struct Line {
    /// Of which world its numbers are.
    #[serde(skip)]
    token: String,
    f: Option<Foreign>,
    d: u16,
    k: u64,
    #[serde(default)]
    id: u64,
    r: String,
    #[serde(default)]
    n: String,
    v: Option<String>,
    #[serde(default)]
    s: Vec<State>,
    #[serde(default)]
    vb: Vec<Verb>,
    #[serde(default)]
    o: Vec<String>,
    #[serde(default)]
    h: String,
    b: (f64, f64, f64, f64),
    #[serde(default)]
    q: bool,
}

/// Redacts, and remembers whether there was something to redact.
struct Redactor<'a> {
    secrets: &'a Secrets,
    found: bool,
}

impl Redactor<'_> {
    fn clean(&mut self, text: String) -> String {
        if self.secrets.is_empty() || !self.secrets.leaks_into(&text) {
            return text;
        }
        self.found = true;
        self.secrets.redact(&text)
    }
}

impl Browser {
    /// What the model is shown.
    pub(crate) async fn show(&self, cx: &Context, until: Until) -> Result<Screen, CallError> {
        // An action that was given up in the middle has not said that it ended.
        self.state().set_acting(false);
        if let Some(screen) = self.show_open_dialog(cx) {
            return Ok(screen);
        }
        let seen = if let Some(look) = self.just_seen(cx, until).await {
            Ok(look)
        } else {
            match self.loaded(until.at_most(LOADING)).await {
                // The look itself says so.
                Ok(()) | Err(CallError::Dialog { .. }) => {}
                Err(error) => return Err(error),
            }
            self.hear_clicks(until).await;
            self.look(cx, true, until).await
        };
        let mut look = match seen {
            Err(error @ CallError::Dialog { .. }) => return self.show_open_dialog(cx).ok_or(error),
            // The tab was closed or crashed meanwhile: there may be another one.
            Err(CallError::Detached) => match self.state().active() {
                Some(tab) if tab.crashed => Look {
                    screen: Screen {
                        url: cx.secrets().redact(&tab.url),
                        notes: vec!["this page crashed; reload it, or navigate".to_owned()],
                        ..Screen::default()
                    },
                    tab: tab.number,
                    ..Look::default()
                },
                Some(_) => self.look(cx, true, until).await?,
                None => Look {
                    screen: Screen { notes: vec!["no tab is open; navigate opens one".to_owned()], ..Screen::default() },
                    ..Look::default()
                },
            },
            other => other?,
        };
        for note in self.state().take_untold().into_iter().chain(self.downloads.take_untold()) {
            look.screen.notes.push(cx.secrets().redact(&note));
        }
        let screen = look.screen.clone();
        self.remember(look);
        Ok(screen)
    }

    /// Learns which elements of the page in front listen to clicks.
    async fn hear_clicks(&self, until: Until) {
        if let Some(tab) = self.state().active().filter(|tab| !tab.crashed)
            && let Err(error) = self.listen(tab.number, &tab.session.id, "document", until).await
        {
            // The look itself says what is wrong with the page, if anything is.
            tracing::debug!(%error, "listeners are not known");
        }
    }

    /// A look without refs that ends an action. What it saw is kept for the look that follows at once, as mostly one does.
    pub(crate) async fn last_look(&self, cx: &Context, pulse: &Pulse, until: Until) -> Result<Look, CallError> {
        let tab = self.tab()?;
        if !until.brisk || !self.has_heard(tab.number, pulse) {
            self.hear_clicks(until).await;
        }
        let seen = self.gather(tab.number, &tab.session.id, false, None, parts::Extent::default(), 0, until).await?;
        let look = self.build(cx, tab.number, seen.token.clone(), seen.walked.clone(), false);
        let last = Last { at: Instant::now(), tab: tab.number, token: seen.token, walked: seen.walked, pulse: pulse.clone() };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        Ok(look)
    }

    /// A look without refs, and of each of its lines the element: its world, and its number there.
    pub(crate) async fn look_for_adoption(&self, cx: &Context, until: Until) -> Result<(Look, Vec<Element>), CallError> {
        let tab = self.tab()?;
        self.hear_clicks(until).await;
        let seen = self.gather(tab.number, &tab.session.id, false, None, parts::Extent::default(), 0, until).await?;
        let elements = seen.walked.lines.iter().map(|line| (line.id != 0).then(|| (line.token.clone(), line.id))).collect();
        Ok((self.build(cx, tab.number, seen.token, seen.walked, false), elements))
    }

    /// What the end of an action saw, if that was a moment ago and nothing has stirred since.
    async fn just_seen(&self, cx: &Context, until: Until) -> Option<Look> {
        if !self.has_last() {
            return None;
        }
        let tab = self.state().active().filter(|tab| !tab.crashed && tab.pending.is_none())?;
        let (token, pulse) = self.pulse(tab.number, None, until).await.ok()?;
        let walked = self.last_walked(tab.number, &token, &pulse).filter(|_| pulse.ready != "loading");
        if !until.brisk {
            // Once: a field may change without a trace.
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        let walked = walked?;
        Some(self.build(cx, tab.number, token, walked, true))
    }

    /// A look without refs at a page with this pulse, if the last one is still good for it.
    pub(crate) fn seen_last(&self, cx: &Context, number: u32, token: &str, pulse: &Pulse) -> Option<Look> {
        let walked = self.last_walked(number, token, pulse)?;
        Some(self.build(cx, number, token.to_owned(), walked, false))
    }

    /// Whether the page has been asked for its listeners since it last stirred.
    fn has_heard(&self, number: u32, pulse: &Pulse) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |last: &Last| last.tab == number && last.pulse.mutations == pulse.mutations && last.pulse.focus_in == pulse.focus_in;
        last.as_ref().is_some_and(same)
    }

    fn has_last(&self) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|last| last.at.elapsed() < JUST)
    }

    /// What the last look saw, if that was a moment ago and nothing has stirred since.
    fn last_walked(&self, number: u32, token: &str, pulse: &Pulse) -> Option<Walked> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.as_ref().filter(|last| last.tab == number && last.token == token && last.at.elapsed() < JUST)?;
        let same = pulse.mutations == last.pulse.mutations && (pulse.focus, pulse.scroll) == (last.pulse.focus, last.pulse.scroll);
        same.then(|| last.walked.clone())
    }

    /// The dialog that is open, with what nobody was told of yet.
    fn show_open_dialog(&self, cx: &Context) -> Option<Screen> {
        let mut screen = self.show_dialog(cx)?;
        screen.notes.extend(self.state().take_untold().into_iter().map(|note| cx.secrets().redact(&note)));
        Some(screen)
    }

    /// All of the page in front, also what is out of view. What is out of view can be covered without this being known.
    pub async fn observe_whole(&self, cx: &Context) -> Result<Screen, handiwork_core::SurfaceError> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        let failed = |error: CallError| error.surface("looking at the page");
        self.loaded(until.at_most(LOADING)).await.map_err(failed)?;
        self.show_scope(cx, Scope::Whole, until).await.map_err(failed)
    }

    /// More of the page than is in view, or a part of it. Its refs are given as on any screen; what the model was shown to judge
    /// actions by stays as it is.
    pub(crate) async fn show_scope(&self, cx: &Context, scope: Scope, until: Until) -> Result<Screen, CallError> {
        self.hear_clicks(until).await;
        Ok(self.look_at(cx, true, scope, until).await?.screen)
    }

    /// Waits until the document in front is there to be read; a page that never gets so far is read as it is.
    async fn loaded(&self, until: Until) -> Result<(), CallError> {
        let mut bell = self.state().bell();
        while let Some(tab) = self.state().active() {
            if tab.crashed || until.is_over() {
                break;
            }
            if tab.pending.is_none() {
                match self.call(tab.number, None, "pulse", &json!([0]), until).await {
                    Ok(Some(answer)) if answer.value.get("ready").and_then(|ready| ready.as_str()) == Some("loading") => {}
                    Err(CallError::TimedOut(_) | CallError::Detached) | Ok(_) => break,
                    Err(error) => return Err(error),
                }
            }
            let _ = tokio::time::timeout(Duration::from_millis(50), bell.changed()).await;
        }
        Ok(())
    }

    /// Looks at the tab in front. With `give` elements get refs and count as shown.
    pub(crate) async fn look(&self, cx: &Context, give: bool, until: Until) -> Result<Look, CallError> {
        self.look_at(cx, give, Scope::View, until).await
    }

    async fn look_at(&self, cx: &Context, give: bool, scope: Scope, until: Until) -> Result<Look, CallError> {
        let tab = self.tab()?;
        let parts::Gathered { token, walked } = {
            let (part, scope) = match &scope {
                Scope::View => (tab.session.id.as_str(), parts::Extent::default()),
                Scope::Whole => (tab.session.id.as_str(), parts::Extent { whole: true, inside: 0 }),
                Scope::Inside(token, id) => (tab.part_of(token), parts::Extent { whole: true, inside: *id }),
            };
            self.gather(tab.number, part, give, None, scope, 0, until).await?
        };
        Ok(self.build(cx, tab.number, token, walked, give))
    }

    /// What was walked as a look. With `give` elements get refs.
    fn build(&self, cx: &Context, number: u32, token: String, walked: Walked, give: bool) -> Look {
        let mut redactor = Redactor { secrets: cx.secrets(), found: false };
        let mut look = Look { tab: number, token, ..Look::default() };
        let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
        for line in walked.lines {
            let line_of = number_of(&line.token, line.k);
            let nth = seen.entry(line_of).or_default();
            let key = (line_of, *nth);
            *nth += 1;
            if line.q {
                look.noisy.insert(key);
            }
            let node = self.node(line, &look, give, &mut redactor);
            look.screen.nodes.push(node);
            look.keys.push(key);
        }
        look.screen.title = redactor.clean(walked.title);
        look.screen.url = redactor.clean(walked.url);
        look.screen.notes = walked.notes.into_iter().map(|note| redactor.clean(note)).collect();
        let tabs = self.state().tabs();
        if tabs.len() > 1 {
            look.screen.tabs = tabs
                .into_iter()
                .map(|other| ScreenTab {
                    number: other.number,
                    title: redactor.clean(other.title),
                    url: redactor.clean(other.url),
                    active: other.number == number,
                })
                .collect();
        }
        look.leaky = redactor.found;
        look
    }

    fn node(&self, line: Line, look: &Look, give: bool, redactor: &mut Redactor<'_>) -> Node {
        let name = redactor.clean(line.n);
        let r#ref = (line.id != 0).then(|| {
            let mut refs = self.refs();
            if give {
                refs.show(Known { tab: look.tab, token: line.token.clone(), id: line.id, role: line.r.clone(), name: name.clone() })
            } else {
                refs.peek(&line.token, line.id)
            }
        });
        Node {
            depth: line.d,
            r#ref,
            role: line.r,
            name,
            value: line.v.map(|value| redactor.clean(value)),
            states: line.s,
            verbs: line.vb,
            options: line.o.into_iter().map(|option| redactor.clean(option)).collect(),
            hint: redactor.clean(line.h),
            rect: Rect { x: line.b.0, y: line.b.1, w: line.b.2, h: line.b.3 },
        }
    }
}

/// The number of an element that no element of another world has.
pub(crate) fn number_of(token: &str, id: u64) -> u64 {
    let world: u64 = token.trim_start_matches('w').parse().unwrap_or(0);
    world << 40 | id
}
