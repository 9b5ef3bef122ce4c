//! `delegate`: a part of the goal is given to a helper, which works on a screen of its own; what comes back is a summary and receipts.
//!
//! What the helper read along the way never comes into this conversation: that is what it saves.

use handiwork_core::errand::{Errand, HelperInfo};
use handiwork_core::model::{ToolCall, ToolSpec};
use handiwork_core::{Next, Outcome, Run};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Its name.
pub(super) const NAME: &str = "delegate";

/// What a model is told of it.
pub(super) fn spec(helpers: &[HelperInfo]) -> ToolSpec {
    let names: Vec<&str> = helpers.iter().map(|helper| helper.name.as_str()).collect();
    let mut description = String::from(
        "Give a part of the goal to a helper with a browser of its own. It knows only what you write. Several in one turn work at the same time.",
    );
    for helper in helpers {
        let _ = write!(description, " {}: {}.", helper.name, helper.about.trim_end_matches('.'));
    }
    ToolSpec {
        name: NAME.to_owned(),
        description,
        parameters: json!({
            "type": "object",
            "properties": { "to": { "enum": names }, "goal": { "type": "string" }, "url": { "type": "string" } },
            "required": ["to", "goal"],
        }),
    }
}

/// Gives out all such calls of the turn at once, and gives each what came back.
pub(super) fn next(run: &Run, call: &ToolCall) -> Next {
    if let Some(back) = run.returned_for(&call.id) {
        let (done, text, value) = match &back.outcome {
            Outcome::Done { text, value } => (true, text.clone(), value.clone()),
            other => (false, other.to_string(), None),
        };
        let mut told = json!({ "done": done, "says": text, "did": back.story, "run": back.run });
        if let (Some(value), Some(fields)) = (value, told.as_object_mut()) {
            fields.insert("value".to_owned(), value);
        }
        return Next::Settle { call_id: call.id.clone(), result: Ok(told) };
    }
    if let Err(why) = read(run, call) {
        return Next::Settle { call_id: call.id.clone(), result: Err(why) };
    }
    let calls = run.pending().into_iter().filter(|call| call.name == NAME && run.returned_for(&call.id).is_none());
    let errands = calls
        .filter_map(|call| read(run, call).ok().map(|errand| Errand { call_id: Some(call.id.clone()), ..errand }))
        .enumerate()
        .map(|(ahead, errand)| Errand { run: run.child_id(ahead), ..errand });
    Next::Delegate { errands: errands.collect(), first_shown: false }
}

fn read(run: &Run, call: &ToolCall) -> Result<Errand, String> {
    let part = |key: &str| call.args.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let helpers = run.started().map(|started| started.helpers.as_slice()).unwrap_or_default();
    let to = part("to").unwrap_or_default();
    if !helpers.iter().any(|helper| helper.name == to) {
        let names: Vec<&str> = helpers.iter().map(|helper| helper.name.as_str()).collect();
        return Err(format!("there is no helper {to:?}; there are: {}", names.join(", ")));
    }
    let goal = part("goal").ok_or("there is no goal in it: write all that the helper needs to know")?;
    Ok(Errand { helper: to.to_owned(), goal: goal.to_owned(), url: part("url").map(str::to_owned), ..Errand::default() })
}
