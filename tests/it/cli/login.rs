//! Profiles from the command line: a person logs in once, and later commands are that person.

use std::process::Stdio;

use handiwork_test_support::fixtures::Fixtures;
use tokio::io::AsyncWriteExt as _;

use super::{handiwork, run};
use crate::browser::state::window::Screen;

#[tokio::test]
async fn without_a_screen_there_is_a_word_on_how_to_get_one() {
    let home = tempfile::tempdir().expect("a folder");
    let ran = run(handiwork(home.path(), &["login", "--profile", "me", "http://127.0.0.1:1/"])).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.err.contains("neither DISPLAY nor WAYLAND_DISPLAY is set") && ran.err.contains("Xvfb :9"), "{ran:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_profile_is_told() {
    let home = tempfile::tempdir().expect("a folder");
    let cases: [(&[&str], i32, &str); 5] = [
        (&["profile", "delete", "nobody"], 2, "handiwork login --profile nobody"),
        (&["profile", "delete", "../x"], 2, "can't be the name of a profile"),
        (&["login", "--profile", "a/b", "http://127.0.0.1:1/"], 2, "can't be the name of a profile"),
        (&["screen", "--profile", "nobody", "--url", "http://127.0.0.1:1/"], 2, "handiwork login --profile nobody"),
        (&["screen", "--profile", "nobody"], 2, "--url"),
    ];
    for (args, code, says) in cases {
        let ran = run(handiwork(home.path(), args)).await;
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:?}");
        assert!(ran.err.contains(says), "{args:?}: {ran:?}");
    }
    let ran = run(handiwork(home.path(), &["profile", "list", "--json"])).await;
    assert_eq!((ran.code, ran.out.trim()), (Some(0), "[]"));
    let mut command = handiwork(home.path(), &["screen", "--profile", "x", "--url", "http://127.0.0.1:1/"]);
    command.env("HANDIWORK_KEY", "short");
    let ran = run(command).await;
    assert!(ran.code == Some(3) && ran.err.contains("openssl rand -hex 32"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_and_later_commands_are_logged_in() {
    let Some(screen) = Screen::start() else { return };
    let site = Fixtures::start().await.expect("a server");
    let home = tempfile::tempdir().expect("a folder");
    let url = site.url("keep/set/canary-77");
    let mut command = handiwork(home.path(), &["login", "--profile", "me", "--json", &url]);
    command.env("DISPLAY", &screen.display).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // The page has told nobody of itself: it is there when its cookies are, so Enter comes after what the command says.
    let mut said = tokio::io::BufReader::new(child.stderr.take().expect("stderr"));
    let mut line = String::new();
    let read = tokio::io::AsyncBufReadExt::read_line(&mut said, &mut line);
    tokio::time::timeout(std::time::Duration::from_mins(1), read).await.expect("in time").expect("a line");
    assert!(line.contains("press Enter"), "{line}");
    child.stdin.as_mut().expect("stdin").write_all(b"\n").await.expect("pressed");
    let done = tokio::time::timeout(std::time::Duration::from_mins(1), child.wait_with_output()).await.expect("it ends").expect("it ran");
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{out}");
    let told: serde_json::Value = serde_json::from_str(out.trim()).expect("JSON");
    assert_eq!((told["cookies"].as_u64(), told["sites"][0].as_str()), (Some(5), Some("127.0.0.1")));
    assert!(!out.contains("canary"), "{out}");

    let ran = run(handiwork(home.path(), &["profile", "list"])).await;
    assert_eq!(ran.out.trim(), "me");
    let ran = run(handiwork(home.path(), &["screen", "--profile", "me", "--url", &site.url("keep/show")])).await;
    assert!(ran.code == Some(0) && ran.out.contains("Shown"), "{ran:?}");
    let cookies = || site.told().into_iter().rfind(|told| told.what == "cookies").expect("cookies");
    assert_eq!(cookies().field("sid"), Some("canary-77"));
    // What a site changes is saved back: it is another one now.
    let ran = run(handiwork(home.path(), &["screen", "--profile", "me", "--url", &site.url("keep/set/newer")])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = run(handiwork(home.path(), &["screen", "--profile", "me", "--url", &site.url("keep/show")])).await;
    assert_eq!((ran.code, cookies().field("sid")), (Some(0), Some("newer")), "{ran:?}");
    // Nothing lies there in the clear.
    let file = home.path().join("data/profiles/me.state");
    let bytes = std::fs::read(&file).expect("a file");
    assert!(!String::from_utf8_lossy(&bytes).contains("newer"));
    // With another key it says so, and can still be deleted.
    let mut command = handiwork(home.path(), &["screen", "--profile", "me", "--url", &site.url("keep/show")]);
    command.env("HANDIWORK_KEY", "ab".repeat(32));
    let ran = run(command).await;
    assert!(ran.code == Some(3) && ran.err.contains("encrypted with another key"), "{ran:?}");
    let ran = run(handiwork(home.path(), &["profile", "delete", "me"])).await;
    assert!(ran.code == Some(0) && !file.exists(), "{ran:?}");
}
