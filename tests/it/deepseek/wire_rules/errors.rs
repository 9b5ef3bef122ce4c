//! Each error that the API documents, by its class: what it is here, and whether it is asked again. How often the server was
//! asked is counted there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use handiwork::core::layer::{Layered, Retry};
use handiwork::core::model::deepseek::DeepSeek;
use handiwork::core::{Model as _, ModelError};
use handiwork_test_support::deepseek::{Fault, Place, Scripted, StandIn, Trouble};

use super::super::{model, request, server, soon};

/// How often the layer asks again.
const AGAIN: usize = 2;

fn patient(model: DeepSeek) -> Layered {
    let retry = Retry { times: AGAIN, first: Duration::from_millis(1), longest: Duration::from_millis(1) };
    Layered::new(Arc::new(model), Arc::new(retry))
}

/// The error for this status and this `Retry-After`, asked once; and how often the server is asked by one who asks again.
async fn refused(status: u16, after: Option<&str>) -> (ModelError, usize) {
    let refusal = |after: Option<&str>| {
        let refusal = Scripted::refusal(status, "as scripted");
        after.map_or_else(|| refusal.clone(), |after| refusal.clone().header("Retry-After", after))
    };
    let told = refusal(after);
    let once = StandIn::answering(move |_, _| told.clone()).await.expect("starts");
    let error = model(&once).complete(&soon(), &request("Go.")).await.expect_err("an error");
    assert_eq!(once.recorded().len(), 1, "the client itself never asks again");
    let told = refusal(after.map(|_| "0"));
    let often = StandIn::answering(move |_, _| told.clone()).await.expect("starts");
    patient(model(&often)).complete(&soon(), &request("Go.")).await.expect_err("an error");
    (error, often.recorded().len())
}

#[tokio::test]
async fn only_429_500_and_503_are_asked_again() {
    type Is = fn(&ModelError) -> bool;
    let table: [(u16, Option<&str>, Is, bool); 10] = [
        (400, None, |error| matches!(error, ModelError::BadRequest(told) if told == "as scripted"), false),
        (401, None, |error| matches!(error, ModelError::Unauthorized(told) if told == "as scripted"), false),
        (402, None, |error| matches!(error, ModelError::NoBalance(told) if told == "as scripted"), false),
        (404, None, |error| matches!(error, ModelError::NoSuchModel(told) if told.contains("deepseek-flash")), false),
        (422, Some("7"), |error| matches!(error, ModelError::BadRequest(told) if told == "as scripted"), false),
        (429, None, |error| matches!(error, ModelError::RateLimited { retry_after: None, .. }), true),
        (429, Some("17"), |error| matches!(error, ModelError::RateLimited { .. }), true),
        (500, None, |error| matches!(error, ModelError::Server { status: 500, retry_after: None, .. }), true),
        (503, None, |error| matches!(error, ModelError::Server { status: 503, retry_after: None, .. }), true),
        (503, Some("1.5"), |error| matches!(error, ModelError::Server { status: 503, .. }), true),
    ];
    for (status, after, is, transient) in table {
        let (error, asked) = refused(status, after).await;
        assert!(is(&error), "{status}: {error}");
        assert_eq!((error.is_transient(), asked), (transient, if transient { 1 + AGAIN } else { 1 }), "{status}: {error}");
        let said = after.filter(|_| transient).map(|after| Duration::from_secs_f64(after.parse().expect("seconds")));
        assert_eq!(error.retry_after(), said, "{status}");
    }
}

#[tokio::test]
async fn a_key_without_balance_is_told_once() {
    let server = server(vec![Scripted::text("never")]).await;
    let poor = DeepSeek::from_key(StandIn::KEY_WITHOUT_BALANCE).base_url(server.url());
    let error = patient(poor).complete(&soon(), &request("Go.")).await.expect_err("an error");
    assert!(matches!(&error, ModelError::NoBalance(told) if told == "Insufficient Balance"), "{error}");
    let wrong = DeepSeek::from_key("sk-wrong").base_url(server.url());
    let error = patient(wrong).complete(&soon(), &request("Go.")).await.expect_err("an error");
    assert!(matches!(&error, ModelError::Unauthorized(told) if !told.contains("sk-wrong")), "{error}");
    let unknown = model(&server).model("deepseek-reasoner-9");
    let error = patient(unknown).complete(&soon(), &request("Go.")).await.expect_err("an error");
    assert!(matches!(error, ModelError::NoSuchModel(_)), "{error}");
    assert_eq!(server.recorded().len(), 3, "each was asked once");
}

#[tokio::test]
async fn transport_errors_are_asked_again() {
    for (fault, at) in [
        (Fault::Refuse, Place::Connect),
        (Fault::Reset, Place::BeforeHeaders),
        (Fault::Reset, Place::InText),
        (Fault::Truncate, Place::InText),
        (Fault::Truncate, Place::BeforeDone),
    ] {
        let exchanges = Arc::new(AtomicUsize::new(0));
        let (seen, plan) = (Arc::clone(&exchanges), Trouble::new(fault.clone(), at));
        let plan = move |_| {
            seen.fetch_add(1, Ordering::SeqCst);
            Some(plan.clone())
        };
        let server = StandIn::troubled(|_, _| Scripted::text("A longer text."), plan).await.expect("starts");
        let error = patient(model(&server)).complete(&soon(), &request("Go.")).await.expect_err("an error");
        assert!(matches!(error, ModelError::Unreachable { .. } | ModelError::Truncated(_)) && error.is_transient(), "{at:?}: {error}");
        assert_eq!((exchanges.load(Ordering::SeqCst), error.retry_after()), (1 + AGAIN, None), "{fault:?} {at:?}");
    }
}

#[tokio::test]
async fn a_reply_that_is_no_reply_is_not_asked_again() {
    for (fault, at) in
        [(Fault::WrongContentType, Place::AfterHeaders), (Fault::GarbageJson, Place::InText), (Fault::InvalidUtf8, Place::InText)]
    {
        let plan = Trouble::new(fault.clone(), at);
        let server = StandIn::troubled(|_, _| Scripted::text("A longer text."), move |_| Some(plan.clone())).await.expect("starts");
        let error = patient(model(&server)).complete(&soon(), &request("Go.")).await.expect_err("an error");
        assert!(matches!(error, ModelError::Unreadable(_)) && !error.is_transient(), "{fault:?}: {error}");
        assert_eq!(server.recorded().len(), 1, "{fault:?}");
    }
}
