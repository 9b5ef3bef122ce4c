//! What pages believe of the machine: in scripts and in requests, in frames of other sites, in windows and in workers.

use handiwork_core::action::Click;
use handiwork_core::{Context, Surface};
use handiwork_test_support::fixtures::{Fixtures, Told};
use handiwork_tools::browser::emulation::{ColourScheme, Emulation};
use handiwork_tools::browser::{Browser, BrowserConfig, ContextConfig};

use super::super::{find, wait_until};
use super::{ask, launch, open, told_by};

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Handiwork";

fn disguise() -> Emulation {
    Emulation::builder()
        .viewport(500, 700)
        .scale(2.0)
        .mobile(false)
        .touch(true)
        .user_agent(AGENT)
        .locale("de-DE")
        .timezone("Asia/Kolkata")
        .geolocation(52.52, 13.405, 20.0)
        .colour_scheme(ColourScheme::Dark)
        .header("X-Team", "seven")
        .build()
        .expect("all of it is fine")
}

fn check(site: &Fixtures, machine: &Told, who: &str) {
    let field = |name: &str| machine.field(name).unwrap_or_else(|| panic!("no {name} in {machine:?}"));
    // Chromium tells a frame of another site its pixels by process only.
    let scale = if who == "context-inner" { "1" } else { "2" };
    assert_eq!(field("scale"), scale, "{who}");
    assert_eq!(field("agent"), AGENT, "{who}");
    assert_eq!((field("language"), field("languages")), ("de-DE", "de-DE,de"), "{who}");
    assert_eq!((field("zone"), field("number")), ("Asia/Calcutta", "1.234,5"), "{who}");
    assert_eq!((field("dark"), field("touch")), ("true", "5"), "{who}");
    check_headers(&site.told().into_iter().rfind(|told| told.what == "headers" && told.field("who") == Some(who)).expect("headers"));
}

fn check_headers(headers: &Told) {
    assert_eq!(headers.field("user-agent"), Some(AGENT), "{headers:?}");
    assert_eq!(headers.field("accept-language"), Some("de-DE,de;q=0.9"), "{headers:?}");
    assert_eq!(headers.field("x-team"), Some("seven"), "{headers:?}");
}

async fn everywhere(site: &Fixtures, browser: &Browser, opener: &str) {
    let inner = site.other_url(&format!("keep/machine/{opener}-inner?place"));
    let outer = site.url(&format!("keep/machine/{opener}?place&worker=yes&popup={opener}-popup&frame={inner}"));
    let receipt = open(browser, &outer).await;
    assert!(receipt.is_verified(), "{receipt:?}");
    let machine = told_by(site, "machine", opener).await;
    check(site, &machine, opener);
    assert_eq!((machine.field("width"), machine.field("height"), machine.field("place")), (Some("500"), Some("700"), Some("52.52,13.405")));
    let frame = told_by(site, "machine", &format!("{opener}-inner")).await;
    check(site, &frame, &format!("{opener}-inner"));
    assert_eq!(frame.field("place"), Some("52.52,13.405"), "in a frame of another site");
    check_headers(&told_by(site, "headers", "worker").await);

    let cx = Context::default();
    let screen = browser.observe(&cx).await.expect("a screen");
    let resolved = browser.resolve(&cx, &Click { r#ref: find(&screen, "Open") }.into()).await.expect("resolved");
    let _ = browser.dispatch(&cx, &resolved).await.expect("a receipt");
    let popup = format!("{opener}-popup");
    check(site, &told_by(site, "machine", &popup).await, &popup);
}

#[tokio::test(flavor = "multi_thread")]
async fn is_believed_by_pages_frames_windows_and_workers() {
    let site = Fixtures::start().await.expect("a server");
    let config = BrowserConfig { emulation: disguise(), ..BrowserConfig::default() };
    everywhere(&site, &launch(config).await, "whole").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn is_another_one_in_each_context() {
    let site = Fixtures::start().await.expect("a server");
    let browser = launch(BrowserConfig::default()).await;
    let context = browser.context(ContextConfig { emulation: disguise(), ..ContextConfig::default() }).await.expect("a context");
    everywhere(&site, &context, "context").await;
    let plain = ask(&site, &browser, &site.url("keep/machine/plain?place"), "machine").await;
    assert_eq!((plain.field("width"), plain.field("scale"), plain.field("touch")), (Some("1280"), Some("1"), Some("0")));
    assert!(plain.field("zone") != Some("Asia/Calcutta") && plain.field("place") == Some("error 1"), "{plain:?}");
    let headers = told_by(&site, "headers", "plain").await;
    assert_eq!(headers.field("x-team"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_a_phone() {
    let site = Fixtures::start().await.expect("a server");
    let emulation = Emulation::builder().device("Pixel 8").build().expect("a device");
    let browser = launch(BrowserConfig { emulation, ..BrowserConfig::default() }).await;
    let machine = ask(&site, &browser, &site.url("keep/machine/phone"), "machine").await;
    assert_eq!((machine.field("mobile"), machine.field("scale")), (Some("true"), Some("2.625")));
    assert!(machine.field("agent").is_some_and(|agent| agent.contains("Pixel 8")), "{machine:?}");
    let headers = told_by(&site, "headers", "phone").await;
    assert_eq!(headers.field("sec-ch-ua-mobile"), Some("?1"), "{headers:?}");
    assert_eq!(headers.field("sec-ch-ua-platform"), Some("\"Android\""), "{headers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_sees_every_request_of_its_context() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let site = Fixtures::start().await.expect("a server");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let list = seen.clone();
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 2048];
            let read = stream.read(&mut bytes).await.unwrap_or(0);
            let line = String::from_utf8_lossy(&bytes[..read]).lines().next().unwrap_or_default().to_owned();
            list.lock().expect("a lock").push(line);
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\nConnection: close\r\n\r\n<h1>By proxy</h1")
                .await;
        }
    });
    let emulation = Emulation::builder().proxy(format!("http://{address}"), &[]).build().expect("a proxy");
    let browser = launch(BrowserConfig::default()).await;
    let context = browser.context(ContextConfig { emulation: emulation.clone(), ..ContextConfig::default() }).await.expect("a context");
    let whole = launch(BrowserConfig { emulation, ..BrowserConfig::default() }).await;
    for surface in [&context, &whole] {
        seen.lock().expect("a lock").clear();
        assert!(open(surface, &site.url("done")).await.is_verified());
        let screen = surface.observe(&Context::default()).await.expect("a screen").render();
        assert!(screen.contains("By proxy"), "{screen}");
        let wanted = format!("GET {} HTTP/1.1", site.url("done"));
        wait_until("the proxy to be asked", || seen.lock().expect("a lock").contains(&wanted)).await;
    }
    assert!(open(&browser, &site.url("done")).await.is_verified());
    assert!(browser.observe(&Context::default()).await.expect("a screen").render().contains("Thank you"));
    task.abort();
}
