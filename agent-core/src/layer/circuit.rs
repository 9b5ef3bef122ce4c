//! A circuit that opens when a model fails again and again: then it is not asked for a while, and whoever waits hears so at once.
//!
//! The one decision: only what says that the model can't be had counts. A request that was wrong says nothing of the model, and one
//! good reply closes the circuit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::Layer;
use crate::context::Context;
use crate::model::{Model, ModelError, Reply, Request};

/// Stops asking a model that fails. Shared by all runs of an agent; each model has a circuit of its own.
#[derive(Debug)]
pub struct Circuit {
    /// Failures in a row that open it. Each has been tried again by [`super::Retry`] before it counts.
    pub after: u32,
    /// How long it stays open; then one request is let through to see.
    pub rest: Duration,
    known: Mutex<HashMap<(String, String), Health>>,
}

#[derive(Debug, Default)]
struct Health {
    failures: u32,
    until: Option<Instant>,
    last: String,
}

impl Default for Circuit {
    fn default() -> Self {
        Self::new(3, Duration::from_secs(30))
    }
}

impl Circuit {
    /// One that opens after so many failures, for so long.
    #[must_use]
    pub fn new(after: u32, rest: Duration) -> Self {
        Self { after, rest, known: Mutex::default() }
    }

    fn with<T>(&self, model: &dyn Model, change: impl FnOnce(&mut Health) -> T) -> T {
        let info = model.info();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        change(known.entry((info.provider.clone(), info.id.clone())).or_default())
    }
}

/// Whether a failure says that the model can't be had.
fn is_of_the_model(error: &ModelError) -> bool {
    error.is_transient() || matches!(error, ModelError::TimedOut(_) | ModelError::Unreadable(_))
}

#[async_trait]
impl Layer for Circuit {
    async fn complete(&self, cx: &Context, request: &Request, next: &dyn Model) -> Result<Reply, ModelError> {
        let rest = self.rest;
        let open = self.with(next, |health| {
            let left = health.until?.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // Whoever asks now finds out; those who come meanwhile are not made to wait for it.
                health.until = Some(Instant::now() + rest);
                return None;
            }
            Some(ModelError::CircuitOpen { failures: health.failures, last: health.last.clone(), seconds: left.as_secs() + 1 })
        });
        if let Some(error) = open {
            return Err(error);
        }
        let reply = next.complete(cx, request).await;
        self.with(next, |health| match &reply {
            Ok(_) => *health = Health::default(),
            Err(error) if is_of_the_model(error) => {
                health.failures += 1;
                health.last = error.to_string();
                if health.failures >= self.after {
                    health.until = Some(Instant::now() + rest);
                }
            }
            Err(_) => {}
        });
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ScriptedModel;

    fn down() -> ModelError {
        ModelError::Server { status: 500, detail: "down".to_owned(), retry_after: None }
    }

    #[tokio::test]
    async fn a_model_that_fails_again_and_again_is_left_alone_for_a_while() {
        let circuit = Circuit::new(2, Duration::from_millis(200));
        let model =
            ScriptedModel::new().fails(down()).fails(ModelError::BadRequest("no".to_owned())).fails(down()).fails(down()).says("up");
        let ask = || async { circuit.complete(&Context::default(), &Request::default(), &model).await };
        // The next answer that is the model's own.
        let later = || async {
            loop {
                match ask().await {
                    Err(ModelError::CircuitOpen { .. }) => tokio::task::yield_now().await,
                    other => return other,
                }
            }
        };
        for _ in 0..3 {
            assert!(ask().await.is_err());
        }
        let error = ask().await.expect_err("open");
        assert!(matches!(&error, ModelError::CircuitOpen { failures: 2, .. }) && error.to_string().contains("down"), "{error}");
        assert_eq!(model.requests().len(), 3, "it was not asked");
        assert!(matches!(later().await, Err(ModelError::Server { .. })), "one is let through");
        assert!(matches!(ask().await, Err(ModelError::CircuitOpen { .. })));
        assert_eq!(later().await.expect("a reply").content, "up");
        assert!(matches!(ask().await, Err(ModelError::BadRequest(_))), "closed again: the script is at its end");
    }
}
