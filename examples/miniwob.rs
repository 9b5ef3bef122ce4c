//! MiniWoB++: the field's oldest benchmark of small web tasks, run with any model.
//!
//! Why it exists: it measures the whole (screen text, planner, grammar, hands) on pages that nobody here wrote, and the pages
//! themselves say whether a task is done. `cargo run --release --example miniwob -- --tasks click-button,login-user --seeds 5
//! --model local --json out.json`; `make miniwob` runs ten tasks. The last line of the output is JSON.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Parser;
use futures::StreamExt as _;
use handiwork::core::action::Navigate;
use handiwork::core::model::compat::OpenAiCompat;
use handiwork::core::policy::Budgets;
use handiwork::core::{Action, AgentBuilder, Usage};
use handiwork::planners::{Plan, React};
use handiwork::prelude::*;
use handiwork_test_support::miniwob::{self, MiniWob};
use serde_json::json;

/// The longest that one try may take.
const LONGEST: Duration = Duration::from_mins(10);

/// Run an agent on tasks of MiniWoB++.
#[derive(Debug, Parser)]
struct Args {
    /// Names of tasks, joined by commas; `all` is every one
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "click-button,click-link,click-dialog,click-test,click-test-2,focus-text,enter-text,click-option,click-checkboxes,login-user"
    )]
    tasks: Vec<String>,
    /// How many tries of each task, with a seed each
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// local[:NAME or FILE] | deepseek[:ID] | openai:BASE_URL#ID
    #[arg(long, default_value = "local")]
    model: String,
    /// Most steps of one try
    #[arg(long, default_value_t = 12)]
    steps: u32,
    /// react, plan, or both: each try is made with each of them
    #[arg(long, value_delimiter = ',', default_value = "react")]
    planners: Vec<Mind>,
    /// Most tokens of one try, in and out
    #[arg(long)]
    tokens: Option<u64>,
    /// Write every try to this file, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// The folder with the pages, instead of the Python package's
    #[arg(long)]
    pages: Option<PathBuf>,
    /// Show what the model sees and says
    #[arg(long)]
    show: bool,
}

/// What decides the next step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Mind {
    #[default]
    React,
    Plan,
}

/// One try.
#[derive(Debug, Clone, Default, Serialize)]
struct Try {
    task: String,
    planner: Mind,
    seed: u64,
    goal: String,
    /// The page's own raw reward; none if it never ended.
    reward: Option<f64>,
    /// Whether the agent said that it was done. With no reward, that is a false success.
    said_done: bool,
    steps: u32,
    tokens_in: u64,
    tokens_cached: u64,
    tokens_out: u64,
    seconds: f64,
    /// How the run ended, when the page did not end it.
    ended: String,
}

impl Try {
    fn success(&self) -> bool {
        self.reward.is_some_and(|reward| reward >= 1.0)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let pages = match &args.pages {
        Some(pages) => pages.clone(),
        None => miniwob::fetch(&home("XDG_CACHE_HOME", ".cache")?.join("handiwork/pages")).await?,
    };
    let site = MiniWob::start(&pages).await.with_context(|| format!("{} can't be served", pages.display()))?;
    let known = site.tasks()?;
    let tasks = if args.tasks == ["all"] { known.clone() } else { args.tasks.clone() };
    if let Some(task) = tasks.iter().find(|task| !known.contains(task)) {
        bail!("there is no task {task:?}; there are {}", known.join(", "));
    }
    let model = open(&args.model)?;
    let mut tries = Vec::new();
    // Seed by seed, so that what was stopped in the middle is still a fair comparison.
    for seed in args.first_seed..args.first_seed + args.seeds {
        for (task, &mind) in tasks.iter().flat_map(|task| args.planners.iter().map(move |mind| (task, mind))) {
            let one = attempt(&site, task, seed, mind, &model, &args).await?;
            println!(
                "{} {task:<28} {:<5} seed {seed:<4} {:>2} steps {:>6.1} s  {}{}",
                if one.success() { "ok  " } else { "FAIL" },
                format!("{mind:?}").to_lowercase(),
                one.steps,
                one.seconds,
                one.goal,
                if one.success() { String::new() } else { format!("  [reward {:?}; {}]", one.reward, one.ended) }
            );
            tries.push(one);
            if let Some(file) = &args.json {
                std::fs::write(file, serde_json::to_string_pretty(&tries)?)
                    .with_context(|| format!("{} can't be written", file.display()))?;
            }
        }
    }
    table(&tries);
    Ok(())
}

/// One try of one task, in a browser of its own. It ends when the page says so, or when the agent does.
async fn attempt(site: &MiniWob, task: &str, seed: u64, mind: Mind, model: &Arc<dyn Model>, args: &Args) -> anyhow::Result<Try> {
    let browser = Arc::new(Browser::launch(BrowserConfig { viewport: (640, 480), ..BrowserConfig::default() }).await?);
    let mut episode = site.episode(task, seed);
    let cx = Context::default();
    let open =
        browser.resolve(&cx, &Action::from(Navigate { url: episode.url.clone() })).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    browser.dispatch(&cx, &open).await?;
    let goal = tokio::time::timeout(Duration::from_secs(30), episode.goal()).await.ok().flatten();
    let goal = goal.with_context(|| format!("the page of {task} did not begin"))?;

    let budgets = Budgets { steps: Some(args.steps), tokens: args.tokens, ..Budgets::default() };
    let agent = match mind {
        Mind::React => AgentBuilder::new(Arc::clone(model), React::default()),
        Mind::Plan => AgentBuilder::new(Arc::clone(model), Plan::default()),
    };
    let agent = agent.shared_surface(browser.clone()).policy(Policy::allow().budgets(budgets)).build();
    let mut one = Try { task: task.to_owned(), planner: mind, seed, goal: goal.clone(), ..Try::default() };
    let began = Instant::now();
    let mut usage = Usage::default();
    let mut stream = agent.run(goal).stream();
    let deadline = tokio::time::sleep(LONGEST);
    tokio::pin!(deadline);
    loop {
        let update = tokio::select! {
            update = stream.next() => update,
            reward = episode.reward() => { one.reward = reward; break }
            () = &mut deadline => { "it took too long".clone_into(&mut one.ended); break }
        };
        let Some(update) = update else { break };
        let Update::Entry(entry) = update? else { continue };
        if args.show {
            show(&entry.event);
        }
        match entry.event {
            Event::Replied { reply, .. } => {
                one.steps += 1;
                usage += reply.usage;
            }
            Event::Ended { outcome } => {
                one.said_done = matches!(outcome, Outcome::Done { .. });
                one.ended = serde_json::to_string(&outcome)?;
            }
            _ => {}
        }
    }
    drop(stream);
    // What the last act of a run set off may still be on its way.
    if one.reward.is_none() {
        one.reward = tokio::time::timeout(Duration::from_secs(2), episode.reward()).await.ok().flatten();
    }
    one.seconds = began.elapsed().as_secs_f64();
    (one.tokens_in, one.tokens_cached, one.tokens_out) = (usage.prompt, usage.cached, usage.completion);
    browser.close().await;
    Ok(one)
}

fn show(event: &Event) {
    match event {
        Event::Observed { screen, .. } => eprintln!("--- screen\n{}", screen.render()),
        Event::Replied { reply, .. } => {
            let calls: Vec<String> = reply.calls.iter().map(|call| format!("{} {}", call.name, call.args)).collect();
            eprintln!("--- reply {}\n{}", reply.content, calls.join("\n"));
        }
        Event::Receipt { receipt, .. } => eprintln!("--- {receipt}"),
        Event::Dropped { why, .. } => eprintln!("--- dropped: {why}"),
        _ => {}
    }
}

fn table(tries: &[Try]) {
    let mut rows: BTreeMap<(Mind, &str), Vec<&Try>> = BTreeMap::new();
    for one in tries {
        rows.entry((one.planner, &one.task)).or_default().push(one);
        rows.entry((one.planner, "all")).or_default().push(one);
    }
    println!("\n{:<6} {:<28} {:>9} {:>7} {:>11} {:>11} {:>7}", "", "task", "success", "steps", "tokens/step", "tokens/try", "s/step");
    for ((mind, task), all) in &rows {
        let sums = Sums::of(all);
        println!(
            "{:<6} {task:<28} {:>9} {:>7} {:>11.0} {:>11.0} {:>7.1}",
            format!("{mind:?}").to_lowercase(),
            format!("{}/{}", sums.successes, all.len()),
            sums.steps,
            sums.tokens as f64 / f64::from(sums.steps.max(1)),
            sums.tokens as f64 / all.len() as f64,
            sums.seconds / f64::from(sums.steps.max(1)),
        );
    }
    let minds: BTreeMap<String, serde_json::Value> = rows
        .iter()
        .filter(|((_, task), _)| *task == "all")
        .map(|((mind, _), all)| {
            let sums = Sums::of(all);
            let lies = all.iter().filter(|one| one.said_done && !one.success()).count();
            let figures = json!({ "tries": all.len(), "successes": sums.successes, "tokens": sums.tokens, "said_done_and_was_not": lies });
            (format!("{mind:?}").to_lowercase(), figures)
        })
        .collect();
    let sums = Sums::of(&tries.iter().collect::<Vec<_>>());
    let per_step = |value: f64| (value / f64::from(sums.steps.max(1)) * 100.0).round() / 100.0;
    println!(
        "{}",
        json!({
            "bar": "miniwob", "episodes": tries.len(), "successes": sums.successes, "tokens_per_step": per_step(sums.tokens as f64),
            "seconds_per_step": per_step(sums.seconds), "planners": minds,
        })
    );
}

/// What some tries took together.
struct Sums {
    successes: usize,
    steps: u32,
    tokens: u64,
    seconds: f64,
}

impl Sums {
    fn of(all: &[&Try]) -> Self {
        Self {
            successes: all.iter().filter(|one| one.success()).count(),
            steps: all.iter().map(|one| one.steps).sum(),
            tokens: all.iter().map(|one| one.tokens_in + one.tokens_out).sum(),
            seconds: all.iter().map(|one| one.seconds).sum(),
        }
    }
}

fn open(spec: &str) -> anyhow::Result<Arc<dyn Model>> {
    let (kind, rest) = spec.split_once(':').map_or((spec, None), |(kind, rest)| (kind, Some(rest)));
    match kind {
        "local" => {
            let name = rest.unwrap_or("default");
            let models = home("XDG_DATA_HOME", ".local/share")?.join("handiwork/models");
            let file = handiwork::catalogue::resolve(&models, name)?;
            Ok(Arc::new(LocalModel::load(LocalConfig::new(file, name))?))
        }
        "deepseek" => {
            let model = DeepSeek::from_key(std::env::var("DEEPSEEK_API_KEY").context("set DEEPSEEK_API_KEY")?);
            Ok(Arc::new(rest.into_iter().fold(model, DeepSeek::model)))
        }
        "openai" => {
            let (url, id) = rest.and_then(|rest| rest.rsplit_once('#')).context("write openai:BASE_URL#ID")?;
            Ok(Arc::new(OpenAiCompat::new(url, id, std::env::var("OPENAI_API_KEY").ok())))
        }
        _ => bail!("no model is called {spec:?}"),
    }
}

/// A folder of the person's, as the environment or custom has it.
fn home(variable: &str, custom: impl AsRef<Path>) -> anyhow::Result<PathBuf> {
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => Ok(PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(custom)),
    }
}
