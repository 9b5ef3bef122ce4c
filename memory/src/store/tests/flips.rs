//! Any byte of the file may change: each change is told as an error, or changes nothing that is read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use handiwork_core::{BlobId, Entry, Event, Fact, Journal as _, Memory as _, NewFact, RunId, Viewer};

use super::{Drawn, answer, entries, every_event, found, open, place, run, screen, started};
use crate::{RunSummary, Store};

/// Everything that the public functions give.
#[derive(Debug, PartialEq)]
struct Everything {
    runs: Vec<RunSummary>,
    entries: Vec<Vec<Entry>>,
    blobs: Vec<Vec<u8>>,
    facts: Vec<Vec<Fact>>,
}

const FACTS: [&str; 4] =
    ["Expense claims are filed by Friday.", "The cost centre for travel is 4711.", "Ana prefers green tea.", "Zoë pays in Zürich."];

fn ids() -> Vec<RunId> {
    (0..5).map(|n| run(&format!("0190{n}"))).collect()
}

fn pictures() -> Vec<Vec<u8>> {
    (0..3_u8).map(|n| (0..9000_u32).map(|at| (at * 7 % 251) as u8 ^ n).collect()).collect()
}

async fn everything(file: &Path) -> Result<Everything, String> {
    let store = Store::open(file).await.map_err(|error| error.to_string())?.with_embedder(Arc::new(Drawn));
    let all = read(&store).await;
    store.close().await;
    all
}

async fn read(store: &Store) -> Result<Everything, String> {
    let runs = store.runs(100).await.map_err(|error| error.to_string())?;
    if let Some(damaged) = runs.iter().find(|run| run.status == "damaged") {
        return Err(format!("{} is listed as damaged", damaged.id));
    }
    let mut all = Everything { runs, entries: Vec::new(), blobs: Vec::new(), facts: Vec::new() };
    for id in ids() {
        all.entries.push(store.load(&id).await.map_err(|error| error.to_string())?);
    }
    for picture in pictures() {
        all.blobs.push(store.get_blob(&BlobId::of(&picture)).await.map_err(|error| error.to_string())?);
    }
    for fact in FACTS {
        all.facts.push(found(store, &Viewer::default(), fact).await?);
    }
    Ok(all)
}

/// Writes all that is read, and leaves some of it in the log if told so; the folder with the files of the database.
async fn written(folder: &Path, in_log: bool) -> PathBuf {
    let place = place();
    let store = open(&place.file).await.with_embedder(Arc::new(Drawn));
    for (id, n) in ids().iter().zip(0..) {
        let events = if n % 2 == 0 {
            every_event()
        } else {
            vec![started("g"), Event::Observed { screen: screen(40 + n), shot: None }, answer("y")]
        };
        for entry in entries(events) {
            store.append(id, &entry).await.expect("append");
        }
    }
    for picture in pictures() {
        store.put_blob(&picture).await.expect("put");
    }
    for (text, at) in FACTS.into_iter().zip(0..) {
        store.remember(&NewFact::new(text).valid_from(at)).await.expect("remember");
    }
    if !in_log {
        store.close().await;
    }
    let file = folder.join("store.db");
    copy(&place.file, &file);
    file
}

/// The database, its log and its mark, as they are on the disk.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
    for suffix in ["", "-wal", "-mark"] {
        let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if with(from).exists() {
            std::fs::copy(with(from), with(to)).expect("copied");
        }
    }
}

/// Lets the damage be repaired: the file opens then, and each thing in it is what was written or told to be damaged or gone.
async fn repaired(file: &Path, whole: &Everything) -> Result<usize, String> {
    let before = Store::examine(file).await.map_err(|error| format!("examined: {error}"))?;
    if before.findings.is_empty() {
        return Err("nothing was found".to_owned());
    }
    let repaired = Store::repair(file).await.map_err(|error| format!("repaired: {error}"))?;
    let again = Store::examine(file).await.map_err(|error| format!("examined again: {error}"))?;
    if !again.findings.is_empty() {
        return Err(format!("left: {again:?} after {repaired:?}"));
    }
    let store = Store::open(file).await.map_err(|error| format!("opened: {error}"))?;
    let told = format!("{:?}", repaired.findings);
    let mut saved = 0;
    for (id, entries) in ids().iter().zip(&whole.entries) {
        match store.load(id).await {
            Ok(read) if read == *entries => saved += 1,
            // The tail of the log is gone, and that was told.
            Ok(read) if entries.starts_with(&read) && told.contains("newest") => {}
            Ok(_) => return Err(format!("run {id} is not what was written: {repaired:?}")),
            Err(error) if told.contains(&id.0) || told.contains("can't be read") || told.contains("newest") => drop(error),
            Err(error) => return Err(format!("run {id}: {error}, and nothing was told: {told}")),
        }
    }
    let summaries = store.runs(100).await.map_err(|error| error.to_string())?;
    for run in summaries.iter().filter(|run| run.status != "damaged") {
        if !whole.runs.contains(run) && !told.contains("newest") {
            return Err(format!("{run:?} was not so: {told}"));
        }
    }
    for fact in FACTS {
        let read = found(&store, &Viewer::default(), fact).await?;
        if read.iter().any(|fact| !whole.facts.iter().flatten().any(|other| other == fact)) {
            return Err(format!("{read:?} was never a fact"));
        }
    }
    store.append(&run("new"), &entries(vec![started("g")])[0]).await.map_err(|error| format!("written: {error}"))?;
    store.close().await;
    Ok(saved)
}

/// Numbers that look random and are the same each time: splitmix64.
struct Seed(u64);

impl Seed {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// What came of many flips.
#[derive(Debug, Default)]
struct Flips {
    detected: u64,
    harmless: u64,
    /// Those that nobody noticed.
    silent: Vec<String>,
    /// Those that a repair did not put right.
    unrepaired: Vec<String>,
    /// Runs that were whole after a repair.
    saved: usize,
}

/// Flips `flips` bytes, each in a fresh copy; each `repair`-th that is detected is repaired.
async fn flip(flips: u64, seed: u64, repair: u64) -> Flips {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seed = Seed(seed);
    let mut came = Flips::default();
    for in_log in [false, true] {
        let origin = written(&folder.path().join(format!("origin-{in_log}")), in_log).await;
        let log = PathBuf::from(format!("{}-wal", origin.display()));
        assert_eq!(std::fs::metadata(&log).is_ok_and(|log| log.len() > 100_000), in_log, "the log holds what it should");
        let copied = folder.path().join("copied/store.db");
        copy(&origin, &copied);
        let whole = everything(&copied).await.expect("an undamaged one is read");
        assert!(whole.runs.len() == 5 && whole.facts.iter().all(|facts| !facts.is_empty()));

        for _ in 0..flips / 2 {
            let target = if in_log { "store.db-wal" } else { "store.db" };
            std::fs::remove_dir_all(copied.parent().expect("a folder")).expect("removed");
            copy(&origin, &copied);
            let target = copied.with_file_name(target);
            let mut bytes = std::fs::read(&target).expect("read");
            // One in ten in the first page, where a byte matters most.
            let limit = if seed.below(10) == 0 { 4096 } else { bytes.len() as u64 };
            let (at, with) = (seed.below(limit) as usize, 1 + seed.below(255) as u8);
            bytes[at] ^= with;
            std::fs::write(&target, bytes).expect("written");
            match everything(&copied).await {
                Err(_) => {
                    came.detected += 1;
                    if came.detected % repair == 0 {
                        match repaired(&copied, &whole).await {
                            Ok(saved) => came.saved += saved,
                            Err(problem) => came.unrepaired.push(format!("byte {at} of {} ^ {with}: {problem}", target.display())),
                        }
                    }
                }
                Ok(read) if read == whole => came.harmless += 1,
                Ok(_) => came.silent.push(format!("byte {at} of {} ^ {with}", target.display())),
            }
        }
    }
    came
}

/// Where a byte costs most: what the tables are. All rows are saved, whatever stands there.
#[tokio::test]
async fn damaged_definitions_cost_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let origin = written(&folder.path().join("origin"), false).await;
    let copied = folder.path().join("copied/store.db");
    copy(&origin, &copied);
    let whole = everything(&copied).await.expect("an undamaged one is read");
    for (needle, with) in [
        ("CREATE TABLE entries", 0x80),
        ("tableruns", 0x44),
        ("goal       TEXT", 0x80),
        ("USING fts5 (\n    words, near", 0x04),
        ("USING vec0 (fact", 0x04),
        ("CREATE VIEW facts_text", 0x20),
        ("AUTOINCREMENT", 0x01),
        ("sqlx_migrations (", 0x80),
        ("first", 0x40),
    ] {
        copy(&origin, &copied);
        let mut bytes = std::fs::read(&copied).expect("read");
        let at = bytes.windows(needle.len()).position(|part| part == needle.as_bytes()).unwrap_or_else(|| panic!("{needle}"));
        // Of the row of a migration the checksum, which comes some bytes behind its name.
        let at = if needle == "first" { at + 40 } else { at + needle.len() / 2 };
        bytes[at] ^= with;
        std::fs::write(&copied, bytes).expect("written");
        everything(&copied).await.expect_err(needle);
        assert_eq!(repaired(&copied, &whole).await, Ok(ids().len()), "{needle}");
        std::fs::remove_dir_all(copied.parent().expect("a folder")).expect("removed");
    }
}

#[tokio::test]
async fn no_flipped_byte_is_silent() {
    let came = flip(100, 1, 4).await;
    assert!(came.silent.is_empty() && came.unrepaired.is_empty(), "{came:#?}");
    assert!(came.detected > 20 && came.harmless > 0 && came.saved > 20, "{came:?}");
}

/// `cargo test -p handiwork-memory --lib a_thousand_flips -- --ignored --nocapture`
#[tokio::test]
#[ignore = "takes minutes; `make test` holds a slice"]
async fn a_thousand_flips() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2);
    let came = flip(1000, seed, 1).await;
    let line = serde_json::json!({
        "bar": "flips", "flips": 1000, "detected": came.detected, "harmless": came.harmless, "silent": came.silent.len(),
        "unrepaired": came.unrepaired.len(), "runs_saved": came.saved,
    });
    std::io::Write::write_all(&mut std::io::stdout().lock(), format!("{line}\n").as_bytes()).expect("told");
    assert!(came.silent.is_empty() && came.unrepaired.is_empty(), "{came:#?}");
}
