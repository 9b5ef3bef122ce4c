//! The list of runs.
//!
//! Its lines are written with the entries, in the same transaction, so that listing a thousand runs reads a thousand short rows.
//! Whether a run is being driven is no row: it is asked of the operating system, so a run whose process was killed is told from
//! one that goes on.

use handiwork_core::run::RunId;
use handiwork_core::{Journal as _, JournalError, Run};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::line::{COLUMNS, Line};
use crate::store::Store;

/// The status of a run that can't be read.
pub(crate) const DAMAGED: &str = "damaged";

/// The status of a run that is neither over nor being driven.
pub(crate) const INTERRUPTED: &str = "interrupted";

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
    /// `running`, `waiting`, `done`, `failed`, `budget exceeded`, `stopped` or `broken`; `interrupted` when it is not over and nobody
    /// is driving it; `damaged` when it can't be read (then only the id is told).
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
        let lines =
            sqlx::query_as::<_, Line>(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM runs ORDER BY started_at DESC, id DESC LIMIT ?")))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.pool);
        let lines = self.reading(lines).await?;
        let sound = |line: Line| if line.problem().is_some() || line.damaged.is_some() { damaged(line) } else { line.into() };
        let mut runs: Vec<RunSummary> = lines.into_iter().map(sound).collect();
        let open = runs.iter().filter(|run| run.status == "running").map(|run| run.id.clone()).collect();
        let driven = self.driven(open).await;
        for run in runs.iter_mut().filter(|run| run.status == "running" && !driven.contains(&run.id)) {
            INTERRUPTED.clone_into(&mut run.status);
        }
        Ok(runs)
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

impl From<Line> for RunSummary {
    fn from(line: Line) -> Self {
        Self {
            id: RunId(line.id),
            goal: line.goal,
            started_at: line.started_at,
            ended_at: line.ended_at,
            status: line.status,
            steps: line.steps as u32,
            tokens: line.tokens as u64,
            cost_usd: line.cost_usd,
            model: line.model,
            surface: line.surface,
        }
    }
}

/// What is told of a line that can't be believed: that, and its place in the list.
fn damaged(line: Line) -> RunSummary {
    let empty = Line::new(&RunId(line.id), line.started_at);
    RunSummary { status: DAMAGED.to_owned(), ..empty.into() }
}
