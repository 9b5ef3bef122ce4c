//! Parents that are killed without a chance to clean up leave no process, and their folders go with the next start.

#![allow(clippy::print_stdout, reason = "make reads what it prints")]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;

/// Set in the environment of this test program when it is to play the parent that is killed.
const PARENT: &str = "HANDIWORK_TEST_SURVIVAL_PARENT";

/// Not a test by itself: what a killed parent does when this program is started as one.
#[tokio::test(flavor = "multi_thread")]
async fn parent_that_is_killed() {
    if std::env::var_os(PARENT).is_none() {
        return;
    }
    let _browser = launch(BrowserConfig::default()).await;
    // Waits for its end; the deadline only matters if nobody kills it.
    let _ = tokio::time::timeout(Duration::from_mins(2), std::future::pending::<()>()).await;
}

struct Parent(Child);

impl Drop for Parent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn parent(temporary: &std::path::Path) -> Parent {
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "browser::survival::parents::parent_that_is_killed", "--nocapture"])
        .env(PARENT, "1")
        .env("TMPDIR", temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Parent(child.expect("this program again"))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_killed_parents_leave_no_browser_and_the_next_removes_their_folders() {
    killed_in_pairs(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make survive"]
async fn fifty_killed_parents_leave_no_browser() {
    killed_in_pairs(25).await;
    println!("{}", serde_json::json!({ "bar": "parents", "killed": 50, "left": 0 }));
}

/// Two at a time, for the machine is small.
async fn killed_in_pairs(pairs: u32) {
    // A temporary folder of their own, so that nothing else is counted.
    let temporary = tempfile::tempdir().expect("a folder");
    let mark = format!("--user-data-dir={}", temporary.path().display());
    let folders = || -> Vec<PathBuf> {
        let entries = std::fs::read_dir(temporary.path()).expect("listed").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("handiwork-"))).collect()
    };
    for _ in 0..pairs {
        let before = folders();
        let mut parents = [parent(temporary.path()), parent(temporary.path())];
        wait_until("two browsers with helpers", || {
            let browsers: Vec<u32> = processes_with(&mark).into_iter().filter(|pid| group(*pid).len() > 1).collect();
            browsers.len() == 2
        })
        .await;
        // What was there before was left by dead owners: those of this round remove it.
        wait_until("what was left to be removed", || before.iter().all(|path| !path.exists())).await;
        let browsers: Vec<u32> = processes_with(&mark).into_iter().filter(|pid| !group(*pid).is_empty()).collect();
        for one in &mut parents {
            one.0.kill().expect("killed");
            one.0.wait().expect("reaped");
        }
        wait_until("the browsers and their helpers to end", || {
            processes_with(&mark).is_empty() && browsers.iter().all(|id| group(*id).is_empty())
        })
        .await;
        assert!(folders().len() >= 2, "they could not clean up");
    }
    assert!(processes_with(&temporary.path().display().to_string()).is_empty());
    assert!(folders().len() <= 4, "a profile and a folder for downloads for each of the last two: {:?}", folders());
}
