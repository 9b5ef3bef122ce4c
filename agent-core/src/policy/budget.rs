//! Budgets: what a run has used up, and what it can still afford. Pure.
//!
//! The one decision: money is looked at before a call and not after it. What a call may cost at most is known, for the longest reply
//! can be asked for; so a budget is never overrun, and a reply that would be too dear is asked for shorter.

use serde::{Deserialize, Serialize};

use super::Policy;
use crate::model::{ModelInfo, Request};
use crate::run::Run;

/// Bytes of a request for one token at least: English has four, Chinese three.
const BYTES: u64 = 3;

/// Tokens of a reply that are of use.
const SHORTEST: f64 = 256.0;

/// Tokens of a reply at most, where the request does not say.
const LONGEST: f64 = 32_768.0;

/// What a run may use up. `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Budgets {
    /// Replies of a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// Tokens, in and out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// US dollars. A call that could exceed it is not made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Seconds since the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

impl Budgets {
    /// The smaller one of each.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        fn least<T: PartialOrd>(one: Option<T>, other: Option<T>) -> Option<T> {
            match (one, other) {
                (Some(one), Some(other)) => Some(if other < one { other } else { one }),
                (one, other) => one.or(other),
            }
        }
        Self {
            steps: least(self.steps, other.steps),
            tokens: least(self.tokens, other.tokens),
            usd: least(self.usd, other.usd),
            seconds: least(self.seconds, other.seconds),
        }
    }
}

impl Policy {
    /// What each of `parts` child runs may use up, so that together they stay within what the run has left. Time is not divided:
    /// they go on at the same time. Steps are each one's own.
    #[must_use]
    pub fn share(&self, run: &Run, now: i64, parts: usize) -> Budgets {
        let parts = parts.max(1);
        let usage = run.usage();
        let since = run.entries().last().map_or(0, |entry| now.saturating_sub(entry.at));
        let seconds = run.elapsed_ms().saturating_add(since).max(0) as u64 / 1000;
        Budgets {
            steps: self.budgets.steps,
            tokens: self.budgets.tokens.map(|most| most.saturating_sub(usage.prompt + usage.completion) / parts as u64),
            usd: self.budgets.usd.map(|most| (most - run.cost_usd()).max(0.0) / parts as f64),
            seconds: self.budgets.seconds.map(|most| most.saturating_sub(seconds)),
        }
    }

    /// The budget that is used up, with figures, if one is. `now` is in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn exceeded(&self, run: &Run, now: i64) -> Option<String> {
        let usage = run.usage();
        let tokens = usage.prompt + usage.completion;
        let since = run.entries().last().map_or(0, |entry| now.saturating_sub(entry.at));
        let seconds = run.elapsed_ms().saturating_add(since).max(0) as u64 / 1000;
        let Budgets { steps: max_steps, tokens: max_tokens, usd: max_usd, seconds: max_seconds } = self.budgets;
        if let Some(max) = max_steps.filter(|max| run.steps() >= *max) {
            return Some(format!("{} of {max} steps are used", run.steps()));
        }
        if let Some(max) = max_tokens.filter(|max| tokens >= *max) {
            return Some(format!("{tokens} of {max} tokens are used"));
        }
        if let Some(max) = max_usd.filter(|max| run.cost_usd() >= *max) {
            return Some(format!("{:.4} of {max:.4} USD are used", run.cost_usd()));
        }
        max_seconds.filter(|max| seconds >= *max).map(|max| format!("{seconds} of {max} seconds are used"))
    }

    /// The most tokens that the reply to `request` may have, so that the budget holds; none if there is no limit. The error says that
    /// no reply can be afforded. The request counts as not cached, and as long as its bytes allow: what is sure is wanted here.
    pub fn afford(&self, run: &Run, model: &ModelInfo, request: &Request, now: i64) -> Result<Option<u32>, String> {
        let Some((most, price)) = self.budgets.usd.zip(model.price) else { return Ok(None) };
        let factor = model.peak.as_ref().map_or(1.0, |peak| peak.factor_at(now));
        let bytes = serde_json::to_vec(request).map_or(0, |bytes| bytes.len() as u64);
        let asking = (bytes / BYTES) as f64 * price.miss.max(price.hit) * factor / 1e6;
        let left = most - run.cost_usd() - asking;
        let token = price.output * factor / 1e6;
        let wanted = request.max_tokens.map_or(LONGEST, f64::from);
        if token <= 0.0 {
            return if left >= 0.0 { Ok(None) } else { Err(short(run, most, asking)) };
        }
        let affordable = (left / token).floor();
        if affordable < SHORTEST.min(wanted) {
            return Err(short(run, most, asking));
        }
        // A reply that may be as long as it wants anyway is asked for as before: the limit is a part of the request.
        Ok((affordable < wanted || request.max_tokens.is_none()).then_some(affordable.min(wanted) as u32))
    }
}

fn short(run: &Run, most: f64, asking: f64) -> String {
    format!("{:.4} of {most:.4} USD are used, and the next call could cost {asking:.4} and its reply", run.cost_usd())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Message, Price};
    use crate::run::RunId;

    #[test]
    fn a_call_that_could_exceed_the_budget_is_not_afforded() {
        let run = Run::new(RunId::generate());
        let model = ModelInfo { price: Some(Price { hit: 0.003, miss: 0.15, output: 0.60 }), ..ModelInfo::default() };
        let request = |bytes: usize| Request { messages: vec![Message::user("x".repeat(bytes))], ..Request::default() };
        let policy = |usd: Option<f64>| Policy::allow().budgets(Budgets { usd, ..Budgets::default() });
        assert_eq!(policy(None).afford(&run, &model, &request(10), 0), Ok(None));
        assert_eq!(policy(Some(1.0)).afford(&run, &ModelInfo::default(), &request(10), 0), Ok(None), "it costs nothing");
        assert_eq!(policy(Some(1.0)).afford(&run, &model, &request(10), 0), Ok(Some(32_768)));
        // About 100,000 tokens in cost 0.015, so 0.0012 are left for 2,000 out.
        let some = policy(Some(0.0162)).afford(&run, &model, &request(300_000), 0).expect("a short one").expect("a limit");
        assert!((1_500..2_100).contains(&some), "{some}");
        let worst = 300_000.0 / 3.0 * 0.15 / 1e6 + f64::from(some) * 0.60 / 1e6;
        assert!(worst <= 0.0162, "{worst}");
        let none = policy(Some(0.0151)).afford(&run, &model, &request(300_000), 0).expect_err("nothing is left");
        assert!(none.contains("of 0.0151 USD"), "{none}");
    }
}
