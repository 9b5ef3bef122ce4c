//! Finding an element that was recorded: by its selectors, else among all by its marks.
//!
//! The page may still be loading, so it is looked again for a while; but a page on which nothing stirs any more will not get better.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use handiwork_core::marks::{Candidate, Found, Marks, Wanted, likeness};
use handiwork_core::{Context, Ref};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::Browser;
use super::cdp::{CallError, Until};
use super::screen::refs::Known;

/// How long a page on which nothing stirs is waited for.
const STILL: Duration = Duration::from_millis(1500);

/// The longest that an act waits for what its element looks like.
const TRAITS: Duration = Duration::from_secs(1);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// What the page says: ids by selector, and marks by id.
#[derive(Deserialize)]
struct Sought {
    ways: Vec<Vec<u64>>,
    marks: BTreeMap<u64, Marks>,
}

impl Browser {
    /// What may be the element, best first; the one that certainly is it says so.
    pub(crate) async fn seek_element(&self, cx: &Context, wanted: &Wanted, until: Until) -> Result<Vec<Found>, CallError> {
        let end = Instant::now() + Duration::from_millis(wanted.timeout_ms);
        let mut still: Option<(Vec<Found>, Instant)> = None;
        loop {
            let found = self.sought(cx, wanted, until).await?;
            let now = Instant::now();
            let recorded = found.iter().find(|one| one.sure.is_some() && one.by.is_some() && wanted.marks.is_some() && !wanted.anew);
            *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = recorded.map(|one| one.r#ref);
            if found.iter().any(|one| one.sure.is_some()) || now >= end || until.is_over() {
                return Ok(found);
            }
            still = match still {
                Some((before, since)) if before == found => {
                    if now - since >= STILL && self.is_quiet(until).await {
                        return Ok(found);
                    }
                    Some((before, since))
                }
                _ => Some((found, now)),
            };
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether the element was found last, and by the selectors that were recorded.
    pub(crate) fn is_as_recorded(&self, r: Ref) -> bool {
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) == Some(r)
    }

    /// Whether the page is loaded and no request of it is open.
    async fn is_quiet(&self, until: Until) -> bool {
        let Some(tab) = self.state().active() else { return true };
        let ready = self.call(tab.number, None, "pulse", &json!([0]), until).await;
        tab.pending.is_none()
            && matches!(ready, Ok(Some(answer)) if answer.value.get("ready").and_then(|ready| ready.as_str()) == Some("complete"))
    }

    async fn sought(&self, cx: &Context, wanted: &Wanted, until: Until) -> Result<Vec<Found>, CallError> {
        let quick = self.candidates(cx, wanted, false, until).await?;
        // Among a few nothing is alike but those: only what the selectors mean counts.
        let found = likeness::verdict(&Wanted { exactly: true, ..wanted.clone() }, &quick);
        if wanted.exactly || wanted.marks.is_none() || found.iter().any(|one| one.sure.is_some()) {
            return Ok(found);
        }
        let all = self.candidates(cx, wanted, true, until).await?;
        Ok(likeness::verdict(wanted, &all))
    }

    async fn candidates(&self, cx: &Context, wanted: &Wanted, deep: bool, until: Until) -> Result<Vec<Candidate>, CallError> {
        let Ok(tab) = self.tab() else { return Ok(Vec::new()) };
        if tab.crashed {
            return Err(CallError::Detached);
        }
        let mut out = Vec::new();
        let main = tab.session.id.clone();
        // What is in a frame of another site has a part of its own, and is looked for there by its marks.
        let parts: Vec<String> = if deep || wanted.marks.is_none() { tab.parts.keys().cloned().collect() } else { vec![main.clone()] };
        for part in parts {
            let frame = if part == main { wanted.frame.clone() } else { Vec::new() };
            let answer = self.call_in(tab.number, &part, None, "seek", &json!([wanted.selectors, frame, deep]), until).await;
            let answer = match answer {
                Ok(Some(answer)) => answer,
                Err(CallError::Detached) | Ok(None) => continue,
                Err(error) => return Err(error),
            };
            let sought: Sought = serde_json::from_value(answer.value).map_err(|error| CallError::Unreadable(error.to_string()))?;
            let fits =
                |id: &u64| wanted.row.is_empty() || sought.marks.get(id).is_some_and(|marks| likeness::in_row(&marks.row, &wanted.row));
            let ways: Vec<Option<u64>> = sought
                .ways
                .iter()
                .map(|ids| {
                    let mut ids = ids.iter().filter(|id| fits(id));
                    ids.next().filter(|_| ids.next().is_none()).copied()
                })
                .collect();
            for (id, mut marks) in sought.marks {
                let by = ways.iter().position(|way| *way == Some(id)).map(|at| at as u32);
                let (role, name) = (marks.role.clone(), cx.secrets().redact(&marks.name));
                marks.name.clone_from(&name);
                let known = Known { tab: tab.number, token: answer.token.clone(), id, role, name };
                let r#ref = self.refs().show(known);
                out.push(Candidate { r#ref: Some(r#ref), marks, by });
            }
        }
        Ok(out)
    }

    /// What an element looks like; none if it is gone.
    pub(super) async fn marks_of(&self, number: u32, token: &str, id: u64, until: Until) -> Option<Box<Marks>> {
        // They are worth a moment and no more: the act itself waits for nobody.
        let answer = self.call(number, Some(token), "traits", &json!([id]), until.at_most(TRAITS)).await.ok()??;
        serde_json::from_value(answer.value).ok()
    }
}
