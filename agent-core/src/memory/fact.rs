//! A fact: what is known, from where, since when and how surely.

use serde::{Deserialize, Serialize};

use super::scope::Scope;

/// What sort of thing a fact says. Decides how fast it fades and how strict the gate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FactKind {
    /// Something that is so.
    #[default]
    Fact,
    /// What the person likes, or how they want things done.
    Preference,
    /// What was learned from how a run went.
    Lesson,
    /// What does not work on a site.
    Pitfall,
    /// How one is logged in to a site.
    Login,
    /// A form of a site.
    Form,
    /// Words that were said, kept as they were.
    Turn,
}

impl FactKind {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Fact, Self::Preference, Self::Lesson, Self::Pitfall, Self::Login, Self::Form, Self::Turn];

    /// As it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Preference => "preference",
            Self::Lesson => "lesson",
            Self::Pitfall => "pitfall",
            Self::Login => "login",
            Self::Form => "form",
            Self::Turn => "turn",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// After how many days without use half of its weight is gone; none if it does not fade.
    #[must_use]
    pub fn half_life_days(self) -> Option<f64> {
        match self {
            Self::Fact | Self::Preference | Self::Turn => None,
            Self::Form => Some(90.0),
            Self::Lesson | Self::Pitfall => Some(30.0),
            Self::Login => Some(7.0),
        }
    }
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum By {
    /// The person.
    #[default]
    Person,
    /// A model, in a run.
    Model,
    /// The program itself, from receipts.
    Program,
    /// It was read in from a file.
    Import,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Model, Self::Program, Self::Import];

    /// As it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Model => "model",
            Self::Program => "program",
            Self::Import => "import",
        }
    }
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Who said it.
    #[serde(default)]
    pub by: By,
    /// In which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// After which event of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<u64>,
    /// What was on the screen then, as an origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Whether nobody but the person and this program can have brought it about. What a model writes after it has read a page is
    /// not trusted: the page may have asked for it.
    #[serde(default)]
    pub trusted: bool,
}

impl Provenance {
    /// The person said it.
    #[must_use]
    pub fn person() -> Self {
        Self { by: By::Person, trusted: true, ..Self::default() }
    }
}

impl std::fmt::Display for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.by.name())?;
        if let Some(origin) = &self.origin {
            write!(f, ", on {origin}")?;
        }
        f.write_str(if self.trusted { "" } else { ", not trusted" })
    }
}

/// A fact that is to be kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct NewFact {
    /// The fact, in a sentence.
    pub text: String,
    /// What sort.
    #[serde(default)]
    pub kind: FactKind,
    /// Whose.
    #[serde(default)]
    pub scope: Scope,
    /// From where.
    #[serde(default)]
    pub source: Provenance,
    /// What it answers: a later fact about the same thing takes its place. Without it that is looked for in the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The conversation that it is a turn of; its neighbours in it help to find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// Who said it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Since when it holds, in milliseconds since 1970-01-01 UTC; without it, since now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<i64>,
    /// Until when it holds, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<i64>,
    /// How sure it is, 0 to 1; without it, 1 for a person's word and less for others'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Facts that were recalled before it was written: what only repeats them is not kept again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recalled: Vec<i64>,
}

impl NewFact {
    /// What the person says.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), source: Provenance::person(), ..Self::default() }
    }

    /// Of this sort.
    #[must_use]
    pub fn kind(mut self, kind: FactKind) -> Self {
        self.kind = kind;
        self
    }

    /// In this scope.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// From there.
    #[must_use]
    pub fn source(mut self, source: Provenance) -> Self {
        self.source = source;
        self
    }

    /// What it answers.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = Some(about.into());
        self
    }

    /// A turn of this conversation, said by `speaker`.
    #[must_use]
    pub fn turn(mut self, thread: impl Into<String>, speaker: impl Into<String>) -> Self {
        self.thread = Some(thread.into());
        self.speaker = Some(speaker.into());
        self.kind = FactKind::Turn;
        self
    }

    /// It holds since then.
    #[must_use]
    pub fn valid_from(mut self, at: i64) -> Self {
        self.valid_from = Some(at);
        self
    }

    /// How sure it is.
    #[must_use]
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = Some(confidence);
        self
    }
}

/// A fact that is kept. Times are in milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its number in the store.
    pub id: i64,
    /// The fact, in a sentence.
    pub text: String,
    /// What sort.
    #[serde(default)]
    pub kind: FactKind,
    /// Whose.
    #[serde(default)]
    pub scope: Scope,
    /// From where.
    #[serde(default)]
    pub source: Provenance,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The conversation that it is a turn of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// Who said it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Since when it holds.
    pub valid_from: i64,
    /// Until when it holds; without it, until further notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<i64>,
    /// When it became known here.
    pub recorded_at: i64,
    /// When it became known here that it does not hold any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<i64>,
    /// The fact that says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<i64>,
    /// How sure it is, 0 to 1.
    pub confidence: f64,
    /// In how many runs it was used.
    #[serde(default)]
    pub uses: u32,
    /// When it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<i64>,
}

impl Fact {
    /// Whether it held at `at`, as far as was known at `known_at`.
    #[must_use]
    pub fn holds(&self, at: i64, known_at: i64) -> bool {
        let known = self.recorded_at <= known_at;
        let closed = self.closed_at.is_none_or(|closed| closed <= known_at);
        known && self.valid_from <= at && !(closed && self.valid_to.is_some_and(|to| to <= at))
    }

    /// Its weight by age and use, 0 to 1.
    #[must_use]
    pub fn freshness(&self, now: i64) -> f64 {
        let Some(half) = self.kind.half_life_days() else { return 1.0 };
        let since = self.used_at.unwrap_or(self.recorded_at).max(self.recorded_at);
        let days = (now.saturating_sub(since).max(0)) as f64 / 86_400_000.0;
        // What was used often fades more slowly.
        0.5_f64.powf(days / (half * f64::from(1 + self.uses.min(7))))
    }
}
