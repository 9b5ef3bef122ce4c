//! Receipts: what an action did, and what only happened beside it.

use std::time::{Duration, Instant};

use handiwork_core::action::{Back, Click, Navigate, Press, SwitchTab, Wait};
use handiwork_core::{Change, EffectClass, Reason, Receipt};

use super::{Rig, changes, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticker_is_no_effect() {
    let rig = Rig::at("ticker").await;
    rig.told("poll", 2).await;
    assert_eq!(rig.click("Does nothing").await, Receipt::NoEffect);
    let receipt = rig.click("Works").await;
    assert!(matches!(changes(&receipt), [Change::Lines { .. }]), "{receipt:?}");
    assert!(rig.screen().await.render().contains("It worked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn late_and_silent_effects_are_found() {
    let rig = Rig::at("effects").await;
    for (name, text) in [("Late", "It is late"), ("Load", "Loaded")] {
        let receipt = rig.click(name).await;
        assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Lines { .. })), "{receipt:?}");
        assert!(rig.screen().await.render().contains(text));
    }
    for _ in 0..2 {
        let receipt = rig.click("Silent").await;
        assert!(
            matches!(changes(&receipt), [Change::Network { method, url }] if method == "POST" && url.ends_with("/silent")),
            "{receipt:?}"
        );
    }
    let receipt = rig.click("Hash").await;
    assert!(matches!(changes(&receipt), [Change::Url { to, .. }, ..] if to.ends_with("#there")), "{receipt:?}");
    let r#ref = rig.find("Leave").await;
    let resolved = rig.resolve(Click { r#ref }).await.expect("resolved");
    assert_eq!(resolved.effect, EffectClass::Read);
    let receipt = rig.dispatch(&resolved).await;
    assert!(matches!(changes(&receipt), [Change::Navigated { to, .. }] if to.ends_with("/done")), "{receipt:?}");
    let receipt = rig.act(Back {}).await;
    assert!(matches!(changes(&receipt), [Change::Navigated { to, .. }] if to.ends_with("/effects#there")), "{receipt:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dialogs_are_answered_and_told() {
    let rig = Rig::at("dialogs").await;
    let receipt = rig.click("Alert").await;
    assert!(
        matches!(&changes(&receipt)[0], Change::Dialog { kind, message, answer } if kind == "alert" && message == "Hello" && answer == "OK"),
        "{receipt:?}"
    );
    assert!(rig.click("Soon").await.is_verified());
    // It comes when nothing is being done, and is told once, with the next screen.
    let end = Instant::now() + Duration::from_secs(10);
    let note = loop {
        if let Some(note) = rig.screen().await.notes.pop() {
            break note;
        }
        assert!(Instant::now() < end, "the dialog was not told");
    };
    assert!(note.contains("By itself") && note.contains("OK"), "{note}");
    assert!(rig.screen().await.notes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_open_close_and_switch() {
    let rig = Rig::at("tabs").await;
    let receipt = rig.click("Open another").await;
    assert!(matches!(&changes(&receipt)[0], Change::TabOpened { number: 2, url } if url.ends_with("/done")), "{receipt:?}");
    let screen = rig.screen().await;
    assert_eq!((screen.title.as_str(), screen.tabs.len()), ("done", 2));
    assert_eq!(changes(&rig.act(SwitchTab { tab: 1 }).await), [Change::TabSwitched { number: 1 }]);
    assert_eq!(rig.screen().await.title, "tabs");
    assert_eq!(refusal(&rig.act(SwitchTab { tab: 7 }).await), &Reason::NoSuchTab { open: vec![1, 2] });
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_where_they_are_meant() {
    let rig = Rig::at("keys").await;
    let free = rig.find("Free").await;
    let receipt = rig.act(Press { keys: "Control+Shift+k".to_owned(), r#ref: Some(free) }).await;
    assert!(receipt.is_verified(), "{receipt:?}");
    assert!(rig.screen().await.render().contains("Control+Shift+"), "{}", rig.screen().await.render());
    let query = rig.find("Query").await;
    let resolved = rig.resolve(Press { keys: "Enter".to_owned(), r#ref: Some(query) }).await.expect("resolved");
    assert_eq!(resolved.effect, EffectClass::Read);
    assert!(resolved.target.as_ref().and_then(|target| target.form.as_ref()).is_some_and(|form| form.submits));
    let receipt = rig.dispatch(&resolved).await;
    assert!(matches!(changes(&receipt), [Change::Navigated { to, .. }] if to.ends_with("/done?q=old")), "{receipt:?}");
    assert!(matches!(refusal(&rig.key("Hyper+q").await), Reason::BadArguments { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_fail_are_told_with_a_hint() {
    let rig = Rig::new().await;
    assert_eq!(refusal(&rig.act(Back {}).await), &Reason::NoHistory);
    let receipt = rig.act(Navigate { url: "http://127.0.0.1:9/".to_owned() }).await;
    assert!(matches!(refusal(&receipt), Reason::NavigationFailed { error, .. } if error.contains("ERR_")), "{receipt:?}");
    let receipt = rig.act(Navigate { url: "javascript:alert(1)".to_owned() }).await;
    assert!(matches!(refusal(&receipt), Reason::BadArguments { .. }), "{receipt:?}");
    rig.open("nowhere").await;
    assert!(rig.screen().await.render().contains("Not here"));
    let cx = rig.cx.clone().within(std::time::Duration::from_millis(900));
    let resolved = rig.resolve(Wait { text: Some("never".to_owned()), gone: None, url: None, idle: None }).await.expect("resolved");
    let receipt = handiwork_core::Surface::dispatch(&rig.browser, &cx, &resolved).await.expect("a receipt");
    assert!(matches!(refusal(&receipt), Reason::TimedOut { .. }), "{receipt:?}");
}
