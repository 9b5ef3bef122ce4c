//! Stand-ins for the servers that people run models on: llama-server, Ollama, vLLM, `SGLang`, LM Studio. On loopback.
//!
//! The one decision: a kind of server is data ([`kinds`]): its pages, its names, what it refuses and in which words, as they were
//! in November 2026; llama-server's were taken from the server itself. What they are asked is kept, so that it can be asserted.

mod kinds;
mod speak;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use kinds::{Kind, Served};
pub use speak::Said;

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// As in `GET /props`.
    pub what: String,
    /// The body; null if there was none.
    pub body: Value,
    /// The status that it was answered with.
    pub status: u16,
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct CompatStandIn {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

type Answer = Box<dyn Fn(&Value, usize) -> Said + Send + Sync>;

struct Shared {
    served: Served,
    answer: Answer,
    asked: Mutex<Vec<Asked>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("served", &self.served).finish_non_exhaustive()
    }
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CompatStandIn {
    /// A server of this kind whose model makes each reply from the body of the request and its number, counted from 0 over
    /// accepted conversations.
    pub async fn start(served: Served, answer: impl Fn(&Value, usize) -> Said + Send + Sync + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared { served, answer: Box::new(answer), asked: Mutex::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the stand-in ended");
            }
        });
        Ok(Self { url, shared, task })
    }

    /// Its address, without `/v1` and without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All that was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked().clone()
    }

    /// The bodies of conversations so far, refused ones too.
    #[must_use]
    pub fn conversations(&self) -> Vec<Value> {
        self.shared
            .asked()
            .iter()
            .filter(|asked| asked.what.starts_with("POST") && asked.what.contains("/chat"))
            .map(|asked| asked.body.clone())
            .collect()
    }
}

impl Drop for CompatStandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, bytes: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let what = format!("{method} {}", uri.path());
    let served = &shared.served;
    let refused = if what == served.kind.chat() { served.refusal(&body) } else { Some(served.page(&what, &body)) };
    let number = {
        let mut asked = shared.asked();
        let number = asked.iter().filter(|earlier| earlier.what == served.kind.chat() && earlier.status == 200).count();
        asked.push(Asked { what, body: body.clone(), status: refused.as_ref().map_or(200, |(status, _)| *status) });
        number
    };
    if let Some((status, page)) = refused {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return (status, axum::Json(page)).into_response();
    }
    let said = (shared.answer)(&body, number);
    let (media, text) = speak::stream(served, &body, &said);
    ([(header::CONTENT_TYPE, media)], Body::from_stream(speak::pieces(&text))).into_response()
}
