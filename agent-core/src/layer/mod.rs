//! Layers wrap the asking of a model: retry, tracing, recording. They decide nothing about the run.
//!
//! The shape is that of middleware: a layer is given the request and what comes next, and may do something before, after or
//! instead. Layers are applied from the outside in, in the order in which they are added.

mod circuit;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use tracing::Instrument;

use crate::context::{Context, Progress};
use crate::model::{Model, ModelError, ModelInfo, Reply, Request};

pub use circuit::Circuit;

/// Something around a model.
#[async_trait]
pub trait Layer: Send + Sync + std::fmt::Debug {
    /// Handles `request`, usually by asking `next`.
    async fn complete(&self, cx: &Context, request: &Request, next: &dyn Model) -> Result<Reply, ModelError>;
}

/// A model with a layer around it.
#[derive(Debug)]
pub struct Layered {
    inner: Arc<dyn Model>,
    layer: Arc<dyn Layer>,
}

impl Layered {
    /// Puts `layer` around `inner`.
    pub fn new(inner: Arc<dyn Model>, layer: Arc<dyn Layer>) -> Self {
        Self { inner, layer }
    }
}

#[async_trait]
impl Model for Layered {
    fn info(&self) -> &ModelInfo {
        self.inner.info()
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        self.layer.complete(cx, request, &*self.inner).await
    }
}

/// Asks again after a transient failure ([`ModelError::is_transient`]), with growing pauses and jitter. Where the provider says how
/// long to wait, the pause comes on top of that. A pause that would outlast the deadline is not begun; the failure is then the
/// answer.
///
/// A reply is used whole or not at all, so asking again never doubles one. What came of a reply that broke off is discarded with
/// its usage: a run's cost counts replies only. The provider may still bill what it had read and written by then; its own invoice
/// can therefore be a little higher than a run's cost after failures, never lower.
#[derive(Debug, Clone)]
pub struct Retry {
    /// How often to ask again.
    pub times: usize,
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { times: 4, first: Duration::from_millis(500), longest: Duration::from_secs(30) }
    }
}

#[async_trait]
impl Layer for Retry {
    async fn complete(&self, cx: &Context, request: &Request, next: &dyn Model) -> Result<Reply, ModelError> {
        let pauses =
            ExponentialBuilder::default().with_min_delay(self.first).with_max_delay(self.longest).with_max_times(self.times).with_jitter();
        let left = || cx.left(Duration::MAX);
        (|| next.complete(cx, request))
            .retry(pauses)
            .when(ModelError::is_transient)
            .adjust(|error, pause| {
                pause.map(|pause| error.retry_after().unwrap_or_default().saturating_add(pause)).filter(|pause| *pause < left())
            })
            .notify(|error, pause| cx.report(Progress::Waiting(format!("{error}; asking again in {:.1} s", pause.as_secs_f64()))))
            .await
    }
}

/// Opens a tracing span around each question and says how it went. No text of it is logged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trace;

#[async_trait]
impl Layer for Trace {
    async fn complete(&self, cx: &Context, request: &Request, next: &dyn Model) -> Result<Reply, ModelError> {
        let info = next.info();
        let span = tracing::debug_span!("model", provider = %info.provider, id = %info.id, messages = request.messages.len());
        async {
            let reply = next.complete(cx, request).await;
            match &reply {
                Ok(reply) => tracing::debug!(
                    prompt = reply.usage.prompt,
                    cached = reply.usage.cached,
                    completion = reply.usage.completion,
                    "replied"
                ),
                Err(error) => tracing::warn!(%error, "failed"),
            }
            reply
        }
        .instrument(span)
        .await
    }
}
