//! A window in which a person logs in: passwords, second factors and riddles are theirs to answer.
//!
//! It is a context in a browser that stays when its last window is closed: so what they did can still be asked for then.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use handiwork_core::{Context, SurfaceError};

use super::super::cdp::{Hands, Until};
use super::super::config::BrowserConfig;
use super::super::{Browser, Surface as _};
use super::storage::StorageState;

/// How often it is looked at what there is so far.
const PACE: Duration = Duration::from_secs(1);
/// How long that may take.
const LOOK: Duration = Duration::from_secs(10);

/// An open window that waits for a person.
#[derive(Debug)]
pub struct Login {
    browser: Browser,
    /// What there was when it was last looked at.
    last: Mutex<Option<StorageState>>,
}

impl Login {
    /// Opens a window at `url`. What is in `config.storage` is there already.
    pub async fn open(config: BrowserConfig, url: &str) -> Result<Self, SurfaceError> {
        let (browser, problem) = Browser::window(config, url, Hands::Person).await?;
        // A page that does not open is shown as such; the person may know better where to go.
        if let Some(problem) = problem {
            tracing::warn!(%problem, "the page did not open");
        }
        Ok(Self { browser, last: Mutex::default() })
    }

    /// Comes back when the person has closed all windows.
    pub async fn closed(&self) {
        let mut bell = self.browser.state().bell();
        let mut pace = tokio::time::interval(PACE);
        loop {
            if self.browser.state().active().is_none() || self.browser.connection().is_gone() {
                return;
            }
            tokio::select! {
                _ = bell.changed() => {}
                _ = pace.tick() => self.look().await,
            }
        }
    }

    /// The browser that it is in: a person's, so leave it to them.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// What is lost with a page, or with the browser, is remembered while it is there.
    async fn look(&self) {
        let until = Until::new(&Context::default(), LOOK);
        if let Ok(state) = self.browser.take_state(false, until).await {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        }
    }

    /// What to keep. Closes the browser.
    pub async fn finish(self) -> Result<StorageState, SurfaceError> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let taken = self.browser.storage_state(&Context::default()).await;
        self.browser.close().await;
        match (taken, last) {
            (Ok(mut state), Some(last)) => {
                state.add_sessions(last);
                Ok(state)
            }
            // They have ended the whole browser.
            (Err(SurfaceError::Gone { .. }), Some(last)) => Ok(last),
            (taken, _) => taken,
        }
    }
}
