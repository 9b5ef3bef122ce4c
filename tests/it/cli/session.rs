//! A session that lasts over many commands, and ends without leaving anything behind.

use std::path::Path;

use handiwork_test_support::fixtures::Fixtures;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Ran, handiwork, run};
use crate::browser::wait_until;

async fn cli(home: &Path, args: &[&str]) -> Ran {
    run(handiwork(home, args)).await
}

/// The ref of the element with this name, as a person would read it off the screen.
fn ref_of(screen: &str, name: &str) -> String {
    let line = screen.lines().find(|line| line.contains(&format!("\"{name}\""))).unwrap_or_else(|| panic!("no {name} on\n{screen}"));
    line.split_whitespace().next().expect("a ref").to_owned()
}

/// The session's process and those that it has started.
async fn processes(home: &Path) -> (i32, Vec<i32>) {
    let list = cli(home, &["sessions", "--json"]).await.json();
    let pid = list[0].get("pid").and_then(Value::as_i64).expect("a pid") as i32;
    let parent_of = |pid: i32| -> Option<i32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let all: Vec<i32> =
        std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let children: Vec<i32> = all.into_iter().filter(|child| parent_of(*child) == Some(pid)).collect();
    assert!(!children.is_empty(), "no browser");
    (pid, children)
}

fn is_gone(pid: i32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_used_by_one_command_after_another() {
    let (site, home) = (Fixtures::start().await.expect("a site"), tempfile::tempdir().expect("a folder"));
    let home = home.path();
    let none = cli(home, &["act", "click", "e1"]).await;
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("there is no session \"default\"") && none.err.contains("handiwork open URL"), "{none:?}");

    let opened = cli(home, &["open", &site.url("asking")]).await;
    assert_eq!(opened.code, Some(0), "{opened:?}");
    assert!(opened.out.contains("heading \"Asking\""), "{opened:?}");
    let asked = cli(home, &["act", "click", &ref_of(&opened.out, "Rename")]).await;
    assert!(asked.out.contains("New name?"), "{asked:?}");
    let screen = cli(home, &["screen"]).await;
    let filled = cli(home, &["act", "fill", &ref_of(&screen.out, "Answer"), "Ada Lovelace"]).await;
    assert_eq!(filled.code, Some(0), "{filled:?}");
    let answered = cli(home, &["act", "click", &ref_of(&screen.out, "OK")]).await;
    assert!(answered.out.contains("Named Ada Lovelace"), "{answered:?}");

    assert!(cli(home, &["find", "named ada"]).await.out.contains("1 place found"));
    assert!(cli(home, &["read"]).await.out.contains("Named Ada Lovelace"));
    let controls = cli(home, &["screen", "--controls"]).await.out;
    assert!(controls.contains("\"Proceed\"") && !controls.contains("heading"), "{controls}");
    let picture = home.join("page.png");
    let shot = cli(home, &["shot", picture.to_str().expect("text"), "--refs"]).await;
    assert_eq!(shot.code, Some(0), "{shot:?}");
    assert!(std::fs::read(&picture).expect("a picture").starts_with(b"\x89PNG"));

    let unknown = cli(home, &["act", "click", "e999"]).await;
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.out.contains("there is no element e999"), "{unknown:?}");
    let wrong = cli(home, &["act", "jump"]).await;
    assert!(wrong.code == Some(2) && wrong.err.contains("There are: navigate"), "{wrong:?}");
    let refused = cli(home, &["act", "navigate", "file:///etc/passwd"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let json = cli(home, &["--json", "act", "reload"]).await.json();
    assert_eq!(json.pointer("/receipt/verdict").and_then(Value::as_str), Some("verified"), "{json}");

    let (pid, browser) = processes(home).await;
    assert_eq!(cli(home, &["close"]).await.code, Some(0));
    wait_until("the session to end", || browser.iter().chain([&pid]).all(|pid| is_gone(*pid))).await;
    assert!(cli(home, &["sessions"]).await.out.contains("no session is open"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_all_that_it_started() {
    let (site, home) = (Fixtures::start().await.expect("a site"), tempfile::tempdir().expect("a folder"));
    let home = home.path();
    let url = site.url("done");
    // By itself.
    assert_eq!(cli(home, &["open", &url, "--idle", "0.02"]).await.code, Some(0));
    let (pid, browser) = processes(home).await;
    wait_until("the idle session to end", || browser.iter().chain([&pid]).all(|pid| is_gone(*pid))).await;
    // Killed.
    assert_eq!(cli(home, &["open", &url]).await.code, Some(0));
    let (pid, browser) = processes(home).await;
    kill_process(Pid::from_raw(pid).expect("a pid"), Signal::KILL).expect("killed");
    wait_until("its browser to end", || browser.iter().all(|pid| is_gone(*pid))).await;
    let after = cli(home, &["act", "back"]).await;
    assert!(after.code == Some(2) && after.err.contains("handiwork open URL"), "{after:?}");
    // Two that open it at once have one session, and another name is another one.
    let open = ["open", url.as_str()];
    let (one, two) = tokio::join!(cli(home, &open), cli(home, &open));
    assert_eq!((one.code, two.code), (Some(0), Some(0)), "{one:?} {two:?}");
    assert_eq!(cli(home, &["open", &url, "--session", "other"]).await.code, Some(0));
    assert_eq!(cli(home, &["sessions", "--json"]).await.json().as_array().map(Vec::len), Some(2));
    let bad = cli(home, &["open", &url, "--session", "../x"]).await;
    assert!(bad.code == Some(2) && bad.err.contains("can't be a session's name"), "{bad:?}");
    let closed = cli(home, &["close", "--all"]).await;
    assert_eq!(closed.out.trim(), "closed: default, other");
}
