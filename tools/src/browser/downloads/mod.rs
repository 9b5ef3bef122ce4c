//! Downloads: what the browser fetches as files, and what becomes of them.
//!
//! The browser writes each into a private folder under an id of its own making. Only what arrived whole, and is not too large,
//! is moved into the folder for downloads, under a name that we chose after the one that was suggested ([`keep`]); nothing ever
//! opens it. The one decision: a page may begin a download at any time, so limits are held here, by the events, and not by the
//! action that waits for the file.

mod keep;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use handiwork_core::{Change, Context, Reason, SurfaceError};
use serde_json::Value;
use tokio::time::Instant;

use super::Browser;
use super::cdp::{self, Connection, Event, Until};
use super::config::BrowserConfig;
use super::state::State;
use crate::scratch::Scratch;
pub(crate) use keep::Kept;

/// Most downloads of one browser; further ones are cancelled.
const MOST_FILES: usize = 200;
/// All files of a browser together may be this many times as large as one.
const MOST_IN_ALL: u64 = 10;

/// What became of a download.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Phase {
    Running,
    /// All of it is there; it is being put into its place.
    Arrived,
    Kept(Kept),
    Lost(String),
}

/// One download.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Download {
    guid: String,
    number: u64,
    pub(crate) url: String,
    /// The name that was suggested, made harmless.
    pub(crate) name: String,
    received: u64,
    pub(crate) phase: Phase,
    told: bool,
}

impl Download {
    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Kept(_) | Phase::Lost(_))
    }
}

#[derive(Debug, Default)]
struct Inner {
    all: BTreeMap<String, Download>,
    last: u64,
    bytes: u64,
    temporary: Vec<Scratch>,
}

/// All downloads of a browser.
#[derive(Debug)]
pub(crate) struct Downloads {
    inner: Mutex<Inner>,
    /// Where the browser writes.
    staging: PathBuf,
    /// Where files go that have arrived.
    folder: PathBuf,
    /// Most bytes of one.
    limit: u64,
}

impl Downloads {
    /// Makes the folders.
    pub(crate) fn new(config: &BrowserConfig) -> Result<Self, SurfaceError> {
        let made = || -> std::io::Result<(PathBuf, Vec<Scratch>, PathBuf)> {
            let (folder, mut temporary) = if let Some(folder) = &config.download_dir {
                std::fs::create_dir_all(folder)?;
                (std::fs::canonicalize(folder)?, Vec::new())
            } else {
                let made = Scratch::new("handiwork-downloads-")?;
                (made.path().to_path_buf(), vec![made])
            };
            let staging = Scratch::inside(&folder, ".arriving-")?;
            let path = staging.path().to_path_buf();
            temporary.insert(0, staging);
            Ok((folder, temporary, path))
        };
        let (folder, temporary, staging) = made().map_err(|error| SurfaceError::NotAvailable {
            problem: format!("the folder for downloads can't be made: {error}"),
            hint: "check `download_dir`, free space and permissions".to_owned(),
        })?;
        Ok(Self { inner: Mutex::new(Inner { temporary, ..Inner::default() }), staging, folder, limit: config.download_limit })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Has the browser put its downloads here.
    pub(crate) fn begin(&self, connection: &Connection, context: Option<&str>) {
        cdp::download_to(connection, &self.staging.to_string_lossy(), context);
    }

    /// What has begun since `mark` nobody has asked for: it is broken off and not told of.
    pub(crate) fn forget_since(&self, connection: &Connection, mark: u64) {
        for download in self.lock().all.values_mut().filter(|download| download.number >= mark) {
            download.told = true;
            if download.phase == Phase::Running {
                cdp::cancel_download(connection, &download.guid);
                download.phase = Phase::Lost("nobody has asked for it".to_owned());
            }
        }
    }

    /// The browser has ended: nothing more comes of what is under way.
    pub(crate) fn broken_off(&self) {
        for download in self.lock().all.values_mut().filter(|download| download.phase == Phase::Running) {
            download.phase = Phase::Lost("the browser ended before it was complete".to_owned());
        }
    }

    /// Removes what is temporary.
    pub(crate) fn clear(&self) {
        let folders = std::mem::take(&mut self.lock().temporary);
        // The browser is gone by now; what can't be removed is in the system's folder for such things.
        drop(folders);
    }

    /// Folds an event in. Must be called inside a tokio runtime.
    pub(crate) fn on_event(self: &Arc<Self>, connection: &Connection, event: &Event, state: &Arc<State>) {
        match event.method.as_str() {
            "Browser.downloadWillBegin" => self.began(connection, &event.params),
            "Browser.downloadProgress" => {
                if let Some(guid) = self.moved(connection, &event.params) {
                    let (this, state) = (Arc::clone(self), Arc::clone(state));
                    tokio::task::spawn_blocking(move || {
                        this.put_away(&guid);
                        state.ring();
                    });
                }
            }
            _ => return,
        }
        state.ring();
    }

    fn began(&self, connection: &Connection, params: &Value) {
        let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let guid = text("/guid").to_owned();
        let mut inner = self.lock();
        let number = inner.last;
        inner.last += 1;
        let phase = if inner.all.len() >= MOST_FILES {
            cdp::cancel_download(connection, &guid);
            Phase::Lost(format!("there are {MOST_FILES} downloads already"))
        } else {
            Phase::Running
        };
        let (url, name) = (text("/url").to_owned(), keep::harmless(text("/suggestedFilename")));
        inner.all.insert(guid.clone(), Download { guid, number, url, name, received: 0, phase, told: false });
    }

    /// Notes how far a download is; gives its id when it has just arrived.
    fn moved(&self, connection: &Connection, params: &Value) -> Option<String> {
        let number = |pointer: &str| params.pointer(pointer).and_then(Value::as_f64).unwrap_or_default().max(0.0) as u64;
        let guid = params.pointer("/guid").and_then(Value::as_str).unwrap_or_default();
        let mut inner = self.lock();
        let before = inner.bytes;
        let download = inner.all.get_mut(guid)?;
        if download.phase != Phase::Running {
            return None;
        }
        download.received = number("/receivedBytes");
        let size = download.received.max(number("/totalBytes"));
        let received = download.received;
        if size > self.limit {
            cdp::cancel_download(connection, guid);
            download.phase = Phase::Lost(format!("it is larger than {} bytes, the most that is allowed", self.limit));
            return None;
        }
        if before.saturating_add(received) > self.limit.saturating_mul(MOST_IN_ALL) {
            cdp::cancel_download(connection, guid);
            download.phase = Phase::Lost("the downloads of this browser are too large together".to_owned());
            return None;
        }
        match params.pointer("/state").and_then(Value::as_str) {
            Some("completed") => {
                download.phase = Phase::Arrived;
                inner.bytes = before.saturating_add(received);
                Some(guid.to_owned())
            }
            Some("canceled") => {
                download.phase = Phase::Lost("it was broken off before it was complete".to_owned());
                None
            }
            _ => None,
        }
    }

    /// Puts what has arrived into its place. Blocks.
    fn put_away(&self, guid: &str) {
        let Some(name) = self.lock().all.get(guid).map(|download| download.name.clone()) else { return };
        let phase = match keep::put(&self.staging.join(guid), &self.folder, &name, self.limit) {
            Ok(kept) => Phase::Kept(kept),
            Err(problem) => Phase::Lost(problem),
        };
        if let Some(download) = self.lock().all.get_mut(guid) {
            download.phase = phase;
        }
    }

    /// Puts bytes of our own making into the folder. Blocks.
    pub(crate) fn store(&self, name: &str, bytes: &[u8]) -> Result<Kept, String> {
        keep::store(&self.folder, &keep::harmless(name), bytes)
    }

    /// The number of the next download.
    pub(crate) fn mark(&self) -> u64 {
        self.lock().last
    }

    /// Downloads that began since `mark`.
    pub(crate) fn since(&self, mark: u64) -> Vec<Download> {
        let mut found: Vec<Download> = self.lock().all.values().filter(|download| download.number >= mark).cloned().collect();
        found.sort_by_key(|download| download.number);
        found
    }

    /// Says that somebody was told of a download.
    fn told(&self, guid: &str) {
        if let Some(download) = self.lock().all.get_mut(guid) {
            download.told = true;
        }
    }

    /// Ends what is still under way.
    fn cancel(&self, connection: &Connection, guid: &str, why: &str) {
        if let Some(download) = self.lock().all.get_mut(guid).filter(|download| download.phase == Phase::Running) {
            cdp::cancel_download(connection, guid);
            download.phase = Phase::Lost(why.to_owned());
        }
    }

    /// Downloads that are over and that nobody was told of; told now.
    pub(crate) fn take_untold(&self) -> Vec<String> {
        let mut inner = self.lock();
        let mut over: Vec<&mut Download> = inner.all.values_mut().filter(|download| download.is_over() && !download.told).collect();
        over.sort_by_key(|download| download.number);
        over.into_iter()
            .map(|download| {
                download.told = true;
                match &download.phase {
                    Phase::Kept(kept) => kept.change(&download.url).to_string(),
                    Phase::Lost(why) => lost(&download.name, why),
                    Phase::Running | Phase::Arrived => String::new(),
                }
            })
            .collect()
    }
}

fn lost(name: &str, why: &str) -> String {
    format!("the download of {name} failed: {why}")
}

impl Browser {
    /// The folder that downloads and prints are put into. Without [`BrowserConfig::download_dir`] it goes away with the browser.
    pub fn download_dir(&self) -> &Path {
        self.downloads.folder()
    }

    /// Waits until a download has begun since `mark`. False if none has by then.
    pub(crate) async fn download_begins(&self, mark: u64, until: Until) -> bool {
        let mut bell = self.state().bell();
        loop {
            if !self.downloads.since(mark).is_empty() {
                return true;
            }
            if tokio::time::timeout_at(until.end, bell.changed()).await.is_err() {
                return !self.downloads.since(mark).is_empty();
            }
        }
    }

    /// Waits until all downloads since `mark` are over, and gives them.
    pub(crate) async fn download_ends(&self, mark: u64, until: Until) -> Vec<Download> {
        let mut bell = self.state().bell();
        loop {
            let found = self.downloads.since(mark);
            if found.iter().all(Download::is_over) || tokio::time::timeout_at(until.end, bell.changed()).await.is_err() {
                return self.downloads.since(mark);
            }
        }
    }

    /// Adds to `changes` what was downloaded since `mark`. What is not there within the time for an effect is said to be under way.
    pub(crate) async fn with_files(&self, cx: &Context, mark: u64, mut changes: Vec<Change>, until: Until) -> Vec<Change> {
        if self.downloads.since(mark).is_empty() {
            return changes;
        }
        for download in self.download_ends(mark, until.at_most(self.config.effect_wait)).await {
            if download.told {
                continue;
            }
            let name = cx.secrets().redact(&download.name);
            changes.push(match &download.phase {
                Phase::Kept(kept) => kept.change(&cx.secrets().redact(&download.url)),
                Phase::Lost(why) => Change::Told { text: lost(&name, why) },
                Phase::Running | Phase::Arrived => {
                    let text = format!("the download of {name} has begun and is under way; the screen will say when it is there");
                    changes.push(Change::Told { text });
                    continue;
                }
            });
            self.downloads.told(&download.guid);
        }
        changes
    }

    /// The files that came since `mark`, which somebody waits for: what is not there at the end is cancelled. The first that
    /// could not be had is the reason why not.
    pub(crate) async fn files_since(&self, cx: &Context, mark: u64, until: Until) -> Result<Vec<(Kept, Change)>, Reason> {
        let began = Instant::now();
        let mut files = Vec::new();
        for download in self.download_ends(mark, until).await {
            let name = cx.secrets().redact(&download.name);
            let problem = match &download.phase {
                Phase::Kept(kept) => {
                    files.push((kept.clone(), kept.change(&cx.secrets().redact(&download.url))));
                    None
                }
                Phase::Lost(why) => Some(why.clone()),
                Phase::Running | Phase::Arrived => {
                    let why = format!("it was not complete after {} ms and was cancelled", began.elapsed().as_millis());
                    self.downloads.cancel(&self.connection(), &download.guid, &why);
                    Some(why)
                }
            };
            self.downloads.told(&download.guid);
            if let Some(problem) = problem.filter(|_| files.is_empty()) {
                return Err(Reason::FileNotAllowed { path: name, problem });
            }
        }
        Ok(files)
    }

    /// Time that is kept back from a deadline, to look at the page after the wait.
    pub(crate) fn but_a_moment(until: Until) -> Until {
        let left = until.end.saturating_duration_since(Instant::now());
        until.at_most(left.saturating_sub(Duration::from_millis(1500).min(left / 4)))
    }
}
