//! `handiwork runs`, `show` and `report`: what is in the journal.

use std::path::PathBuf;

use handiwork::core::{Event, Run};
use handiwork::memory::Store;
use serde_json::json;

use super::live::Live;
use super::paths::Paths;
use super::print::{self, Out};
use super::{Code, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct RunsArgs {
    /// How many at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The run's id, or the beginning of it
    run: String,
    /// Print the screens too, as the model saw them
    #[arg(long)]
    screens: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// The run's id, or the beginning of it
    run: String,
    /// Where to write it
    #[arg(short, long, default_value = "report.html", value_name = "FILE")]
    output: PathBuf,
}

pub(crate) async fn runs(args: RunsArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    let store = Store::open(&paths.database()).await?;
    let runs = store.runs(args.limit).await?;
    out.result(&runs, || {
        if runs.is_empty() {
            return "no runs yet; begin with: handiwork run \"GOAL\" --url URL".to_owned();
        }
        let lines: Vec<String> = runs
            .iter()
            .map(|run| {
                let goal: String = run.goal.chars().take(60).collect();
                format!("{}  {:<15} {:>3} steps {:>8} tokens ${:<8.4} {goal}", run.id, run.status, run.steps, run.tokens, run.cost_usd)
            })
            .collect();
        lines.join("\n")
    });
    if runs.len() > 1 {
        let (tokens, usd) = runs.iter().fold((0, 0.0), |(tokens, usd), run| (tokens + run.tokens, usd + run.cost_usd));
        print::note(&format!("{} runs: {tokens} tokens, ${usd:.4}", runs.len()));
    }
    let first = |status: &str| runs.iter().find(|run| run.status == status);
    if let Some(run) = first("interrupted") {
        print::note(&format!("a run that was interrupted goes on with: handiwork resume {}", run.id));
    }
    if first("damaged").is_some() {
        print::note("what is damaged is told by: handiwork doctor");
    }
    store.close().await;
    Ok(())
}

async fn load(store: &Store, prefix: &str) -> Result<Run, Failure> {
    let id = store.find_run(prefix).await?;
    Ok(store.load_run(&id).await?)
}

pub(crate) async fn show(args: ShowArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    let store = Store::open(&paths.database()).await?;
    let run = load(&store, &args.run).await?;
    if out.json {
        print::line(&serde_json::to_string(&run).map_err(|error| Failure::new(Code::Store, error))?);
    } else {
        let mut live = Live::to_stdout();
        for entry in run.entries() {
            live.entry(entry);
            if let Event::Observed { screen, .. } = &entry.event
                && args.screens
            {
                print::line(screen.render().trim_end());
            }
        }
        if let Some(outcome) = run.outcome() {
            print::line(&format!("end    {}", json!(outcome)));
        }
    }
    store.close().await;
    Ok(())
}

pub(crate) async fn report(args: ReportArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    let store = Store::open(&paths.database()).await?;
    let run = load(&store, &args.run).await?;
    handiwork::report::write(&run, &store, &args.output).await.map_err(|error| Failure::new(Code::Store, error))?;
    out.result(&json!({ "run": run.id, "report": args.output }), || args.output.display().to_string());
    store.close().await;
    Ok(())
}
