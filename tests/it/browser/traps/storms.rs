//! Dialogs and windows without end.

use handiwork_core::{Change, Receipt};

use super::super::{Rig, changes};

fn is_storm(change: &Change) -> bool {
    matches!(change, Change::Told { text } if text.contains("dialogs without end"))
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_in_a_loop_are_stopped_and_told() {
    for name in ["Thousand", "Endless"] {
        let rig = Rig::at("storm").await;
        let receipt = rig.click(name).await;
        assert!(changes(&receipt).iter().any(is_storm), "{receipt:?}");
        assert!(changes(&receipt).len() < 20, "{receipt:?}");
        assert_eq!(rig.site.count("through"), 0);
        // The page lives.
        assert!(rig.click("Alive").await.is_verified());
        assert!(rig.screen().await.render().contains("\"alive\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_by_a_timer_leave_the_page_usable() {
    let rig = Rig::at("storm").await;
    assert!(rig.click("Timer").await.is_verified());
    let screen = rig.screen().await;
    assert!(screen.notes.len() < 10, "{:?}", screen.notes);
    assert!(rig.click("Alive").await.is_verified());
    assert!(rig.screen().await.render().contains("\"alive\""));
    rig.open("done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_without_end_are_told() {
    let rig = Rig::at("loops").await;
    let receipt = rig.click("Popups").await;
    let Receipt::Verified { changes } = &receipt else { panic!("{receipt:?}") };
    assert!(changes.iter().any(|change| matches!(change, Change::TabOpened { .. })) && changes.len() < 30, "{receipt:?}");
    assert!(rig.screen().await.tabs.len() < 60);
}
