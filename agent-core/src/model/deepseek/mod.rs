//! DeepSeek's own API. Facts of it are as of November 2026.
//!
//! What is set here is fixed when a run begins, and is never in a request: thinking, effort, tools and the rest are rendered before
//! the conversation, so that changing one would lose the provider's prefix cache. `tool_choice` is never sent: while a model thinks
//! it is refused.
//!
//! ```
//! use handiwork_core::model::Model as _;
//! use handiwork_core::model::deepseek::{DeepSeek, Effort};
//!
//! let remote = DeepSeek::from_key("sk-…").model("deepseek-v4-pro").effort(Effort::Max);
//! assert_eq!(remote.info().context, 1_000_000);
//! let other = remote.clone().model("deepseek-flash").thinking(false).temperature(0.2);
//! assert!(other.info().vision && !remote.info().vision);
//! ```

mod account;
mod price;
mod slots;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

pub use super::wire::settings::Effort;

use super::compat::{Dialect, Replay};
use super::wire::settings::shared_settings;
use super::wire::{Rules, Wire};
use super::{Model, ModelError, ModelInfo, Reply, Request};
use crate::clock::now_ms;
use crate::context::Context;
pub use account::{Amount, Balance, ModelListing};
pub use price::{CONCURRENCY, DEFAULT_MODEL, PEAK, PRICES, PriceRow, VISION, known_price, price_of};
use slots::Slots;

/// DeepSeek's context, in tokens.
const CONTEXT: u32 = 1_000_000;

/// A model served by DeepSeek. Clones are of the same account: they share its connections and its [`DeepSeek::concurrency`].
#[derive(Debug, Clone)]
pub struct DeepSeek {
    wire: Wire,
    info: ModelInfo,
    slots: Slots,
}

impl DeepSeek {
    /// The default model, with this key.
    #[must_use]
    pub fn from_key(key: impl Into<String>) -> Self {
        let mut wire = Wire::new("https://api.deepseek.com".to_owned(), Some(key.into()), Dialect::DEEPSEEK);
        wire.rules = Rules::DEEPSEEK;
        let info = ModelInfo { provider: "deepseek".to_owned(), context: CONTEXT, ..ModelInfo::default() };
        Self { wire, info, slots: Slots::default() }.model(DEFAULT_MODEL).thinking(true)
    }

    /// Another model, by its id there. What is known of it is taken from the tables: its price (see [`price_of`]), whether it sees
    /// pictures ([`VISION`]), whether it is given its reasoning again. Settings that differ from them come after this.
    #[must_use]
    pub fn model(mut self, id: impl Into<String>) -> Self {
        self.info.id = id.into();
        self.wire.dialect.replay = price::replay_of(&self.info.id);
        let sees = VISION.contains(&self.info.id.as_str());
        let price = price_of(&self.info.id, now_ms());
        self.info.priced = price::priced_since(&self.info.id, now_ms());
        self.price(price).peak(PEAK).vision(sees)
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
        self.wire.settings.thinking = Some(on);
        self
    }

    /// How much it thinks; [`Effort::High`] if not said. Nothing while it does not think.
    #[must_use]
    pub fn effort(mut self, effort: Effort) -> Self {
        self.wire.settings.effort = Some(effort);
        self
    }

    /// From 0, always the likeliest word, to 2. Sent only while it does not think; a model that thinks ignores it.
    #[must_use]
    pub fn temperature(mut self, temperature: f32) -> Self {
        self.wire.settings.temperature = Some(temperature);
        self
    }

    /// Whether its calls are held to the tools' schemas by the provider. All tools are then sent in their strict form, to the
    /// provider's `/beta` address; a tool whose schema has no such form (free keys, values of any type) is an error. What may be
    /// left out comes as null, and is left out again before anyone sees it.
    #[must_use]
    pub fn strict(mut self, on: bool) -> Self {
        self.wire.settings.strict = on;
        self
    }

    /// Whether its answers in words are JSON objects. The prompt must say so too, with the word "json". Not with strict tools.
    #[must_use]
    pub fn json(mut self, on: bool) -> Self {
        self.wire.settings.json = on;
        self
    }

    /// On whose behalf it is asked: the provider keeps caches of different users apart.
    #[must_use]
    pub fn user_id(mut self, id: impl Into<String>) -> Self {
        self.wire.settings.user_id = Some(id.into());
        self
    }

    /// Whether it is given its own earlier reasoning, where the table is wrong about it.
    #[must_use]
    pub fn replay(mut self, replay: Replay) -> Self {
        self.wire.dialect.replay = replay;
        self
    }

    /// Most requests that this model and its later clones have under way at once, at least 1. If not said, as many as the provider
    /// allows ([`CONCURRENCY`]), for each model of the account by itself. More wait for their turn within their deadline, and say
    /// so.
    #[must_use]
    pub fn concurrency(mut self, most: usize) -> Self {
        self.slots = Slots::limited(most);
        self
    }

    shared_settings!();
}

#[async_trait]
impl Model for DeepSeek {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        let _slot = self.slots.take(cx, &self.info.id).await?;
        self.wire.complete(cx, &self.info.id, request).await
    }
}
