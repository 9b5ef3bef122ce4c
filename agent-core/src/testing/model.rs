//! A model that says what a script says.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use crate::context::Context;
use crate::model::{Model, ModelError, ModelInfo, Reply, Request, ToolCall, Usage};

/// Replies in the order of its script and records the requests. When the script is used up it fails, as a model that is gone.
#[derive(Debug)]
pub struct ScriptedModel {
    info: ModelInfo,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Result<Reply, ModelError>>,
    requests: Vec<Request>,
}

/// A call with an id made of its name; ids that a script leaves equal are told apart by their place.
#[must_use]
pub fn call(name: &str, args: Value) -> ToolCall {
    ToolCall { id: String::new(), name: name.to_owned(), args, problem: None, raw: None }
}

impl ScriptedModel {
    /// A model without anything to say yet.
    #[must_use]
    pub fn new() -> Self {
        let info = ModelInfo { provider: "scripted".to_owned(), id: "scripted".to_owned(), context: 100_000, ..ModelInfo::default() };
        Self { info, state: Mutex::default() }
    }

    /// The same with this description; a price makes budgets testable.
    #[must_use]
    pub fn with_info(mut self, info: ModelInfo) -> Self {
        self.info = info;
        self
    }

    /// Then it makes these calls.
    #[must_use]
    pub fn calls(self, calls: impl IntoIterator<Item = ToolCall>) -> Self {
        let usage = Usage { prompt: 100, cached: 0, completion: 10, reasoning: 0 };
        let calls = calls.into_iter().collect();
        self.then(Ok(Reply { calls, usage, ..Reply::default() }))
    }

    /// Then it says this.
    #[must_use]
    pub fn says(self, text: &str) -> Self {
        let usage = Usage { prompt: 100, cached: 0, completion: 10, reasoning: 0 };
        self.then(Ok(Reply { content: text.to_owned(), usage, ..Reply::default() }))
    }

    /// Then it fails.
    #[must_use]
    pub fn fails(self, error: ModelError) -> Self {
        self.then(Err(error))
    }

    /// Then this comes.
    #[must_use]
    pub fn then(self, result: Result<Reply, ModelError>) -> Self {
        self.locked().script.push_back(result);
        self
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.locked().requests.clone()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ScriptedModel {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Model for ScriptedModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, _: &Context, request: &Request) -> Result<Reply, ModelError> {
        let mut state = self.locked();
        state.requests.push(request.clone());
        let turn = state.requests.len();
        let mut next = state.script.pop_front().unwrap_or_else(|| {
            let detail = format!("the script has no answer to request {turn}");
            Err(ModelError::BadRequest(detail))
        });
        if let Ok(reply) = &mut next {
            for (place, call) in reply.calls.iter_mut().enumerate().filter(|(_, call)| call.id.is_empty()) {
                call.id = format!("call-{turn}-{place}");
            }
        }
        next
    }
}
