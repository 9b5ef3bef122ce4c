//! `handiwork run` and `handiwork resume`: work towards a goal, and go on with it after a break.
//!
//! What a run was begun with is kept in its journal, so it is resumed with the same model, browser and rules by its id alone.

use std::path::PathBuf;
use std::sync::Arc;

use handiwork::core::run::Status;
use handiwork::core::{Agent, Budgets, Condition, Policy, Probe, Run, RunId, Surface};
use handiwork::memory::Store;
use handiwork::planners::React;
use handiwork::tools::browser::Browser;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::desktop::{Desktop, DesktopArgs};
use super::drive::{self, conclude, drive};
use super::known::ScriptArgs;
use super::mind::{self, MindArgs};
use super::paths::Paths;
use super::print::{self, Out};
use super::profile::ProfileArgs;
use super::setup::{self, BrowserArgs};
use super::{Code, Failure, inbox, instructions, learn, memory, models};

#[derive(Debug, clap::Args, Serialize, Deserialize)]
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
    #[command(flatten)]
    #[serde(default)]
    desktop: DesktopArgs,
    /// Most replies of the model
    #[arg(long, default_value_t = 30, value_name = "N")]
    max_steps: u32,
    /// Most US dollars to spend: a call that could exceed that is not made
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
    /// Another model to ask when the one before has failed; may be given several times
    #[arg(long = "fallback-model", value_name = "MODEL")]
    fallbacks: Vec<String>,
    /// How to find out whether something was done that a crash cut off: "URL has TEXT", or "NAME: URL has TEXT" for what has NAME in its
    /// name; {{FIELD}} in the text stands for what was put into that field. May be given several times
    #[arg(long = "probe", value_name = "PROBE")]
    probes: Vec<Probe>,
    /// What must be so for the goal to be reached, whatever the model says: "url has TEXT", "text has TEXT", "text lacks TEXT", "field
    /// NAME is VALUE", "file NAME", "done NAME", "sent URL", or "https://… has TEXT", which asks the server. May be given several times
    #[arg(long = "check", value_name = "CHECK")]
    #[serde(default)]
    checks: Vec<Condition>,
    #[command(flatten)]
    #[serde(flatten)]
    mind: MindArgs,
    #[command(flatten)]
    #[serde(default)]
    memory: learn::MemoryArgs,
    #[command(flatten)]
    #[serde(default)]
    scripts: ScriptArgs,
    /// Record what the model is asked and says, without secrets; replay it with --model cassette:FILE
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Write the report here when the run is over
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Go on with a run.
#[derive(Debug, clap::Args)]
pub(crate) struct ResumeArgs {
    /// The run's id, or the beginning of it
    run: String,
    /// Answer the question that it waits with; without this it is asked on the terminal
    #[arg(long, value_name = "yes|no|TEXT")]
    answer: Option<String>,
    /// Tell it this before it goes on. A run that is over goes on with it: a correction, or what is to be done next
    #[arg(long, value_name = "TEXT")]
    say: Option<String>,
    /// Another model than it was begun with
    #[arg(long)]
    model: Option<String>,
    /// Most replies of the model, those before the break counted
    #[arg(long, value_name = "N")]
    max_steps: Option<u32>,
    /// Most US dollars to spend, what was spent before the break counted
    #[arg(long, value_name = "USD")]
    budget: Option<f64>,
    /// Most seconds to take, those before the break counted
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Write the report here when the run is over
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What a run is done with.
struct Tools {
    store: Arc<Store>,
    /// None if only child runs have one.
    browser: Option<Arc<Browser>>,
    /// Instead of a browser.
    desktop: Option<Arc<Desktop>>,
    agent: Agent,
}

impl Tools {
    async fn of(args: &Args, store: Arc<Store>, paths: &Paths) -> Result<Self, Failure> {
        let secrets = setup::secrets(&args.secrets)?;
        let wanted = args.mind.helpers()?;
        let model = models::open(&args.model, paths).await?;
        if args.pictures && !model.info().vision {
            print::note(&format!("{} sees no pictures, so --pictures changes nothing", model.info().id));
        }
        let model = args.record.as_deref().map_or(Ok(model.clone()), |file| models::recorded(model, file))?;
        let another = async |spec: &str| models::open(&args.model.named(spec), paths).await;
        let remote = match args.mind.remote_model() {
            Some(spec) => Some(another(spec).await?),
            None => None,
        };
        let mut helpers = Vec::new();
        for (name, spec, about) in wanted {
            // The weights of a model on this machine are loaded once.
            let same = args.model.is(spec);
            helpers.push((name.to_owned(), about, if same { model.clone() } else { another(spec).await? }));
        }
        let react = React { pictures: args.pictures, memory_tokens: args.memory.tokens(), ..React::default() };
        let given = mind::Given {
            model,
            remote,
            helpers,
            react,
            known: args.scripts.known.clone(),
            policy: policy(args),
            secrets: secrets.clone(),
            browser: args.browser.config()?,
        };
        let mut builder = args.mind.agent(given).journal(store.clone()).secrets(secrets).policy(policy(args)).screenshots(true);
        let (mut browser, mut desktop) = (None, None);
        if args.desktop.is_wanted() {
            let opened = Arc::new(args.desktop.open(paths).await?);
            builder = builder.shared_surface(opened.clone());
            desktop = Some(opened);
        } else if !args.mind.is_tried() {
            let launched = Arc::new(args.profile.launch_lasting(&args.browser, paths).await?);
            builder = builder.shared_surface(launched.clone());
            browser = Some(launched);
        }
        if args.memory.is_used() {
            builder = builder.memory(store.clone()).viewer(args.memory.viewer());
        }
        for other in &args.fallbacks {
            builder = builder.fallback(another(other).await?);
        }
        Ok(Self { store, browser, desktop, agent: builder.build() })
    }
}

pub(crate) async fn run(mut args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    let schema = args.output_schema.as_ref().map(read_schema).transpose()?;
    if args.desktop.is_wanted() && (args.url.is_some() || args.profile.name().is_some() || !args.mind.is_single()) {
        return Err(Failure::new(Code::Usage, "--desktop goes without --url, --profile, --best-of and --helper: those are about browsers")
            .hint("to open a page on the desktop: --desktop --launch \"chromium URL\""));
    }
    if args.record.is_some() || args.model.is_cassette() {
        args.memory.for_cassette();
        args.scripts.for_cassette();
    }
    // A result in a certain form is for an agent to give.
    if args.mind.is_plain() && schema.is_none() {
        args.scripts.find(&paths.scripts_of(args.memory.user()), &args.goal, args.url.as_deref());
    }
    let written = instructions::all(paths)?;
    let store = Arc::new(memory::open(paths).await?);
    let tools = Tools::of(&args, store, paths).await?;
    let id = RunId::generate();
    let settings = serde_json::to_value(&args).map_err(|error| Failure::new(Code::Usage, error))?;
    let mut builder = tools.agent.run(args.goal.as_str()).id(id.clone()).settings(settings);
    if let Some(url) = &args.url {
        builder = builder.url(url);
    }
    if let Some(schema) = schema {
        builder = builder.output_schema(schema);
    }
    for probe in &args.probes {
        builder = builder.probe(probe.clone());
    }
    for check in &args.checks {
        builder = builder.check(check.clone());
    }
    for instructions in written {
        builder = builder.instructions(instructions);
    }
    let driven = drive(&tools.agent, Run::new(id), builder, paths).await;
    finish(tools, driven, &args, paths, out).await
}

pub(crate) async fn resume(args: ResumeArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    let store = Arc::new(memory::open(paths).await?);
    let id = store.find_run(&args.run).await?;
    let run = store.load_run(&id).await?;
    let told = args.say.is_some() || inbox::is_waiting(paths, &id);
    if let Some(outcome) = run.outcome().filter(|outcome| !outcome.is_resumable() && !told) {
        return Err(Failure::new(Code::Usage, format!("run {id} is over: {outcome}"))
            .hint(format!("handiwork show {id}; to go on with it: handiwork resume {id} --say \"WHAT NEXT\"")));
    }
    let begun = run.started().and_then(|started| started.settings.clone()).unwrap_or(Value::Null);
    let mut with: Args = serde_json::from_value(begun).map_err(|_| {
        Failure::new(Code::Usage, format!("run {id} was not begun by this command, so it is not known with what to go on"))
            .hint("resume it in the program that began it: Agent::resume")
    })?;
    if let Some(model) = &args.model {
        with.model = with.model.named(model);
    }
    with.max_steps = args.max_steps.unwrap_or(with.max_steps);
    with.budget = args.budget.or(with.budget);
    with.timeout = args.timeout.or(with.timeout);
    with.report = args.report.clone().or(with.report);
    let answer = match (run.status(), &args.answer) {
        (Status::Waiting { .. }, Some(answer)) => Some(read_answer(&run, answer)?),
        (Status::Waiting { question }, None) => match drive::answer(question, drive::asks_leave(&run)) {
            Some(answer) => Some(answer),
            None => {
                return Err(Failure::new(Code::Waiting, format!("the run waits for an answer: {question}"))
                    .hint(format!("handiwork resume {id} --answer yes, or --answer no")));
            }
        },
        (_, Some(_)) if args.say.is_none() => {
            return Err(Failure::new(Code::Usage, format!("run {id} has asked nothing")).hint("resume it without --answer"));
        }
        (_, _) => None,
    };
    let tools = Tools::of(&with, store, paths).await?;
    let mut builder = tools.agent.resume(run.clone())?;
    if let Some((yes, text)) = answer {
        builder = builder.answer(yes, text);
    }
    if let Some(text) = &args.say {
        builder = builder.say(text);
    }
    let driven = drive(&tools.agent, run, builder, paths).await;
    finish(tools, driven, &with, paths, out).await
}

/// What a person says to the question of a run: yes or no to an act, anything to a question of the model.
fn read_answer(run: &Run, answer: &str) -> Result<(bool, String), Failure> {
    match answer.trim().to_lowercase().as_str() {
        "yes" => Ok((true, "yes".to_owned())),
        "no" => Ok((false, "no".to_owned())),
        _ if drive::asks_leave(run) => Err(Failure::new(Code::Usage, format!("{answer:?} is neither yes nor no"))
            .hint("--answer yes, or --answer no; to say more: --say TEXT")),
        _ => Ok((true, answer.trim().to_owned())),
    }
}

/// Closes everything, and says how it ended.
async fn finish(tools: Tools, driven: Result<Run, Failure>, args: &Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    if let Some(desktop) = &tools.desktop {
        Surface::close(&**desktop).await;
    }
    if let Some(browser) = &tools.browser {
        args.profile.close(browser, paths).await;
    }
    let finished = match driven {
        Ok(run) => {
            inbox::clear(paths, &run);
            learn::from_run(&run, &args.memory, &tools.store).await;
            args.scripts.keep(&run, &paths.scripts_of(args.memory.user()));
            conclude(&run, args.report.as_deref(), &*tools.store, out).await
        }
        Err(failure) => Err(failure),
    };
    tools.store.close().await;
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
