//! Many runs in one process and one browser: one of them hangs, and the others do not notice.

use std::sync::Arc;
use std::time::Duration;

use handiwork_core::run::Status;
use handiwork_core::testing::{ScriptedModel, call};
use handiwork_core::{AgentBuilder, Limits, Outcome, Policy};
use handiwork_memory::Store;
use handiwork_planners::React;
use handiwork_test_support::fixtures::Fixtures;
use handiwork_tools::browser::{BrowserConfig, ContextConfig, Pool, PoolConfig};
use serde_json::json;

/// Runs at once.
const RUNS: usize = 20;
/// The one that hangs.
const POISONED: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_browser_runs_and_one_of_them_is_poisoned() {
    let site = Fixtures::start().await.expect("a server");
    let home = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::open(&home.path().join("runs.sqlite")).await.expect("a store"));
    let browser = BrowserConfig { deadline: Duration::from_secs(30), ..BrowserConfig::default() };
    let pool = Pool::new(PoolConfig { browser, most: RUNS, ..PoolConfig::default() });
    let one = async |number: usize| {
        let surface = pool.context(ContextConfig::default()).await.expect("a place");
        let page = if number == POISONED { "hang" } else { "form" };
        let model = if number == POISONED {
            ScriptedModel::new().calls([call("click", json!({ "ref": "e1" }))]).calls([call("wait", json!({ "text": "never" }))])
        } else {
            ScriptedModel::new()
                .calls([call("fill", json!({ "ref": "e1", "text": format!("run {number}") }))])
                .calls([call("done", json!({ "ok": true, "answer": format!("run {number}") }))])
                .calls([call("done", json!({ "ok": true, "answer": format!("run {number}") }))])
        };
        let agent = AgentBuilder::new(model, React::default())
            .surface(surface)
            .journal(store.clone())
            .policy(Policy::allow())
            .limits(Limits { surface: Duration::from_secs(35), ..Limits::default() })
            .build();
        agent.run("go").url(site.url(page)).finish().await.expect("no journal failure").run
    };
    let runs = futures::future::join_all((0..RUNS).map(one)).await;
    for (number, run) in runs.iter().enumerate() {
        match run.status() {
            Status::Ended(Outcome::Done { text, .. }) => assert_eq!(*text, format!("run {number}")),
            Status::Ended(outcome) => assert_eq!(number, POISONED, "{outcome:?}"),
            other => panic!("run {number}: {other:?}"),
        }
    }
    store.close().await;
}
