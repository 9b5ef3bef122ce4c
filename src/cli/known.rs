//! Scripts that runs leave behind: a goal of the same kind is done by one of them, and an agent takes over where that fails.
//!
//! One file each in the home's `scripts/USER/`, of the form of every script: people read, change and delete them as they like. How each has
//! fared stands in its head. That one can't be kept is no reason for a run to have failed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use handiwork::core::run::Status;
use handiwork::core::{Outcome, Run};
use handiwork::planners::script::format::{Ours, Step};
use handiwork::planners::script::learned::{Fit, Record, fit};
use handiwork::planners::script::{Ready, Script, Values, from_run, handed_over, write_back};
use handiwork::planners::{Learned, React};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::learn::Use;
use super::print;

#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ScriptArgs {
    /// Whether the run is done by a script that another one has left, where one fits: on (and it leaves one itself), read, off. On if
    /// not given; off where a cassette is recorded or replayed
    #[arg(long, value_enum, value_name = "USE")]
    scripts: Option<Use>,
    /// Whether a cassette is recorded or replayed.
    #[arg(skip)]
    cassette: bool,
    /// The script that was found.
    #[arg(skip)]
    pub(crate) known: Option<Known>,
}

/// A script that fits a goal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    file: PathBuf,
    script: Script,
    /// The values that the goal says; a model is asked if they are not known.
    values: Option<Values>,
}

impl Known {
    /// The planner that does it.
    pub(crate) fn planner(&self, agent: React) -> Learned {
        Learned { script: self.script.clone(), values: self.values.clone(), agent }
    }
}

impl ScriptArgs {
    /// The same for a run that is recorded or replayed.
    pub(crate) fn for_cassette(&mut self) {
        self.cassette = true;
    }

    fn how(&self) -> Use {
        self.scripts.unwrap_or(if self.cassette { Use::Off } else { Use::On })
    }

    /// Looks for a script for this goal, on the site of this address if one is given.
    pub(crate) fn find(&mut self, folder: &Path, goal: &str, url: Option<&str>) {
        if self.how() == Use::Off {
            return;
        }
        let fits = |(file, script): (PathBuf, Script)| {
            let elsewhere = url.is_some_and(|url| origin(url) != site(&script));
            let (values, how_well) = match fit(&script, goal) {
                _ if elsewhere => return None,
                Fit::Exactly(values) => (Some(values), 2.0),
                Fit::Maybe(share) => (None, share),
                Fit::No => return None,
            };
            Some((how_well, Known { file, script, values }))
        };
        let found = all(folder).into_iter().filter_map(fits).max_by(|one, other| one.0.total_cmp(&other.0));
        if let Some((_, known)) = found {
            print::note(&format!("done before: {}", known.file.display()));
            self.known = Some(known);
        }
    }

    /// Keeps what a run has taught: a script, or how the one that it used has fared.
    pub(crate) fn keep(&self, run: &Run, folder: &Path) {
        if self.how() != Use::On {
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let kept = match &self.known {
            Some(known) => match known.planner(React::default()).ready(run) {
                Some(ready) => known.fared(run, &ready, now),
                None => learn(run, folder, now),
            },
            None => learn(run, folder, now),
        };
        if let Err(problem) = kept {
            print::note(&format!("no script was kept: {problem}"));
        }
    }
}

impl Known {
    /// Writes down how it has fared. It gets the new ways to its elements, or what an agent did in its place; or it goes.
    fn fared(&self, run: &Run, ready: &Ready, now: u64) -> std::io::Result<()> {
        let record = self.script.head().record.unwrap_or_default();
        let healed = write_back::healed(run, ready);
        let (script, record) = match run.status() {
            // It is not known yet how it ends.
            Status::Waiting { .. } | Status::Running | Status::Ended(Outcome::Stopped { .. }) => return Ok(()),
            Status::Ended(Outcome::Done { .. }) if handed_over(run).is_none() => {
                (write_back::written_back(&self.script, &healed), record.after(true, healed.len() as u32, now))
            }
            Status::Ended(Outcome::Done { .. }) => match from_run::from_run(run) {
                // What it asserts stays asserted: the agent was held to it.
                Ok(better) => (better, Record { used_at: now, ..Record::default() }),
                Err(_) => (self.script.clone(), record.after(false, 0, now)),
            },
            Status::Ended(_) => (self.script.clone(), record.after(false, 0, now)),
        };
        if !record.is_of_use(now) {
            print::note(&format!("{} is of no use any more, and was deleted", self.file.display()));
            return std::fs::remove_file(&self.file);
        }
        write(&self.file, &script, record)
    }
}

/// Makes a script of a run, if what was to be so in the end was declared, and is so. Where the answer is what was wanted a script is
/// of no use: it would give the one of that day, or none.
fn learn(run: &Run, folder: &Path, now: u64) -> std::io::Result<()> {
    if run.started().is_none_or(|started| started.checks.is_empty() || started.output_schema.is_some()) {
        return Ok(());
    }
    let Ok(script) = from_run::from_run(run) else { return Ok(()) };
    let shown = Ready::of(&script, &Ours::recorded(&script)).is_ok_and(|ready| ready.ends().next().is_some());
    let Some(site) = site(&script).filter(|_| shown) else { return Ok(()) };
    let mut digest = Sha256::new();
    digest.update(site.as_bytes());
    digest.update(script.head().goal.as_bytes());
    let bytes = digest.finalize();
    let name = bytes.iter().take(5).fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    });
    let host: String =
        site.split("://").nth(1).unwrap_or_default().chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let file = folder.join(format!("{host}-{name}.json"));
    write(&file, &script, Record { used_at: now, ..Record::default() })?;
    print::note(&format!("learned a script: {}", file.display()));
    Ok(())
}

fn write(file: &Path, script: &Script, record: Record) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut head = script.head();
    head.record = Some(record);
    // In one step: another run may be reading it.
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut draft, script.with_head(head).write().as_bytes())?;
    draft.persist(file)?;
    Ok(())
}

/// All scripts that were left behind, by their files; what can't be read is passed over.
pub(crate) fn all(folder: &Path) -> Vec<(PathBuf, Script)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    let read = |file: PathBuf| {
        let script = std::fs::read_to_string(&file).map_err(|error| error.to_string()).and_then(|text| Script::read(&text));
        script.inspect_err(|why| tracing::debug!(file = %file.display(), why, "no script")).ok().map(|script| (file, script))
    };
    files.into_iter().filter_map(read).collect()
}

/// Takes out all scripts in which these words stand; how many there were.
pub(crate) fn forget(folder: &Path, words: &str) -> usize {
    let words = words.to_lowercase();
    let has = |file: &Path| std::fs::read_to_string(file).is_ok_and(|text| text.to_lowercase().contains(&words));
    all(folder).into_iter().filter(|(file, _)| has(file) && std::fs::remove_file(file).is_ok()).count()
}

/// The site that a script begins on.
fn site(script: &Script) -> Option<String> {
    script.steps.iter().find_map(|step| if let Step::Navigate { url, .. } = step { origin(url) } else { None })
}

fn origin(url: &str) -> Option<String> {
    url::Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}
