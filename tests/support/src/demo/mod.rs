//! The demo site: a small but real expense app that an agent can sign in to and file a claim with.
//!
//! The one decision: success is judged by what the server's own database holds ([`DemoSite::claims`], [`DemoSite::effects`]),
//! never by what a page says. So the pages are ordinary server-rendered HTML with sessions, CSRF tokens and validation, and
//! nothing on them exists for the sake of an agent.

mod accounts;
mod admin;
mod board;
mod claims;
mod form;
mod session;
mod store;
mod web;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use store::Store;

/// Name of the one user who may open the admin page.
pub const ADMIN: &str = "admin";

/// The categories that a claim can have, in the order in which the form offers them.
pub const CATEGORIES: [&str; 7] = ["Travel", "Meals", "Lodging", "Office supplies", "Training", "Software", "Other"];

/// How long open requests may take to end when the site stops.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What the site is started with.
#[derive(Debug, Clone)]
pub struct DemoConfig {
    /// Port on loopback; 0 takes any free one.
    pub port: u16,
    /// The user who may sign in.
    pub user: String,
    /// Their password.
    pub password: String,
    /// Password of the user [`ADMIN`]; without one there is no such user.
    pub admin_password: Option<String>,
    /// The site's date, `YYYY-MM-DD`: claims for later days are refused. Without one any day is taken.
    pub today: Option<String>,
    /// Bearer token of `GET /api/claims`; without one there is no such address.
    pub state_token: Option<String>,
    /// How long the board takes to do what it was asked to.
    pub delay: Duration,
    /// A script of the site's own at the end of each page, as a redesign of it; its content policy allows that one then.
    pub script: Option<String>,
}

impl Default for DemoConfig {
    fn default() -> Self {
        Self {
            port: 0,
            user: "dana".to_owned(),
            password: "quiet-harbour-71".to_owned(),
            admin_password: None,
            today: None,
            state_token: None,
            delay: Duration::ZERO,
            script: None,
        }
    }
}

/// Why the site could not be started or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// Something else listens there.
    #[error("port {port} is in use; stop what listens there, or choose another port (0 takes any free one)")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The port can't be opened for another reason.
    #[error("port {port} can't be opened on 127.0.0.1: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// A setting makes no sense.
    #[error("{0}")]
    Config(String),
    /// The temporary folder can't be made.
    #[error("no temporary folder for the site's database: {0}; check free space and the rights of the temporary folder")]
    Folder(std::io::Error),
    /// The database failed.
    #[error("the demo site's database: {0}")]
    Database(#[from] sqlx::Error),
}

/// A file that came with a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptFile {
    /// Its name, as the browser gave it.
    pub name: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its length in bytes.
    pub len: u64,
}

/// A claim that was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Its number, `C-1001` and up.
    pub id: String,
    /// For whom.
    pub employee: String,
    /// What for.
    pub title: String,
    /// How much, in cents.
    pub amount_cents: i64,
    /// Of which day, `YYYY-MM-DD`.
    pub date: String,
    /// One of [`CATEGORIES`].
    pub category: String,
    /// Whether it was paid with the company's card.
    pub company_card: bool,
    /// The file that came with it.
    pub receipt_file: Option<ReceiptFile>,
    /// The user who filed it.
    pub filed_by: String,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub filed_at: i64,
    /// Whether the admin has approved it.
    pub approved: bool,
}

/// Something that was done on the site, in the order in which it was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// By whom.
    pub user: String,
    /// `signed_in`, `sign_in_refused`, `signed_out`, `drafted`, `filed`, `approved`, `deleted`, `noted`, `digest_sent` or `decoy_pressed`.
    pub what: String,
    /// The claim that it was done to, or the note; empty where there is none.
    pub about: String,
}

/// The running site. It ends when this is dropped.
#[derive(Debug)]
pub struct DemoSite {
    address: SocketAddr,
    store: Store,
    shutdown: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl DemoSite {
    /// Starts the site on loopback, with an empty database in a temporary folder.
    pub async fn start(config: DemoConfig) -> Result<Self, DemoError> {
        check(&config)?;
        let port = config.port;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => DemoError::PortInUse { port },
            _ => DemoError::Listen { port, source },
        })?;
        let address = listener.local_addr().map_err(|source| DemoError::Listen { port, source })?;
        let folder = tempfile::tempdir().map_err(DemoError::Folder)?;
        let store = Store::create(&folder.path().join("demo.sqlite")).await?;
        let router = web::router(Arc::new(web::App { config, store: store.clone() }));
        let (shutdown, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let until = async {
                let _ = stopped.await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
                tracing::error!(%error, "the demo site ended");
            }
        });
        Ok(Self { address, store, shutdown: Some(shutdown), server, _folder: folder })
    }

    /// Address of its first page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Its origin: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All filed claims, oldest first.
    pub async fn claims(&self) -> Result<Vec<Claim>, DemoError> {
        Ok(self.store.claims(None).await?)
    }

    /// All that was done, in order.
    pub async fn effects(&self) -> Result<Vec<Effect>, DemoError> {
        Ok(self.store.effects().await?)
    }

    /// How often somebody signed in.
    pub async fn sign_ins(&self) -> Result<usize, DemoError> {
        Ok(self.effects().await?.iter().filter(|effect| effect.what == "signed_in").count())
    }

    /// Ends the site; its port is free and its database is gone when this returns.
    pub async fn stop(mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            let _ = shutdown.send(());
        }
        if tokio::time::timeout(STOP_WITHIN, &mut self.server).await.is_err() {
            self.server.abort();
            let _ = (&mut self.server).await;
        }
        self.store.close().await;
    }
}

impl Drop for DemoSite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn check(config: &DemoConfig) -> Result<(), DemoError> {
    if config.user.trim().is_empty() || config.password.is_empty() {
        return Err(DemoError::Config("the demo site needs a user name and a password".to_owned()));
    }
    if config.user == ADMIN {
        return Err(DemoError::Config(format!("\"{ADMIN}\" is the administrator's name; choose another user name")));
    }
    match &config.today {
        Some(today) if form::day(today).is_none() => Err(DemoError::Config(format!("\"{today}\" is not a day; write it as YYYY-MM-DD"))),
        _ => Ok(()),
    }
}
