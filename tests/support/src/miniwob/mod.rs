//! The pages of the MiniWoB++ benchmark, served as they are, with a referee.
//!
//! The one decision: a page is told to start, with a seed, and watched by a few lines of script that are added to it when it is
//! served. They hand over the task's own sentence and the page's own reward; nothing here or in the agent knows any task.

mod pages;

use std::collections::HashMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path as InPath, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use pages::{PACKAGE, VERSION, fetch};

/// The script that is added to a page. The scoreboard is not part of a task: it is hidden, as in the benchmark's own programs.
const REFEREE: &str = include_str!("referee.html");

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct MiniWob {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    next: AtomicU64,
    episodes: Mutex<HashMap<u64, watch::Sender<Standing>>>,
}

/// How far an episode has come.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// The sentence that says what to do, once the page has begun.
    pub goal: Option<String>,
    /// The page's raw reward, once it has ended: 1 is a success.
    pub reward: Option<f64>,
}

/// One try of one task.
#[derive(Debug)]
pub struct Episode {
    /// The address of its page.
    pub url: String,
    standing: watch::Receiver<Standing>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    seed: Option<String>,
    episode: Option<u64>,
}

impl MiniWob {
    /// Serves the pages in `root`, the folder that holds `core` and `miniwob`.
    pub async fn start(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        let shared = Arc::new(Shared { root, next: AtomicU64::new(1), episodes: Mutex::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new()
            .route("/episode/{episode}/goal", post(begun))
            .route("/episode/{episode}/reward", post(ended))
            .route("/{*path}", get(page))
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the server of the pages ended");
            }
        });
        Ok(Self { url, shared, task })
    }

    /// The names of all tasks that there are.
    pub fn tasks(&self) -> io::Result<Vec<String>> {
        let mut tasks: Vec<String> = std::fs::read_dir(self.shared.root.join("miniwob"))?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".html").map(str::to_owned))
            .collect();
        tasks.sort();
        Ok(tasks)
    }

    /// A try of a task. The same seed gives the same page.
    #[must_use]
    pub fn episode(&self, task: &str, seed: u64) -> Episode {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let (sender, standing) = watch::channel(Standing::default());
        self.shared.episodes.lock().unwrap_or_else(PoisonError::into_inner).insert(number, sender);
        Episode { url: format!("{}/miniwob/{task}.html?seed={seed}&episode={number}", self.url), standing }
    }
}

impl Drop for MiniWob {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Episode {
    /// Waits until the page has begun; gives its sentence.
    pub async fn goal(&mut self) -> Option<String> {
        self.standing.wait_for(|standing| standing.goal.is_some()).await.ok()?.goal.clone()
    }

    /// Waits until the page has ended; gives its raw reward.
    pub async fn reward(&mut self) -> Option<f64> {
        self.standing.wait_for(|standing| standing.reward.is_some()).await.ok()?.reward
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }
}

impl Shared {
    fn report(&self, episode: u64, change: impl FnOnce(&mut Standing)) -> StatusCode {
        let episodes = self.episodes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(standing) = episodes.get(&episode) else { return StatusCode::NOT_FOUND };
        standing.send_modify(change);
        StatusCode::NO_CONTENT
    }
}

async fn begun(State(shared): State<Arc<Shared>>, InPath(episode): InPath<u64>, goal: String) -> StatusCode {
    // A page that is loaded again begins again; the first sentence counts.
    shared.report(episode, |standing| {
        standing.goal.get_or_insert(goal);
    })
}

async fn ended(State(shared): State<Arc<Shared>>, InPath(episode): InPath<u64>, reward: String) -> StatusCode {
    let Ok(reward) = reward.parse() else { return StatusCode::BAD_REQUEST };
    shared.report(episode, |standing| {
        standing.reward.get_or_insert(reward);
    })
}

async fn page(State(shared): State<Arc<Shared>>, InPath(path): InPath<String>, Query(asked): Query<Asked>) -> Response {
    let relative = Path::new(&path);
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Ok(mut bytes) = tokio::fs::read(shared.root.join(relative)).await else { return StatusCode::NOT_FOUND.into_response() };
    if let (Some(seed), Some(episode)) = (asked.seed, asked.episode) {
        let seed = serde_json::Value::from(seed).to_string();
        bytes.extend(REFEREE.replace("{{seed}}", &seed).replace("{{episode}}", &episode.to_string()).into_bytes());
    }
    ([(header::CONTENT_TYPE, media(relative))], bytes).into_response()
}

fn media(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
