//! The database by the command line: what is wrong with it, repairing it, and taking old runs away.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use handiwork::core::event::{ShotRef, Started};
use handiwork::core::memory::Query;
use handiwork::core::{BlobId, Entry, Event, Journal as _, Memory as _, ModelInfo, NewFact, Node, Outcome, Policy, RunId, Screen, Viewer};
use handiwork_memory::Store;

use super::{handiwork, run};

const DAY: i64 = 86_400_000;

fn database(home: &Path) -> PathBuf {
    home.join("data/handiwork.db")
}

fn days_ago(days: i64) -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64 - days * DAY
}

fn started(goal: &str) -> Event {
    Event::Started(Box::new(Started {
        version: 2,
        goal: goal.to_owned(),
        url: None,
        planner: ("react".to_owned(), 1),
        model: ModelInfo::default(),
        surface: None,
        tools: vec![],
        policy: Policy::ask(),
        secrets: vec![],
        output_schema: None,
        probes: vec![],
        checks: vec![],
        helpers: Vec::new(),
        others: vec![],
        viewer: None,
        instructions: vec![],
        forgotten: None,
        settings: None,
    }))
}

/// A run with a screen and a picture, both its own.
async fn write(store: &Store, id: &str, began: i64, end: Option<Outcome>) -> BlobId {
    let nodes = (0..100).map(|n| Node { role: "text".to_owned(), name: format!("line {n} of {id}"), ..Node::default() }).collect();
    let blob = store.put_blob(&id.repeat(20_000).into_bytes()).await.expect("put");
    let shot = Some(ShotRef { blob: blob.clone(), media_type: "image/png".to_owned(), size: (1.0, 1.0) });
    let mut events = vec![started(&format!("goal of {id}")), Event::Observed { screen: Screen { nodes, ..Screen::default() }, shot }];
    events.extend(end.map(|outcome| Event::Ended { outcome }));
    for (event, seq) in events.into_iter().zip(0..) {
        store.append(&RunId(id.to_owned()), &Entry { seq, at: began, event }).await.expect("append");
    }
    blob
}

fn done() -> Outcome {
    Outcome::Done { text: "done".to_owned(), value: None }
}

/// Changes a byte in what `needle` finds.
fn flip(file: &Path, needle: &str) {
    let mut bytes = std::fs::read(file).expect("read");
    let at = bytes.windows(needle.len()).position(|part| part == needle.as_bytes()).expect("it is there");
    bytes[at + needle.len() / 2] ^= 1;
    std::fs::write(file, bytes).expect("written");
}

#[tokio::test]
async fn runs_that_were_cut_off_are_told() {
    let home = tempfile::tempdir().expect("a folder");
    let store = Store::open(&database(home.path())).await.expect("opens");
    write(&store, "cut", days_ago(1), None).await;
    let ran = run(handiwork(home.path(), &["runs"])).await;
    assert!(ran.out.contains("interrupted") && ran.err.contains("handiwork resume cut"), "{ran:?}");
    let claim = store.claim(&RunId("cut".to_owned())).await.expect("claims");
    let ran = run(handiwork(home.path(), &["runs", "--json"])).await;
    assert_eq!(ran.json()[0]["status"], "running", "{ran:?}");
    drop(claim);
}

#[tokio::test]
async fn a_damaged_entry_is_set_aside_and_the_rest_goes_on() {
    let home = tempfile::tempdir().expect("a folder");
    let file = database(home.path());
    let store = Store::open(&file).await.expect("opens");
    write(&store, "bad", days_ago(2), Some(done())).await;
    write(&store, "good", days_ago(1), Some(done())).await;
    store.close().await;
    flip(&file, "line 50 of bad");

    let ran = run(handiwork(home.path(), &["show", "bad"])).await;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(ran.err.contains("handiwork doctor --repair"), "{ran:?}");
    let ran = run(handiwork(home.path(), &["doctor", "--json"])).await;
    assert!(ran.code == Some(7) && ran.err.contains("the database is damaged"), "{ran:?}");
    let told = ran.json();
    let checked = told.as_array().expect("checks").iter().find(|check| check["what"] == "database").expect("looked at").clone();
    let whats: Vec<&str> =
        checked["examined"]["findings"].as_array().expect("findings").iter().filter_map(|one| one["what"].as_str()).collect();
    assert_eq!(whats, ["run", "blob"], "{checked}");
    assert_eq!(checked["examined"]["findings"][1]["runs"][0], "bad", "{checked}");

    let ran = run(handiwork(home.path(), &["doctor", "--repair"])).await;
    assert!(ran.code == Some(0) && ran.out.contains("run bad") && ran.out.contains("set it aside"), "{ran:?}");
    let ran = run(handiwork(home.path(), &["runs", "--json"])).await;
    let runs = ran.json();
    assert_eq!((&runs[0]["status"], &runs[1]["status"], &runs[1]["id"]), (&"done".into(), &"damaged".into(), &"bad".into()), "{ran:?}");
    assert_eq!(run(handiwork(home.path(), &["show", "good"])).await.code, Some(0));
    assert_eq!(run(handiwork(home.path(), &["show", "bad"])).await.code, Some(7));
    let again = run(handiwork(home.path(), &["doctor", "--repair", "--json"])).await;
    assert_eq!(again.json()["findings"], serde_json::json!([]), "{again:?}");
    assert_eq!(again.json()["set_aside"], serde_json::json!(["bad"]), "{again:?}");
}

#[tokio::test]
async fn a_file_that_can_not_be_opened_is_saved_into_a_new_one() {
    let home = tempfile::tempdir().expect("a folder");
    let file = database(home.path());
    let store = Store::open(&file).await.expect("opens");
    for n in 0..4 {
        write(&store, &format!("r{n}"), days_ago(n), Some(done())).await;
    }
    store.remember(&NewFact::new("Ana prefers tea.")).await.expect("remember");
    store.close().await;
    let mut bytes = std::fs::read(&file).expect("read");
    bytes[..24].fill(0xff);
    std::fs::write(&file, &bytes).expect("written");

    let ran = run(handiwork(home.path(), &["runs"])).await;
    assert!(ran.code == Some(7) && ran.err.contains("handiwork doctor --repair"), "{ran:?}");
    assert_eq!(std::fs::read(&file).expect("read"), bytes, "nothing is changed by looking");
    let ran = run(handiwork(home.path(), &["doctor", "--repair", "--json"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let kept = PathBuf::from(ran.json()["kept"].as_str().expect("the old file is kept"));
    assert!(kept.to_string_lossy().contains("handiwork.db.damaged-") && std::fs::read(&kept).expect("there") == bytes, "{ran:?}");
    let ran = run(handiwork(home.path(), &["runs", "--json"])).await;
    assert_eq!(ran.json().as_array().expect("runs").iter().filter(|run| run["status"] == "done").count(), 4, "{ran:?}");
    assert_eq!(run(handiwork(home.path(), &["show", "r2"])).await.code, Some(0));
    let store = Store::open(&file).await.expect("opens");
    assert_eq!(store.recall(&Viewer::default(), &Query::new("tea")).await.expect("recall").facts.len(), 1);
    let _driven = store.claim(&RunId("r0".to_owned())).await.expect("claims");
    let ran = run(handiwork(home.path(), &["doctor", "--repair"])).await;
    assert!(ran.code == Some(7) && ran.err.contains(&format!("process {}", std::process::id())), "not while a run is driven: {ran:?}");
}

#[tokio::test]
async fn old_runs_are_pruned() {
    let home = tempfile::tempdir().expect("a folder");
    let file = database(home.path());
    let store = Store::open(&file).await.expect("opens");
    let mut pictures = Vec::new();
    for n in 0..3 {
        pictures.push(write(&store, &format!("old{n}"), days_ago(40 + n), Some(done())).await);
    }
    let kept = write(&store, "young", days_ago(3), Some(done())).await;
    let waits = Event::Question { call_id: None, text: "May I?".to_owned(), hash: None };
    write(&store, "waits", days_ago(50), None).await;
    store.append(&RunId("waits".to_owned()), &Entry { seq: 2, at: days_ago(50), event: waits }).await.expect("append");
    write(&store, "cut", days_ago(60), None).await;
    store.close().await;

    for (args, code) in [(["prune", "--older-than", "30"], 2), (["prune", "--older-than", "30d"], 4)] {
        let ran = run(handiwork(home.path(), &args)).await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(code == 2 || ran.err.contains("3 runs with 9 entries and 6 blobs") && ran.err.contains("--yes"), "{ran:?}");
    }
    let before = std::fs::metadata(&file).expect("there").len();
    let ran = run(handiwork(home.path(), &["prune", "--older-than", "30d", "--yes", "--json"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let pruned = ran.json()["pruned"].clone();
    assert_eq!((&pruned["runs"], &pruned["entries"], &pruned["blobs"]), (&3.into(), &9.into(), &6.into()), "{ran:?}");
    assert!(std::fs::metadata(&file).expect("there").len() + 200_000 < before, "the space is given back: {ran:?}");
    let store = Store::open(&file).await.expect("opens");
    for picture in pictures {
        store.get_blob(&picture).await.expect_err("gone");
    }
    store.get_blob(&kept).await.expect("kept");
    let left: Vec<String> = store.runs(10).await.expect("runs").into_iter().map(|run| run.id.0).collect();
    assert_eq!(left, ["young", "waits", "cut"]);
    store.close().await;
    let ran = run(handiwork(home.path(), &["prune", "--older-than", "4w", "--interrupted", "--yes"])).await;
    assert!(ran.code == Some(0) && ran.out.contains("deleted 1 runs"), "{ran:?}");
    let ran = run(handiwork(home.path(), &["prune", "--older-than", "30d"])).await;
    assert!(ran.code == Some(0) && ran.out.contains("nothing is older"), "{ran:?}");
}

/// A folder that nobody may write to, not even root: the disk is read-only.
#[tokio::test]
async fn a_read_only_disk_is_told() {
    let home = tempfile::tempdir().expect("a folder");
    let store = Store::open(&database(home.path())).await.expect("opens");
    write(&store, "r", days_ago(1), Some(done())).await;
    store.close().await;
    let script = r#"mount --bind "$0/data" "$0/data" && mount -o remount,ro,bind "$0/data" && exec "$1" runs"#;
    for flags in [["--mount", "--propagation=private"].as_slice(), &["--mount", "--map-root-user", "--propagation=private"]] {
        let mut command = tokio::process::Command::new("unshare");
        command.args(flags).args(["sh", "-c", script]).arg(home.path()).arg(env!("CARGO_BIN_EXE_handiwork"));
        super::isolate(&mut command, home.path());
        let ran = run(command).await;
        if ran.err.contains("unshare:") || ran.err.contains("mount:") {
            continue;
        }
        assert!(ran.code == Some(7) && ran.err.contains("writable for you"), "{ran:?}");
        return;
    }
    panic!("no read-only disk can be made here: run the tests as root, or allow user namespaces");
}
