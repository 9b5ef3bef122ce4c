//! How a command fails: what went wrong, what to do next, and an exit code that a script can rely on.

use std::process::ExitCode;

use handiwork::core::event::Part;
use handiwork::core::{AgentError, JournalError, MemoryError, Outcome, SurfaceError};
use serde_json::json;

use super::print;

/// The exit codes, as `handiwork --help` tells them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    the goal was not reached
  2    wrong usage
  3    something is missing: a browser, a model, a key (handiwork doctor tells)
  4    the run waits for a person
  5    a budget is used up
  6    the model or its server failed
  7    the database or the disk failed
  8    the browser failed
  130  interrupted";

/// What to do about damage.
const REPAIR: &str = "handiwork doctor tells what is wrong, handiwork doctor --repair saves what can be saved";

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "said in EXIT_CODES")]
pub(crate) enum Code {
    NotReached = 1,
    Usage = 2,
    Missing = 3,
    Waiting = 4,
    Budget = 5,
    Model = 6,
    Store = 7,
    Surface = 8,
    Interrupted = 130,
}

impl Code {
    /// The code of this number, as another process of ours gave it.
    pub(crate) const fn of(number: u8) -> Self {
        match number {
            1 => Self::NotReached,
            2 => Self::Usage,
            3 => Self::Missing,
            4 => Self::Waiting,
            5 => Self::Budget,
            6 => Self::Model,
            7 => Self::Store,
            130 => Self::Interrupted,
            _ => Self::Surface,
        }
    }
}

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    message: String,
    hint: Option<String>,
    /// Whether the command has already printed its JSON.
    told: bool,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Failure {
    #[allow(clippy::needless_pass_by_value, reason = "callers hand over errors that they are done with")]
    pub(crate) fn new(code: Code, message: impl ToString) -> Self {
        Self { code, message: message.to_string(), hint: None, told: false }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same hint if it has none yet.
    pub(crate) fn or_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = self.hint.or_else(|| Some(hint.into()));
        self
    }

    pub(crate) fn told(mut self) -> Self {
        self.told = true;
        self
    }

    /// Prints it and gives the exit code.
    pub(crate) fn exit(self, json: bool) -> ExitCode {
        if json && !self.told {
            print::line(&json!({ "error": self.message, "hint": self.hint, "exit_code": self.code as u8 }).to_string());
        }
        if !json || self.told {
            print::error(&self.message, self.hint.as_deref());
        }
        ExitCode::from(self.code as u8)
    }

    /// The failure that an outcome is, if it is one.
    pub(crate) fn of_outcome(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Done { .. } => None,
            Outcome::Failed { reason } => Some(Self::new(Code::NotReached, format!("the goal was not reached: {reason}"))),
            Outcome::BudgetExceeded { what } => Some(
                Self::new(Code::Budget, format!("a budget is used up: {what}"))
                    .hint("go on with more: handiwork resume RUN with --max-steps, --budget or --timeout"),
            ),
            Outcome::Stopped { why } => Some(Self::new(Code::Interrupted, format!("stopped: {why}"))),
            Outcome::Broken { part, error } => {
                let code = match part {
                    Part::Model => Code::Model,
                    Part::Surface => Code::Surface,
                    Part::Memory => Code::Store,
                    Part::Tool => Code::NotReached,
                };
                Some(Self::new(code, error))
            }
            other => Some(Self::new(Code::NotReached, format!("{other:?}"))),
        }
    }
}

impl From<SurfaceError> for Failure {
    fn from(error: SurfaceError) -> Self {
        match error {
            SurfaceError::NotAvailable { problem, hint } => Self::new(Code::Missing, problem).hint(hint),
            other => Self::new(Code::Surface, other),
        }
    }
}

impl From<AgentError> for Failure {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::Journal(error) => error.into(),
            AgentError::NotDone(outcome) => Self::of_outcome(&outcome).unwrap_or_else(|| Self::new(Code::NotReached, outcome)),
            error @ AgentError::Forgotten => Self::new(Code::Usage, error).hint("handiwork show RUN tells what is left of it"),
            error @ AgentError::OtherPlanner { .. } => Self::new(Code::Usage, error).hint("use the version of handiwork that began it"),
            error => Self::new(Code::Store, error),
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::NoSuchRun(_) => Self::new(Code::Usage, error),
            JournalError::Store { hint, doing, detail } => {
                Self::new(Code::Store, format!("the database can't be {doing}: {detail}")).hint(hint)
            }
            JournalError::Corrupt { .. } | JournalError::NoSuchBlob(_) => Self::new(Code::Store, error).hint(REPAIR),
            JournalError::InUse { .. } => Self::new(Code::Store, error).hint("what it is doing: handiwork show RUN"),
            other => Self::new(Code::Store, other),
        }
    }
}

impl From<MemoryError> for Failure {
    fn from(MemoryError { doing, detail, hint }: MemoryError) -> Self {
        Self::new(Code::Store, format!("memory can't be {doing}: {detail}")).hint(hint)
    }
}

impl From<handiwork::memory::StoreError> for Failure {
    fn from(error: handiwork::memory::StoreError) -> Self {
        match error {
            handiwork::memory::StoreError::Journal(error) => error.into(),
            handiwork::memory::StoreError::Damaged { file, problems } => {
                let told = format!("{} is damaged, and nothing was read from it: {}", file.display(), problems.join("; "));
                Self::new(Code::Store, told).hint(REPAIR)
            }
            handiwork::memory::StoreError::Memory(error) => error.into(),
            error @ (handiwork::memory::StoreError::Ambiguous { .. }
            | handiwork::memory::StoreError::NoSuchFact(_)
            | handiwork::memory::StoreError::TooShort { .. }
            | handiwork::memory::StoreError::Untakeable { .. }) => Self::new(Code::Usage, error),
            other => Self::new(Code::Store, other),
        }
    }
}
