//! A window in which a person does something that is recorded.
//!
//! What they do is told by our own world in each document, so no page can hear of it or tell of what was not done. What is typed into
//! a password field is not told at all.

use std::sync::Arc;

use handiwork_core::marks::Deed;
use handiwork_core::{Context, Surface as _, SurfaceError};

use super::Browser;
use super::cdp::{self, CallError, Hands, Until};
use super::config::{BrowserConfig, ContextConfig, DialogAnswer, DialogPolicy};
use super::host::{Host, START, at_start};
use super::state::Happening;

/// Something that was recorded.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// Something was done to an element.
    Deed(Box<Deed>),
    /// Another page is shown.
    Page(String),
}

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
        let by_person =
            DialogPolicy { confirm: DialogAnswer::Ask, prompt: DialogAnswer::Ask, beforeunload: DialogAnswer::Ask, ..config.dialogs };
        let mut config = BrowserConfig { dialogs: by_person, ..config };
        config.extra_args.push("--no-startup-window".to_owned());
        let own = ContextConfig {
            emulation: config.emulation.clone(),
            storage: config.storage.take(),
            download_dir: config.download_dir.clone(),
            first_ref: 1,
        };
        let until = Until::new(&Context::default(), START);
        let host = Arc::new(Host::launch(&config).await?);
        cdp::auto_attach(&host.connection, until).await.map_err(at_start)?;
        let browser = Arc::new(Browser::in_context(host, &config, own, None, Hands::Recorded).await?);
        let doing = |error: CallError| error.surface("opening the page to record at");
        let tab = browser.tab().map_err(doing)?;
        let read = browser.state().mark();
        if let Err(problem) = tab.session.navigate(url, until).await.map_err(doing)? {
            return Err(SurfaceError::NotAvailable {
                problem: format!("{url} does not open: {problem}"),
                hint: "is the address right?".to_owned(),
            });
        }
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
            if bell.changed().await.is_err() {
                return;
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
