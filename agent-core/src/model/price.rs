//! What tokens cost, and when they cost more. Pure: the time is that of the event that asked.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
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

/// Hours at which a provider asks for more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// What prices are multiplied by then.
    pub factor: f64,
    /// Days of the week in UTC, Monday is 1.
    pub days: Cow<'static, [i8]>,
    /// Spans of hours of these days in UTC: from the first, and before the second.
    pub hours: Cow<'static, [(i8, i8)]>,
}

impl Peak {
    /// What prices are multiplied by at a time in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn factor_at(&self, at: i64) -> f64 {
        let Ok(at) = Timestamp::from_millisecond(at) else { return 1.0 };
        let at = at.to_zoned(TimeZone::UTC);
        let on_day = self.days.contains(&at.weekday().to_monday_one_offset());
        let in_hours = self.hours.iter().any(|(from, before)| (*from..*before).contains(&at.hour()));
        if on_day && in_hours { self.factor } else { 1.0 }
    }
}
