//! Messages over the pipe: calls matched to their answers, everything else handed on as events.
//!
//! JSON texts separated by NUL bytes. When the browser goes, every waiting call fails at once; when a session goes, its calls do.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chromiumoxide::types::{Command, MethodCall};
use handiwork_core::{Context, SurfaceError};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

/// Until when, and how long that was in all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until {
    pub(crate) end: Instant,
    pub(crate) limit: Duration,
    /// Whether the caller waits for what it needs itself, so that a page need not come to rest first.
    pub(crate) brisk: bool,
}

impl Until {
    /// `limit` from now, or the context's deadline if that is earlier.
    pub(crate) fn new(cx: &Context, limit: Duration) -> Self {
        let limit = cx.left(limit);
        Self { end: Instant::now() + limit, limit, brisk: cx.seeks() }
    }

    /// The same, ending `limit` from now at the latest.
    pub(crate) fn at_most(self, limit: Duration) -> Self {
        let end = (Instant::now() + limit).min(self.end);
        Self { end, limit: end.saturating_duration_since(Instant::now()), ..self }
    }

    pub(crate) fn is_over(self) -> bool {
        Instant::now() >= self.end
    }

    pub(crate) fn error(self, doing: &str) -> SurfaceError {
        SurfaceError::TimedOut { doing: doing.to_owned(), limit_ms: self.limit.as_millis() as u64 }
    }
}

/// Why a call has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CallError {
    /// The browser is gone.
    #[error("the browser is gone: {0}")]
    Gone(String),
    /// The tab is gone or has crashed.
    #[error("the tab is gone")]
    Detached,
    /// A dialog of the page waits for an answer; until then the page answers nothing.
    #[error("a {kind} dialog is open")]
    Dialog {
        /// alert, confirm, prompt or beforeunload.
        kind: String,
        /// What it says.
        message: String,
    },
    /// No answer in time.
    #[error("no answer within {0} ms")]
    TimedOut(u64),
    /// The browser said no.
    #[error("{0}")]
    Remote(String),
    /// The answer can't be read.
    #[error("the answer can't be read: {0}")]
    Unreadable(String),
}

impl CallError {
    /// As the error of a surface that was `doing` something.
    pub(crate) fn surface(self, doing: &str) -> SurfaceError {
        let doing = doing.to_owned();
        match self {
            Self::Gone(detail) => SurfaceError::Gone { kind: "browser", detail },
            Self::TimedOut(limit_ms) => SurfaceError::TimedOut { doing, limit_ms },
            Self::Detached => {
                SurfaceError::Protocol { doing, detail: "the tab was closed or crashed; look at the screen again".to_owned() }
            }
            Self::Dialog { .. } => SurfaceError::Protocol { doing, detail: "a dialog is open; look at the screen again".to_owned() },
            Self::Remote(detail) | Self::Unreadable(detail) => SurfaceError::Protocol { doing, detail },
        }
    }
}

/// Something that the browser said without being asked.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) session: Option<String>,
    pub(crate) method: String,
    pub(crate) params: Value,
}

#[derive(Deserialize)]
struct Incoming {
    id: Option<usize>,
    method: Option<String>,
    #[serde(rename = "sessionId")]
    session: Option<String>,
    #[serde(default)]
    params: Value,
    result: Option<Value>,
    error: Option<RemoteError>,
}

#[derive(Deserialize)]
struct RemoteError {
    message: String,
}

struct Waiting {
    session: Option<String>,
    reply: oneshot::Sender<Result<Value, CallError>>,
}

#[derive(Default)]
struct Calls {
    last_id: usize,
    waiting: HashMap<usize, Waiting>,
    /// Sessions whose page is stopped by a dialog: its kind and what it says.
    stopped: HashMap<String, (String, String)>,
    gone: Option<String>,
    /// What is under way, whether it waits for an answer right now or for something else.
    working: usize,
}

/// Something is under way in the browser, until this is dropped.
pub(crate) struct Working(Connection);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.lock().working -= 1;
    }
}

/// A connection to one browser. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connection {
    outbox: mpsc::UnboundedSender<Vec<u8>>,
    calls: Arc<Mutex<Calls>>,
    /// Rung when something is waited for, and when it is over.
    busy: Arc<Notify>,
    /// Rung for all when it has ended.
    over: Arc<Notify>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

impl Connection {
    /// Connects over a pair of pipes. `on_event` gets every event, in order, and must not block.
    pub(crate) fn start(
        from: OwnedFd,
        to: OwnedFd,
        on_event: impl Fn(&Self, Event) + Send + 'static,
        on_end: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<Self> {
        let reader = pipe::Receiver::from_owned_fd(from)?;
        let mut writer = pipe::Sender::from_owned_fd(to)?;
        let (connection, mut inbox) = Self::unconnected();
        tokio::spawn(async move {
            while let Some(message) = inbox.recv().await {
                if writer.write_all(&message).await.is_err() {
                    break;
                }
            }
        });
        let this = connection.clone();
        tokio::spawn(async move {
            let detail = this.read(reader, on_event).await;
            this.end(&detail);
            on_end();
        });
        Ok(connection)
    }

    /// Calls that nobody carries yet: what is to be sent comes out of the other end.
    pub(super) fn unconnected() -> (Self, mpsc::UnboundedReceiver<Vec<u8>>) {
        let (outbox, inbox) = mpsc::unbounded_channel();
        (Self { outbox, calls: Arc::default(), busy: Arc::default(), over: Arc::default() }, inbox)
    }

    async fn read(&self, reader: pipe::Receiver, on_event: impl Fn(&Self, Event)) -> String {
        let mut reader = BufReader::with_capacity(64 * 1024, reader);
        let mut message = Vec::new();
        loop {
            message.clear();
            match reader.read_until(0, &mut message).await {
                Ok(0) => return "its process ended".to_owned(),
                Ok(_) => {}
                Err(error) => return format!("its pipe broke: {error}"),
            }
            if message.last() == Some(&0) {
                message.pop();
            }
            self.hear(&message, &on_event);
        }
    }

    /// Takes a message of the browser's.
    pub(super) fn hear(&self, message: &[u8], on_event: &impl Fn(&Self, Event)) {
        match serde_json::from_slice::<Incoming>(message) {
            Ok(incoming) => self.route(incoming, on_event),
            Err(error) => tracing::warn!(%error, bytes = message.len(), "the browser sent something that is not a message"),
        }
    }

    fn route(&self, incoming: Incoming, on_event: &impl Fn(&Self, Event)) {
        if let Some(id) = incoming.id {
            if let Some(waiting) = self.lock().waiting.remove(&id) {
                let answer = match incoming.error {
                    Some(error) => Err(CallError::Remote(error.message)),
                    None => Ok(incoming.result.unwrap_or(Value::Null)),
                };
                // Nobody waiting any more is no error: the call was given up.
                let _ = waiting.reply.send(answer);
            }
        } else if let Some(method) = incoming.method {
            on_event(self, Event { session: incoming.session, method, params: incoming.params });
        }
    }

    /// Calls and waits for the answer.
    pub(crate) async fn call<C: Command>(&self, session: Option<&str>, command: &C, until: Until) -> Result<C::Response, CallError> {
        let (reply, answer) = oneshot::channel();
        let asked = Instant::now();
        let id = self.write(session, command, Some(reply))?;
        let Ok(answer) = tokio::time::timeout_at(until.end, answer).await else {
            self.lock().waiting.remove(&id);
            return Err(CallError::TimedOut(until.limit.as_millis() as u64));
        };
        tracing::trace!(method = %command.identifier(), micros = asked.elapsed().as_micros() as u64, "answered");
        let value = answer.unwrap_or_else(|_| Err(CallError::Gone("the connection was closed".to_owned())))?;
        C::response_from_value(value).map_err(|error| CallError::Unreadable(format!("{}: {error}", command.identifier())))
    }

    /// Tells without waiting for the answer.
    pub(crate) fn tell<C: Command>(&self, session: Option<&str>, command: &C) {
        // A browser that is gone shows at the next call.
        let _ = self.write(session, command, None);
    }

    fn write<C: Command>(
        &self,
        session: Option<&str>,
        command: &C,
        reply: Option<oneshot::Sender<Result<Value, CallError>>>,
    ) -> Result<usize, CallError> {
        let params = serde_json::to_value(command).map_err(|error| CallError::Unreadable(error.to_string()))?;
        let mut calls = self.lock();
        if let Some(detail) = &calls.gone {
            return Err(CallError::Gone(detail.clone()));
        }
        if reply.is_some()
            && let Some((kind, message)) = session.and_then(|session| calls.stopped.get(session))
        {
            return Err(CallError::Dialog { kind: kind.clone(), message: message.clone() });
        }
        calls.last_id += 1;
        let id = calls.last_id;
        let call = MethodCall {
            id: chromiumoxide::types::CallId::new(id),
            method: command.identifier(),
            session_id: session.map(str::to_owned),
            params,
        };
        let mut bytes = serde_json::to_vec(&call).map_err(|error| CallError::Unreadable(error.to_string()))?;
        bytes.push(0);
        if let Some(reply) = reply {
            if calls.waiting.is_empty() {
                self.busy.notify_one();
            }
            calls.waiting.insert(id, Waiting { session: session.map(str::to_owned), reply });
        }
        // Sent under the lock, so that messages leave in the order of their ids.
        let _ = self.outbox.send(bytes);
        Ok(id)
    }

    /// Fails all calls of a session that is gone.
    pub(crate) fn fail_session(&self, session: &str) {
        let mut calls = self.lock();
        calls.stopped.remove(session);
        let ids: Vec<usize> =
            calls.waiting.iter().filter(|(_, call)| call.session.as_deref() == Some(session)).map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(call) = calls.waiting.remove(&id) {
                let _ = call.reply.send(Err(CallError::Detached));
            }
        }
    }

    /// A dialog stops the page of a session: what waits for it fails at once, and so does all that is asked until it is answered.
    /// Commands that are told and not asked go through.
    pub(crate) fn stop(&self, session: &str, kind: &str, message: &str) {
        let mut calls = self.lock();
        calls.stopped.insert(session.to_owned(), (kind.to_owned(), message.to_owned()));
        let waiting = calls.waiting.extract_if(|_, call| call.session.as_deref() == Some(session));
        for (_, call) in waiting.collect::<Vec<_>>() {
            let _ = call.reply.send(Err(CallError::Dialog { kind: kind.to_owned(), message: message.to_owned() }));
        }
    }

    /// The dialog is gone.
    pub(crate) fn go_on(&self, session: &str) {
        self.lock().stopped.remove(session);
    }

    /// Whether it has ended.
    pub(crate) fn is_gone(&self) -> bool {
        self.lock().gone.is_some()
    }

    /// That it has ended, as an error; nothing while it has not.
    pub(crate) fn alive(&self) -> Result<(), CallError> {
        self.lock().gone.clone().map_or(Ok(()), |detail| Err(CallError::Gone(detail)))
    }

    /// Waits until an answer is waited for, or it has ended. For one who waits only.
    pub(crate) async fn until_busy(&self) {
        while !self.is_busy() && !self.is_gone() {
            self.busy.notified().await;
        }
    }

    /// Whether an answer is waited for, or something else is under way.
    pub(crate) fn is_busy(&self) -> bool {
        let calls = self.lock();
        !calls.waiting.is_empty() || calls.working > 0
    }

    /// Says that something is under way.
    pub(crate) fn working(&self) -> Working {
        self.lock().working += 1;
        self.busy.notify_one();
        Working(self.clone())
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&self) {
        loop {
            // Listening comes before looking, or an end between the two would not be heard.
            let over = self.over.notified();
            if self.is_gone() {
                return;
            }
            over.await;
        }
    }

    /// Nothing more will be sent. What was told before still goes out.
    pub(crate) fn hang_up(&self) {
        let _ = self.outbox.send(Vec::new());
    }

    /// The browser is gone, or is about to be: fails all calls, now and later.
    pub(crate) fn end(&self, detail: &str) {
        let mut calls = self.lock();
        let detail = calls.gone.get_or_insert_with(|| detail.to_owned()).clone();
        for (_, call) in calls.waiting.drain() {
            let _ = call.reply.send(Err(CallError::Gone(detail.clone())));
        }
        self.busy.notify_one();
        self.over.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
