//! `handiwork memory`: what is known beyond one run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use handiwork::core::memory::{Fact, FactKind, Memory as _, NewFact, Provenance, Query, Remembered, Scope, Viewer};
use handiwork::memory::{FactFilter, Forget, Store};

use super::facts::{explained, line, told};
use super::paths::Paths;
use super::print::{self, Out};
use super::{Code, Failure, known, models};

/// How long a model may take to read a run.
const GATHERING: std::time::Duration = std::time::Duration::from_mins(15);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose facts, where one database is used for several people
    #[arg(long, global = true, default_value = handiwork::core::memory::DEFAULT_USER, value_name = "NAME")]
    user: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Keep a fact
    Add(AddArgs),
    /// Find facts
    Recall(RecallArgs),
    /// List facts, oldest first
    List(ListArgs),
    /// Print all that is known of a fact
    Show {
        /// Its number
        id: i64,
    },
    /// Forget for good: a fact, or words, in facts, journals and pictures
    Forget(ForgetArgs),
    /// Write all facts as lines of JSON
    Export {
        /// Where to; stdout without it
        file: Option<PathBuf>,
    },
    /// Take in lines of JSON, as export writes them; {"text": "…"} is enough
    Import {
        /// Where from
        file: PathBuf,
    },
    /// Have a model read facts out of a run that is over
    Gather(GatherArgs),
    /// Tell what is doubled, contradicts itself, was never used, or may have been planted by a page
    Audit,
    /// Let go of what has faded, and make the database small again
    Compact,
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// The fact, in a sentence
    text: String,
    /// fact, preference, lesson or pitfall
    #[arg(long, default_value = "fact", value_parser = kind)]
    kind: FactKind,
    /// Only about this site
    #[arg(long, value_name = "ORIGIN", value_parser = site)]
    site: Option<String>,
    /// What it answers: a later fact about the same takes its place
    #[arg(long, value_name = "WORDS")]
    about: Option<String>,
    /// Since when it holds
    #[arg(long, value_name = "DATE", value_parser = date)]
    since: Option<i64>,
}

#[derive(Debug, clap::Args)]
struct RecallArgs {
    /// In plain words
    query: String,
    /// How many at most
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// What held then, such as 2026-05-01; a time in the words is understood too
    #[arg(long, value_name = "DATE", value_parser = date)]
    at: Option<i64>,
    /// As on this site: without what is about others
    #[arg(long, value_name = "ORIGIN", value_parser = site)]
    site: Option<String>,
    /// Tell how each came to its place
    #[arg(long)]
    explain: bool,
}

#[derive(Debug, clap::Args)]
struct GatherArgs {
    /// The run's id, or the beginning of it
    run: String,
    #[command(flatten)]
    model: models::ModelArgs,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Only of this kind
    #[arg(long, value_parser = kind)]
    kind: Option<FactKind>,
    /// Only about this site
    #[arg(long, value_name = "ORIGIN", value_parser = site)]
    site: Option<String>,
    /// Also what holds no longer
    #[arg(long)]
    closed: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false, id = "what")]
struct ForgetWhat {
    /// Number of a fact
    id: Option<i64>,
    /// Words, wherever they stand
    #[arg(long, value_name = "TEXT")]
    words: Option<String>,
}

#[derive(Debug, clap::Args)]
struct ForgetArgs {
    #[command(flatten)]
    what: ForgetWhat,
    /// Do not ask: it can't be taken back
    #[arg(long)]
    yes: bool,
}

fn kind(name: &str) -> Result<FactKind, String> {
    FactKind::named(name).ok_or_else(|| format!("kinds are {}", FactKind::ALL.map(FactKind::name).join(", ")))
}

fn site(text: &str) -> Result<String, String> {
    match handiwork::core::secret::origin_of(text) {
        origin if origin == "null" => Err("write scheme and host, such as https://shop.example".to_owned()),
        origin => Ok(origin),
    }
}

fn date(text: &str) -> Result<i64, String> {
    let day: jiff::civil::Date = text.parse().map_err(|_| "write a date such as 2026-05-01".to_owned())?;
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| error.to_string())?;
    Ok(at.timestamp().as_millisecond())
}

/// The database, with vectors of words if they are here.
pub(crate) async fn open(paths: &Paths) -> Result<Store, Failure> {
    let store = Store::open(&paths.database()).await?;
    match handiwork::word_vectors(&paths.models()) {
        Ok(Some(words)) => Ok(store.with_embedder(Arc::new(words))),
        Ok(None) => Ok(store),
        Err(error) => {
            print::note(&format!("facts are found by their words alone: {error}"));
            Ok(store)
        }
    }
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    let store = open(paths).await?;
    let done = on(&store, args, paths, out).await;
    store.close().await;
    done
}

async fn on(store: &Store, args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    let viewer = Viewer::whole(&args.user);
    match args.command {
        Command::Add(add) => remember(store, &args.user, add, out).await,
        Command::Recall(asked) => recall(store, &args.user, asked, out).await,
        Command::List(list) => {
            let filter = FactFilter { kind: list.kind, site: list.site, closed: list.closed, ..FactFilter::default() };
            let facts = store.facts(&viewer, &filter).await?;
            out.result(&facts, || {
                let lines: Vec<String> = facts.iter().map(line).collect();
                if lines.is_empty() { "no facts; add one with: handiwork memory add \"…\"".to_owned() } else { lines.join("\n") }
            });
            Ok(())
        }
        Command::Show { id } => {
            let fact = store.fact(&viewer, id).await?.ok_or_else(|| none(id))?;
            out.result(&fact, || told(&fact));
            Ok(())
        }
        Command::Forget(forget) => self::forget(store, &viewer, forget, &paths.scripts_of(&args.user), out).await,
        Command::Export { file } => {
            let lines = store.export_facts(&viewer).await?;
            let Some(file) = file else {
                print::line(lines.trim_end());
                return Ok(());
            };
            std::fs::write(&file, &lines)
                .map_err(|error| Failure::new(Code::Usage, format!("{} can't be written: {error}", file.display())))?;
            print::note(&format!("{} facts written to {}", lines.lines().count(), file.display()));
            Ok(())
        }
        Command::Import { file } => {
            let lines = std::fs::read_to_string(&file)
                .map_err(|error| Failure::new(Code::Usage, format!("{} can't be read: {error}", file.display())))?;
            let done = store.import_facts(&viewer, &lines).await?;
            out.result(&done, || {
                let mut told = vec![format!("{} kept, {} known already, {} not taken", done.kept, done.known, done.refused.len())];
                told.extend(done.refused.iter().map(|(line, why)| format!("line {line}: {why}")));
                told.join("\n")
            });
            Ok(())
        }
        Command::Gather(gather) => {
            let id = store.find_run(&gather.run).await?;
            let run = store.load_run(&id).await?;
            let model = models::open(&gather.model, paths).await?;
            let cx = handiwork::core::Context::default().within(GATHERING);
            let facts = handiwork::core::memory::gather(&model, &cx, &run, &Scope::of(&args.user)).await;
            let facts = facts.map_err(|error| Failure::new(Code::Model, error))?;
            let mut told = Vec::new();
            for fact in &facts {
                told.push((fact.text.clone(), store.remember(fact).await?));
            }
            out.result(&told, || {
                let line = |(text, outcome): &(String, Remembered)| match outcome {
                    Remembered::Kept { id, .. } => format!("{id:>5}  {text}"),
                    Remembered::Known { id } => format!("{id:>5}  known already: {text}"),
                    Remembered::Refused { why } => format!("    -  {text}: {why}"),
                    _ => text.clone(),
                };
                let lines: Vec<String> = told.iter().map(line).collect();
                if lines.is_empty() { "nothing worth keeping".to_owned() } else { lines.join("\n") }
            });
            Ok(())
        }
        Command::Audit => {
            let audit = store.audit_facts(&viewer).await?;
            out.result(&audit, || {
                let mut told = vec![format!("{} facts hold, {} do no longer", audit.facts, audit.closed)];
                let pairs = |what: &str, pairs: &[(Fact, Fact)]| {
                    pairs
                        .iter()
                        .map(|(a, b)| format!("{what}  {} {:?}\n               {} {:?}", a.id, a.text, b.id, b.text))
                        .collect::<Vec<_>>()
                };
                let ones = |what: &str, facts: &[Fact]| facts.iter().map(|fact| format!("{what}  {}", line(fact))).collect::<Vec<_>>();
                told.extend(pairs("the same     ", &audit.duplicates));
                told.extend(pairs("contradicts  ", &audit.contradictions));
                told.extend(ones("never used   ", &audit.unused));
                told.extend(ones("not trusted  ", &audit.untrusted));
                told.extend(ones("faded        ", &audit.faded));
                if audit.without_vector > 0 {
                    told.push(format!("{} can be found by their words only: handiwork memory compact", audit.without_vector));
                }
                told.join("\n")
            });
            Ok(())
        }
        Command::Compact => {
            let done = store.compact_facts(&viewer).await?;
            out.result(&done, || {
                format!(
                    "{} faded and {} doubled facts are gone, {} got a vector; {} KiB, before {} KiB",
                    done.faded,
                    done.duplicates,
                    done.vectors,
                    done.bytes.1 / 1024,
                    done.bytes.0 / 1024
                )
            });
            Ok(())
        }
    }
}

async fn remember(store: &Store, user: &str, add: AddArgs, out: Out) -> Result<(), Failure> {
    let mut fact = NewFact::new(add.text).kind(add.kind).source(Provenance::person());
    fact.scope = Scope { site: add.site, ..Scope::of(user) };
    fact.about = add.about;
    fact.valid_from = add.since;
    let outcome = store.remember(&fact).await?;
    if let Remembered::Refused { why } = &outcome {
        return Err(Failure::new(Code::Usage, format!("not remembered: {why}")));
    }
    out.result(&outcome, || match &outcome {
        Remembered::Kept { id, closed } if closed.is_empty() => format!("{id} remembered"),
        Remembered::Kept { id, closed } => {
            let closed: Vec<String> = closed.iter().map(ToString::to_string).collect();
            format!("{id} remembered; it takes the place of {}", closed.join(", "))
        }
        Remembered::Known { id } => format!("{id} says it already"),
        _ => String::new(),
    });
    Ok(())
}

async fn recall(store: &Store, user: &str, asked: RecallArgs, out: Out) -> Result<(), Failure> {
    let viewer = match asked.site {
        Some(site) => Viewer::at(Scope::of(user).site(site)),
        None => Viewer::whole(user),
    };
    let query = Query { text: asked.query, limit: asked.limit, valid_at: asked.at, ..Query::default() };
    let found = store.recall(&viewer, &query).await?;
    for note in &found.notes {
        print::note(note);
    }
    out.result(&found, || {
        if found.facts.is_empty() {
            return "nothing is known of that".to_owned();
        }
        let lines: Vec<String> = found
            .facts
            .iter()
            .map(|found| if asked.explain { format!("{}\n{}", line(&found.fact), explained(found)) } else { line(&found.fact) })
            .collect();
        lines.join("\n")
    });
    Ok(())
}

async fn forget(store: &Store, viewer: &Viewer, args: ForgetArgs, scripts: &Path, out: Out) -> Result<(), Failure> {
    let what = match (args.what.id, args.what.words) {
        (Some(id), _) => Forget::Fact(id),
        (None, words) => Forget::Words(words.unwrap_or_default()),
    };
    let mut words = String::new();
    let asked = match &what {
        Forget::Fact(id) => {
            let fact = store.fact(viewer, *id).await?.ok_or_else(|| none(*id))?;
            words.clone_from(&fact.text);
            format!("forget {:?} for good, also in the journals of runs?", fact.text)
        }
        Forget::Words(gone) => {
            words.clone_from(gone);
            format!("forget {gone:?} for good, in facts, scripts and the journals of runs?")
        }
    };
    let sure = args.yes
        || print::confirm(&asked)
            .ok_or_else(|| Failure::new(Code::Waiting, asked.clone()).hint("say yes with --yes: it can't be taken back"))?;
    if !sure {
        return Err(Failure::new(Code::Usage, "nothing was forgotten"));
    }
    let done = store.erase(viewer, &what).await?;
    let scripts = known::forget(scripts, &words);
    out.result(&done, || {
        let mut told = vec![format!(
            "{} facts, {} entries of {} runs, {} pictures and parts",
            done.facts.len(),
            done.entries,
            done.runs.len(),
            done.blobs
        )];
        told.extend(done.runs.iter().map(|run| format!("run {run} can be looked at, and not be resumed any more")));
        if scripts > 0 {
            told.push(format!("{scripts} scripts that runs had left, deleted"));
        }
        told.extend(done.left.iter().map(|file| format!("still in {}: delete that file", file.display())));
        if done.others {
            told.push("the words also stand in what belongs to another user: only they can forget that".to_owned());
        }
        told.join("\n")
    });
    Ok(())
}

fn none(id: i64) -> Failure {
    Failure::new(Code::Usage, format!("there is no fact {id}")).hint("handiwork memory list")
}
