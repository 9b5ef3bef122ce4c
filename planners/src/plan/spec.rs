//! `plan`: the call by which a model says where it will get to, and what a plan must stand up to.
//!
//! The one decision: a milestone is a condition that can be checked without the model. One that is so already when the plan is made
//! shows nothing, and is refused; so is a plan made easier after a claim was refused.

use handiwork_core::condition::Standing;
use handiwork_core::model::ToolSpec;
use handiwork_core::{Condition, Run};
use serde_json::{Value, json};

/// Its name.
pub(crate) const NAME: &str = "plan";

/// Most milestones of a plan.
const MOST: usize = 8;

/// Fewest letters of what a condition looks for: one letter is on every page.
const SHORTEST: usize = 2;

/// What a model is told of it.
pub(crate) fn spec() -> ToolSpec {
    let text = |what: &str| json!({ "type": "string", "maxLength": 160, "description": what });
    ToolSpec {
        name: NAME.to_owned(),
        description: "Set 1 to 6 milestones on the way to the goal, the last one being the goal itself. Call it first, alone; again only \
                      when the way turned out wrong, with the lesson."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "milestones": { "type": "array", "maxItems": MOST, "items": {
                    "type": "object",
                    "properties": {
                        "what": { "type": "string", "maxLength": 80 },
                        "kind": {
                            "enum": ["text", "gone", "url", "field", "done", "sent", "file"],
                            "description": "then true: screen says value / says it no more / address has it / field `name` holds it / element \
                                            of that name acted on / request to that address accepted / file there",
                        },
                        "value": { "type": "string", "maxLength": 120 },
                        "name": { "type": "string", "maxLength": 80 },
                    },
                    "required": ["what", "kind", "value"],
                }},
                "lesson": text("what the last plan taught"),
            },
            "required": ["milestones"],
        }),
    }
}

/// A plan as it was proposed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proposal {
    pub(crate) milestones: Vec<(String, Condition)>,
    pub(crate) lesson: Option<String>,
}

impl Proposal {
    /// Reads the arguments of the call. The error says what is wrong with them.
    pub(crate) fn read(args: &Value) -> Result<Self, String> {
        let list = args.get("milestones").and_then(Value::as_array).filter(|list| !list.is_empty());
        let list = list.ok_or("a plan has at least one milestone")?;
        if list.len() > MOST {
            return Err(format!("a plan has at most {MOST} milestones, and this one has {}", list.len()));
        }
        let milestones = list.iter().map(milestone).collect::<Result<_, String>>()?;
        let lesson = args.get("lesson").and_then(Value::as_str).map(str::trim).filter(|lesson| !lesson.is_empty()).map(str::to_owned);
        Ok(Self { milestones, lesson })
    }

    /// What is told of this plan at this point of the run: the places of its milestones that are taken. Those that are so already show
    /// nothing and are left out; the error says that none is left.
    pub(crate) fn weighed(&self, run: &Run) -> Result<Value, String> {
        let shows = |when: &Condition| when.standing(run) != Standing::Met;
        let kept: Vec<usize> = (0..).zip(&self.milestones).filter(|(_, (_, when))| shows(when)).map(|(place, _)| place).collect();
        let out: Vec<String> = self
            .milestones
            .iter()
            .filter(|(_, when)| !shows(when))
            .map(|(what, when)| format!("{what:?} shows nothing: {when} already"))
            .collect();
        if kept.is_empty() {
            return Err(format!("{}; say what will only be so when it is reached", out.join("; ")));
        }
        Ok(if out.is_empty() { json!({ "kept": kept }) } else { json!({ "kept": kept, "left_out": out }) })
    }
}

fn milestone(value: &Value) -> Result<(String, Condition), String> {
    let part = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let (what, wanted) = (part("what"), part("value"));
    if wanted.chars().filter(|c| c.is_alphanumeric()).count() < SHORTEST && part("kind") != "field" {
        return Err(format!("the milestone {what:?} looks for {wanted:?}, which is too short to show anything"));
    }
    let condition = match part("kind").as_str() {
        "text" => Condition::Text { contains: wanted },
        "gone" => Condition::Gone { contains: wanted },
        "url" => Condition::Url { contains: wanted },
        "field" => Condition::Field { name: part("name"), value: wanted },
        "done" => Condition::Done { name: wanted },
        "sent" => Condition::Sent { url: wanted },
        "file" => Condition::File { name: wanted },
        other => return Err(format!("there is no kind {other:?} of milestone; use text, gone, url, field, done, sent or file")),
    };
    if condition.is_empty() { Err(format!("the milestone {what:?} says nothing that can be checked")) } else { Ok((what, condition)) }
}
