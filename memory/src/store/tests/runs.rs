//! The list of runs, and finding one.

use handiwork_core::event::{Part, Revival};
use handiwork_core::surface::Restored;
use handiwork_core::{Event, Journal, JournalError, Outcome, RunId, Status};

use super::{answer, entries, every_event, open, place, replied, run, started};
use crate::{Store, StoreError};

async fn write(store: &Store, id: &str, events: Vec<Event>) {
    for entry in entries(events) {
        store.append(&run(id), &entry).await.expect("append");
    }
}

#[tokio::test]
async fn a_line_tells_what_the_entries_tell() {
    let place = place();
    let store = open(&place.file).await;
    write(&store, "aa1", every_event()).await;
    let run = store.load_run(&run("aa1")).await.expect("run");
    let lines = store.runs(10).await.expect("runs");
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((line.id.clone(), line.goal.as_str(), line.steps), (run.id.clone(), run.goal(), run.steps()));
    assert_eq!((line.tokens, line.cost_usd), (run.usage().prompt + run.usage().completion, run.cost_usd()));
    assert_eq!((Some(line.started_at), line.ended_at), (run.began_at(), run.entries().last().map(|entry| entry.at)));
    assert_eq!((line.status.as_str(), line.model.as_str(), line.surface.as_deref()), ("done", "deepseek:deepseek-flash", Some("browser")));
    assert!(matches!(run.status(), Status::Ended(Outcome::Done { .. })));
}

#[tokio::test]
async fn status_is_told_in_words() {
    let place = place();
    let store = open(&place.file).await;
    let question = Event::Question { call_id: None, text: "?".to_owned(), hash: None };
    let end = |outcome| Event::Ended { outcome };
    let revived = Event::Revived { why: Revival::Resumed, detail: "d".to_owned(), restored: Restored::default() };
    let stopped = end(Outcome::Stopped { why: "ctrl-c".to_owned() });
    let table = [
        ("interrupted", vec![replied()]),
        ("waiting", vec![question.clone()]),
        ("interrupted", vec![question, answer("yes")]),
        ("stopped", vec![stopped.clone()]),
        ("interrupted", vec![stopped, revived]),
        ("failed", vec![end(Outcome::Failed { reason: "r".to_owned() })]),
        ("budget exceeded", vec![end(Outcome::BudgetExceeded { what: "w".to_owned() })]),
        ("broken", vec![end(Outcome::Broken { part: Part::Model, error: "e".to_owned() })]),
    ];
    for (place, (word, mut events)) in table.into_iter().enumerate() {
        events.insert(0, started("g"));
        let id = format!("r{place}");
        write(&store, &id, events).await;
        let line = store.runs(100).await.expect("runs").into_iter().find(|line| line.id.0 == id).expect("listed");
        assert_eq!(line.status, word);
        assert_eq!(line.ended_at.is_some(), !matches!(word, "interrupted" | "waiting"), "{word}");
    }
    let two: Vec<String> = store.runs(2).await.expect("runs").into_iter().map(|line| line.id.0).collect();
    assert_eq!(two, ["r7", "r6"], "newest first, no more than asked for");
}

#[tokio::test]
async fn a_run_is_found_by_the_beginning_of_its_id() {
    let place = place();
    let store = open(&place.file).await;
    for id in ["0190a", "0190ab", "0191%", "02"] {
        write(&store, id, vec![started("g")]).await;
    }
    let found = |prefix: &'static str| store.find_run(prefix);
    assert_eq!(found("02").await.expect("02"), run("02"));
    assert_eq!(found("0191").await.expect("0191"), run("0191%"));
    assert_eq!(found("0190a").await.expect("the whole id"), run("0190a"));
    let error = found("019").await.expect_err("three");
    assert!(matches!(&error, StoreError::Ambiguous { runs, .. } if runs.len() == 3));
    assert_eq!(error.to_string(), r#"3 runs begin with "019": 0190a, 0190ab, 0191%; give more of the id"#);
    for none in ["03", "%", "_", ""] {
        assert!(matches!(store.find_run(none).await, Err(StoreError::Journal(JournalError::NoSuchRun(_)))), "{none:?}");
    }
}

#[tokio::test]
async fn entries_that_are_no_run_are_told() {
    let place = place();
    let store = open(&place.file).await;
    write(&store, "r", vec![answer("to nothing")]).await;
    let error = store.load_run(&RunId("r".to_owned())).await.expect_err("no run");
    assert!(matches!(&error, StoreError::Run { .. }), "{error}");
}
