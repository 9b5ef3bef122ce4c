//! A stand-in for DeepSeek's API, on loopback: it streams scripted replies as the real one does, and refuses what the real one
//! refuses. What it was asked is kept, so that requests can be asserted too.
//!
//! It is as strict as the vendor's own documents and request checks (November 2026), and nowhere laxer: a request that passes
//! here is a request that the real API takes. Where they don't say, it is silent. What goes wrong on the way is data as well:
//! see [`Trouble`].

mod cache;
mod faults;
mod http;
pub mod models;
mod rules;
mod script;
mod stream;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use cache::Cache;
pub use faults::{Fault, Place, Trouble};
use http::{Asked, Step};
pub use script::Scripted;
use script::{Kind, Reply, Tokens};

/// What was asked, and what came of it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The path, such as `/chat/completions`.
    pub path: String,
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
type Plan = Box<dyn Fn(usize) -> Option<Trouble> + Send + Sync>;

struct Shared {
    answer: Answer,
    plan: Plan,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recorded: Vec<Recorded>,
    cache: Cache,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("recorded", &self.state().recorded.len()).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn {
    /// The only key that is accepted.
    pub const KEY: &'static str = "sk-stand-in";

    /// The key of an account without balance.
    pub const KEY_WITHOUT_BALANCE: &'static str = "sk-stand-in-empty";

    /// A server that gives these replies, one a request, in order. When they are used up it answers 500.
    pub async fn start(script: Vec<Scripted>) -> io::Result<Self> {
        let used_up = || Scripted::refusal(500, "the script of the stand-in is used up");
        Self::answering(move |_, number| script.get(number).cloned().unwrap_or_else(used_up)).await
    }

    /// A server that makes each reply from the request's body and its number, counted from 0 over accepted requests.
    pub async fn answering(answer: impl Fn(&Value, usize) -> Scripted + Send + Sync + 'static) -> io::Result<Self> {
        Self::troubled(answer, |_| None).await
    }

    /// The same, with what goes wrong in each exchange by its number, counted from 0 over connections; there is one a request.
    /// A request that is read is accepted, whatever happens to its reply.
    pub async fn troubled(
        answer: impl Fn(&Value, usize) -> Scripted + Send + Sync + 'static,
        plan: impl Fn(usize) -> Option<Trouble> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared { answer: Box::new(answer), plan: Box::new(plan), state: Mutex::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
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
        self.shared.state().recorded.iter().map(|recorded| recorded.body.clone()).collect()
    }

    /// All requests so far, with their headers.
    #[must_use]
    pub fn recorded(&self) -> Vec<Recorded> {
        self.shared.state().recorded.clone()
    }

    /// What requests with these bodies would take, one after another, of a cache that is empty at first: tokens of each, and how many
    /// of them are in the cache.
    #[must_use]
    pub fn simulated(bodies: &[Value]) -> Vec<(u64, u64)> {
        let mut cache = Cache::default();
        let mut taken = Vec::with_capacity(bodies.len());
        for body in bodies {
            taken.push((cache::tokens(body), cache.hit(body)));
            cache.store(body, None);
        }
        taken
    }

    /// Why requests were refused by the API's rules. Empty when all was right.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.shared.state().recorded.iter().filter_map(|recorded| recorded.refused.clone()).collect()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let (shared, exchange) = (Arc::clone(&shared), number);
        number += 1;
        connections.spawn(async move {
            // A client that leaves is no fault of the server.
            if let Err(error) = serve(stream, &shared, exchange).await {
                tracing::debug!(%error, "a connection of the stand-in ended");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, shared: &Shared, exchange: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let trouble = (shared.plan)(exchange);
    if let Some(Trouble { fault, at: Place::Connect }) = &trouble {
        return http::write(BufReader::new(stream), faults::early(fault)).await;
    }
    let mut stream = BufReader::new(stream);
    let asked = http::read(&mut stream).await?;
    let steps = answer(shared, &asked, trouble.as_ref());
    http::write(stream, steps).await
}

fn answer(shared: &Shared, asked: &Asked, trouble: Option<&Trouble>) -> Vec<Step> {
    let path = asked.path.split('?').next().unwrap_or_default();
    let (beta, route) = match path.strip_prefix("/beta") {
        Some(rest) => (true, rest),
        None => (false, path.strip_prefix("/v1").unwrap_or(path)),
    };
    match (asked.method.as_str(), route) {
        ("POST", "/chat/completions") => complete(shared, asked, beta, trouble),
        _ if trouble.is_some_and(Trouble::is_early) => trouble.map(|trouble| faults::early(&trouble.fault)).unwrap_or_default(),
        ("GET", "/models") => authorised(asked, || {
            let model = |id: &str| json!({ "id": id, "object": "model", "owned_by": "deepseek" });
            json!({ "object": "list", "data": models::LISTED.map(model) })
        }),
        ("GET", "/user/balance") => authorised(asked, || {
            json!({ "is_available": true, "balance_infos": [
                { "currency": "USD", "total_balance": "110.00", "granted_balance": "10.00", "topped_up_balance": "100.00" },
            ] })
        }),
        _ => refusal(404, "Not Found", &[]),
    }
}

fn complete(shared: &Shared, asked: &Asked, beta: bool, trouble: Option<&Trouble>) -> Vec<Step> {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let refused = check(asked, &body, beta).err();
    let (number, cached) = {
        let mut state = shared.state();
        let number = state.recorded.iter().filter(|earlier| earlier.refused.is_none()).count();
        let why = refused.as_ref().map(|(_, why)| why.clone());
        state.recorded.push(Recorded { path: asked.path.clone(), headers: asked.headers.clone(), body: body.clone(), refused: why });
        (number, state.cache.hit(&body))
    };
    if let Some((status, why)) = refused {
        return refusal(status, &why, &[]);
    }
    if let Some(trouble) = trouble.filter(|trouble| trouble.is_early() || trouble.fault == Fault::WrongContentType) {
        return faults::early(&trouble.fault);
    }
    let scripted = (shared.answer)(&body, number);
    match scripted.kind {
        Kind::Refusal { status, message, headers } => refusal(status, &message, &headers),
        Kind::Reply(reply) => {
            shared.state().cache.store(&body, Some((&reply, number)));
            let prompt = cache::tokens(&body);
            let tokens = reply.tokens.unwrap_or(Tokens { prompt, cached: cached.min(prompt), completion: None, reasoning: None });
            respond(&body, &reply, number, tokens, trouble)
        }
    }
}

fn respond(body: &Value, reply: &Reply, number: usize, tokens: Tokens, trouble: Option<&Trouble>) -> Vec<Step> {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let streams = body.get("stream") == Some(&Value::Bool(true));
    let kind = if streams { "text/event-stream; charset=utf-8" } else { "application/json" };
    let headers = [header("content-type", kind), header("cache-control", "no-cache"), header("transfer-encoding", "chunked")];
    let head = Step::Raw(http::head(200, &headers));
    let steps = if streams {
        let events = stream::events(body, reply, number, tokens);
        match trouble {
            Some(trouble) => faults::body(events, trouble, stream::sizes(reply)),
            None => stream::steps(&events, reply),
        }
    } else {
        faults::pieces(&stream::whole(body, reply, number, tokens), stream::sizes(reply)).chain([Step::Last]).collect()
    };
    std::iter::once(head).chain(steps).collect()
}

fn key(asked: &Asked) -> Result<(), (u16, String)> {
    match asked.header("authorization").unwrap_or_default().strip_prefix("Bearer ") {
        Some(StandIn::KEY | StandIn::KEY_WITHOUT_BALANCE) => Ok(()),
        // The real one shows a part of the key; showing all of it is the harder test.
        Some(key) => Err((401, format!("Authentication Fails, Your api key: {key} is invalid"))),
        None => Err((401, "Authentication Fails (auth header format should be Bearer sk-...)".to_owned())),
    }
}

fn check(asked: &Asked, body: &Value, beta: bool) -> Result<(), (u16, String)> {
    key(asked)?;
    if asked.header("authorization").is_some_and(|value| value.ends_with(StandIn::KEY_WITHOUT_BALANCE)) {
        return Err((402, "Insufficient Balance".to_owned()));
    }
    rules::check(body, beta).map_err(|breach| (breach.status, breach.why))
}

fn authorised(asked: &Asked, object: impl Fn() -> Value) -> Vec<Step> {
    match key(asked) {
        Ok(()) => json(200, &object(), &[]),
        Err((status, why)) => refusal(status, &why, &[]),
    }
}

fn refusal(status: u16, message: &str, headers: &[(String, String)]) -> Vec<Step> {
    let kind = match status {
        401 => "authentication_error",
        500.. => "internal_error",
        _ => "invalid_request_error",
    };
    json(status, &json!({ "error": { "message": message, "type": kind, "param": null, "code": kind } }), headers)
}

fn json(status: u16, body: &Value, headers: &[(String, String)]) -> Vec<Step> {
    let body = body.to_string().into_bytes();
    let mut all = headers.to_vec();
    all.push(("content-type".to_owned(), "application/json".to_owned()));
    all.push(("content-length".to_owned(), body.len().to_string()));
    vec![Step::Raw(http::head(status, &all)), Step::Raw(body)]
}
