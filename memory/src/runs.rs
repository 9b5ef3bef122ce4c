//! The list of runs.
//!
//! Its lines are folded from the entries as they are written, in the same transaction, so that listing a thousand runs reads
//! a thousand short rows. The entries stay the truth: nothing but the list is ever read from here.

use handiwork_core::run::RunId;
use handiwork_core::{Entry, Event, Journal as _, JournalError, Outcome, Run};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};

use crate::error::StoreError;
use crate::store::Store;

/// A run in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// Its goal.
    pub goal: String,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_at: i64,
    /// When it ended, if it did.
    pub ended_at: Option<i64>,
    /// `running`, `waiting`, `done`, `failed`, `budget exceeded` or `broken`. A run whose process died is `running` still.
    pub status: String,
    /// Replies of the model.
    pub steps: u32,
    /// Tokens, in and out.
    pub tokens: u64,
    /// What it cost, in USD.
    pub cost_usd: f64,
    /// The model, as `provider:id`.
    pub model: String,
    /// The kind of surface, if there was one.
    pub surface: Option<String>,
}

impl Store {
    /// The newest runs, newest first.
    pub async fn runs(&self, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        let rows = sqlx::query_as::<_, Row>(
            "SELECT id, goal, started_at, ended_at, status, steps, tokens, cost_usd, model, surface FROM runs ORDER BY started_at DESC, id DESC LIMIT ?",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool);
        Ok(self.reading(rows).await?.into_iter().map(RunSummary::from).collect())
    }

    /// The run whose id begins with `prefix`, if there is exactly one.
    pub async fn find_run(&self, prefix: &str) -> Result<RunId, StoreError> {
        // One more than is ever listed: enough to know.
        let ids = sqlx::query_scalar::<_, String>("SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 64")
            .bind(prefix)
            .fetch_all(&self.pool);
        let ids = if prefix.is_empty() { Vec::new() } else { self.reading(ids).await? };
        let mut runs: Vec<RunId> = ids.into_iter().map(RunId).collect();
        if let Some(whole) = runs.iter().position(|run| run.0 == prefix) {
            return Ok(runs.swap_remove(whole));
        }
        match (runs.len(), runs.pop()) {
            (1, Some(run)) => Ok(run),
            (_, Some(last)) => {
                runs.push(last);
                Err(StoreError::Ambiguous { prefix: prefix.to_owned(), runs })
            }
            (_, None) => Err(JournalError::NoSuchRun(prefix.to_owned()).into()),
        }
    }

    /// A run, from its entries.
    pub async fn load_run(&self, id: &RunId) -> Result<Run, StoreError> {
        let entries = self.load(id).await?;
        Run::from_entries(id.clone(), entries).map_err(|error| StoreError::Run { run: id.clone(), error })
    }
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: String,
    goal: String,
    started_at: i64,
    ended_at: Option<i64>,
    status: String,
    steps: i64,
    tokens: i64,
    cost_usd: f64,
    model: String,
    surface: Option<String>,
}

impl From<Row> for RunSummary {
    fn from(row: Row) -> Self {
        Self {
            id: RunId(row.id),
            goal: row.goal,
            started_at: row.started_at,
            ended_at: row.ended_at,
            status: row.status,
            steps: row.steps as u32,
            tokens: row.tokens as u64,
            cost_usd: row.cost_usd,
            model: row.model,
            surface: row.surface,
        }
    }
}

/// What an entry changes in the list. `None` leaves a column as it is.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    goal: Option<String>,
    model: Option<String>,
    surface: Option<String>,
    status: &'static str,
    ended_at: Option<i64>,
    steps: i64,
    tokens: i64,
    cost_usd: f64,
}

impl Fold {
    pub(crate) fn of(entry: &Entry) -> Self {
        let mut fold = Self { status: "running", ..Self::default() };
        match &entry.event {
            Event::Started(started) => {
                fold.goal = Some(started.goal.clone());
                fold.model = Some(format!("{}:{}", started.model.provider, started.model.id));
                fold.surface = started.surface.as_ref().map(|surface| surface.kind.clone());
            }
            Event::Replied { reply, cost_usd, .. } => {
                fold.steps = 1;
                fold.tokens = i64::try_from(reply.usage.prompt.saturating_add(reply.usage.completion)).unwrap_or(i64::MAX);
                fold.cost_usd = *cost_usd;
            }
            Event::Question { .. } => fold.status = "waiting",
            Event::Ended { outcome } => {
                fold.status = word(outcome);
                fold.ended_at = Some(entry.at);
            }
            _ => {}
        }
        fold
    }

    pub(crate) async fn write(self, tx: &mut Transaction<'static, Sqlite>, run: &RunId) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE runs SET entries = entries + 1, goal = coalesce(?, goal), model = coalesce(?, model), surface = coalesce(?, surface), \
             status = ?, ended_at = ?, steps = steps + ?, tokens = tokens + ?, cost_usd = cost_usd + ? WHERE id = ?",
        )
        .bind(self.goal)
        .bind(self.model)
        .bind(self.surface)
        .bind(self.status)
        .bind(self.ended_at)
        .bind(self.steps)
        .bind(self.tokens)
        .bind(self.cost_usd)
        .bind(&run.0)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done { .. } => "done",
        Outcome::Failed { .. } => "failed",
        Outcome::BudgetExceeded { .. } => "budget exceeded",
        // An outcome that this version does not know is not a success.
        _ => "broken",
    }
}
