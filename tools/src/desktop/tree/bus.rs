//! The accessibility bus: calls with a deadline, and what programs say by themselves.
//!
//! The one decision: a call is sent without waiting for the answers of those before it. A program answers thousands of them in the time
//! that asking one by one takes for hundreds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use handiwork_core::SurfaceError;
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use zbus::zvariant::{DynamicDeserialize, DynamicType, Type};
use zbus::{Connection, MatchRule, Message, MessageStream};

/// How long a program may take to answer one call.
const ANSWER: Duration = Duration::from_millis(1_500);

/// Why a call has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CallError {
    /// The program does not answer: it has hung, or was stopped.
    #[error("the program does not answer")]
    Silent,
    /// It has no such element, or no such ability, or is gone.
    #[error("{0}")]
    Refused(String),
}

/// What a program has said about its elements since somebody last asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dirt {
    /// Elements that have other children, or whose children are others.
    pub(crate) structure: BTreeSet<String>,
    /// Elements that have changed in themselves.
    pub(crate) elements: BTreeSet<String>,
}

/// What is heard on the bus.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// By the program's name on the bus.
    pub(crate) dirt: HashMap<String, Dirt>,
    /// When something was heard last.
    pub(crate) last: Option<Instant>,
}

/// A connection to the accessibility bus.
#[derive(Debug)]
pub(crate) struct Bus {
    connection: Connection,
    heard: Arc<Mutex<Heard>>,
    listener: JoinHandle<()>,
    /// Processes by their names on the bus.
    pids: Mutex<BTreeMap<String, u32>>,
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// From so many elements on it is not kept which ones: then all are asked about.
const MOST_DIRT: usize = 10_000;

/// What programs are asked to tell of.
const EVENTS: &[&str] = &[
    "object:children-changed",
    "object:state-changed",
    "object:text-changed",
    "object:property-change",
    "object:bounds-changed",
    "object:visible-data-changed",
    "object:selection-changed",
    "object:model-changed",
    "object:active-descendant-changed",
    "window:",
];

impl Bus {
    /// Connects to the accessibility bus that belongs to a session bus, and has programs show themselves.
    pub(crate) async fn connect(session: &str, end: Instant) -> Result<Self, SurfaceError> {
        let not = |problem: String| SurfaceError::NotAvailable {
            problem: format!("the accessibility bus can't be reached: {problem}"),
            hint: "apt-get install at-spi2-core, or use OCR alone".to_owned(),
        };
        let connecting = async {
            let builder = zbus::connection::Builder::address(session).map_err(|error| not(error.to_string()))?;
            let session = builder.build().await.map_err(|error| not(error.to_string()))?;
            let address = session
                .call_method(Some("org.a11y.Bus"), "/org/a11y/bus", Some("org.a11y.Bus"), "GetAddress", &())
                .await
                .map_err(|error| not(error.to_string()))?;
            let address: String = address.body().deserialize().map_err(|error| not(error.to_string()))?;
            // Chromium and Firefox show nothing until somebody says that it will be read.
            for property in ["IsEnabled", "ScreenReaderEnabled"] {
                let value = zbus::zvariant::Value::from(true);
                let _ = session
                    .call_method(
                        Some("org.a11y.Bus"),
                        "/org/a11y/bus",
                        Some("org.freedesktop.DBus.Properties"),
                        "Set",
                        &("org.a11y.Status", property, value),
                    )
                    .await;
            }
            let builder = zbus::connection::Builder::address(address.as_str()).map_err(|error| not(error.to_string()))?;
            builder.max_queued(4_096).build().await.map_err(|error| not(error.to_string()))
        };
        let connection = tokio::time::timeout_at(end, connecting).await.map_err(|_| not("nobody answers".to_owned()))??;
        let heard = Arc::new(Mutex::new(Heard::default()));
        let listener = listen(&connection, Arc::clone(&heard)).await.map_err(|error| not(error.to_string()))?;
        Ok(Self { connection, heard, listener, pids: Mutex::new(BTreeMap::new()) })
    }

    /// What has been heard.
    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a method of an element.
    pub(crate) async fn call<B, R>(&self, to: (&str, &str), interface: &str, method: &str, body: &B) -> Result<R, CallError>
    where
        B: serde::Serialize + DynamicType + Sync,
        R: DeserializeOwned + Type + for<'d> DynamicDeserialize<'d>,
    {
        self.send(to, interface, method, body).await?.body().deserialize().map_err(|error| CallError::Refused(error.to_string()))
    }

    async fn send<B>(&self, (bus, path): (&str, &str), interface: &str, method: &str, body: &B) -> Result<Message, CallError>
    where
        B: serde::Serialize + DynamicType + Sync,
    {
        let sent = self.connection.call_method(Some(bus), path, Some(interface), method, body);
        match tokio::time::timeout(ANSWER, sent).await {
            Ok(answer) => answer.map_err(|error| CallError::Refused(error.to_string())),
            Err(_) => Err(CallError::Silent),
        }
    }

    /// A property of an element.
    pub(crate) async fn get<R>(&self, to: (&str, &str), interface: &str, property: &str) -> Result<R, CallError>
    where
        R: TryFrom<zbus::zvariant::OwnedValue>,
        R::Error: std::fmt::Display,
    {
        let value: zbus::zvariant::OwnedValue = self.call(to, "org.freedesktop.DBus.Properties", "Get", &(interface, property)).await?;
        R::try_from(value).map_err(|error| CallError::Refused(error.to_string()))
    }

    /// The process behind a name on the bus.
    pub(crate) async fn pid(&self, name: &str) -> Option<u32> {
        if let Some(pid) = self.pids.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(*pid);
        }
        let to = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let pid: u32 = self.call(to, "org.freedesktop.DBus", "GetConnectionUnixProcessID", &(name,)).await.ok()?;
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), pid);
        Some(pid)
    }
}

async fn listen(connection: &Connection, heard: Arc<Mutex<Heard>>) -> zbus::Result<JoinHandle<()>> {
    let mut streams = Vec::new();
    for interface in ["org.a11y.atspi.Event.Object", "org.a11y.atspi.Event.Window", "org.a11y.atspi.Cache"] {
        let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal).interface(interface)?.build();
        streams.push(MessageStream::for_match_rule(rule, connection, Some(2_048)).await?);
    }
    for event in EVENTS {
        let to = ("org.a11y.atspi.Registry", "/org/a11y/atspi/registry");
        connection
            .call_method(Some(to.0), to.1, Some("org.a11y.atspi.Registry"), "RegisterEvent", &(*event, Vec::<String>::new(), ""))
            .await?;
    }
    let mut all = futures::stream::select_all(streams);
    Ok(tokio::spawn(async move {
        while let Some(message) = all.next().await {
            let Ok(message) = message else { continue };
            let header = message.header();
            let (Some(sender), Some(path), Some(member)) = (header.sender(), header.path(), header.member()) else { continue };
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.last = Some(Instant::now());
            let dirt = heard.dirt.entry(sender.to_string()).or_default();
            if dirt.elements.len() + dirt.structure.len() > MOST_DIRT {
                *dirt = Dirt { structure: BTreeSet::from(["/".to_owned()]), ..Dirt::default() };
            }
            match member.as_str() {
                "ChildrenChanged" | "ModelChanged" | "AddAccessible" | "RemoveAccessible" | "Create" | "Destroy" => {
                    dirt.structure.insert(path.to_string());
                }
                _ => {
                    dirt.elements.insert(path.to_string());
                }
            }
        }
    }))
}
