//! DeepSeek's own API. Facts of it are as of November 2026.
//!
//! ```
//! use handiwork_core::model::Model as _;
//! use handiwork_core::model::deepseek::DeepSeek;
//!
//! let remote = DeepSeek::from_key("sk-…").model("deepseek-v4-pro").thinking(false);
//! assert_eq!(remote.info().context, 1_000_000);
//! ```

mod price;

#[cfg(test)]
mod tests;

use async_trait::async_trait;

use super::compat::Dialect;
use super::wire::Wire;
use super::{Model, ModelError, ModelInfo, Price, Reply, Request};
use crate::context::Context;
pub use price::{DEFAULT_MODEL, PRICES, PRICES_AS_OF, price_of};

/// DeepSeek's context, in tokens.
const CONTEXT: u32 = 1_000_000;

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
