//! Claims of the person who is signed in: the list, the form, the review, the receipt.
//!
//! What was entered is kept as a draft on the server, so the review page confirms a draft and carries no values of its own.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Deserialize;

use super::accounts::OnlyToken;
use super::form::{Fields, Problems, Sent, money};
use super::session::SignedIn;
use super::store::{id_of, number};
use super::web::{App, WebError, page};
use super::{ADMIN, CATEGORIES, Claim};

#[derive(Deserialize)]
pub(super) struct Edited {
    draft: Option<String>,
}

pub(super) async fn list(State(app): State<Arc<App>>, viewer: SignedIn) -> Result<Response, WebError> {
    let claims = app.store.claims(Some(&viewer.user)).await?;
    let total = money(claims.iter().map(|claim| claim.amount_cents).sum());
    Ok(page("claims.html", Some(&viewer), context! { claims => claims.iter().map(row).collect::<Vec<_>>(), total })?.into_response())
}

pub(super) async fn form(State(app): State<Arc<App>>, viewer: SignedIn, Query(edited): Query<Edited>) -> Result<Response, WebError> {
    let draft = match &edited.draft {
        Some(token) => Some(app.store.draft(&viewer.user, token).await?.ok_or(WebError::NotFound)?),
        None => None,
    };
    let (token, file, fields) =
        draft.map_or_else(|| (None, None, Fields::default()), |draft| (Some(draft.token), draft.file_name, Fields::from(draft.entered)));
    show(&app, &viewer, token.as_deref(), file.as_deref(), &fields, &Problems::new())
}

pub(super) async fn enter(State(app): State<Arc<App>>, viewer: SignedIn, multipart: Multipart) -> Result<Response, WebError> {
    let sent = Sent::read(multipart).await?;
    viewer.session.check_csrf(&sent.csrf)?;
    match sent.fields.check(app.config.today.as_deref()) {
        Ok(entered) => {
            let token = app.store.save_draft(&viewer.user, sent.draft.as_deref(), &entered, sent.file.as_ref()).await?;
            Ok(Redirect::to(&format!("/claims/review/{token}")).into_response())
        }
        Err(problems) => {
            let kept = match &sent.draft {
                Some(token) => app.store.draft(&viewer.user, token).await?,
                None => None,
            };
            let file = kept.as_ref().and_then(|draft| draft.file_name.as_deref());
            show(&app, &viewer, kept.as_ref().map(|draft| draft.token.as_str()), file, &sent.fields, &problems)
        }
    }
}

pub(super) async fn review(State(app): State<Arc<App>>, viewer: SignedIn, Path(token): Path<String>) -> Result<Response, WebError> {
    let draft = app.store.draft(&viewer.user, &token).await?.ok_or(WebError::NotFound)?;
    if let Some(claim) = draft.claim {
        return Ok(Redirect::to(&format!("/claims/{}", number(claim))).into_response());
    }
    let about = context! { token => draft.token, file => draft.file_name, fields => Serde(Fields::from(draft.entered)) };
    Ok(page("review.html", Some(&viewer), about)?.into_response())
}

pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    viewer: SignedIn,
    Path(token): Path<String>,
    Form(sent): Form<OnlyToken>,
) -> Result<Response, WebError> {
    viewer.session.check_csrf(&sent.csrf)?;
    let now = jiff::Timestamp::now().as_millisecond();
    let id = app.store.file(&viewer.user, &token, now).await?.ok_or(WebError::NotFound)?;
    Ok(Redirect::to(&format!("/claims/{}", number(id))).into_response())
}

pub(super) async fn receipt(State(app): State<Arc<App>>, viewer: SignedIn, Path(number): Path<String>) -> Result<Response, WebError> {
    let id = id_of(&number).ok_or(WebError::NotFound)?;
    let claim =
        app.store.claim(id).await?.filter(|claim| claim.filed_by == viewer.user || viewer.user == ADMIN).ok_or(WebError::NotFound)?;
    Ok(page("receipt.html", Some(&viewer), context! { claim => row(&claim) })?.into_response())
}

/// A claim as the pages show it.
pub(super) fn row(claim: &Claim) -> Value {
    context! {
        amount => money(claim.amount_cents),
        file => claim.receipt_file.as_ref().map(|file| &file.name),
        ..Value::from(Serde(claim))
    }
}

fn show(
    app: &App,
    viewer: &SignedIn,
    draft: Option<&str>,
    file: Option<&str>,
    fields: &Fields,
    problems: &Problems,
) -> Result<Response, WebError> {
    let about = context! { draft, file, fields => Serde(fields), problems => Serde(problems), categories => Serde(CATEGORIES), last_day => app.config.today.as_ref() };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, page("new.html", Some(viewer), about)?).into_response())
}
