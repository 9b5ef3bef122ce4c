//! Best of N: the same goal tried by several child runs, each in a place of its own, and one of them taken.
//!
//! Where what was declared to be checked holds in one of them, that one is taken and the others are stopped: a model that is right
//! one time in three is right seven times in eight when it may try five times. The one decision: who judges. What is shown goes
//! before what is planned (milestones), and both before what a model thinks, which is asked only when they don't decide.
//!
//! N tries of something that changes the world would change it N times. So a try may only read, unless the person has declared that
//! its place is thrown away.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use handiwork_core::errand::Errand;
use handiwork_core::model::{Message, Request, ToolSpec};
use handiwork_core::{Event, Next, Outcome, Planner, Reply, Returned, Run};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const PROMPT: &str = include_str!("../prompts/judge.md");

/// What a model is asked for.
const JUDGE: &str = "judge";

/// The call by which it answers.
const CHOOSE: &str = "choose";

/// The planner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BestOf {
    /// Name of the helper that makes each try.
    pub helper: String,
    /// Most tries.
    pub tries: u32,
    /// Most at the same time.
    pub at_once: u32,
    /// Whether what a try changes is thrown away with it. Otherwise a try may only read.
    pub disposable: bool,
}

impl Default for BestOf {
    fn default() -> Self {
        Self { helper: "try".to_owned(), tries: 5, at_once: 2, disposable: false }
    }
}

impl Planner for BestOf {
    fn name(&self) -> &'static str {
        "best_of"
    }

    fn version(&self) -> u32 {
        1
    }

    fn next(&self, run: &Run) -> Next {
        let back: Vec<&Returned> = run.returned().collect();
        if let Some(shown) = back.iter().find(|one| one.shown) {
            return Next::End(shown.outcome.clone());
        }
        let left = self.tries.max(1).saturating_sub(run.errands().count() as u32);
        if left > 0 {
            return self.more(run, left.min(self.at_once.max(1)));
        }
        match best(&back).as_slice() {
            [] => Next::End(Outcome::Failed { reason: none(&back) }),
            [one] => Next::End(one.outcome.clone()),
            several => judged(run, several),
        }
    }
}

impl BestOf {
    fn more(&self, run: &Run, tries: u32) -> Next {
        let Some(started) = run.started() else {
            return Next::End(Outcome::Failed { reason: "the run has not started".to_owned() });
        };
        let errand = |ahead: u32| Errand {
            run: run.child_id(ahead as usize),
            helper: self.helper.clone(),
            goal: started.goal.clone(),
            url: started.url.clone(),
            checks: started.checks.clone(),
            output_schema: started.output_schema.clone(),
            reads_only: !self.disposable,
            ..Errand::default()
        };
        Next::Delegate { errands: (0..tries).map(errand).collect(), first_shown: true }
    }
}

/// Those that say that they are done and have reached most of their milestones. Two that came to the same are one.
fn best<'a>(back: &[&'a Returned]) -> Vec<&'a Returned> {
    let share = |one: &Returned| one.milestones.map_or(0.0, |(reached, all)| f64::from(reached) / f64::from(all.max(1)));
    let done: Vec<&Returned> = back.iter().filter(|one| matches!(one.outcome, Outcome::Done { .. })).copied().collect();
    let most = done.iter().map(|one| share(one)).fold(0.0, f64::max);
    let mut found: Vec<&Returned> = Vec::new();
    for one in done.into_iter().filter(|one| share(one) >= most) {
        if !found.iter().any(|other| other.outcome == one.outcome && other.story == one.story) {
            found.push(one);
        }
    }
    found
}

/// Has a model choose, and takes what it has chosen; the first one if it says nothing of use.
fn judged(run: &Run, several: &[&Returned]) -> Next {
    let reply = run.events().rev().find_map(|event| match event {
        Event::Replied { role, reply, .. } if role == JUDGE => Some(reply),
        _ => None,
    });
    let Some(reply) = reply else { return Next::Ask { role: JUDGE.to_owned(), request: Box::new(request(run.goal(), several)) } };
    let chosen = chosen(reply).and_then(|number| several.get(number.checked_sub(1)?)).or(several.first());
    Next::End(chosen.map_or_else(|| Outcome::Failed { reason: "there is nothing to choose from".to_owned() }, |one| one.outcome.clone()))
}

fn chosen(reply: &Reply) -> Option<usize> {
    let by_call = reply.calls.iter().find(|call| call.name == CHOOSE).and_then(|call| call.args.get("number")).and_then(Value::as_u64);
    let by_words = || reply.content.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?.parse().ok();
    by_call.or_else(by_words).and_then(|number| usize::try_from(number).ok())
}

fn request(goal: &str, several: &[&Returned]) -> Request {
    let mut text = format!("Goal: {goal}\n");
    for (number, one) in (1..).zip(several) {
        let _ = write!(text, "\nAttempt {number}");
        if let Some((reached, all)) = one.milestones {
            let _ = write!(text, " ({reached} of {all} milestones shown)");
        }
        text.push(':');
        for line in &one.story {
            let _ = write!(text, "\n- {line}");
        }
        let _ = writeln!(text, "\nIt says: {}", one.outcome);
    }
    Request {
        system: PROMPT.trim().to_owned(),
        tools: vec![ToolSpec {
            name: CHOOSE.to_owned(),
            description: "Choose the best attempt.".to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "why": { "type": "string", "maxLength": 160 },
                    "number": { "type": "integer", "minimum": 1, "maximum": several.len() },
                },
                "required": ["why", "number"],
            }),
        }],
        messages: vec![Message::user(text)],
        ..Request::default()
    }
}

fn none(back: &[&Returned]) -> String {
    let mut why: Vec<String> = back.iter().map(|one| one.outcome.to_string()).collect();
    why.sort();
    why.dedup();
    format!("none of {} tries reached the goal: {}", back.len(), why.join("; "))
}
