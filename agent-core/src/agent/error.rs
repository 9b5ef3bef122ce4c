//! Why a run gave no result.

use crate::event::Outcome;
use crate::journal::JournalError;
use crate::run::{Run, RunError};

/// Why a run gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// It ended otherwise than done.
    #[error("{0}")]
    NotDone(Outcome),
    /// It was begun by another planner, or another version of this one.
    #[error("the run was begun by planner {} version {}, this is {} version {}: resume it with that one", was.0, was.1, now.0, now.1)]
    OtherPlanner {
        /// Name and version in the journal.
        was: (String, u32),
        /// Name and version here.
        now: (String, u32),
    },
    /// Words were taken out of it.
    #[error(
        "words were taken out of this run because they were to be forgotten, so it is not the run any more that it was: begin a new one"
    )]
    Forgotten,
    /// It rests until the person answers; go on with [`Agent::resume`].
    #[error("the run waits for an answer: {question}")]
    Waiting {
        /// The question.
        question: String,
        /// The run as it is.
        run: Box<Run>,
    },
    /// Its journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its entries are not a run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The result does not have the asked type.
    #[error("the result is not of the type that was asked for: {0}")]
    Output(#[from] serde_json::Error),
}
