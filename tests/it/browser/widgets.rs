//! Compound widgets, each used as one action. What counts is what the page told its server, and what the widget holds then.

use handiwork_core::action::{Fill, Select};
use handiwork_core::{Change, EffectClass, Reason, Receipt};

use super::{Rig, changes, refusal};

/// The receipt says that `option` is chosen, and the server was told so.
async fn chooses(rig: &Rig, name: &str, option: &str, what: &str) {
    let receipt = rig.select(name, option).await;
    let told =
        changes(&receipt).iter().any(|change| matches!(change, Change::Selected { option: now, .. } if now.eq_ignore_ascii_case(option)));
    assert!(told, "{name}: {receipt:?}");
    rig.told(what, 1).await;
}

/// The receipt says that it holds `value` now, and the server was told so.
async fn holds(rig: &Rig, name: &str, text: &str, value: &str, what: &str) {
    let receipt = rig.fill(name, text).await;
    let told = changes(&receipt).iter().any(|change| matches!(change, Change::Value { to, .. } if to == value));
    assert!(told, "{name}: {receipt:?}");
    rig.told(what, 1).await;
}

async fn value_of(rig: &Rig, name: &str) -> String {
    let screen = rig.screen().await;
    let node = screen.nodes.iter().find(|node| node.r#ref.is_some() && node.name == name);
    node.and_then(|node| node.value.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_option_of_every_kind_of_list_is_chosen() {
    let rig = Rig::at("lists").await;
    chooses(&rig, "Fruit", "blood orange", "fruit-Blood-orange").await;
    chooses(&rig, "City", "Bergen", "city-Bergen").await;
    chooses(&rig, "Plain suggest", "alphabet", "tag-alphabet").await;
    chooses(&rig, "Small", "Huge", "size-Huge").await;
    chooses(&rig, "Colours", "Green", "colour-Green").await;
    // Far down a list of which only what is in view is drawn.
    chooses(&rig, "Number", "Number 77", "Number-77").await;
    let receipt = rig.select("Browser", "chromium").await;
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Value { to, .. } if to == "Chromium")), "{receipt:?}");
    assert_eq!((value_of(&rig, "City").await.as_str(), value_of(&rig, "Plain suggest").await.as_str()), ("Bergen", "alphabet"));
    // What is chosen already is not clicked away again.
    assert_eq!(rig.select("Colours", "Green").await, Receipt::Verified { changes: Vec::new() });
    assert_eq!(rig.site.count("colour-Green"), 1);
    // A field that is no text field takes an option by fill too.
    assert!(rig.fill("Fruit", "Apple").await.is_verified());
    rig.told("fruit-Apple", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_list_does_not_offer_is_told_and_the_widget_left_as_it_was() {
    let rig = Rig::at("lists").await;
    let receipt = rig.select("Fruit", "Durian").await;
    assert_eq!(refusal(&receipt), &Reason::NoSuchOption { options: ["Apple", "Blood orange", "Cherry"].map(str::to_owned).to_vec() });
    assert_eq!(refusal(&rig.select("Fruit", "Cherry").await), &Reason::Disabled);
    assert!(!rig.screen().await.render().contains("Blood orange"), "the list is closed again");
    assert!(matches!(refusal(&rig.select("Small", "Giant").await), Reason::NoSuchOption { options } if options.len() == 3));
    assert!(matches!(refusal(&rig.select("Browser", "Opera").await), Reason::NoSuchOption { options } if options.len() == 2));
    assert_eq!(refusal(&rig.select("City", "Atlantis").await), &Reason::NoSuchOption { options: Vec::new() });
    assert!(matches!(refusal(&rig.select("Just text", "Paris").await), Reason::WrongKind { .. }));
    assert_eq!((value_of(&rig, "City").await.as_str(), value_of(&rig, "Just text").await.as_str()), ("", "keep"));
    // It offers the option, closes, and takes nothing.
    assert_eq!(rig.select("Liar", "Truth").await, Receipt::NoEffect);
    assert!(matches!(refusal(&rig.select("Fruit", "  ").await), Reason::BadArguments { .. }));
    assert_eq!(rig.site.told(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn menus_are_walked_level_by_level() {
    let rig = Rig::at("menus").await;
    assert!(rig.select("File", "New").await.is_verified());
    rig.told("menu-new", 1).await;
    assert!(rig.select("File", "File > Export > PNG").await.is_verified());
    rig.told("menu-png", 1).await;
    assert!(rig.select("More", "Share").await.is_verified());
    rig.told("more-Share", 1).await;
    let r#ref = rig.find("More").await;
    let resolved = rig.resolve(Select { r#ref, option: "Delete".to_owned() }).await.expect("resolved");
    assert_eq!(resolved.effect, EffectClass::Irreversible);
    // That the menu closed is no effect.
    assert_eq!(rig.select("File", "Nothing").await, Receipt::NoEffect);
    let receipt = rig.select("File", "Export > GIF").await;
    assert_eq!(refusal(&receipt), &Reason::NoSuchOption { options: vec!["PDF".to_owned(), "PNG".to_owned()] });
    assert!(!rig.screen().await.render().contains("Export"), "the menu is closed again");
    assert_eq!(refusal(&rig.select("File", "Print").await), &Reason::Disabled);
    assert_eq!(rig.site.told().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn trees_are_opened_and_their_leaves_picked() {
    let rig = Rig::at("menus").await;
    for _ in 0..2 {
        let receipt = rig.select("Projects", "Projects > 2026 > notes.txt").await;
        assert!(receipt.is_verified(), "{receipt:?}");
    }
    // The second time it already was so.
    assert_eq!(rig.site.count("tree-notes-txt"), 1);
    // What is inside comes from elsewhere, and late.
    assert!(rig.select("Projects", "Late > came later").await.is_verified());
    rig.told("tree-later", 1).await;
    let receipt = rig.select("Projects", "Projects > 1999").await;
    assert!(matches!(refusal(&receipt), Reason::NoSuchOption { options } if options.contains(&"2026".to_owned())), "{receipt:?}");
    assert!(matches!(refusal(&rig.select("Projects", "Elsewhere").await), Reason::NoSuchOption { .. }));
    assert_eq!(rig.site.told().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_set_by_calendars() {
    let rig = Rig::at("dates").await;
    holds(&rig, "Arrival", "2026-04-30", "Apr 30, 2026", "date-Apr-30-2026").await;
    assert_eq!(rig.fill("Arrival", "2026-04-30").await, Receipt::Verified { changes: Vec::new() });
    holds(&rig, "Arrival", "2025-11-02", "Nov 2, 2025", "date-Nov-2-2025").await;
    // By its selects, and in its own order.
    holds(&rig, "Birthday", "1987-09-01", "01.09.1987", "date-01-09-1987").await;
    // By the button beside the field, and with one to confirm.
    holds(&rig, "Checkout", "2026-03-05", "03/05/2026", "date-03-05-2026").await;
    // A field without a calendar is filled.
    assert!(rig.fill("Note", "2026-03-05").await.is_verified());
    assert_eq!(value_of(&rig, "Note").await, "2026-03-05");

    let told = rig.site.told().len();
    for (text, why) in [("2026-02-13", "can't be chosen"), ("2026-02-30", "no such day")] {
        let receipt = rig.fill("Arrival", text).await;
        assert!(matches!(refusal(&receipt), Reason::BadArguments { problem } if problem.contains(why)), "{receipt:?}");
    }
    assert!(!rig.screen().await.render().contains("February"), "the calendar is closed again");
    // It writes another day than the one that was clicked.
    let receipt = rig.fill("Liar", "2026-03-05").await;
    assert!(matches!(&receipt, Receipt::Unknown { why } if why.contains("01/01/1999")), "{receipt:?}");
    assert_eq!(rig.site.told().len(), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn sliders_and_spinners_are_set_to_the_number() {
    let rig = Rig::at("dials").await;
    holds(&rig, "Volume", "73", "73", "volume-73").await;
    holds(&rig, "Volume", "100", "100", "volume-100").await;
    // Only a text beside it tells its value.
    let screen = rig.screen().await;
    let handle = screen.nodes.iter().find(|node| node.role == "clickable" || node.hint.contains("slider")).and_then(|node| node.r#ref);
    let receipt = rig.act(Fill { r#ref: handle.expect("a handle"), text: "37".to_owned() }).await;
    assert!(receipt.is_verified(), "{receipt:?}");
    rig.told("price-37", 1).await;
    assert!(rig.screen().await.render().contains("Price: 37"));
    // It knows no keys.
    holds(&rig, "Mouse only", "-7", "-7", "mouse--7").await;
    holds(&rig, "Guests", "6", "6", "guests-6").await;
    // A readonly field with buttons.
    holds(&rig, "Quantity", "4", "4", "qty-4").await;
    assert!(matches!(refusal(&rig.fill("Volume", "101").await), Reason::BadArguments { problem } if problem.contains("0 to 100")));
    assert!(matches!(refusal(&rig.fill("Volume", "loud").await), Reason::BadArguments { .. }));
    assert!(matches!(refusal(&rig.fill("Stuck", "3").await), Reason::BadArguments { problem } if problem.contains("now it is 1")));
    assert!(matches!(refusal(&rig.fill("Frozen", "water").await), Reason::NotEditable { .. }));
    assert!(rig.fill("Letter", "Bye\nnow").await.is_verified());
    assert_eq!(rig.fill("Letter", "Bye\nnow").await, Receipt::Verified { changes: Vec::new() });
}
