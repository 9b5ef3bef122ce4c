//! Script: what was done once is done again, without a model.
//!
//! The steps are known; what is decided at each is whether its element is there, is the one that was recorded, and did what it should.
//! It goes through the same driver as any run, so policy, receipts, journal and resumption hold. The one decision: where something
//! can't be found for certain the step is not made ([`heal`](self) climbs a ladder, or an agent takes over), and what must be so is
//! never weakened.

pub mod by_hand;
pub mod export;
mod file;
pub mod format;
pub mod from_run;
mod heal;
pub mod learned;
mod parts;
mod seen;
#[cfg(test)]
mod tests;
pub mod variables;
pub mod write_back;

use std::collections::BTreeMap;

use handiwork_core::condition::Standing;
use handiwork_core::marks::{Found, Wanted};
use handiwork_core::model::Request;
use handiwork_core::{Change, EffectClass, Event, Next, Outcome, Planner, Reason, Receipt, Ref, Run};
use serde_json::{Value, json};

pub use format::Script;
pub use learned::Learned;
pub use parts::{Deed, Part, Ready, What};
pub use variables::Values;

use crate::react::React;
use seen::{Seen, call, does, id, is_at, lost, seen, told, wait};

/// How often an element is looked for again when it was found and could not be acted on.
const MOST_TRIES: usize = 3;

/// How often something that must be so is waited for.
const MOST_WAITS: usize = 2;

/// The call by which an agent takes over; no model made it.
const HANDED_OVER: &str = "agent";

/// The planner.
#[derive(Debug, Clone)]
pub struct Replay {
    /// What is to be done.
    pub ready: Ready,
    /// Whether what is not found is looked for by other means.
    pub heal: bool,
    /// Whether the agent's model may be asked which element is meant.
    pub model: bool,
    /// The agent that takes over where a step can't be made; without it the run ends there.
    pub agent: Option<React>,
}

impl Planner for Replay {
    fn name(&self) -> &'static str {
        "script"
    }

    fn version(&self) -> u32 {
        2
    }

    fn milestones(&self, run: &Run) -> Option<(u32, u32)> {
        let all = self.ready.parts.iter().enumerate().filter(|(_, part)| matches!(part.what, What::Must(_)));
        let (mut reached, mut count) = (0, 0);
        for (at, _) in all {
            count += 1;
            reached += u32::from(matches!(seen(run, at).result, Some(Ok(_))));
        }
        (count > 0).then_some((reached, count))
    }

    fn seeks(&self, run: &Run) -> bool {
        !is_handed_over(run)
    }

    fn next(&self, run: &Run) -> Next {
        if let (Some(agent), true) = (&self.agent, is_handed_over(run)) {
            return self.judged(run, agent.drive(run, None));
        }
        if let Some(next) = heal::settle(run) {
            return next;
        }
        for (at, part) in self.ready.parts.iter().enumerate() {
            if Self::is_left_out(run, part) {
                continue;
            }
            if let Some(next) = self.part(run, at, part) {
                return next;
            }
        }
        Next::End(Outcome::Done { text: format!("All {} steps are done.", self.ready.parts.len()), value: self.extracted(run) })
    }
}

impl Replay {
    /// Replays what is ready, healing what it can without a model.
    #[must_use]
    pub fn new(ready: Ready) -> Self {
        Self { ready, heal: true, model: false, agent: None }
    }

    /// Whether a condition around it does not hold.
    fn is_left_out(run: &Run, part: &Part) -> bool {
        part.when.iter().any(|(at, _)| seen(run, *at).result == Some(&Ok(Value::Bool(false))))
    }

    /// What comes next for this part; none if it is done.
    fn part(&self, run: &Run, at: usize, part: &Part) -> Option<Next> {
        let seen = seen(run, at);
        if matches!(seen.result, Some(Ok(_))) {
            return None;
        }
        match &part.what {
            What::Act(name, args) => Self::act(at, part, &seen, name, args),
            What::On { wanted, deed } => self.on(run, at, part, &seen, wanted, deed),
            What::Must(condition) => {
                let settle = |holds: bool| Some(Next::Settle { call_id: id(at), result: Ok(Value::Bool(holds)) });
                match condition.standing(run) {
                    Standing::Met => settle(true),
                    Standing::Ask => condition.probe().map(Next::Probe),
                    Standing::Unmet if seen.others < MOST_WAITS => Some(wait(at, seen.others, condition)),
                    Standing::Unmet => Some(Self::fails(part, &format!("it must be so that {condition}, and it is not"))),
                }
            }
            What::When(condition) => {
                Some(Next::Settle { call_id: id(at), result: Ok(Value::Bool(condition.standing(run) == Standing::Met)) })
            }
            What::Agent(goal) => Some(self.hands_over(at, part, &format!("from here on it is for an agent: {goal}"))),
        }
    }

    /// An action that needs no element.
    fn act(at: usize, part: &Part, seen: &Seen<'_>, name: &str, args: &Value) -> Option<Next> {
        match seen.receipts.last() {
            None => Some(Next::Act(vec![call(id(at), name, args.clone())])),
            Some(Receipt::Verified { .. } | Receipt::NoEffect) => None,
            Some(receipt) => Some(Self::fails(part, &receipt.to_string())),
        }
    }

    /// An action on an element.
    fn on(&self, run: &Run, at: usize, part: &Part, seen: &Seen<'_>, wanted: &Wanted, deed: &Deed) -> Option<Next> {
        match seen.receipts.last() {
            Some(Receipt::Verified { .. }) => return None,
            // It holds that already.
            Some(Receipt::NoEffect) if !matches!(deed, Deed::Click(_)) || *deed == Deed::Click("hover") => return None,
            // A page may not have been listening yet. What is sent is not sent again.
            Some(Receipt::NoEffect) if seen.receipts.len() < 2 && seen.effect != Some(EffectClass::Irreversible) => {}
            Some(Receipt::NoEffect) => return Some(Self::fails(part, "it was done and had no effect")),
            Some(Receipt::NotDispatched { reason: Reason::Denied { why } }) => {
                return Some(Self::fails(part, &format!("not allowed: {why}")));
            }
            Some(receipt @ Receipt::NotDispatched { .. }) if seen.receipts.len() >= MOST_TRIES => {
                return Some(self.hands_over(at, part, &receipt.to_string()));
            }
            // It may have been done: nobody may do it again.
            Some(receipt @ Receipt::Unknown { .. }) => return Some(Self::fails(part, &receipt.to_string())),
            Some(Receipt::NotDispatched { .. }) | None => {}
        }
        if let Some(next) = Self::to_tab(run, at, part, seen) {
            return Some(next);
        }
        let Some((since, found)) = seen.located else {
            return Some(self.locate(at, wanted));
        };
        match found.iter().find(|one| one.sure.is_some()) {
            Some(sure) => Some(does(at, sure, deed)),
            None if heal::opener(found, &seen.opened).is_none_or(|_| !self.heal)
                && let Some(next) = self.meanwhile(run, at, part) =>
            {
                Some(next)
            }
            None => Some(match self.rung(part, seen, wanted, found) {
                Rung::Open(r) => Next::Act(vec![call(format!("{}-o{}", id(at), r.0), "click", json!({ "ref": r }))]),
                Rung::Ask(request) => match heal::replied(run, since) {
                    None => Next::Ask { role: heal::ROLE.to_owned(), request },
                    Some(reply) => match heal::answer(reply).and_then(|place| found.get(place)) {
                        Some(one) => does(at, one, deed),
                        None => {
                            self.hands_over(at, part, &format!("{}; the model says that it is none of them", lost(wanted, found, seen)))
                        }
                    },
                },
                Rung::Lost(why) => self.hands_over(at, part, &why),
            }),
        }
    }

    /// Looks for the element of a step. Where an agent may take over, a better script can be made of the run: for that all marks are
    /// wanted.
    fn locate(&self, at: usize, wanted: &Wanted) -> Next {
        let wanted = Wanted { exactly: !self.heal, anew: self.agent.is_some(), ..wanted.clone() };
        Next::Locate { call_id: id(at), wanted: Box::new(wanted) }
    }

    /// Fields that come after one that is not there are filled in the meantime: a page that was divided goes on only when they are.
    fn meanwhile(&self, run: &Run, at: usize, part: &Part) -> Option<Next> {
        let is_field = |part: &Part| matches!(&part.what, What::On { deed: Deed::Change(_) | Deed::Check(_) | Deed::Upload(_), .. });
        if !self.heal || !is_field(part) {
            return None;
        }
        let later = self.ready.parts.iter().enumerate().skip(at + 1).take_while(|(_, later)| is_field(later) && later.when == part.when);
        for (place, later) in later {
            let seen = seen(run, place);
            let What::On { wanted, deed } = &later.what else { continue };
            if !seen.receipts.is_empty() {
                continue;
            }
            let Some((_, found)) = seen.located else {
                return Some(self.locate(place, wanted));
            };
            if let Some(sure) = found.iter().find(|one| one.sure.is_some()) {
                return Some(does(place, sure, deed));
            }
        }
        None
    }

    /// Changes to the tab that a step is recorded in, if it is not in front.
    fn to_tab(run: &Run, at: usize, part: &Part, seen: &Seen<'_>) -> Option<Next> {
        let (tab, screen) = (part.tab.as_deref()?, run.screen()?);
        if is_at(&screen.url, tab) || screen.tabs.is_empty() || seen.others >= MOST_WAITS {
            return None;
        }
        let there = screen.tabs.iter().find(|other| is_at(&other.url, tab));
        Some(match there {
            Some(other) => Next::Act(vec![call(format!("{}-t{}", id(at), seen.others), "switch_tab", json!({ "tab": other.number }))]),
            None => Next::Act(vec![call(format!("{}-w{}", id(at), seen.others), "wait", json!({ "idle": true }))]),
        })
    }

    /// The next rung for an element that is not certainly there.
    fn rung(&self, part: &Part, seen: &Seen<'_>, wanted: &Wanted, found: &[Found]) -> Rung {
        if let Some(r) = heal::opener(found, &seen.opened).filter(|_| self.heal) {
            return Rung::Open(r);
        }
        // Those that only lead somewhere are no answer.
        let alike: Vec<Found> = found.iter().take_while(|one| one.score > 0.0).cloned().collect();
        if self.heal && self.model && !alike.is_empty() {
            return Rung::Ask(Box::new(heal::question(part, &told(wanted), &alike)));
        }
        Rung::Lost(lost(wanted, found, seen))
    }

    /// What an agent that took over ends with. It is held to what the script asserts at its end.
    fn judged(&self, run: &Run, next: Next) -> Next {
        if !matches!(next, Next::End(Outcome::Done { .. })) {
            return next;
        }
        for condition in self.ready.ends() {
            match condition.standing(run) {
                Standing::Met => {}
                Standing::Ask => return condition.probe().map_or(next, Next::Probe),
                Standing::Unmet => {
                    return Next::End(Outcome::Failed {
                        reason: format!("an agent took over, and it must be so that {condition}, and it is not"),
                    });
                }
            }
        }
        next
    }

    /// An agent takes over, if there is one, where a step was not made. Where something was done it does not: it could do it again.
    fn hands_over(&self, at: usize, part: &Part, why: &str) -> Next {
        if self.agent.is_none() {
            let hint = if matches!(part.what, What::Agent(_)) { "; give a model" } else { "" };
            return Self::fails(part, &format!("{why}{hint}"));
        }
        Next::Settle { call_id: HANDED_OVER.to_owned(), result: Ok(json!({ "from": at, "why": reason(part, why) })) }
    }

    fn fails(part: &Part, why: &str) -> Next {
        Next::End(Outcome::Failed { reason: reason(part, why) })
    }

    /// What was taken from pages, by its names.
    fn extracted(&self, run: &Run) -> Option<Value> {
        let mut values = BTreeMap::new();
        for (at, part) in self.ready.parts.iter().enumerate() {
            let What::On { deed: Deed::Extract(into), .. } = &part.what else { continue };
            if let Some(Receipt::Verified { changes }) = seen(run, at).receipts.last() {
                let text = changes.iter().find_map(|change| if let Change::Told { text } = change { Some(text.as_str()) } else { None });
                values.insert(into.clone(), Value::from(text.unwrap_or_default()));
            }
        }
        (!values.is_empty()).then(|| json!(values))
    }
}

/// The next rung of the ladder.
enum Rung {
    /// This is opened first.
    Open(Ref),
    /// A model is asked.
    Ask(Box<Request>),
    /// There is none, and why.
    Lost(String),
}

fn reason(part: &Part, why: &str) -> String {
    let step = if part.intent.is_empty() { String::new() } else { format!(" ({})", part.intent) };
    format!("step {}{step}: {why}", part.at + 1)
}

/// Why an agent has taken over, if it has.
#[must_use]
pub fn handed_over(run: &Run) -> Option<&str> {
    run.events().find_map(|event| match event {
        Event::ToolResult { call_id, result: Ok(told), .. } if call_id == HANDED_OVER => told.get("why").and_then(Value::as_str),
        _ => None,
    })
}

/// Whether a reply was for a question of a script's own: it is no part of an agent's conversation.
pub(crate) fn is_own(role: &str) -> bool {
    matches!(role, heal::ROLE | learned::ROLE)
}

fn is_handed_over(run: &Run) -> bool {
    run.events().any(|event| matches!(event, Event::ToolResult { call_id, .. } if call_id == HANDED_OVER))
}
