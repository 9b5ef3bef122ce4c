//! A browser that dies, or whose parent does: what it was is found again in another one, and nothing of the old one stays.

mod dying;
mod parents;
mod probing;
mod restoring;

use handiwork_core::action::{Click, Fill, OpenTab, Scroll, SwitchTab};
use handiwork_core::{Action, Checkpoint, Context, Receipt, Ref, Refusal, Restore, Restored, Screen, Surface};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use handiwork_tools::browser::profile::Key;
use handiwork_tools::browser::{Browser, BrowserConfig};

use super::{find, group, processes_with, wait_until};

fn key() -> Key {
    Key::from_hex(&"7c".repeat(32)).expect("a key")
}

/// Settings of a browser whose checkpoints hold all.
fn keeping() -> BrowserConfig {
    BrowserConfig { state_key: Some(key()), ..BrowserConfig::default() }
}

async fn launch(config: BrowserConfig) -> Browser {
    Browser::launch(config).await.expect("a browser: apt-get install chromium-headless-shell")
}

async fn act(browser: &Browser, action: impl Into<Action>) -> Receipt {
    let cx = Context::default();
    match browser.resolve(&cx, &action.into()).await {
        Ok(resolved) => browser.dispatch(&cx, &resolved).await.expect("a receipt"),
        Err(Refusal::NotDispatched(reason)) => Receipt::refused(reason),
        Err(Refusal::Surface(error)) => panic!("{error}"),
    }
}

async fn open(browser: &Browser, url: &str) {
    let receipt = act(browser, handiwork_core::action::Navigate { url: url.to_owned() }).await;
    assert!(receipt.is_verified(), "{receipt:?}");
}

async fn screen(browser: &Browser) -> Screen {
    browser.observe(&Context::default()).await.expect("a screen")
}

async fn click(browser: &Browser, name: &str) -> Receipt {
    let r#ref = find(&screen(browser).await, name);
    act(browser, Click { r#ref }).await
}

async fn fill(browser: &Browser, name: &str, text: &str) {
    let r#ref = find(&screen(browser).await, name);
    let receipt = act(browser, Fill { r#ref, text: text.to_owned() }).await;
    assert!(receipt.is_verified(), "{receipt:?}");
}

async fn checkpoint(browser: &Browser) -> Checkpoint {
    browser.checkpoint(&Context::default()).await.expect("asked").expect("a checkpoint")
}

/// Restores as the driver does.
async fn restore(browser: &Browser, from: &Checkpoint, seen: &Screen, next_ref: u32) -> Restored {
    let from = Restore { process: from.process.as_ref(), state: Some(&from.state), screen: Some(seen), next_ref };
    browser.restore(&Context::default(), &from).await.expect("restored")
}

fn next_ref(screen: &Screen) -> u32 {
    screen.nodes.iter().filter_map(|node| node.r#ref).map(|r| r.0 + 1).max().unwrap_or(1)
}

/// A browser that is signed in at the demo site.
async fn signed_in(site: &DemoSite, config: BrowserConfig) -> Browser {
    let browser = launch(config).await;
    open(&browser, &site.url()).await;
    let who = DemoConfig::default();
    fill(&browser, "User name", &who.user).await;
    fill(&browser, "Password", &who.password).await;
    assert!(click(&browser, "Sign in").await.is_verified());
    browser
}

async fn demo() -> DemoSite {
    DemoSite::start(DemoConfig::default()).await.expect("a site")
}
