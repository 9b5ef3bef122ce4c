//! What is old goes, with what only it refers to; everything else stays as it was.

use handiwork_core::event::ShotRef;
use handiwork_core::{BlobId, Event, Journal as _, JournalError, Outcome};

use super::{entries, open, place, replied, run, screen, started};
use crate::{Old, Store};

fn ended() -> Event {
    Event::Ended { outcome: Outcome::Done { text: "d".to_owned(), value: None } }
}

fn shown(lines: u32, picture: &BlobId) -> Event {
    let shot = ShotRef { blob: picture.clone(), media_type: "image/png".to_owned(), size: (1.0, 1.0) };
    Event::Observed { screen: screen(lines), shot: Some(shot) }
}

async fn write(store: &Store, id: &str, events: Vec<Event>) {
    for entry in entries(events) {
        store.append(&run(id), &entry).await.expect("append");
    }
}

/// All entries of these tests are from before this.
const LATER: i64 = 1_800_000_000_000;

#[tokio::test]
async fn old_runs_go_and_what_others_refer_to_stays() {
    let place = place();
    let store = open(&place.file).await;
    let mut pictures = Vec::new();
    for n in 0..3_u8 {
        pictures.push(store.put_blob(&vec![n; 300_000]).await.expect("put"));
    }
    let state = store.put_blob(&[9; 5000]).await.expect("put");
    let question = Event::Question { call_id: None, text: "?".to_owned(), hash: None };
    let checkpoint = Event::Checkpoint { process: None, state: Some(state.clone()), digest: "d".to_owned() };
    // A tool's result that names a blob, in a field that is a blob itself.
    let nested = serde_json::json!({ "rows": "x".repeat(6000), "blob": pictures[2].0 });
    let tool = Event::ToolResult { call_id: "c".to_owned(), result: Ok(nested), millis: 1 };
    write(&store, "old", vec![started("g"), shown(60, &pictures[0]), shown(70, &pictures[1]), replied(), ended()]).await;
    write(&store, "waits", vec![started("g"), shown(70, &pictures[1]), tool, checkpoint, question]).await;
    write(&store, "driven", vec![started("g"), shown(50, &pictures[1]), ended()]).await;
    write(&store, "cut", vec![started("g"), replied()]).await;
    let claim = store.claim(&run("driven")).await.expect("claims");
    let before = (store.load(&run("waits")).await.expect("load"), store.load(&run("driven")).await.expect("load"));

    let ended_only = Old { before: LATER, interrupted: false };
    assert_eq!(store.prunable(Old { before: 1, ..ended_only }).await.expect("prunable").runs, []);
    let found = store.prunable(ended_only).await.expect("prunable");
    assert_eq!(found.runs.iter().map(|run| run.id.0.as_str()).collect::<Vec<_>>(), ["old"]);
    assert_eq!((found.entries, found.blobs), (5, 0), "a blob that was put just now stays while something is driven");
    drop(claim);
    let claim = store.claim(&run("waits")).await.expect("claims");
    drop(claim);
    write(&store, "young", vec![started("g")]).await;
    let driven = store.claim(&run("driven")).await.expect("claims");
    assert_eq!(store.prune(ended_only).await.expect("pruned").runs, 1);
    assert_eq!(store.get_blob(&pictures[0]).await.expect("kept for now").len(), 300_000);
    drop(driven);

    let pruned = store.prune(Old { before: 1, interrupted: false }).await.expect("pruned");
    assert_eq!((pruned.runs, pruned.blobs), (0, 2), "its picture and its screen");
    assert!(pruned.after + 250_000 < pruned.before && pruned.kept.is_none(), "{pruned:?}");
    assert!(matches!(store.load(&run("old")).await, Err(JournalError::NoSuchRun(_))));
    assert!(matches!(store.get_blob(&pictures[0]).await, Err(JournalError::NoSuchBlob(_))));
    for kept in [&pictures[1], &pictures[2], &state] {
        store.get_blob(kept).await.expect("it is referred to");
    }
    assert_eq!(before, (store.load(&run("waits")).await.expect("load"), store.load(&run("driven")).await.expect("load")));

    let both = store.prune(Old { before: LATER, interrupted: true }).await.expect("pruned");
    assert_eq!(both.runs, 3, "driven has ended, cut and young were interrupted");
    assert_eq!(store.runs(10).await.expect("runs").len(), 1, "what waits for a person stays");
    store.close().await;
    assert_eq!(Store::examine(&place.file).await.expect("examined").findings, []);
}

#[tokio::test]
async fn two_do_not_prune_at_once() {
    let place = place();
    let (one, two) = (open(&place.file).await, open(&place.file).await);
    for n in 0..20 {
        write(&one, &format!("r{n}"), vec![started("g"), ended()]).await;
    }
    let old = Old { before: LATER, interrupted: false };
    let (a, b) = tokio::join!(one.prune(old), two.prune(old));
    let pruned: u64 = [a, b].into_iter().filter_map(Result::ok).map(|pruned| pruned.runs).sum();
    assert_eq!((pruned, one.runs(100).await.expect("runs").len()), (20, 0));
}
