//! Models: one trait, with what a model can do and costs as data.
//!
//! A [`Request`] is provider-neutral. It may carry a [`Constraint`], made by the planner from the newest screen: a local model
//! turns it into a grammar and so can't name an element that is not there; a remote one ignores it and the same check is made
//! on arrival.

mod absent;
pub mod compat;
pub mod deepseek;
mod error;
mod grammar;
mod history;
mod image;
#[cfg(feature = "local")]
pub mod local;
mod price;
pub mod protocol;
mod rescue;
mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Context;
pub use absent::NoModel;
pub use error::ModelError;
pub use history::{NOT_CARRIED_OUT, answered};
pub use image::Image;
pub use price::{Peak, Price};

/// A tool as a model is told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name, `[a-zA-Z0-9_-]{1,64}`.
    pub name: String,
    /// What it does, in a sentence or two.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub parameters: Value,
}

/// A call that a model made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id, kept byte for byte.
    pub id: String,
    /// Name of the tool.
    pub name: String,
    /// Its arguments. Always valid JSON here; what could not be read is in [`ToolCall::problem`].
    pub args: Value,
    /// Why the arguments could not be read, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The text of the arguments as it came, where it is not what `args` would be written as. It goes back byte for byte, as long
    /// as it still says what `args` says: a prefix cache matches bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Box<str>>,
}

/// One message of a conversation. History is append-only: providers cache its prefix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// From the person, or from the loop on their behalf.
    User {
        /// Text.
        content: String,
        /// Pictures, shown after the text. Only for a model with [`ModelInfo::vision`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        images: Vec<Image>,
    },
    /// From the model; replayed verbatim.
    Assistant {
        /// Text; empty when there is none.
        content: String,
        /// Its reasoning, where the provider gives and wants it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reasoning: Option<String>,
        /// Its calls.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<ToolCall>,
    },
    /// What came of a call.
    Tool {
        /// The call's id.
        call_id: String,
        /// Text.
        content: String,
    },
}

impl Message {
    /// A message from the person.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self::User { content: content.into(), images: Vec::new() }
    }
}

/// One call that may be made, with the values that some of its arguments may have. An argument that is named has one of them,
/// also an optional one; with an empty list that is left out. One that is not named is free within its schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRule {
    /// Name of the tool.
    pub tool: String,
    /// Allowed values by argument.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub allowed: BTreeMap<String, Vec<Value>>,
}

/// What the next reply may hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// Calls that come first, one each and in this order: what a small model must not forget to decide.
    #[serde(default)]
    pub first: Vec<CallRule>,
    /// The calls that make sense now. A tool may occur in several rules.
    pub calls: Vec<CallRule>,
    /// Names of tools that end a turn: beside those of `first`, such a call is the only one of its reply.
    #[serde(default)]
    pub alone: Vec<String>,
    /// Most calls in one reply.
    pub most_calls: u32,
    /// Most characters of the thought that comes before the calls; 0 is none.
    #[serde(default)]
    pub thought: u32,
    /// What the reply may be instead. So one call can depend on what another said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or: Option<Box<Constraint>>,
}

/// A question to a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// System prompt; fixed for a run.
    pub system: String,
    /// Tools, in a fixed order; fixed for a run.
    pub tools: Vec<ToolSpec>,
    /// The conversation.
    pub messages: Vec<Message>,
    /// What the reply may hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Constraint>,
    /// Most tokens of the reply, reasoning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
}

impl Request {
    /// All pictures, in order.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.messages.iter().flat_map(|message| match message {
            Message::User { images, .. } => images.as_slice(),
            Message::Assistant { .. } | Message::Tool { .. } => &[],
        })
    }

    /// The error that pictures are for a model that sees none.
    pub(crate) fn check_sight(&self, sees: bool) -> Result<(), ModelError> {
        if sees || self.images().next().is_none() {
            return Ok(());
        }
        let problem = "it holds pictures, and the model sees none; leave them out, or use a model that does, such as deepseek-flash";
        Err(ModelError::BadRequest(problem.to_owned()))
    }
}

/// Tokens of one reply. `prompt = cached + the rest`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt: u64,
    /// Of these, found in the provider's or our own prefix cache.
    pub cached: u64,
    /// Tokens of the reply, reasoning included.
    pub completion: u64,
    /// Of these, reasoning.
    pub reasoning: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.prompt += other.prompt;
        self.cached += other.cached;
        self.completion += other.completion;
        self.reasoning += other.reasoning;
    }
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    #[default]
    Stop,
    /// It made calls.
    ToolCalls,
    /// `max_tokens` or the context's end was reached.
    Length,
    /// The provider withheld it.
    ContentFilter,
}

/// A model's answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Text; empty when there is none.
    pub content: String,
    /// Reasoning, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Calls, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// What it took.
    pub usage: Usage,
    /// Why it ended.
    #[serde(default)]
    pub finish: FinishReason,
    /// The form in which the calls came, where they came as text and not as calls: `dsml`, `deepseek-v3`, `json`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescued: Option<String>,
}

impl Reply {
    /// The message to put into the history.
    #[must_use]
    pub fn to_message(&self) -> Message {
        Message::Assistant { content: self.content.clone(), reasoning: self.reasoning.clone(), calls: self.calls.clone() }
    }
}

/// What a model is, can do and costs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Who serves it: `deepseek`, `local`, `openai-compatible`, `scripted`.
    pub provider: String,
    /// Its id there.
    pub id: String,
    /// Tokens of request and reply together.
    pub context: u32,
    /// Whether it follows a [`Constraint`] by construction.
    pub constrained: bool,
    /// Whether it is small: it gets the short form of prompts.
    pub small: bool,
    /// Whether it sees pictures.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vision: bool,
    /// USD per million tokens, outside of peak hours; none for a model that costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Since when it costs that, as `YYYY-MM-DD`, where a price list says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced: Option<String>,
    /// When it costs more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<Peak>,
}

impl ModelInfo {
    /// What a reply costs, in USD, that was asked for at `asked_at`: milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn cost(&self, usage: &Usage, asked_at: i64) -> f64 {
        let factor = self.peak.as_ref().map_or(1.0, |peak| peak.factor_at(asked_at));
        self.price.map_or(0.0, |price| price.cost(usage) * factor)
    }
}

/// A model, wherever it runs.
#[async_trait]
pub trait Model: Send + Sync + std::fmt::Debug {
    /// What it is. Fixed for its life.
    fn info(&self) -> &ModelInfo;

    /// Asks it. Ends by the context's deadline; dropping the future stops the work within about three seconds.
    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError>;
}

#[async_trait]
impl<M: Model + ?Sized> Model for std::sync::Arc<M> {
    fn info(&self) -> &ModelInfo {
        (**self).info()
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        (**self).complete(cx, request).await
    }
}
