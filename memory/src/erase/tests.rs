//! Words that are to be forgotten are in no byte of any file afterwards.

use std::path::Path;
use std::sync::Arc;

use handiwork_core::event::{Event, ShotRef};
use handiwork_core::memory::{Memory as _, NewFact, Recalled, Remembered, Scope, Scores, Viewer};
use handiwork_core::{Journal as _, Node, RunId, Screen};

use super::{Forget, StoreError};
use crate::Store;
use crate::store::tests::{Drawn, a_fact, answer, entries, replied, run, started};

const CANARY: &str = "Zaphod Quixotry-7731";

/// What of the canary is found in the files of a folder, in any of its words.
fn left(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            found.extend(left(&entry.path()));
            continue;
        }
        let bytes = std::fs::read(entry.path()).expect("read").to_ascii_lowercase();
        for part in ["zaphod", "quixotri", "quixotry", "7731"] {
            let wide: Vec<u8> = part.bytes().flat_map(|byte| [byte, 0]).collect();
            let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
            if has(part.as_bytes()) || has(&wide) {
                found.push(format!("{part} in {}", entry.path().display()));
            }
        }
    }
    found
}

/// A screen that the canary stands on, large enough to be kept as a blob.
fn shown(lines: u32) -> Screen {
    let mut nodes: Vec<Node> =
        (0..lines).map(|n| Node { role: "text".to_owned(), name: format!("line {n} of the page"), ..Node::default() }).collect();
    nodes.push(Node { role: "heading".to_owned(), name: format!("Welcome, {CANARY}!"), ..Node::default() });
    Screen { title: "Home".to_owned(), url: "https://site.example/?q=zaphod%20quixotry-7731".to_owned(), nodes, ..Screen::default() }
}

async fn write(store: &Store, id: &str, events: Vec<Event>) {
    for entry in entries(events) {
        store.append(&run(id), &entry).await.expect("appended");
    }
}

/// A store in which the canary is everywhere, and a run without it.
async fn planted(folder: &Path) -> Store {
    let store = Store::open(&folder.join("m.db")).await.expect("opens").with_embedder(Arc::new(Drawn));
    let fact = NewFact::new(format!("The name of the guest is {CANARY}"));
    let Remembered::Kept { id, .. } = store.remember(&fact).await.expect("remembered") else { panic!("not kept") };
    store.remember(&NewFact::new(format!("Guests like {} get tea", CANARY.to_lowercase()))).await.expect("remembered");
    store.remember(&NewFact::new("Breakfast is at eight")).await.expect("remembered");
    for text in ["Did the guest arrive?", &format!("Yes, {CANARY} did."), "Good."] {
        store.remember(&NewFact::new(text).turn("talk", "Ana")).await.expect("remembered");
    }
    let picture = store.put_blob(b"a picture of the page").await.expect("put");
    let other = store.put_blob(b"a picture of another page").await.expect("put");
    let shot = |blob: &handiwork_core::BlobId| Some(ShotRef { blob: blob.clone(), media_type: "image/png".to_owned(), size: (1.0, 1.0) });
    let recalled = Recalled { fact: a_fact(id, &fact.text), score: 1.0, scores: Scores::default() };
    let mut told = replied();
    if let Event::Replied { reply, .. } = &mut told {
        reply.content = format!("I greet {CANARY}.");
        reply.calls[0].raw = Some(format!("{{\"text\":\"{}\"}}", CANARY.replace('Z', "\\u005a")).into());
        reply.calls[0].args = serde_json::json!({ "text": CANARY, CANARY: [CANARY] });
    }
    write(
        &store,
        "r1",
        vec![
            started(&format!("Greet {CANARY} on the site")),
            Event::Recalled { query: format!("greet {CANARY}"), site: None, facts: vec![recalled], notes: vec![] },
            Event::Observed { screen: shown(200), shot: shot(&picture) },
            told,
            Event::Observed { screen: Screen { title: "Other".to_owned(), ..Screen::default() }, shot: shot(&other) },
            answer("fine"),
        ],
    )
    .await;
    write(&store, "r2", vec![started("Read the news"), answer("fine")]).await;
    // A part of a run that nothing refers to any more, such as a page that was put and never told of.
    store.put_blob(format!("<h1>{CANARY}</h1>").as_bytes()).await.expect("put");
    // Written and gone again: pages that were freed, and the log.
    for n in 0..40 {
        let fact = NewFact::new(format!("{CANARY} was here on occasion {n}{n}")).about(format!("visit {n}"));
        if let Some(id) = store.remember(&fact).await.expect("remembered").id() {
            store.forget(&Viewer::default(), id).await.expect("forgotten");
        }
    }
    store
}

#[tokio::test]
async fn forgotten_words_are_in_no_byte_of_any_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = planted(folder.path()).await;
    assert!(!left(folder.path()).is_empty(), "the test can fail");
    let before = store.load(&run("r2")).await.expect("loaded");
    let mine = Viewer::default();

    let done = store.erase(&mine, &Forget::Words(CANARY.to_owned())).await.expect("forgotten");
    assert_eq!((done.facts.len(), done.runs.clone(), done.left.len()), (3, vec![run("r1")], 0), "{done:?}");
    assert!(done.entries >= 4 && done.blobs >= 2, "{done:?}");
    // While it is open, with its log, and when it is closed.
    assert_eq!(left(folder.path()), Vec::<String>::new());
    let entries = store.load(&run("r1")).await.expect("the run can be looked at");
    let text = serde_json::to_string(&entries).expect("json");
    assert!(text.contains("[forgotten ") && text.contains("Greet [forgotten "), "{text}");
    let tokens: std::collections::BTreeSet<&str> = text.match_indices("[forgotten ").filter_map(|(at, _)| text.get(at..at + 24)).collect();
    assert_eq!(tokens.len(), 1, "the same words have the same digest: {tokens:?}");
    assert!(matches!(&entries[0].event, Event::Started(started) if started.forgotten.is_some()), "it is not resumed any more");
    assert!(matches!(&entries[2].event, Event::Observed { shot: None, .. }), "a picture of the words is gone");
    assert!(matches!(&entries[4].event, Event::Observed { shot: Some(_), .. }), "another one is not");
    assert_eq!(store.load(&run("r2")).await.expect("loaded"), before, "what has nothing to do with it is as it was");
    assert_eq!(store.facts(&mine, &crate::FactFilter::default()).await.expect("listed").len(), 3);
    assert_eq!(store.runs(10).await.expect("listed").len(), 2);
    store.close().await;
    assert_eq!(left(folder.path()), Vec::<String>::new());
    assert_eq!(Store::examine(&folder.path().join("m.db")).await.expect("examined").findings, []);

    // Once more with the same words leads to another digest: nobody can try out what they were.
    let again = tempfile::tempdir().expect("a folder");
    let store = planted(again.path()).await;
    store.erase(&mine, &Forget::Words(CANARY.to_owned())).await.expect("forgotten");
    let other = serde_json::to_string(&store.load(&run("r1")).await.expect("loaded")).expect("json");
    assert!(tokens.iter().all(|token| !other.contains(token)));
}

#[tokio::test]
async fn a_fact_is_forgotten_with_its_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = planted(folder.path()).await;
    let facts = store.facts(&Viewer::default(), &crate::FactFilter::default()).await.expect("listed");
    let id = facts.iter().find(|fact| fact.text.starts_with("The name of the guest")).expect("there").id;
    let stranger = Viewer::at(Scope::of("bob"));
    assert!(matches!(store.erase(&stranger, &Forget::Fact(id)).await, Err(StoreError::NoSuchFact(_))), "not his");
    let done = store.erase(&Viewer::default(), &Forget::Fact(id)).await.expect("forgotten");
    assert_eq!(done.facts, [id]);
    let text = serde_json::to_string(&store.load(&run("r1")).await.expect("loaded")).expect("json");
    assert!(!text.contains("The name of the guest is"), "what was recalled of it is gone: {text}");
    assert!(text.contains(CANARY), "the name alone was not asked for");
}

#[tokio::test]
async fn what_can_not_be_forgotten_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = planted(folder.path()).await;
    let forget = |words: &str| {
        let (store, words) = (store.clone(), words.to_owned());
        async move { store.erase(&Viewer::default(), &Forget::Words(words)).await }
    };
    assert!(matches!(forget("tea").await, Err(StoreError::TooShort { .. })));
    let held = store.claim(&RunId("r1".to_owned())).await.expect("claimed");
    let error = forget(CANARY).await.expect_err("somebody drives it").to_string();
    assert!(error.contains("r1"), "{error}");
    let facts = store.facts(&Viewer::default(), &crate::FactFilter::default()).await.expect("listed");
    assert!(facts.iter().any(|fact| fact.text.contains(CANARY)), "it can be asked for again by the fact");
    drop(held);
    forget(CANARY).await.expect("forgotten");
    // Whose runs others' are is told by the run itself.
    let theirs = tempfile::tempdir().expect("a folder");
    let store = planted(theirs.path()).await;
    let before = store.load(&run("r1")).await.expect("loaded");
    let done = store.erase(&Viewer::at(Scope::of("bob")), &Forget::Words(CANARY.to_owned())).await.expect("forgotten");
    assert!(done.runs.is_empty() && done.facts.is_empty() && done.others, "{done:?}");
    assert_eq!(store.load(&run("r1")).await.expect("with all its parts"), before);
}
