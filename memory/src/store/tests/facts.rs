//! Facts: found by words as people use them, kept once, gone when forgotten.

use handiwork_core::memory::{NewFact, Query, Remembered, Scope, Viewer};
use handiwork_core::{Fact, Memory};
use proptest::prelude::*;

use super::{open, place, raw};

fn user() -> Viewer {
    Viewer::default()
}

async fn texts(store: &crate::Store, viewer: &Viewer, query: &str) -> Vec<String> {
    super::found(store, viewer, query).await.expect("recall").into_iter().map(|fact| fact.text).collect()
}

async fn kept(store: &crate::Store, fact: NewFact) -> i64 {
    match store.remember(&fact).await.expect("remember") {
        Remembered::Kept { id, .. } => id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn facts_are_found_by_their_words_best_first() {
    let place = place();
    let store = open(&place.file).await;
    for text in
        ["Expense claims are filed by Friday.", "The cost centre for travel claims is 4711.", "Ana prefers tea.", "Zoë pays in Zürich."]
    {
        kept(&store, NewFact::new(text)).await;
    }
    assert_eq!(
        texts(&store, &user(), "Please claim my travelling expenses, cost: 20").await[0],
        "The cost centre for travel claims is 4711."
    );
    assert_eq!(texts(&store, &user(), "filing").await, ["Expense claims are filed by Friday."], "by the word's stem");
    assert_eq!(texts(&store, &user(), "zurich").await, ["Zoë pays in Zürich."], "accents don't matter");
    assert_eq!(texts(&store, &Viewer::at(Scope::of("bob")), "tea").await, Vec::<String>::new(), "another user");
    assert_eq!(store.recall(&user(), &Query::new("claims").limit(1)).await.expect("recall").facts.len(), 1);
    let notes = store.recall(&user(), &Query::new("claims")).await.expect("recall").notes;
    assert!(notes.iter().any(|note| note.contains("by words alone")), "{notes:?}");
}

#[tokio::test]
async fn the_same_fact_is_kept_once_per_scope() {
    let place = place();
    let store = open(&place.file).await;
    let tea = || NewFact::new("Ana prefers tea.").valid_from(5);
    let first = kept(&store, tea()).await;
    assert_eq!(store.remember(&tea()).await.expect("again"), Remembered::Known { id: first });
    assert_eq!(store.remember(&NewFact::new("ana PREFERS the tea")).await.expect("again"), Remembered::Known { id: first });
    let there = kept(&store, tea().scope(Scope::default().site("https://shop.example"))).await;
    assert_ne!(there, first);
    let found = super::found(&store, &user(), "tea").await.expect("recall");
    let Fact { recorded_at, .. } = found[0];
    assert_eq!(found, [Fact { id: first, recorded_at, ..super::a_fact(first, "Ana prefers tea.") }]);
}

#[tokio::test]
async fn what_is_forgotten_is_gone_from_the_index_too() {
    let place = place();
    let store = open(&place.file).await.with_embedder(std::sync::Arc::new(super::Drawn));
    let id = kept(&store, NewFact::new("The boat is called swordfish.")).await;
    assert!(!store.forget(&Viewer::at(Scope::of("bob")), id).await.expect("forget"), "not his");
    assert!(store.forget(&user(), id).await.expect("forget"));
    assert!(!store.forget(&user(), id).await.expect("forget again"));
    assert_eq!(texts(&store, &user(), "swordfish").await, Vec::<String>::new());
    sqlx::query("INSERT INTO facts_words (facts_words) VALUES ('integrity-check')")
        .execute(&mut raw(&place.file).await)
        .await
        .expect("index fits");
    store.close().await;
    assert_eq!(crate::Store::examine(&place.file).await.expect("examined").findings, []);
    let bytes = std::fs::read(&place.file).expect("read");
    assert!(!bytes.windows(9).any(|part| part.eq_ignore_ascii_case(b"swordfish")), "not even its bytes are left");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No query is read as the search engine's syntax, whatever is in it.
    #[test]
    fn any_text_may_be_asked(query in r#"(?:[a-z"*():^{}+\-%_' \u{0}-\u{2f}]|NEAR|AND|OR|NOT|text:|é|转账){0,40}"#) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let place = place();
            let store = open(&place.file).await;
            kept(&store, NewFact::new("needle")).await;
            assert_eq!(texts(&store, &user(), &format!("{query} needle")).await, ["needle"], "{query:?}");
        });
    }
}
