//! What is found of what: updates, times, languages, scopes, and the reasons.

use std::sync::Arc;

use handiwork_core::memory::{By, Fact, Memory as _, NewFact, Provenance, Query, Remembered, Scope, Viewer};
use proptest::prelude::*;

use crate::Store;
use crate::store::tests::{Drawn, found};

async fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("m.db")).await.expect("opens").with_embedder(Arc::new(Drawn))
}

async fn keep(store: &Store, fact: NewFact) -> i64 {
    match store.remember(&fact).await.expect("remembered") {
        Remembered::Kept { id, .. } => id,
        other => panic!("{fact:?}: {other:?}"),
    }
}

async fn first(store: &Store, query: &str) -> Option<Fact> {
    found(store, &Viewer::default(), query).await.expect("recalled").into_iter().next()
}

fn day(text: &str) -> i64 {
    format!("{text}T00:00:00Z").parse::<jiff::Timestamp>().expect("a time").as_millisecond()
}

#[tokio::test]
async fn the_newest_fact_that_holds_comes_first_and_the_old_one_when_it_is_asked_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    for (text, since) in [
        ("Ana lives in Utrecht", "2021-02-01"),
        ("Ana lives in Leiden", "2024-06-01"),
        ("The team standup is at 9:30", "2023-01-01"),
        ("The team standup is at 10:00", "2025-03-01"),
        ("Ana's manager is Bob", "2022-01-01"),
        ("Ana's manager is Eve", "2025-01-01"),
        ("Bob lives in Delft", "2020-01-01"),
        ("Ana likes the canals of Utrecht", "2020-01-01"),
    ] {
        keep(&store, NewFact::new(text).valid_from(day(since))).await;
    }
    for (query, expected) in [
        ("Where does Ana live?", "Ana lives in Leiden"),
        ("Where did Ana live in March 2022?", "Ana lives in Utrecht"),
        ("Where did Ana live before she moved, where did she used to live?", "Ana lives in Utrecht"),
        ("When is the team standup?", "The team standup is at 10:00"),
        ("When was the team standup on 5 May 2024?", "The team standup is at 9:30"),
        ("Who is Ana's manager?", "Ana's manager is Eve"),
        ("Who was Ana's manager in 2023?", "Ana's manager is Bob"),
    ] {
        assert_eq!(first(&store, query).await.map(|fact| fact.text).as_deref(), Some(expected), "{query}");
    }
    let then = Query::new("Where does Ana live?").valid_at(day("2023-01-01"));
    let facts = store.recall(&Viewer::default(), &then).await.expect("recalled").facts;
    assert!(facts.iter().all(|found| found.fact.text != "Ana lives in Leiden"), "{facts:?}");
    assert_eq!(facts[0].fact.text, "Ana lives in Utrecht");
    // Both stay, with what is known of them.
    let all = store.facts(&Viewer::default(), &crate::FactFilter { closed: true, ..Default::default() }).await.expect("listed");
    let old = all.iter().find(|fact| fact.text == "Ana lives in Utrecht").expect("kept");
    let new = all.iter().find(|fact| fact.text == "Ana lives in Leiden").expect("kept");
    assert_eq!((old.valid_to, old.closed_by), (Some(day("2024-06-01")), Some(new.id)));
    // What was not known yet is not told of a time before.
    let before = Query { known_at: Some(old.recorded_at - 1), ..Query::new("Where does Ana live?") };
    assert!(store.recall(&Viewer::default(), &before).await.expect("recalled").facts.is_empty());
    // Learned late: it holds for the time before.
    keep(&store, NewFact::new("Ana lives in Breda").valid_from(day("2019-01-01"))).await;
    assert_eq!(first(&store, "Where does Ana live?").await.map(|fact| fact.text).as_deref(), Some("Ana lives in Leiden"));
    assert_eq!(first(&store, "Where did Ana live in 2020?").await.map(|fact| fact.text).as_deref(), Some("Ana lives in Breda"));
}

#[tokio::test]
async fn chinese_is_found_by_words_of_two_signs_and_mixed_text_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    for text in [
        "安娜每年三月做一次体检",
        "最近的医院在中山路，开车十分钟",
        "退款需要在七天内申请，联系 support@shop.example",
        "公司报销的截止日期是每月五号",
        "用户对花生过敏",
        "Ana 的 iPhone 15 保修到 2027 年",
        "她喜欢在周末爬山",
    ] {
        keep(&store, NewFact::new(text)).await;
    }
    for (query, part) in [
        ("体检", "体检"),
        ("医院在哪里", "医院"),
        ("怎么退款？", "退款"),
        ("退款 support", "退款"),
        ("报销什么时候截止", "报销"),
        ("过敏", "花生"),
        ("iPhone 保修", "iPhone"),
        ("warranty of the iphone", "iPhone"),
    ] {
        let found = first(&store, query).await.map(|fact| fact.text);
        assert!(found.as_ref().is_some_and(|text| text.contains(part)), "{query}: {found:?}");
    }
}

#[tokio::test]
async fn a_turn_is_found_by_what_was_said_around_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let talk = [
        ("Ana", "Which instrument did you pick up last winter?"),
        ("Bob", "The cello, finally."),
        ("Ana", "Nice."),
        ("Bob", "And you, still climbing?"),
        ("Ana", "Twice a week."),
    ];
    for (speaker, text) in talk {
        keep(&store, NewFact::new(text).turn("monday", speaker)).await;
    }
    keep(&store, NewFact::new("Winter tyres are in the cellar.")).await;
    let found = found(&store, &Viewer::default(), "Which instrument does Bob play?").await.expect("recalled");
    let place = |text: &str| found.iter().position(|fact| fact.text == text);
    assert!(place("The cello, finally.").is_some_and(|place| place < 2), "{found:?}");
    // Forgetting the question takes its words from its neighbour, too.
    let asked = found.iter().find(|fact| fact.text.starts_with("Which")).expect("found").id;
    assert!(store.forget(&Viewer::default(), asked).await.expect("forgotten"));
    let words: i64 = sqlx::query_scalar("SELECT count(*) FROM facts_words WHERE facts_words MATCH 'instrument'")
        .fetch_one(&store.pool)
        .await
        .expect("counted");
    assert_eq!(words, 0);
    store.close().await;
    assert_eq!(Store::examine(&folder.path().join("m.db")).await.expect("examined").findings, []);
}

#[tokio::test]
async fn a_score_tells_how_it_came_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    keep(&store, NewFact::new("The cost centre for travel is 4711.")).await;
    keep(&store, NewFact::new("Travel is booked by Eve.")).await;
    let found = store.recall(&Viewer::default(), &Query::new("cost centre of travel")).await.expect("recalled");
    for found in &found.facts {
        assert!((found.score - found.scores.sum() * found.scores.prior).abs() < 1e-9, "{found:?}");
    }
    assert!(found.facts[0].scores.words > found.facts[1].scores.words && found.facts[0].scores.meaning > 0.0, "{found:?}");
    assert!(found.notes.is_empty(), "{found:?}");
}

#[tokio::test]
async fn what_is_used_fades_more_slowly() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let lesson = |text: &str| {
        let source = Provenance { by: By::Program, ..Provenance::default() };
        NewFact::new(text).kind(handiwork_core::memory::FactKind::Lesson).source(source)
    };
    let used = keep(&store, lesson("The search field of the archive needs Enter")).await;
    let idle = keep(&store, lesson("The export of the archive takes a minute")).await;
    store.used(&[used, used, 4_711]).await.expect("counted");
    let fact = |id| {
        let store = store.clone();
        async move { store.fact(&Viewer::default(), id).await.expect("read").expect("there") }
    };
    let (used, idle) = (fact(used).await, fact(idle).await);
    assert_eq!((used.uses, idle.uses), (2, 0));
    let later = used.recorded_at + 60 * 86_400_000;
    assert!(
        used.freshness(later) > 2.0 * idle.freshness(later) && idle.freshness(later) < 0.3,
        "{} {}",
        used.freshness(later),
        idle.freshness(later)
    );
}

/// Some few parts, so that they meet.
fn scope() -> impl Strategy<Value = Scope> {
    let part =
        |some: &'static [&'static str]| proptest::option::of(proptest::sample::select(some)).prop_map(|part| part.map(str::to_owned));
    let user = proptest::sample::select(&["ana", "bob", "Ana", "ana "][..]);
    (user, part(&["a", "b"]), part(&["https://x.example", "https://y.example"]), part(&["r1", "r2"]))
        .prop_map(|(user, agent, site, run)| Scope { user: user.to_owned(), agent, site, run })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is written by whom, and whoever looks: what comes back may be seen, and what may be seen comes back.
    #[test]
    fn nobody_sees_what_is_another_users(scopes in proptest::collection::vec(scope(), 1..14), looker in scope(), whole in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let folder = tempfile::tempdir().expect("a folder");
            let store = store(&folder).await;
            let viewer = Viewer { scope: looker, whole };
            let mut ids = Vec::new();
            for (n, scope) in scopes.iter().enumerate() {
                let names = ["alder", "birch", "cedar", "dogwood", "elm", "fir", "ginkgo", "hazel", "ivy", "juniper", "kapok", "larch", "maple", "oak"];
                let fact = NewFact::new(format!("the shared word beside {0} {0}tree {0}wood", names[n])).scope(scope.clone());
                ids.push(keep(&store, fact.about(format!("thing {n}"))).await);
            }
            let mut expected: Vec<i64> = ids.iter().zip(&scopes).filter(|(_, scope)| viewer.sees(scope)).map(|(id, _)| *id).collect();
            expected.sort_unstable();
            let query = Query::new("shared word").limit(100);
            let mut seen: Vec<i64> = store.recall(&viewer, &query).await.expect("recalled").facts.iter().map(|found| found.fact.id).collect();
            seen.sort_unstable();
            assert_eq!(seen, expected, "recalled");
            let listed: Vec<i64> = store.facts(&viewer, &crate::FactFilter::default()).await.expect("listed").iter().map(|fact| fact.id).collect();
            assert_eq!(listed, expected, "listed");
            let exported = store.export_facts(&viewer).await.expect("exported");
            assert_eq!(exported.lines().count(), expected.len(), "exported");
            for id in &ids {
                assert_eq!(store.fact(&viewer, *id).await.expect("read").is_some(), expected.contains(id), "shown");
                assert_eq!(store.forget(&viewer, *id).await.expect("forgotten"), expected.contains(id), "forgotten");
            }
            store.close().await;
        });
    }
}
