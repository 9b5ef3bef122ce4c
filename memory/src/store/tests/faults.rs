//! Any write to the disk may fail, once or from then on: what was acknowledged is there afterwards, and nothing is damaged.
//!
//! SQLite's own method: the n-th write fails, for each n up to one that is never reached. It fails below SQLite, in a library
//! that is loaded into a process of its own (`faults.c`), so all of the real code runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use handiwork_core::{BlobId, Entry, Event, Journal as _, JournalError, Memory as _, NewFact, Viewer};

use super::{answer, entries, place, replied, run, screen, started};
use crate::Store;

/// Tells the child which database it is about; set for it alone.
const PLACE: &str = "HANDIWORK_TEST_FAULTS";

const FACTS: [&str; 2] = ["Claims are filed by Friday.", "Ana prefers tea."];

fn all_entries() -> Vec<Entry> {
    let observed = |lines| Event::Observed { screen: screen(lines), shot: None };
    entries(vec![started("g"), observed(60), replied(), answer("y"), observed(90), answer("the end")])
}

fn picture() -> Vec<u8> {
    (0..20_000_u32).map(|at| (at % 251) as u8).collect()
}

fn tell(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").and_then(|()| out.flush()).expect("the parent listens");
}

/// Not a test of its own: the process whose disk fails. It tells what is safe, and each error.
#[tokio::test]
#[ignore = "run by the tests below, in a process of its own"]
async fn writer_on_a_failing_disk() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let store = match Store::open(Path::new(&place)).await {
        Ok(store) => store,
        Err(error) => return tell(&format!("error {error}")),
    };
    match store.put_blob(&picture()).await {
        Ok(_) => tell("blob"),
        Err(error) => tell(&format!("error {error}")),
    }
    for entry in all_entries() {
        // Tried again once, as a person would who has freed some space.
        for last in [false, true] {
            match store.append(&run("r"), &entry).await {
                Ok(()) => tell(&format!("safe {}", entry.seq)),
                Err(JournalError::OutOfOrder { expected, .. }) if last && expected == entry.seq + 1 => tell(&format!("safe {}", entry.seq)),
                Err(error) => {
                    tell(&format!("error {error}"));
                    if last {
                        return;
                    }
                    continue;
                }
            }
            break;
        }
    }
    for (text, at) in FACTS.into_iter().zip(0..) {
        match store.remember(&NewFact::new(text).valid_from(at)).await {
            Ok(_) => tell(&format!("fact {at}")),
            Err(error) => tell(&format!("error {error}")),
        }
    }
    store.close().await;
}

/// How a write fails.
#[derive(Debug, Clone, Copy)]
struct Fault {
    errno: i32,
    ever: bool,
    short: bool,
}

const IO: i32 = 5;
const NO_SPACE: i32 = 28;

const FAULTS: [Fault; 5] = [
    Fault { errno: IO, ever: false, short: false },
    Fault { errno: IO, ever: true, short: false },
    Fault { errno: NO_SPACE, ever: false, short: false },
    Fault { errno: NO_SPACE, ever: true, short: false },
    Fault { errno: NO_SPACE, ever: true, short: true },
];

/// The library that makes writes fail.
fn library(folder: &Path) -> PathBuf {
    let made = folder.join("faults.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/tests/faults.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&made).arg(source).arg("-ldl").status();
    assert!(built.expect("cc is there: scripts/setup.sh").success());
    made
}

#[derive(Debug, Default)]
struct Seen {
    points: u64,
    refused: u64,
    lost: Vec<String>,
    damaged: Vec<String>,
}

/// Lets the `at`-th write fail; whether it was reached.
async fn point(library: &Path, at: u64, fault: Fault, seen: &mut Seen) -> bool {
    let place = place();
    let folder = place.file.parent().expect("a folder");
    std::fs::create_dir_all(folder).expect("made");
    let count = folder.parent().expect("above").join("count");
    let output = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "store::tests::faults::writer_on_a_failing_disk", "--ignored", "--nocapture"])
        .env(PLACE, &place.file)
        .env("LD_PRELOAD", library)
        .env("FAULT_FILE", folder.canonicalize().expect("there"))
        .env("FAULT_AT", at.to_string())
        .env("FAULT_EVER", u8::from(fault.ever).to_string())
        .env("FAULT_SHORT", u8::from(fault.short).to_string())
        .env("FAULT_ERRNO", fault.errno.to_string())
        .env("FAULT_COUNT", &count)
        .output()
        .expect("a child");
    let name = format!("write {at}, {fault:?}");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = |word: &str| out.lines().filter_map(|line| line.strip_prefix(word)).map(str::to_owned).collect::<Vec<_>>();
    for error in told("error ") {
        seen.refused += 1;
        if !error.contains("the disk that holds") {
            seen.damaged.push(format!("{name}: an error that does not say what to do: {error}"));
        }
    }
    seen.points += 1;

    let store = match Store::open(&place.file).await {
        Ok(store) => store,
        Err(error) => {
            seen.damaged.push(format!("{name}: {error}"));
            return true;
        }
    };
    let (all, acknowledged) = (all_entries(), told("safe ").len());
    match store.load(&run("r")).await {
        Ok(entries) if !all.starts_with(&entries) => seen.damaged.push(format!("{name}: not what was written")),
        Ok(entries) if entries.len() < acknowledged => seen.lost.push(format!("{name}: {} of {acknowledged} entries", entries.len())),
        Ok(entries) if entries.len() > acknowledged + 1 => seen.damaged.push(format!("{name}: more than one that nobody acknowledged")),
        Err(JournalError::NoSuchRun(_)) if acknowledged == 0 => {}
        Err(error) => seen.damaged.push(format!("{name}: {error}")),
        Ok(_) => {}
    }
    if !told("blob").is_empty() && store.get_blob(&BlobId::of(&picture())).await.ok() != Some(picture()) {
        seen.lost.push(format!("{name}: a blob"));
    }
    for fact in told("fact ") {
        let text = FACTS[fact.parse::<usize>().expect("a number")];
        if !super::found(&store, &Viewer::default(), text).await.is_ok_and(|found| found.iter().any(|fact| fact.text == text)) {
            seen.lost.push(format!("{name}: a fact"));
        }
    }
    store.close().await;
    std::fs::metadata(&count).expect("counted").len() >= at
}

/// Each `step`-th write, with each fault.
async fn points(step: u64) -> Seen {
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path());
    let mut seen = Seen::default();
    for (fault, first) in FAULTS.into_iter().zip(1..) {
        // Another place to begin for each, so that together they come to more of them.
        let mut at = 1 + (first * step / 5) % step;
        while point(&library, at, fault, &mut seen).await {
            at += step;
        }
    }
    seen
}

#[tokio::test]
async fn a_failing_write_loses_nothing() {
    let seen = points(29).await;
    assert!(seen.lost.is_empty() && seen.damaged.is_empty(), "{seen:#?}");
    assert!(seen.points > 20 && seen.refused > 20, "{seen:?}");
}

/// `cargo test -p handiwork-memory --lib every_write_may_fail -- --ignored --nocapture`
#[tokio::test]
#[ignore = "takes minutes; `make test` holds a slice"]
async fn every_write_may_fail() {
    let seen = points(1).await;
    let line = serde_json::json!({ "bar": "faults", "points": seen.points, "refused": seen.refused, "lost": seen.lost.len(), "damaged": seen.damaged.len() });
    std::io::Write::write_all(&mut std::io::stdout().lock(), format!("{line}\n").as_bytes()).expect("told");
    assert!(seen.lost.is_empty() && seen.damaged.is_empty(), "{seen:#?}");
}
