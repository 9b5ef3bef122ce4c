//! Servers that speak DeepSeek's protocol, which is `OpenAI`'s: Ollama, llama-server, vLLM, `SGLang` and others.
//!
//! How servers differ is a row of a table ([`Dialect`]), never a branch.
//!
//! ```
//! use handiwork_core::model::Model as _;
//! use handiwork_core::model::compat::OpenAiCompat;
//!
//! let nearby = OpenAiCompat::new("http://127.0.0.1:11434/v1", "qwen2.5:7b", None);
//! assert!(nearby.info().price.is_none());
//! ```

mod dialect;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

use super::wire::Wire;
use super::{Model, ModelError, ModelInfo, Price, Reply, Request};
use crate::context::Context;
pub use dialect::{Dialect, Replay};

/// Context that is assumed of another server: a common one, and safe for most.
const COMPAT_CONTEXT: u32 = 32_768;

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
