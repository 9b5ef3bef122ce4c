//! The steps of a run in order, as the template reads them.
//!
//! A step is a reply of the model with all that came of it. What was seen since the reply before belongs to it too: that is
//! what the model decided on.

use std::collections::BTreeMap;

use handiwork_core::event::{Revival, ShotRef};
use handiwork_core::memory::Recalled;
use handiwork_core::model::FinishReason;
use handiwork_core::{BlobId, EffectClass, Entry, Event, Receipt, Reply, Resolved, Run, Screen, Target, ToolCall};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::format::{arguments, count, dollars, duration, json};
use super::picture::{self, SecretWatch};
use super::summary::{Word, verdict};

/// All steps, and how the screen looked at the end.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub(super) steps: Vec<Step>,
    pub(super) bars: Vec<Bar>,
    pub(super) last_screen: Option<ScreenText>,
    pub(super) last_shot: Option<Value>,
}

/// One step.
#[derive(Debug, Default)]
pub(super) struct Step {
    head: Value,
    items: Vec<Value>,
}

impl From<Step> for Value {
    fn from(step: Step) -> Self {
        context! { items => step.items, ..step.head }
    }
}

/// A stretch of time in the bar at the head of the timeline.
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    step: u32,
    x: String,
    w: String,
    tone: &'static str,
    label: String,
}

/// A screen as the model saw it.
#[derive(Debug, Serialize)]
pub(super) struct ScreenText {
    heading: String,
    /// What changed since the screen of the step before, when that is the shorter text.
    changed: Option<String>,
    full: String,
}

/// What is known while the events are read.
struct Reader<'a> {
    shots: &'a BTreeMap<BlobId, Vec<u8>>,
    began: i64,
    elapsed: f64,
    out: Timeline,
    step: u32,
    calls: BTreeMap<&'a str, &'a ToolCall>,
    open: Vec<(&'a str, &'a Resolved)>,
    seen: Option<&'a Screen>,
    shown: Option<&'a Screen>,
    shot: Option<&'a ShotRef>,
    secrets: SecretWatch,
}

/// Reads the run.
pub(super) fn of(run: &Run, shots: &BTreeMap<BlobId, Vec<u8>>) -> Timeline {
    let mut reader = Reader {
        shots,
        began: run.began_at().unwrap_or_default(),
        elapsed: run.elapsed_ms().max(1) as f64,
        out: Timeline::default(),
        step: 0,
        calls: BTreeMap::new(),
        open: Vec::new(),
        seen: None,
        shown: None,
        shot: None,
        secrets: SecretWatch::default(),
    };
    for entry in run.entries() {
        reader.read(entry);
    }
    reader.end()
}

impl<'a> Reader<'a> {
    fn read(&mut self, entry: &'a Entry) {
        match &entry.event {
            Event::Observed { screen, shot } => {
                self.seen = Some(screen);
                self.shot = shot.as_ref();
                if shot.is_some() {
                    self.secrets.pictured();
                }
            }
            Event::Replied { role, reply, cost_usd, millis } => self.reply(entry, role, reply, *cost_usd, *millis),
            Event::Intent { call_id, resolved, .. } => self.open.push((call_id, resolved)),
            Event::Receipt { call_id, receipt, millis, shot } => {
                self.bar(entry, *millis, verdict(receipt).tone, &format!("{}: {}", self.name_of(call_id), verdict(receipt).word));
                let resolved = self.close(call_id);
                let picture = self.picture(receipt, shot.as_ref(), resolved);
                self.act(call_id, resolved, &verdict(receipt), &receipt.to_string(), Some(*millis), picture);
                self.secrets.done(resolved, receipt);
            }
            Event::ToolResult { call_id, result, millis } => self.tool(entry, call_id, result, *millis),
            Event::Dropped { call_ids, why } => {
                let calls: Vec<String> = call_ids.iter().map(|id| self.name_of(id)).collect();
                self.push(context! { kind => "dropped", calls => calls.join(", "), why });
            }
            Event::Revived { why, detail, restored } => {
                let what = match why {
                    Revival::Resumed => "Resumed",
                    Revival::Relaunched => "The browser was started again",
                };
                let lost = restored.lost.join("; ");
                self.push(context! { kind => "revived", what, detail, kept => restored.kept.len(), lost });
            }
            Event::Refilled { call_id, receipt } => {
                let what = format!("{} was done again", self.name_of(call_id));
                self.push(context! { kind => "note", what, text => receipt.to_string() });
            }
            Event::Settled { call_id, done, why, .. } => {
                let what = format!("{} was cut off, and {}", self.name_of(call_id), if *done { "had been done" } else { "is done now" });
                self.push(context! { kind => "note", what, text => why });
            }
            Event::FellBack { from, to, why } => {
                self.push(context! { kind => "note", what => format!("{from} failed, {to} is asked"), text => why });
            }
            Event::Said { text, .. } => self.push(context! { kind => "note", what => "The person said", text }),
            // What found the element of a recorded step, where that was not its selector.
            Event::Located { found, .. } => {
                if let Some((one, why)) = found.iter().find_map(|one| Some((one, one.sure.as_ref().filter(|_| one.by.is_none())?))) {
                    self.push(context! { kind => "note", what => format!("healed: {} {:?}", one.role, one.name), text => why });
                } else if found.iter().all(|one| one.sure.is_none()) {
                    let lines: Vec<String> = found.iter().map(|one| format!("{} {:?} {:.2}", one.role, one.name, one.score)).collect();
                    self.push(context! { kind => "note", what => "not found for certain", text => lines.join("\n") });
                }
            }
            Event::Delegated { errands, .. } => {
                for errand in errands {
                    let what = format!("{} is given to run {}", errand.helper, errand.run);
                    self.push(context! { kind => "note", what, text => errand.goal.as_str() });
                }
            }
            Event::Returned(back) => {
                let usd: f64 = back.bills.values().map(|bill| bill.usd).sum();
                let shown = if back.shown { "; all checks hold" } else { "" };
                let what = format!("run {} came back{shown}; ${usd:.4}", back.run);
                let text = std::iter::once(back.outcome.to_string()).chain(back.story.iter().cloned()).collect::<Vec<_>>().join("\n");
                self.push(context! { kind => "note", what, text });
            }
            Event::Routed { to, why } => self.push(context! { kind => "note", what => format!("{to} is asked from now on"), text => why }),
            Event::Probed { probe, holds } => {
                let said = match holds {
                    Some(true) => "says so",
                    Some(false) => "does not say so",
                    None => "could not be asked",
                };
                let what = format!("{} has {:?}: the server {said}", probe.url, probe.text);
                self.push(context! { kind => "note", what, text => "" });
            }
            Event::Question { text, hash, .. } => self.push(context! { kind => "question", text, approval => hash.is_some() }),
            Event::Answer { approved, text } => self.push(context! { kind => "answer", text, approved }),
            Event::Recalled { query, site, facts, notes } => {
                let told = |found: &Recalled| {
                    context! { text => &found.fact.text, source => found.fact.source.to_string(), score => format!("{:.3}", found.score) }
                };
                let facts: Vec<Value> = facts.iter().map(told).collect();
                self.push(context! { kind => "recalled", query, site, facts, notes });
            }
            _ => {}
        }
    }

    fn reply(&mut self, entry: &Entry, role: &str, reply: &'a Reply, cost_usd: f64, millis: u64) {
        self.leave_open();
        self.step += 1;
        self.calls.extend(reply.calls.iter().map(|call| (call.id.as_str(), call)));
        let screen = self.seen.take().map(|screen| {
            let text = text_of(screen, self.shown);
            self.shown = Some(screen);
            text
        });
        let problem = match reply.finish {
            FinishReason::Length => Some("cut off: the reply reached its limit of tokens"),
            FinishReason::ContentFilter => Some("withheld by the provider"),
            FinishReason::Stop | FinishReason::ToolCalls => None,
        };
        let head = context! {
            number => self.step,
            role,
            after => duration((entry.at - self.began).max(0) as u64),
            took => duration(millis),
            prompt => count(reply.usage.prompt),
            cached => count(reply.usage.cached),
            output => count(reply.usage.completion),
            cost => (cost_usd > 0.0).then(|| dollars(cost_usd)),
            reasoning => reply.reasoning.as_deref().map(str::trim).filter(|text| !text.is_empty()),
            content => Some(reply.content.trim()).filter(|text| !text.is_empty()),
            calls => reply.calls.iter().map(call).collect::<Vec<_>>(),
            problem,
            screen => screen.map(Serde),
        };
        self.bar(entry, millis, "model", "the model");
        self.out.steps.push(Step { head, items: Vec::new() });
    }

    fn tool(&mut self, entry: &Entry, call_id: &'a str, result: &Result<serde_json::Value, String>, millis: u64) {
        let badge = if result.is_ok() { Word { word: "Result", tone: "good" } } else { Word { word: "Refused", tone: "bad" } };
        let text = match result {
            Ok(serde_json::Value::String(text)) => text.clone(),
            Ok(value) => json(value),
            Err(error) => error.clone(),
        };
        self.bar(entry, millis, badge.tone, &self.name_of(call_id));
        let resolved = self.close(call_id);
        self.act(call_id, resolved, &badge, &text, Some(millis), context! {});
    }

    /// One card: what was done to what, and what came of it.
    fn act(&mut self, call_id: &str, resolved: Option<&Resolved>, badge: &Word, sentence: &str, millis: Option<u64>, picture: Value) {
        let asked = self.calls.get(call_id).copied();
        let args = resolved.and_then(|resolved| serde_json::to_value(&resolved.action).ok()?.get("args").cloned());
        let (args, args_full) = asked.map(|call| &call.args).or(args.as_ref()).map(arguments).unwrap_or_default();
        self.push(context! {
            kind => "act",
            name => resolved.filter(|_| asked.is_none()).map_or_else(|| self.name_of(call_id), |resolved| resolved.action.name().to_owned()),
            args,
            args_full,
            target => resolved.and_then(|resolved| resolved.target.as_ref()).map(target),
            effect => resolved.map(|resolved| Serde(effect(resolved.effect))),
            badge => Serde(badge),
            sentence,
            took => millis.map(duration),
            ..picture
        });
    }

    fn picture(&self, receipt: &Receipt, shot: Option<&ShotRef>, resolved: Option<&Resolved>) -> Value {
        let rect = resolved.and_then(|resolved| resolved.target.as_ref()).map(|target| target.rect);
        match shot.map(|shot| picture::of(shot, rect, self.shots)) {
            Some(Ok(shot)) => context! { shot },
            Some(Err(no_picture)) => context! { no_picture },
            // What was refused before it was tried has no point of action, and nobody misses its picture.
            None if resolved.is_none() && matches!(receipt, Receipt::NotDispatched { .. }) => context! {},
            None => context! { no_picture => self.secrets.why_no_picture() },
        }
    }

    fn close(&mut self, call_id: &str) -> Option<&'a Resolved> {
        let place = self.open.iter().position(|(id, _)| *id == call_id)?;
        Some(self.open.remove(place).1)
    }

    /// Intents of which nothing is known: the process ended between the act and its receipt.
    fn leave_open(&mut self) {
        for (call_id, resolved) in std::mem::take(&mut self.open) {
            let badge = Word { word: "No receipt", tone: "doubt" };
            self.act(call_id, Some(resolved), &badge, "it was about to be done; whether it was is not in the journal", None, context! {});
        }
    }

    fn push(&mut self, item: Value) {
        if self.out.steps.is_empty() {
            self.out.steps.push(Step { head: context! { number => 0 }, items: Vec::new() });
        }
        if let Some(step) = self.out.steps.last_mut() {
            step.items.push(item);
        }
    }

    fn bar(&mut self, entry: &Entry, millis: u64, tone: &'static str, label: &str) {
        let percent = |part: f64| (part / self.elapsed * 100.0).clamp(0.0, 100.0);
        let x = percent((entry.at - self.began) as f64 - millis as f64);
        let w = percent(millis as f64).min(100.0 - x);
        let label = format!("step {}, {label}, {}", self.step, duration(millis));
        self.out.bars.push(Bar { step: self.step, x: format!("{x:.3}%"), w: format!("{w:.3}%"), tone, label });
    }

    fn name_of(&self, call_id: &str) -> String {
        let asked = self.calls.get(call_id).map(|call| call.name.clone());
        let open = || self.open.iter().find(|(id, _)| *id == call_id).map(|(_, resolved)| resolved.action.name().to_owned());
        asked.or_else(open).unwrap_or_else(|| call_id.to_owned())
    }

    fn end(mut self) -> Timeline {
        self.leave_open();
        self.out.last_screen = self.seen.map(|screen| text_of(screen, self.shown));
        self.out.last_shot = self.shot.and_then(|shot| picture::of(shot, None, self.shots).ok());
        self.out
    }
}

fn text_of(screen: &Screen, before: Option<&Screen>) -> ScreenText {
    ScreenText { heading: screen.heading(), changed: before.and_then(|before| screen.delta(before)), full: screen.render() }
}

fn call(call: &ToolCall) -> Value {
    let (args, _) = arguments(&call.args);
    context! { name => &call.name, args, problem => &call.problem }
}

fn target(target: &Target) -> Value {
    let form = target.form.as_ref().filter(|form| form.submits).map(|form| format!("sends a form by {} to {}", form.method, form.origin));
    context! { r => target.r#ref.to_string(), role => &target.role, name => &target.name, origin => &target.origin, form }
}

fn effect(class: EffectClass) -> Word {
    match class {
        EffectClass::Read => Word { word: "read", tone: "calm" },
        EffectClass::Write => Word { word: "write", tone: "note" },
        EffectClass::Irreversible => Word { word: "irreversible", tone: "bad" },
    }
}
