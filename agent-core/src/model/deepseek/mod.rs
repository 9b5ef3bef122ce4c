//! DeepSeek's own API, and servers that speak the same protocol.
//!
//! There is one wire code ([`Wire`]); how servers differ is a row of a table ([`Dialect`]), never a branch. A reply is always
//! streamed and used whole or not at all. Facts of the API are as of November 2026.
//!
//! ```
//! use handiwork_core::model::Model as _;
//! use handiwork_core::model::deepseek::{DeepSeek, OpenAiCompat};
//!
//! let remote = DeepSeek::from_key("sk-…").model("deepseek-v4-pro").thinking(false);
//! assert_eq!(remote.info().context, 1_000_000);
//! let nearby = OpenAiCompat::new("http://127.0.0.1:11434/v1", "qwen2.5:7b", None);
//! assert!(nearby.info().price.is_none());
//! ```

mod dialect;
mod failure;
mod reply;
mod request;
mod sse;
mod wire;

#[cfg(test)]
mod tests;

use async_trait::async_trait;

use super::{Model, ModelError, ModelInfo, Price, Reply, Request};
use crate::context::Context;
pub use dialect::{DEFAULT_MODEL, Dialect, PRICES, PRICES_AS_OF, Replay, price_of};
use wire::Wire;

/// DeepSeek's context, in tokens.
const CONTEXT: u32 = 1_000_000;

/// Context that is assumed of another server: a common one, and safe for most.
const COMPAT_CONTEXT: u32 = 32_768;

/// A model served by DeepSeek. Its settings are fixed when a run begins: changing one would lose the provider's prefix cache.
#[derive(Debug)]
pub struct DeepSeek {
    wire: Wire,
    info: ModelInfo,
}

impl DeepSeek {
    /// The default model, with this key.
    #[must_use]
    pub fn from_key(key: impl Into<String>) -> Self {
        let wire = Wire::new("https://api.deepseek.com".to_owned(), Some(key.into()), Dialect::DEEPSEEK);
        let info = ModelInfo { provider: "deepseek".to_owned(), context: CONTEXT, ..ModelInfo::default() };
        Self { wire, info }.model(DEFAULT_MODEL).thinking(true)
    }

    /// Another model, by its id there. Its price is taken from the table; see [`price_of`].
    #[must_use]
    pub fn model(mut self, id: impl Into<String>) -> Self {
        self.info.id = id.into();
        self.info.price = Some(price_of(&self.info.id));
        self
    }

    /// Another address, without `/chat/completions`.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.wire.base = url.into();
        self
    }

    /// Whether it thinks before it answers. It does by default.
    #[must_use]
    pub fn thinking(mut self, on: bool) -> Self {
        self.wire.thinking = Some(on);
        self
    }

    /// Prices other than the table's.
    #[must_use]
    pub fn price(mut self, price: Price) -> Self {
        self.info.price = Some(price);
        self
    }

    /// The address of an HTTP proxy. Without one none is used, whatever the environment says.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.wire.proxy = Some(url.into());
        self
    }
}

#[async_trait]
impl Model for DeepSeek {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        self.wire.complete(cx, &self.info.id, request).await
    }
}

/// A model on any server that speaks the OpenAI-compatible protocol: Ollama, llama-server, vLLM, `SGLang`.
#[derive(Debug)]
pub struct OpenAiCompat {
    wire: Wire,
    info: ModelInfo,
}

impl OpenAiCompat {
    /// The model `id` at `base_url`, the part before `/chat/completions`; most servers want a `/v1` at its end. An empty key is
    /// no key.
    #[must_use]
    pub fn new(base_url: impl Into<String>, id: impl Into<String>, key: Option<String>) -> Self {
        let key = key.filter(|key| !key.trim().is_empty());
        let wire = Wire::new(base_url.into(), key, Dialect::GENERIC);
        let info = ModelInfo { provider: "openai-compatible".to_owned(), id: id.into(), context: COMPAT_CONTEXT, ..ModelInfo::default() };
        Self { wire, info }
    }

    /// How the server differs; [`Dialect::GENERIC`] if not said.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.wire.dialect = dialect;
        self
    }

    /// Tokens of request and reply together that the server was started with; 32,768 if not said.
    #[must_use]
    pub fn context(mut self, tokens: u32) -> Self {
        self.info.context = tokens;
        self
    }

    /// Whether the model is small: it gets the short form of prompts.
    #[must_use]
    pub fn small(mut self, small: bool) -> Self {
        self.info.small = small;
        self
    }

    /// What its tokens cost; nothing if not said.
    #[must_use]
    pub fn price(mut self, price: Price) -> Self {
        self.info.price = Some(price);
        self
    }

    /// The address of an HTTP proxy. Without one none is used, whatever the environment says.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.wire.proxy = Some(url.into());
        self
    }
}

#[async_trait]
impl Model for OpenAiCompat {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        self.wire.complete(cx, &self.info.id, request).await
    }
}
