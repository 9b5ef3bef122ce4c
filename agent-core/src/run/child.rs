//! Child runs of a run, and what a run looks like to its parent: folds over events.

use crate::errand::{Errand, Returned};
use crate::event::Event;
use crate::policy::describe;

use super::{Run, RunId};

/// Lines of a story.
const LINES: usize = 12;

impl Run {
    /// All that was given to child runs, in order.
    pub fn errands(&self) -> impl Iterator<Item = &Errand> {
        self.events().filter_map(|event| if let Event::Delegated { errands, .. } = event { Some(errands) } else { None }).flatten()
    }

    /// All that came back of child runs, in the order in which it did.
    pub fn returned(&self) -> impl DoubleEndedIterator<Item = &Returned> {
        self.events().filter_map(|event| if let Event::Returned(returned) = event { Some(&**returned) } else { None })
    }

    /// What came back for a call of the newest reply, if it was given to a child run and that is over. Ids of calls may come again.
    #[must_use]
    pub fn returned_for(&self, call_id: &str) -> Option<&Returned> {
        let turn = || self.events().rev().take_while(|event| !matches!(event, Event::Replied { .. }));
        let given = turn().filter_map(|event| if let Event::Delegated { errands, .. } = event { Some(errands) } else { None }).flatten();
        let errand = given.filter(|errand| errand.call_id.as_deref() == Some(call_id)).last()?;
        turn().find_map(|event| match event {
            Event::Returned(returned) if returned.run == errand.run => Some(&**returned),
            _ => None,
        })
    }

    /// The id of its next child run.
    #[must_use]
    pub fn child_id(&self, ahead: usize) -> RunId {
        RunId(format!("{}-{}", self.id, self.errands().count() + ahead + 1))
    }

    /// The errands that nothing has come back of, and whether the first one that is shown to be done is enough.
    #[must_use]
    pub(crate) fn open_errands(&self) -> Option<(Vec<Errand>, bool)> {
        let (errands, first) = self.events().rev().find_map(|event| match event {
            Event::Delegated { errands, first_shown } => Some((errands, *first_shown)),
            _ => None,
        })?;
        let open: Vec<Errand> =
            errands.iter().filter(|errand| self.returned().all(|returned| returned.run != errand.run)).cloned().collect();
        (!open.is_empty()).then_some((open, first))
    }

    /// What was done and what came of it, a line each, the newest ones.
    #[must_use]
    pub fn story(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut what: Option<(&str, String)> = None;
        for event in self.events() {
            match event {
                Event::Intent { call_id, resolved, .. } => what = Some((call_id, describe(resolved))),
                Event::Receipt { call_id, receipt, .. } => {
                    let name = what.take().filter(|(id, _)| id == call_id).map(|(_, what)| what);
                    let name = name.or_else(|| self.call(call_id).map(|call| call.name.clone())).unwrap_or_default();
                    lines.push(format!("{name}: {receipt}"));
                }
                Event::ToolResult { call_id, result: Err(why), .. } => {
                    lines.push(format!("{}: {why}", self.call(call_id).map(|call| call.name.as_str()).unwrap_or_default()));
                }
                _ => {}
            }
        }
        lines.split_off(lines.len().saturating_sub(LINES)).into_iter().map(|line| short(&line)).collect()
    }
}

fn short(line: &str) -> String {
    const LONGEST: usize = 200;
    let line = line.replace('\n', " ");
    if line.chars().nth(LONGEST).is_none() { line } else { line.chars().take(LONGEST).chain(['…']).collect() }
}
