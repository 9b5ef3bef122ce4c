//! A stand-in for DeepSeek's API, on loopback: it streams scripted replies as the real one does, and refuses what the real one
//! refuses. What it was asked is kept, so that requests can be asserted too.
//!
//! It is as strict as the vendor's own documents and request checks (November 2026), and nowhere laxer: a request that passes
//! here is a request that the real API takes. Where they don't say, it is silent.

mod rules;
mod script;
mod stream;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use script::Scripted;
use script::{Kind, Tokens};

/// The models that there are.
pub const MODELS: [&str; 2] = ["deepseek-flash", "deepseek-v4-pro"];

/// What was asked, and what came of it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; null if it was no JSON.
    pub body: Value,
    /// Why it was refused by the API's rules, if it was. A scripted refusal is not one.
    pub refused: Option<String>,
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct StandIn {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

type Answer = Box<dyn Fn(&Value, usize) -> Scripted + Send + Sync>;

struct Shared {
    answer: Answer,
    recorded: Mutex<Vec<Recorded>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("recorded", &self.recorded().len()).finish_non_exhaustive()
    }
}

impl Shared {
    fn recorded(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn {
    /// The only key that is accepted.
    pub const KEY: &'static str = "sk-stand-in";

    /// A server that gives these replies, one a request, in order. When they are used up it answers 500.
    pub async fn start(script: Vec<Scripted>) -> io::Result<Self> {
        let used_up = || Scripted::refusal(500, "the script of the stand-in is used up");
        Self::answering(move |_, number| script.get(number).cloned().unwrap_or_else(used_up)).await
    }

    /// A server that makes each reply from the request's body and its number, counted from 0 over accepted requests.
    pub async fn answering(answer: impl Fn(&Value, usize) -> Scripted + Send + Sync + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared { answer: Box::new(answer), recorded: Mutex::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new()
            .route("/chat/completions", post(complete))
            .route("/v1/chat/completions", post(complete))
            .route("/models", get(models))
            .route("/user/balance", get(balance))
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the stand-in ended");
            }
        });
        Ok(Self { url, shared, task })
    }

    /// Its base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bodies of all requests so far, refused ones too.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        self.shared.recorded().iter().map(|recorded| recorded.body.clone()).collect()
    }

    /// All requests so far, with their headers.
    #[must_use]
    pub fn recorded(&self) -> Vec<Recorded> {
        self.shared.recorded().clone()
    }

    /// Why requests were refused by the API's rules. Empty when all was right.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.shared.recorded().iter().filter_map(|recorded| recorded.refused.clone()).collect()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn models(headers: HeaderMap) -> Response {
    if let Err((status, why)) = authorised(&headers) {
        return refusal(status, &why, &[]);
    }
    let data: Vec<Value> = MODELS.iter().map(|id| json!({ "id": id, "object": "model", "owned_by": "deepseek" })).collect();
    Json(json!({ "object": "list", "data": data })).into_response()
}

async fn balance(headers: HeaderMap) -> Response {
    if let Err((status, why)) = authorised(&headers) {
        return refusal(status, &why, &[]);
    }
    let amount = json!({ "currency": "USD", "total_balance": "110.00", "granted_balance": "10.00", "topped_up_balance": "100.00" });
    Json(json!({ "is_available": true, "balance_infos": [amount] })).into_response()
}

async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let refused = check(&headers, &body).err();
    let (number, cached) = {
        let mut recorded = shared.recorded();
        let accepted = || recorded.iter().filter(|earlier| earlier.refused.is_none());
        let seen = (accepted().count(), stream::cached(&body, accepted().map(|earlier| &earlier.body)));
        let headers =
            headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
        recorded.push(Recorded { headers, body: body.clone(), refused: refused.as_ref().map(|(_, why)| why.clone()) });
        seen
    };
    if let Some((status, why)) = refused {
        return refusal(status, &why, &[]);
    }
    let scripted = (shared.answer)(&body, number);
    match scripted.kind {
        Kind::Refusal { status, message, headers } => refusal(status, &message, &headers),
        Kind::Reply(reply) => {
            let prompt = stream::tokens(&body);
            let tokens = reply.tokens.unwrap_or(Tokens { prompt, cached: cached.min(prompt), completion: None, reasoning: None });
            let events = stream::events(&body, &reply, number, tokens);
            let media = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
            (media, Body::from_stream(stream::bytes(events, &reply))).into_response()
        }
    }
}

fn check(headers: &HeaderMap, body: &Value) -> Result<(), (u16, String)> {
    authorised(headers)?;
    rules::check(body).map_err(|why| (400, why))
}

fn authorised(headers: &HeaderMap) -> Result<(), (u16, String)> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match given.strip_prefix("Bearer ") {
        Some(StandIn::KEY) => Ok(()),
        // The real one shows a part of the key; showing all of it is the harder test.
        Some(key) => Err((401, format!("Authentication Fails, Your api key: {key} is invalid"))),
        None => Err((401, "Authentication Fails (auth header format should be Bearer sk-...)".to_owned())),
    }
}

fn refusal(status: u16, message: &str, headers: &[(String, String)]) -> Response {
    let kind = match status {
        401 => "authentication_error",
        500.. => "internal_error",
        _ => "invalid_request_error",
    };
    let body = json!({ "error": { "message": message, "type": kind, "param": null, "code": kind } });
    let mut response = (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
