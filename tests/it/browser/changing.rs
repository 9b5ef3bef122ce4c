//! Pages that change between the look and the hand.

use handiwork_core::action::Click;
use handiwork_core::{Reason, Ref};

use super::{Rig, refusal};

async fn at_archive() -> (Rig, Ref) {
    let rig = Rig::at("changing").await;
    let r#ref = rig.find("Archive").await;
    (rig, r#ref)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_recycled_into_delete_is_not_clicked() {
    let (rig, r#ref) = at_archive().await;
    let resolved = rig.resolve(Click { r#ref }).await.expect("resolved");
    assert!(rig.key("d").await.is_verified());
    // Decided on before it changed, and asked for afterwards: neither goes through.
    assert!(
        matches!(refusal(&rig.dispatch(&resolved).await), Reason::Changed { was, now } if was.contains("Archive") && now.contains("Delete"))
    );
    assert!(matches!(refusal(&rig.act(Click { r#ref }).await), Reason::Changed { .. }));
    assert_eq!((rig.site.count("delete"), rig.site.count("archive")), (0, 0));
    // Shown as what it is now, the same ref works.
    assert_eq!(rig.find("Delete").await, r#ref);
    assert!(rig.act(Click { r#ref }).await.is_verified());
    rig.told("delete", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_made_anew_has_another_ref() {
    let (rig, r#ref) = at_archive().await;
    assert!(rig.key("r").await.is_verified());
    assert_eq!(refusal(&rig.act(Click { r#ref }).await), &Reason::Stale { r#ref });
    let anew = rig.find("Archive").await;
    assert_ne!(anew, r#ref);
    assert!(rig.act(Click { r#ref: anew }).await.is_verified());
    rig.told("archive", 1).await;
    // Another document has no element of this one.
    rig.open("changing").await;
    assert_eq!(refusal(&rig.act(Click { r#ref: anew }).await), &Reason::Stale { r#ref: anew });
    assert!(rig.find("Archive").await > anew);
    let unknown = Ref(9999);
    assert_eq!(refusal(&rig.act(Click { r#ref: unknown }).await), &Reason::UnknownRef { r#ref: unknown });
}

#[tokio::test(flavor = "multi_thread")]
async fn covered_disabled_and_hidden_are_told() {
    let (rig, r#ref) = at_archive().await;
    let resolved = rig.resolve(Click { r#ref }).await.expect("resolved");
    assert!(rig.key("c").await.is_verified());
    assert_eq!(refusal(&rig.dispatch(&resolved).await), &Reason::Covered { by: "dialog \"Cookies\"".to_owned() });
    assert!(matches!(refusal(&rig.act(Click { r#ref }).await), Reason::Covered { .. }));
    assert!(!rig.screen().await.render().contains("Archive"));

    for (key, reason) in [("x", Reason::Disabled), ("h", Reason::Hidden)] {
        rig.open("changing").await;
        let r#ref = rig.find("Archive").await;
        assert!(rig.key(key).await.is_verified());
        assert_eq!(refusal(&rig.act(Click { r#ref }).await), &reason);
    }
    assert_eq!(rig.site.count("archive"), 0);
}
