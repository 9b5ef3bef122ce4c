//! The cases in which hands are known to lie, side by side; the truth is what the page told its server.

use handiwork_core::action::Click;
use handiwork_core::{Change, Reason, Receipt};

use super::{Rig, changes, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn a_covered_button_names_its_cover_and_is_not_clicked_through() {
    let rig = Rig::at("changing").await;
    let r#ref = rig.find("Archive").await;
    // The cover comes after the model has decided.
    let resolved = rig.resolve(Click { r#ref }).await.expect("resolved");
    assert!(rig.key("c").await.is_verified());
    for receipt in [rig.dispatch(&resolved).await, rig.act(Click { r#ref }).await] {
        assert_eq!(refusal(&receipt), &Reason::Covered { by: "dialog \"Cookies\"".to_owned() });
    }
    assert_eq!(rig.site.count("archive"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_has_become_delete_is_never_clicked() {
    let rig = Rig::at("changing").await;
    let r#ref = rig.find("Archive").await;
    let resolved = rig.resolve(Click { r#ref }).await.expect("resolved");
    assert!(rig.key("d").await.is_verified());
    for receipt in [rig.dispatch(&resolved).await, rig.act(Click { r#ref }).await] {
        assert!(
            matches!(refusal(&receipt), Reason::Changed { was, now } if was.contains("Archive") && now.contains("Delete")),
            "{receipt:?}"
        );
    }
    assert_eq!((rig.site.count("delete"), rig.site.count("archive")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_element_made_anew_is_stale_and_its_successor_works() {
    let rig = Rig::at("changing").await;
    let r#ref = rig.find("Archive").await;
    assert!(rig.key("r").await.is_verified());
    assert_eq!(refusal(&rig.act(Click { r#ref }).await), &Reason::Stale { r#ref });
    assert_eq!(rig.site.count("archive"), 0);
    assert!(rig.click("Archive").await.is_verified());
    rig.told("archive", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_dead_late_and_silent() {
    let rig = Rig::at("changing").await;
    let r#ref = rig.find("Archive").await;
    assert!(rig.key("x").await.is_verified());
    assert_eq!(refusal(&rig.act(Click { r#ref }).await), &Reason::Disabled);
    assert_eq!(rig.site.count("archive"), 0);
    rig.open("ticker").await;
    rig.told("poll", 2).await;
    assert_eq!(rig.click("Does nothing").await, Receipt::NoEffect);
    rig.open("effects").await;
    let late = rig.click("Late").await;
    assert!(changes(&late).iter().any(|change| matches!(change, Change::Lines { .. })), "{late:?}");
    assert!(rig.screen().await.render().contains("It is late"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_alert_says_is_told_and_confirm_asks() {
    let rig = Rig::at("dialogs").await;
    let receipt = rig.click("Alert").await;
    assert!(matches!(&changes(&receipt)[0], Change::Dialog { message, .. } if message == "Hello"), "{receipt:?}");
    assert!(receipt.to_string().contains("Hello"));
    let receipt = rig.click("Confirm").await;
    assert!(matches!(changes(&receipt), [Change::DialogOpened { message, .. }] if message == "Sure?"), "{receipt:?}");
    assert!(rig.click("OK").await.is_verified());
    assert!(rig.screen().await.render().contains("\"yes\""));
}
