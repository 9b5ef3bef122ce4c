//! A window in which a person does something that is recorded.
//!
//! What they do is told by our own world in each document, so no page can hear of it or tell of what was not done. What is typed into
//! a password field is not told at all.

use std::sync::Arc;

use handiwork_core::marks::Recorded;
use handiwork_core::{Surface as _, SurfaceError};

use super::Browser;
use super::cdp::Hands;
use super::config::BrowserConfig;
use super::state::Happening;

/// An open window, and what was done in it so far.
#[derive(Debug)]
pub struct Recorder {
    browser: Arc<Browser>,
    /// What was read of the browser's own list.
    read: u64,
    taken: Vec<Recorded>,
}

impl Recorder {
    /// Opens a window at `url`; it has one if `config` says so.
    pub async fn open(config: BrowserConfig, url: &str) -> Result<Self, SurfaceError> {
        let (browser, problem) = Browser::window(config, url, Hands::Recorded).await?;
        if let Some(problem) = problem {
            browser.close().await;
            return Err(SurfaceError::NotAvailable {
                problem: format!("{url} does not open: {problem}"),
                hint: "is the address right?".to_owned(),
            });
        }
        // Pages that opened before anything was done are left out later.
        let (browser, read) = (Arc::new(browser), 0);
        Ok(Self { browser, read, taken: Vec::new() })
    }

    /// The browser that it is in: a person's, so leave it to them.
    pub fn browser(&self) -> &Arc<Browser> {
        &self.browser
    }

    /// Comes back when all windows are closed; what is done until then is told to `hear`.
    pub async fn recorded(&mut self, mut hear: impl FnMut(&Recorded) + Send) {
        let mut bell = self.browser.state().bell();
        loop {
            for one in self.read() {
                hear(&one);
                self.taken.push(one);
            }
            if self.browser.state().active().is_none() || self.browser.connection().is_gone() {
                return;
            }
            let connection = self.browser.connection();
            tokio::select! {
                _ = bell.changed() => {}
                () = connection.ended() => {}
            }
        }
    }

    /// What came since it was read last.
    fn read(&mut self) -> Vec<Recorded> {
        let state = self.browser.state();
        let (from, now) = (self.read, state.mark());
        self.read = now;
        let deed = |told: &str| match serde_json::from_str(told) {
            Ok(deed) => Some(Recorded::Deed(Box::new(deed))),
            Err(error) => {
                tracing::warn!(%error, "something was done that can't be read");
                None
            }
        };
        let new = state.between(from, now).into_iter().filter_map(|happening| match happening {
            Happening::Deed { told, .. } => deed(&told),
            Happening::Navigated { url, .. } | Happening::Url { url, .. } => Some(Recorded::Page(url)),
            _ => None,
        });
        new.collect()
    }

    /// All that was done. Closes the browser.
    pub async fn finish(mut self) -> Vec<Recorded> {
        let last = self.read();
        self.taken.extend(last);
        self.browser.close().await;
        self.taken
    }
}
