//! `handiwork model`: models on this machine, and what the provider has.

use std::io::IsTerminal as _;

use clap::Subcommand;
use handiwork::catalogue;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::paths::Paths;
use super::print::{self, Out};
use super::{Code, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Models that can be pulled, and which are here
    List {
        /// DeepSeek's models and the account's balance instead; needs a key
        #[arg(long)]
        remote: bool,
    },
    /// Fetch a model and check its hash
    Pull {
        /// Its name, as in the list
        name: String,
    },
    /// Check a model's size and hash
    Check {
        /// Its name, as in the list
        name: String,
    },
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    let dir = paths.models();
    match args.command {
        Command::List { remote: true } => super::remote::list(out).await,
        Command::List { remote: false } => {
            let listed = catalogue::list(&dir);
            let rows: Vec<_> = listed
                .iter()
                .map(|row| json!({ "name": row.entry.name, "aliases": row.entry.aliases, "bytes": row.entry.contents.bytes(), "exact": row.entry.contents.is_exact(), "licence": row.entry.licence, "installed": row.installed, "file": dir.join(row.entry.file) }))
                .collect();
            out.result(&rows, || {
                let lines: Vec<String> = listed
                    .iter()
                    .map(|row| {
                        let here = if row.installed { "installed" } else { "-" };
                        format!(
                            "{:<31} {:<10} {:>8} MB  {:<11} {}",
                            row.entry.name,
                            here,
                            size(&row.entry.contents),
                            row.entry.licence,
                            row.entry.aliases.join(", ")
                        )
                    })
                    .collect();
                lines.join("\n")
            });
            Ok(())
        }
        Command::Pull { name } => {
            let bar = bar();
            // As the hub's own tools have it.
            let mirror = std::env::var("HF_ENDPOINT").ok().filter(|url| url.starts_with("http"));
            let pulled = catalogue::pull_from(mirror.as_deref().unwrap_or(catalogue::HUB), &dir, &name, |done, total| {
                bar.set_length(total);
                bar.set_position(done);
            })
            .await;
            bar.finish_and_clear();
            let file = pulled.map_err(|error| Failure::new(Code::Missing, error))?;
            out.result(&json!({ "name": name, "file": file }), || file.display().to_string());
            Ok(())
        }
        Command::Check { name } => {
            print::note("reading the file and checking its hash");
            let checked = tokio::task::spawn_blocking({
                let name = name.clone();
                move || catalogue::check(&dir, &name)
            })
            .await
            .map_err(|error| Failure::new(Code::Missing, error))?;
            let file = checked.map_err(|error| Failure::new(Code::Missing, error).hint(format!("handiwork model pull {name}")))?;
            out.result(&json!({ "name": name, "file": file, "ok": true }), || format!("ok  {}", file.display()));
            Ok(())
        }
    }
}

/// In megabytes, with a `~` where it is not known to the byte.
fn size(contents: &catalogue::Contents) -> String {
    format!("{}{:.0}", if contents.is_exact() { "" } else { "~" }, contents.bytes() as f64 / 1e6)
}

fn bar() -> ProgressBar {
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left") {
        bar.set_style(style);
    }
    bar
}
