//! Servers that speak DeepSeek's protocol, which is `OpenAI`'s: Ollama, llama-server, vLLM, `SGLang`, LM Studio and others.
//!
//! How servers differ is a row of a table ([`Dialect`]), never a branch. What a model can do is asked of its server
//! ([`OpenAiCompat::connect`]). A model without tools is asked by prompt ([`Tools`]), and where the server takes a grammar or a
//! schema, held to it.
//!
//! ```
//! use handiwork_core::model::Model as _;
//! use handiwork_core::model::compat::OpenAiCompat;
//!
//! let nearby = OpenAiCompat::new("http://127.0.0.1:11434/v1", "qwen2.5:7b", None);
//! assert!(nearby.info().price.is_none());
//! ```

mod capabilities;
mod dialect;
mod exchange;
mod facts;
mod ollama;
mod probe;
mod prompted;
mod refusal;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::wire::Wire;
use super::wire::settings::shared_settings;
use super::{Model, ModelError, ModelInfo, Reply, Request};
use crate::context::{Context, Progress};
pub use capabilities::{Capabilities, CapabilityCache};
pub use dialect::{Dialect, Form, Replay, Route};
pub use exchange::Prompted;
pub use facts::{Ask, Fact};
use ollama::Measured;

/// Context that is assumed of another server: a common one, and safe for most.
const COMPAT_CONTEXT: u32 = 32_768;

/// Context that is asked of a server that lets one choose, unless told otherwise: more costs memory there.
const CHOSEN_CONTEXT: u32 = 16_384;

/// How a model is told of tools and makes calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tools {
    /// Natively where the server says that it can, by prompt where it says that it can't or where a small model can be held to a
    /// grammar. Where it says nothing: natively, until it refuses.
    #[default]
    Auto,
    /// Natively; a refusal is an error.
    Native,
    /// By prompt: one JSON object per line.
    Prompted,
}

/// A model on a server that speaks the OpenAI-compatible protocol.
#[derive(Debug)]
pub struct OpenAiCompat {
    wire: Wire,
    info: ModelInfo,
    /// The id as it was given: the cache knows the model by it.
    named: String,
    dialect_given: bool,
    context_given: bool,
    tools: Tools,
    known: Capabilities,
    cache: Arc<CapabilityCache>,
    /// The server has refused tools, so they are not sent again.
    refused: AtomicBool,
    /// It was seen to think, though nobody had said so.
    thought: AtomicBool,
    measured: Mutex<Measured>,
}

impl OpenAiCompat {
    /// The model `id` at `base_url`, the part before `/chat/completions`; most servers want a `/v1` at its end. An empty key is
    /// no key. Nothing is asked yet; see [`OpenAiCompat::probed`].
    #[must_use]
    pub fn new(base_url: impl Into<String>, id: impl Into<String>, key: Option<String>) -> Self {
        let key = key.filter(|key| !key.trim().is_empty());
        let wire = Wire::new(base_url.into(), key, Dialect::GENERIC);
        let named: String = id.into();
        let info =
            ModelInfo { provider: "openai-compatible".to_owned(), id: named.clone(), context: COMPAT_CONTEXT, ..ModelInfo::default() };
        Self {
            wire,
            info,
            named,
            dialect_given: false,
            context_given: false,
            tools: Tools::Auto,
            known: Capabilities::default(),
            cache: Arc::default(),
            refused: AtomicBool::new(false),
            thought: AtomicBool::new(false),
            measured: Mutex::default(),
        }
    }

    /// The same, after asking the server what it is and what the model can do. An empty `id` is the model that the server has.
    /// [`ModelError::Unreachable`] when there is no server; what it doesn't answer is taken as unknown.
    pub async fn connect(base_url: impl Into<String>, id: impl Into<String>, key: Option<String>) -> Result<Self, ModelError> {
        Self::new(base_url, id, key).probed().await
    }

    /// Asks the server, or the cache if that knows. What was said by [`OpenAiCompat::dialect`], [`OpenAiCompat::context`] and
    /// [`OpenAiCompat::tools`] stays.
    pub async fn probed(mut self) -> Result<Self, ModelError> {
        let cached = self.cache.get(self.wire.root(), &self.named);
        let of_cache = cached.and_then(|known| Some((Dialect::named(known.server.as_deref()?)?, known)));
        let given = self.dialect_given.then_some(self.wire.dialect);
        let (dialect, known) = if let Some(known) = of_cache.filter(|(dialect, _)| given.is_none_or(|given| given == *dialect)) {
            known
        } else {
            let (dialect, known) = probe::ask(&self.wire, &self.info.id, given).await?;
            self.cache.put(self.wire.root(), &self.named, &known);
            (dialect, known)
        };
        if known.v1 {
            self.wire.base = format!("{}/v1", self.wire.root());
        }
        self.wire.dialect = dialect;
        dialect.name.clone_into(&mut self.info.provider);
        if self.info.id.is_empty() {
            let id = known.id.clone();
            self.info.id = id.ok_or_else(|| {
                ModelError::NoSuchModel(format!("{} names none by itself; say which one is meant, by its id", self.wire.base))
            })?;
        }
        if !self.context_given {
            let chosen = known.context.or_else(|| known.trained.map(|most| most.min(CHOSEN_CONTEXT)));
            self.info.context = chosen.unwrap_or(if dialect.route == Route::OllamaChat { CHOSEN_CONTEXT } else { COMPAT_CONTEXT });
        } else if let Some(most) = known.trained {
            self.info.context = self.info.context.min(most);
        }
        self.info.small |= known.is_small(&self.info.id);
        if known.vision == Some(true) {
            self = self.vision(true);
        }
        self.known = known;
        self.info.constrained = self.holds_to_grammar();
        // Turns made by prompt are text. (A model that turns out to refuse tools in use is asked without its pictures.)
        if self.is_prompted() {
            self = self.vision(false);
        }
        Ok(self)
    }

    /// How the server differs; [`Dialect::GENERIC`] if not said, or what asking it tells.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.wire.dialect = dialect;
        self.dialect_given = true;
        self
    }

    /// Tokens of request and reply together that the server was started with, or that Ollama is to use. If not said: what the
    /// server says, else 32,768.
    #[must_use]
    pub fn context(mut self, tokens: u32) -> Self {
        self.info.context = tokens;
        self.context_given = true;
        self
    }

    /// How the model is told of tools.
    #[must_use]
    pub fn tools(mut self, tools: Tools) -> Self {
        self.tools = tools;
        self.info.constrained = self.holds_to_grammar();
        self
    }

    /// Where what is known of servers is kept; by default with this model only.
    #[must_use]
    pub fn cache(mut self, cache: Arc<CapabilityCache>) -> Self {
        self.cache = cache;
        self
    }

    /// Whether the model is small: it gets the short form of prompts.
    #[must_use]
    pub fn small(mut self, small: bool) -> Self {
        self.info.small = small;
        self
    }

    /// Whether the model thinks before it answers, where the server can be told so; its own default if not said.
    #[must_use]
    pub fn thinking(mut self, on: bool) -> Self {
        self.wire.settings.thinking = Some(on);
        self
    }

    shared_settings!();

    /// What the server said of the model. Nothing, before [`OpenAiCompat::probed`].
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.known
    }

    /// Whether calls are asked for by prompt.
    fn is_prompted(&self) -> bool {
        match self.tools {
            Tools::Native => false,
            Tools::Prompted => true,
            Tools::Auto => {
                let grammar = matches!(self.wire.dialect.form, Form::Grammar(_)) && !self.thinks();
                self.refused.load(Ordering::Relaxed) || self.known.tools == Some(false) || (grammar && self.info.small)
            }
        }
    }

    /// A form from the first token on leaves no room for a thought, so a model that thinks gets none.
    fn thinks(&self) -> bool {
        self.known.thinks(&self.info.id) || self.thought.load(Ordering::Relaxed)
    }

    fn holds_to_grammar(&self) -> bool {
        self.is_prompted() && !self.thinks() && matches!(self.wire.dialect.form, Form::Grammar(_))
    }
}

#[async_trait]
impl Model for OpenAiCompat {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        request.check_sight(self.info.vision)?;
        let prompted = !request.tools.is_empty() && self.is_prompted();
        let first = if prompted { self.by_prompt(cx, request).await } else { self.exchange(cx, request, None).await };
        let reply = match first {
            Err(error)
                if !prompted && self.tools == Tools::Auto && !request.tools.is_empty() && refusal::of_tools(&self.wire.dialect, &error) =>
            {
                tracing::info!(%error, id = %self.info.id, "the server refuses tools; calls are asked for by prompt from now on");
                cx.report(Progress::Waiting("the model has no tools of its own; asking it by prompt".to_owned()));
                self.refused.store(true, Ordering::Relaxed);
                let known = Capabilities { server: Some(self.wire.dialect.name.to_owned()), tools: Some(false), ..self.known.clone() };
                self.cache.put(self.wire.root(), &self.named, &known);
                self.by_prompt(cx, request).await
            }
            other => other,
        };
        reply.map_err(|error| refusal::typed(&self.wire.dialect, error, self.info.context))
    }
}
