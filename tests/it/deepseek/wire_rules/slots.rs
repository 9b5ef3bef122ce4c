//! The most requests that are under way at once: what the server sees of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use futures::channel::mpsc;
use futures::future::join_all;
use handiwork::core::model::deepseek::DeepSeek;
use handiwork::core::{Context, Model as _, ModelError, Progress};
use handiwork_test_support::deepseek::{Scripted, StandIn};

use super::super::{model, request, soon};

/// A request that is held by the server; given back once the server has it.
async fn held(model: &DeepSeek, server: &StandIn) -> tokio::task::JoinHandle<()> {
    let (before, model) = (server.recorded().len(), model.clone());
    let asked = tokio::spawn(async move {
        model.complete(&soon(), &request("Go.")).await.expect_err("it is never answered");
    });
    let arrived = async {
        while server.recorded().len() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("the server has it");
    asked
}

#[tokio::test]
async fn a_waiting_request_is_not_sent_and_ends_by_its_deadline() {
    let server = StandIn::answering(|_, _| Scripted::text("never").stall_after(1)).await.expect("starts");
    let model = model(&server).concurrency(1);
    let first = held(&model, &server).await;
    let (sender, told) = mpsc::unbounded();
    let cx = Context::default().with_progress(sender).within(Duration::from_millis(200));
    // Of another model too: what was said is for all of the account.
    let error = model.clone().model("deepseek-v4-pro").complete(&cx, &request("Go.")).await.expect_err("its turn never came");
    assert!(matches!(error, ModelError::TimedOut(1)) && !error.is_transient(), "{error}");
    assert_eq!(server.recorded().len(), 1, "it was sent");
    drop(cx);
    let told: Vec<Progress> = told.collect().await;
    assert!(matches!(told.as_slice(), [Progress::Waiting(why)] if why.contains("under way")), "{told:?}");
    first.abort();
    assert!(first.await.expect_err("it was stopped").is_cancelled());
    held(&model, &server).await.abort();
    assert_eq!(server.recorded().len(), 2, "the place of the one that was dropped is free again");
}

#[tokio::test]
async fn so_many_as_were_allowed_are_under_way() {
    let server = StandIn::answering(|_, _| Scripted::text("never").stall_after(1)).await.expect("starts");
    let model = model(&server).concurrency(3);
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(held(&model, &server).await);
    }
    let cx = Context::default().within(Duration::from_millis(200));
    let error = model.complete(&cx, &request("Go.")).await.expect_err("a fourth");
    assert!(matches!(error, ModelError::TimedOut(_)) && server.recorded().len() == 3, "{error}");
    all.iter().for_each(tokio::task::JoinHandle::abort);
}

/// On one thread, so that an answer that was read is counted before the next request is sent.
#[tokio::test(flavor = "current_thread")]
async fn with_one_slot_the_server_never_sees_two() {
    let ended = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (read, seen) = (Arc::clone(&ended), Arc::clone(&most));
    let answer = move |_: &serde_json::Value, number: usize| {
        seen.fetch_max(number + 1 - read.load(Ordering::SeqCst), Ordering::SeqCst);
        Scripted::text("ok").reasoning("Hm.").in_pieces([40])
    };
    let server = StandIn::answering(answer).await.expect("starts");
    let model = model(&server).concurrency(1);
    let ask = |place: usize| {
        let (model, ended) = (model.clone().user_id(format!("u-{place}")), Arc::clone(&ended));
        async move {
            model.complete(&soon(), &request("Go.")).await.expect("its turn comes");
            ended.fetch_add(1, Ordering::SeqCst);
        }
    };
    join_all((0..12).map(ask)).await;
    assert_eq!((server.recorded().len(), most.load(Ordering::SeqCst)), (12, 1));
}
