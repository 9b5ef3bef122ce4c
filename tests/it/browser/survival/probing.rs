//! A probe looks up beside the screen whether something was done, and says no only if it is sure.

use handiwork_core::{Probe, SurfaceError};
use handiwork_test_support::fixtures::Fixtures;

use super::*;

async fn ask(browser: &Browser, probe: Probe) -> Result<bool, String> {
    match browser.probe(&Context::default(), &probe).await {
        Ok(holds) => Ok(holds),
        Err(SurfaceError::NotAvailable { problem, hint }) if !hint.is_empty() => Err(problem),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_asked_as_who_is_signed_in_and_the_screen_stays() {
    let site = demo().await;
    let browser = signed_in(&site, BrowserConfig::default()).await;
    open(&browser, &format!("{}claims/new", site.url())).await;
    fill(&browser, "Description", "Team lunch").await;
    let before = screen(&browser).await;
    let claims = format!("{}claims", site.url());
    assert_eq!(ask(&browser, Probe::new(&claims, "You have not filed any claims yet.")).await, Ok(true));
    assert_eq!(ask(&browser, Probe::new(&claims, "C-1001")).await, Ok(false));
    assert_eq!(ask(&browser, Probe::new(&claims, "New claim").times(2)).await, Ok(true));
    assert_eq!(ask(&browser, Probe::new(&claims, "New claim").times(3)).await, Ok(false));
    let after = screen(&browser).await;
    assert_eq!(after.render(), before.render());
    assert!(act(&browser, OpenTab { url: claims }).await.is_verified());
    let numbers: Vec<u32> = screen(&browser).await.tabs.iter().map(|tab| tab.number).collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(site.effects().await.expect("asked").len(), 1, "it changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_an_error() {
    let site = Fixtures::start().await.expect("a server");
    let private = demo().await;
    let gone = Fixtures::start().await.expect("a server").url("done");
    let browser = launch(BrowserConfig { deadline: std::time::Duration::from_secs(4), ..BrowserConfig::default() }).await;
    open(&browser, &site.url("done")).await;
    assert_eq!(ask(&browser, Probe::new(site.url("done"), "Thank you")).await, Ok(true));
    for (url, why) in [
        (site.url("trap/broken"), "HTTP 500"),
        (site.url("trap/refused"), "HTTP 403"),
        (site.url("trap/file"), "ERR_ABORTED"),
        (site.url("trap/circle"), "ERR_TOO_MANY_REDIRECTS"),
        (gone, "ERR_CONNECTION_REFUSED"),
        (site.url("slow/9000"), "was not there within"),
        (format!("{}claims", private.url()), "it leads to"),
        ("file:///etc/passwd".to_owned(), "only http and https"),
    ] {
        let error = ask(&browser, Probe::new(&url, "anything")).await.expect_err(&url);
        assert!(error.contains(why), "{url}: {error}");
    }
    // What the page asks or opens while it is looked at is nobody's business.
    assert_eq!(ask(&browser, Probe::new(site.url("storm"), "nothing of the kind")).await, Ok(false));
    assert_eq!(ask(&browser, Probe::new(site.url("opens"), "Opens")).await, Ok(true));
    let seen = screen(&browser).await;
    assert!(seen.tabs.is_empty() && seen.notes.is_empty() && seen.render().contains("Thank you"), "{seen:?}");
}
