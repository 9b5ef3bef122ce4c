//! Several browsers in one process: apart from each other, not too many, and in a new process from time to time.

use std::sync::Arc;
use std::time::Duration;

use handiwork_core::{Context, Surface, SurfaceError};
use handiwork_test_support::fixtures::Fixtures;
use handiwork_tools::browser::{BrowserConfig, ContextConfig, Pool, PoolConfig, PoolError};

use super::super::{group, wait_until};
use super::{ask, launch, open};

fn pool(most: usize, recycle_after: u32) -> Pool {
    Pool::new(PoolConfig { most, recycle_after, wait: Duration::from_mins(1), recycle_above: None, ..PoolConfig::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_are_apart() {
    let site = Fixtures::start().await.expect("a server");
    let pool = Arc::new(pool(40, 100));
    let mut all = Vec::new();
    for number in 0..40 {
        let context = pool.context(ContextConfig::default()).await.expect("a context");
        assert!(open(&context, &site.url(&format!("keep/set/value-{number}"))).await.is_verified());
        all.push(context);
    }
    assert_eq!(pool.free(), 0);
    assert!(all.iter().all(|context| context.pid() == all[0].pid()), "they are in one process");
    for (number, context) in all.iter().enumerate() {
        let value = format!("value-{number}");
        let stored = ask(&site, context, &site.url("keep/show"), "stored").await;
        let cookies = site.told().into_iter().rfind(|told| told.what == "cookies").expect("cookies");
        assert_eq!((stored.field("local"), stored.field("session"), cookies.field("sid")), (Some(&*value), Some(&*value), Some(&*value)));
        let tabs = context.observe(&Context::default()).await.expect("a screen").render();
        assert!(tabs.contains("Shown"), "{tabs}");
    }
    // One that is closed takes all along; the others stay.
    let last = all.pop().expect("forty");
    last.close().await;
    drop(last);
    assert_eq!(pool.free(), 1);
    let fresh = pool.context(ContextConfig::default()).await.expect("a context");
    let stored = ask(&site, &fresh, &site.url("keep/show"), "stored").await;
    assert_eq!((stored.field("local"), stored.field("session")), (Some("null"), Some("null")));
    assert_eq!(ask(&site, &all[0], &site.url("keep/show"), "stored").await.field("local"), Some("value-0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_too_many_waits_and_is_then_refused() {
    let pool = Arc::new(Pool::new(PoolConfig { most: 2, wait: Duration::from_millis(300), ..PoolConfig::default() }));
    let (first, _second) =
        (pool.context(ContextConfig::default()).await.expect("one"), pool.context(ContextConfig::default()).await.expect("two"));
    let error = pool.context(ContextConfig::default()).await.expect_err("it is full");
    assert!(matches!(error, PoolError::Full { most: 2, .. }) && error.to_string().contains("raise `most`"), "{error}");
    // Whoever waits gets the place that becomes free.
    let patient = Arc::new(Pool::new(PoolConfig { most: 1, wait: Duration::from_mins(1), ..PoolConfig::default() }));
    let held = patient.context(ContextConfig::default()).await.expect("one");
    let waiting = tokio::spawn({
        let patient = Arc::clone(&patient);
        async move { patient.context(ContextConfig::default()).await }
    });
    tokio::task::yield_now().await;
    held.close().await;
    drop(held);
    assert!(waiting.await.expect("no panic").is_ok());
    drop(first);
    assert_eq!(pool.free(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_is_renewed_and_nobody_is_cut_off() {
    let site = Fixtures::start().await.expect("a server");
    let pool = pool(8, 2);
    let (first, second) =
        (pool.context(ContextConfig::default()).await.expect("one"), pool.context(ContextConfig::default()).await.expect("two"));
    let third = pool.context(ContextConfig::default()).await.expect("three");
    let (old, new) = (first.pid().expect("ours"), third.pid().expect("ours"));
    assert_eq!(second.pid(), Some(old));
    assert_ne!(new, old);
    drop(second);
    assert!(open(&first, &site.url("done")).await.is_verified(), "it is still there");
    drop(first);
    wait_until("the old process to end", || group(old).is_empty()).await;
    assert!(open(&third, &site.url("done")).await.is_verified());

    let small = Pool::new(PoolConfig { recycle_above: Some(1), ..PoolConfig::default() });
    let (one, two) =
        (small.context(ContextConfig::default()).await.expect("one"), small.context(ContextConfig::default()).await.expect("two"));
    assert_ne!(one.pid(), two.pid(), "it has more than a byte");
    // A process that died is replaced too.
    let dead = pool.context(ContextConfig::default()).await.expect("one");
    let id = dead.pid().expect("ours");
    let pid = rustix::process::Pid::from_raw(i32::try_from(id).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("killed");
    wait_until("it to be gone", || group(id).is_empty()).await;
    let error = dead.observe(&Context::default()).await;
    assert!(matches!(error, Err(SurfaceError::Gone { .. })), "{error:?}");
    drop((dead, third));
    let next = pool.context(ContextConfig::default()).await.expect("another");
    assert!(open(&next, &site.url("done")).await.is_verified());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_has_its_own_tabs_and_downloads() {
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(BrowserConfig::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let config = ContextConfig { download_dir: Some(folder.path().to_path_buf()), ..ContextConfig::default() };
    let context = browser.context(config).await.expect("a context");
    assert!(open(&context, &site.url("done")).await.is_verified());
    let _ = open(&context, &site.url("file/plain")).await;
    wait_until("the file to be there", || folder.path().join("report.txt").is_file()).await;
    let screen = browser.observe(&Context::default()).await.expect("a screen").render();
    assert!(screen.contains("about:blank") && !screen.contains("Thank you"), "{screen}");
    // Without the browser around it nothing of it is left.
    let id = browser.pid().expect("ours");
    drop(browser);
    wait_until("the process to end", || group(id).is_empty()).await;
    assert!(matches!(context.observe(&Context::default()).await, Err(SurfaceError::Gone { .. })));
}
