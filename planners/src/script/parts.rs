//! A script as what is to be done: its steps one by one, each with all that it needs.

use std::collections::BTreeMap;

use handiwork_core::marks::{Marks, Wanted};
use handiwork_core::{Condition, Probe};
use serde_json::{Value, json};

use super::format::{About, Around, AssertedEvent, Ours, Pointed, Script, Selector, Step};
use super::variables::Values;

/// How long an element is waited for, in milliseconds, if the script does not say.
const TIMEOUT: u64 = 5_000;

/// Something to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its place in the file, from 0; of steps within another one, that one's.
    pub at: usize,
    /// Why, in words.
    pub intent: String,
    /// What.
    pub what: What,
    /// The tab that it is done in, by its address.
    pub tab: Option<String>,
    /// Whether a page must come of it.
    pub navigates: bool,
    /// Only if all of these are so.
    pub when: Vec<(usize, Condition)>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An action that needs no element.
    Act(&'static str, Value),
    /// An action on an element.
    On {
        /// The element.
        wanted: Box<Wanted>,
        /// What to do to it.
        deed: Deed,
    },
    /// This must be so.
    Must(Condition),
    /// From here on an agent goes on towards the goal.
    Agent(String),
    /// Whether what follows is done is found out.
    When(Condition),
}

/// What is done to an element.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is the word itself")]
pub enum Deed {
    Click(&'static str),
    Change(String),
    Check(bool),
    Upload(String),
    /// What it says is taken, under this name.
    Extract(String),
    /// It only must be there.
    Be,
}

/// A script made ready.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ready {
    /// What is to be done, in order.
    pub parts: Vec<Part>,
    /// How to find out whether something was done.
    pub probes: Vec<Probe>,
    /// Secrets: name and origin.
    pub secrets: BTreeMap<String, String>,
    /// What it is for, filled in.
    pub goal: String,
}

impl Ready {
    /// What must be so in the end: what is asserted after the last deed.
    pub fn ends(&self) -> impl Iterator<Item = &Condition> {
        let last = self.parts.iter().rposition(|part| matches!(part.what, What::Act(..) | What::On { .. } | What::Agent(_)));
        let after = self.parts.iter().skip(last.map_or(0, |at| at + 1)).filter(|part| part.when.is_empty());
        after.filter_map(|part| if let What::Must(condition) = &part.what { Some(condition) } else { None })
    }

    /// Makes a script ready with these values. The error says which step is wrong, and why.
    pub fn of(script: &Script, values: &Values) -> Result<Self, String> {
        let script = script.filled(values);
        let mut ready = Self { goal: script.head().goal, ..Self::default() };
        let timeout = script.timeout.unwrap_or(TIMEOUT);
        let mut about = About::default();
        for (at, step) in script.steps.iter().enumerate() {
            ready.step(at, step, timeout, &mut about, &[]).map_err(|why| format!("step {}: {why}", at + 1))?;
        }
        Ok(ready)
    }

    fn step(&mut self, at: usize, step: &Step, timeout: u64, about: &mut About, when: &[(usize, Condition)]) -> Result<(), String> {
        if let Some(ours) = Ours::of(step) {
            return self.ours(at, ours?, timeout, about, when);
        }
        let told = std::mem::take(about);
        let on = |pointed: &Pointed, deed: Deed| {
            let wanted = wanted(&pointed.selectors, &pointed.around, &told, timeout)?;
            Ok::<_, String>((What::On { wanted: Box::new(wanted), deed }, pointed.around.clone()))
        };
        let (what, around) = match step {
            Step::SetViewport { width, height, around, .. } => {
                (What::Act("resize", json!({ "width": width.clone(), "height": height.clone() })), around.clone())
            }
            Step::Navigate { url, around } => (What::Act("navigate", json!({ "url": url })), around.clone()),
            Step::Click(pointed) => match (told.checked, pointed.button.as_deref()) {
                (Some(checked), _) => on(pointed, Deed::Check(checked))?,
                (None, Some("secondary")) => on(pointed, Deed::Click("right_click"))?,
                (None, Some("auxiliary")) => on(pointed, Deed::Click("middle_click"))?,
                (None, _) => on(pointed, Deed::Click("click"))?,
            },
            Step::DoubleClick(pointed) => on(pointed, Deed::Click("double_click"))?,
            Step::Hover(pointed) => on(pointed, Deed::Click("hover"))?,
            Step::Change { selectors, value, around } => {
                let wanted = wanted(selectors, around, &told, timeout)?;
                (What::On { wanted: Box::new(wanted), deed: Deed::Change(value.clone()) }, around.clone())
            }
            Step::KeyDown { key, around } if !is_modifier(key) => (What::Act("press", json!({ "keys": key_of(key) })), around.clone()),
            Step::WaitForElement { selectors, visible, around, .. } if *visible != Some(false) => {
                let wanted = wanted(selectors, around, &told, timeout)?;
                (What::On { wanted: Box::new(wanted), deed: Deed::Be }, around.clone())
            }
            Step::WaitForElement { .. } => {
                return Err("waiting for an element to go away is not supported; use x-handiwork-milestone".to_owned());
            }
            Step::WaitForExpression { .. } => {
                return Err(
                    "an expression is not run, for it is the page's own code; say what must be so with x-handiwork-milestone".to_owned()
                );
            }
            // Nothing comes of these here: what is acted on is scrolled into view, and the run closes its browser.
            Step::Scroll { .. }
            | Step::KeyDown { .. }
            | Step::KeyUp { .. }
            | Step::Close { .. }
            | Step::EmulateNetworkConditions { .. } => {
                return Ok(());
            }
            Step::CustomStep { .. } => return Ok(()),
        };
        self.parts.push(Part {
            at,
            intent: told.intent,
            what,
            tab: around.target.filter(|target| target != "main"),
            navigates: around.asserted_events.iter().any(|event| matches!(event, AssertedEvent::Navigation { .. })),
            when: when.to_vec(),
        });
        Ok(())
    }

    fn ours(&mut self, at: usize, ours: Ours, timeout: u64, about: &mut About, when: &[(usize, Condition)]) -> Result<(), String> {
        let mut push = |intent: String, what: What| {
            self.parts.push(Part { at, intent, what, tab: None, navigates: false, when: when.to_vec() });
        };
        match ours {
            Ours::Script(_) => {}
            Ours::Next(next) => *about = *next,
            Ours::Milestone { what, when } if when.is_empty() => {
                return Err(format!("the milestone {what:?} says nothing that can be checked"));
            }
            Ours::Milestone { what, when } => push(what, What::Must(when)),
            Ours::Probe(probe) => self.probes.push(probe),
            Ours::Secret { secret, origin } => {
                self.secrets.insert(secret, origin);
            }
            Ours::Upload { selectors, path, frame } => {
                let told = std::mem::take(about);
                let wanted = wanted(&selectors, &Around { frame, ..Around::default() }, &told, timeout)?;
                push(told.intent, What::On { wanted: Box::new(wanted), deed: Deed::Upload(path) });
            }
            Ours::Extract { into, selectors } => {
                let told = std::mem::take(about);
                let wanted = wanted(&selectors, &Around::default(), &told, timeout)?;
                push(told.intent, What::On { wanted: Box::new(wanted), deed: Deed::Extract(into) });
            }
            Ours::Type { text } => push(std::mem::take(about).intent, What::Act("type", json!({ "text": text }))),
            Ours::Launch { program } => push(std::mem::take(about).intent, What::Act("launch", json!({ "program": program }))),
            Ours::Press { keys } => push(std::mem::take(about).intent, What::Act("press", json!({ "keys": keys }))),
            Ours::Agent { goal } => push(String::new(), What::Agent(goal)),
            Ours::Each { rows, steps } => {
                for (number, row) in each(&rows)?.iter().enumerate() {
                    let mut told = About::default();
                    for step in &steps {
                        let step = super::variables::filled_step(step, row);
                        self.step(at, &step, timeout, &mut told, when).map_err(|why| format!("row {}: {why}", number + 1))?;
                    }
                }
            }
            Ours::When { when: condition, steps } => {
                push(String::new(), What::When(condition.clone()));
                let inner: Vec<(usize, Condition)> = when.iter().cloned().chain([(self.parts.len() - 1, condition)]).collect();
                let mut told = About::default();
                for step in &steps {
                    self.step(at, step, timeout, &mut told, &inner)?;
                }
            }
        }
        Ok(())
    }
}

fn wanted(selectors: &[Selector], around: &Around, about: &About, timeout: u64) -> Result<Wanted, String> {
    if selectors.is_empty() && about.marks.is_none() {
        return Err("there is no selector".to_owned());
    }
    Ok(Wanted {
        selectors: selectors.iter().map(Selector::parts).collect(),
        frame: around.frame.clone().unwrap_or_default(),
        marks: about.marks.clone(),
        row: about.row.clone(),
        timeout_ms: around.timeout.unwrap_or(timeout),
        exactly: false,
        anew: false,
    })
}

/// The rows of a list, each as the values of its fields.
pub(super) fn each(rows: &str) -> Result<Vec<Values>, String> {
    let wrong = || {
        let shown: String = rows.chars().take(60).collect();
        format!("{shown:?} is no list of rows; write a JSON list, such as [{{\"name\": \"Ana\"}}] or [\"Ana\", \"Bo\"]")
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    };
    let row = |row: &Value| match row {
        Value::Object(fields) => fields.iter().map(|(name, value)| Some((format!("item.{name}"), text(value)?))).collect(),
        scalar => text(scalar).map(|value| Values::from([("item".to_owned(), value)])),
    };
    let list: Vec<Value> = serde_json::from_str(rows).map_err(|_| wrong())?;
    list.iter().map(|one| row(one).ok_or_else(wrong)).collect()
}

fn is_modifier(key: &str) -> bool {
    matches!(key.trim_end_matches("Left").trim_end_matches("Right"), "Shift" | "Control" | "Alt" | "Meta")
}

/// The name of a key as we have it: a code of the US layout is that key.
fn key_of(key: &str) -> String {
    let letter = key.strip_prefix("Key").or_else(|| key.strip_prefix("Digit")).filter(|rest| rest.chars().count() == 1);
    letter.map_or_else(|| key.to_owned(), str::to_lowercase)
}

/// Marks with nothing that leads to one element of many: for an element that another value chooses.
#[must_use]
pub(super) fn of_any_row(marks: &Marks) -> Marks {
    Marks {
        id: String::new(),
        selectors: Vec::new(),
        order: (0, 0),
        place: (0.0, 0.0),
        row: String::new(),
        near: Vec::new(),
        ..marks.clone()
    }
}
