//! The browser surface against real Chromium and pages of our own server. What counts is what the server was told.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

mod acting;
mod bad_input;
mod cases;
mod changing;
mod form;
mod hands;
mod life;
mod looking;
mod reading;
mod secrets;
pub(crate) mod state;
mod survival;
mod traps;
mod widgets;

use std::sync::Arc;
use std::time::{Duration, Instant};

use handiwork_core::action::{Check, Click, Fill, Navigate, Press, Select};
use handiwork_core::{Action, Change, Context, Reason, Receipt, Ref, Refusal, Resolved, Screen, Secrets, Surface};
use handiwork_test_support::fixtures::Fixtures;
use handiwork_tools::browser::{Browser, BrowserConfig};

/// A browser, a server and what a run would have.
struct Rig {
    browser: Browser,
    site: Fixtures,
    cx: Context,
}

impl Rig {
    async fn new() -> Self {
        Self::with(BrowserConfig::default(), Secrets::default()).await
    }

    async fn with(config: BrowserConfig, secrets: Secrets) -> Self {
        let site = Fixtures::start().await.expect("a server");
        Self::on(site, config, secrets).await
    }

    async fn on(site: Fixtures, config: BrowserConfig, secrets: Secrets) -> Self {
        let browser = Browser::launch(config).await.expect("a browser: apt-get install chromium-headless-shell");
        Self { browser, site, cx: Context::new(Arc::new(secrets)) }
    }

    /// With a page already open.
    async fn at(page: &str) -> Self {
        let rig = Self::new().await;
        rig.open(page).await;
        rig
    }

    async fn open(&self, page: &str) {
        let receipt = self.act(Navigate { url: self.site.url(page) }).await;
        assert!(receipt.is_verified(), "{receipt:?}");
    }

    async fn screen(&self) -> Screen {
        self.browser.observe(&self.cx).await.expect("a screen")
    }

    async fn find(&self, name: &str) -> Ref {
        find(&self.screen().await, name)
    }

    async fn resolve(&self, action: impl Into<Action>) -> Result<Resolved, Refusal> {
        self.browser.resolve(&self.cx, &action.into()).await
    }

    /// Resolves and dispatches; a refusal is a receipt too, as in the loop.
    async fn act(&self, action: impl Into<Action>) -> Receipt {
        match self.resolve(action).await {
            Ok(resolved) => self.dispatch(&resolved).await,
            Err(Refusal::NotDispatched(reason)) => Receipt::refused(reason),
            Err(Refusal::Surface(error)) => panic!("{error}"),
        }
    }

    async fn dispatch(&self, resolved: &Resolved) -> Receipt {
        self.browser.dispatch(&self.cx, resolved).await.expect("a receipt")
    }

    async fn click(&self, name: &str) -> Receipt {
        let r#ref = self.find(name).await;
        self.act(Click { r#ref }).await
    }

    async fn key(&self, keys: &str) -> Receipt {
        self.act(Press { keys: keys.to_owned(), r#ref: None }).await
    }

    async fn fill(&self, name: &str, text: &str) -> Receipt {
        let r#ref = self.find(name).await;
        self.act(Fill { r#ref, text: text.to_owned() }).await
    }

    async fn select(&self, name: &str, option: &str) -> Receipt {
        let r#ref = self.find(name).await;
        self.act(Select { r#ref, option: option.to_owned() }).await
    }

    async fn check(&self, name: &str, checked: bool) -> Receipt {
        let r#ref = self.find(name).await;
        self.act(Check { r#ref, checked }).await
    }

    /// Waits until the server was told `what` this often.
    async fn told(&self, what: &str, times: usize) {
        wait_until(&format!("{what} to be told"), || self.site.count(what) >= times).await;
    }
}

fn find(screen: &Screen, name: &str) -> Ref {
    let node = screen.nodes.iter().find(|node| node.r#ref.is_some() && node.name == name);
    node.and_then(|node| node.r#ref).unwrap_or_else(|| panic!("no {name:?} on\n{}", screen.render()))
}

fn changes(receipt: &Receipt) -> &[Change] {
    match receipt {
        Receipt::Verified { changes } => changes,
        other => panic!("not verified: {other:?}"),
    }
}

fn refusal(receipt: &Receipt) -> &Reason {
    match receipt {
        Receipt::NotDispatched { reason } => reason,
        other => panic!("not refused: {other:?}"),
    }
}

/// Waits for a condition, with a deadline.
pub(crate) async fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while !condition() {
        assert!(Instant::now() < end, "waited too long for {what}");
        tick.tick().await;
    }
}

/// Processes that have `text` on their command line, as the kernel tells; zombies have none.
fn processes_with(text: &str) -> Vec<u32> {
    pids()
        .filter(|pid| std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(text)))
        .collect()
}

/// Living processes of a process group.
fn group(id: u32) -> Vec<u32> {
    let belongs = |stat: &str| {
        // After the name, which may hold anything: state, parent, group.
        let fields: Vec<&str> = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        fields.first() != Some(&"Z") && fields.get(2).and_then(|group| group.parse().ok()) == Some(id)
    };
    pids().filter(|pid| std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| belongs(&stat))).collect()
}

fn pids() -> impl Iterator<Item = u32> {
    std::fs::read_dir("/proc").expect("/proc").filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}
