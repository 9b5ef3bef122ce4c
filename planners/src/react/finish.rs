//! `done`: the call that ends a run, and what it must stand up to.
//!
//! With a typed output the result's schema is the schema of `done`, so a typed result needs nothing of the provider. A `done`
//! is refused when it came together with calls whose effect the model has not seen, when its result does not fit, and, once,
//! when fields that this run changed still stand unsent on the screen.

use std::collections::BTreeSet;

use handiwork_core::event::Started;
use handiwork_core::model::{Reply, ToolCall, ToolSpec};
use handiwork_core::{Action, Change, Event, Next, Outcome, Receipt, Ref, Run, Screen, State};
use serde_json::{Value, json};

use super::goal;
use super::proof::{self, Verdict};
use crate::plan::{Ledger, Plan};

/// Its name.
pub(super) const NAME: &str = "done";

/// The call by which a small model says where it stands.
pub(super) const NOTE: &str = "note";

/// What is said of such a call.
pub(super) const NOTED: &str = "noted";

/// What a small model is told of `note`. It decides nothing by itself: what may follow depends on what it says.
pub(super) fn note_spec() -> ToolSpec {
    ToolSpec {
        name: NOTE.to_owned(),
        description: "Say what the screen says about the goal, and whether the goal is reached by now.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "screen_says": { "type": "string", "maxLength": 120 },
                "goal_reached": { "type": "boolean" },
            },
            "required": ["screen_says", "goal_reached"],
        }),
    }
}

/// What a model is told of `done`.
pub(super) fn spec(started: &Started) -> ToolSpec {
    let mut properties = json!({
        "ok": { "type": "boolean", "description": "true if the goal is reached, false if it can't be" },
        "answer": { "type": "string", "description": "the answer that was asked for, or what was done, in a sentence" },
    });
    let mut required = vec!["ok", "answer"];
    if let (Some(schema), Some(map)) = (&started.output_schema, properties.as_object_mut()) {
        map.insert("result".to_owned(), schema.clone());
        required.push("result");
    }
    ToolSpec {
        name: NAME.to_owned(),
        description: "End the work. Only when the screen shows that the goal is reached, or when it can't be.".to_owned(),
        parameters: json!({ "type": "object", "properties": properties, "required": required }),
    }
}

/// What to do about a `done`.
pub(super) fn judge(run: &Run, started: &Started, reply: &Reply, call: &ToolCall, plan: Option<&Plan>) -> Next {
    let refuse = |why: String| Next::Drop { call_ids: vec![call.id.clone()], why };
    if let Some(problem) = &call.problem {
        return refuse(problem.clone());
    }
    if was_spoken_to(run) {
        return refuse("not yet: the person has said something since; read it first".to_owned());
    }
    if unseen(run, reply, call) {
        return refuse("not accepted yet: look at what came of the other calls first, then call done alone".to_owned());
    }
    let text = call.args.get("answer").and_then(Value::as_str).unwrap_or_default().to_owned();
    if call.args.get("ok").and_then(Value::as_bool) == Some(false) {
        return Next::End(Outcome::Failed { reason: if text.is_empty() { "the model gave up".to_owned() } else { text } });
    }
    let value = call.args.get("result").cloned();
    if let Some(schema) = &started.output_schema
        && let Err(why) = fits(schema, value.as_ref())
    {
        return refuse(why);
    }
    if let Some(why) = unsent(run) {
        return refuse(why);
    }
    let missing = match proof::of(run, started) {
        Verdict::Ask(probe) => return Next::Probe(probe),
        Verdict::Missing(why) => Some(why),
        // What the person has declared to be checked says more than milestones of the model's own.
        Verdict::Proven if !started.checks.is_empty() => None,
        Verdict::Proven => plan.filter(|_| !Plan::is_given_up(run)).and_then(|_| Ledger::of(run).lacking(run.screen())),
    };
    match missing {
        None => Next::End(Outcome::Done { text, value }),
        Some(why) if proof::is_enough(run) => {
            Next::End(Outcome::Failed { reason: format!("it is said to be done, and that is not shown: {why} (the model says: {text})") })
        }
        Some(why) => refuse(format!("{}{why}. Do that, or call done with ok=false and say why it can't be done", proof::MARK)),
    }
}

/// The end of a run that goes on and on although all that was to be shown is shown. Nobody but the model says that there is more.
pub(super) fn reached(run: &Run, started: &Started, plan: Option<&Plan>) -> Option<Next> {
    let planned = plan.is_some() && Ledger::of(run).is_reached();
    if started.output_schema.is_some() || (started.checks.is_empty() && !planned) {
        return None;
    }
    match proof::of(run, started) {
        Verdict::Ask(probe) => Some(Next::Probe(probe)),
        Verdict::Proven => Some(Next::End(Outcome::Done {
            text: "All that was to be reached is reached; the model went on looking.".to_owned(),
            value: None,
        })),
        Verdict::Missing(_) => None,
    }
}

/// What is said of a call that asks for what already is.
pub(super) const AS_IT_IS: &str = "left as it is: it already holds that";

/// Whether a field already holds what a call would put into it. Such a call is not made: even touching a field can set a
/// page off. What an element holds is known only while nothing of the turn has been done to it.
pub(super) fn changes_nothing(run: &Run, call: &ToolCall, turn: &[&ToolCall]) -> bool {
    let (Some(screen), Some(Ok(action))) = (run.screen(), Action::from_call(&call.name, &call.args)) else { return false };
    let Some(node) = action.target().and_then(|r| screen.get(r)) else { return false };
    let target = |call: &ToolCall| Action::from_call(&call.name, &call.args)?.ok()?.target();
    if turn.iter().take_while(|other| other.id != call.id).any(|other| target(other) == node.r#ref) {
        return false;
    }
    match &action {
        Action::Fill(fill) => node.value.as_deref() == Some(fill.text.as_str()),
        Action::Select(select) => node.value.as_deref() == Some(select.option.as_str()),
        Action::Check(check) => node.states.contains(if check.checked { &State::Checked } else { &State::Unchecked }),
        _ => false,
    }
}

/// Whether the work may well be over: something was sent in the last turn, and the page that came of it asks for nothing
/// new, neither a field nor a button that was not there before. It decides nothing; it is the moment to ask.
pub(super) fn may_be_over(run: &Run, screen: &Screen) -> bool {
    let last_turn = run.events().rev().take_while(|event| !matches!(event, Event::Replied { .. }));
    let sent = last_turn
        .filter_map(|event| if let Event::Receipt { receipt: Receipt::Verified { changes }, .. } = event { Some(changes) } else { None })
        .flatten();
    if !sent.into_iter().any(|change| matches!(change, Change::Network { .. })) {
        return false;
    }
    let earlier: BTreeSet<&str> = run
        .events()
        .filter_map(|event| if let Event::Observed { screen: earlier, .. } = event { Some(earlier) } else { None })
        .filter(|earlier| *earlier != screen)
        .flat_map(|earlier| &earlier.nodes)
        .filter(|node| node.role == "button")
        .map(|node| node.name.as_str())
        .collect();
    screen.nodes.iter().all(|node| node.role != "button" || earlier.contains(node.name.as_str()))
}

/// Whether the person has said something that the model had not read when it replied.
pub(super) fn was_spoken_to(run: &Run) -> bool {
    run.events().rev().take_while(|event| !matches!(event, Event::Replied { .. })).any(|event| matches!(event, Event::Said { .. }))
}

/// Whether other calls of the same reply did something that the model has not seen yet.
fn unseen(run: &Run, reply: &Reply, done: &ToolCall) -> bool {
    let idle: Vec<&String> = run
        .events()
        .rev()
        .take_while(|event| !matches!(event, Event::Replied { .. }))
        .filter_map(
            |event| if let Event::Dropped { call_ids, why } = event { (why == AS_IT_IS || why == NOTED).then_some(call_ids) } else { None },
        )
        .flatten()
        .collect();
    reply.calls.iter().any(|call| call.id != done.id && !idle.contains(&&call.id))
}

fn fits(schema: &Value, value: Option<&Value>) -> Result<(), String> {
    let Some(value) = value else { return Err("not accepted: result is missing".to_owned()) };
    // A schema that is itself wrong was refused when the run began; here nothing can be checked by it.
    let Ok(validator) = handiwork_core::schema::validator(schema) else { return Ok(()) };
    handiwork_core::schema::check(&validator, value).map_err(|why| format!("not accepted: result does not fit its schema: {why}"))
}

/// Says so when fields that this run changed are still there to be sent. It is said once: a page that saves by itself looks
/// the same, and the model may know better.
fn unsent(run: &Run) -> Option<String> {
    const MARK: &str = "not accepted yet: you changed";
    if run.events().any(|event| matches!(event, Event::Dropped { why, .. } if why.starts_with(MARK))) {
        return None;
    }
    let still = still_unsent(run);
    // A single field may be all that was asked for.
    (still.len() > 1).then(|| {
        format!("{MARK} {}, and nothing has been sent since. If the goal needs them sent, click the button that does so; if not, call done again", list(&still))
    })
}

/// Says so when fields of a form that the goal wants sent were filled and not sent. A page with a form does not save by itself.
pub(super) fn unsent_form(run: &Run, goal: &str) -> Option<String> {
    let in_form = |r: &Ref| {
        run.events().any(|event| {
            matches!(event, Event::Intent { resolved, .. } if resolved.target.as_ref().is_some_and(|target| target.r#ref == *r && target.form.is_some()))
        })
    };
    let still = still_unsent(run);
    let is_form = goal::asks_to_send(goal) && still.len() > 1 && still.iter().all(in_form);
    is_form.then(|| format!("the form with {} was filled and not sent", list(&still)))
}

fn list(refs: &[Ref]) -> String {
    refs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Fields that this run changed, that are still there, and of which nothing was sent.
fn still_unsent(run: &Run) -> Vec<Ref> {
    let Some(screen) = run.screen() else { return Vec::new() };
    let mut changed: Vec<Ref> = Vec::new();
    for event in run.events() {
        let Event::Receipt { receipt: Receipt::Verified { changes }, .. } = event else { continue };
        for change in changes {
            match change {
                Change::Navigated { .. } | Change::Network { .. } => changed.clear(),
                Change::Value { r#ref, .. }
                | Change::HiddenValue { r#ref }
                | Change::Checked { r#ref, .. }
                | Change::Selected { r#ref, .. }
                | Change::Uploaded { r#ref, .. } => changed.push(*r#ref),
                _ => {}
            }
        }
    }
    let mut still: Vec<Ref> = Vec::new();
    for r in changed.into_iter().filter(|r| screen.get(*r).is_some()) {
        if !still.contains(&r) {
            still.push(r);
        }
    }
    still
}
