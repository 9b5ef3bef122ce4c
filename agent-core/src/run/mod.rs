//! A run: its id, its entries, and what follows from them. Pure and serialisable.
//!
//! Everything here is a fold over the entries. So a run can be written down after any entry, read again elsewhere, and goes on
//! as if nothing had happened.

mod bill;
mod child;
mod open;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::{Entry, Event, Outcome, Started, VERSION};
use crate::model::{Reply, ToolCall, Usage};
use crate::screen::Screen;

pub use bill::Bill;
pub use open::{OpenIntent, Unsent};

/// Names a run. Ids sort by the time of their making.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl RunId {
    /// A new id.
    #[must_use]
    pub fn generate() -> Self {
        Self(uuid::Uuid::now_v7().simple().to_string())
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Status<'a> {
    /// It can go on.
    Running,
    /// It rests until the person answers.
    Waiting {
        /// The question.
        question: &'a str,
    },
    /// It is over.
    Ended(&'a Outcome),
}

/// A run as far as it has got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    entries: Vec<Entry>,
}

/// Why entries are not a run.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// An entry is missing or doubled.
    #[error("entry {got} stands where {expected} should")]
    Gap {
        /// Number found.
        got: u64,
        /// Number that should be there.
        expected: u64,
    },
    /// The first entry does not start a run, or a later one does.
    #[error("a run begins with exactly one `started` event")]
    NotStarted,
    /// Something happened after the end.
    #[error("the run is over; nothing can be added to it")]
    Over,
    /// It was written by a newer version.
    #[error("the run was written in event format {0}; this version reads up to {VERSION}: update handiwork")]
    NewerFormat(u32),
    /// An answer without a question.
    #[error("nothing was asked, so there is nothing to answer")]
    NotAsked,
}

impl Run {
    /// A run without entries.
    #[must_use]
    pub fn new(id: RunId) -> Self {
        Self { id, entries: Vec::new() }
    }

    /// A run from its journal.
    pub fn from_entries(id: RunId, entries: Vec<Entry>) -> Result<Self, RunError> {
        let mut run = Self::new(id);
        for entry in entries {
            run.apply(entry)?;
        }
        Ok(run)
    }

    /// Adds an entry, if it fits.
    pub fn apply(&mut self, entry: Entry) -> Result<(), RunError> {
        let expected = self.next_seq();
        if entry.seq != expected {
            return Err(RunError::Gap { got: entry.seq, expected });
        }
        match &entry.event {
            Event::Started(started) if started.version > VERSION => return Err(RunError::NewerFormat(started.version)),
            Event::Started(_) if expected == 0 => {}
            Event::Started(_) => return Err(RunError::NotStarted),
            _ if expected == 0 => return Err(RunError::NotStarted),
            Event::Answer { .. } if !matches!(self.status(), Status::Waiting { .. }) => return Err(RunError::NotAsked),
            _ => {}
        }
        // Whoever speaks to a run that is over opens it again.
        if let Status::Ended(outcome) = self.status()
            && !matches!(entry.event, Event::Said { .. })
            && !(outcome.is_resumable() && matches!(entry.event, Event::Revived { .. }))
        {
            return Err(RunError::Over);
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The number of the next entry.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.entries.len() as u64
    }

    /// All entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All events, in order.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.entries.iter().map(|entry| &entry.event)
    }

    /// What it was started with.
    #[must_use]
    pub fn started(&self) -> Option<&Started> {
        match &self.entries.first()?.event {
            Event::Started(started) => Some(started),
            _ => None,
        }
    }

    /// The goal; empty before the run has started.
    #[must_use]
    pub fn goal(&self) -> &str {
        self.started().map_or("", |started| &started.goal)
    }

    /// What it is doing.
    #[must_use]
    pub fn status(&self) -> Status<'_> {
        match self.entries.last().map(|entry| &entry.event) {
            Some(Event::Ended { outcome }) => Status::Ended(outcome),
            Some(Event::Question { text, .. }) => Status::Waiting { question: text },
            _ => Status::Running,
        }
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match self.status() {
            Status::Ended(outcome) => Some(outcome),
            Status::Running | Status::Waiting { .. } => None,
        }
    }

    /// The newest screen.
    #[must_use]
    pub fn screen(&self) -> Option<&Screen> {
        self.events().rev().find_map(|event| match event {
            Event::Observed { screen, .. } => Some(screen),
            _ => None,
        })
    }

    /// All replies of the model, in order.
    pub fn replies(&self) -> impl DoubleEndedIterator<Item = &Reply> {
        self.events().filter_map(|event| match event {
            Event::Replied { reply, .. } => Some(reply),
            _ => None,
        })
    }

    /// The newest reply of a model.
    #[must_use]
    pub fn last_reply(&self) -> Option<&Reply> {
        self.replies().next_back()
    }

    /// Calls of the newest reply of which nothing has come yet, in order.
    #[must_use]
    pub fn pending(&self) -> Vec<&ToolCall> {
        let settled = self.settled();
        self.last_reply().into_iter().flat_map(|reply| &reply.calls).filter(|call| !settled.contains(call.id.as_str())).collect()
    }

    /// The newest call with this id.
    #[must_use]
    pub fn call(&self, id: &str) -> Option<&ToolCall> {
        self.replies().rev().flat_map(|reply| &reply.calls).find(|call| call.id == id)
    }

    /// Ids of the newest reply's calls that have a result of any kind.
    fn settled(&self) -> BTreeSet<&str> {
        let mut ids = BTreeSet::new();
        for event in self.events().rev() {
            match event {
                Event::Replied { .. } => break,
                Event::Receipt { call_id, .. } | Event::ToolResult { call_id, .. } => {
                    ids.insert(call_id.as_str());
                }
                Event::Dropped { call_ids, .. } => ids.extend(call_ids.iter().map(String::as_str)),
                _ => {}
            }
        }
        ids
    }

    /// Replies so far: the steps of a run.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.events().filter(|event| matches!(event, Event::Replied { .. })).count() as u32
    }

    /// Tokens so far, those of child runs too.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let mut sum = Usage::default();
        for event in self.events() {
            match event {
                Event::Replied { reply, .. } => sum += reply.usage,
                Event::Returned(returned) => returned.bills.values().for_each(|bill| sum += bill.usage),
                _ => {}
            }
        }
        sum
    }

    /// Cost so far, in USD, that of child runs too.
    #[must_use]
    pub fn cost_usd(&self) -> f64 {
        let usd = |event: &Event| match event {
            Event::Replied { cost_usd, .. } => *cost_usd,
            Event::Returned(returned) => returned.bills.values().map(|bill| bill.usd).sum(),
            _ => 0.0,
        };
        self.events().map(usd).sum()
    }

    /// When it began, in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn began_at(&self) -> Option<i64> {
        self.entries.first().map(|entry| entry.at)
    }

    /// Milliseconds between its first and its newest entry, without the time in which it was stopped or waited for the person.
    #[must_use]
    pub fn elapsed_ms(&self) -> i64 {
        let pairs = self.entries.iter().zip(self.entries.iter().skip(1));
        let active = pairs.filter(|(_, next)| !matches!(next.event, Event::Revived { .. } | Event::Answer { .. }));
        active.map(|(entry, next)| next.at.saturating_sub(entry.at).max(0)).sum()
    }

    /// Verified receipts so far.
    #[must_use]
    pub fn verified(&self) -> usize {
        self.events().filter(|event| matches!(event, Event::Receipt { receipt, .. } if receipt.is_verified())).count()
    }
}
