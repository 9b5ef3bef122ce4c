//! `handiwork script`: make scripts of runs, check them, and write them for Chrome.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use handiwork::memory::Store;
use handiwork::planners::script::format::Ours;
use handiwork::planners::script::{Ready, Script, Values, export, from_run};
use serde_json::json;

use super::known;
use super::paths::Paths;
use super::print::{self, Out};
use super::{Code, Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum Args {
    /// Make a script of a run that is done
    FromRun {
        /// The run's id, or the beginning of it
        run: String,
        /// Where to write it [default: stdout]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Say whether a script can be replayed, and what it takes
    Check {
        /// The script
        file: PathBuf,
    },
    /// Write a script for Chrome's recorder and @puppeteer/replay, with its variables filled in; what they can't do is told
    Export {
        /// The script
        file: PathBuf,
        /// A variable's value; may be given several times
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// Where to write it [default: stdout]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List the scripts that runs have left, by which others are done, and how they have fared
    List,
    /// Print the JSON Schema of the file
    Schema,
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    match args {
        Args::FromRun { run, output } => {
            let store = Store::open(&paths.database()).await?;
            let id = store.find_run(&run).await?;
            let run = store.load_run(&id).await?;
            let script = from_run::from_run(&run).map_err(|why| Failure::new(Code::Usage, format!("run {id}: {why}")))?;
            written(&script, output.as_deref(), out)?;
            store.close().await;
            Ok(())
        }
        Args::Check { file } => {
            let script = read(&file)?;
            // With the values of the recording, so that what can be filled in is.
            let mut values = Ours::recorded(&script);
            for name in script.variables() {
                values.entry(name.clone()).or_insert(name);
            }
            let ready = Ready::of(&script, &values).map_err(|why| wrong(&file, &why))?;
            let variables: BTreeMap<String, serde_json::Value> = script
                .variables()
                .into_iter()
                .map(|name| (name.clone(), script.head().variables.get(&name).cloned().unwrap_or_default()))
                .collect();
            let told = json!({ "file": file, "title": script.title, "steps": ready.parts.len(), "variables": variables, "secrets": ready.secrets });
            out.result(&told, || {
                let names: Vec<&str> = variables.keys().map(String::as_str).collect();
                let takes = if names.is_empty() { "no variables".to_owned() } else { format!("variables: {}", names.join(", ")) };
                format!("{}: {} steps; {takes}", file.display(), ready.parts.len())
            });
            Ok(())
        }
        Args::Export { file, set, output } => {
            let script = read(&file)?;
            let values = script.values(&pairs(&set)?).map_err(|why| wrong(&file, &why))?;
            let (chrome, lost) = export::for_chrome(&script, &values);
            lost.iter().for_each(|lost| print::note(&format!("note: {lost}")));
            written(&chrome, output.as_deref(), out)
        }
        Args::List => {
            let users = std::fs::read_dir(paths.scripts()).into_iter().flatten().flatten();
            let known: Vec<(PathBuf, Script)> = users.flat_map(|user| known::all(&user.path())).collect();
            let told: Vec<serde_json::Value> = known
                .iter()
                .map(|(file, script)| json!({ "file": file, "goal": script.head().goal, "record": script.head().record }))
                .collect();
            out.result(&json!({ "scripts": told }), || {
                let line = |(file, script): &(PathBuf, Script)| {
                    let (head, record) = (script.head(), script.head().record.unwrap_or_default());
                    format!("{}\n  {}\n  {} of {} tries by itself", file.display(), head.goal, record.done, record.tries)
                };
                let lines: Vec<String> = known.iter().map(line).collect();
                if lines.is_empty() { "no run has left a script yet".to_owned() } else { lines.join("\n") }
            });
            Ok(())
        }
        Args::Schema => {
            print::line(&serde_json::to_string_pretty(&Script::schema()).unwrap_or_default());
            Ok(())
        }
    }
}

/// Writes a script to a file, or prints it.
pub(super) fn written(script: &Script, file: Option<&Path>, out: Out) -> Result<(), Failure> {
    let Some(file) = file else {
        print::line(script.write().trim_end());
        return Ok(());
    };
    std::fs::write(file, script.write())
        .map_err(|error| Failure::new(Code::Usage, format!("{} can't be written: {error}", file.display())))?;
    let variables: Vec<String> = script.variables().into_iter().collect();
    out.result(&json!({ "file": file, "steps": script.steps.len(), "variables": variables }), || {
        let takes = if variables.is_empty() { "no variables".to_owned() } else { format!("variables: {}", variables.join(", ")) };
        format!("{} has {} steps; {takes}\nreplay it: handiwork replay {}", file.display(), script.steps.len(), file.display())
    });
    Ok(())
}

/// Reads a script.
pub(super) fn read(file: &Path) -> Result<Script, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::new(Code::Usage, format!("{}: {error}", file.display())))?;
    Script::read(&text).map_err(|why| wrong(file, &why))
}

pub(super) fn wrong(file: &Path, why: &str) -> Failure {
    Failure::new(Code::Usage, format!("{}: {why}", file.display())).hint("handiwork script check FILE; its form: handiwork script schema")
}

/// Reads `NAME=VALUE`s.
pub(super) fn pairs(set: &[String]) -> Result<Values, Failure> {
    set.iter()
        .map(|pair| {
            let parts = pair.split_once('=').filter(|(name, _)| !name.trim().is_empty());
            let (name, value) = parts.ok_or_else(|| Failure::new(Code::Usage, format!("--set {pair}: write --set NAME=VALUE")))?;
            Ok((name.trim().to_owned(), value.to_owned()))
        })
        .collect()
}
