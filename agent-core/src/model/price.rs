//! What tokens cost.

use serde::{Deserialize, Serialize};

use super::Usage;

/// USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Input found in the provider's cache.
    pub hit: f64,
    /// Other input.
    pub miss: f64,
    /// Output, reasoning included.
    pub output: f64,
}

impl Price {
    /// What `usage` costs, in USD.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> f64 {
        let miss = usage.prompt.saturating_sub(usage.cached) as f64;
        (usage.cached as f64).mul_add(self.hit, miss.mul_add(self.miss, usage.completion as f64 * self.output)) / 1e6
    }
}
