//! Everything that can be wrong with the file ends in an error that says what to do, and never in a shorter or other run.

use std::path::Path;
use std::time::Duration;

use handiwork_core::{Event, Journal, JournalError, RunId};
use sqlx::Connection as _;

use super::{answer, entries, open, open_with, place, raw, run, screen, started};
use crate::store::Setup;
use crate::{Store, StoreError, body};

async fn written(file: &Path) -> (Store, RunId) {
    let store = open(file).await;
    for entry in entries(vec![started("g"), Event::Observed { screen: screen(60), shot: None }, answer("a very recognisable answer")]) {
        store.append(&run("r"), &entry).await.expect("append");
    }
    (store, run("r"))
}

/// Changes one byte in the middle of what `needle` finds in the file itself.
async fn flip(file: &Path, store: Store, needle: &str) {
    store.close().await;
    let mut bytes = std::fs::read(file).expect("read");
    let at: Vec<usize> = bytes.windows(needle.len()).enumerate().filter(|(_, part)| *part == needle.as_bytes()).map(|(at, _)| at).collect();
    assert_eq!(at.len(), 1, "{needle} is in the file once");
    bytes[at[0] + needle.len() / 2] ^= 1;
    std::fs::write(file, bytes).expect("write");
}

async fn damaged(sql: &'static str) -> JournalError {
    let place = place();
    let (store, id) = written(&place.file).await;
    let changed = sqlx::query(sql).execute(&mut raw(&place.file).await).await.expect("sql").rows_affected();
    assert_eq!(changed, 1, "{sql}");
    store.load(&id).await.expect_err("damage is seen")
}

#[tokio::test]
async fn a_flipped_byte_in_a_row_is_seen() {
    let place = place();
    let (store, id) = written(&place.file).await;
    flip(&place.file, store, "a very recognisable answer").await;
    let error = open(&place.file).await.load(&id).await.expect_err("damage is seen");
    assert!(matches!(&error, JournalError::Corrupt { what, .. } if what == "entry 2 of run r"), "{error}");
}

#[tokio::test]
async fn a_flipped_byte_in_a_blob_is_seen() {
    let place = place();
    let (store, id) = written(&place.file).await;
    flip(&place.file, store, "Überweisung 3 转账").await;
    let error = open(&place.file).await.load(&id).await.expect_err("damage is seen");
    assert!(matches!(&error, JournalError::Corrupt { what, .. } if what.starts_with("blob ")), "{error}");
}

#[tokio::test]
async fn rows_can_not_be_changed_moved_or_lost() {
    for sql in [
        "UPDATE entries SET at = at + 1 WHERE seq = 2",
        "UPDATE entries SET checksum = x'00' WHERE seq = 0",
        "UPDATE entries SET kind = 'ended' WHERE seq = 2",
        "UPDATE entries SET seq = 7 WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 1",
        "UPDATE runs SET entries = 2",
    ] {
        let error = damaged(sql).await;
        assert!(matches!(error, JournalError::Corrupt { .. }), "{sql}: {error}");
    }
    let error = damaged("DELETE FROM blobs WHERE rowid = (SELECT min(rowid) FROM blobs WHERE length(bytes) > 4096)").await;
    assert!(matches!(error, JournalError::NoSuchBlob(_)), "{error}");
}

#[tokio::test]
async fn an_unknown_event_is_an_error() {
    let place = place();
    let (store, id) = written(&place.file).await;
    let text = r#"{"type":"teleported","to":"mars"}"#;
    sqlx::query("UPDATE entries SET kind = 'teleported', body = ?, checksum = ? WHERE seq = 2")
        .bind(text)
        .bind(body::checksum(&id, 2, 1_795_000_000_002, text))
        .execute(&mut raw(&place.file).await)
        .await
        .expect("sql");
    let error = store.load(&id).await.expect_err("unknown").to_string();
    assert!(error.contains("entry 2 of run r") && error.contains("teleported") && error.contains("update handiwork"), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let place = place();
    let ballast = open(&place.file).await.put_blob(&vec![7; 500_000]).await.expect("put");
    let pages: u32 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut raw(&place.file).await).await.expect("pages");
    let store = open_with(&place.file, Setup { most_pages: Some(pages + 8), ..Setup::default() }).await;
    let all =
        entries((0..100).map(|n| if n == 0 { started("g") } else { Event::Observed { screen: screen(60 + n), shot: None } }).collect());
    let mut failed = None;
    for entry in &all {
        if let Err(error) = store.append(&run("r"), entry).await {
            failed = Some((entry, error));
            break;
        }
    }
    let (entry, error) = failed.expect("eight pages are not enough");
    let JournalError::Store { doing: "written", hint, .. } = &error else { panic!("{error}") };
    assert!(hint.starts_with("free space on the disk that holds ") && hint.contains("store.db"), "{hint}");
    assert_eq!(store.load(&run("r")).await.expect("load"), all[..entry.seq as usize], "what was written is all there");
    for _ in 0..6 {
        // More often than there are connections: each must have stayed usable.
        let again = store.put_blob(&vec![8; 100_000]).await.expect_err("full").to_string();
        assert!(again.contains("free space"), "{again}");
    }

    sqlx::query("DELETE FROM blobs WHERE id = ?").bind(&ballast.0).execute(&mut raw(&place.file).await).await.expect("space");
    store.append(&run("r"), entry).await.expect("goes on when there is space");
    assert_eq!(store.load(&run("r")).await.expect("load"), all[..=entry.seq as usize]);
}

#[tokio::test]
async fn a_file_in_use_is_told() {
    let place = place();
    let store = open_with(&place.file, Setup { busy: Duration::from_millis(50), ..Setup::default() }).await;
    let mut other = raw(&place.file).await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.expect("lock");
    let entry = &entries(vec![started("g")])[0];
    let error = store.append(&run("r"), entry).await.expect_err("locked").to_string();
    assert!(error.contains("another process is using ") && error.contains("wait for it"), "{error}");
    held.rollback().await.expect("unlock");
    store.append(&run("r"), entry).await.expect("free again");
}

#[tokio::test]
async fn a_read_only_file_is_told() {
    let place = place();
    let store = open(&place.file).await;
    // All connections of the pool at once, so that the pragma reaches each.
    let mut connections = Vec::new();
    for _ in 0..store.pool.options().get_max_connections() {
        connections.push(store.pool.acquire().await.expect("connection"));
    }
    for connection in &mut connections {
        sqlx::query("PRAGMA query_only = ON").execute(&mut **connection).await.expect("pragma");
    }
    drop(connections);
    let error = store.append(&run("r"), &entries(vec![started("g")])[0]).await.expect_err("read-only").to_string();
    assert!(error.contains("can't be written") && error.contains("writable for you"), "{error}");
}

#[tokio::test]
async fn what_is_no_store_is_told_and_left_alone() {
    let place = place();
    std::fs::create_dir_all(place.file.parent().expect("folder")).expect("folder");
    let text = "my shopping list\n".repeat(100);
    std::fs::write(&place.file, &text).expect("write");
    let error = Store::open(&place.file).await.expect_err("no database").to_string();
    assert!(error.contains("damaged or not a store of handiwork"), "{error}");
    assert_eq!(std::fs::read_to_string(&place.file).expect("read"), text);

    let folder = Store::open(place.file.parent().expect("folder")).await.expect_err("a folder").to_string();
    assert!(folder.contains("give the path of a file"), "{folder}");
    let below = Store::open(&place.file.join("x/y.db")).await.expect_err("below a file").to_string();
    assert!(below.contains("a part of the path is a file"), "{below}");
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_told() {
    let place = place();
    let (store, _) = written(&place.file).await;
    drop(store);
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
    )
    .execute(&mut raw(&place.file).await)
    .await
    .expect("sql");
    let error = Store::open(&place.file).await.expect_err("newer");
    assert!(matches!(error, StoreError::Journal(_)) && error.to_string().contains("another version of handiwork"), "{error}");
}

#[tokio::test]
async fn an_event_that_could_not_be_read_again_is_refused() {
    let place = place();
    let store = open(&place.file).await;
    let mut page = screen(1);
    page.nodes[0].rect.x = f64::NAN;
    let event = Event::Observed { screen: page, shot: None };
    let error = store.append(&run("r"), &entries(vec![event])[0]).await.expect_err("NaN").to_string();
    assert!(error.contains("observed event has no JSON form"), "{error}");
    assert!(matches!(store.load(&run("r")).await, Err(JournalError::NoSuchRun(_))));
}
