//! A running site, changed or not, on loopback.
//!
//! The one decision: every request that changes something is logged before it is answered, known or not; the mutator's script is added
//! to each page as it is served, and no handler knows that it is there.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Form, FromRequest, Query, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, body};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::answer::{Answer, Asked};
use super::claim;
use super::judge::{Judged, Posted, judge};
use super::mutation::Mutation;
use super::site::{Site, Values};
use crate::demo::{DemoConfig, DemoSite};

/// Largest body that is read.
const LARGEST_BODY: usize = 256 * 1024;

/// A running site. It stops when dropped.
#[derive(Debug)]
pub struct World {
    site: Site,
    server: Server,
}

#[derive(Debug)]
enum Server {
    Own { address: SocketAddr, shared: Arc<Shared>, task: JoinHandle<()> },
    Demo(Box<DemoSite>),
}

#[derive(Debug)]
struct Shared {
    site: Site,
    /// What is added to each page.
    script: Option<String>,
    log: Mutex<Vec<Posted>>,
}

impl Shared {
    fn log(&self) -> Vec<Posted> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl World {
    /// Starts `site` on a free port; with a mutation, each of its pages is changed by it.
    pub async fn start(site: Site, mutation: Option<Mutation>) -> std::io::Result<Self> {
        if site == Site::Claim {
            let demo = claim::start(mutation.as_ref()).await.map_err(std::io::Error::other)?;
            return Ok(Self { site, server: Server::Demo(Box::new(demo)) });
        }
        let script = mutation.map(|mutation| format!("<script>{}</script>", mutation.script(site)));
        let shared = Arc::new(Shared { site, script, log: Mutex::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let app = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the server of a site for healing ended");
            }
        });
        Ok(Self { site, server: Server::Own { address, shared, task } })
    }

    /// Which site this is.
    #[must_use]
    pub fn site(&self) -> Site {
        self.site
    }

    /// The page to begin on.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/", self.origin())
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> String {
        match &self.server {
            Server::Own { address, .. } => format!("http://{address}"),
            Server::Demo(demo) => demo.origin(),
        }
    }

    /// The secrets that its task needs.
    #[must_use]
    pub fn secrets(&self) -> Vec<(&'static str, String)> {
        match self.server {
            Server::Own { .. } => Vec::new(),
            Server::Demo(_) => vec![("password", DemoConfig::default().password)],
        }
    }

    /// Judges by the log alone what was done so far.
    pub async fn judge(&self, values: &Values) -> std::io::Result<Judged> {
        Ok(judge(&self.site.wanted(values), &self.log().await?))
    }

    /// Every request so far that changes something.
    pub async fn log(&self) -> std::io::Result<Vec<Posted>> {
        match &self.server {
            Server::Own { shared, .. } => Ok(shared.log()),
            Server::Demo(demo) => claim::log(demo).await.map_err(std::io::Error::other),
        }
    }

    /// Forgets the log, and with it all that was ever done here. The demo's site does not forget.
    pub fn forget(&self) {
        if let Server::Own { shared, .. } = &self.server {
            shared.log.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Server::Own { task, .. } = &self.server {
            task.abort();
        }
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => show(&shared, &request),
        _ => take(&shared, request).await,
    }
}

fn show(shared: &Shared, request: &Request) -> Response {
    let query = Query::<HashMap<String, String>>::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default();
    let log = shared.log();
    let asked = Asked { path: request.uri().path(), query: &query, log: &log };
    let Some(page) = shared.site.page(&asked) else { return StatusCode::NOT_FOUND.into_response() };
    match page.render() {
        Ok(html) => ([(header::CACHE_CONTROL, "no-store")], Html(with_script(html, shared.script.as_deref()))).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of a site for healing");
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response()
        }
    }
}

async fn take(shared: &Shared, request: Request) -> Response {
    let posted = Posted { path: request.uri().path().to_owned(), fields: fields(request).await };
    let log = {
        let mut log = shared.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(posted.clone());
        log.clone()
    };
    match shared.site.post(&posted, &log) {
        Answer::Go(to) => Redirect::to(&to).into_response(),
        Answer::Said(text) => text.into_response(),
        // Of the mutator's own making: what looks like the right button, and is none.
        Answer::Missing if posted.path == "/decoy" => StatusCode::NO_CONTENT.into_response(),
        Answer::Missing => (StatusCode::NOT_FOUND, "There is nothing at this address.").into_response(),
    }
}

/// The fields of a form, or the body as one field where it is no form.
async fn fields(request: Request) -> Vec<(String, String)> {
    let (parts, body) = request.into_parts();
    let bytes = body::to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let again = Request::from_parts(parts, body::Body::from(bytes.clone()));
    match Form::<Vec<(String, String)>>::from_request(again, &()).await {
        Ok(Form(fields)) => fields,
        Err(_) => vec![("body".to_owned(), String::from_utf8_lossy(&bytes).into_owned())],
    }
}

/// At the end of the body: there all of the page is there, and nobody could use it yet.
fn with_script(mut html: String, script: Option<&str>) -> String {
    if let Some(script) = script {
        let at = html.rfind("</body>").unwrap_or(html.len());
        html.insert_str(at, script);
    }
    html
}
