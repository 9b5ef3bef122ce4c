//! No model: for what needs none. Whoever asks it is told so.

use async_trait::async_trait;

use super::{Model, ModelError, ModelInfo, Reply, Request};
use crate::context::Context;

/// Stands where a model would, for runs that ask none.
#[derive(Debug, Clone)]
pub struct NoModel(ModelInfo);

impl Default for NoModel {
    fn default() -> Self {
        Self(ModelInfo { provider: "none".to_owned(), id: "none".to_owned(), ..ModelInfo::default() })
    }
}

#[async_trait]
impl Model for NoModel {
    fn info(&self) -> &ModelInfo {
        &self.0
    }

    async fn complete(&self, _: &Context, _: &Request) -> Result<Reply, ModelError> {
        Err(ModelError::BadRequest("this run has no model; give it one".to_owned()))
    }
}
