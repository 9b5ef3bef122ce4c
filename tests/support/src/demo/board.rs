//! The board: notes that everybody signed in may add, and a digest that is sent to all.
//!
//! The one decision: nothing here is safe to do twice, and the work goes on when the browser that asked for it is gone, a moment
//! later. So what was done twice, or was asked for just before a crash, shows.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use serde::Deserialize;

use super::accounts::OnlyToken;
use super::session::SignedIn;
use super::store::Store;
use super::web::{App, WebError, page};

#[derive(Deserialize)]
pub(super) struct Note {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    text: String,
}

pub(super) async fn show(State(app): State<Arc<App>>, viewer: SignedIn) -> Result<Response, WebError> {
    let effects = app.store.effects().await?;
    let notes: Vec<String> = effects.into_iter().filter(|effect| effect.what == "noted").map(|effect| effect.about).collect();
    Ok(page("board.html", Some(&viewer), context! { notes })?.into_response())
}

pub(super) async fn add(State(app): State<Arc<App>>, viewer: SignedIn, Form(sent): Form<Note>) -> Result<Response, WebError> {
    viewer.session.check_csrf(&sent.csrf)?;
    done_anyway(&app, viewer.user.clone(), "noted", sent.text.trim().to_owned()).await
}

/// Sends the digest. No page says that it was sent.
pub(super) async fn digest(State(app): State<Arc<App>>, viewer: SignedIn, Form(sent): Form<OnlyToken>) -> Result<Response, WebError> {
    viewer.session.check_csrf(&sent.csrf)?;
    done_anyway(&app, viewer.user.clone(), "digest_sent", String::new()).await
}

/// In a task of its own: a request that is broken off does not take it along.
async fn done_anyway(app: &App, user: String, what: &'static str, about: String) -> Result<Response, WebError> {
    let (store, delay): (Store, _) = (app.store.clone(), app.config.delay);
    let work = tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        store.note_about(&user, what, &about).await
    });
    work.await.map_err(|error| WebError::Broken(error.to_string()))??;
    Ok(Redirect::to("/board").into_response())
}
