//! Pages that never come to rest, grow without end, or hold on to the hand.

use std::time::Duration;

use handiwork_core::action::Scroll;
use handiwork_core::{Change, Receipt, Secrets};
use handiwork_tools::browser::BrowserConfig;

use super::super::{Rig, changes};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_holds_on() {
    let rig = Rig::at("loops").await;
    assert_eq!(rig.click("Print").await, Receipt::NoEffect);
    assert_eq!(rig.click("Promise").await, Receipt::NoEffect);
    assert!(rig.click("Full").await.is_verified());
    assert!(rig.click("Lock").await.is_verified());
    // It still can be used.
    let receipt = rig.click("Again").await;
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Navigated { .. })), "{receipt:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_or_a_document_that_always_changes() {
    let rig = Rig::at("loops").await;
    let receipt = rig.click("Push").await;
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Url { .. })), "{receipt:?}");
    assert!(rig.screen().await.render().contains("Loops"));
    rig.open("loops").await;
    let receipt = rig.click("Write").await;
    assert!(receipt.is_verified(), "{receipt:?}");
    assert!(rig.screen().await.render().contains("Written"));
    rig.open("done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_grows_as_it_is_scrolled() {
    let rig = Rig::at("feed").await;
    for _ in 0..5 {
        let receipt = rig.act(Scroll { r#ref: None, direction: handiwork_core::action::Direction::Down }).await;
        assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Scrolled { .. })), "{receipt:?}");
    }
    assert!(rig.screen().await.nodes.len() < 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_lines() {
    let config = BrowserConfig { deadline: Duration::from_mins(2), ..BrowserConfig::default() };
    let rig = Rig::with(config, Secrets::default()).await;
    rig.open("huge").await;
    let screen = rig.screen().await;
    assert!(screen.nodes.len() < 500, "{}", screen.nodes.len());
    assert!(rig.click("First").await.is_verified());
    rig.told("huge", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_hangs_takes_nothing_with_it() {
    let rig = Rig::at("stuck-frame").await;
    rig.told("stuck", 1).await;
    assert!(rig.screen().await.render().contains("Outside"));
    assert!(rig.click("Works").await.is_verified());
    rig.told("outside", 1).await;
    rig.open("done").await;
}
