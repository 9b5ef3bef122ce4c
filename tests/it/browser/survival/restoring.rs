//! What is found again in another browser, and what is not.

use std::time::Duration;

use handiwork_core::action::{Direction, Wait};
use handiwork_core::{Reason, SurfaceError};
use handiwork_test_support::fixtures::Fixtures;
use handiwork_tools::browser::ContextConfig;

use super::super::refusal;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_login_tabs_and_scroll_are_found_again_and_the_old_browser_is_ended() {
    let site = demo().await;
    let pages = Fixtures::start().await.expect("a server");
    let old = signed_in(&site, keeping()).await;
    assert!(act(&old, OpenTab { url: pages.url("keep/set/mine") }).await.is_verified());
    assert!(act(&old, OpenTab { url: pages.url("twins") }).await.is_verified());
    assert!(act(&old, Scroll { direction: Direction::Down, r#ref: None }).await.is_verified());
    let seen = screen(&old).await;
    let from = checkpoint(&old).await;
    assert_eq!(checkpoint(&old).await.digest, from.digest, "nothing has changed");
    let bytes = String::from_utf8_lossy(&from.state).into_owned();
    assert!(!bytes.contains("mine") && !bytes.contains("twins"), "it is encrypted");
    let id = old.pid().expect("ours");
    assert!(!group(id).is_empty());

    let fresh = launch(keeping()).await;
    let restored = restore(&fresh, &from, &seen, next_ref(&seen)).await;
    assert_eq!(restored.lost, Vec::<String>::new());
    assert!(group(id).is_empty(), "the old browser is there still");
    assert!(old.observe(&Context::default()).await.is_err());
    let now = screen(&fresh).await;
    let tabs: Vec<(u32, bool)> = now.tabs.iter().map(|tab| (tab.number, tab.active)).collect();
    assert_eq!(tabs, [(1, false), (2, false), (3, true)], "{}", now.render());
    assert_eq!(checkpoint(&fresh).await.process.map(|mark| mark.pid), fresh.pid());
    let scrolled = act(&fresh, Scroll { direction: Direction::Up, r#ref: None }).await;
    assert!(format!("{scrolled:?}").contains("y: 0.0"), "{scrolled:?}");
    assert!(act(&fresh, SwitchTab { tab: 1 }).await.is_verified());
    assert!(screen(&fresh).await.render().contains("Sign out"), "the login is lost");
    assert_eq!(site.sign_ins().await.expect("asked"), 1);
    // Session storage is of its tab.
    assert!(act(&fresh, SwitchTab { tab: 2 }).await.is_verified());
    open(&fresh, &pages.url("keep/show")).await;
    wait_until("what is stored to be told", || pages.count("stored") == 1).await;
    let told = pages.told();
    let stored = told.iter().find(|told| told.what == "stored").expect("stored");
    assert_eq!((stored.field("local"), stored.field("session")), (Some("mine"), Some("mine")));
}

#[tokio::test(flavor = "multi_thread")]
async fn refs_are_kept_by_name_and_all_others_are_stale() {
    let site = Fixtures::start().await.expect("a server");
    let old = launch(keeping()).await;
    open(&old, &site.url("twins")).await;
    let seen = screen(&old).await;
    let from = checkpoint(&old).await;
    let (alone, name) = (find(&seen, "Alone"), find(&seen, "Name"));
    let same: Vec<Ref> = seen.nodes.iter().filter(|node| node.name == "Same").filter_map(|node| node.r#ref).collect();
    assert_eq!(same.len(), 2);
    drop(old);

    let fresh = launch(keeping()).await;
    let restored = restore(&fresh, &from, &seen, 40).await;
    assert_eq!(restored.kept, [alone, name]);
    let now = screen(&fresh).await;
    assert_eq!((find(&now, "Alone"), find(&now, "Name")), (alone, name));
    let new: Vec<u32> = now.nodes.iter().filter_map(|node| node.r#ref).map(|r| r.0).filter(|r| *r != alone.0 && *r != name.0).collect();
    assert!(new.iter().all(|r| *r >= 40), "{}", now.render());
    for r#ref in same {
        let receipt = act(&fresh, Click { r#ref }).await;
        assert!(matches!(refusal(&receipt), Reason::Stale { .. }), "{receipt:?}");
    }
    // One that was given and was on no screen that is known, and one that never was.
    assert!(matches!(refusal(&act(&fresh, Click { r#ref: Ref(39) }).await), Reason::Stale { .. }));
    assert!(matches!(refusal(&act(&fresh, Click { r#ref: Ref(4000) }).await), Reason::UnknownRef { .. }));
    assert!(act(&fresh, Click { r#ref: alone }).await.is_verified());
    assert_eq!((site.count("alone"), site.count("first"), site.count("second")), (1, 0, 0));
    let waited = act(&fresh, Wait { gone: Some(Ref(39)), text: None, url: None, idle: None }).await;
    assert!(!waited.is_verified(), "{waited:?}");

    // Another page of the same site has none of them, whatever it calls its elements.
    let other = launch(keeping()).await;
    let elsewhere = Screen { url: site.url("form"), ..seen };
    assert_eq!(restore(&other, &from, &elsewhere, 40).await.kept, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_living_browser_of_its_own_is_left_as_it_is() {
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(keeping()).await;
    open(&browser, &site.url("twins")).await;
    fill(&browser, "Name", "typed").await;
    let seen = screen(&browser).await;
    let from = checkpoint(&browser).await;
    let id = browser.pid();
    let restored = restore(&browser, &from, &seen, next_ref(&seen)).await;
    assert_eq!((browser.pid(), restored.lost), (id, Vec::new()));
    assert!(restored.kept.contains(&find(&seen, "Name")));
    assert!(screen(&browser).await.render().contains("typed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_pages_come_back_and_the_logins_do_not() {
    let site = demo().await;
    let old = signed_in(&site, BrowserConfig::default()).await;
    let seen = screen(&old).await;
    let from = checkpoint(&old).await;
    assert_eq!(checkpoint(&old).await.digest, from.digest);
    assert!(!String::from_utf8_lossy(&from.state).contains("session"), "a cookie in the clear");
    let fresh = launch(BrowserConfig::default()).await;
    let restored = restore(&fresh, &from, &seen, next_ref(&seen)).await;
    assert!(restored.lost.iter().any(|lost| lost.contains("logins")), "{restored:?}");
    assert!(screen(&fresh).await.render().contains("Password"));
    assert!(restored.kept.is_empty(), "the page to sign in at is another one: {restored:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_had_again_is_told() {
    let site = Fixtures::start().await.expect("a server");
    let gone = Fixtures::start().await.expect("a server");
    let old = launch(keeping()).await;
    open(&old, &gone.url("done")).await;
    assert!(act(&old, OpenTab { url: site.url("done") }).await.is_verified());
    let (seen, from) = (screen(&old).await, checkpoint(&old).await);
    let url = gone.url("done");
    drop(gone);
    let fresh = launch(keeping()).await;
    let restored = restore(&fresh, &from, &seen, 1).await;
    assert!(restored.lost.len() == 1 && restored.lost[0].contains(&url) && restored.lost[0].contains("ERR_"), "{restored:?}");
    assert!(screen(&fresh).await.render().contains("Thank you"));

    let error = |error: SurfaceError| match error {
        SurfaceError::NotAvailable { problem, .. } => problem,
        other => panic!("{other}"),
    };
    let other =
        launch(BrowserConfig { state_key: Some(Key::from_hex(&"7d".repeat(32)).expect("a key")), ..BrowserConfig::default() }).await;
    let with = |state| Restore { process: None, state: Some(state), screen: None, next_ref: 1 };
    let cx = Context::default();
    let wrong = error(other.restore(&cx, &with(&from.state)).await.expect_err("another key"));
    assert!(wrong.contains("another key"), "{wrong}");
    let mut cut = from.state.clone();
    cut.truncate(cut.len() - 3);
    let damaged = error(fresh.restore(&cx, &with(&cut)).await.expect_err("damaged"));
    assert!(damaged.contains("damaged"), "{damaged}");
    let none = launch(BrowserConfig::default()).await;
    assert!(error(none.restore(&cx, &with(&from.state)).await.expect_err("no key")).contains("no key"));
}

/// What takes longer hangs; it is no measure of speed.
const HANGS: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_hangs_on_no_page() {
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(BrowserConfig { deadline: Duration::from_secs(3), ..keeping() }).await;
    open(&browser, &site.url("keep/set/mine")).await;
    screen(&browser).await;
    assert!(act(&browser, OpenTab { url: site.url("hang") }).await.is_verified());
    let _ = click(&browser, "Hang").await;
    let within = |asking| tokio::time::timeout(HANGS, asking);
    let hanging = within(checkpoint(&browser)).await.expect("a page that hangs is not waited for");
    assert!(act(&browser, OpenTab { url: site.url("asking") }).await.is_verified());
    let receipt = click(&browser, "Clean up").await;
    assert!(receipt.is_verified(), "{receipt:?}");
    let asked = within(checkpoint(&browser)).await.expect("a dialog is not waited for");
    assert_ne!(asked.digest, hanging.digest);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_grows_too_large_is_started_again_unseen() {
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(BrowserConfig { memory_limit: Some(400 << 20), ..BrowserConfig::default() }).await;
    open(&browser, &site.url("keep/set/mine")).await;
    open(&browser, &site.url("hoard")).await;
    let before = screen(&browser).await;
    let id = browser.pid();
    assert!(id.is_some());
    fill(&browser, "Note", "typed").await;
    assert!(click(&browser, "Take much").await.is_verified());
    assert!(screen(&browser).await.render().contains("full"), "what is typed would be lost");
    assert_eq!(browser.pid(), id);
    fill(&browser, "Note", "").await;
    let after = screen(&browser).await;
    assert_ne!(browser.pid(), id, "it has grown:\n{}", after.render());
    for name in ["Note", "Take much"] {
        assert_eq!(find(&after, name), find(&before, name));
    }
    assert!(after.notes.iter().any(|note| note.contains("started again")), "{}", after.render());
    wait_until("the old one to end", || group(id.expect("known")).is_empty()).await;
    open(&browser, &site.url("keep/show")).await;
    wait_until("what is stored to be told", || site.count("stored") == 1).await;
    let told = site.told();
    let stored = told.iter().find(|told| told.what == "stored").expect("stored");
    assert_eq!((stored.field("local"), stored.field("session")), (Some("mine"), Some("mine")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_leaves_the_browser_of_the_others_alone_and_survives_it() {
    let site = Fixtures::start().await.expect("a server");
    let around = launch(BrowserConfig::default()).await;
    open(&around, &site.url("done")).await;
    let context = || async { around.context(ContextConfig::default()).await.expect("a context") };
    let first = context().await;
    open(&first, &site.url("twins")).await;
    let (seen, from) = (screen(&first).await, checkpoint(&first).await);
    let second = context().await;
    assert_eq!(restore(&second, &from, &seen, next_ref(&seen)).await.kept, [find(&seen, "Alone"), find(&seen, "Name")]);
    assert!(screen(&around).await.render().contains("Thank you"), "the browser of others was ended");
    let id = around.pid();
    drop(around);
    wait_until("the browser to end", || group(id.expect("ours")).is_empty()).await;
    assert!(matches!(first.observe(&Context::default()).await, Err(SurfaceError::Gone { .. })));
    assert!(restore(&first, &from, &seen, next_ref(&seen)).await.kept.contains(&find(&seen, "Alone")));
    assert_ne!(first.pid(), id);
    assert!(click(&first, "Alone").await.is_verified());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_closed_stays_closed() {
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(BrowserConfig::default()).await;
    open(&browser, &site.url("done")).await;
    let from = checkpoint(&browser).await;
    browser.close().await;
    let again = Restore { process: from.process.as_ref(), state: Some(&from.state), screen: None, next_ref: 1 };
    let error = browser.restore(&Context::default(), &again).await.expect_err("closed");
    assert!(error.to_string().contains("closed by its owner"), "{error}");
}
