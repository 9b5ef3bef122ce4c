//! Cookies and storage go from one browser to another, and lie on the disk encrypted only.

use handiwork_core::{Context, Surface};
use handiwork_test_support::fixtures::Fixtures;
use handiwork_tools::browser::profile::{Key, Login, ProfileError, Profiles, StorageState};
use handiwork_tools::browser::{Browser, BrowserConfig};

use super::window::Screen;
use super::{ask, launch, open};

const CANARY: &str = "canary-8d20e1";

fn key() -> Key {
    Key::from_hex(&"5a".repeat(32)).expect("a key")
}

/// A browser that has been at two origins, and is at the second one now.
async fn filled(site: &Fixtures) -> Browser {
    let browser = launch(BrowserConfig::default()).await;
    assert!(open(&browser, &site.url(&format!("keep/set/{CANARY}"))).await.is_verified());
    assert!(open(&browser, &site.other_url("keep/set/other-value")).await.is_verified());
    browser
}

async fn taken(browser: &Browser) -> StorageState {
    browser.storage_state(&Context::default()).await.expect("a state")
}

async fn check_all(site: &Fixtures, browser: &Browser) {
    for (url, value) in [(site.url("keep/show"), CANARY), (site.other_url("keep/show"), "other-value")] {
        let stored = ask(site, browser, &url, "stored").await;
        let cookies = site.told().into_iter().rfind(|told| told.what == "cookies").expect("cookies");
        for name in ["sid", "lasting", "safe", "__Host-part", "below"] {
            assert_eq!(cookies.field(name), Some(value), "{name} of {cookies:?}");
        }
        assert_eq!(stored.field("local"), Some(value));
        // Half a character, as compressing pages write.
        assert_eq!(stored.field("odd"), Some("233-55357"));
        let seen = stored.field("document").expect("cookies of the document");
        assert!(!seen.contains("sid:") && !seen.contains("safe:") && seen.contains("lasting:"), "{seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_from_one_browser_to_another() {
    let site = Fixtures::start().await.expect("a server");
    let browser = filled(&site).await;
    let state = taken(&browser).await;
    browser.close().await;
    assert_eq!(state.cookies(), 10, "{state:?}");
    assert_eq!(
        state.origins().collect::<Vec<_>>(),
        [site.origin(), site.origin().replace("127.0.0.1", "localhost")].iter().map(String::as_str).collect::<Vec<_>>()
    );
    assert!(!format!("{state:?}").contains(CANARY));

    let folder = tempfile::tempdir().expect("a folder");
    let profiles = Profiles::new(folder.path(), key());
    profiles.save("two", &state).expect("saved");
    let bytes = std::fs::read(profiles.file("two").expect("a name")).expect("a file");
    assert!(!String::from_utf8_lossy(&bytes).contains("canary") && !String::from_utf8_lossy(&bytes).contains("localhost"));

    let requests = site.told().len();
    let loaded = profiles.load("two").expect("loaded");
    let browser = launch(BrowserConfig { storage: Some(loaded), ..BrowserConfig::default() }).await;
    assert_eq!(site.told().len(), requests, "putting it in asked the site");
    let screen = browser.observe(&Context::default()).await.expect("a screen");
    assert!(screen.render().contains("about:blank"), "{}", screen.render());
    // Session storage is of the tab: the second origin was on the screen when it was taken.
    let stored = ask(&site, &browser, &site.other_url("keep/show"), "stored").await;
    assert_eq!(stored.field("session"), Some("other-value"));
    check_all(&site, &browser).await;
    // There is no way back to how it got there.
    let twice = taken(&browser).await;
    assert_eq!(twice.cookies(), 10);
    browser.close().await;

    // What was put in and not visited is not lost when it is saved again.
    let idle = launch(BrowserConfig { storage: Some(twice), ..BrowserConfig::default() }).await;
    let again = taken(&idle).await;
    assert_eq!(again.origins().count(), 2);
    idle.close().await;
    let browser = launch(BrowserConfig { storage: Some(again), ..BrowserConfig::default() }).await;
    check_all(&site, &browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_s_own_cookie_stays_with_that_host() {
    // One for example.test only, one for all below it; nothing has to answer there.
    let site = Fixtures::start().await.expect("a server");
    let port = site.origin().rsplit(':').next().expect("a port").to_owned();
    let rules = format!("--host-resolver-rules=MAP *.example.test 127.0.0.1:{port}, MAP example.test 127.0.0.1:{port}");
    let config = || BrowserConfig { extra_args: vec![rules.clone()], ..BrowserConfig::default() };
    let browser = launch(config()).await;
    let first = format!("http://example.test/keep/set/{CANARY}");
    assert!(open(&browser, &first).await.is_verified());
    let state = taken(&browser).await;
    browser.close().await;
    let browser = launch(BrowserConfig { storage: Some(state), ..config() }).await;
    let _ = ask(&site, &browser, "http://example.test/keep/show", "stored").await;
    let cookies = |site: &Fixtures| site.told().into_iter().rfind(|told| told.what == "cookies").expect("cookies");
    assert_eq!(cookies(&site).field("sid"), Some(CANARY));
    let _ = ask(&site, &browser, "http://sub.example.test/keep/show", "stored").await;
    assert_eq!(cookies(&site).field("sid"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_anywhere_is_an_error_and_not_a_login() {
    let site = Fixtures::start().await.expect("a server");
    let state = taken(&filled(&site).await).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.state");
    state.save(&file, &key()).expect("saved");
    let whole = std::fs::read(&file).expect("a file");
    for place in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[place] = changed[place].wrapping_add(1);
        std::fs::write(&file, &changed).expect("written");
        let error = StorageState::load(&file, &key()).expect_err("it was changed");
        assert!(!error.to_string().contains("canary") && error.to_string().contains("a.state"), "{error}");
    }
    std::fs::write(&file, &whole).expect("written");
    let other = Key::from_hex(&"5b".repeat(32)).expect("a key");
    assert!(matches!(StorageState::load(&file, &other), Err(ProfileError::WrongKey { .. })));
    assert_eq!(StorageState::load(&file, &key()).expect("loaded"), state);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_keeps_what_a_person_did_until_the_page_is_closed() {
    keeps_what_a_person_did(BrowserConfig::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_keeps_what_a_person_did_until_the_window_is_closed() {
    let Some(screen) = Screen::start() else { return };
    let display = [("DISPLAY".to_owned(), screen.display.clone())].into();
    keeps_what_a_person_did(BrowserConfig { headless: false, display, ..BrowserConfig::default() }).await;
}

async fn keeps_what_a_person_did(config: BrowserConfig) {
    let site = Fixtures::start().await.expect("a server");
    let login = Login::open(config, &site.url(&format!("keep/set/{CANARY}"))).await.expect("a window");
    let still = tokio::time::timeout(std::time::Duration::from_secs(3), login.closed()).await;
    assert!(still.is_err(), "it is open");
    // The person closes the window.
    let resolved =
        login.browser().resolve(&Context::default(), &handiwork_core::action::CloseTab { tab: 1 }.into()).await.expect("resolved");
    let _ = login.browser().dispatch(&Context::default(), &resolved).await;
    tokio::time::timeout(std::time::Duration::from_secs(20), login.closed()).await.expect("it is closed");
    let state = login.finish().await.expect("a state");
    assert_eq!(state.cookies(), 5, "{state:?}");
    let browser = launch(BrowserConfig { storage: Some(state), ..BrowserConfig::default() }).await;
    let stored = ask(&site, &browser, &site.url("keep/show"), "stored").await;
    assert_eq!((stored.field("local"), stored.field("session")), (Some(CANARY), Some(CANARY)));
    let cookies = site.told().into_iter().rfind(|told| told.what == "cookies").expect("cookies");
    assert_eq!(cookies.field("sid"), Some(CANARY));
}
