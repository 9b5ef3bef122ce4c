//! What is fixed for all requests of a run: how the model thinks, and how it is billed.
//!
//! These are settings of a model and never of a request: each is rendered before the conversation, so changing one in the middle
//! of a run would lose the provider's prefix cache (and, with thinking, break the history that it was made with).

use serde::{Deserialize, Serialize};

/// How much a model thinks before it answers. DeepSeek's names; `high` is what it does if nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Little.
    Low,
    /// As usual.
    High,
    /// More.
    XHigh,
    /// As much as it wants.
    Max,
}

impl Effort {
    /// Its name in a request.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }
}

/// The settings of one model.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::model) struct Settings {
    /// Whether it thinks; not said where the server does not know the parameter.
    pub(in crate::model) thinking: Option<bool>,
    /// How much; only while thinking.
    pub(in crate::model) effort: Option<Effort>,
    /// From 0 to 2; only while not thinking, it is ignored else.
    pub(in crate::model) temperature: Option<f32>,
    /// Whether tools are strict, all of them.
    pub(in crate::model) strict: bool,
    /// Whether the answer is to be a JSON object.
    pub(in crate::model) json: bool,
    /// Whose cache it is.
    pub(in crate::model) user_id: Option<String>,
    /// Whether the model sees pictures.
    pub(in crate::model) vision: bool,
}

/// The settings that every remote model has; for use within its `impl` block. It needs the fields `wire` and `info`.
macro_rules! shared_settings {
    () => {
        /// What its tokens cost, at all hours.
        #[must_use]
        pub fn price(mut self, price: $crate::model::Price) -> Self {
            self.info.price = Some(price);
            self.info.peak = None;
            self
        }

        /// Hours at which it costs more. After [`Self::price`].
        #[must_use]
        pub fn peak(mut self, peak: $crate::model::Peak) -> Self {
            self.info.peak = Some(peak);
            self
        }

        /// Whether it sees pictures.
        #[must_use]
        pub fn vision(mut self, sees: bool) -> Self {
            self.info.vision = sees;
            self.wire.settings.vision = sees;
            self
        }

        /// The address of an HTTP proxy. Without one none is used, whatever the environment says.
        #[must_use]
        pub fn proxy(mut self, url: impl Into<String>) -> Self {
            self.wire.proxy = Some(url.into());
            self
        }
    };
}
pub(in crate::model) use shared_settings;
