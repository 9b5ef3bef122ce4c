//! What can go wrong with a model, by what can be done about it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why there is no reply. It can be written to a cassette, and is the same when it is read back.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelError {
    /// The request breaks a rule of the provider; sending it again would fail again.
    #[error("the request is not acceptable: {0}")]
    BadRequest(String),
    /// The key is missing or wrong.
    #[error("the key was refused: {0}; check the key, then run again")]
    Unauthorized(String),
    /// The account is empty.
    #[error("the account has no balance: {0}; top it up, or use a local model (--model local)")]
    NoBalance(String),
    /// No such model there.
    #[error("no such model: {0}")]
    NoSuchModel(String),
    /// Too many requests.
    #[error("the provider asks to slow down: {detail}; run again later, or ask fewer things at once")]
    RateLimited {
        /// What it said.
        detail: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The provider has trouble.
    #[error("the provider has trouble (status {status}): {detail}; run again later")]
    Server {
        /// HTTP status.
        status: u16,
        /// What it said.
        detail: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// It can't be reached.
    #[error("{url} can't be reached: {detail}; check the network, or use a local model (--model local)")]
    Unreachable {
        /// Where.
        url: String,
        /// What went wrong.
        detail: String,
    },
    /// The reply broke off, or nothing came of it for too long. What had come of it is discarded whole.
    #[error("the reply broke off: {0}; run again")]
    Truncated(String),
    /// The reply can't be read: it is no JSON, no UTF-8, out of order or too long. Not transient: what answers so is no server of
    /// the protocol, or something between changes what it says.
    #[error("the reply can't be read: {0}; check the address, and what stands between")]
    Unreadable(String),
    /// The deadline passed. Not transient: there is no time left to ask again in.
    #[error("no reply within {0} s; allow more time, or ask for less")]
    TimedOut(u64),
    /// It failed again and again, and is not asked for a while.
    #[error("the model failed {failures} times in a row ({last}) and is not asked for {seconds} s; run again then, or name another one")]
    CircuitOpen {
        /// Failures in a row.
        failures: u32,
        /// The last one.
        last: String,
        /// How long it is still left alone.
        seconds: u64,
    },
    /// The conversation is longer than the model's context.
    #[error("the conversation has {needed} tokens, the model's context {context}; use a model with a larger context, or a smaller task")]
    ContextFull {
        /// Tokens needed.
        needed: usize,
        /// Tokens there are.
        context: usize,
    },
    /// A local model could not be loaded or run.
    #[error("{problem}; {hint}")]
    Local {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: String,
    },
    /// A cassette can't be written, or does not hold what was asked.
    #[error("{problem}; {hint}")]
    Cassette {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: String,
    },
}

impl ModelError {
    /// The same, with what others said put through `change`.
    pub(crate) fn map_words(mut self, change: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::BadRequest(words)
            | Self::Unauthorized(words)
            | Self::NoBalance(words)
            | Self::NoSuchModel(words)
            | Self::Truncated(words)
            | Self::Unreadable(words)
            | Self::RateLimited { detail: words, .. }
            | Self::Server { detail: words, .. }
            | Self::Unreachable { detail: words, .. }
            | Self::CircuitOpen { last: words, .. } => *words = change(words),
            Self::TimedOut(_) | Self::ContextFull { .. } | Self::Local { .. } | Self::Cassette { .. } => {}
        }
        self
    }

    /// Whether the same request may succeed later: statuses 429, 500, 502, 503, 504, and whatever broke the exchange itself.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Unreachable { .. } | Self::Truncated(_) => true,
            Self::Server { status, .. } => matches!(status, 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// How long the provider asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
