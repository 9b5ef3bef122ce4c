//! A script that a goal calls to mind: a task of the same kind was done before, so it is done by script, and by an agent where that fails.
//!
//! Whether the goal is of that kind, and what the values are, follows from its words; where they don't fit word by word a model is asked.
//! The one decision: a value counts only if the goal says it. What does not fit is left to the agent from the start.

use handiwork_core::model::{CallRule, Constraint, Message, Request, ToolSpec};
use handiwork_core::{Event, Next, Planner, Reply, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::from_run::words;
use super::variables::names_in;
use super::{Ready, Replay, Script, Values};
use crate::react::React;

const PROMPT: &str = include_str!("../prompts/variables.md");

/// What a model is asked for.
pub(crate) const ROLE: &str = "variables";

/// The call by which it answers.
const CALL: &str = "values";

/// Whether it is the same task, in the answer.
const SAME: &str = "same_task";

/// Failures in a row after which a script is given up.
const MOST_FAILURES: u32 = 3;

/// Days without use after which a script is given up.
const MOST_DAYS: u64 = 180;

/// Share of the template's own words that a goal must say for a model to be asked.
const ALIKE: f64 = 0.6;

/// How a script has fared since it was learned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Record {
    /// When it was learned or used last, in milliseconds since 1970-01-01 UTC.
    pub used_at: u64,
    /// How often it was tried.
    pub tries: u32,
    /// How often that reached the goal by the script alone.
    pub done: u32,
    /// How often in a row it did not.
    pub failed_in_a_row: u32,
    /// How many of its steps had to be found by other means, in the last try.
    pub healed: u32,
}

impl Record {
    /// After a try: whether the script alone has reached the goal, and how many steps were healed.
    #[must_use]
    pub fn after(&self, done: bool, healed: u32, at: u64) -> Self {
        Self {
            used_at: at,
            tries: self.tries + 1,
            done: self.done + u32::from(done),
            failed_in_a_row: if done { 0 } else { self.failed_in_a_row + 1 },
            healed,
        }
    }

    /// Whether it is of use: it does not fail again and again, mostly reaches its goal, and was used not too long ago.
    #[must_use]
    pub fn is_of_use(&self, at: u64) -> bool {
        let days = at.saturating_sub(self.used_at) / (24 * 3600 * 1000);
        self.failed_in_a_row < MOST_FAILURES && (self.tries < 5 || self.done * 2 >= self.tries) && days <= MOST_DAYS
    }
}

/// How well a goal fits what a script is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Fit {
    /// Word by word, with these values.
    Exactly(Values),
    /// In most of its words: a share of them. A model can say.
    Maybe(f64),
    /// Not at all.
    No,
}

/// How well `goal` fits the goal of a script, in which variables stand in braces.
#[must_use]
pub fn fit(script: &Script, goal: &str) -> Fit {
    let template = script.head().goal;
    if let Some(values) = by_words(&template, goal).filter(|values| script.values(values).is_ok()) {
        return Fit::Exactly(values);
    }
    if names_in(&template).is_empty() {
        return Fit::No;
    }
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1).map(str::to_owned).collect()
    };
    let own = words(
        &pieces(&template)
            .iter()
            .filter_map(|piece| if let Piece::Text(text) = piece { Some(*text) } else { None })
            .collect::<Vec<_>>()
            .join(" "),
    );
    let said = words(goal);
    if own.is_empty() {
        return Fit::No;
    }
    let share = own.iter().filter(|word| said.contains(word)).count() as f64 / own.len() as f64;
    if share >= ALIKE { Fit::Maybe(share) } else { Fit::No }
}

/// A piece of a template.
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let (mut out, mut rest) = (Vec::new(), template);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, later)) = after.split_once("}}") else { break };
        out.push(Piece::Text(before));
        out.push(Piece::Name(name.trim()));
        rest = later;
    }
    out.push(Piece::Text(rest));
    out
}

/// The values with which the template says what the goal says, whatever the case and the spaces. None if there is more than one way to
/// read it: "lunch, with Ana, 12 euros" may be parted at either comma.
fn by_words(template: &str, goal: &str) -> Option<Values> {
    let short = read(template, goal, "(.+?)")?;
    read(template, goal, "(.+)").filter(|long| *long == short)
}

fn read(template: &str, goal: &str, value: &str) -> Option<Values> {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (template, goal) = (squeeze(template), squeeze(goal));
    let mut pattern = String::from("(?is)^");
    let mut names = Vec::new();
    for piece in pieces(&template) {
        match piece {
            Piece::Text(text) => pattern.push_str(&regex::escape(text)),
            Piece::Name(name) => {
                pattern.push_str(value);
                names.push(name);
            }
        }
    }
    pattern.push('$');
    let found = regex::Regex::new(&pattern).ok()?.captures(&goal)?;
    let mut values = Values::new();
    for (name, value) in names.into_iter().zip(found.iter().skip(1)) {
        let value = value?.as_str().trim().to_owned();
        if value.is_empty() || values.get(name).is_some_and(|other| *other != value) {
            return None;
        }
        values.insert(name.to_owned(), value);
    }
    Some(values)
}

/// The planner.
#[derive(Debug, Clone)]
pub struct Learned {
    /// What was learned.
    pub script: Script,
    /// The values for the goal; a model is asked if there are none.
    pub values: Option<Values>,
    /// Who takes over.
    pub agent: React,
}

impl Learned {
    /// What is to be done by script; none if that is not known yet, or the goal is another one.
    #[must_use]
    pub fn ready(&self, run: &Run) -> Option<Ready> {
        let goal = run.started().map(|started| started.goal.as_str()).unwrap_or_default();
        let values = match &self.values {
            Some(values) => values.clone(),
            None => answer(&self.script, goal, reply(run)?)?,
        };
        Ready::of(&self.script, &self.script.values(&values).ok()?).ok()
    }

    fn replay(&self, ready: Ready) -> Replay {
        Replay { model: true, agent: Some(self.agent.clone()), ..Replay::new(ready) }
    }
}

impl Planner for Learned {
    fn name(&self) -> &'static str {
        "learned"
    }

    fn version(&self) -> u32 {
        1
    }

    fn milestones(&self, run: &Run) -> Option<(u32, u32)> {
        self.ready(run).and_then(|ready| self.replay(ready).milestones(run))
    }

    fn seeks(&self, run: &Run) -> bool {
        self.ready(run).is_some_and(|ready| self.replay(ready).seeks(run))
    }

    fn next(&self, run: &Run) -> Next {
        if let Some(call) = run.pending().into_iter().find(|call| call.name == CALL) {
            return Next::Settle { call_id: call.id.clone(), result: Ok(Value::from("taken")) };
        }
        if self.values.is_none() && reply(run).is_none() {
            let goal = run.started().map(|started| started.goal.as_str()).unwrap_or_default();
            return Next::Ask { role: ROLE.to_owned(), request: Box::new(question(&self.script, goal)) };
        }
        match self.ready(run) {
            Some(ready) => self.replay(ready).next(run),
            None => self.agent.drive(run, None),
        }
    }
}

fn reply(run: &Run) -> Option<&Reply> {
    run.events().find_map(|event| match event {
        Event::Replied { role, reply, .. } if role == ROLE => Some(reply),
        _ => None,
    })
}

/// The question with which values the script is to be done.
fn question(script: &Script, goal: &str) -> Request {
    let head = script.head();
    let mut properties = Map::new();
    properties.insert(SAME.to_owned(), json!({ "type": "boolean" }));
    let mut text = format!("What the script does: {}\n", head.goal);
    for (name, schema) in &head.variables {
        let recorded = schema.get("default").and_then(Value::as_str).unwrap_or_default();
        text.push_str(&format!("{{{{{name}}}}} was {recorded:?}\n"));
        properties.insert(name.clone(), json!({ "type": "string" }));
    }
    text.push_str(&format!("\nThe new task: {goal}\n"));
    let required: Vec<&String> = properties.keys().collect();
    let parameters = json!({ "type": "object", "properties": properties, "required": required });
    Request {
        system: PROMPT.trim().to_owned(),
        tools: vec![ToolSpec {
            name: CALL.to_owned(),
            description: "Say whether the new task is the same with other values, and which.".to_owned(),
            parameters,
        }],
        constraint: Some(Constraint {
            calls: vec![CallRule { tool: CALL.to_owned(), allowed: std::collections::BTreeMap::new() }],
            most_calls: 1,
            ..Constraint::default()
        }),
        messages: vec![Message::user(text)],
        max_tokens: Some(400),
    }
}

/// The values that a model has found in the goal; none if it is another task, or if one of them is not said there.
fn answer(script: &Script, goal: &str, reply: &Reply) -> Option<Values> {
    let call = reply.calls.iter().find(|call| call.name == CALL)?;
    if call.args.get(SAME).and_then(Value::as_bool) != Some(true) {
        return None;
    }
    script
        .head()
        .variables
        .keys()
        .map(|name| {
            let value = call.args.get(name)?.as_str()?.trim().to_owned();
            words::is_said(goal, &value).then(|| (name.clone(), value))
        })
        .collect()
}
