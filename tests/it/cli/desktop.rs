//! Desktops by the command: sessions, a run with a stand-in model that leaves a script, its healing, a kill, a computer-use model's calls.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use handiwork_core::Surface as _;
use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_tools::desktop::{Desktop, DesktopConfig, Region};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::claim::find;
use super::{Ran, handiwork, run};

async fn cli(home: &Path, args: &[&str]) -> Ran {
    run(handiwork(home, args)).await
}

/// Processes of private desktops whose home is below a folder of this test's user: told by the mark in their environment.
fn marked(display_of: &str) -> Vec<u32> {
    let pids = std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).split('\0').any(|one| one == format!("HANDIWORK_DESKTOP={display_of}"))
    })
    .collect()
}

/// The mark of the desktop that a process has started.
fn mark_of_child(parent: u32) -> Option<String> {
    let pids = std::fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for pid in pids {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let ppid = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let text = String::from_utf8_lossy(&environment).into_owned();
        let mark = text.split('\0').find_map(|one| one.strip_prefix("HANDIWORK_DESKTOP=")).map(str::to_owned);
        if ppid == Some(parent) && mark.is_some() {
            return mark;
        }
    }
    None
}

async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is() {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn ref_of(screen: &str, words: &str) -> String {
    let line = screen.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("no {words} on\n{screen}"));
    line.split_whitespace().next().expect("a ref").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_used_by_one_command_after_another_and_leaves_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    let once = cli(home, &["screen", "--desktop", "--launch", "galculator", "--json"]).await;
    assert_eq!(once.json()["url"], json!("app://galculator/"), "{once:?}");
    let wrong = cli(home, &["screen", "--desktop", "--launch", "no-such-program"]).await;
    assert!(wrong.code != Some(0) && wrong.err.contains("no program \"no-such-program\""), "{wrong:?}");
    let wrong = cli(home, &["open", "--desktop", "--size", "12x"]).await;
    assert!(wrong.code == Some(2) && wrong.err.contains("1280x800"), "{wrong:?}");

    let opened = cli(home, &["open", "--desktop", "--launch", "galculator", "--ocr", "off"]).await;
    assert_eq!(opened.code, Some(0), "{opened:?}");
    let seven = ref_of(&opened.out, "button \"7\"");
    let clicked = cli(home, &["act", "--desktop", "click", &seven]).await;
    assert!(clicked.code == Some(0) && clicked.out.contains("value=\"7\""), "{clicked:?}");
    let file = home.join("shot.png");
    let shot = cli(home, &["shot", "--desktop", file.to_str().expect("a path")]).await;
    assert!(shot.out.contains("1280×800") && std::fs::read(&file).expect("a picture").starts_with(b"\x89PNG"), "{shot:?}");

    let list = cli(home, &["sessions", "--json"]).await.json();
    let pid = list[0]["pid"].as_u64().expect("a pid") as u32;
    let mark = mark_of_child(pid).expect("a desktop");
    assert!(marked(&mark).len() >= 4, "X server, bus, window manager, program");
    kill_process(Pid::from_raw(pid as i32).expect("a pid"), Signal::KILL).expect("killed");
    until("all of the desktop ends with its owner", || marked(&mark).is_empty()).await;
}

/// Presses 7 and 8, and says that it is done.
fn model(request: &Value, _: usize) -> Scripted {
    let at = |words: &str| find(request, words);
    let turn = request["messages"].as_array().expect("messages").iter().filter(|message| message["role"] == "assistant").count();
    match turn {
        0 => Scripted::call("click", &json!({ "ref": at("button \"7\"") })),
        1 => Scripted::call("click", &json!({ "ref": at("button \"8\"") })),
        _ => Scripted::call("done", &json!({ "ok": true, "answer": "It says 78." })),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_reported_and_replayed_without_a_model() {
    let home = tempfile::tempdir().expect("a folder");
    let server = StandIn::answering(model).await.expect("a server");
    let report = home.path().join("report.html");
    let on = ["--desktop", "--launch", "galculator", "--ocr", "off"];
    let mut command = handiwork(home.path(), &["run", "Type 78 into the calculator", "--json", "--check", "done 8"]);
    command.args(on).arg("--report").arg(&report);
    command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", server.url());
    let ran = run(command).await;
    assert_eq!(ran.json()["outcome"], json!("done"), "{ran:?}");
    let html = std::fs::read_to_string(&report).expect("a report");
    assert!(html.contains("data:image/png") && html.contains("galculator"), "no picture in it");
    // What the model is offered is a desktop's, and short.
    let request = server.requests().first().map(ToString::to_string).unwrap_or_default();
    assert!(request.contains("launch") && !request.contains("navigate"), "{request}");

    let script = home.path().join("script.json");
    let id = ran.json()["run"].as_str().expect("an id").to_owned();
    let made = cli(home.path(), &["script", "from-run", &id, "--output", script.to_str().expect("a path")]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let asked = server.requests().len();
    let mut args = vec!["replay", script.to_str().expect("a path"), "--json"];
    args.extend(on);
    let replayed = cli(home.path(), &args).await;
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    assert_eq!(server.requests().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_is_resumed_by_its_id() {
    let home = tempfile::tempdir().expect("a folder");
    let stalled = std::sync::atomic::AtomicBool::new(false);
    let server = StandIn::answering(move |request: &Value, turn: usize| {
        let reply = model(request, turn);
        let second = request["messages"].as_array().expect("messages").iter().filter(|message| message["role"] == "assistant").count() == 1;
        if second && !stalled.swap(true, std::sync::atomic::Ordering::SeqCst) { reply.stall_after(1) } else { reply }
    })
    .await
    .expect("a server");
    let command = |args: &[&str]| {
        let mut command = handiwork(home.path(), args);
        command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", server.url());
        command
    };
    let mut first = command(&[
        "run",
        "Type 78 into the calculator",
        "--desktop",
        "--launch",
        "galculator",
        "--ocr",
        "off",
        "--json",
        "--check",
        "done 8",
    ]);
    let mut child = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    until("the second request comes", || server.requests().len() >= 2).await;
    let pid = child.id().expect("it runs");
    let mark = mark_of_child(pid).expect("a desktop");
    kill_process(Pid::from_raw(pid as i32).expect("a pid"), Signal::KILL).expect("killed");
    let _ = child.wait().await;
    until("all of the desktop ends with it", || marked(&mark).is_empty()).await;
    let runs = run(command(&["runs", "--json"])).await.json();
    let id = runs.as_array().and_then(|runs| runs[0]["id"].as_str().or(runs[0]["run"].as_str())).expect("an id").to_owned();
    let resumed = run(command(&["resume", &id, "--json"])).await;
    assert_eq!(resumed.json()["outcome"], json!("done"), "{resumed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_use_model_drives_the_same_hands() {
    let home = tempfile::tempdir().expect("a folder");
    let args = ["computer", "--desktop", "--launch", "mousepad", "--ocr", "off", "--largest", "640x400"];
    let mut child =
        handiwork(home.path(), &args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let calls = [
        json!({"action": "screenshot"}),
        json!({"action": "left_click", "coordinate": [320, 250]}),
        json!({"action": "type", "text": "hello"}),
        json!({"action": "key", "text": "ctrl+a"}),
        json!({"action": "cursor_position"}),
        json!({"action": "zoom", "region": [0, 0, 100, 50]}),
        json!({"action": "dance"}),
    ];
    let text = calls.map(|call| call.to_string()).join("\n");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(text.as_bytes()).await.expect("written");
    drop(stdin);
    let output = tokio::time::timeout(Duration::from_mins(2), child.wait_with_output()).await.expect("it ends").expect("output");
    let answers: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), 7, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&answers[0]["screenshot"]["width"], &answers[0]["screenshot"]["height"]), (&json!(640), &json!(400)));
    assert_eq!(answers[2]["receipts"][0]["verdict"], json!("verified"), "{}", answers[2]["receipts"]);
    assert!(answers[4]["text"].as_str().is_some_and(|text| text.starts_with("X=320,Y=250")), "{}", answers[4]["text"]);
    assert_eq!(answers[5]["screenshot"]["width"], json!(199), "a part, at its own size");
    assert!(answers[6]["text"].as_str().is_some_and(|text| text.contains("there are: key")), "{}", answers[6]["text"]);
}

/// A button that is called otherwise than when the script was made: nothing is clicked in its place, a model says which one is meant, and
/// the script has its new name.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_heals_on_a_desktop_too() {
    let home = tempfile::tempdir().expect("a folder");
    let server = StandIn::answering(|request: &Value, turn: usize| {
        let asks = request["tools"].as_array().is_some_and(|tools| tools.iter().any(|tool| tool["function"]["name"] == "choose"));
        if !asks {
            return model(request, turn);
        }
        let question =
            request["messages"].as_array().and_then(|all| all.last()).and_then(|one| one["content"].as_str()).unwrap_or_default();
        let line = question.lines().find(|line| line.contains(". button \"8\"")).unwrap_or_else(|| panic!("not offered: {question}"));
        let number: u64 = line.split('.').next().and_then(|number| number.parse().ok()).expect("a number");
        Scripted::call("choose", &json!({ "number": number }))
    })
    .await
    .expect("a server");
    let on = ["--desktop", "--launch", "galculator", "--ocr", "off"];
    let with_model = |args: &[&str]| {
        let mut command = handiwork(home.path(), args);
        command.args(on).env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", server.url());
        command
    };
    let ran = run(with_model(&["run", "Type 78 into the calculator", "--json", "--check", "done 7", "--scripts", "off"])).await;
    let id = ran.json()["run"].as_str().expect("an id").to_owned();
    let file = home.path().join("script.json");
    let path = file.to_str().expect("a path");
    let made = cli(home.path(), &["script", "from-run", &id, "--output", path]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let text = std::fs::read_to_string(&file).expect("a script");
    let renamed =
        text.replace("aria/8[", "aria/Eight[").replace("text/8\"", "text/Eight\"").replace("\"name\": \"8\"", "\"name\": \"Eight\"");
    assert!(renamed.matches("Eight").count() >= 3, "{text}");
    std::fs::write(&file, &renamed).expect("written");
    let asked = server.requests().len();

    // Without a model it stops there.
    let mut alone = handiwork(home.path(), &["replay", path, "--json"]);
    alone.args(on);
    let alone = run(alone).await;
    assert!(alone.code != Some(0) && format!("{}{}", alone.out, alone.err).contains("Eight"), "{alone:?}");

    let healed = run(with_model(&["replay", path, "--json", "--yes", "--write", "--model", "deepseek"])).await;
    assert_eq!(healed.code, Some(0), "{healed:?}");
    assert_eq!(server.requests().len(), asked + 1, "one question, and no more");
    let text = std::fs::read_to_string(&file).expect("a script");
    assert!(text.contains("aria/8[role"), "{text}");

    // Now by itself.
    let mut again = handiwork(home.path(), &["replay", path, "--json"]);
    again.args(on);
    let again = run(again).await;
    assert_eq!((again.code, server.requests().len()), (Some(0), asked + 1), "{again:?}");
}

/// The person's own display: it is named, its pictures are those of xcap, and what is not ours on it stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_display_that_is_there_is_used_when_it_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    let config = DesktopConfig { launch: vec![vec!["galculator".to_owned()]], ..DesktopConfig::default() };
    let host = Desktop::open(config).await.expect("a desktop");
    let (display, environment) = (host.display().await, host.environment().await);
    let bus = environment.iter().find(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS").map(|(_, value)| value.clone()).expect("a bus");
    let command = |args: &[&str]| {
        let mut command = handiwork(home.path(), args);
        command.env("DISPLAY", &display).env("DBUS_SESSION_BUS_ADDRESS", &bus);
        command
    };
    let opened = run(command(&["open", "--desktop", "--display", &display, "--ocr", "off"])).await;
    assert_eq!(opened.code, Some(0), "{opened:?}");
    let clicked = run(command(&["act", "--desktop", "click", &ref_of(&opened.out, "button \"7\"")])).await;
    assert!(clicked.code == Some(0) && clicked.out.contains("value=\"7\""), "{clicked:?}");
    let file = home.path().join("shot.png");
    let shot = run(command(&["shot", "--desktop", file.to_str().expect("a path")])).await;
    assert_eq!(shot.code, Some(0), "{shot:?}");
    let closed = run(command(&["close", "--desktop"])).await;
    assert_eq!(closed.code, Some(0), "{closed:?}");
    let cx = handiwork_core::Context::default();
    let picture = host.picture(&cx, Region::All, 1.0).await.expect("taken").expect("a picture");
    assert_eq!(std::fs::read(&file).expect("a picture"), picture.png, "the same picture as the display itself gives");
    let screen = host.observe(&cx).await.expect("a screen").render();
    assert!(screen.contains("value=\"7\""), "{screen}");
    host.close().await;
    assert!(host.processes().await.is_empty());
}
