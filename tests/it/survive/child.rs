//! The process that is killed: a run with a real browser and a real store, told by its environment what to do.

use std::path::PathBuf;
use std::sync::Arc;

use handiwork_core::run::Status;
use handiwork_core::{AgentBuilder, Journal, Outcome, Policy, Probe, RunId, Secrets, Surface};
use handiwork_memory::Store;
use handiwork_planners::React;
use handiwork_tools::browser::{Browser, BrowserConfig};
use serde::{Deserialize, Serialize};

use super::kill::{KillJournal, KillModel, KillSurface, Killer, Point};
use super::script::Script;

/// Where its orders are.
pub(super) const ORDERS: &str = "HANDIWORK_TEST_SURVIVE";

/// What it is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Orders {
    /// Where everything of the run is, the browser's folders too.
    pub(super) home: PathBuf,
    pub(super) url: String,
    pub(super) origin: String,
    pub(super) password: String,
    pub(super) run: String,
    /// Begin, or go on.
    pub(super) resume: bool,
    pub(super) answer: Option<bool>,
    pub(super) kill: Option<(Point, u32)>,
    /// Intents are not written before the act.
    pub(super) forgetful: bool,
}

impl Orders {
    pub(super) fn database(&self) -> PathBuf {
        self.home.join("runs.sqlite")
    }
}

/// How it ended, by its exit code.
pub(super) const DONE: i32 = 0;
pub(super) const WAITS: i32 = 4;
pub(super) const FAILED: i32 = 1;

/// Not a test by itself: what this program does when it is started as the process that is killed.
#[tokio::test(flavor = "multi_thread")]
async fn browser_process_that_is_killed() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let orders: Orders = serde_json::from_str(&orders).expect("orders");
    let code = run(&orders).await.unwrap_or_else(|problem| {
        println!("problem: {problem}");
        FAILED
    });
    std::process::exit(code);
}

async fn run(orders: &Orders) -> Result<i32, Box<dyn std::error::Error>> {
    let store = Store::open(&orders.database()).await?;
    let killer = Arc::new(Killer::new(orders.kill));
    let config = BrowserConfig { state_key: Some(key()), ..BrowserConfig::default() };
    let browser: Arc<dyn Surface> = Arc::new(Browser::launch(config).await?);
    let mut secrets = Secrets::default();
    secrets.insert("password", &orders.password, &orders.origin)?;
    let journal = KillJournal {
        inner: Arc::new(store.clone()),
        killer: killer.clone(),
        forgetful: orders.forgetful,
        held: std::sync::Mutex::default(),
    };
    let agent = AgentBuilder::new(KillModel { inner: Script::new(&orders.origin), killer: killer.clone() }, React::default())
        .shared_surface(Arc::new(KillSurface { inner: browser.clone(), killer }))
        .journal(Arc::new(journal))
        .secrets(secrets)
        .policy(Policy::allow())
        .build();
    let id = RunId(orders.run.clone());
    let written = if orders.resume { store.load(&id).await.ok() } else { None };
    let builder = if let Some(entries) = written {
        let builder = agent.resume(handiwork_core::Run::from_entries(id, entries)?)?;
        match orders.answer {
            Some(yes) => builder.answer(yes, if yes { "yes" } else { "no" }),
            None => builder,
        }
    } else {
        // Not even its beginning was written.
        let begun = agent.run("Sign in, put two notes on the board, send the digest, and file a claim.").id(id).url(&orders.url);
        probes(&orders.origin).into_iter().fold(begun, handiwork_core::RunBuilder::probe)
    };
    let run = builder.finish().await?.run;
    browser.close().await;
    store.close().await;
    Ok(match run.status() {
        Status::Ended(Outcome::Done { .. }) => DONE,
        Status::Waiting { .. } => WAITS,
        other => {
            println!("ended: {other:?}");
            FAILED
        }
    })
}

/// How to find out whether a note was added or a claim filed. Nothing tells whether the digest was sent.
pub(super) fn probes(origin: &str) -> Vec<Probe> {
    let page = |path: &str| format!("{origin}{path}");
    vec![
        Probe::new(page("/board"), "{{Note}}").about("Add note"),
        Probe::new(page("/claims"), "Train to Hamburg").about("Confirm and file claim"),
    ]
}

/// The key to the browser's state: any will do that is the same in the next process.
pub(super) fn key() -> handiwork_tools::browser::profile::Key {
    handiwork_tools::browser::profile::Key::from_hex(&"07".repeat(32)).expect("a key")
}
