//! A file from before there were checksums: it gets them, once, and is then held to them.

use handiwork_core::{Fact, Journal as _, Viewer};
use sqlx::Connection as _;

use super::{entries, every_event, open, place, raw, run};
use crate::Store;

#[tokio::test]
async fn an_older_file_is_filled_in() {
    let place = place();
    let written = entries(every_event());
    // The first version's file: its rows, taken out of one of today.
    let store = open(&place.file).await;
    for entry in &written {
        store.append(&run("r"), entry).await.expect("append");
    }
    store.close().await;
    let old = place.file.with_file_name("old.db");
    std::fs::File::create(&old).expect("made");
    let mut file = raw(&old).await;
    let mut first = sqlx::migrate!();
    first.migrations.to_mut().truncate(1);
    first.run_direct(None, &mut file, false).await.expect("the first version");
    for sql in [
        format!("ATTACH '{}' AS new", place.file.display()),
        "INSERT INTO runs SELECT id, entries, goal, model, surface, status, started_at, ended_at, steps, tokens, cost_usd FROM new.runs"
            .to_owned(),
        "INSERT INTO entries SELECT * FROM new.entries".to_owned(),
        "INSERT INTO blobs SELECT id, bytes FROM new.blobs".to_owned(),
        "INSERT INTO facts (scope, text, source, at) VALUES ('user', 'Ana prefers tea.', 'person', 7)".to_owned(),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut file).await.expect("sql");
    }
    file.close().await.expect("closed");

    for _ in 0..2 {
        let store = open(&old).await;
        assert_eq!(store.load(&run("r")).await.expect("load"), written);
        assert_eq!(store.runs(10).await.expect("runs")[0].status, "done");
        let fact = Fact { valid_from: 7, recorded_at: 7, ..super::a_fact(1, "Ana prefers tea.") };
        assert_eq!(super::found(&store, &Viewer::default(), "tea").await.expect("recall"), [fact]);
        store.close().await;
        assert_eq!(Store::examine(&old).await.expect("examined").findings, []);
    }
    sqlx::query("UPDATE runs SET checksum = NULL").execute(&mut raw(&old).await).await.expect("sql");
    assert_eq!(open(&old).await.runs(10).await.expect("runs")[0].status, "damaged", "no checksum is no excuse any more");
}

#[tokio::test]
async fn a_file_that_lost_all_is_not_begun_anew() {
    let place = place();
    let store = open(&place.file).await;
    store.append(&run("r"), &entries(every_event())[0]).await.expect("append");
    store.close().await;
    let bytes = std::fs::read(&place.file).expect("read");
    std::fs::write(&place.file, b"").expect("emptied");
    let error = Store::open(&place.file).await.expect_err("empty").to_string();
    assert!(error.contains("older than what was written to it before"), "{error}");
    std::fs::write(&place.file, bytes).expect("put back");
    assert_eq!(open(&place.file).await.load(&run("r")).await.expect("load").len(), 1);

    // Moved away by a person, with nothing said about the mark: a new one is begun.
    std::fs::rename(&place.file, place.file.with_file_name("away")).expect("moved");
    assert_eq!(open(&place.file).await.runs(1).await.expect("runs"), []);
}
