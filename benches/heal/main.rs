//! Do scripts survive that pages change? `make heal`; `make heal SEED=7` for other changes.
//!
//! Each site's task is done once by one who knows it, and the run is made a script. Then the site is changed in many ways by a seeded
//! generator, and the script is replayed on each with other values and without a model. Judged by the server's log: the right requests and
//! no other. The last line is one line of JSON.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::expect_used, reason = "a program that prints, and ends where it fails")]

mod oracle;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt as _;
use handiwork::core::model::NoModel;
use handiwork::core::{AgentBuilder, Event, Outcome, Policy, Run, Secrets};
use handiwork::planners::Replay;
use handiwork::planners::script::{Ready, Script, Values, export, from_run, write_back};
use handiwork::tools::browser::{ContextConfig, Pool, PoolConfig};
use handiwork_test_support::heal::{Do, Kind, Mutation, Site, World};
use oracle::{Deed, Oracle};
use serde_json::{Value, json};

/// Replays at the same time.
const JOBS: usize = 2;

/// What came of one replay.
#[derive(Debug, serde::Serialize)]
struct Came {
    site: &'static str,
    mutation: String,
    kinds: Vec<Kind>,
    possible: bool,
    finished: bool,
    wrong: Vec<String>,
    model_calls: usize,
    healed: Vec<String>,
    /// How the run ended, if it did not say that it was done.
    ended: String,
    /// Whether it said that it was done.
    said_done: bool,
    seconds: f64,
}

#[tokio::main]
async fn main() {
    let number = |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (seed, count) = (number("SEED", 1), number("HEAL_MUTATIONS", 60) as usize);
    let only = std::env::var("HEAL_SITE").unwrap_or_default();
    let began = Instant::now();
    let pool = Arc::new(Pool::new(PoolConfig { most: JOBS, ..PoolConfig::default() }));
    let mut all = Vec::new();
    for site in Site::ALL.into_iter().filter(|site| only.is_empty() || site.name() == only) {
        let script = recorded(site, &pool).await;
        if let Ok(folder) = std::env::var("HEAL_SCRIPTS") {
            std::fs::write(format!("{folder}/{}.json", site.name()), script.write()).expect("the folder is there");
        }
        let mutations = site.mutations(seed, count);
        let replays = futures::stream::iter(mutations.into_iter().enumerate())
            .map(|(number, mutation)| replay(site, &script, mutation, seed * 1000 + number as u64 + 2, &pool))
            .buffer_unordered(JOBS);
        let came: Vec<Came> = replays.collect().await;
        for one in came.iter().filter(|one| one.possible != one.finished || !one.wrong.is_empty()) {
            println!(
                "{}: {}: finished {} of possible {}; wrong {:?}; {}",
                one.site, one.mutation, one.finished, one.possible, one.wrong, one.ended
            );
        }
        all.extend(came);
    }
    tell(&all, began.elapsed().as_secs_f64());
}

/// The script of a site's task, done once by one who knows it.
async fn recorded(site: Site, pool: &Pool) -> Script {
    let world = World::start(site, None).await.expect("the site starts");
    let values = site.values(1);
    let deeds = site.steps(&values).into_iter().filter_map(|step| {
        let deed = |action, role: &str, name: &str, args: Value| {
            Some(Deed { action, role: role.to_owned(), name: name.to_owned(), row: None, args })
        };
        match step {
            Do::Open => None,
            Do::Click { role, name, within } => Some(Deed { action: "click", role, name, row: within, args: json!({}) }),
            Do::Fill { name, value } => deed("fill", "", &name, json!({ "text": value })),
            Do::Select { name, option } => deed("select", "", &name, json!({ "option": option })),
            Do::Check { name, checked } => deed("check", "checkbox", &name, json!({ "checked": checked })),
            Do::Choose { name } => deed("check", "radio", &name, json!({ "checked": true })),
        }
    });
    let oracle = Oracle { start: world.url(), deeds: deeds.collect() };
    let context = pool.context(ContextConfig::default()).await.expect("a context");
    let agent = AgentBuilder::new(NoModel::default(), oracle).surface(context).secrets(secrets(&world)).policy(Policy::allow()).build();
    let checks = site.checks(&values);
    let run = checks.iter().fold(agent.run(site.goal(&values)), |run, check| run.check(check.parse().expect("a check")));
    let run = run.finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{}: {:?}", site.name(), run.outcome());
    let judged = world.judge(&values).await.expect("a log");
    assert!(judged.finished && judged.wrong.is_empty(), "{}: {judged:?}", site.name());
    let script = from_run::from_run(&run).expect("a script");
    let names = script.variables();
    let missing: Vec<&&str> =
        site.variables().iter().filter(|name| !values.get(name).is_empty() && !known(&script, values.get(name))).collect();
    assert!(missing.is_empty(), "{}: {missing:?} are no variables; there are {names:?}\n{}", site.name(), script.write());
    script
}

/// What a site's task needs and nobody may read.
fn secrets(world: &World) -> Secrets {
    let mut secrets = Secrets::default();
    for (name, value) in world.secrets() {
        secrets.insert(name, &value, &world.origin()).expect("an origin");
    }
    secrets
}

/// Whether a value of the recording is one of the script's variables.
fn known(script: &Script, value: &str) -> bool {
    script.head().variables.values().any(|schema| schema.get("default").and_then(Value::as_str) == Some(value))
}

async fn replay(site: Site, script: &Script, mutation: Mutation, seed: u64, pool: &Pool) -> Came {
    let began = Instant::now();
    let world = World::start(site, Some(mutation.clone())).await.expect("the site starts");
    let (was, now) = (site.values(1), site.values(seed));
    let script = export::at_origin(script, &world.origin());
    // The script's own names for the values of the recording.
    let given: Values = script
        .head()
        .variables
        .iter()
        .filter_map(|(name, schema)| {
            let default = schema.get("default")?.as_str()?;
            let of = site.variables().iter().find(|of| was.get(of) == default)?;
            Some((name.clone(), now.get(of).to_owned()))
        })
        .collect();
    let ready = Ready::of(&script, &script.values(&given).expect("values")).expect("ready");
    let context = pool.context(ContextConfig::default()).await.expect("a context");
    let agent = AgentBuilder::new(NoModel::default(), Replay::new(ready.clone()))
        .surface(context)
        .secrets(secrets(&world))
        .policy(Policy::allow())
        .build();
    let run = agent.run(ready.goal.as_str()).finish().await.expect("no journal failure").run;
    let judged = world.judge(&now).await.expect("a log");
    if std::env::var_os("HEAL_STORY").is_some() {
        for event in run.events() {
            if let Event::Located { call_id, found } = event {
                let told = |one: &handiwork::core::marks::Found| format!("{} {:?} {:.2} {:?}", one.role, one.name, one.score, one.sure);
                println!("    {call_id}: {:?}", found.iter().take(4).map(told).collect::<Vec<_>>());
            }
        }
        println!("{mutation}\n  {}\n{}", run.story().join("\n  "), run.screen().map(handiwork::core::Screen::render).unwrap_or_default());
    }
    Came {
        site: site.name(),
        mutation: mutation.to_string(),
        kinds: mutation.kinds.clone(),
        possible: mutation.is_possible(),
        finished: judged.finished,
        wrong: judged.wrong,
        model_calls: run.events().filter(|event| matches!(event, Event::Replied { .. })).count(),
        healed: write_back::healed(&run, &ready).iter().map(|one| format!("{}: {}", one.at + 1, one.how)).collect(),
        ended: ended(&run),
        said_done: matches!(run.outcome(), Some(Outcome::Done { .. })),
        seconds: began.elapsed().as_secs_f64(),
    }
}

fn ended(run: &Run) -> String {
    match run.outcome() {
        Some(Outcome::Done { .. }) => String::new(),
        Some(other) => other.to_string(),
        None => "it does not end".to_owned(),
    }
}

fn tell(all: &[Came], seconds: f64) {
    let mut kinds: BTreeMap<&'static str, (usize, usize, usize)> = BTreeMap::new();
    for one in all {
        for kind in &one.kinds {
            let row = kinds.entry(kind.name()).or_default();
            row.0 += 1;
            row.1 += usize::from(one.possible);
            row.2 += usize::from(one.finished);
        }
    }
    println!("\n{:<28} {:>8} {:>9} {:>9}", "change", "replays", "possible", "finished");
    for (kind, (replays, possible, finished)) in kinds {
        println!("{kind:<28} {replays:>8} {possible:>9} {finished:>9}");
    }
    if let Err(error) = std::fs::write("target/heal.json", serde_json::to_string_pretty(all).unwrap_or_default()) {
        eprintln!("target/heal.json can't be written: {error}");
    }
    let count = |fits: &dyn Fn(&Came) -> bool| all.iter().filter(|one| fits(one)).count();
    println!("{} replays in {seconds:.0} s", all.len());
    println!(
        "{}",
        json!({
            "bar": "heal",
            "replays": all.len(),
            "possible": count(&|one| one.possible),
            "finished": count(&|one| one.finished && one.possible),
            "finished_without_model": count(&|one| one.finished && one.possible && one.model_calls == 0),
            "wrong_action": count(&|one| !one.wrong.is_empty()),
            "said_done_and_was_not": count(&|one| one.said_done && !one.finished),
            "model_calls": all.iter().map(|one| one.model_calls).sum::<usize>(),
        })
    );
}
