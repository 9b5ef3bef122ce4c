//! A browser that hangs, dies, is closed or is left behind: nothing waits for ever and nothing stays.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use handiwork_core::action::{Click, Navigate};
use handiwork_core::{Receipt, Secrets, Surface, SurfaceError};
use handiwork_tools::browser::{Browser, BrowserConfig};
use rustix::process::{Pid, Signal, kill_process};

use super::{Rig, group, processes_with, wait_until};

/// Set in the environment of this test program when it is to play the parent that is killed.
const PARENT: &str = "HANDIWORK_TEST_BROWSER_PARENT";

fn pid(browser: &Browser) -> Pid {
    Pid::from_raw(i32::try_from(browser.pid().expect("ours")).expect("a pid")).expect("a pid")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_hangs_ends_in_time() {
    let config = BrowserConfig { deadline: Duration::from_secs(3), ..BrowserConfig::default() };
    let rig = Rig::with(config, Secrets::default()).await;
    rig.open("hang").await;
    let r#ref = rig.find("Hang").await;
    let began = Instant::now();
    let receipt = rig.act(Click { r#ref }).await;
    assert!(matches!(receipt, Receipt::Unknown { .. }), "{receipt:?}");
    let screen = rig.browser.observe(&rig.cx).await;
    assert!(matches!(screen, Err(SurfaceError::TimedOut { .. })), "{screen:?}");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // It can be left for another page.
    rig.open("done").await;
    assert!(rig.screen().await.render().contains("Thank you"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_browser_is_gone_at_once() {
    let rig = Rig::at("effects").await;
    let r#ref = rig.find("Late").await;
    let resolved = rig.resolve(Click { r#ref }).await.expect("resolved");
    let began = Instant::now();
    let (killed, outcome) = tokio::join!(async { kill_process(pid(&rig.browser), Signal::KILL) }, rig.browser.dispatch(&rig.cx, &resolved));
    killed.expect("killed");
    assert!(matches!(outcome, Err(SurfaceError::Gone { .. })), "{outcome:?}");
    assert!(matches!(rig.browser.observe(&rig.cx).await, Err(SurfaceError::Gone { .. })));
    let again = rig.browser.resolve(&rig.cx, &Navigate { url: rig.site.url("done") }.into()).await.expect("resolved");
    assert!(matches!(rig.browser.dispatch(&rig.cx, &again).await, Err(SurfaceError::Gone { .. })));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_and_dropping_leave_nothing() {
    for gently in [true, false] {
        let browser = Browser::launch(BrowserConfig::default()).await.expect("a browser");
        let id = browser.pid().expect("ours");
        assert!(group(id).len() > 1, "a browser has helpers");
        if gently {
            browser.close().await;
        }
        drop(browser);
        assert!(!PathBuf::from(format!("/proc/{id}")).exists(), "a process or a zombie is left");
        wait_until("the helpers to end", || group(id).is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_own_profile_is_removed() {
    let browser = Browser::launch(BrowserConfig::default()).await.expect("a browser");
    let line = std::fs::read(format!("/proc/{}/cmdline", browser.pid().expect("ours"))).expect("a command line");
    let line = String::from_utf8_lossy(&line).into_owned();
    let folder = line.split('\0').find_map(|arg| arg.strip_prefix("--user-data-dir=")).map(PathBuf::from).expect("a profile");
    assert!(folder.is_dir());
    let environment = std::fs::read(format!("/proc/{}/environ", browser.pid().expect("ours"))).expect("an environment");
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let names: Vec<&str> = environment.split('\0').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name).collect();
    assert!(names.iter().all(|name| ["PATH", "HOME", "LANG"].contains(name)), "{names:?}");
    browser.close().await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_missing_browser_says_how_to_get_one() {
    let missing = BrowserConfig { executable: Some("/nowhere/chromium".into()), ..BrowserConfig::default() };
    let error = Browser::launch(missing).await.expect_err("there is none");
    assert!(
        matches!(&error, SurfaceError::NotAvailable { hint, .. } if hint.contains("apt-get install chromium-headless-shell")),
        "{error}"
    );
    let broken = BrowserConfig { executable: Some("/bin/false".into()), ..BrowserConfig::default() };
    let error = Browser::launch(broken).await.expect_err("it ends at once");
    assert!(matches!(&error, SurfaceError::NotAvailable { .. }), "{error}");
}

/// Not a test by itself: what the killed parent does when this program is started as one.
#[tokio::test(flavor = "multi_thread")]
async fn parent_that_is_killed() {
    let Some(profile) = std::env::var_os(PARENT) else { return };
    let config = BrowserConfig { profile: Some(profile.into()), ..BrowserConfig::default() };
    let _browser = Browser::launch(config).await.expect("a browser");
    // Waits for its end; the deadline only matters if nobody kills it.
    let _ = tokio::time::timeout(Duration::from_mins(1), std::future::pending::<()>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_parent_leaves_no_browser() {
    let profile = tempfile::tempdir().expect("a folder");
    let mark = format!("--user-data-dir={}", profile.path().display());
    let mut parent = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "browser::life::parent_that_is_killed", "--nocapture"])
        .env(PARENT, profile.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("this program again");
    wait_until("the browser to start", || processes_with(&mark).first().is_some_and(|id| group(*id).len() > 1)).await;
    let browser = processes_with(&mark)[0];
    parent.kill().expect("killed");
    parent.wait().expect("reaped");
    wait_until("the browser and its helpers to end", || processes_with(&mark).is_empty() && group(browser).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_folder_has_one_browser_at_a_time() {
    let profile = tempfile::tempdir().expect("a folder");
    let config = BrowserConfig { profile: Some(profile.path().to_owned()), ..BrowserConfig::default() };
    let first = Browser::launch(config.clone()).await.expect("a browser");
    let pid = first.pid().expect("ours");
    let refused = Browser::launch(config.clone()).await.expect_err("it is in use");
    let SurfaceError::NotAvailable { problem, hint } = &refused else { panic!("{refused}") };
    assert!(problem.contains(&format!("in use by browser process {pid}")) && hint.contains("another folder"), "{refused}");
    first.close().await;
    // What a browser leaves that was killed: nobody with that number lives.
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    std::os::unix::fs::symlink(format!("{host}-4194305"), profile.path().join("SingletonLock")).expect("a link");
    let again = Browser::launch(config).await.expect("free again");
    again.close().await;
}
