//! A secret gets to the page that it is for, and nowhere else.

use handiwork_core::action::Fill;
use handiwork_core::{Change, Reason, Receipt, Secrets, Surface};
use handiwork_test_support::fixtures::Fixtures;
use handiwork_tools::browser::BrowserConfig;

use super::{Rig, changes, find, refusal};

const CANARY: &str = "canary-7f3a&9";

async fn rig() -> Rig {
    let site = Fixtures::start().await.expect("a server");
    let mut secrets = Secrets::default();
    secrets.insert("password", CANARY, &site.origin()).expect("an origin");
    secrets.insert("pin", "12", &site.origin()).expect("an origin");
    Rig::on(site, BrowserConfig::default(), secrets).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_filled_and_never_told() {
    let rig = rig().await;
    rig.open("login").await;
    assert!(rig.browser.screenshot(&rig.cx).await.expect("an answer").is_some());
    let mut said = Vec::new();
    let mut hear = |what: &dyn std::fmt::Debug| said.push(format!("{what:?}"));

    let screen = rig.screen().await;
    let password = find(&screen, "Password");
    let resolved = rig.resolve(Fill { r#ref: password, text: "{{secret:password}}".to_owned() }).await.expect("resolved");
    hear(&resolved);
    let receipt = rig.dispatch(&resolved).await;
    assert_eq!(changes(&receipt)[0], Change::HiddenValue { r#ref: password });
    hear(&receipt);
    // Filled again it holds the same, which is still known to be so.
    assert!(rig.dispatch(&resolved).await.is_verified());
    let receipt = rig.fill("Pin", "{{secret:pin}}").await;
    assert!(matches!(changes(&receipt)[0], Change::HiddenValue { .. }), "{receipt:?}");
    hear(&receipt);
    let screen = rig.screen().await;
    hear(&screen);
    hear(&screen.render());
    assert!(screen.render().contains("You typed {{secret:password}}"), "{}", screen.render());
    assert_eq!(screen.get(find(&screen, "Pin")).and_then(|node| node.value.clone()), Some("•••".to_owned()));
    assert!(rig.browser.screenshot(&rig.cx).await.expect("an answer").is_none());

    let receipt = rig.click("Sign in").await;
    hear(&receipt);
    assert!(receipt.is_verified(), "{receipt:?}");
    hear(&rig.screen().await);
    let said = said.join("\n");
    assert!(!said.contains("canary") && !said.contains("\"12\""), "{said}");
    // The document is gone, and so is the danger.
    let shot = rig.browser.screenshot(&rig.cx).await.expect("an answer").expect("a picture");
    assert!(shot.bytes.len() > 200 && shot.bytes.starts_with(b"RIFF"));
    let told = rig.site.told();
    let login = told.iter().find(|told| told.what == "login").expect("a login");
    assert_eq!((login.field("password"), login.field("pin")), (Some("canary-7f3a%269"), Some("12")));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_origin_does_not_get_it() {
    let rig = rig().await;
    let url = rig.site.other_url("login");
    assert!(rig.act(handiwork_core::action::Navigate { url }).await.is_verified());
    let receipt = rig.fill("Password", "{{secret:password}}").await;
    assert!(matches!(refusal(&receipt), Reason::SecretNotAllowed { name, .. } if name == "password"), "{receipt:?}");
    let receipt = rig.fill("Password", "{{secret:other}}").await;
    assert!(matches!(refusal(&receipt), Reason::SecretNotAllowed { .. }), "{receipt:?}");
    assert!(matches!(rig.fill("User", "ana").await, Receipt::Verified { .. }));
}
