//! What changes by itself is nobody's effect; what an action did is found beside it.

use handiwork_core::{Change, Receipt};

use super::super::{Rig, changes};

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_button_beside_everything_that_moves() {
    let rig = Rig::at("beside").await;
    rig.told("beaten", 1).await;
    for _ in 0..3 {
        assert_eq!(rig.click("Dead").await, Receipt::NoEffect);
    }
    let receipt = rig.click("Late").await;
    assert!(matches!(changes(&receipt), [Change::Lines { .. }]), "{receipt:?}");
    let text = rig.screen().await.render();
    assert!(text.contains("It came late"), "{text}");
    let receipt = rig.click("Send only").await;
    assert!(
        matches!(changes(&receipt), [Change::Network { method, url }] if method == "POST" && url.ends_with("/tell/sent")),
        "{receipt:?}"
    );
    assert_eq!(rig.site.count("sent"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_wrong_is_told_and_is_no_effect() {
    let rig = Rig::at("troubles").await;
    let receipt = rig.click("Throw").await;
    let complained = |change: &Change| matches!(change, Change::ConsoleError { text } if text.contains("out of paper"));
    assert!(changes(&receipt).iter().any(complained), "{receipt:?}");
    assert_eq!(rig.click("Only throw").await, Receipt::NoEffect);
    let notes = rig.screen().await.notes;
    assert!(notes.iter().any(|note| note.contains("out of ink")), "{notes:?}");
    assert!(rig.screen().await.notes.is_empty());
    let receipt = rig.click("Ask").await;
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::HttpError { status: 403, .. })), "{receipt:?}");
    assert!(rig.screen().await.render().contains("Got 403"));
    let receipt = rig.click("Broken").await;
    assert!(
        matches!(changes(&receipt), [Change::Navigated { .. }, Change::HttpError { status: 500, url }] if url.ends_with("/trap/broken")),
        "{receipt:?}"
    );
    assert!(rig.screen().await.render().contains("It broke"));
}
