//! The file: a recording in the form of Chrome's DevTools Recorder, with what that form can't say in steps of its own kind.
//!
//! Chrome and its tools read such a file, and take no notice of what is ours: it stands in `customStep`s named `x-handiwork-…`, which
//! that form allows. The one decision: what an element looks like (its marks) and why it is acted on stand in the step before the one
//! that acts on it, so that a person can move, take out and write steps by hand without counting.

use std::collections::BTreeMap;

use handiwork_core::marks::Marks;
use handiwork_core::{Condition, Probe};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of what is ours in the file.
pub const VERSION: u32 = 1;

/// A script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Script {
    /// What it does, in a few words.
    pub title: String,
    /// How long each step waits for its element, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What else stands in the file; it is kept.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A way to an element: one selector, or one for each shadow root on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Selector {
    /// One.
    One(String),
    /// Through shadow roots.
    Through(Vec<String>),
}

impl Selector {
    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Through(parts) => parts.clone(),
        }
    }
}

/// What every step may have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Around {
    /// The tab: `main`, or its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Indices of the frames around the element, outermost first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<Vec<u32>>,
    /// How long this step waits, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// What must come of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asserted_events: Vec<AssertedEvent>,
    /// What else stands in the step; it is kept.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What must come of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum AssertedEvent {
    /// A page is loaded.
    Navigation {
        /// Its address when it was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// Its title when it was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

/// A step on an element.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pointed {
    /// Ways to the element, the best one first.
    pub selectors: Vec<Selector>,
    /// Where in the element, in CSS pixels.
    #[serde(default)]
    pub offset_x: f64,
    /// Where in the element, in CSS pixels.
    #[serde(default)]
    pub offset_y: f64,
    /// Which button: `primary` if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    #[serde(flatten)]
    #[allow(missing_docs, reason = "what every step may have")]
    pub around: Around,
}

/// A step. The names are those of Chrome's recorder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
#[allow(missing_docs, reason = "each is what Chrome's recorder has under this name")]
pub enum Step {
    #[serde(rename_all = "camelCase")]
    SetViewport {
        width: u32,
        height: u32,
        #[serde(default = "one")]
        device_scale_factor: f64,
        #[serde(default)]
        is_mobile: bool,
        #[serde(default)]
        has_touch: bool,
        #[serde(default)]
        is_landscape: bool,
        #[serde(flatten)]
        around: Around,
    },
    EmulateNetworkConditions {
        #[serde(flatten)]
        around: Around,
    },
    Navigate {
        url: String,
        #[serde(flatten)]
        around: Around,
    },
    Click(Pointed),
    DoubleClick(Pointed),
    Hover(Pointed),
    Change {
        selectors: Vec<Selector>,
        value: String,
        #[serde(flatten)]
        around: Around,
    },
    KeyDown {
        key: String,
        #[serde(flatten)]
        around: Around,
    },
    KeyUp {
        key: String,
        #[serde(flatten)]
        around: Around,
    },
    Scroll {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        x: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        y: Option<f64>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        selectors: Vec<Selector>,
        #[serde(flatten)]
        around: Around,
    },
    WaitForElement {
        selectors: Vec<Selector>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        visible: Option<bool>,
        #[serde(flatten)]
        around: Around,
    },
    WaitForExpression {
        expression: String,
        #[serde(flatten)]
        around: Around,
    },
    Close {
        #[serde(flatten)]
        around: Around,
    },
    CustomStep {
        name: String,
        #[serde(default)]
        parameters: Value,
        #[serde(flatten)]
        around: Around,
    },
}

fn one() -> f64 {
    1.0
}

/// What is ours, by the name of its step without `x-handiwork-`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", content = "parameters", rename_all = "snake_case")]
pub enum Ours {
    /// What the script is and takes. The first step, if it is there.
    #[serde(rename = "x-handiwork-script")]
    Script(Head),
    /// What the next step is about.
    #[serde(rename = "x-handiwork-next")]
    Next(Box<About>),
    /// Something that must be so here, whoever heals what.
    #[serde(rename = "x-handiwork-milestone")]
    Milestone {
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        what: String,
        /// What must be so.
        when: Condition,
    },
    /// How to find out whether something was done that a crash cut off.
    #[serde(rename = "x-handiwork-probe")]
    Probe(#[schemars(with = "Value")] Probe),
    /// A secret that is used by its name: its value is asked for, and never kept.
    #[serde(rename = "x-handiwork-secret")]
    Secret {
        /// The name.
        secret: String,
        /// The only origin that gets it.
        origin: String,
    },
    /// A file is given to an upload field.
    #[serde(rename = "x-handiwork-upload")]
    Upload {
        /// Ways to the field.
        selectors: Vec<Selector>,
        /// The file.
        path: String,
        /// Indices of the frames around it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        frame: Option<Vec<u32>>,
    },
    /// What stands in an element is taken as a result.
    #[serde(rename = "x-handiwork-extract")]
    Extract {
        /// Under this name.
        into: String,
        /// Ways to the element.
        selectors: Vec<Selector>,
    },
    /// A key or a chord, where Chrome's recorder has one step for each key.
    #[serde(rename = "x-handiwork-press")]
    Press {
        /// The keys.
        keys: String,
    },
    /// Text that is typed where the keyboard is.
    #[serde(rename = "x-handiwork-type")]
    Type {
        /// The text.
        text: String,
    },
    /// A program is started, on a desktop.
    #[serde(rename = "x-handiwork-launch")]
    Launch {
        /// Its name and arguments.
        program: String,
    },
    /// From here on an agent goes on towards the script's goal, held to what is asserted at the end.
    #[serde(rename = "x-handiwork-agent")]
    Agent {
        /// What is left to do, in words.
        goal: String,
    },
    /// Steps that are done for each row of a list.
    #[serde(rename = "x-handiwork-each")]
    Each {
        /// The rows, as a JSON list: mostly a variable, such as `{{lines}}`.
        #[serde(rename = "in")]
        rows: String,
        /// The steps: `{{item}}` is a row that is a text or a number, `{{item.NAME}}` a field of one that has fields.
        steps: Vec<Step>,
    },
    /// Steps that are done only if something is so.
    #[serde(rename = "x-handiwork-when")]
    When {
        /// What must be so.
        when: Condition,
        /// The steps.
        steps: Vec<Step>,
    },
}

/// What a script is and takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// Version of what is ours in the file.
    #[serde(default)]
    pub version: u32,
    /// What it is for, with its variables.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub goal: String,
    /// JSON Schemas of its variables, by their names. `default` is the value of the recording.
    #[serde(default)]
    pub variables: BTreeMap<String, Value>,
    /// The run that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// How it has fared, if runs use it by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<super::learned::Record>,
}

/// What the next step is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// Why it is done, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub intent: String,
    /// Text that must stand in the row of its element: what tells it from its likes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub row: String,
    /// Whether a checkbox is to be on or off: then a click on it is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    /// What its element looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<Marks>,
}

impl Ours {
    /// What a custom step of ours says; none if it is somebody else's. The error says what is wrong with it.
    pub fn of(step: &Step) -> Option<Result<Self, String>> {
        let Step::CustomStep { name, parameters, .. } = step else { return None };
        name.starts_with("x-handiwork-").then(|| {
            serde_json::from_value(serde_json::json!({ "name": name, "parameters": parameters }))
                .map_err(|error| format!("{name}: {error}"))
        })
    }

    /// The step that says it.
    #[must_use]
    pub fn step(&self) -> Step {
        let value = serde_json::to_value(self).unwrap_or_default();
        Step::CustomStep {
            name: value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            parameters: value.get("parameters").cloned().unwrap_or_default(),
            around: Around::default(),
        }
    }
}
