//! Who a browser is logged in as, what it makes pages believe, and several of them in one process.

mod attaching;
mod contexts;
mod emulating;
mod keeping;
pub(crate) mod window;

use handiwork_core::action::Navigate;
use handiwork_core::{Context, Receipt, Refusal, Surface};
use handiwork_test_support::fixtures::{Fixtures, Told};
use handiwork_tools::browser::{Browser, BrowserConfig};

use super::wait_until;

async fn launch(config: BrowserConfig) -> Browser {
    Browser::launch(config).await.expect("a browser: apt-get install chromium-headless-shell")
}

async fn open(browser: &Browser, url: &str) -> Receipt {
    let cx = Context::default();
    match browser.resolve(&cx, &Navigate { url: url.to_owned() }.into()).await {
        Ok(resolved) => browser.dispatch(&cx, &resolved).await.expect("a receipt"),
        Err(Refusal::NotDispatched(reason)) => Receipt::refused(reason),
        Err(Refusal::Surface(error)) => panic!("{error}"),
    }
}

/// Opens a page and waits for what it tells; gives the newest.
async fn ask(site: &Fixtures, browser: &Browser, url: &str, what: &str) -> Told {
    let before = site.count(what);
    let receipt = open(browser, url).await;
    assert!(receipt.is_verified(), "{receipt:?}");
    wait_until(&format!("{what} to be told"), || site.count(what) > before).await;
    site.told().into_iter().rfind(|told| told.what == what).expect("just counted")
}

/// What was told by one of several pages.
async fn told_by(site: &Fixtures, what: &str, who: &str) -> Told {
    let find = || site.told().into_iter().rfind(|told| told.what == what && told.field("who") == Some(who));
    wait_until(&format!("{who} to tell {what}"), || find().is_some()).await;
    find().expect("just found")
}
