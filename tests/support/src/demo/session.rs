//! Who a request comes from: a cookie, a row in the database, and a token that every POST must bring back.
//!
//! Signing in and out changes the session, so a token that was seen before it is worth nothing after it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::COOKIE;
use axum::http::request::Parts;

use super::ADMIN;
use super::store::StoredSession;
use super::web::{App, WebError};

const NAME: &str = "session";

/// A signed-in user.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    pub(super) user: String,
    pub(super) session: Session,
}

/// The administrator.
#[derive(Debug, Clone)]
pub(super) struct Admin(pub(super) SignedIn);

/// A browser that has been here before, signed in or not.
#[derive(Debug, Clone)]
pub(super) struct Session(pub(super) StoredSession);

impl Session {
    /// Refuses a POST that does not bring the session's token back.
    pub(super) fn check_csrf(&self, sent: &str) -> Result<(), WebError> {
        if sent == self.0.csrf {
            Ok(())
        } else {
            Err(WebError::Forbidden("This form is out of date. Go back, reload the page and send it again."))
        }
    }

    /// The value of the `Set-Cookie` header that gives it to the browser.
    pub(super) fn cookie(&self) -> String {
        format!("{NAME}={}; Path=/; HttpOnly; SameSite=Lax", self.0.token)
    }
}

/// The value of the `Set-Cookie` header that takes the session from the browser.
pub(super) fn no_cookie() -> String {
    format!("{NAME}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

async fn find(parts: &Parts, app: &App) -> Result<Option<Session>, WebError> {
    let token = parts
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME).then(|| value.to_owned()));
    match token {
        Some(token) => Ok(app.store.session(&token).await?.map(Session)),
        None => Ok(None),
    }
}

impl OptionalFromRequestParts<Arc<App>> for Session {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, WebError> {
        find(parts, app).await
    }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, WebError> {
        let session = find(parts, app).await?.ok_or(WebError::SignInFirst)?;
        let user = session.0.user.clone().ok_or(WebError::SignInFirst)?;
        Ok(Self { user, session })
    }
}

impl OptionalFromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<Arc<App>>>::from_request_parts(parts, app).await.ok())
    }
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, WebError> {
        let signed_in = <SignedIn as FromRequestParts<Arc<App>>>::from_request_parts(parts, app).await?;
        if signed_in.user == ADMIN { Ok(Self(signed_in)) } else { Err(WebError::Forbidden("Only the administrator may open this page.")) }
    }
}
