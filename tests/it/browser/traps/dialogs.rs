//! Dialogs that ask: the model answers them, and nothing else of their page is touched until then.

use std::time::Instant;

use handiwork_core::action::{Click, CloseTab, Fill, Navigate, OpenTab, SwitchTab, Wait};
use handiwork_core::{Change, EffectClass, Reason, Receipt, Secrets, Surface};
use handiwork_tools::browser::{BrowserConfig, DialogAnswer, DialogPolicy};

use super::super::{Rig, changes, find, refusal, wait_until};

fn opened(kind: &str, message: &str) -> Change {
    Change::DialogOpened { kind: kind.to_owned(), message: message.to_owned() }
}

fn open(kind: &str, message: &str) -> Reason {
    Reason::DialogOpen { kind: kind.to_owned(), message: message.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn confirm_asks_and_does_what_is_answered() {
    let rig = Rig::at("asking").await;
    let began = Instant::now();
    assert_eq!(changes(&rig.click("Clean up").await), [opened("confirm", "Delete everything?")]);
    let screen = rig.screen().await;
    let lines: Vec<&str> = screen.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(lines, ["Delete everything?", "OK", "Cancel"], "{}", screen.render());
    assert!(screen.render().contains("dialog \"Delete everything?\" (confirm)"), "{}", screen.render());
    assert!(rig.browser.screenshot(&rig.cx).await.expect("no error").is_none());
    // Neither answer was given by itself.
    assert_eq!((rig.site.count("deleted"), rig.site.count("kept")), (0, 0));
    assert!(began.elapsed() < rig_deadline(), "{:?}", began.elapsed());

    let no = find(&screen, "Cancel");
    let receipt = rig.act(Click { r#ref: no }).await;
    assert!(matches!(&changes(&receipt)[0], Change::Dialog { answer, .. } if answer == "Cancel"), "{receipt:?}");
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Lines { .. })), "{receipt:?}");
    rig.told("kept", 1).await;
    assert_eq!(refusal(&rig.act(Click { r#ref: no }).await), &Reason::Stale { r#ref: no });

    // The next one is another dialog; it is as grave as what it says.
    assert!(rig.click("Clean up").await.is_verified());
    let yes = rig.find("OK").await;
    let resolved = rig.resolve(Click { r#ref: yes }).await.expect("resolved");
    assert_eq!(resolved.effect, EffectClass::Irreversible);
    assert!(rig.dispatch(&resolved).await.is_verified());
    rig.told("deleted", 1).await;
    assert!(rig.screen().await.render().contains("\"deleted\""));
    assert_eq!(rig.site.count("kept"), 1);

    assert!(rig.click("Proceed").await.is_verified());
    let resolved = rig.resolve(Click { r#ref: rig.find("OK").await }).await.expect("resolved");
    assert_eq!(resolved.effect, EffectClass::Write);
    assert!(rig.dispatch(&resolved).await.is_verified());
    assert!(rig.screen().await.render().contains("page 2"));
}

fn rig_deadline() -> std::time::Duration {
    BrowserConfig::default().deadline
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_takes_a_text() {
    let rig = Rig::at("asking").await;
    assert_eq!(changes(&rig.click("Rename").await), [opened("prompt", "New name?")]);
    let screen = rig.screen().await;
    let field = find(&screen, "Answer");
    assert_eq!(screen.get(field).and_then(|node| node.value.clone()).as_deref(), Some("Old"));
    let filled = rig.act(Fill { r#ref: field, text: "New".to_owned() }).await;
    assert_eq!(filled, Receipt::Verified { changes: vec![Change::Value { r#ref: field, from: "Old".to_owned(), to: "New".to_owned() }] });
    let screen = rig.screen().await;
    assert_eq!(find(&screen, "Answer"), field);
    assert!(screen.render().contains("\"New\""), "{}", screen.render());
    assert!(matches!(refusal(&rig.fill("OK", "x").await), Reason::NotEditable { .. }));
    assert!(rig.click("OK").await.is_verified());
    assert!(rig.screen().await.render().contains("Named New"));

    assert!(rig.click("Rename").await.is_verified());
    assert!(rig.click("Cancel").await.is_verified());
    assert!(rig.screen().await.render().contains("Named null"));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_in_that_page_waits_for_the_answer() {
    let rig = Rig::at("asking").await;
    let (other, proceed) = (rig.find("Rename").await, rig.find("Proceed").await);
    let before = rig.resolve(Click { r#ref: other }).await.expect("resolved");
    assert!(rig.act(Click { r#ref: proceed }).await.is_verified());
    let wanted = open("confirm", "Go on?");
    // Decided on before, and asked for now.
    assert_eq!(refusal(&rig.dispatch(&before).await), &wanted);
    assert_eq!(refusal(&rig.act(Click { r#ref: other }).await), &wanted);
    assert_eq!(refusal(&rig.key("Escape").await), &wanted);
    assert_eq!(refusal(&rig.act(Navigate { url: rig.site.url("done") }).await), &wanted);
    assert_eq!(refusal(&rig.act(Wait { text: Some("x".to_owned()), gone: None, url: None, idle: None }).await), &wanted);
    assert!(wanted.to_string().contains("buttons on the screen"));
    // Another tab works meanwhile, and says where the answer belongs.
    let ok = rig.find("OK").await;
    assert!(rig.act(OpenTab { url: rig.site.other_url("done") }).await.is_verified());
    assert!(rig.screen().await.render().contains("Thank you"));
    assert!(
        matches!(refusal(&rig.act(Click { r#ref: ok }).await), Reason::BadArguments { problem } if problem.contains("switch_tab to 1"))
    );
    assert!(rig.act(SwitchTab { tab: 1 }).await.is_verified());
    assert!(rig.act(Click { r#ref: ok }).await.is_verified());
    assert!(rig.screen().await.render().contains("page 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_dialog_after_another() {
    let rig = Rig::at("asking").await;
    assert_eq!(changes(&rig.click("Both").await), [opened("confirm", "First?")]);
    let first = rig.find("OK").await;
    let receipt = rig.act(Click { r#ref: first }).await;
    assert!(changes(&receipt).contains(&opened("confirm", "Second?")), "{receipt:?}");
    // The button of the first is not that of the second.
    assert_eq!(refusal(&rig.act(Click { r#ref: first }).await), &Reason::Stale { r#ref: first });
    assert_eq!(rig.site.count("both"), 0);
    assert!(rig.click("OK").await.is_verified());
    rig.told("both", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_comes_by_itself_is_on_the_next_screen() {
    let rig = Rig::at("asking").await;
    assert!(rig.click("Later").await.is_verified());
    let end = Instant::now() + rig_deadline();
    while !rig.screen().await.render().contains("By itself?") {
        assert!(Instant::now() < end, "the dialog was not shown");
    }
    assert!(rig.click("OK").await.is_verified());
    assert!(rig.screen().await.render().contains("asked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_to_stay() {
    let rig = Rig::at("unsaved").await;
    assert!(rig.fill("Text", "draft").await.is_verified());
    let receipt = rig.click("Leave").await;
    assert!(matches!(changes(&receipt), [Change::DialogOpened { kind, .. }] if kind == "beforeunload"), "{receipt:?}");
    assert!(rig.click("Stay").await.is_verified());
    assert!(rig.screen().await.url.ends_with("/unsaved"));
    let receipt = rig.act(Navigate { url: rig.site.url("done") }).await;
    assert!(matches!(changes(&receipt), [Change::DialogOpened { kind, .. }] if kind == "beforeunload"), "{receipt:?}");
    let receipt = rig.click("Leave").await;
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Navigated { to, .. } if to.ends_with("/done"))), "{receipt:?}");
    assert!(rig.screen().await.render().contains("Thank you"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_and_a_browser_with_an_open_dialog_close() {
    let rig = Rig::at("asking").await;
    assert!(rig.act(OpenTab { url: rig.site.url("asking") }).await.is_verified());
    assert!(rig.click("Proceed").await.is_verified());
    assert!(rig.act(CloseTab { tab: 2 }).await.is_verified());
    assert!(rig.screen().await.render().contains("Asking"));
    assert!(rig.click("Proceed").await.is_verified());
    let id = rig.browser.pid().expect("ours");
    rig.browser.close().await;
    wait_until("the browser to end", || super::super::group(id).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fixed_answers_are_given_at_once_and_told() {
    let dialogs = DialogPolicy {
        confirm: DialogAnswer::Accept,
        prompt: DialogAnswer::Accept,
        prompt_text: Some("Fixed".to_owned()),
        beforeunload: DialogAnswer::Accept,
    };
    let rig = Rig::with(BrowserConfig { dialogs, ..BrowserConfig::default() }, Secrets::default()).await;
    rig.open("asking").await;
    let receipt = rig.click("Proceed").await;
    assert!(matches!(&changes(&receipt)[0], Change::Dialog { answer, .. } if answer == "OK"), "{receipt:?}");
    assert!(rig.click("Rename").await.is_verified());
    assert!(rig.screen().await.render().contains("Named Fixed"));
    rig.open("unsaved").await;
    assert!(rig.fill("Text", "draft").await.is_verified());
    let receipt = rig.click("Leave").await;
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Navigated { .. })), "{receipt:?}");

    let dialogs = DialogPolicy { confirm: DialogAnswer::Dismiss, ..DialogPolicy::default() };
    let rig = Rig::with(BrowserConfig { dialogs, ..BrowserConfig::default() }, Secrets::default()).await;
    rig.open("asking").await;
    assert!(rig.click("Clean up").await.is_verified());
    rig.told("kept", 1).await;
    assert_eq!(rig.site.count("deleted"), 0);
}
