//! A browser process, or one that somebody else runs, and who in it hears what.
//!
//! Several surfaces can share one browser, each with a context of its own: then what the browser says is told to the one whose
//! target it is about. The one decision: a target of a context that nobody here made is nobody's, and is left alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use handiwork_core::{Context, SurfaceError};
use serde_json::Value;

use super::cdp::{self, CallError, Connection, Event, Identity, Session, Until};
use super::config::BrowserConfig;
use super::downloads::Downloads;
use super::process::Process;
use super::state::State;
use super::survival::watch;

/// How long a browser may take to start, or to answer for the first time.
pub(super) const START: Duration = Duration::from_secs(30);

/// One who listens.
#[derive(Debug, Clone)]
pub(super) struct Ear {
    pub(super) state: Arc<State>,
    pub(super) downloads: Arc<Downloads>,
}

impl Ear {
    fn hear(&self, connection: &Connection, event: &Event) {
        self.downloads.on_event(connection, event, &self.state);
        self.state.on_event(connection, event);
    }
}

#[derive(Debug, Default)]
struct Known {
    /// The one whose targets are in no context that we made.
    default: Option<Ear>,
    contexts: HashMap<String, Ear>,
    sessions: HashMap<String, Ear>,
}

/// Who hears what.
#[derive(Debug, Default)]
pub(super) struct Routes {
    known: Mutex<Known>,
}

impl Routes {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on `ear` hears of a context, or of what is in none that we made.
    pub(super) fn add(&self, context: Option<&str>, ear: Ear) {
        let mut known = self.lock();
        match context {
            Some(context) => drop(known.contexts.insert(context.to_owned(), ear)),
            None => known.default = Some(ear),
        }
    }

    /// Nobody hears of this context any more.
    pub(super) fn remove(&self, context: &str) {
        let mut known = self.lock();
        if let Some(gone) = known.contexts.remove(context) {
            known.sessions.retain(|_, ear| !Arc::ptr_eq(&ear.state, &gone.state));
        }
    }

    fn all(&self) -> Vec<Ear> {
        let known = self.lock();
        known.default.iter().chain(known.contexts.values()).cloned().collect()
    }

    fn on_event(&self, connection: &Connection, event: &Event) {
        let text = |pointer: &str| event.params.pointer(pointer).and_then(Value::as_str);
        let of_context = |known: &Known| {
            let context = text("/targetInfo/browserContextId").and_then(|context| known.contexts.get(context));
            context.or(known.default.as_ref()).cloned()
        };
        let ear = match (event.method.as_str(), event.session.as_deref()) {
            ("Target.attachedToTarget", parent) => {
                let mut known = self.lock();
                let ear = parent.and_then(|parent| known.sessions.get(parent).cloned()).or_else(|| of_context(&known));
                let session = text("/sessionId").unwrap_or_default().to_owned();
                if let Some(ear) = &ear {
                    known.sessions.insert(session, ear.clone());
                } else {
                    Session { connection: connection.clone(), id: session }.run();
                }
                ear
            }
            ("Target.detachedFromTarget", _) => {
                let session = text("/sessionId").unwrap_or_default();
                connection.fail_session(session);
                self.lock().sessions.remove(session)
            }
            (_, Some(session)) => self.lock().sessions.get(session).cloned(),
            ("Target.targetCreated" | "Target.targetInfoChanged", None) => of_context(&self.lock()),
            ("Browser.downloadWillBegin", None) => {
                let all = self.all();
                let frame = text("/frameId").unwrap_or_default();
                let whose = all.iter().find(|ear| ear.state.has_frame(frame)).cloned();
                whose.or_else(|| self.lock().default.clone()).or_else(|| all.first().cloned())
            }
            // It is told of by an id that only one of them knows.
            (_, None) => {
                self.all().iter().for_each(|ear| ear.hear(connection, event));
                None
            }
        };
        // Not under the lock: hearing takes others.
        if let Some(ear) = ear {
            ear.hear(connection, event);
        }
    }

    fn ring(&self) {
        self.all().iter().for_each(|ear| ear.state.ring());
    }
}

/// A browser.
#[derive(Debug)]
pub(super) struct Host {
    /// None if it is somebody else's.
    pub(super) process: Option<Arc<Process>>,
    pub(super) connection: Connection,
    pub(super) routes: Arc<Routes>,
    pub(super) identity: Identity,
}

impl Host {
    /// Starts a browser. Nothing is attached to yet.
    pub(super) async fn launch(config: &BrowserConfig) -> Result<Self, SurfaceError> {
        let with = config.clone();
        // It may wait for a browser that is just leaving the folder.
        let started = tokio::task::spawn_blocking(move || Process::start(&with)).await;
        let (process, pipes) = started.map_err(|error| SurfaceError::NotAvailable {
            problem: format!("the browser was not started: {error}"),
            hint: "launch it while the program is not ending".to_owned(),
        })??;
        let routes = Arc::new(Routes::default());
        let (told, rung) = (Arc::clone(&routes), Arc::clone(&routes));
        let on_event = move |connection: &Connection, event: Event| told.on_event(connection, &event);
        let connection =
            Connection::start(pipes.from, pipes.to, on_event, move || rung.ring()).map_err(|error| SurfaceError::NotAvailable {
                problem: format!("the browser's pipes can't be used: {error}"),
                hint: "call Browser::launch inside a tokio runtime with I/O enabled".to_owned(),
            })?;
        let process = Arc::new(process);
        let rung = Arc::clone(&routes);
        watch::over(&process, &connection, move || rung.ring());
        let mut host = Self { process: Some(process), connection, routes, identity: Identity::default() };
        host.identity = cdp::identity(&host.connection, Until::new(&Context::default(), START)).await.map_err(at_start)?;
        Ok(host)
    }

    /// Connects to a browser that runs.
    pub(super) async fn attach(address: &str) -> Result<Self, SurfaceError> {
        let until = Until::new(&Context::default(), START);
        let not_there = |problem: String| SurfaceError::NotAvailable {
            problem: format!("no browser can be attached to at {address}: {problem}"),
            hint: "start it with --remote-debugging-port=9222 and a --user-data-dir of its own, then attach to http://127.0.0.1:9222"
                .to_owned(),
        };
        let mut url = url::Url::parse(address).map_err(|error| not_there(error.to_string()))?;
        match url.scheme() {
            "http" => url = cdp::socket_of(&url, until).await.map_err(|error| not_there(error.0))?,
            "ws" => {}
            "https" | "wss" => {
                let problem = "only http and ws addresses can be used; bring the port here, as with `ssh -L 9222:127.0.0.1:9222 HOST`";
                return Err(not_there(problem.to_owned()));
            }
            other => return Err(not_there(format!("{other} is not http or ws"))),
        }
        let routes = Arc::new(Routes::default());
        let (told, rung) = (Arc::clone(&routes), Arc::clone(&routes));
        let on_event = move |connection: &Connection, event: Event| told.on_event(connection, &event);
        let connection = Connection::open(&url, on_event, move || rung.ring(), until).await.map_err(|error| not_there(error.0))?;
        let identity = cdp::identity(&connection, until).await.map_err(|error| error.surface("attaching to the browser"))?;
        cdp::discover(&connection, until).await.map_err(|error| error.surface("attaching to the browser"))?;
        Ok(Self { process: None, connection, routes, identity })
    }

    /// Ends it at once, if it is ours.
    pub(super) fn end(&self) {
        if let Some(process) = &self.process {
            self.connection.end("it was closed");
            process.kill();
        } else {
            self.connection.hang_up();
            self.connection.end("it was let go");
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a failure in the first calls means.
pub(super) fn at_start(error: CallError) -> SurfaceError {
    match error {
        CallError::Gone(_) => SurfaceError::NotAvailable {
            problem: "the browser ended right after its start".to_owned(),
            hint: "is its profile in use by another browser, or its program broken? run it by hand, or `handiwork doctor`".to_owned(),
        },
        other => other.surface("starting the browser"),
    }
}
