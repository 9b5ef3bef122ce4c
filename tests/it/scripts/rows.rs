//! Many rows at once, and the process killed in the middle of them: each row is on the server exactly once.
//!
//! `make rows` has a thousand rows, this a few. The real command is killed without warning, and the same command goes on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use handiwork::planners::script::format::Ours;
use handiwork_test_support::demo::{DemoConfig, DemoSite};

use super::recorded;

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn command(home: &Path, args: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_handiwork"));
    command
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("HANDIWORK_HOME", home.join("data"))
        .env("DEMO_PASSWORD", "quiet-harbour-71")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_is_filed_exactly_once_though_the_process_is_killed() {
    let (rows, jobs) = (number("HANDIWORK_ROWS", 12), number("HANDIWORK_JOBS", 4));
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let mut script = recorded(&site).await;
    // Whether a row is done is asked of the list of claims; what leads there may be done again.
    let probe = format!("{}/claims has {{{{title}}}}", site.origin()).parse().expect("a probe");
    script.steps.insert(1, Ours::Probe(probe).step());
    let home = tempfile::tempdir().expect("a folder");
    let (file, data) = (home.path().join("claim.json"), home.path().join("rows.csv"));
    std::fs::write(&file, script.write()).expect("written");
    let mut text = "employee,title,amount\n".to_owned();
    for row in 0..rows {
        let _ = writeln!(text, "Ana Lopez {row},\"trip {row}x, by train\",{}.50", row + 10);
    }
    std::fs::write(&data, text).expect("written");
    let (jobs, secret) = (jobs.to_string(), format!("password=DEMO_PASSWORD@{}", site.origin()));
    let args = ["replay", path(&file), "--data", path(&data), "--jobs", &jobs, "--secret", &secret, "--json"];

    // Killed when about half of the rows are there.
    let mut child = command(home.path(), &args).spawn().expect("it starts");
    let end = Instant::now() + Duration::from_secs(60 + 10 * rows as u64);
    let begun = site.claims().await.expect("claims").len();
    while site.claims().await.expect("claims").len() - begun < rows / 2 {
        assert!(Instant::now() < end, "it does not get half-way");
        assert!(child.try_wait().expect("a child").is_none(), "it ended before it was half-way");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    child.start_kill().expect("killed");
    let _ = child.wait().await;

    let left = Duration::from_secs(120 + 10 * rows as u64);
    let output = tokio::time::timeout(left, command(home.path(), &args).output()).await.expect("it ends").expect("it runs");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for claim in site.claims().await.expect("claims") {
        *counts.entry(claim.title).or_default() += 1;
    }
    let missing: Vec<usize> = (0..rows).filter(|row| counts.get(&format!("trip {row}x, by train")) != Some(&1)).collect();
    assert!(missing.is_empty(), "rows {missing:?} are not there exactly once; {told}\n{errors}");
    assert_eq!(told["done"].as_u64(), Some(rows as u64), "{told}\n{errors}");
    assert!(told["before"].as_u64().is_some_and(|before| before > 0 && (before as usize) < rows), "{}", told["before"]);
    assert_eq!(told["model_calls"].as_u64(), Some(0));

    // What is done is done.
    let again = command(home.path(), &args).output().await.expect("it runs");
    let told: serde_json::Value = serde_json::from_slice(&again.stdout).expect("json");
    assert_eq!((told["done"].as_u64(), told["before"].as_u64()), (Some(rows as u64), Some(rows as u64)));
    if let Ok(file) = std::env::var("HANDIWORK_ROWS_TOLD") {
        std::fs::write(file, serde_json::json!({ "bar": "rows", "rows": rows, "killed": true, "exactly_once": rows }).to_string())
            .expect("written");
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path")
}
