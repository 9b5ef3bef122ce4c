//! The store when its process is killed: what was acknowledged is there, and nothing is half there.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use handiwork::core::{Entry, Event, Journal as _, Node, RunId, Screen};
use handiwork_memory::Store;

/// Tell the child where to write, and in which run; set for it alone.
const PLACE: &str = "HANDIWORK_TEST_STORE";
const RUN: &str = "HANDIWORK_TEST_RUN";

fn entry(seq: u64) -> Entry {
    let nodes = (0..100).map(|n| Node { role: "text".to_owned(), name: format!("line {n} of screen {seq}"), ..Node::default() }).collect();
    Entry { seq, at: seq as i64, event: Event::Observed { screen: Screen { nodes, ..Screen::default() }, shot: None } }
}

/// Not a test of its own: the process that is killed. It writes until then, and says what is safe.
#[tokio::test]
#[ignore = "run by the test below, in a process of its own"]
async fn writer_that_is_killed() {
    use std::io::Write as _;
    let (Some(place), Ok(run)) = (std::env::var_os(PLACE), std::env::var(RUN)) else { return };
    let run = RunId(run);
    let store = Store::open(Path::new(&place)).await.expect("opens");
    for seq in 0.. {
        store.append(&run, &entry(seq)).await.expect("append");
        let mut out = std::io::stdout().lock();
        writeln!(out, "safe {seq}").and_then(|()| out.flush()).expect("the parent listens");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("store.db");
    // Again and again on the same file: a crash must not make the next one worse.
    for round in 0..3 {
        let run = RunId(format!("r{round}"));
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "store::writer_that_is_killed", "--ignored", "--nocapture"])
            .env(PLACE, &place)
            .env(RUN, &run.0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut acknowledged = 0;
        for line in lines {
            let line = line.expect("a line");
            if let Some(seq) = line.rsplit_once("safe ").and_then(|(_, seq)| seq.parse::<u64>().ok()) {
                acknowledged = seq;
                if seq == 10 + 7 * round {
                    break;
                }
            }
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("gone");

        let store = Store::open(&place).await.expect("opens after a kill");
        let entries = store.load(&run).await.expect("loads");
        assert!(acknowledged >= 10 && entries.len() as u64 > acknowledged, "{} entries, {acknowledged} acknowledged", entries.len());
        for (entry, seq) in entries.iter().zip(0..) {
            assert_eq!(*entry, self::entry(seq));
        }
        store.append(&run, &entry(entries.len() as u64)).await.expect("goes on");
        assert_eq!(store.runs(10).await.expect("runs").len(), round as usize + 1);
    }
}
