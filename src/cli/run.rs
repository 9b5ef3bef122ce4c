//! `handiwork run`: work towards a goal.

use std::path::PathBuf;
use std::sync::Arc;

use futures::StreamExt as _;
use handiwork::core::run::Status;
use handiwork::core::{Agent, AgentBuilder, Budgets, Journal, Outcome, Policy, Run, RunBuilder, RunId, Update};
use handiwork::memory::Store;
use handiwork::planners::React;
use serde_json::{Value, json};

use super::live::Live;
use super::paths::Paths;
use super::print::{self, Out};
use super::profile::ProfileArgs;
use super::setup::{self, BrowserArgs};
use super::{Code, Failure, models};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to do, in plain words
    goal: String,
    /// The page to begin on
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    model: models::ModelArgs,
    #[command(flatten)]
    browser: BrowserArgs,
    #[command(flatten)]
    profile: ProfileArgs,
    /// Most replies of the model
    #[arg(long, default_value_t = 30, value_name = "N")]
    max_steps: u32,
    /// Most US dollars to spend
    #[arg(long, value_name = "USD")]
    budget: Option<f64>,
    /// Most seconds to take
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// JSON Schema of the result that is wanted
    #[arg(long, value_name = "FILE")]
    output_schema: Option<PathBuf>,
    /// A secret that the model may use by name and never sees: its value is in the environment variable, and only pages of the
    /// origin get it
    #[arg(long = "secret", value_name = "NAME=ENV_VAR@ORIGIN")]
    secrets: Vec<String>,
    /// Act on these origins only; may be given several times
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Do what can't be taken back (pay, send, delete) without asking
    #[arg(long)]
    yes: bool,
    /// Show a model that sees a picture of each screen too (deepseek-flash; at most 1,024 tokens each)
    #[arg(long)]
    pictures: bool,
    /// Record what the model is asked and says, without secrets; replay it with --model cassette:FILE
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Write the report here when the run is over
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    let secrets = setup::secrets(&args.secrets)?;
    let schema = args.output_schema.as_ref().map(read_schema).transpose()?;
    let store = Arc::new(Store::open(&paths.database()).await?);
    let model = models::open(&args.model, paths).await?;
    if args.pictures && !model.info().vision {
        print::note(&format!("{} sees no pictures, so --pictures changes nothing", model.info().id));
    }
    let model = args.record.as_deref().map_or(Ok(model.clone()), |file| models::recorded(model, file))?;
    let browser = Arc::new(args.profile.launch(&args.browser, paths).await?);
    let agent = AgentBuilder::new(model, React { pictures: args.pictures, ..React::default() })
        .shared_surface(browser.clone())
        .journal(store.clone())
        .memory(store.clone())
        .secrets(secrets)
        .policy(policy(&args))
        .screenshots(true)
        .build();

    let id = RunId::generate();
    let mut builder = agent.run(args.goal.as_str()).id(id.clone());
    if let Some(url) = &args.url {
        builder = builder.url(url);
    }
    if let Some(schema) = schema {
        builder = builder.output_schema(schema);
    }
    let driven = drive(&agent, Run::new(id.clone()), builder).await;
    args.profile.close(&browser, paths).await;
    let finished = match driven {
        Ok(run) => conclude(&run, &args, &*store, out).await,
        Err(failure) => Err(failure),
    };
    store.close().await;
    finished
}

fn policy(args: &Args) -> Policy {
    let budgets = Budgets { steps: Some(args.max_steps), tokens: None, usd: args.budget, seconds: args.timeout };
    let policy = if args.yes { Policy::allow() } else { Policy::ask() }.budgets(budgets);
    if args.origins.is_empty() { policy } else { policy.origins(&args.origins) }
}

fn read_schema(file: &PathBuf) -> Result<Value, Failure> {
    let wrong = |problem: String| {
        Failure::new(Code::Usage, format!("--output-schema {}: {problem}", file.display())).hint("the file must hold a JSON Schema")
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let schema: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    handiwork::core::schema::validator(&schema).map_err(wrong)?;
    Ok(schema)
}

/// Watches the run to its end; questions are asked on the terminal, if there is one.
async fn drive(agent: &Agent, mut run: Run, mut builder: RunBuilder) -> Result<Run, Failure> {
    let mut live = Live::default();
    loop {
        let mut stream = builder.stream();
        loop {
            let update = tokio::select! {
                update = stream.next() => update,
                _ = tokio::signal::ctrl_c() => {
                    return Err(Failure::new(Code::Interrupted, format!("interrupted; what was done is in run {}", run.id)).hint(format!("handiwork show {}", run.id)));
                }
            };
            match update {
                None => break,
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(Update::Entry(entry))) => {
                    live.entry(&entry);
                    run.apply(*entry).map_err(|error| Failure::new(Code::Store, error))?;
                }
                Some(Ok(Update::Progress(progress))) => live.progress(&progress),
                Some(Ok(_)) => {}
            }
        }
        let Status::Waiting { question } = run.status() else { return Ok(run) };
        let question = question.to_owned();
        match tokio::task::spawn_blocking(move || print::confirm(&question)).await.ok().flatten() {
            None => return Ok(run),
            Some(approved) => {
                let resumed = agent.resume(run.clone()).map_err(|error| Failure::new(Code::Store, error))?;
                builder = resumed.answer(approved, if approved { "yes" } else { "no" });
            }
        }
    }
}

/// Writes the report, prints the result, and says how it ended.
async fn conclude(run: &Run, args: &Args, journal: &dyn Journal, out: Out) -> Result<(), Failure> {
    let mut report = None;
    if let Some(file) = &args.report {
        handiwork::report::write(run, journal, file).await.map_err(|error| Failure::new(Code::Store, error))?;
        report = Some(file.display().to_string());
    }
    let usage = run.usage();
    let (outcome, text, value) = match run.status() {
        Status::Ended(Outcome::Done { text, value }) => ("done", text.clone(), value.clone()),
        Status::Ended(Outcome::Failed { reason }) => ("failed", reason.clone(), None),
        Status::Ended(Outcome::BudgetExceeded { what }) => ("budget_exceeded", what.clone(), None),
        Status::Ended(Outcome::Broken { error, .. }) => ("broken", error.clone(), None),
        Status::Waiting { question } => ("waiting", question.to_owned(), None),
        _ => ("stopped", String::new(), None),
    };
    let result = json!({
        "run": run.id, "outcome": outcome, "text": text, "value": value, "steps": run.steps(), "verified": run.verified(),
        "tokens": { "in": usage.prompt, "cached": usage.cached, "out": usage.completion }, "cost_usd": run.cost_usd(),
        "seconds": run.elapsed_ms() as f64 / 1000.0, "report": report,
    });
    print::note(&format!(
        "run    {} — {outcome}; {} steps, {} verified, {} tokens in ({} cached), {} out, ${:.4}, {:.1} s",
        run.id,
        run.steps(),
        run.verified(),
        usage.prompt,
        usage.cached,
        usage.completion,
        run.cost_usd(),
        run.elapsed_ms() as f64 / 1000.0
    ));
    if let Some(file) = &report {
        print::note(&format!("report {file}"));
    }
    let failure = match run.status() {
        Status::Ended(outcome) => Failure::of_outcome(outcome),
        Status::Waiting { question } => Some(
            Failure::new(Code::Waiting, format!("the run waits for an answer: {question}"))
                .hint("run it on a terminal to be asked, or allow it with --yes"),
        ),
        Status::Running => Some(Failure::new(Code::NotReached, "the run was stopped")),
    };
    if out.json || failure.is_none() {
        let shown = value.as_ref().map_or_else(|| text.clone(), |value| serde_json::to_string_pretty(value).unwrap_or_default());
        out.result(&result, || shown);
    }
    failure.map_or(Ok(()), |failure| Err(if out.json { failure.told() } else { failure }))
}
