//! Servers that answer badly, late, never, or not at all; and pages that crash.

use std::time::Duration;

use handiwork_core::action::{Back, Click, Navigate, Reload};
use handiwork_core::{Change, Reason, Receipt, Secrets};
use handiwork_tools::browser::BrowserConfig;
use rustix::process::{Pid, Signal, kill_process};

use super::super::{Rig, changes, group, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_server_are_shown_and_told() {
    let rig = Rig::at("done").await;
    let broken = rig.act(Navigate { url: rig.site.url("trap/broken") }).await;
    assert!(matches!(changes(&broken), [Change::Navigated { .. }, Change::HttpError { status: 500, .. }]), "{broken:?}");
    assert!(rig.screen().await.render().contains("It broke"));
    let again = rig.act(Reload {}).await;
    assert!(changes(&again).iter().any(|change| matches!(change, Change::HttpError { status: 500, .. })), "{again:?}");
    assert!(rig.act(Back {}).await.is_verified());
    assert!(rig.screen().await.render().contains("Thank you"));
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_show_nothing_fail_with_a_reason() {
    let rig = Rig::at("done").await;
    for (path, word) in [("trap/circle", "circle"), ("trap/nothing", "nothing to show")] {
        let receipt = rig.act(Navigate { url: rig.site.url(path) }).await;
        assert!(matches!(refusal(&receipt), Reason::NavigationFailed { error, .. } if error.contains(word)), "{path}: {receipt:?}");
    }
    let receipt = rig.act(Navigate { url: "http://nowhere.invalid/".to_owned() }).await;
    assert!(matches!(refusal(&receipt), Reason::NavigationFailed { error, .. } if error.contains("ERR_")), "{receipt:?}");
    rig.open("done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_late_or_never_end() {
    let rig = Rig::new().await;
    rig.open("slow/2500").await;
    assert!(rig.screen().await.render().contains("late"));
    let receipt = rig.act(Navigate { url: rig.site.url("trap/endless") }).await;
    assert!(receipt.is_verified(), "{receipt:?}");
    assert!(rig.screen().await.render().contains("Log"));
    rig.open("done").await;
    let config = BrowserConfig { deadline: Duration::from_secs(3), ..BrowserConfig::default() };
    let rig = Rig::with(config, Secrets::default()).await;
    let receipt = rig.act(Navigate { url: rig.site.url("slow/9000") }).await;
    assert!(matches!(receipt, Receipt::Unknown { .. }), "{receipt:?}");
    rig.open("done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_crashed_says_so_and_can_be_left() {
    for reload in [false, true] {
        let rig = Rig::at("effects").await;
        let r#ref = rig.find("Late").await;
        for pid in group(rig.browser.pid().expect("ours")) {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&line).contains("--type=renderer") {
                let pid = Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
                // One may have ended by itself.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let end = tokio::time::Instant::now() + Duration::from_secs(10);
        while !rig.screen().await.notes.iter().any(|note| note.contains("crashed")) {
            assert!(tokio::time::Instant::now() < end, "the crash was not told");
            tick.tick().await;
        }
        assert_eq!(refusal(&rig.act(Click { r#ref }).await), &Reason::Crashed);
        let receipt = if reload { rig.act(Reload {}).await } else { rig.act(Navigate { url: rig.site.url("effects") }).await };
        assert!(receipt.is_verified(), "{receipt:?}");
        assert!(rig.click("Hash").await.is_verified());
    }
}
