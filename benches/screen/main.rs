//! handiwork's side of `make bench-screen`: the library, asked by lines of JSON, with times that it takes itself.
//!
//! What it is measured beside, and on which pages, is in `run.py`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a bench ends where it fails")]
#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::io::BufRead as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use handiwork::core::action::{Click, Navigate};
use handiwork::core::{Action, Context, Screen, Surface as _};
use handiwork::tools::browser::{Browser, BrowserConfig, ContextConfig};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<()> {
    // `cargo bench` and its like may ask for a list of benches; there is one, and it needs somebody to talk to.
    if std::env::args().any(|arg| arg == "--list") {
        return Ok(());
    }
    let config = BrowserConfig { deadline: Duration::from_mins(3), ..BrowserConfig::default() };
    let browser = Browser::launch(config).await?;
    for line in std::io::stdin().lock().lines() {
        let ask: Value = serde_json::from_str(&line?)?;
        let reply = reply(&browser, &ask).await.unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        println!("{reply}");
    }
    browser.close().await;
    Ok(())
}

async fn reply(browser: &Browser, ask: &Value) -> Result<Value> {
    let cx = Context::default();
    let text = |key: &str| ask.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let began = Instant::now();
    match text("op").as_str() {
        "open" => {
            act(browser, &cx, Navigate { url: text("url") }.into()).await?;
            Ok(json!({ "seconds": began.elapsed().as_secs_f64() }))
        }
        "observe" => {
            let shown = look(browser, &cx, &text("mode")).await?.render();
            Ok(json!({ "text": shown, "seconds": began.elapsed().as_secs_f64() }))
        }
        "act" => {
            let before = browser.observe(&cx).await?;
            let wanted = before.nodes.iter().find(|node| node.name == text("name")).and_then(|node| node.r#ref);
            let began = Instant::now();
            act(browser, &cx, Click { r#ref: wanted.context("no such element")? }.into()).await?;
            let after = look(browser, &cx, &text("mode")).await?;
            let shown = after.render();
            let seconds = began.elapsed().as_secs_f64();
            Ok(json!({ "text": shown, "seconds": seconds, "delta": after.delta(&before).unwrap_or_else(|| after.render()) }))
        }
        "contexts" => contexts(browser, &cx, &text("url"), ask.get("number").and_then(Value::as_u64).unwrap_or(40)).await,
        other => bail!("there is no {other}"),
    }
}

/// Opens the page in many contexts of one browser, and looks at all of them at once.
async fn contexts(browser: &Browser, cx: &Context, url: &str, number: u64) -> Result<Value> {
    let began = Instant::now();
    let mut all = Vec::new();
    for _ in 0..number {
        all.push(browser.context(ContextConfig::default()).await?);
    }
    for opened in futures::future::join_all(all.iter().map(|one| act(one, cx, Navigate { url: url.to_owned() }.into()))).await {
        opened?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    for screen in futures::future::join_all(all.iter().map(|one| one.observe(cx))).await {
        if screen?.nodes.is_empty() {
            bail!("an empty screen");
        }
    }
    let observe = began.elapsed().as_secs_f64();
    // All processes of this one and its browser's group, by what each has for itself alone and its share of the rest.
    let group = browser.pid().context("a browser of our own")?;
    let mine = |pid: u32| {
        pid == std::process::id() || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| group_of(&stat) == Some(group))
    };
    let pids = std::fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let kib: u64 = pids
        .filter(|pid| mine(*pid))
        .filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok())
        .filter_map(|map| pss(&map))
        .sum();
    for one in all {
        one.close().await;
    }
    Ok(json!({ "seconds": seconds, "observe": observe, "memory": kib as f64 / 1024.0 }))
}

fn group_of(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

fn pss(map: &str) -> Option<u64> {
    map.lines().find_map(|line| line.strip_prefix("Pss:"))?.split_whitespace().next()?.parse().ok()
}

async fn look(browser: &Browser, cx: &Context, mode: &str) -> Result<Screen> {
    match mode {
        "view" => Ok(browser.observe(cx).await?),
        "whole" => Ok(browser.observe_whole(cx).await?),
        _ => {
            let mut screen = browser.observe_whole(cx).await?;
            screen.nodes.retain(|node| node.r#ref.is_some());
            screen.nodes.iter_mut().for_each(|node| node.depth = 0);
            Ok(screen)
        }
    }
}

async fn act(browser: &Browser, cx: &Context, action: Action) -> Result<()> {
    let resolved = browser.resolve(cx, &action).await.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    let receipt = browser.dispatch(cx, &resolved).await?;
    if !receipt.is_verified() {
        bail!("{receipt}");
    }
    Ok(())
}
