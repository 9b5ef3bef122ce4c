//! Models that run in this process: GGUF files, by llama.cpp.
//!
//! The one decision: a local model is not asked to keep to a protocol, it can't do otherwise. The request's constraint becomes
//! a [grammar], so a reply is always calls that can be made on elements that are there; its text is read and written by
//! [`super::protocol`]. One thread owns the engine ([worker]), the KV cache is kept across requests ([session]), and several
//! conversations share the weights ([slots]).

mod cores;
mod draft;
mod gguf;
mod memory;
mod pace;
mod sample;
mod session;
mod slots;
mod template;
#[cfg(test)]
mod tests;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

pub use self::memory::MemoryEstimate;
use super::protocol::{Turn, fold, parse_reply};
use super::{FinishReason, Message, Model, ModelError, ModelInfo, Reply, Request, ToolCall, grammar};
use crate::context::Context;
use crate::screen::hex;
use worker::{Job, Worker};

/// Most tokens of a reply when the request does not say.
const MOST_TOKENS: u32 = 512;
/// Longest time for one reply when the context does not say.
const LONGEST: Duration = Duration::from_mins(30);
/// Models with fewer parameters get the short form of prompts.
const SMALL: u64 = 8_000_000_000;

/// Which model, and how to run it.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalConfig {
    /// The GGUF file.
    pub path: PathBuf,
    /// The name to report it under, as in the catalogue.
    pub id: String,
    /// Tokens of request and reply together, for each conversation; at most what the model was trained for.
    pub context: u32,
    /// How many conversations are kept at a time; one more drives out the one that rested longest.
    pub conversations: usize,
    /// Threads; one for each physical core unless given.
    pub threads: Option<usize>,
    /// Layers to put on a graphics card, where the engine was built for one.
    pub gpu_layers: u32,
    /// 0 always takes the likeliest token and is deterministic.
    pub temperature: f32,
    /// Seed, for a temperature above 0.
    pub seed: u32,
    /// Most tokens of free thought before each reply, for models whose template knows `<think>` (the DeepSeek R1 distills,
    /// QwQ). `None` closes the block of thought at once.
    pub thinking: Option<u32>,
    /// A chat template (Jinja) to use instead of the file's own.
    pub template: Option<String>,
    /// Loads the model although it does not seem to fit the memory.
    pub force: bool,
}

impl Default for LocalConfig {
    /// No model yet; 16,384 tokens, deterministic.
    fn default() -> Self {
        Self {
            path: PathBuf::new(),
            id: String::new(),
            context: 16_384,
            conversations: 1,
            threads: None,
            gpu_layers: 0,
            temperature: 0.0,
            seed: 0,
            thinking: None,
            template: None,
            force: false,
        }
    }
}

impl LocalConfig {
    /// The model in `path`, reported as `id`, with the defaults.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, id: impl Into<String>) -> Self {
        Self { path: path.into(), id: id.into(), ..Self::default() }
    }
}

/// A model in this process. A clone is the same model: two agents with one each share its weights, and keep a conversation each
/// if [`LocalConfig::conversations`] says so.
#[derive(Debug, Clone)]
pub struct LocalModel {
    info: Arc<ModelInfo>,
    worker: Arc<Worker>,
    evaluated: Arc<AtomicU64>,
    thinks: bool,
}

impl LocalModel {
    /// Loads a model; takes from a tenth of a second to a few seconds and blocks the thread meanwhile. Refuses one that does
    /// not fit the memory that is free, unless forced.
    pub fn load(config: LocalConfig) -> Result<Self, ModelError> {
        let evaluated = Arc::new(AtomicU64::new(0));
        let id = config.id.clone();
        let (worker, facts) = Worker::start(config, Arc::clone(&evaluated))?;
        let info = ModelInfo {
            provider: "local".to_owned(),
            id,
            context: facts.context,
            constrained: true,
            small: facts.parameters < SMALL,
            ..ModelInfo::default()
        };
        Ok(Self { info: Arc::new(info), worker: Arc::new(worker), evaluated, thinks: facts.thinks })
    }

    /// How much memory a model would take, by what its file says; loads nothing.
    pub fn estimate(config: &LocalConfig) -> Result<MemoryEstimate, ModelError> {
        let outline = gguf::check(&config.path).map_err(|why| unusable(config, &why))?;
        Ok(MemoryEstimate::of(&outline, config))
    }

    /// How many tokens the engine has evaluated since the model was loaded, read and written ones together.
    #[must_use]
    pub fn evaluated_tokens(&self) -> u64 {
        self.evaluated.load(Ordering::Relaxed)
    }
}

impl LocalModel {
    /// The conversation for the template. Free thought is not part of it: such models don't get their earlier thoughts back.
    fn turns(&self, request: &Request) -> Vec<Turn> {
        if !self.thinks {
            return fold(request);
        }
        let mut request = request.clone();
        for message in &mut request.messages {
            if let Message::Assistant { reasoning, .. } = message {
                *reasoning = None;
            }
        }
        fold(&request)
    }
}

#[async_trait]
impl Model for LocalModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        let most_tokens = request.max_tokens.unwrap_or(MOST_TOKENS).max(1) as usize;
        let limit = cx.left(LONGEST);
        let (answer, answered) = oneshot::channel();
        let turns = self.turns(request);
        if turns.is_empty() {
            return Err(ModelError::BadRequest("the request is empty".to_owned()));
        }
        let job = Job { turns, grammar: grammar::of(request, self.thinks)?, most_tokens, cx: cx.clone(), answer };
        if !self.worker.send(job) {
            return Err(gone());
        }
        let made = match tokio::time::timeout(limit, answered).await {
            Ok(Ok(made)) => made?,
            Ok(Err(_)) => return Err(gone()),
            Err(_) => return Err(ModelError::TimedOut(limit.as_secs())),
        };
        let text = String::from_utf8_lossy(&made.bytes).into_owned();
        let parsed = parse_reply(&text, &request.tools);
        let thought = String::from_utf8_lossy(&made.thought).trim().to_owned();
        let reasoning = if thought.is_empty() { parsed.thought } else { Some(thought) };
        let mut reply =
            Reply { content: parsed.rest, reasoning, calls: parsed.calls, usage: made.usage, finish: made.finish, rescued: None };
        if reply.finish == FinishReason::Stop && !reply.calls.is_empty() {
            reply.finish = FinishReason::ToolCalls;
        }
        name_calls(&mut reply.calls, request, &text);
        Ok(reply)
    }
}

/// Gives calls ids that don't depend on this process, so that they stay unique in a run that is continued by another one.
fn name_calls(calls: &mut [ToolCall], request: &Request, text: &str) {
    let mut hash = Sha256::new();
    hash.update(request.messages.len().to_le_bytes());
    hash.update(serde_json::to_string(&request.messages).unwrap_or_default());
    hash.update(text);
    let digest: String = hex(&hash.finalize()).chars().take(12).collect();
    for (index, call) in calls.iter_mut().enumerate() {
        call.id = format!("local-{digest}-{index}");
        if call.args.is_null() && call.problem.is_none() {
            call.args = Value::Object(serde_json::Map::new());
        }
    }
}

/// The engine failed in a way that is nobody's fault outside.
fn broken(problem: String) -> ModelError {
    ModelError::Local { problem, hint: "run again; if it stays, try another model".to_owned() }
}

fn gone() -> ModelError {
    broken("the local model's thread has ended".to_owned())
}

/// The file is of no use.
fn unusable(config: &LocalConfig, why: &str) -> ModelError {
    ModelError::Local {
        problem: format!("the model {} {why}", config.path.display()),
        hint: format!("fetch it with `handiwork model pull {}`", config.id),
    }
}
