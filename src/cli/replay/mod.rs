//! `handiwork replay`: do again what a script tells, for one set of values or for many rows.
//!
//! Each row is a run of its own, in a browser context of its own, so policy, receipts, journal and resumption hold for each. The one
//! decision: what was done is known by the journal. The runs of a file of rows have ids made of the script and the rows, so the same
//! command goes on where it was broken off, and what is done is not done again.

mod came;
mod rows;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use futures::StreamExt as _;
use handiwork::core::model::NoModel;
use handiwork::core::run::Status;
use handiwork::core::{Agent, AgentBuilder, Journal as _, JournalError, Model, Outcome, Policy, Run, RunId, Secrets, Surface};
use handiwork::memory::Store;
use handiwork::planners::script::{Ready, Script, export, write_back};
use handiwork::planners::{React, Replay};
use handiwork::tools::browser::{BrowserConfig, ContextConfig, Pool, PoolConfig};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::desktop::{self, DesktopArgs};
use super::live::Live;
use super::paths::Paths;
use super::print::{self, Out};
use super::setup::{self, BrowserArgs};
use super::{Code, Failure, memory, models, profile, script};
use came::Came;
use rows::Row;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The script: made by `handiwork script from-run`, or a recording of Chrome's recorder
    file: PathBuf,
    /// A variable's value; may be given several times. What is not given is as it was recorded
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Rows of values, as CSV (names in the first line) or a JSON list of objects: the script is replayed for each. The same command
    /// goes on with what was broken off, and leaves out what is done
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Rows at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// Answer the question that a row waits with, such as whether what a crash cut off was done; may be given several times
    #[arg(long = "answer", value_name = "ROW=yes|no", requires = "data")]
    answers: Vec<String>,
    /// Try rows again that failed before. One that failed after it had sent something sends it again
    #[arg(long, requires = "data")]
    retry_failed: bool,
    /// Replay it on another deployment of its site
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Take the recorded selectors only; by default an element that is not found is looked for by its likeness
    #[arg(long)]
    no_heal: bool,
    /// A model that is asked which element is meant when that is not certain, and that takes over where a step can't be done. What
    /// can't be taken back is asked about then, unless --yes is given
    #[arg(long)]
    model: Option<String>,
    /// Do what can't be taken back without asking, although a model may take over
    #[arg(long, requires = "model")]
    yes: bool,
    /// Write what healed back into the script; what would be written is shown in any case
    #[arg(long)]
    write: bool,
    /// Keep a picture of every step, and write the report of the (first) run here
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write a JUnit report for a CI server here
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// A secret that the script uses by name: its value is in the environment variable, and only pages of the origin get it
    #[arg(long = "secret", value_name = "NAME=ENV_VAR@ORIGIN")]
    secrets: Vec<String>,
    #[command(flatten)]
    browser: BrowserArgs,
    #[command(flatten)]
    desktop: DesktopArgs,
}

/// What all rows have.
struct Work {
    script: Script,
    store: Arc<Store>,
    pool: Arc<Pool>,
    /// Instead of the browsers.
    desktop: Option<desktop::Config>,
    model: Option<Arc<dyn Model>>,
    secrets: Secrets,
    heal: bool,
    yes: bool,
    pictures: bool,
    retry_failed: bool,
    /// Answers to the questions of rows.
    answers: BTreeMap<usize, bool>,
    /// Whether a person watches each step.
    live: bool,
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    let recorded = script::read(&args.file)?;
    let script = args.origin.as_deref().map_or_else(|| recorded.clone(), |origin| export::at_origin(&recorded, origin));
    let for_all = script::pairs(&args.set)?;
    let rows = match &args.data {
        Some(file) => rows::read(file, &for_all, &script)?,
        None => vec![Row { number: 1, values: script.values(&for_all).map_err(|why| script::wrong(&args.file, &why))? }],
    };
    for row in &rows {
        Ready::of(&script, &row.values).map_err(|why| script::wrong(&args.file, &why))?;
    }
    let model = match &args.model {
        Some(name) => Some(models::open(&models::ModelArgs::default().named(name), paths).await?),
        None => None,
    };
    let jobs = usize::from(args.jobs);
    let browser = BrowserConfig { state_key: profile::state_key(paths), ..args.browser.config()? };
    let work = Arc::new(Work {
        pool: Arc::new(Pool::new(PoolConfig { browser, most: jobs, ..PoolConfig::default() })),
        desktop: args.desktop.is_wanted().then(|| args.desktop.config(paths)).transpose()?,
        store: Arc::new(memory::open(paths).await?),
        secrets: setup::secrets(&args.secrets)?,
        heal: !args.no_heal,
        yes: args.yes,
        pictures: args.report.is_some(),
        retry_failed: args.retry_failed,
        answers: answers(&args.answers)?,
        live: args.data.is_none(),
        model,
        script,
    });
    let batch = args.data.is_some().then(|| batch(&work.script, &rows));
    let stop = Arc::new(tokio::sync::Notify::new());
    let interrupted = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.notify_waiters();
            }
        }
    });
    let began = std::time::Instant::now();
    let doing = futures::stream::iter(&rows).map(|row| work.row(row, batch.as_deref())).buffer_unordered(jobs);
    let came: Vec<Result<(Came, Run), Failure>> = doing.take_until(stop.notified()).collect().await;
    interrupted.abort();
    let came = came.into_iter().collect::<Result<Vec<_>, _>>();
    let told = match came {
        Ok(came) => tell(&args, &recorded, &work, came, rows.len(), began.elapsed().as_secs_f64(), out).await,
        Err(failure) => Err(failure),
    };
    work.store.close().await;
    told
}

/// Reads `ROW=yes|no`s.
fn answers(given: &[String]) -> Result<BTreeMap<usize, bool>, Failure> {
    let read = |text: &str| {
        let (row, answer) = text.split_once('=')?;
        let yes = match answer.trim().to_lowercase().as_str() {
            "yes" => true,
            "no" => false,
            _ => return None,
        };
        Some((row.trim().parse().ok()?, yes))
    };
    let wrong = |text: &String| Failure::new(Code::Usage, format!("--answer {text}: write --answer ROW=yes or ROW=no, such as 7=yes"));
    given.iter().map(|text| read(text).ok_or_else(|| wrong(text))).collect()
}

/// The name of a replay of these rows: the same for the same script and rows.
fn batch(script: &Script, rows: &[Row]) -> String {
    let mut digest = Sha256::new();
    digest.update(script.write());
    for row in rows {
        digest.update(serde_json::to_vec(&row.values).unwrap_or_default());
        digest.update([0]);
    }
    let bytes = digest.finalize();
    bytes.iter().take(8).fold("rows".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

impl Work {
    /// Replays a row, or goes on with it, unless it is done.
    async fn row(&self, row: &Row, batch: Option<&str>) -> Result<(Came, Run), Failure> {
        let ready = Ready::of(&self.script, &row.values).map_err(|why| Failure::new(Code::Usage, why))?;
        let Some(batch) = batch else {
            let id = RunId::generate();
            return Ok(came::of(row, &ready, self.replay(&ready, &id, None).await?, false));
        };
        let mut number = 1;
        loop {
            let id = RunId(format!("{batch}-{:05}{}", row.number, if number > 1 { format!("-{number}") } else { String::new() }));
            let known = match self.store.load(&id).await {
                Ok(entries) => Run::from_entries(id.clone(), entries).map_err(|error| Failure::new(Code::Store, error))?,
                Err(JournalError::NoSuchRun(_)) => return Ok(came::of(row, &ready, self.replay(&ready, &id, None).await?, false)),
                Err(error) => return Err(error.into()),
            };
            match known.status() {
                Status::Ended(Outcome::Failed { .. }) if self.retry_failed => number += 1,
                Status::Ended(outcome) if !outcome.is_resumable() => return Ok(came::of(row, &ready, known, true)),
                Status::Waiting { .. } if !self.answers.contains_key(&row.number) => return Ok(came::of(row, &ready, known, true)),
                // It broke off, or gets its answer.
                _ => return Ok(came::of(row, &ready, self.replay(&ready, &id, Some((known, row.number))).await?, false)),
            }
        }
    }

    async fn replay(&self, ready: &Ready, id: &RunId, known: Option<(Run, usize)>) -> Result<Run, Failure> {
        let surface: Arc<dyn Surface> = if let Some(config) = &self.desktop {
            Arc::new(desktop::open(config).await?)
        } else {
            let context = self.pool.context(ContextConfig::default()).await;
            Arc::new(context.map_err(|error| Failure::new(Code::Missing, error))?)
        };
        let agent = self.agent(ready).shared_surface(surface.clone()).build();
        let driven = self.drive(&agent, ready, id, known).await;
        surface.close().await;
        driven
    }

    fn agent(&self, ready: &Ready) -> AgentBuilder {
        let planner = Replay {
            heal: self.heal,
            model: self.model.is_some(),
            agent: self.model.as_ref().map(|_| React::default()),
            ..Replay::new(ready.clone())
        };
        let model: Arc<dyn Model> = self.model.clone().unwrap_or_else(|| Arc::new(NoModel::default()));
        // Who wrote the script has said what is to be done; a model has not.
        let policy = if self.model.is_none() || self.yes { Policy::allow() } else { Policy::ask() };
        AgentBuilder::new(model, planner)
            .journal(self.store.clone())
            .secrets(self.secrets.clone())
            .policy(policy)
            .screenshots(self.pictures)
    }

    async fn drive(&self, agent: &Agent, ready: &Ready, id: &RunId, known: Option<(Run, usize)>) -> Result<Run, Failure> {
        let mut run = known.as_ref().map_or_else(|| Run::new(id.clone()), |(known, _)| known.clone());
        let builder = if let Some((known, row)) = known {
            let answer = self.answers.get(&row).filter(|_| matches!(known.status(), Status::Waiting { .. })).copied();
            let resumed = agent.resume(known)?;
            match answer {
                Some(yes) => resumed.answer(yes, if yes { "yes" } else { "no" }),
                None => resumed,
            }
        } else {
            let goal = if ready.goal.is_empty() { self.script.title.as_str() } else { &ready.goal };
            let begun = ready.probes.iter().fold(agent.run(goal).id(id.clone()), |run, probe| run.probe(probe.clone()));
            // An agent that takes over is told what is missing.
            ready.ends().fold(begun, |run, check| run.check(check.clone()))
        };
        let mut live = self.live.then(Live::default);
        let mut stream = builder.stream();
        while let Some(update) = stream.next().await {
            if let handiwork::core::Update::Entry(entry) = update? {
                if let Some(live) = &mut live {
                    live.entry(&entry);
                }
                run.apply(*entry).map_err(|error| Failure::new(Code::Store, error))?;
            }
        }
        Ok(run)
    }
}

/// Tells what came of it, writes what is to be written, and says whether all is done.
async fn tell(
    args: &Args,
    recorded: &Script,
    work: &Work,
    mut came: Vec<(Came, Run)>,
    wanted: usize,
    seconds: f64,
    out: Out,
) -> Result<(), Failure> {
    came.sort_by_key(|(one, _)| one.row);
    if let (Some(file), Some((_, run))) = (&args.report, came.first()) {
        handiwork::report::write(run, &*work.store, file).await.map_err(|error| Failure::new(Code::Store, error))?;
        print::note(&format!("report {}", file.display()));
    }
    write_healed(args, recorded, &came)?;
    let came: Vec<Came> = came.into_iter().map(|(one, _)| one).collect();
    if let Some(file) = &args.junit {
        std::fs::write(file, came::junit(&work.script.title, &came, seconds)?)
            .map_err(|error| Failure::new(Code::Usage, format!("{} can't be written: {error}", file.display())))?;
    }
    let done = came.iter().filter(|one| one.done).count();
    let calls: u32 = came.iter().map(|one| one.model_calls).sum();
    let usd: f64 = came.iter().map(|one| one.cost_usd).sum();
    let told = json!({
        "script": args.file, "rows": wanted, "done": done, "before": came.iter().filter(|one| one.before && one.done).count(), "seconds": seconds,
        "model_calls": calls, "cost_usd": usd, "results": came,
    });
    out.result(&told, || {
        let mut lines: Vec<String> =
            came.iter().filter(|one| !one.done).map(|one| format!("row {} ({}): {}", one.row, one.run, one.text)).collect();
        if let [one] = came.as_slice()
            && one.done
        {
            lines
                .push(one.value.as_ref().map_or_else(|| one.text.clone(), |value| serde_json::to_string_pretty(value).unwrap_or_default()));
        }
        lines.push(format!("{done} of {wanted} done in {seconds:.1} s; {calls} model calls, ${usd:.4}"));
        lines.join("\n")
    });
    if done == wanted {
        return Ok(());
    }
    let many = args.data.is_some();
    let failure = match came.iter().find(|one| !one.done) {
        Some(one) if one.outcome == "waiting" => Failure::new(Code::Waiting, one.text.clone()).hint(if many {
            format!("look: handiwork show {}; then the same command with --answer {}=yes or no", one.run, one.row)
        } else {
            "replay it with --yes, or without --model".to_owned()
        }),
        Some(one) => Failure::new(Code::NotReached, one.text.clone()).hint(format!("handiwork show {}", one.run)),
        None => Failure::new(Code::Interrupted, "it was interrupted").hint(if many {
            "the same command goes on with it"
        } else {
            "handiwork runs has how far it got"
        }),
    };
    Err(if out.json { failure.told() } else { failure })
}

/// Shows what healed, and writes it if that is wanted.
fn write_healed(args: &Args, recorded: &Script, came: &[(Came, Run)]) -> Result<(), Failure> {
    let Some((one, _)) = came.iter().find(|(one, _)| one.done && !one.ways.is_empty()) else { return Ok(()) };
    let healed = &one.ways;
    let now = write_back::written_back(recorded, healed);
    for one in healed {
        print::note(&format!("healed step {}: {} — now {} {:?}", one.at + 1, one.how, one.found.role, one.found.name));
    }
    if now != *recorded {
        let (was, is) = (recorded.write(), now.write());
        let name = args.file.display().to_string();
        print::note(similar::TextDiff::from_lines(&was, &is).unified_diff().context_radius(2).header(&name, &name).to_string().trim_end());
    }
    if args.write && now != *recorded {
        std::fs::write(&args.file, now.write())
            .map_err(|error| Failure::new(Code::Usage, format!("{} can't be written: {error}", args.file.display())))?;
        print::note(&format!("{} has the new ways to its elements", args.file.display()));
    } else if now != *recorded {
        print::note(&format!("{} stays as it is; --write puts the new ways in", args.file.display()));
    }
    Ok(())
}
