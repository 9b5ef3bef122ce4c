//! Waiting until a page has come to rest: loaded, its requests answered, and nothing on it moving.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::Browser;
use super::cdp::{CallError, Until};
use super::changes::Pulse;
use super::watch::{BRISK, REST, RESTLESS, Watch};

/// Longest pause between two questions whether a page rests.
const PAUSE: Duration = Duration::from_millis(40);
/// Longest wait for requests that the action started.
const REQUESTS: Duration = Duration::from_millis(2500);
/// Longest wait for a document to be complete.
const COMPLETE: Duration = Duration::from_secs(5);
/// The longest that such a caller's act waits for a document to be complete.
const ALMOST: Duration = Duration::from_millis(500);

impl Browser {
    /// Waits until the page in front is at rest.
    pub(crate) async fn settle(&self, mark: u64, until: Until) -> Result<(), CallError> {
        self.rest(None, mark, until).await
    }

    /// Waits until the page of a tab, or the one in front, is at rest.
    pub(crate) async fn rest(&self, number: Option<u32>, mark: u64, until: Until) -> Result<(), CallError> {
        self.rested(number, None, mark, until).await.map(|_| ())
    }

    /// The same, with the tab and its state at rest, if there is one; of the element that is watched, too.
    pub(super) async fn rested(
        &self,
        number: Option<u32>,
        watch: Option<&Watch>,
        mark: u64,
        until: Until,
    ) -> Result<Option<(u32, String, Pulse)>, CallError> {
        let mut bell = self.state().bell();
        let began = Instant::now();
        let mut loaded: Option<Instant> = None;
        let mut pause = PAUSE;
        while let Some(tab) = number.map_or_else(|| self.state().active(), |number| self.state().tab(number)) {
            if tab.crashed || until.is_over() {
                break;
            }
            if tab.pending.is_some() {
                loaded = None;
            } else {
                let place = watch.filter(|watch| watch.before.tab == tab.number).and_then(|watch| watch.place.as_ref());
                let (token, pulse) = match self.pulse(tab.number, place, until).await {
                    Ok(found) => found,
                    Err(CallError::Detached) => continue,
                    Err(error) => return Err(error),
                };
                let arrived = *loaded.get_or_insert_with(Instant::now);
                let (rest, complete) = if until.brisk { (BRISK, ALMOST) } else { (REST, COMPLETE) };
                let complete = pulse.ready == "complete" || arrived.elapsed() > complete;
                let rest = rest.as_secs_f64() * 1000.0;
                // When the rest is due, if it is only that which is waited for.
                let due = rest - pulse.quiet.min(pulse.age);
                pause = if due > 0.0 { PAUSE.min(Duration::from_secs_f64(due.max(5.0) / 1000.0)) } else { PAUSE };
                let quiet = pulse.quiet.min(pulse.age) >= rest || arrived.elapsed() > RESTLESS;
                let answered = !self.has_own_requests(&tab, mark, &BTreeSet::new()) || began.elapsed() > REQUESTS;
                if complete && quiet && answered {
                    return Ok(Some((tab.number, token, pulse)));
                }
            }
            let _ = tokio::time::timeout(pause, bell.changed()).await;
        }
        Ok(None)
    }
}
