//! Facts: found by words as people use them, kept once, gone when forgotten.

use handiwork_core::{Fact, Memory};
use proptest::prelude::*;

use super::{open, place, raw};

fn fact(scope: &str, text: &str) -> Fact {
    Fact { id: 0, text: text.to_owned(), scope: scope.to_owned(), source: "person".to_owned(), at: 7 }
}

async fn texts(store: &crate::Store, scope: &str, query: &str) -> Vec<String> {
    store.recall(scope, query, 10).await.expect("recall").into_iter().map(|fact| fact.text).collect()
}

#[tokio::test]
async fn facts_are_found_by_their_words_best_first() {
    let place = place();
    let store = open(&place.file).await;
    for text in
        ["Expense claims are filed by Friday.", "The cost centre for travel claims is 4711.", "Ana prefers tea.", "Zoë pays in Zürich."]
    {
        store.remember(&fact("user", text)).await.expect("remember");
    }
    assert_eq!(
        texts(&store, "user", "Please claim my travelling expenses, cost: 20").await[0],
        "The cost centre for travel claims is 4711."
    );
    assert_eq!(texts(&store, "user", "filing").await, ["Expense claims are filed by Friday."], "by the word's stem");
    assert_eq!(texts(&store, "user", "zurich").await, ["Zoë pays in Zürich."], "accents don't matter");
    assert_eq!(texts(&store, "https://shop.example", "tea").await, Vec::<String>::new(), "another scope");
    assert_eq!(store.recall("user", "claims", 1).await.expect("recall").len(), 1);
}

#[tokio::test]
async fn the_same_fact_is_kept_once_per_scope() {
    let place = place();
    let store = open(&place.file).await;
    let first = store.remember(&fact("user", "Ana prefers tea.")).await.expect("remember");
    assert_eq!(store.remember(&fact("user", "Ana prefers tea.")).await.expect("again"), first);
    assert_ne!(store.remember(&fact("site", "Ana prefers tea.")).await.expect("elsewhere"), first);
    let found = store.recall("user", "tea", 10).await.expect("recall");
    assert_eq!(found, [Fact { id: first, ..fact("user", "Ana prefers tea.") }]);
}

#[tokio::test]
async fn what_is_forgotten_is_gone_from_the_index_too() {
    let place = place();
    let store = open(&place.file).await;
    let id = store.remember(&fact("user", "The door code is swordfish.")).await.expect("remember");
    assert!(store.forget(id).await.expect("forget"));
    assert!(!store.forget(id).await.expect("forget again"));
    assert_eq!(texts(&store, "user", "swordfish").await, Vec::<String>::new());
    sqlx::query("INSERT INTO facts_words (facts_words) VALUES ('integrity-check')")
        .execute(&mut raw(&place.file).await)
        .await
        .expect("index fits");
    store.close().await;
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
            store.remember(&fact("user", "needle")).await.expect("remember");
            assert_eq!(texts(&store, "user", &format!("{query} needle")).await, ["needle"], "{query:?}");
        });
    }
}
