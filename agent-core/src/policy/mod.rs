//! The one place that decides what may be done.
//!
//! Policy is pure: it knows the resolved action and the run so far, and nothing else. It does not trust the model, and it
//! remembers nothing by itself: budgets, approvals and the loop breaker are folds over the run's events, so they hold across
//! a restart.

mod budget;
#[cfg(test)]
mod tests;
mod url;

use serde::{Deserialize, Serialize};

use crate::action::{Action, EffectClass};
use crate::event::Event;
use crate::run::Run;
use crate::surface::Resolved;

pub use budget::Budgets;
pub use url::{UrlClass, classify};

/// How often the very same action on the very same screen is let through.
const MOST_REPEATS: usize = 3;

/// What may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Do it.
    Allow,
    /// Don't; the model is told why.
    Deny(String),
    /// Ask the person first.
    Ask(String),
}

/// What to do about an effect class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the word itself; in the order of their strictness")]
pub enum Rule {
    Allow,
    Ask,
    Deny,
}

/// What a run may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// What to do about actions that change something.
    pub write: Rule,
    /// What to do about actions that can't be taken back.
    pub irreversible: Rule,
    /// The only origins that may be opened and acted on. `None` is any; an empty list is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origins: Option<Vec<String>>,
    /// What it may use up.
    #[serde(default)]
    pub budgets: Budgets,
}

impl Default for Policy {
    fn default() -> Self {
        Self::ask()
    }
}

impl Policy {
    /// Changes are allowed; what can't be taken back is asked about. The default.
    #[must_use]
    pub fn ask() -> Self {
        Self { write: Rule::Allow, irreversible: Rule::Ask, origins: None, budgets: Budgets { steps: Some(50), ..Budgets::default() } }
    }

    /// Everything is allowed, without a question.
    #[must_use]
    pub fn allow() -> Self {
        Self { irreversible: Rule::Allow, ..Self::ask() }
    }

    /// Looking only.
    #[must_use]
    pub fn read_only() -> Self {
        Self { write: Rule::Deny, irreversible: Rule::Deny, ..Self::ask() }
    }

    /// The same with these budgets.
    #[must_use]
    pub fn budgets(mut self, budgets: Budgets) -> Self {
        self.budgets = budgets;
        self
    }

    /// The same for these origins only.
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.origins = Some(origins.into_iter().map(|origin| crate::secret::origin_of(origin.as_ref())).collect());
        self
    }

    /// What both allow. Budgets stay as they are.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        let origins = match (&self.origins, &other.origins) {
            (Some(ours), Some(theirs)) => Some(ours.iter().filter(|origin| theirs.contains(origin)).cloned().collect()),
            (ours, theirs) => ours.clone().or_else(|| theirs.clone()),
        };
        Self { write: self.write.max(other.write), irreversible: self.irreversible.max(other.irreversible), origins, budgets: self.budgets }
    }

    /// Whether `resolved` may be done now.
    #[must_use]
    pub fn decide(&self, resolved: &Resolved, run: &Run) -> Decision {
        if let Some(why) = self.out_of_bounds(resolved) {
            return Decision::Deny(why);
        }
        if repeats(resolved, run) >= MOST_REPEATS {
            return Decision::Deny(format!(
                "exactly this was done {MOST_REPEATS} times on exactly this screen; do something else, or give up and say why"
            ));
        }
        let rule = match resolved.effect {
            EffectClass::Read => Rule::Allow,
            EffectClass::Write => self.write,
            EffectClass::Irreversible => self.irreversible,
        };
        match rule {
            Rule::Allow => Decision::Allow,
            Rule::Deny => Decision::Deny(format!("this run may not {}", describe(resolved))),
            Rule::Ask => match answer_for(resolved, run) {
                Some(true) => Decision::Allow,
                Some(false) => Decision::Deny("the person said no".to_owned()),
                None => Decision::Ask(format!("May I {}?", describe(resolved))),
            },
        }
    }

    fn out_of_bounds(&self, resolved: &Resolved) -> Option<String> {
        let mut origins: Vec<String> = Vec::new();
        if let Some(url) = resolved.action.url() {
            match classify(url) {
                UrlClass::Web { origin } => origins.push(origin),
                UrlClass::Refused { why } => return Some(why),
            }
        }
        if let Some(target) = &resolved.target {
            origins.push(target.origin.clone());
            origins.extend(target.form.iter().filter(|form| form.submits).map(|form| form.origin.clone()));
        }
        let allowed = self.origins.as_ref()?;
        origins.into_iter().find(|origin| !allowed.contains(origin)).map(|origin| {
            let list = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            format!("{origin} is not among the allowed origins ({list})")
        })
    }
}

/// The action in words, for a question.
pub(crate) fn describe(resolved: &Resolved) -> String {
    let what = match &resolved.action {
        Action::Tool(call) => return format!("call {} with {}", call.tool, call.args),
        other => match other.url() {
            Some(url) => return format!("open {url}"),
            None => other.name().replace('_', " "),
        },
    };
    match &resolved.target {
        Some(target) => {
            let form = target.form.as_ref().filter(|form| form.submits).map(|form| format!(", which sends a form to {}", form.origin));
            format!("{what} the {} {:?} on {}{}", target.role, target.name, target.origin, form.unwrap_or_default())
        }
        None => what,
    }
}

/// What the person said about exactly this action, if the answer is not used up. An approval is good for one time; an act that was
/// cut off and then judged not to have been done has not used it.
fn answer_for(resolved: &Resolved, run: &Run) -> Option<bool> {
    let mut answer = None;
    let mut undone: Option<&str> = None;
    for event in run.events().rev() {
        match event {
            Event::Settled { call_id, done: false, .. } => undone = Some(call_id),
            Event::Answer { approved, .. } => answer = Some(*approved),
            // Asked whether it had been done, the person said no: so it is to be done.
            Event::Question { call_id, hash: Some(hash), .. }
                if *hash == resolved.hash && undone.is_some() && undone == call_id.as_deref() =>
            {
                return answer.map(|was_done| !was_done);
            }
            Event::Question { hash: Some(hash), .. } if *hash == resolved.hash => return answer,
            Event::Question { .. } => answer = None,
            Event::Intent { call_id, resolved: done, .. } if done.hash == resolved.hash => {
                if undone != Some(call_id) {
                    return None;
                }
                (undone, answer) = (None, None);
            }
            _ => {}
        }
    }
    None
}

/// How often in a row exactly this has been done while the screen was exactly as it is. What was cut off and not done does not count.
fn repeats(resolved: &Resolved, run: &Run) -> usize {
    let Some(here) = run.screen().map(crate::screen::Screen::hash) else { return 0 };
    let (mut undone, mut count) = (None, 0);
    for event in run.events().rev() {
        match event {
            Event::Settled { call_id, done: false, .. } => undone = Some(call_id),
            Event::Intent { call_id, .. } if undone == Some(call_id) => undone = None,
            Event::Intent { resolved: done, screen_hash, .. } => {
                if done.hash != resolved.hash || screen_hash.as_ref() != Some(&here) {
                    break;
                }
                count += 1;
            }
            _ => {}
        }
    }
    count
}
