//! What is done when a recorded element is not found: what may have hidden it is opened, and a model may point at it.
//!
//! The ladder, in the order of what it costs and risks: the recorded selectors and the likeness of all elements are one question to the
//! surface; then what is closed on the page is opened, once each; then a page that was divided is gone on with; then a model is shown the
//! few most alike. The one decision: no rung may weaken what is asserted, and each that finds something says how.

use std::collections::BTreeSet;

use handiwork_core::marks::Found;
use handiwork_core::model::{CallRule, Constraint, Message, Request, ToolSpec};
use handiwork_core::{Event, Next, Ref, Reply, Run, ToolCall};
use serde_json::{Value, json};

use super::parts::Part;

const PROMPT: &str = include_str!("../prompts/heal.md");

/// What a model is asked for.
pub(super) const ROLE: &str = "heal";

/// The call by which it answers.
const CHOOSE: &str = "choose";

/// Most closed things that are opened for one step.
const MOST_OPENED: usize = 6;

/// Something that may lead to where the element is: a menu or section that is closed, or another part of a form. `tried` were opened.
pub(super) fn opener(found: &[Found], tried: &BTreeSet<Ref>) -> Option<Ref> {
    if tried.len() >= MOST_OPENED {
        return None;
    }
    found.iter().filter(|one| one.opens).map(|one| one.r#ref).find(|r| !tried.contains(r))
}

/// The question which one it is.
pub(super) fn question(part: &Part, was: &str, found: &[Found]) -> Request {
    let mut text = format!("The step: {}\nIt was recorded on: {was}\n", if part.intent.is_empty() { "(no words)" } else { &part.intent });
    for (number, one) in (1..).zip(found) {
        text.push_str(&format!("\n{number}. {} {:?}", one.role, one.name));
        if !one.around.is_empty() {
            text.push_str(&format!(", beside {:?}", one.around.chars().take(80).collect::<String>()));
        }
    }
    text.push_str("\n0. none of them\n");
    let tool = ToolSpec {
        name: CHOOSE.to_owned(),
        description: "Say which element the step means today; 0 if none does.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": { "number": { "type": "integer", "minimum": 0, "maximum": found.len() } },
            "required": ["number"],
        }),
    };
    Request {
        system: PROMPT.trim().to_owned(),
        constraint: Some(Constraint {
            calls: vec![CallRule { tool: CHOOSE.to_owned(), allowed: std::collections::BTreeMap::new() }],
            most_calls: 1,
            ..Constraint::default()
        }),
        tools: vec![tool],
        messages: vec![Message::user(text)],
        max_tokens: Some(200),
    }
}

/// What it has chosen: a place among the found; none for none of them.
pub(super) fn answer(reply: &Reply) -> Option<usize> {
    let call = reply.calls.iter().find(|call| call.name == CHOOSE)?;
    let number = call.args.get("number").and_then(Value::as_u64)?;
    usize::try_from(number).ok()?.checked_sub(1)
}

/// The reply to the question of a step, if it was asked since the element was looked for last.
pub(super) fn replied(run: &Run, since: u64) -> Option<&Reply> {
    run.entries().iter().rev().take_while(|entry| entry.seq > since).find_map(|entry| match &entry.event {
        Event::Replied { role, reply, .. } if role == ROLE => Some(reply),
        _ => None,
    })
}

/// The call of a model's answer has a result too.
pub(super) fn settle(run: &Run) -> Option<Next> {
    let call: &ToolCall = run.pending().into_iter().find(|call| call.name == CHOOSE)?;
    Some(Next::Settle { call_id: call.id.clone(), result: Ok(Value::from("taken")) })
}
