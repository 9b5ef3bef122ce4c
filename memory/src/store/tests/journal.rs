//! What was written is what is read: after a drop, from another handle, in another order of arrival.

use std::collections::BTreeSet;

use handiwork_core::{BlobId, Journal, JournalError};

use super::{answer, entries, every_event, open, place, raw, run, started};

#[tokio::test]
async fn every_event_comes_back_as_it_was() {
    let place = place();
    let written = entries(every_event());
    let kinds: BTreeSet<&str> = written.iter().map(|entry| entry.event.kind()).collect();
    assert_eq!(kinds.len(), 12, "one of each kind: {kinds:?}");
    let store = open(&place.file).await;
    for entry in &written {
        store.append(&run("r"), entry).await.expect("append");
    }
    assert_eq!(store.load(&run("r")).await.expect("load"), written);
    // Dropped, not closed: what a crash leaves.
    drop(store);
    assert_eq!(open(&place.file).await.load(&run("r")).await.expect("load"), written);
}

#[tokio::test]
async fn large_fields_are_blobs_and_the_same_one_is_kept_once() {
    let place = place();
    let store = open(&place.file).await;
    let screen = super::Event::Observed { screen: super::screen(60), shot: None };
    for entry in entries(vec![started("g"), screen.clone(), screen]) {
        store.append(&run("r"), &entry).await.expect("append");
    }
    let mut raw = raw(&place.file).await;
    let longest: i64 = sqlx::query_scalar("SELECT max(length(body)) FROM entries").fetch_one(&mut raw).await.expect("length");
    assert!(longest < 2000, "{longest}");
    let blobs: i64 = sqlx::query_scalar("SELECT count(*) FROM blobs WHERE length(bytes) > 4096").fetch_one(&mut raw).await.expect("count");
    assert_eq!(blobs, 1);
}

#[tokio::test]
async fn entries_come_in_order_or_not_at_all() {
    let place = place();
    let store = open(&place.file).await;
    let all = entries(vec![started("g"), answer("a"), answer("b")]);
    assert!(matches!(store.append(&run("r"), &all[1]).await, Err(JournalError::OutOfOrder { got: 1, expected: 0, .. })));
    assert!(matches!(store.load(&run("r")).await, Err(JournalError::NoSuchRun(id)) if id == "r"));
    store.append(&run("r"), &all[0]).await.expect("append");
    for wrong in [0, 2] {
        assert!(matches!(store.append(&run("r"), &all[wrong]).await, Err(JournalError::OutOfOrder { expected: 1, .. })), "{wrong}");
    }
    store.append(&run("r"), &all[1]).await.expect("append");
    assert_eq!(store.load(&run("r")).await.expect("load"), all[..2]);
}

#[tokio::test]
async fn of_two_writers_of_one_entry_exactly_one_wins() {
    let place = place();
    let (one, two) = (open(&place.file).await, open(&place.file).await);
    let id = run("r");
    for entry in entries((0..20).map(|n| answer(&n.to_string())).collect()) {
        let (a, b) = tokio::join!(one.append(&id, &entry), two.append(&id, &entry));
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        let lost = a.err().or(b.err());
        assert!(matches!(lost, Some(JournalError::OutOfOrder { .. })), "{lost:?}");
    }
    assert_eq!(two.load(&run("r")).await.expect("load").len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_file_at_once() {
    let place = place();
    let opened: Vec<_> = (0..8)
        .map(|n| {
            let file = place.file.clone();
            tokio::spawn(async move {
                let store = open(&file).await;
                store.append(&run(&format!("r{n}")), &entries(vec![started("g")])[0]).await.expect("append");
            })
        })
        .collect();
    for task in opened {
        task.await.expect("opened and written");
    }
    assert_eq!(open(&place.file).await.runs(100).await.expect("runs").len(), 8);
}

#[tokio::test]
async fn blobs_are_kept_by_their_hash() {
    let place = place();
    let store = open(&place.file).await;
    let bytes = vec![0, 255, 7];
    let id = store.put_blob(&bytes).await.expect("put");
    assert_eq!(id, BlobId::of(&bytes));
    assert_eq!(store.put_blob(&bytes).await.expect("put again"), id);
    assert_eq!(store.get_blob(&id).await.expect("get"), bytes);
    let other = BlobId::of(b"other");
    assert!(matches!(store.get_blob(&other).await, Err(JournalError::NoSuchBlob(missing)) if missing == other));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place();
    let store = open(&place.file).await;
    store.append(&run("r"), &entries(vec![started("g")])[0]).await.expect("append");
    let mut seen = 0;
    for file in std::fs::read_dir(place.file.parent().expect("folder")).expect("list") {
        let file = file.expect("file");
        assert_eq!(file.metadata().expect("metadata").permissions().mode() & 0o777, 0o600, "{}", file.path().display());
        seen += 1;
    }
    assert_eq!(seen, 4, "the file, its log, the log's index and the mark");
}

#[tokio::test]
async fn a_cancelled_append_leaves_the_store_usable() {
    let place = place();
    let store = open(&place.file).await;
    let id = run("r");
    let all = entries(every_event());
    for entry in &all {
        // Polled once, then dropped: the write may be at any point.
        let append = store.append(&id, entry);
        let _ = tokio::time::timeout(std::time::Duration::ZERO, append).await;
        match store.append(&id, entry).await {
            Ok(()) => {}
            Err(JournalError::OutOfOrder { expected, .. }) => assert_eq!(expected, entry.seq + 1, "it was written after all"),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(store.load(&run("r")).await.expect("load"), all);
}
