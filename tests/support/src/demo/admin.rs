//! The administrator's page: everybody's claims, to approve or to delete.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;

use super::accounts::OnlyToken;
use super::claims::row;
use super::session::Admin;
use super::store::id_of;
use super::web::{App, WebError, page};

pub(super) async fn list(State(app): State<Arc<App>>, Admin(viewer): Admin) -> Result<Response, WebError> {
    let claims = app.store.claims(None).await?;
    Ok(page("admin.html", Some(&viewer), context! { claims => claims.iter().map(row).collect::<Vec<_>>() })?.into_response())
}

pub(super) async fn approve(
    State(app): State<Arc<App>>,
    Admin(viewer): Admin,
    Path(number): Path<String>,
    Form(sent): Form<OnlyToken>,
) -> Result<Redirect, WebError> {
    viewer.session.check_csrf(&sent.csrf)?;
    let id = id_of(&number).ok_or(WebError::NotFound)?;
    if app.store.approve(&viewer.user, id).await? { Ok(Redirect::to("/admin")) } else { Err(WebError::NotFound) }
}

pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Admin(viewer): Admin,
    Path(number): Path<String>,
    Form(sent): Form<OnlyToken>,
) -> Result<Redirect, WebError> {
    viewer.session.check_csrf(&sent.csrf)?;
    let id = id_of(&number).ok_or(WebError::NotFound)?;
    if app.store.delete(&viewer.user, id).await? { Ok(Redirect::to("/admin")) } else { Err(WebError::NotFound) }
}
