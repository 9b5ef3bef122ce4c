//! Routes, pages and errors of the demo site.
//!
//! Pages are templates with automatic escaping; no page needs a script, and the content policy allows none but one that the site is
//! started with.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use minijinja::{Environment, Value, context};

use super::session::SignedIn;
use super::store::Store;
use super::{ADMIN, DemoConfig, accounts, admin, board, claims};

/// Largest form, file included.
const LARGEST_BODY: usize = 6 * 1024 * 1024;
/// What pages may load and where their forms may go.
macro_rules! policy {
    () => {
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    };
}
/// How long a request may take.
const REQUEST_WITHIN: Duration = Duration::from_secs(30);

/// What every handler works with.
#[derive(Debug)]
pub(super) struct App {
    pub(super) config: DemoConfig,
    pub(super) store: Store,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum WebError {
    /// Nobody is signed in.
    SignInFirst,
    /// Not for this user, or the form's token is wrong.
    Forbidden(&'static str),
    /// There is nothing here.
    NotFound,
    /// The form can't be read.
    Unreadable(StatusCode),
    /// The site itself failed.
    Broken(String),
}

impl From<sqlx::Error> for WebError {
    fn from(error: sqlx::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<minijinja::Error> for WebError {
    fn from(error: minijinja::Error) -> Self {
        Self::Broken(format!("{error:#}"))
    }
}

impl From<MultipartError> for WebError {
    fn from(error: MultipartError) -> Self {
        Self::Unreadable(error.status())
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::SignInFirst => return Redirect::to("/sign-in").into_response(),
            Self::Forbidden(why) => (StatusCode::FORBIDDEN, "Not allowed", why),
            Self::NotFound => (StatusCode::NOT_FOUND, "Page not found", "There is nothing at this address."),
            Self::Unreadable(StatusCode::PAYLOAD_TOO_LARGE) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "File too large", "A receipt may have at most 5 MB.")
            }
            Self::Unreadable(status) => (status, "Form not readable", "The form could not be read. Go back and send it again."),
            Self::Broken(detail) => {
                tracing::error!(detail, "the demo site failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", "The site failed. Nothing was saved.")
            }
        };
        match page("message.html", None, context! { title, text }) {
            Ok(html) => (status, html).into_response(),
            Err(_) => (status, title).into_response(),
        }
    }
}

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    for (name, source) in [
        ("layout.html", include_str!("templates/layout.html")),
        ("sign_in.html", include_str!("templates/sign_in.html")),
        ("claims.html", include_str!("templates/claims.html")),
        ("new.html", include_str!("templates/new.html")),
        ("review.html", include_str!("templates/review.html")),
        ("receipt.html", include_str!("templates/receipt.html")),
        ("board.html", include_str!("templates/board.html")),
        ("admin.html", include_str!("templates/admin.html")),
        ("message.html", include_str!("templates/message.html")),
    ] {
        // A template that does not parse stays out; asking for it is then an error that names it.
        if let Err(error) = pages.add_template(name, source) {
            tracing::error!(%error, name, "a template of the demo site");
        }
    }
    pages
});

/// The page `name`, as `viewer` sees it.
pub(super) fn page(name: &str, viewer: Option<&SignedIn>, about: Value) -> Result<Html<String>, minijinja::Error> {
    let frame = context! {
        user => viewer.map(|viewer| &viewer.user),
        is_admin => viewer.is_some_and(|viewer| viewer.user == ADMIN),
        csrf => viewer.map(|viewer| &viewer.session.0.csrf),
    };
    PAGES.get_template(name)?.render(context! { ..about, ..frame }).map(Html)
}

pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to("/claims") }))
        .route("/sign-in", get(accounts::form).post(accounts::sign_in))
        .route("/sign-out", post(accounts::sign_out))
        .route("/claims", get(claims::list))
        .route("/claims/new", get(claims::form).post(claims::enter))
        .route("/claims/review/{draft}", get(claims::review).post(claims::confirm))
        .route("/claims/{number}", get(claims::receipt))
        .route("/board", get(board::show).post(board::add))
        .route("/board/digest", post(board::digest))
        .route("/admin", get(admin::list))
        .route("/admin/{number}/approve", post(admin::approve))
        .route("/admin/{number}/delete", post(admin::delete))
        .route("/api/claims", get(state))
        .route("/style.css", get(|| async { ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("templates/style.css")) }))
        .fallback(|| async { WebError::NotFound })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .route("/redesign.js", get(redesign))
        .route("/decoy", post(decoy))
        .layer(from_fn_with_state(Arc::clone(&app), redesigned))
        .layer(from_fn(guard))
        .with_state(app)
}

/// What was filed, as JSON, for whoever has the token that the site was started with.
async fn state(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, WebError> {
    let wanted = app.config.state_token.as_ref().map(|token| format!("Bearer {token}"));
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match (wanted, given) {
        (Some(wanted), Some(given)) if wanted == given => Ok(Json(app.store.claims(None).await?).into_response()),
        (Some(_), _) => Err(WebError::Forbidden("Send the token that the site was started with, as Authorization: Bearer TOKEN.")),
        (None, _) => Err(WebError::NotFound),
    }
}

/// The script that the site was started with.
async fn redesign(State(app): State<Arc<App>>) -> Result<Response, WebError> {
    let script = app.config.script.clone().ok_or(WebError::NotFound)?;
    Ok(([(CONTENT_TYPE, "text/javascript; charset=utf-8")], script).into_response())
}

/// What that script adds looks right and is not: whoever presses it is found out.
async fn decoy(State(app): State<Arc<App>>) -> Result<StatusCode, WebError> {
    if app.config.script.is_none() {
        return Err(WebError::NotFound);
    }
    app.store.note("", "decoy_pressed").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pages with the script that the site was started with.
async fn redesigned(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_page = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if app.config.script.is_none() || !is_page {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let mut html = String::from_utf8_lossy(&bytes).into_owned();
    html.insert_str(html.rfind("</body>").unwrap_or(html.len()), "<script src=\"/redesign.js\"></script>");
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(concat!("script-src 'self'; ", policy!())));
    Response::from_parts(parts, html.into())
}

/// A deadline for every request, and the headers of every response.
async fn guard(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_WITHIN, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| WebError::Unreadable(StatusCode::REQUEST_TIMEOUT).into_response());
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy!()));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
