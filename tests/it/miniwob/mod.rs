//! MiniWoB++ as it is served here: the same seed gives the same task, and the page itself says whether it was done.
//!
//! The whole benchmark, with a model, is `make miniwob`.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use handiwork::core::Action;
use handiwork::core::action::Navigate;
use handiwork::core::testing::{ScriptedModel, call};
use handiwork::prelude::*;
use handiwork_test_support::miniwob::{self, Episode, MiniWob};
use serde_json::{Value, json};

async fn site() -> MiniWob {
    let home = PathBuf::from(std::env::var_os("HOME").expect("HOME"));
    let pages = miniwob::fetch(&home.join(".cache/handiwork/pages")).await.expect("the pages");
    MiniWob::start(&pages).await.expect("a server")
}

async fn open(browser: &Browser, episode: &mut Episode) -> String {
    let cx = Context::default();
    let resolved = browser.resolve(&cx, &Action::from(Navigate { url: episode.url.clone() })).await.expect("an address");
    browser.dispatch(&cx, &resolved).await.expect("a page");
    tokio::time::timeout(Duration::from_secs(30), episode.goal()).await.expect("in time").expect("a goal")
}

/// The reward that a page gives for these calls.
async fn reward(site: &MiniWob, task: &str, calls: Vec<(&str, Value)>) -> f64 {
    let browser = Arc::new(Browser::launch(BrowserConfig::default()).await.expect("a browser"));
    let mut episode = site.episode(task, 1);
    let goal = open(&browser, &mut episode).await;
    let model = ScriptedModel::new().calls(calls.into_iter().map(|(name, args)| call(name, args)));
    let agent = Agent::builder(model).shared_surface(browser.clone()).policy(Policy::allow()).build();
    let run = agent.run(goal).finish();
    let reward = tokio::time::timeout(Duration::from_mins(1), async { tokio::join!(run, episode.reward()).1 }).await;
    browser.close().await;
    reward.expect("in time").expect("a reward")
}

#[tokio::test]
async fn a_page_in_chromium_tells_its_task_and_its_reward() {
    let site = site().await;
    assert!(site.tasks().expect("a folder").len() > 100);
    let right = vec![("check", json!({ "ref": "e3", "checked": true })), ("click", json!({ "ref": "e4" }))];
    assert!(reward(&site, "click-option", right).await >= 1.0, "S4 is the third option of seed 1");
    let wrong = vec![("check", json!({ "ref": "e1", "checked": true })), ("click", json!({ "ref": "e4" }))];
    assert!(reward(&site, "click-option", wrong).await < 0.0);
}

#[tokio::test]
async fn a_seed_in_chromium_makes_the_task() {
    let site = site().await;
    let browser = Browser::launch(BrowserConfig::default()).await.expect("a browser");
    let mut goals = Vec::new();
    for seed in [1, 1, 2] {
        goals.push(open(&browser, &mut site.episode("login-user", seed)).await);
    }
    browser.close().await;
    assert!(goals[0] == goals[1] && goals[0] != goals[2], "{goals:?}");
}
