//! From the pieces of a stream to a [`Reply`]. Pure.
//!
//! Calls are put together by their index, since the pieces of several may interleave. Arguments that are no JSON object become
//! `{}` with the problem beside them: they are never sent back as they came, for the API refuses a history that holds them. A
//! piece that comes after the end, or that continues what never began, is an error: such a reply is not what the model said.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::failure;
use crate::context::Progress;
use crate::model::compat::Dialect;
use crate::model::{FinishReason, ModelError, Reply, ToolCall, Usage, rescue};

/// More calls than this in one reply are noise.
const MOST_CALLS: usize = 128;

#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<Fragment>>,
    /// Reasoning is here, under the dialect's name.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Delta {
    fn says_something(&self, reasoning: &[&str]) -> bool {
        let is_text = |text: &str| !text.is_empty();
        self.content.as_deref().is_some_and(is_text)
            || self.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
            || reasoning.iter().any(|field| self.rest.get(*field).and_then(Value::as_str).is_some_and(is_text))
    }
}

#[derive(Debug, Deserialize)]
struct Fragment {
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Debug, Deserialize)]
struct Function {
    #[serde(default)]
    name: Option<String>,
    /// A string, in pieces; some servers send the whole object.
    #[serde(default)]
    arguments: Option<Value>,
}

#[derive(Debug, Default)]
struct Partial {
    id: String,
    name: String,
    arguments: String,
}

/// A reply in the making.
#[derive(Debug)]
pub(super) struct Assembly {
    dialect: Dialect,
    content: String,
    reasoning: Option<String>,
    /// By index, and for servers that give each call the index 0, by their order of beginning.
    calls: BTreeMap<(usize, usize), Partial>,
    usage: Usage,
    finish: Option<String>,
}

impl Assembly {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, content: String::new(), reasoning: None, calls: BTreeMap::new(), usage: Usage::default(), finish: None }
    }

    /// Adds the data of one event.
    pub(super) fn push(&mut self, data: &str, mut report: impl FnMut(Progress)) -> Result<(), ModelError> {
        let chunk: Chunk =
            serde_json::from_str(data).map_err(|error| ModelError::Unreadable(format!("{error} in {:?}", failure::clip(data))))?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(failure::in_stream(&error));
        }
        if let Some(usage) = chunk.usage.filter(Value::is_object) {
            self.usage = self.read_usage(&usage);
        }
        // `n` is never more than 1, so there is one choice or none.
        let Some(choice) = chunk.choices.into_iter().flatten().next() else { return Ok(()) };
        if let Some(delta) = choice.delta {
            if self.finish.is_some() && delta.says_something(self.dialect.reasoning) {
                return Err(ModelError::Unreadable("a piece of it came after its end".to_owned()));
            }
            if let Some(text) = self.dialect.reasoning.iter().find_map(|field| delta.rest.get(*field)?.as_str()) {
                self.reasoning.get_or_insert_default().push_str(text);
                if !text.is_empty() {
                    report(Progress::Reasoning(text.to_owned()));
                }
            }
            if let Some(text) = delta.content.filter(|text| !text.is_empty()) {
                self.content.push_str(&text);
                report(Progress::Text(text));
            }
            for fragment in delta.tool_calls.into_iter().flatten() {
                self.add(fragment)?;
            }
        }
        if let Some(finish) = choice.finish_reason.filter(|word| !word.is_empty()) {
            self.finish = Some(finish);
        }
        Ok(())
    }

    fn add(&mut self, fragment: Fragment) -> Result<(), ModelError> {
        let id = fragment.id.filter(|id| !id.is_empty());
        let next = self.calls.last_key_value().map_or(0, |((last, _), _)| last + 1);
        // Without an index, an id begins a call and anything else continues the last one.
        let index = fragment.index.unwrap_or(if id.is_some() { next } else { next.saturating_sub(1) });
        if index >= MOST_CALLS || self.calls.len() >= MOST_CALLS {
            return Err(ModelError::Unreadable(format!("it holds more than {MOST_CALLS} calls")));
        }
        let newest = self.calls.range((index, 0)..=(index, usize::MAX)).next_back();
        let same = newest.is_none_or(|(_, call)| call.id.is_empty() || id.as_ref().is_none_or(|id| *id == call.id));
        let turn = newest.map_or(0, |((_, turn), _)| turn + usize::from(!same));
        let call = self.calls.entry((index, turn)).or_default();
        if let Some(id) = id.filter(|_| call.id.is_empty()) {
            call.id = id;
        }
        let Some(function) = fragment.function else { return Ok(()) };
        if let Some(name) = function.name.filter(|_| call.name.is_empty()) {
            call.name = name;
        }
        match function.arguments {
            Some(Value::String(piece)) => call.arguments.push_str(&piece),
            Some(whole @ Value::Object(_)) => call.arguments = whole.to_string(),
            _ => {}
        }
        Ok(())
    }

    fn read_usage(&self, usage: &Value) -> Usage {
        let count = |places: &[&str]| places.iter().find_map(|place| usage.pointer(place)?.as_u64()).unwrap_or(0);
        let prompt = count(&["/prompt_tokens"]);
        Usage {
            prompt,
            // A cache can't have held more than there was; the bill is computed from the difference.
            cached: count(self.dialect.cached).min(prompt),
            completion: count(&["/completion_tokens"]),
            reasoning: count(self.dialect.reasoned),
        }
    }

    /// The reply, after the stream's end. `place` is the number of messages that it answers: it makes ids for calls that came
    /// without one.
    pub(super) fn finish(self, place: usize) -> Result<Reply, ModelError> {
        let finish = match self.finish.as_deref() {
            Some("length") => FinishReason::Length,
            Some("content_filter") => FinishReason::ContentFilter,
            Some("insufficient_system_resource") => return Err(ModelError::Truncated("the provider ran out of resources".to_owned())),
            Some("error" | "abort") => return Err(ModelError::Truncated("the server gave up on it".to_owned())),
            // Some servers say "stop" after calls.
            Some(_) if !self.calls.is_empty() => FinishReason::ToolCalls,
            Some(_) => FinishReason::Stop,
            None => return Err(ModelError::Truncated("the server did not say why it ended".to_owned())),
        };
        if self.calls.values().any(|call| call.name.is_empty()) {
            return Err(ModelError::Truncated("the beginning of a call is missing".to_owned()));
        }
        let calls = self.calls.into_values().enumerate().map(|(index, call)| call.finish(place, index, finish)).collect();
        Ok(Reply { content: self.content, reasoning: self.reasoning, calls, usage: self.usage, finish, rescued: None })
    }
}

impl Partial {
    fn finish(self, place: usize, index: usize, finish: FinishReason) -> ToolCall {
        let id = if self.id.is_empty() { format!("call_{place}_{index}") } else { self.id };
        let (args, problem): (Value, _) = match read_arguments(&self.arguments) {
            Ok(args) => (args, None),
            Err(problem) if finish == FinishReason::Length => {
                // Where only closers are missing, `rescue::settle` decides by the tool's schema whether they can be used.
                let args = rescue::closed_arguments(&self.arguments).unwrap_or_else(|| json!({}));
                (args, Some(format!("{problem}; they were cut off by the limit of tokens")))
            }
            Err(problem) => (json!({}), Some(problem)),
        };
        // Kept only where it is not what would be written anyway.
        let says_the_same = serde_json::from_str::<Value>(&self.arguments).is_ok_and(|value| value == args);
        let written = args.to_string();
        let raw = (says_the_same && self.arguments != written).then(|| self.arguments.into());
        ToolCall { id, name: self.name, args, problem, raw }
    }
}

/// An object, from its text. No text is no arguments; a string that holds an object is that object.
fn read_arguments(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(json!({}));
    }
    match serde_json::from_str(text) {
        Ok(Value::Null) => Ok(json!({})),
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(Value::String(inner)) => match serde_json::from_str(&inner) {
            Ok(value @ Value::Object(_)) => Ok(value),
            _ => Err(not_an_object("a string", text)),
        },
        Ok(Value::Array(_)) => Err(not_an_object("an array", text)),
        Ok(_) => Err(not_an_object("a bare value", text)),
        Err(error) => Err(format!("the arguments are not valid JSON ({error}): {}", failure::clip(text))),
    }
}

fn not_an_object(what: &str, text: &str) -> String {
    format!("the arguments must be a JSON object, not {what}: {}", failure::clip(text))
}
