//! Memory around a run: what is recalled for it, and what is learned from it.

use clap::ValueEnum;
use handiwork::core::Run;
use handiwork::core::memory::{DEFAULT_USER, FactKind, Memory as _, Remembered, Scope, Viewer, lessons};
use handiwork::memory::Store;
use serde::{Deserialize, Serialize};

use super::print;

/// Whether a run may know of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Use {
    /// Facts are recalled, and lessons are kept.
    #[default]
    On,
    /// Facts are recalled, and nothing is kept.
    Read,
    /// As if there were none.
    Off,
}

#[derive(Debug, Clone, clap::Args, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MemoryArgs {
    /// What the run knows of others: on, read (nothing is kept of it), off. On if not given; off where a cassette is recorded or
    /// replayed, for that must be the same each time
    #[arg(long, value_enum, value_name = "USE")]
    memory: Option<Use>,
    /// Whether a cassette is recorded or replayed.
    #[arg(skip)]
    cassette: bool,
    /// Most tokens of what is told from memory at once, about
    #[arg(long, default_value_t = 600, value_name = "N")]
    memory_tokens: u32,
    /// Whose memory, where one database is used for several people
    #[arg(long, default_value = DEFAULT_USER, value_name = "NAME")]
    user: String,
}

impl Default for MemoryArgs {
    fn default() -> Self {
        Self { memory: None, cassette: false, memory_tokens: 600, user: DEFAULT_USER.to_owned() }
    }
}

impl MemoryArgs {
    /// The same for a run that is recorded or replayed.
    pub(crate) fn for_cassette(&mut self) {
        self.cassette = true;
    }

    fn how(&self) -> Use {
        self.memory.unwrap_or(if self.cassette { Use::Off } else { Use::On })
    }

    pub(crate) fn is_used(&self) -> bool {
        self.how() != Use::Off
    }

    pub(crate) fn tokens(&self) -> u32 {
        if self.is_used() { self.memory_tokens } else { 0 }
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn viewer(&self) -> Viewer {
        Viewer::at(Scope::of(&self.user))
    }
}

/// Keeps what a run has taught. That it can't be kept is no reason for the run to have failed.
pub(crate) async fn from_run(run: &Run, args: &MemoryArgs, store: &Store) {
    if args.how() != Use::On {
        return;
    }
    for lesson in lessons(run, &args.viewer().scope) {
        match store.remember(&lesson).await {
            Ok(Remembered::Kept { id, .. }) if matches!(lesson.kind, FactKind::Lesson | FactKind::Pitfall) => {
                print::note(&format!("learned {id}: {}", lesson.text));
            }
            Ok(Remembered::Refused { why }) => tracing::debug!(why, "a lesson was not kept"),
            Ok(_) => {}
            Err(error) => {
                print::note(&format!("nothing was learned: {error}"));
                return;
            }
        }
    }
}
