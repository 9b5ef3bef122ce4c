//! A run's line in the list: folded from the entries as they are written, with a checksum of its own.
//!
//! The entries stay the truth: a line can be made again from them at any time, and nothing but the list and the number of
//! entries is ever read from it.

use handiwork_core::{Entry, Event, Outcome, RunId};
use sqlx::SqliteConnection;

use crate::body;
use crate::digest::Digest;

pub(crate) const COLUMNS: &str =
    "id, entries, goal, model, surface, status, started_at, ended_at, steps, tokens, cost_usd, damaged, checksum";

/// A row of `runs`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) entries: i64,
    pub(crate) goal: String,
    pub(crate) model: String,
    pub(crate) surface: Option<String>,
    pub(crate) status: String,
    pub(crate) started_at: i64,
    pub(crate) ended_at: Option<i64>,
    pub(crate) steps: i64,
    pub(crate) tokens: i64,
    pub(crate) cost_usd: f64,
    /// Why it was set aside, if it was.
    pub(crate) damaged: Option<String>,
    checksum: Option<Vec<u8>>,
}

impl Line {
    /// The line of a run without entries.
    pub(crate) fn new(run: &RunId, started_at: i64) -> Self {
        Self {
            id: run.0.clone(),
            entries: 0,
            goal: String::new(),
            model: String::new(),
            surface: None,
            status: "running".to_owned(),
            started_at,
            ended_at: None,
            steps: 0,
            tokens: 0,
            cost_usd: 0.0,
            damaged: None,
            checksum: None,
        }
    }

    /// What an entry changes.
    pub(crate) fn apply(&mut self, entry: &Entry) {
        self.entries += 1;
        "running".clone_into(&mut self.status);
        self.ended_at = None;
        match &entry.event {
            Event::Started(started) => {
                self.goal.clone_from(&started.goal);
                self.model = format!("{}:{}", started.model.provider, started.model.id);
                self.surface = started.surface.as_ref().map(|surface| surface.kind.clone());
            }
            Event::Replied { reply, cost_usd, .. } => {
                let tokens = reply.usage.prompt.saturating_add(reply.usage.completion);
                self.steps = self.steps.saturating_add(1);
                self.tokens = self.tokens.saturating_add(i64::try_from(tokens).unwrap_or(i64::MAX));
                self.cost_usd += cost_usd;
            }
            Event::Question { .. } => "waiting".clone_into(&mut self.status),
            Event::Ended { outcome } => {
                word(outcome).clone_into(&mut self.status);
                self.ended_at = Some(entry.at);
            }
            _ => {}
        }
    }

    fn digest(&self) -> Vec<u8> {
        Digest::of("runs")
            .text(&self.id)
            .number(self.entries)
            .text(&self.goal)
            .text(&self.model)
            .maybe_text(self.surface.as_deref())
            .text(&self.status)
            .number(self.started_at)
            .maybe_number(self.ended_at)
            .number(self.steps)
            .number(self.tokens)
            .bytes(&self.cost_usd.to_bits().to_le_bytes())
            .maybe_text(self.damaged.as_deref())
            .end()
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn problem(&self) -> Option<String> {
        let found = self.checksum.as_deref().unwrap_or_default();
        let expected = self.digest();
        (found != expected).then(|| body::mismatch(&expected, found))
    }

    pub(crate) async fn read(connection: &mut SqliteConnection, run: &RunId) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM runs WHERE id = ?")))
            .bind(&run.0)
            .fetch_optional(connection)
            .await
    }

    /// Writes it, with its checksum, in place of the one that is there.
    pub(crate) async fn write(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO runs (id, entries, goal, model, surface, status, started_at, ended_at, steps, tokens, cost_usd, damaged, checksum) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET entries = excluded.entries, goal = excluded.goal, \
             model = excluded.model, surface = excluded.surface, status = excluded.status, started_at = excluded.started_at, \
             ended_at = excluded.ended_at, steps = excluded.steps, tokens = excluded.tokens, cost_usd = excluded.cost_usd, \
             damaged = excluded.damaged, checksum = excluded.checksum",
        )
        .bind(&self.id)
        .bind(self.entries)
        .bind(&self.goal)
        .bind(&self.model)
        .bind(&self.surface)
        .bind(&self.status)
        .bind(self.started_at)
        .bind(self.ended_at)
        .bind(self.steps)
        .bind(self.tokens)
        .bind(self.cost_usd)
        .bind(&self.damaged)
        .bind(self.digest())
        .execute(connection)
        .await?;
        Ok(())
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done { .. } => "done",
        Outcome::Failed { .. } => "failed",
        Outcome::BudgetExceeded { .. } => "budget exceeded",
        Outcome::Stopped { .. } => "stopped",
        // An outcome that this version does not know is not a success.
        _ => "broken",
    }
}
