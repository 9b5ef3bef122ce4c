//! What healed is written back: the ways to an element as they are now. What is asserted, varied or secret stays as it was.

use std::collections::BTreeMap;

use handiwork_core::marks::{Found, Marks};
use handiwork_core::{Event, Run};

use super::format::{Ours, Script, Selector, Step};
use super::parts::{Ready, What};

/// A step whose element was found by other means than its selectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Healed {
    /// The step's place in the file, from 0.
    pub at: usize,
    /// How it was found.
    pub how: String,
    /// What it is now.
    pub found: Found,
    /// What it looks like now.
    pub marks: Option<Marks>,
}

/// The steps that were healed in a run of this script.
#[must_use]
pub fn healed(run: &Run, ready: &Ready) -> Vec<Healed> {
    let mut found: BTreeMap<&str, (&Found, bool)> = BTreeMap::new();
    let mut marks: BTreeMap<&str, &Marks> = BTreeMap::new();
    let mut refs: BTreeMap<&str, u32> = BTreeMap::new();
    for event in run.events() {
        match event {
            Event::Located { call_id, found: all } => {
                if let Some(one) = all.iter().find(|one| one.sure.is_some()) {
                    found.insert(call_id, (one, one.by.is_some()));
                } else {
                    found.remove(call_id.as_str());
                }
            }
            Event::Intent { call_id, resolved, .. } => {
                if let Some(known) = &resolved.marks {
                    marks.insert(call_id, known);
                }
                if let Some(target) = &resolved.target {
                    refs.insert(call_id, target.r#ref.0);
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    for (place, part) in ready.parts.iter().enumerate().filter(|(_, part)| matches!(part.what, What::On { .. })) {
        let id = format!("p{place}");
        let Some(r) = refs.get(id.as_str()) else { continue };
        let chosen = found.get(id.as_str());
        if chosen.is_some_and(|(one, by)| *by && one.r#ref.0 == *r) {
            continue;
        }
        let now = marks.get(id.as_str()).copied();
        let (how, one) = if let Some((one, _)) = chosen {
            (one.sure.clone().unwrap_or_default(), (*one).clone())
        } else {
            let Some(now) = now else { continue };
            ("a model pointed at it".to_owned(), as_found(handiwork_core::Ref(*r), now))
        };
        out.push(Healed { at: part.at, how, found: one, marks: now.cloned() });
    }
    out
}

/// The script with the ways to its elements as they are now.
#[must_use]
pub fn written_back(script: &Script, healed: &[Healed]) -> Script {
    let mut script = script.clone();
    for one in healed {
        let Some(now) = &one.marks else { continue };
        // A step within another one is not written: its place is that one's.
        let is_own = matches!(
            script.steps.get(one.at),
            Some(Step::Click(_) | Step::DoubleClick(_) | Step::Hover(_) | Step::Change { .. } | Step::WaitForElement { .. })
        );
        if !is_own {
            continue;
        }
        // The step before says what it looks like.
        let before = one.at.checked_sub(1).and_then(|at| script.steps.get_mut(at));
        let mut varies = false;
        if let Some(step) = before
            && let Some(Ok(Ours::Next(mut about))) = Ours::of(step)
        {
            varies = !about.row.is_empty() || about.marks.as_ref().is_some_and(|marks| marks.name.contains("{{"));
            if !varies {
                about.marks = Some(Marks { selectors: Vec::new(), ..now.clone() });
                *step = Ours::Next(about).step();
            }
        }
        if varies || now.selectors.is_empty() {
            continue;
        }
        let ways = now.selectors.iter().map(|way| Selector::Through(vec![way.clone()])).collect();
        match script.steps.get_mut(one.at) {
            Some(Step::Click(pointed) | Step::DoubleClick(pointed) | Step::Hover(pointed)) => pointed.selectors = ways,
            Some(Step::Change { selectors, .. } | Step::WaitForElement { selectors, .. }) => *selectors = ways,
            _ => {}
        }
    }
    script
}

/// An element by its marks alone.
fn as_found(r: handiwork_core::Ref, marks: &Marks) -> Found {
    Found {
        r#ref: r,
        role: marks.role.clone(),
        name: marks.name.clone(),
        tag: marks.tag.clone(),
        around: String::new(),
        opens: false,
        score: 0.0,
        by: None,
        sure: None,
    }
}
