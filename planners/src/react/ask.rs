//! `ask_person`: what the goal does not say and no page can tell is asked, not guessed.

use handiwork_core::model::{ToolCall, ToolSpec};
use handiwork_core::{Event, Next, Run};
use serde_json::{Value, json};

/// Its name.
pub(super) const NAME: &str = "ask_person";

/// What a model is told of it.
pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.to_owned(),
        description: "Ask the person for what you need to know and can't find out.".to_owned(),
        parameters: json!({ "type": "object", "properties": { "question": { "type": "string" } }, "required": ["question"] }),
    }
}

/// Asks, and once there is an answer gives it to the call.
pub(super) fn next(run: &Run, call: &ToolCall) -> Next {
    if let Some(text) = answer(run) {
        return Next::Settle { call_id: call.id.clone(), result: Ok(Value::from(text)) };
    }
    match call.args.get("question").and_then(Value::as_str).map(str::trim).filter(|question| !question.is_empty()) {
        Some(question) => Next::AskHuman(question.to_owned()),
        None => Next::Settle { call_id: call.id.clone(), result: Err("there is no question in it".to_owned()) },
    }
}

/// What the person said to a question of this turn.
fn answer(run: &Run) -> Option<&str> {
    let mut said = None;
    for event in run.events().rev() {
        match event {
            Event::Answer { approved, text } => {
                let short = if *approved { "yes" } else { "no" };
                said = Some(if text.is_empty() { short } else { text });
            }
            Event::Question { call_id: None, hash: None, .. } if said.is_some() => return said,
            // That was about something else.
            Event::Question { .. } => said = None,
            Event::Replied { .. } | Event::ToolResult { .. } => return None,
            _ => {}
        }
    }
    None
}
