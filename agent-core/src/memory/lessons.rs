//! What a run teaches: read from its receipts and not asked of a model. Pure.
//!
//! The one decision: nothing here is trusted. Names of buttons and fields are a page's words, and may say anything; so each lesson
//! is about the site that taught it, is seen there only, and fades unless it is of use.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::fact::{By, FactKind, NewFact, Provenance};
use super::scope::Scope;
use crate::action::Action;
use crate::event::{Event, Outcome};
use crate::receipt::{Change, Reason, Receipt};
use crate::run::Run;
use crate::secret::{names_in, origin_of};
use crate::surface::{Resolved, Target};

/// Characters of a goal, name or value that are kept.
const KEPT: usize = 120;

/// Steps of a way that are told.
const STEPS: usize = 12;

/// Lessons of one kind from one run.
const MOST: usize = 8;

/// What a run teaches, for whoever is in `scope`.
#[must_use]
pub fn lessons(run: &Run, scope: &Scope) -> Vec<NewFact> {
    let mut teacher = Teacher { run, scope, entries: Vec::new() };
    teacher.read();
    let mut lessons = teacher.pitfalls();
    lessons.extend(teacher.forms());
    lessons.extend(teacher.login());
    lessons.extend(teacher.outcome());
    lessons
}

/// An act and what came of it.
struct Act<'a> {
    seq: u64,
    resolved: &'a Resolved,
    receipt: &'a Receipt,
}

struct Teacher<'a> {
    run: &'a Run,
    scope: &'a Scope,
    entries: Vec<Act<'a>>,
}

impl Teacher<'_> {
    fn read(&mut self) {
        let mut open: Option<(&str, &Resolved)> = None;
        for entry in self.run.entries() {
            match &entry.event {
                Event::Intent { call_id, resolved, .. } => open = Some((call_id, resolved)),
                Event::Receipt { call_id, receipt, .. } => {
                    if let Some((_, resolved)) = open.take().filter(|(id, _)| id == call_id) {
                        self.entries.push(Act { seq: entry.seq, resolved, receipt });
                    }
                }
                _ => {}
            }
        }
    }

    fn fact(&self, text: String, kind: FactKind, about: String, site: &str, event: u64) -> NewFact {
        let source = Provenance {
            by: By::Program,
            run: Some(self.run.id.to_string()),
            event: Some(event),
            origin: Some(site.to_owned()),
            trusted: false,
        };
        NewFact::new(text).kind(kind).scope(self.scope.clone().site(site)).source(source).about(about).confidence(0.6)
    }

    /// What had no effect, or could not be done, and was not done later either.
    fn pitfalls(&self) -> Vec<NewFact> {
        let mut found: BTreeMap<String, NewFact> = BTreeMap::new();
        for act in &self.entries {
            let Some(target) = act.resolved.target.as_ref().filter(|target| !target.name.trim().is_empty()) else { continue };
            let about = format!("pitfall: {} {} {}", act.resolved.action.name(), target.role, short(&target.name));
            let what = match act.receipt {
                Receipt::Verified { .. } => {
                    found.remove(&about);
                    continue;
                }
                Receipt::NoEffect => "had no effect".to_owned(),
                Receipt::NotDispatched { reason: Reason::Covered { by } } => format!("was not possible: {:?} covered it", short(by)),
                Receipt::NotDispatched { reason: Reason::Disabled } => "was not possible: it was disabled".to_owned(),
                Receipt::NotDispatched { .. } | Receipt::Unknown { .. } => continue,
            };
            let text = format!("{} the {} {:?} {what}", verb(&act.resolved.action), target.role, short(&target.name));
            found.insert(about.clone(), self.fact(text, FactKind::Pitfall, about, &target.origin, act.seq));
        }
        found.into_values().take(MOST).collect()
    }

    /// Forms that were sent, with what was put into them. What is secret is not told.
    fn forms(&self) -> Vec<NewFact> {
        let mut found = Vec::new();
        let mut filled: Vec<(&Target, String)> = Vec::new();
        for act in self.entries.iter().filter(|act| act.receipt.is_verified()) {
            let Some(target) = &act.resolved.target else { continue };
            if let Some(value) = value_of(act) {
                filled.retain(|(other, _)| other.r#ref != target.r#ref);
                filled.push((target, value));
            }
            let sends = target.form.as_ref().is_some_and(|form| form.submits);
            if sends && !filled.is_empty() {
                let page = self.page_before(act.seq);
                let fields: Vec<String> = filled.drain(..).map(|(field, value)| format!("{} = {value}", short(&field.name))).collect();
                let text = format!("Form sent with {:?} on {page}: {}", short(&target.name), fields.join("; "));
                found.push(self.fact(text, FactKind::Form, format!("form: {page} {}", short(&target.name)), &target.origin, act.seq));
            }
        }
        found.truncate(MOST);
        found
    }

    /// Path of the page that was shown before an event.
    fn page_before(&self, seq: u64) -> String {
        let mut before = self.run.entries().iter().rev().skip_while(|entry| entry.seq >= seq);
        let url = before.find_map(|entry| match &entry.event {
            Event::Observed { screen, .. } => Some(&screen.url),
            _ => None,
        });
        url.and_then(|url| url::Url::parse(url).ok()).map_or_else(String::new, |url| url.path().to_owned())
    }

    /// That one could log in, and where.
    fn login(&self) -> Option<NewFact> {
        let hidden = self.entries.iter().position(|act| hides(act.receipt))?;
        let sent = self.entries.iter().skip(hidden).find(|act| {
            let submits = act.resolved.target.as_ref().and_then(|target| target.form.as_ref()).is_some_and(|form| form.submits);
            submits && act.receipt.is_verified()
        })?;
        let origin = &sent.resolved.target.as_ref()?.origin;
        let page = self.page_before(sent.seq);
        Some(self.fact(format!("Logging in worked on {page}"), FactKind::Login, "login".to_owned(), origin, sent.seq))
    }

    /// How the goal was reached, or why it was not.
    fn outcome(&self) -> Option<NewFact> {
        let goal = short(self.run.goal());
        let last = self.run.entries().last()?.seq;
        let screens =
            self.run.events().filter_map(|event| if let Event::Observed { screen, .. } = event { Some(&screen.url) } else { None });
        let site = screens.map(|url| origin_of(url)).rfind(|origin| origin != "null")?;
        let text = match self.run.outcome()? {
            Outcome::Done { .. } => {
                let way = self.way();
                if way.is_empty() {
                    return None;
                }
                format!("This way led to {goal:?}: {way}")
            }
            Outcome::Failed { reason } => format!("{goal:?} was not reached: {}", short(reason)),
            Outcome::BudgetExceeded { what } => format!("{goal:?} was not reached before a budget was used up: {}", short(what)),
            Outcome::Stopped { .. } | Outcome::Broken { .. } => return None,
        };
        Some(self.fact(text, FactKind::Lesson, format!("way: {}", goal.to_lowercase()), &site, last))
    }

    /// What was done with effect, in order.
    fn way(&self) -> String {
        let mut way = String::new();
        let acts: Vec<&Act<'_>> = self.entries.iter().filter(|act| act.receipt.is_verified()).collect();
        for act in acts.iter().take(STEPS) {
            let step = match (&act.resolved.action, &act.resolved.target) {
                (Action::Navigate(to), _) => format!("open {}", path(&to.url)),
                (action, Some(target)) => format!("{} {:?}", action.name(), short(&target.name)),
                (action, None) => action.name().to_owned(),
            };
            let _ = write!(way, "{}{step}", if way.is_empty() { "" } else { ", " });
        }
        if acts.len() > STEPS {
            let _ = write!(way, ", and {} more", acts.len() - STEPS);
        }
        way
    }
}

/// What an act has put into a field; none if that is not to be told.
fn value_of(act: &Act<'_>) -> Option<String> {
    let value = match &act.resolved.action {
        Action::Fill(fill) => fill.text.clone(),
        Action::Select(select) => select.option.clone(),
        Action::Check(check) => if check.checked { "yes" } else { "no" }.to_owned(),
        _ => return None,
    };
    let secret = !names_in(&value).is_empty() || hides(act.receipt);
    (!secret && !value.trim().is_empty()).then(|| format!("{:?}", short(&value)))
}

fn hides(receipt: &Receipt) -> bool {
    matches!(receipt, Receipt::Verified { changes } if changes.iter().any(|change| matches!(change, Change::HiddenValue { .. })))
}

fn verb(action: &Action) -> String {
    let name = action.name();
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

fn path(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| short(url), |url| short(url.path()))
}

/// In one line, and not too long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
