//! What a screen shows, leaves out and announces.

use handiwork_core::action::{Direction, Scroll};
use handiwork_core::{Change, Verb};

use super::{Rig, changes, find};

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_browser_can_be_looked_at() {
    let rig = Rig::new().await;
    assert_eq!(rig.screen().await.render(), "about:blank\n  (nothing visible)\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_page_gives_the_same_bytes() {
    let first = Rig::at("mixed").await;
    let once = first.screen().await.render();
    assert_eq!(once, first.screen().await.render());
    let second = Rig::on(first.site, handiwork_tools::browser::BrowserConfig::default(), handiwork_core::Secrets::default()).await;
    second.open("mixed").await;
    assert_eq!(once, second.screen().await.render());
}

#[tokio::test(flavor = "multi_thread")]
async fn structure_is_told_where_it_helps() {
    let rig = Rig::at("mixed").await;
    let screen = rig.screen().await;
    let (_, text) = screen.render().split_once('\n').map(|(head, rest)| (head.to_owned(), rest.to_owned())).expect("lines");
    insta::assert_snapshot!(text);
    for (name, what) in [("Framed", "framed"), ("Shadow button", "shadow"), ("Click area", "div")] {
        let receipt = rig.click(name).await;
        assert!(receipt.is_verified(), "{name}: {receipt:?}");
        rig.told(what, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_cannot_see_is_not_there() {
    let rig = Rig::at("hidden").await;
    let text = rig.screen().await.render();
    assert!(!text.contains("gone"), "{text}");
    for seen in ["Seen", "Cover", "Last", "covered by"] {
        assert!(text.contains(seen), "{seen} is missing in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_view_is_announced_and_reached() {
    let rig = Rig::at("long").await;
    let screen = rig.screen().await;
    let text = screen.render();
    assert!(text.contains("more elements below: scroll down"), "{text}");
    assert!(text.contains("\"Row 0\"") && !text.contains("\"Row 59\""), "{text}");
    let receipt = rig.act(Scroll { direction: Direction::Bottom, r#ref: None }).await;
    assert!(matches!(changes(&receipt), [Change::Scrolled { y, .. }] if *y > 0.0), "{receipt:?}");
    let screen = rig.screen().await;
    let text = screen.render();
    assert!(text.contains("above: scroll up") && text.contains("\"Row 59\""), "{text}");
    let region = find(&screen, "Box");
    assert_eq!(screen.accepting(Verb::Scroll), vec![region]);
    assert!(text.contains("\"Box\" (1 more below)") && !text.contains("Box end"), "{text}");
    let receipt = rig.act(Scroll { direction: Direction::Bottom, r#ref: Some(region) }).await;
    assert!(receipt.is_verified(), "{receipt:?}");
    find(&rig.screen().await, "Box end");
    let again = rig.act(Scroll { direction: Direction::Bottom, r#ref: Some(region) }).await;
    assert_eq!(again, handiwork_core::Receipt::NoEffect);
}
