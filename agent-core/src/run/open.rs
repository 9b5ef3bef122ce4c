//! What a run that broke off has left open: an act without a receipt, fields that were filled and not sent, and how its surface was.

use crate::action::{Action, EffectClass};
use crate::event::Event;
use crate::journal::BlobId;
use crate::receipt::{Change, Receipt};
use crate::screen::{Ref, Screen};
use crate::surface::{ProcessMark, Resolved};

use super::Run;

/// Something that was about to be done when the run broke off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenIntent<'a> {
    /// The call.
    pub call_id: &'a str,
    /// What exactly.
    pub resolved: &'a Resolved,
    /// What the person said when asked whether it was done.
    pub answer: Option<bool>,
    /// It has been judged to be done, and why; only its receipt is missing.
    pub done: Option<&'a str>,
    /// What it led to was kept in a checkpoint before the run broke off: so it was done.
    pub kept: bool,
}

impl OpenIntent<'_> {
    /// Whether it can be done again without doing more: it only reads, or it sets a field to a value in a page that is gone.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        let sets =
            matches!(self.resolved.action, Action::Fill(_) | Action::Type(_) | Action::Check(_) | Action::Upload(_) | Action::Paste(_))
                || matches!(self.resolved.action, Action::Select(_))
                    && self.resolved.target.as_ref().is_none_or(|target| target.form.is_some());
        match self.resolved.effect {
            EffectClass::Read => true,
            EffectClass::Write => sets,
            EffectClass::Irreversible => false,
        }
    }
}

/// A field that was filled, in a form that may not have been sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unsent<'a> {
    /// The call that filled it.
    pub call_id: &'a str,
    /// How.
    pub resolved: &'a Resolved,
}

impl Run {
    /// The act of which it is not known whether it was done. There is at most one: nothing is begun before the last one's receipt.
    #[must_use]
    pub fn open_intent(&self) -> Option<OpenIntent<'_>> {
        let (mut answer, mut done, mut kept) = (None, None, false);
        for event in self.events().rev() {
            match event {
                Event::Receipt { .. } | Event::ToolResult { .. } | Event::Settled { done: false, .. } => return None,
                Event::Settled { done: true, why, .. } => done = Some(why.as_str()),
                Event::Answer { approved, .. } => answer = answer.or(Some(*approved)),
                Event::Checkpoint { .. } => kept = true,
                // Those after the break say nothing of what was before it.
                Event::Revived { .. } => kept = false,
                Event::Intent { call_id, resolved, .. } => return Some(OpenIntent { call_id, resolved, answer, done, kept }),
                _ => {}
            }
        }
        None
    }

    /// Fields of the page last shown that were filled and, as far as is known, not sent, in the order of filling; the last value of
    /// each.
    #[must_use]
    pub fn unsent(&self) -> Vec<Unsent<'_>> {
        let mut found: Vec<Unsent<'_>> = Vec::new();
        let mut intent: Option<Unsent<'_>> = None;
        for event in self.events() {
            match event {
                Event::Intent { call_id, resolved, .. } => intent = Some(Unsent { call_id, resolved }),
                // What had been filled went with it.
                Event::Settled { done: true, .. } => found.clear(),
                Event::Receipt { call_id, receipt: Receipt::Verified { changes }, .. } => {
                    if changes.iter().any(Change::leaves_page) {
                        found.clear();
                    }
                    let filled = intent.take().filter(|one| one.call_id == call_id && one.resolved.action.fills());
                    if let Some(one) = filled {
                        // What is typed is added to what is there; everything else takes its place.
                        if !matches!(one.resolved.action, Action::Type(_)) {
                            found.retain(|other| other.resolved.action.target() != one.resolved.action.target());
                        }
                        found.push(one);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Whether the page was made anew and its fields were not filled again yet.
    #[must_use]
    pub fn wants_refill(&self) -> bool {
        for event in self.events().rev() {
            match event {
                Event::Revived { .. } => return true,
                Event::Refilled { .. } | Event::Intent { .. } => return false,
                _ => {}
            }
        }
        false
    }

    /// The program that was behind the surface last.
    #[must_use]
    pub fn process(&self) -> Option<&ProcessMark> {
        self.events().rev().find_map(|event| match event {
            Event::Checkpoint { process, .. } => process.as_ref(),
            _ => None,
        })
    }

    /// The newest state of the surface that was kept, and its digest.
    #[must_use]
    pub fn checkpoint(&self) -> Option<(Option<&BlobId>, &str)> {
        self.events().rev().find_map(|event| match event {
            Event::Checkpoint { state, digest, .. } => Some((state.as_ref(), digest.as_str())),
            _ => None,
        })
    }

    /// The first ref that was never given in this run.
    #[must_use]
    pub fn next_ref(&self) -> u32 {
        let of = |screen: &Screen| screen.nodes.iter().filter_map(|node| node.r#ref).max();
        let seen = self.events().filter_map(|event| match event {
            Event::Observed { screen, .. } => of(screen),
            // What a receipt tells of may never have been on a screen.
            Event::Receipt { receipt: Receipt::Verified { changes }, .. } => changes.iter().filter_map(named).max(),
            Event::Intent { resolved, .. } => resolved.action.target(),
            _ => None,
        });
        seen.max().map_or(1, |Ref(last)| last.saturating_add(1))
    }
}

fn named(change: &Change) -> Option<Ref> {
    match change {
        Change::Value { r#ref, .. }
        | Change::HiddenValue { r#ref }
        | Change::Checked { r#ref, .. }
        | Change::Selected { r#ref, .. }
        | Change::Focus { r#ref: Some(r#ref) }
        | Change::Uploaded { r#ref, .. }
        | Change::Gone { r#ref }
        | Change::Appearance { r#ref, .. }
        | Change::Moved { r#ref, .. }
        | Change::Sized { r#ref, .. } => Some(*r#ref),
        _ => None,
    }
}
