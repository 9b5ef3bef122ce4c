//! One drives a run at a time: among tasks, among processes, and after whatever end of a process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use handiwork_core::journal::Claim;
use handiwork_core::{Journal as _, JournalError};

use super::{entries, open, place, run, started};

/// Tells the child which database it is about; set for it alone.
const PLACE: &str = "HANDIWORK_TEST_CLAIM";

fn taken_by(result: Result<Box<dyn Claim>, JournalError>) -> String {
    match result {
        Err(JournalError::InUse { run, by }) if run == "r" => by,
        other => panic!("{other:?}"),
    }
}

/// Not a test of its own: the other process. It holds a claim until its input ends.
#[tokio::test]
#[ignore = "run by the tests below, in a process of its own"]
async fn holder() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let store = open(Path::new(&place)).await;
    let claim = store.claim(&run("r")).await.expect("claims");
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nheld").and_then(|()| out.flush()).expect("the parent listens");
    let _ = std::io::stdin().lines().next();
    drop(claim);
}

fn held_by_another(place: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "store::tests::claims::holder", "--ignored", "--nocapture"])
        .env(PLACE, place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "held"), "the child claims");
    child
}

#[tokio::test]
async fn two_stores_of_one_process() {
    let place = place();
    let (one, two) = (open(&place.file).await, open(&place.file).await);
    let claim = one.claim(&run("r")).await.expect("claims");
    assert_eq!(taken_by(two.claim(&run("r")).await), "another task of this process");
    assert_eq!(taken_by(one.claim(&run("r")).await), "another task of this process");
    two.claim(&run("r/../other ü")).await.expect("another run, whatever it is called");
    drop(claim);
    two.claim(&run("r")).await.expect("free again");
    assert!(std::fs::read_dir(one.locks()).expect("the folder").next().is_none(), "nothing is left behind");
}

#[tokio::test]
async fn two_processes() {
    let place = place();
    let store = open(&place.file).await;
    store.append(&run("r"), &entries(vec![started("g")])[0]).await.expect("append");
    let status = async || store.runs(1).await.expect("runs")[0].status.clone();
    assert_eq!(status().await, "interrupted");

    let mut child = held_by_another(&place.file);
    assert_eq!(taken_by(store.claim(&run("r")).await), format!("process {}", child.id()));
    assert_eq!(status().await, "running");
    child.kill().expect("SIGKILL");
    child.wait().expect("gone");
    assert_eq!(store.stale_locks().len(), 1, "a killed process leaves its file");
    assert_eq!(status().await, "interrupted");
    drop(store.claim(&run("r")).await.expect("and no lock"));

    let mut child = held_by_another(&place.file);
    drop(child.stdin.take());
    child.wait().expect("ends");
    assert_eq!(store.stale_locks(), Vec::<std::path::PathBuf>::new());
    store.claim(&run("r")).await.expect("given back");
}

/// Files come and go under those who want them, and there is still never more than one holder.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_want_the_same() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let place = place();
    let store = open(&place.file).await;
    let (inside, times) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, inside, times) = (store.clone(), inside.clone(), times.clone());
            tokio::spawn(async move {
                for _ in 0..50 {
                    let Ok(claim) = store.claim(&run("r")).await else { continue };
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold it");
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    times.fetch_add(1, Ordering::SeqCst);
                    drop(claim);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("never two");
    }
    assert!(times.load(Ordering::SeqCst) >= 50);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_see_the_locks() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place();
    let store = open(&place.file).await;
    let _claim = store.claim(&run("r")).await.expect("claims");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&store.locks()), mode(&store.locks().join("r"))), (0o700, 0o600));
}
