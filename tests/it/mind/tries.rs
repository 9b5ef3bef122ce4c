//! Tries of `best_of` share one Chromium and nothing in it: no cookie of one reaches another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use handiwork::core::{AgentBuilder, Outcome, Policy};
use handiwork::planners::{BestOf, React};
use handiwork::testing::{ScriptedModel, call};
use handiwork::tools::browser::{ContextConfig, Pool, PoolConfig};
use handiwork_test_support::fixtures::Fixtures;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn tries_share_no_cookies() {
    let site = Fixtures::start().await.expect("a server");
    let pool = Arc::new(Pool::new(PoolConfig { most: 5, ..PoolConfig::default() }));
    let number = Arc::new(AtomicUsize::new(0));
    let base = site.url("");
    let hire = {
        let (pool, number) = (Arc::clone(&pool), Arc::clone(&number));
        move || {
            let (pool, number, base) = (Arc::clone(&pool), number.fetch_add(1, Ordering::Relaxed), base.clone());
            async move {
                let context = pool.context(ContextConfig::default()).await.map_err(|error| error.to_string())?;
                let go = |path: String| call("navigate", json!({ "url": format!("{base}{path}") }));
                // It sets a cookie of its own, and then shows what the server gets from it.
                let model = ScriptedModel::new()
                    .calls([go("keep/show".to_owned())])
                    .calls([go(format!("keep/set/try-{number}"))])
                    .calls([go("keep/show".to_owned())])
                    .calls([call("done", json!({ "ok": true, "answer": "done" }))])
                    .calls([call("done", json!({ "ok": false, "answer": "it is not there" }))]);
                Ok(AgentBuilder::new(model, React::default()).surface(context).policy(Policy::allow()).build())
            }
        }
    };
    let planner = BestOf { tries: 5, at_once: 5, disposable: true, ..BestOf::default() };
    let agent = AgentBuilder::new(ScriptedModel::new(), planner).helper("try", "tries", hire).build();
    let check = "text has No such thing".parse().expect("a check");
    let run = agent.run("Look around").check(check).finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Failed { .. })), "{:?}", run.outcome());
    assert_eq!(run.returned().count(), 5);
    let mut sent: Vec<Option<String>> =
        site.told().into_iter().filter(|told| told.what == "cookies").map(|told| told.field("sid").map(str::to_owned)).collect();
    sent.sort();
    // Each came once without any cookie, and once with its own.
    let own = (0..5).map(|number| Some(format!("try-{number}")));
    let expected: Vec<Option<String>> = std::iter::repeat_n(None, 5).chain(own).collect();
    assert_eq!(sent, expected);
    assert_eq!(pool.free(), 5, "all are closed");
}
