//! A Chrome that somebody else runs is a guest's house: it is left as it was found.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use handiwork_core::action::Click;
use handiwork_core::{Context, Surface, SurfaceError};
use handiwork_test_support::fixtures::Fixtures;
use handiwork_tools::browser::emulation::Emulation;
use handiwork_tools::browser::{Browser, BrowserConfig, ContextConfig};
use serde_json::Value;

use super::super::{find, wait_until};
use super::{ask, open, told_by};

/// A Chrome with a port, which its owner ends.
struct Theirs {
    child: Child,
    profile: tempfile::TempDir,
    port: u16,
}

impl Theirs {
    async fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let program = BrowserConfig::default().find_executable().expect("a browser");
        let child = Command::new(program)
            .args(["--headless", "--no-sandbox", "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("data:text/html,<title>theirs</title>")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a Chrome");
        let told = |folder: &Path| -> Option<u16> {
            std::fs::read_to_string(folder.join("DevToolsActivePort")).ok()?.lines().next()?.parse().ok()
        };
        wait_until("the port", || told(profile.path()).is_some()).await;
        let port = told(profile.path()).expect("a port");
        Self { child, profile, port }
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Titles or addresses of the pages that are open.
    async fn pages(&self) -> Vec<String> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        let request = format!("GET /json/list HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port);
        stream.write_all(request.as_bytes()).await.expect("asked");
        // It keeps the connection open: the answer is whole when it can be read.
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        let list: Value = loop {
            let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut piece)).await.expect("in time").expect("an answer");
            assert!(read > 0, "it ended");
            bytes.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&bytes);
            if let Some(Ok(list)) = text.split_once("\r\n\r\n").map(|(_, body)| serde_json::from_str(body)) {
                break list;
            }
        };
        let pages = list.as_array().expect("a list").iter().filter(|target| target["type"] == "page");
        pages.map(|page| page["url"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = &self.profile;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn is_left_as_it_was_found() {
    let site = Fixtures::start().await.expect("a server");
    let mut theirs = Theirs::start().await;
    let before = theirs.pages().await;
    assert_eq!(before.len(), 1, "{before:?}");
    for gently in [true, false] {
        let browser = Browser::attach(&theirs.address(), BrowserConfig::default()).await.expect("attached");
        assert_eq!(browser.pid(), None);
        assert!(browser.version().contains("Chrome"), "{}", browser.version());
        assert!(open(&browser, &site.url("tabs")).await.is_verified());
        // A window that a page of ours opens is ours too.
        let cx = Context::default();
        let screen = browser.observe(&cx).await.expect("a screen");
        let resolved = browser.resolve(&cx, &Click { r#ref: find(&screen, "Open another") }.into()).await.expect("resolved");
        let receipt = browser.dispatch(&cx, &resolved).await.expect("a receipt");
        assert!(receipt.is_verified(), "{receipt:?}");
        let screen = browser.observe(&cx).await.expect("a screen").render();
        assert!(screen.contains("Thank you") && !screen.contains("theirs"), "{screen}");
        assert_eq!(theirs.pages().await.len(), 3);
        if gently {
            browser.close().await;
        }
        drop(browser);
        let mut left = theirs.pages().await;
        for _ in 0..100 {
            if left == before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            left = theirs.pages().await;
        }
        assert_eq!(left, before, "gently: {gently}");
        assert!(theirs.child.try_wait().expect("asked").is_none(), "their Chrome has ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_there_shares_nothing_with_them() {
    let site = Fixtures::start().await.expect("a server");
    let theirs = Theirs::start().await;
    let browser = Browser::attach(&theirs.address(), BrowserConfig::default()).await.expect("attached");
    assert!(open(&browser, &site.url("keep/set/shared")).await.is_verified());
    let emulation = Emulation::builder().locale("fr-FR").timezone("Europe/Paris").header("X-Team", "nine").build().expect("fine");
    let context = browser.context(ContextConfig { emulation, ..ContextConfig::default() }).await.expect("a context");
    let stored = ask(&site, &context, &site.url("keep/show"), "stored").await;
    assert_eq!(stored.field("local"), Some("null"));
    let machine = ask(&site, &context, &site.url("keep/machine/guest?popup=guest-popup"), "machine").await;
    assert_eq!((machine.field("zone"), machine.field("language")), (Some("Europe/Paris"), Some("fr-FR")));
    let cx = Context::default();
    let screen = context.observe(&cx).await.expect("a screen");
    let resolved = context.resolve(&cx, &Click { r#ref: find(&screen, "Open") }.into()).await.expect("resolved");
    let _ = context.dispatch(&cx, &resolved).await.expect("a receipt");
    let popup = told_by(&site, "machine", "guest-popup").await;
    assert_eq!(popup.field("zone"), Some("Europe/Paris"));
    // What it asks for first may have gone out before we knew of it; what comes next is as it should be.
    assert_eq!(ask(&site, &context, &site.url("keep/machine/later"), "headers").await.field("x-team"), Some("nine"));
    // A state can be given to it, and not to all of their Chrome.
    let state = browser.storage_state(&cx).await.expect("a state");
    let refused = browser.restore_storage(&cx, &state).await.expect_err("it is not ours");
    assert!(matches!(&refused, SurfaceError::NotAvailable { hint, .. } if hint.contains("Browser::context")), "{refused}");
    let second = browser.context(ContextConfig { storage: Some(state), ..ContextConfig::default() }).await.expect("a context");
    assert_eq!(ask(&site, &second, &site.url("keep/show"), "stored").await.field("local"), Some("shared"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_chrome_is_told_so() {
    let site = Fixtures::start().await.expect("a server");
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address").port();
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    drop(silent);
    for address in [
        format!("http://127.0.0.1:{free}"),
        site.origin(),
        "wss://127.0.0.1:9222/x".to_owned(),
        "nonsense".to_owned(),
        format!("ws://127.0.0.1:{free}/x"),
    ] {
        let error = Browser::attach(&address, BrowserConfig::default()).await.expect_err("there is no Chrome");
        assert!(matches!(&error, SurfaceError::NotAvailable { hint, .. } if hint.contains("--remote-debugging-port")), "{error}");
    }
    let emulation = Emulation::builder().geolocation(1.0, 1.0, 1.0).build().expect("fine");
    let error =
        Browser::attach("http://127.0.0.1:1", BrowserConfig { emulation, ..BrowserConfig::default() }).await.expect_err("not for all");
    assert!(error.to_string().contains("Browser::context"), "{error}");
}
