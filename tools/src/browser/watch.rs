//! What an action did: seen before, seen after, and only what is its own.
//!
//! Lines that change by themselves (a ticker) and requests that were being sent anyway (polling) are known from before the
//! action and don't count. An effect is looked for until one is seen or the time is up; then the page is let come to rest.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use handiwork_core::{Change, Context, Ref};
use serde_json::json;
use tokio::time::Instant;

use super::Browser;
use super::cdp::{CallError, Until};
use super::changes::{Pulse, changed, endpoint, lines, looks};
use super::screen::{Key, Look, number_of};
use super::state::{Happening, Tab};

/// How long the page must have been at rest.
pub(super) const REST: Duration = Duration::from_millis(100);
/// The same for a caller that waits for what it needs itself.
pub(super) const BRISK: Duration = Duration::from_millis(10);
/// Longest wait for rest on a page that never rests.
pub(super) const RESTLESS: Duration = Duration::from_secs(1);
/// How long a page that is changing by itself is watched before an action, to know its rhythm.
const SAMPLE: Duration = Duration::from_millis(300);
/// Longest wait for a frame of another site.
const FRAME: Duration = Duration::from_millis(500);
/// How long an act that has not stirred its page is given to leave it, before it is looked at.
const LEAVES: Duration = Duration::from_millis(40);
/// How long a new document is watched in any case.
const YOUNG: f64 = 150.0;
/// How much longer an effect is waited for while requests of the action are under way.
const PATIENCE: u32 = 3;

/// What the verdict may rest on, by kind of action.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// A moved focus is an effect.
    pub(crate) focus: bool,
    /// Another place or size of the target is an effect.
    pub(crate) place: bool,
    /// Another picture in a canvas is an effect.
    pub(crate) picture: bool,
}

/// What was the case before an action.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(super) mark: u64,
    /// The number of the next download.
    pub(crate) files: u64,
    began: Instant,
    pub(super) before: Look,
    pulse: Pulse,
    noise: BTreeSet<Key>,
    pub(super) polled: BTreeSet<(String, String)>,
    /// The element that is acted on: its world, and its number there.
    pub(super) place: Option<(String, u64)>,
    target: Option<Ref>,
    counts: Counts,
}

impl Browser {
    /// Notes how things are, right before an action on `target`.
    pub(crate) async fn watch(&self, cx: &Context, target: Option<(Ref, u64)>, counts: Counts, until: Until) -> Result<Watch, CallError> {
        let tab = self.tab()?;
        let place = target.and_then(|(r, id)| Some((self.refs().get(r)?.token.clone(), id)));
        let (mut token, mut pulse) = self.pulse(tab.number, place.as_ref(), until).await?;
        let sample = Instant::now() + SAMPLE;
        let (young, rest) = if until.brisk { (0.0, BRISK) } else { (YOUNG, REST) };
        while Instant::now() < sample && !until.is_over() && (pulse.age < young || pulse.own < rest.as_secs_f64() * 1000.0) {
            tokio::time::sleep(Duration::from_millis(30).min(rest)).await;
            (token, pulse) = self.pulse(tab.number, place.as_ref(), until).await?;
        }
        let before = match self.seen_last(cx, tab.number, &token, &pulse).filter(|_| until.brisk) {
            Some(look) => look,
            None => self.look(cx, false, until).await?,
        };
        let baseline = self.baseline();
        let mut noise = before.noisy.clone();
        if baseline.token == before.token {
            noise.extend(changed(&baseline, &before));
        }
        let (mark, files) = (self.state().mark(), self.downloads.mark());
        let polled = self.state().before(mark).into_iter().filter_map(|happening| match happening {
            Happening::Request { method, url, idle: true, .. } => Some((method, endpoint(&url))),
            _ => None,
        });
        let polled = polled.collect();
        self.call(tab.number, Some(&before.token), "begin", &json!([]), until).await?;
        self.tell_frames(tab.number, "begin", until).await;
        self.state().set_acting(true);
        Ok(Watch { mark, files, began: Instant::now(), before, pulse, noise, polled, place, target: target.map(|(r, _)| r), counts })
    }

    /// Ends a watch; called whatever came of the action.
    pub(crate) async fn unwatch(&self, watch: &Watch, until: Until) {
        self.state().set_acting(false);
        self.state().told_since(watch.mark);
        self.tell_frames(watch.before.tab, "end", until).await;
        // A page that is gone or hangs has nothing to be told.
        let _ = self.call(watch.before.tab, Some(&watch.before.token), "end", &json!([]), until.at_most(RESTLESS)).await;
    }

    /// Tells the frames of other sites that we have looked into of something; one that hangs is not waited for long.
    async fn tell_frames(&self, number: u32, function: &str, until: Until) {
        let Some(tab) = self.state().tab(number) else { return };
        let until = until.at_most(FRAME);
        let told = tab.looked_at().map(|part| async move { self.try_call(number, part, None, function, &json!([]), until).await });
        join_all(told).await;
    }

    /// The state of the page in a tab, its frames included, and of the element that `place` names, if any.
    pub(crate) async fn pulse(&self, number: u32, place: Option<&(String, u64)>, until: Until) -> Result<(String, Pulse), CallError> {
        let tab = self.state().tab(number).ok_or(CallError::Detached)?;
        let home = place.map_or(tab.session.id.as_str(), |(token, _)| tab.part_of(token));
        let id_in = |session: &str| place.filter(|_| session == home).map_or(0, |(_, id)| *id);
        let answer = self.call(number, None, "pulse", &json!([id_in(&tab.session.id)]), until).await?.ok_or(CallError::Detached)?;
        let read = |value| serde_json::from_value::<Pulse>(value).map_err(|error| CallError::Unreadable(error.to_string()));
        let mut pulse = read(answer.value)?;
        pulse.focus_in.clone_from(&answer.token);
        let limit = until.at_most(FRAME);
        let inner = tab.looked_at().map(|part| {
            let id = id_in(part);
            async move { (id, self.try_call(number, part, None, "pulse", &json!([id]), limit).await) }
        });
        for (id, inner) in join_all(inner).await {
            let Ok(Some(inner)) = inner else { continue };
            let Ok(part) = read(inner.value) else { continue };
            pulse.add(part, inner.token, id != 0);
        }
        Ok((answer.token, pulse))
    }

    /// Waits for the effect of the action that `watch` was taken for, then for the page to rest, and tells what changed. The
    /// list is empty when nothing did. It begins with what is `known` already, if anything.
    pub(crate) async fn effects(&self, cx: &Context, watch: &Watch, known: Vec<Change>, until: Until) -> Result<Vec<Change>, CallError> {
        let wait = self.config.effect_wait;
        let mut bell = self.state().bell();
        let (acted, mut looked_at) = (Instant::now(), None);
        let mut next_look = Instant::now();
        loop {
            if !known.is_empty() || self.is_leaving(watch) || self.downloads.mark() > watch.files {
                break;
            }
            let (token, pulse) = match self.pulse_of(watch, until).await {
                Ok(found) => found,
                Err(CallError::Detached) => break,
                Err(CallError::Dialog { .. }) => return Ok(self.stopped(cx, watch, known)),
                Err(error) => return Err(error),
            };
            if !self.changes(cx, watch, &token, &pulse, None).is_empty() {
                break;
            }
            if looked_at.is_none() && pulse.mutations == watch.pulse.mutations && acted.elapsed() < LEAVES {
                // Likely it is about to be left: then a look would only be in the way.
                let _ = tokio::time::timeout(LEAVES.saturating_sub(acted.elapsed()), bell.changed()).await;
                continue;
            }
            let stirred = looked_at != Some((token.clone(), pulse.mutations));
            if stirred && token == watch.before.token && pulse.mutations > watch.pulse.mutations {
                // Something changed, so what is seen now would be looked at again when it rests.
                let seen = match self.settled_look(cx, watch, until).await {
                    Err(CallError::Dialog { .. }) => return Ok(self.stopped(cx, watch, known)),
                    seen => seen?,
                };
                let Some((token, pulse, look)) = seen else { break };
                let changes = self.changes(cx, watch, &token, &pulse, Some(&look));
                if !changes.is_empty() {
                    self.remember(look);
                    return Ok([changes, self.asides(cx, watch, &pulse)].concat());
                }
                looked_at = Some((token, pulse.mutations));
                continue;
            }
            let look = if stirred || Instant::now() >= next_look {
                looked_at = Some((token.clone(), pulse.mutations));
                // Styles can change without any mutation: look now and then all the same.
                next_look = Instant::now() + Duration::from_millis(500);
                match self.look(cx, false, until).await {
                    Ok(look) => Some(look),
                    Err(CallError::Dialog { .. }) => return Ok(self.stopped(cx, watch, known)),
                    Err(error) => return Err(error),
                }
            } else {
                None
            };
            if !self.changes(cx, watch, &token, &pulse, look.as_ref()).is_empty() {
                break;
            }
            let patience = if self.has_requests(watch) { wait * PATIENCE } else { wait };
            if watch.began.elapsed() >= patience || until.is_over() {
                for aside in self.asides(cx, watch, &pulse) {
                    self.state().tell_later(format!("beside an action without effect: {aside}"));
                }
                return Ok(Vec::new());
            }
            let _ = tokio::time::timeout(Duration::from_millis(60), bell.changed()).await;
        }
        match self.settled_look(cx, watch, until).await {
            Ok(Some((token, pulse, look))) => {
                let changes = self.changes(cx, watch, &token, &pulse, Some(&look));
                self.remember(look);
                Ok([known, changes, self.asides(cx, watch, &pulse)].concat())
            }
            Ok(None) => Ok([known, self.changes(cx, watch, "", &watch.pulse, None)].concat()),
            Err(CallError::Dialog { .. }) => Ok(self.stopped(cx, watch, known)),
            Err(error) => Err(error),
        }
    }

    /// The tab in front when it has come to rest, if there is one.
    async fn settled_look(&self, cx: &Context, watch: &Watch, until: Until) -> Result<Option<(String, Pulse, Look)>, CallError> {
        let rested = self.rested(None, Some(watch), watch.mark, until).await?;
        let Some(tab) = self.state().active() else {
            return Ok(None);
        };
        if tab.crashed {
            return Err(CallError::Remote("the page crashed".to_owned()));
        }
        let (token, pulse) = match rested {
            Some((number, token, pulse)) if number == tab.number => (token, pulse),
            _ => self.pulse_of(watch, until).await?,
        };
        let look = self.last_look(cx, &pulse, until).await?;
        Ok(Some((token, pulse, look)))
    }

    /// What is known when a dialog has stopped the page: nothing can be asked of it.
    fn stopped(&self, cx: &Context, watch: &Watch, known: Vec<Change>) -> Vec<Change> {
        [known, self.happened(watch, &|text| cx.secrets().redact(text))].concat()
    }

    /// Dialogs that opened since `mark` and wait for an answer.
    pub(crate) fn dialogs_since(&self, cx: &Context, mark: u64) -> Vec<Change> {
        let opened = self.state().since(mark).into_iter().filter_map(|happening| match happening {
            Happening::Asked { kind, message, .. } => Some(Change::DialogOpened { kind, message: cx.secrets().redact(&message) }),
            _ => None,
        });
        opened.collect()
    }

    /// What came of an answer to a dialog: the page is compared with how it was last seen.
    pub(crate) async fn aftermath(&self, cx: &Context, mark: u64, until: Until) -> Result<Vec<Change>, CallError> {
        let before = self.baseline();
        let watch = Watch {
            mark,
            files: self.downloads.mark(),
            began: Instant::now(),
            noise: before.noisy.clone(),
            before,
            pulse: Pulse::default(),
            polled: BTreeSet::new(),
            place: None,
            target: None,
            counts: Counts::default(),
        };
        let seen = self.settled_look(cx, &watch, until).await;
        if let Some(tab) = self.state().active() {
            // The action that opened it could not say that it ended.
            let _ = self.call(tab.number, None, "end", &json!([]), until.at_most(RESTLESS)).await;
        }
        match seen {
            Ok(Some((token, pulse, look))) => {
                let mut changes = self.changes(cx, &watch, &token, &pulse, Some(&look));
                changes.retain(|change| !matches!(change, Change::Scrolled { .. }));
                changes.extend(self.asides(cx, &watch, &pulse));
                self.remember(look);
                Ok(changes)
            }
            Ok(None) | Err(CallError::Dialog { .. } | CallError::Detached) => Ok(self.stopped(cx, &watch, Vec::new())),
            Err(error) => Err(error),
        }
    }

    async fn pulse_of(&self, watch: &Watch, until: Until) -> Result<(String, Pulse), CallError> {
        let tab = self.tab()?;
        self.pulse(tab.number, watch.place.as_ref().filter(|_| tab.number == watch.before.tab), until).await
    }

    /// Whether the page is being left, which is an effect in itself.
    fn is_leaving(&self, watch: &Watch) -> bool {
        self.state().active().is_none_or(|tab| {
            tab.number != watch.before.tab
                || tab.pending.is_some()
                || self.state().since(watch.mark).iter().any(|happening| matches!(happening, Happening::Navigated { .. }))
        })
    }

    /// Whether requests that came with the action are under way.
    fn has_requests(&self, watch: &Watch) -> bool {
        self.own_requests(watch.mark, &watch.polled)
    }

    fn own_requests(&self, mark: u64, polled: &BTreeSet<(String, String)>) -> bool {
        self.state().active().is_some_and(|tab| self.has_own_requests(&tab, mark, polled))
    }

    pub(super) fn has_own_requests(&self, tab: &Tab, mark: u64, polled: &BTreeSet<(String, String)>) -> bool {
        let is_own = |happening: &Happening| match happening {
            Happening::Request { id, method, url, .. } => tab.requests.contains(id) && !polled.contains(&(method.clone(), endpoint(url))),
            _ => false,
        };
        if tab.hidden { !tab.requests.is_empty() } else { self.state().since(mark).iter().any(is_own) }
    }

    /// What has changed since the watch began, as far as it is the action's.
    fn changes(&self, cx: &Context, watch: &Watch, token: &str, pulse: &Pulse, look: Option<&Look>) -> Vec<Change> {
        let clean = |text: &str| cx.secrets().redact(text);
        let mut out = self.happened(watch, &clean);
        if token != watch.before.token {
            return out;
        }
        let mut told = false;
        if let Some(r) = watch.target {
            if let (Some(from), Some(to)) = (&watch.pulse.value, &pulse.value)
                && from != to
            {
                told = true;
                out.push(Change::Value { r#ref: r, from: clean(from), to: clean(to) });
            }
            if let (Some(from), Some(to)) = (&watch.pulse.checked, &pulse.checked)
                && from != to
            {
                told = true;
                out.push(Change::Checked { r#ref: r, checked: to == "checked" });
            }
        }
        if let Some(r) = watch.target {
            out.extend(looks(r, watch.counts, &watch.pulse, pulse));
        }
        if (watch.pulse.scroll.0 - pulse.scroll.0).abs() > 1.0 || (watch.pulse.scroll.1 - pulse.scroll.1).abs() > 1.0 {
            out.push(Change::Scrolled { x: pulse.scroll.0, y: pulse.scroll.1 });
        }
        if watch.counts.focus && watch.pulse.focus != pulse.focus {
            let r#ref = self.refs().of(&pulse.focus_in, pulse.focus);
            out.push(Change::Focus { r#ref });
        }
        if let Some(look) = look.filter(|look| look.token == watch.before.token) {
            let target = watch.place.as_ref().filter(|_| told).map(|(token, id)| number_of(token, *id));
            out.extend(lines(&watch.before, look, &watch.noise, target));
        }
        out
    }
}
