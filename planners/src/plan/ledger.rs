//! The ledger: what the plan is, which milestones are reached, and whether the run gets anywhere. A fold over events.
//!
//! A milestone is reached when a screen or a receipt shows its condition, whatever the model says of it. The one decision: what a
//! plan is, is decided by the calls that were accepted and by nothing else, so that it is the same after a restart.

use handiwork_core::condition::Receipts;
use handiwork_core::model::Reply;
use handiwork_core::{Condition, Event, Run, Screen};
use std::fmt::Write as _;

use super::spec::{self, Proposal};

/// A part of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// In the model's words.
    pub what: String,
    /// What is so when it is reached.
    pub when: Condition,
    /// The number of the entry that showed it.
    pub reached: Option<u64>,
}

/// What the plan has come to.
#[derive(Debug, Clone, Default)]
pub struct Ledger<'a> {
    /// The milestones of the newest plan, in order.
    pub milestones: Vec<Milestone>,
    /// Plans so far.
    pub plans: u32,
    /// What was learned when a plan was given up, in the model's words, oldest first.
    pub lessons: Vec<String>,
    receipts: Receipts<'a>,
    reply: Option<&'a Reply>,
    /// Whether something has changed since it was last recited.
    news: bool,
}

impl<'a> Ledger<'a> {
    /// The ledger of a run.
    #[must_use]
    pub fn of(run: &'a Run) -> Self {
        let mut ledger = Self::default();
        for entry in run.entries() {
            ledger.take(entry.seq, &entry.event);
        }
        ledger
    }

    /// Takes what happened next.
    pub(crate) fn take(&mut self, seq: u64, event: &'a Event) {
        match event {
            Event::Replied { reply, .. } => self.reply = Some(reply),
            Event::ToolResult { call_id, result: Ok(told), .. } => {
                let call =
                    self.reply.into_iter().flat_map(|reply| &reply.calls).find(|call| call.id == *call_id && call.name == spec::NAME);
                if let Some(Ok(proposal)) = call.map(|call| Proposal::read(&call.args)) {
                    self.adopt(proposal, told);
                }
            }
            Event::Observed { screen, .. } => self.mark(seq, |when| when.holds_on(screen) == Some(true)),
            Event::Probed { probe, holds: Some(true) } => self.mark(seq, |when| when.probe().as_ref() == Some(probe)),
            _ => {
                if let Some(told) = self.receipts.take(event) {
                    self.mark(seq, |when| when.holds_by(&told));
                }
            }
        }
    }

    fn adopt(&mut self, proposal: Proposal, told: &serde_json::Value) {
        let kept: Vec<u64> =
            told.get("kept").and_then(|kept| kept.as_array()).into_iter().flatten().filter_map(serde_json::Value::as_u64).collect();
        self.plans += 1;
        self.news = true;
        self.lessons.extend(proposal.lesson);
        self.milestones = (0..)
            .zip(proposal.milestones)
            .filter(|(place, _)| kept.contains(place))
            .map(|(_, (what, when))| Milestone { what, when, reached: None })
            .collect();
    }

    fn mark(&mut self, seq: u64, holds: impl Fn(&Condition) -> bool) {
        for milestone in self.milestones.iter_mut().filter(|milestone| milestone.reached.is_none()) {
            if holds(&milestone.when) {
                milestone.reached = Some(seq);
                self.news = true;
            }
        }
    }

    /// The milestones that are not reached.
    pub fn open(&self) -> impl Iterator<Item = &Milestone> {
        self.milestones.iter().filter(|milestone| milestone.reached.is_none())
    }

    /// Whether there is a plan, and all of it is reached.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        !self.milestones.is_empty() && self.open().next().is_none()
    }

    /// What is missing for a claim to be believed: an open milestone, or the last one if it no longer holds.
    #[must_use]
    pub fn lacking(&self, screen: Option<&Screen>) -> Option<String> {
        if self.plans == 0 {
            return Some("there is no plan yet: call plan first".to_owned());
        }
        let open: Vec<String> = self.open().map(|milestone| format!("{} ({} is not so yet)", milestone.what, milestone.when)).collect();
        if !open.is_empty() {
            return Some(format!("not reached: {}", open.join("; ")));
        }
        // Those on the way may be gone again; the last one is where the way leads.
        let last = self.milestones.last()?;
        let gone = last.when.is_of_screens() && screen.is_some_and(|screen| last.when.holds_on(screen) == Some(false));
        gone.then(|| format!("{} was reached, and is no longer so: {}", last.what, last.when))
    }

    /// The ledger as the model is told of it, if there is news; empty otherwise.
    pub(crate) fn recited(&mut self) -> String {
        if !std::mem::take(&mut self.news) || self.milestones.is_empty() {
            return String::new();
        }
        let mut text = String::from("\n\nPlan:");
        for milestone in &self.milestones {
            let mark = if milestone.reached.is_some() { 'x' } else { ' ' };
            let _ = write!(text, "\n[{mark}] {}: {}", milestone.what, milestone.when);
        }
        for lesson in &self.lessons {
            let _ = write!(text, "\nLearned: {lesson}");
        }
        text
    }

    /// It is told anew the next time, whatever was told before: what was said before is gone.
    pub(crate) fn renew(&mut self) {
        self.news = true;
    }
}
