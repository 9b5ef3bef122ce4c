//! A model that remembers: the second task needs what was learned in the first one, and is done with memory and not without.
//!
//! Why it exists: memory is worth having only if a run goes better by it. Here a model on this machine files an expense claim;
//! then it is to file another one "for the same employee as last time", which nothing on the site and nothing in the goal tells.
//! What was kept of the first run, without any model, tells it. The server's state says whether the right claim was filed.
//! The second task is tried with `--memory off` too, and must not succeed then.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use handiwork_test_support::demo::{Claim, DemoConfig, DemoSite};
use serde_json::json;

/// Whom the site knows.
const USER: &str = "dana";

/// The one that only the first run is told.
const EMPLOYEE: &str = "Jonas Weber";

const FIRST: &str =
    "File an expense claim for Jonas Weber: train to Hamburg, 86.40 euros, on 3 November 2026, travel, paid with the company card.";
const SECOND: &str = "File an expense claim for the same employee as last time: taxi to Bremen, 31.50 euros, on 5 November 2026, travel, paid with the company card.";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let handiwork = beside_me()?;
    if std::env::var_os("DEEPSEEK_API_KEY").is_none() {
        println!("No DEEPSEEK_API_KEY: a model on this machine will do it. Fetching it, if it is not here yet (1.1 GB).");
        let pulled = tokio::process::Command::new(&handiwork).args(["model", "pull", "default"]).status().await?;
        if !pulled.success() {
            bail!("the model could not be fetched");
        }
    }
    let folder = PathBuf::from("target/remember");
    std::fs::create_dir_all(&folder)?;
    let home = tempfile::tempdir()?;
    let password = format!("canary-{:x}", std::process::id());
    let mut port = 0;
    let mut filed = Vec::new();
    for (goal, memory, report) in [(FIRST, "on", "first.html"), (SECOND, "on", "with.html"), (SECOND, "off", "without.html")] {
        // The same address each time, and nothing on it: what was filed before is told by no page.
        let site = DemoSite::start(DemoConfig { port, user: USER.to_owned(), password: password.clone(), ..DemoConfig::default() }).await?;
        port = site.port();
        let goal = format!("Sign in as {USER} with the password secret. {goal}");
        println!("\n$ handiwork run {goal:?} --memory {memory}");
        let report = folder.join(report);
        let secret = format!("password=DEMO_PASSWORD@{}", site.origin());
        let mut command = tokio::process::Command::new(&handiwork);
        // Five steps are enough for who knows what to write; who does not need not try for ever.
        command
            .args([
                "run",
                &goal,
                "--url",
                &site.url(),
                "--secret",
                &secret,
                "--memory",
                memory,
                "--scripts",
                "off",
                "--max-steps",
                "8",
                "--report",
            ])
            .arg(&report);
        // Its own memory, with the models of this user.
        command.arg("--home").arg(home.path()).env("HANDIWORK_MODELS", models(&handiwork).await?).env("DEMO_PASSWORD", &password);
        command.stdin(std::process::Stdio::null()).kill_on_drop(true);
        let status = tokio::time::timeout(Duration::from_mins(20), command.status()).await.context("it took too long")??;
        println!("  ended with {status}; report: {}", report.display());
        filed.push(site.claims().await?.iter().any(|claim| is(claim, if goal.contains("Hamburg") { 8640 } else { 3150 })));
        site.stop().await;
    }
    let [first, with, without] = filed.as_slice() else { bail!("not all three were run") };
    println!("\n{}", json!({ "bar": "remember", "first": first, "with_memory": with, "without_memory": without }));
    if !first || !with || *without {
        bail!("the first claim and the one with memory must be filed for {EMPLOYEE}, and the one without can't be");
    }
    Ok(())
}

fn is(claim: &Claim, cents: i64) -> bool {
    claim.employee == EMPLOYEE && claim.amount_cents == cents
}

/// Where the user's models are.
async fn models(handiwork: &Path) -> anyhow::Result<PathBuf> {
    let listed = tokio::process::Command::new(handiwork).args(["model", "list", "--json"]).output().await?;
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout)?;
    let file = listed.pointer("/0/file").and_then(serde_json::Value::as_str).context("no models are known")?;
    Ok(Path::new(file).parent().context("a folder")?.to_owned())
}

/// The `handiwork` that was built beside this example.
fn beside_me() -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe()?;
    let file = me.ancestors().nth(2).context("no target folder")?.join("handiwork");
    if !file.is_file() {
        bail!("{} is not there; build it first: cargo build --workspace --bin handiwork", file.display());
    }
    Ok(file)
}
