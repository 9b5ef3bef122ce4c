//! Signing in and out.
//!
//! A sign-in that fails says the same for a wrong name and a wrong password.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::ADMIN;
use super::session::{Session, SignedIn, no_cookie};
use super::web::{App, WebError, page};

#[derive(Deserialize)]
pub(super) struct Credentials {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
pub(super) struct OnlyToken {
    #[serde(default)]
    pub(super) csrf: String,
}

pub(super) async fn form(State(app): State<Arc<App>>, session: Option<Session>) -> Result<Response, WebError> {
    match session {
        Some(session) if session.0.user.is_some() => Ok(Redirect::to("/claims").into_response()),
        Some(session) => show(&session, "", None),
        None => show(&Session(app.store.open_session(None).await?), "", None),
    }
}

pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    session: Option<Session>,
    Form(sent): Form<Credentials>,
) -> Result<Response, WebError> {
    let session = session.ok_or(WebError::Forbidden("This form is out of date. Reload the page and send it again."))?;
    session.check_csrf(&sent.csrf)?;
    let user = sent.user.trim();
    if !is_right(&app, user, &sent.password) {
        app.store.note(user, "sign_in_refused").await?;
        let problem = if user.is_empty() || sent.password.is_empty() {
            "Enter your user name and your password."
        } else {
            "The user name or the password is not right."
        };
        return show(&session, user, Some(problem));
    }
    app.store.close_session(&session.0.token).await?;
    let opened = Session(app.store.open_session(Some(user)).await?);
    app.store.note(user, "signed_in").await?;
    Ok(([(SET_COOKIE, opened.cookie())], Redirect::to("/claims")).into_response())
}

pub(super) async fn sign_out(State(app): State<Arc<App>>, viewer: SignedIn, Form(sent): Form<OnlyToken>) -> Result<Response, WebError> {
    viewer.session.check_csrf(&sent.csrf)?;
    app.store.close_session(&viewer.session.0.token).await?;
    app.store.note(&viewer.user, "signed_out").await?;
    Ok(([(SET_COOKIE, no_cookie())], Redirect::to("/sign-in")).into_response())
}

fn is_right(app: &App, user: &str, password: &str) -> bool {
    // Digests are compared, so that the time it takes tells nothing about how much of a guess was right.
    let same = |wanted: &str| Sha256::digest(wanted) == Sha256::digest(password);
    match &app.config.admin_password {
        Some(wanted) if user == ADMIN => same(wanted),
        _ => user == app.config.user && same(&app.config.password),
    }
}

fn show(session: &Session, name: &str, problem: Option<&str>) -> Result<Response, WebError> {
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let html = page("sign_in.html", None, context! { name, problem, form_token => &session.0.csrf })?;
    Ok((status, [(SET_COOKIE, session.cookie())], html).into_response())
}
