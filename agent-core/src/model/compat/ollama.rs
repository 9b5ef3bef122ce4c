//! Ollama's own chat protocol: the body of a request, and the lines of an answer. Pure.
//!
//! The one decision: the context is set with each request and nothing may be cut. Where the server cuts without being asked
//! (before 0.12), an estimate made here refuses first.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::context::Progress;
use crate::model::{FinishReason, Image, Message, ModelError, Reply, Request, ToolCall, Usage};

/// Bytes of text that a token has at least, on average: English has four, JSON and other languages have fewer.
const BYTES_PER_TOKEN: usize = 3;
/// Tokens that a picture takes, about.
const PICTURE: usize = 1024;

/// Room for a reply when the request doesn't say.
const REPLY: usize = 512;

/// What is set beside the conversation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// Tokens of request and reply together.
    pub(super) context: u32,
    /// Whether it thinks; `None` leaves it to the server.
    pub(super) think: Option<bool>,
    /// Whether the likeliest token is always taken.
    pub(super) greedy: bool,
}

/// The body for `request`; `form` has the fields that say what a reply may be.
pub(super) fn body(id: &str, request: &Request, settings: Settings, form: Map<String, Value>) -> Value {
    let mut messages = Vec::with_capacity(request.messages.len() + 1);
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": request.system }));
    }
    let mut made: Vec<&ToolCall> = Vec::new();
    for message in &request.messages {
        if let Message::Assistant { calls, .. } = message {
            made = calls.iter().collect();
        }
        messages.push(turn(message, &made));
    }
    let mut options = Map::from_iter([("num_ctx".to_owned(), settings.context.into())]);
    if let Some(most) = request.max_tokens {
        options.insert("num_predict".to_owned(), most.into());
    }
    if settings.greedy {
        options.insert("temperature".to_owned(), 0.into());
    }
    let mut body = Map::from_iter([("model".to_owned(), id.into()), ("messages".to_owned(), messages.into())]);
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({ "type": "function", "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters } })
        });
        body.insert("tools".to_owned(), tools.collect());
    }
    if let Some(think) = settings.think {
        body.insert("think".to_owned(), think.into());
    }
    body.insert("options".to_owned(), options.into());
    body.insert("truncate".to_owned(), false.into());
    body.insert("shift".to_owned(), false.into());
    body.extend(form);
    body.insert("stream".to_owned(), true.into());
    Value::Object(body)
}

/// Results name their tool, since calls have no ids here.
fn turn(message: &Message, made: &[&ToolCall]) -> Value {
    match message {
        Message::User { content, images } if images.is_empty() => json!({ "role": "user", "content": content }),
        Message::User { content, images } => {
            let pictures: Vec<String> = images.iter().filter_map(Image::base64).collect();
            json!({ "role": "user", "content": content, "images": pictures })
        }
        Message::Tool { call_id, content } => {
            let name = made.iter().find(|call| call.id == *call_id).map_or("", |call| call.name.as_str());
            json!({ "role": "tool", "tool_name": name, "content": content })
        }
        Message::Assistant { content, calls, .. } if calls.is_empty() => json!({ "role": "assistant", "content": content }),
        Message::Assistant { content, calls, .. } => {
            let calls: Vec<Value> = calls.iter().map(|call| json!({ "function": { "name": call.name, "arguments": call.args } })).collect();
            json!({ "role": "assistant", "content": content, "tool_calls": calls })
        }
    }
}

/// What an earlier exchange took: the bytes of its body and the tokens that the server counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measured {
    pub(super) bytes: usize,
    pub(super) tokens: usize,
}

/// Refuses a body that can't fit. After a first exchange only what came since is estimated.
pub(super) fn check_length(body: &Value, request: &Request, context: u32, earlier: Measured) -> Result<usize, ModelError> {
    let all = ["messages", "tools"].iter().filter_map(|part| body.get(part)).map(|part| part.to_string().len()).sum::<usize>();
    let pictures = body.pointer("/messages").and_then(Value::as_array).into_iter().flatten();
    let pictures: Vec<usize> = pictures
        .filter_map(|message| message.get("images")?.as_array())
        .flatten()
        .filter_map(|picture| Some(picture.as_str()?.len()))
        .collect();
    // A picture costs by its size on the screen, not by its bytes.
    let bytes = all.saturating_sub(pictures.iter().sum()) + pictures.len() * PICTURE * BYTES_PER_TOKEN;
    let prompt = match bytes.checked_sub(earlier.bytes).filter(|_| earlier.tokens > 0) {
        Some(more) => earlier.tokens + more / BYTES_PER_TOKEN,
        None => bytes / BYTES_PER_TOKEN,
    };
    let context = context as usize;
    let reply = request.max_tokens.map_or(REPLY, |most| most as usize).min(context / 4);
    let needed = prompt + reply;
    if needed > context { Err(ModelError::ContextFull { needed, context }) } else { Ok(bytes) }
}

#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    message: Option<Part>,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: u64,
    #[serde(default)]
    eval_count: u64,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    content: String,
    #[serde(default)]
    thinking: String,
    #[serde(default)]
    tool_calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
struct Call {
    function: Function,
}

#[derive(Debug, Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    arguments: Value,
}

/// An answer in the making.
#[derive(Debug, Default)]
pub(super) struct Answer {
    reply: Reply,
    place: usize,
}

impl Answer {
    /// One to a request of so many messages: that makes the ids of calls.
    pub(super) fn new(place: usize) -> Self {
        Self { place, ..Self::default() }
    }

    /// Adds a line; true if it was the last.
    pub(super) fn push(&mut self, text: &str, mut report: impl FnMut(Progress)) -> Result<bool, ModelError> {
        let excerpt = || text.chars().take(200).collect::<String>();
        let line: Line = serde_json::from_str(text).map_err(|error| ModelError::Unreadable(format!("{error} in {:?}", excerpt())))?;
        if let Some(detail) = line.error {
            return Err(ModelError::Server { status: 500, detail, retry_after: None });
        }
        if let Some(part) = line.message {
            if !part.thinking.is_empty() {
                self.reply.reasoning.get_or_insert_default().push_str(&part.thinking);
                report(Progress::Reasoning(part.thinking));
            }
            if !part.content.is_empty() {
                self.reply.content.push_str(&part.content);
                report(Progress::Text(part.content));
            }
            for Call { function } in part.tool_calls {
                let id = format!("call_{}_{}", self.place, self.reply.calls.len());
                let (args, problem) = match function.arguments {
                    args @ Value::Object(_) => (args, None),
                    Value::Null => (json!({}), None),
                    other => (json!({}), Some(format!("the arguments must be a JSON object, not {other}"))),
                };
                self.reply.calls.push(ToolCall { id, name: function.name, args, problem, raw: None });
            }
        }
        if line.done {
            self.reply.usage = Usage { prompt: line.prompt_eval_count, completion: line.eval_count, ..Usage::default() };
            self.reply.finish = match line.done_reason.as_deref() {
                Some("length") => FinishReason::Length,
                _ if !self.reply.calls.is_empty() => FinishReason::ToolCalls,
                _ => FinishReason::Stop,
            };
        }
        Ok(line.done)
    }

    pub(super) fn finish(self) -> Reply {
        self.reply
    }
}
