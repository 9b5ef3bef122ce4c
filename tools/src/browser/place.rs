//! Where in a browser a surface is: the whole of one that it started, a context of its own, or some tabs in somebody else's.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use handiwork_core::{Context, SurfaceError};
use tokio::sync::OwnedSemaphorePermit;

use super::Browser;
use super::cdp::{self, CallError, Disguise, Hands, Until};
use super::config::{BrowserConfig, ContextConfig, DialogAnswer, DialogPolicy};
use super::downloads::Downloads;
use super::host::{Ear, Host, START, at_start};
use super::profile::StorageState;
use super::screen::refs::Refs;
use super::state::State;

/// How long a browser may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_millis(1500);

/// Which part of a browser is a surface's own.
#[derive(Debug)]
pub(super) enum Place {
    /// A browser that it started, which ends with it.
    Whole,
    /// A context with nothing in common with others, which ends with it.
    Context { id: String },
    /// The tabs that it opened in somebody else's browser.
    Guest,
}

/// A part of a browser, and what is known of it. What is its own ends with it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) host: Arc<Host>,
    pub(super) place: Place,
    pub(super) state: Arc<State>,
}

impl Seat {
    fn new(host: Arc<Host>, place: Place, config: &BrowserConfig, hands: Hands) -> Self {
        let disguise =
            Disguise { emulation: config.emulation.clone(), own_agent: host.identity.agent.clone(), hands, guest: host.process.is_none() };
        let viewport = config.emulation.viewport.unwrap_or(config.viewport);
        Self { state: Arc::new(State::new(config.dialogs.clone(), viewport, disguise)), host, place }
    }

    /// The context that is its own, if not the whole browser is.
    fn context_id(&self) -> Option<&str> {
        match &self.place {
            Place::Context { id } => Some(id),
            Place::Whole | Place::Guest => None,
        }
    }

    /// Ends what is its own, without waiting for it. Can be called again.
    pub(super) fn end(&self) {
        match &self.place {
            Place::Whole => self.host.end(),
            Place::Context { id } => {
                cdp::drop_context(&self.host.connection, id);
                self.host.routes.remove(id);
            }
            Place::Guest => {
                for tab in self.state.tabs() {
                    cdp::drop_tab(&self.host.connection, &tab.target);
                }
                self.host.end();
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.end();
    }
}

impl Browser {
    /// Starts a browser, showing an empty page. Must be called inside a tokio runtime.
    pub async fn launch(config: BrowserConfig) -> Result<Self, SurfaceError> {
        let host = Host::launch(&config).await?;
        let browser = Self::on(Arc::new(host), config, Place::Whole, None, Hands::Ours)?;
        browser.begin(browser.config.storage.as_ref()).await?;
        Ok(browser)
    }

    /// Attaches to a Chrome that runs, such as `http://127.0.0.1:9222`, and opens a tab of its own in it. That Chrome stays as
    /// it is: other tabs are not looked at, and when this is closed or dropped only what it opened goes. A proxy, a place or
    /// stored state would be for all of that browser, so they need a [`Browser::context`] there.
    pub async fn attach(address: &str, config: BrowserConfig) -> Result<Self, SurfaceError> {
        if config.emulation.proxy.is_some() || config.emulation.geolocation.is_some() || config.storage.is_some() {
            return Err(SurfaceError::NotAvailable {
                problem: "a proxy, a place or stored state can't be given to a browser that somebody else uses".to_owned(),
                hint: "attach without them, and give them to a context of your own: Browser::context".to_owned(),
            });
        }
        let host = Host::attach(address).await?;
        let browser = Self::on(Arc::new(host), config, Place::Guest, None, Hands::Ours)?;
        browser.begin(None).await?;
        Ok(browser)
    }

    /// A surface in the same browser process that shares nothing with this one: no cookies, no storage, no cache. It ends when
    /// it is closed or dropped, and when this browser does. Many of them are better taken from a [`super::Pool`].
    pub async fn context(&self, config: ContextConfig) -> Result<Self, SurfaceError> {
        Self::in_context(Arc::clone(&self.seat().host), &self.config, config, None, Hands::Ours).await
    }

    /// A window for a person, at this address; and why the page did not open, if it did not. It is a context in a browser that stays
    /// when its last window is closed: what they did can still be asked for then.
    pub(super) async fn window(config: BrowserConfig, url: &str, hands: Hands) -> Result<(Self, Option<String>), SurfaceError> {
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
        let browser = Browser::in_context(host, &config, own, None, hands).await?;
        let doing = |error: cdp::CallError| error.surface("opening the page to log in at");
        let tab = browser.tab().map_err(doing)?;
        let problem = tab.session.navigate(url, until).await.map_err(doing)?.err();
        Ok((browser, problem))
    }

    pub(super) async fn in_context(
        host: Arc<Host>,
        base: &BrowserConfig,
        config: ContextConfig,
        permit: Option<OwnedSemaphorePermit>,
        hands: Hands,
    ) -> Result<Self, SurfaceError> {
        let until = Until::new(&Context::default(), START);
        let proxy = config.emulation.proxy.clone();
        let id = cdp::new_context(&host.connection, proxy.as_ref(), until).await.map_err(|error| error.surface("making a context"))?;
        let browser = Self::on(host, config.over(base), Place::Context { id }, permit, hands)?;
        browser.begin(browser.config.storage.as_ref()).await?;
        Ok(browser)
    }

    fn on(
        host: Arc<Host>,
        config: BrowserConfig,
        place: Place,
        permit: Option<OwnedSemaphorePermit>,
        hands: Hands,
    ) -> Result<Self, SurfaceError> {
        Ok(Self {
            downloads: Arc::new(Downloads::new(&config)?),
            seat: RwLock::new(Arc::new(Seat::new(host, place, &config, hands))),
            pdf: Mutex::default(),
            refs: Mutex::new(Refs::new(config.first_ref)),
            last: Mutex::default(),
            recorded: Mutex::default(),
            baseline: Mutex::default(),
            secretive: Mutex::default(),
            worlds: AtomicU64::new(1),
            clipboard: Mutex::default(),
            kept: Mutex::default(),
            closed: AtomicBool::new(false),
            renewed: Mutex::default(),
            turn: tokio::sync::Mutex::new(()),
            _permit: permit,
            config,
        })
    }

    /// Starts a browser of its own again in the place of what it was in, which ends. Whatever was a context of some browser is a
    /// whole one from now on.
    pub(super) async fn start_again(&self, storage: Option<&StorageState>) -> Result<(), SurfaceError> {
        let old = self.seat();
        // Two browsers can't have one profile folder: the old one goes first.
        let _ = tokio::task::spawn_blocking(move || old.end()).await;
        self.downloads.broken_off();
        let host = Arc::new(Box::pin(Host::launch(&self.config)).await?);
        *self.seat.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Seat::new(host, Place::Whole, &self.config, Hands::Ours));
        let begun = self.begin(storage).await;
        if begun.is_err() {
            // One that is only half there must not be taken for a living one.
            self.seat().end();
        }
        begun
    }

    /// Makes it ready: its first tab is there, with the state that it was given.
    async fn begin(&self, storage: Option<&StorageState>) -> Result<(), SurfaceError> {
        let until = Until::new(&Context::default(), START);
        let seat = self.seat();
        seat.host.routes.add(seat.context_id(), Ear { state: Arc::clone(&seat.state), downloads: Arc::clone(&self.downloads) });
        if !matches!(seat.place, Place::Guest) {
            self.downloads.begin(&seat.host.connection, seat.context_id());
        }
        if self.config.emulation.geolocation.is_some() {
            cdp::allow_place(&seat.host.connection, seat.context_id());
        }
        self.first_tab(until).await.map_err(at_start)?;
        if let Some(state) = storage {
            self.restore_storage(&Context::default(), state).await?;
        }
        Ok(())
    }

    /// Waits until the first tab is ready.
    async fn first_tab(&self, until: Until) -> Result<(), CallError> {
        let mut bell = self.state().bell();
        match self.seat().place {
            Place::Whole => cdp::auto_attach(&self.connection(), until).await?,
            _ => drop(self.new_target("about:blank", until).await?),
        }
        while self.state().active().is_none() {
            if tokio::time::timeout_at(until.end, bell.changed()).await.is_err() {
                return Err(CallError::TimedOut(until.limit.as_millis() as u64));
            }
        }
        // The first answer of the page shows that all is set up.
        let tab = self.tab()?;
        self.world(tab.number, &tab.session.id, until).await.map(|_| ())
    }

    /// Opens a target where this surface is; gives its id.
    pub(super) async fn new_target(&self, url: &str, until: Until) -> Result<String, CallError> {
        let seat = self.seat();
        let target = cdp::new_target(&seat.host.connection, url, seat.context_id(), false, until).await?;
        if seat.host.process.is_none() {
            cdp::attach(&seat.host.connection, &target);
        }
        Ok(target)
    }

    /// The context that is its own, if not the whole browser is.
    pub(super) fn context_id(&self) -> Option<String> {
        self.seat().context_id().map(str::to_owned)
    }

    pub(super) async fn leave(&self) {
        self.closed.store(true, Ordering::Relaxed);
        let until = Until::new(&Context::default(), GRACE);
        let seat = self.seat();
        let connection = &seat.host.connection;
        match &seat.place {
            Place::Whole => {
                cdp::close_browser(connection);
                if let Some(process) = seat.host.process.clone() {
                    // The profile is written out at the end: give it a moment, then make sure.
                    let ended = tokio::task::spawn_blocking(move || {
                        process.wait(GRACE);
                        process.kill();
                    });
                    let _ = tokio::time::timeout(GRACE * 3, ended).await;
                }
                connection.end("it was closed");
            }
            Place::Context { id } => {
                let _ = cdp::end_context(connection, id, until).await;
                seat.host.routes.remove(id);
            }
            Place::Guest => {
                for tab in seat.state.tabs() {
                    let _ = cdp::close_tab(connection, &tab.target, until).await;
                }
                seat.host.end();
            }
        }
        self.downloads.clear();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.seat().end();
        self.downloads.clear();
    }
}
