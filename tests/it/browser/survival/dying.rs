//! Killed and stopped browsers: at rest, while it is looked at, in the middle of a slow action.

use std::time::{Duration, Instant};

use handiwork_core::SurfaceError;
use handiwork_test_support::fixtures::Fixtures;
use rustix::process::{Pid, Signal, kill_process};

use super::*;

/// A stopped browser is seen by the kernel's word after two seconds. What takes as long as this hangs: it is no measure of speed.
const SEEN: Duration = Duration::from_secs(25);

fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    kill_process(pid, signal).expect("signalled");
}

#[derive(Debug, Clone, Copy)]
enum When {
    AtRest,
    Looking,
    Acting,
}

/// What comes of a signal to the main process, and how the run would go on.
async fn survives(with: Signal, when: When) {
    let cx = Context::default();
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(BrowserConfig::default()).await;
    open(&browser, &site.url("keep/set/mine")).await;
    open(&browser, &site.url("twins")).await;
    let seen = screen(&browser).await;
    let alone = find(&seen, "Alone");
    let from = checkpoint(&browser).await;
    let id = browser.pid().expect("ours");
    assert!(group(id).len() > 1);
    let began = Instant::now();
    let error = match when {
        When::AtRest => {
            signal(id, with);
            browser.observe(&cx).await.expect_err("it is gone")
        }
        When::Looking => {
            // The signal comes while the browser is asked.
            let looking = async {
                loop {
                    if let Err(error) = browser.observe(&cx).await {
                        return error;
                    }
                }
            };
            let hit = async { signal(id, with) };
            tokio::join!(looking, hit).0
        }
        When::Acting => {
            let slow =
                browser.resolve(&cx, &handiwork_core::action::Navigate { url: site.url("slow/9000") }.into()).await.expect("resolved");
            let before = began;
            let acting = browser.dispatch(&cx, &slow);
            let hit = async {
                let mut tick = tokio::time::interval(Duration::from_millis(20));
                while before.elapsed() < Duration::from_millis(300) {
                    tick.tick().await;
                }
                signal(id, with);
            };
            tokio::join!(acting, hit).0.expect_err("it is gone")
        }
    };
    assert!(matches!(error, SurfaceError::Gone { .. }), "{with:?} {when:?}: {error}");
    assert!(began.elapsed() < SEEN, "{with:?} {when:?}: {:?}", began.elapsed());
    assert!(with != Signal::STOP || error.to_string().contains("SIGSTOP"), "{error}");
    assert!(matches!(browser.observe(&cx).await, Err(SurfaceError::Gone { .. })));

    let restored = restore(&browser, &from, &seen, next_ref(&seen)).await;
    assert!(group(id).is_empty(), "{with:?} {when:?}: some of it is left");
    assert_ne!(browser.pid(), Some(id));
    assert!(restored.kept.contains(&alone) && restored.lost.is_empty(), "{restored:?}");
    assert!(act(&browser, Click { r#ref: alone }).await.is_verified());
    assert_eq!(site.count("alone"), 1);
    // Of its own browser it knows what was stored, without a key too.
    open(&browser, &site.url("keep/show")).await;
    wait_until("what is stored to be told", || site.count("stored") == 1).await;
    let told = site.told();
    let told = told.iter().find(|told| told.what == "cookies").expect("cookies");
    assert_eq!(told.field("sid"), Some("mine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_rest_while_looking_and_while_acting() {
    for when in [When::AtRest, When::Looking, When::Acting] {
        survives(Signal::KILL, when).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_at_rest_while_looking_and_while_acting() {
    for when in [When::AtRest, When::Looking, When::Acting] {
        survives(Signal::STOP, when).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_helper_is_a_page_that_crashed_and_no_more() {
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(BrowserConfig::default()).await;
    open(&browser, &site.url("twins")).await;
    let id = browser.pid().expect("ours");
    let renderers: Vec<u32> = processes_with("--type=renderer").into_iter().filter(|pid| group(id).contains(pid)).collect();
    assert!(!renderers.is_empty());
    for pid in renderers {
        signal(pid, Signal::STOP);
    }
    let began = Instant::now();
    let cx = Context::default();
    let mut seen = browser.observe(&cx).await;
    while began.elapsed() < SEEN && !seen.as_ref().is_ok_and(|screen| screen.render().contains("crashed")) {
        seen = browser.observe(&cx).await;
    }
    let seen = seen.expect("a screen");
    assert!(seen.render().contains("crashed"), "{}", seen.render());
    assert_eq!(browser.pid(), Some(id));
    open(&browser, &site.url("twins")).await;
    assert!(click(&browser, "Alone").await.is_verified());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_stopped_for_a_moment_goes_on() {
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(BrowserConfig::default()).await;
    open(&browser, &site.url("twins")).await;
    let id = browser.pid().expect("ours");
    signal(id, Signal::STOP);
    let go_on = async {
        let began = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        while began.elapsed() < Duration::from_secs(1) {
            tick.tick().await;
        }
        signal(id, Signal::CONT);
    };
    let cx = Context::default();
    let (seen, ()) = tokio::join!(browser.observe(&cx), go_on);
    assert!(seen.expect("a screen").render().contains("Twins"));
    assert_eq!(browser.pid(), Some(id));
}
