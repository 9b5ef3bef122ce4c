//! What comes of a run: the run itself, its result, or its result as a value of a type.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{AgentError, RunBuilder};
use crate::event::Outcome;
use crate::run::{Run, Status};

/// A run that has come to rest.
#[derive(Debug, Clone)]
pub struct Finished {
    /// All of it.
    pub run: Run,
}

impl Finished {
    /// The result, or why there is none.
    pub fn outcome(self) -> Result<(String, Option<Value>), AgentError> {
        match self.run.status() {
            Status::Ended(Outcome::Done { text, value }) => Ok((text.clone(), value.clone())),
            Status::Ended(outcome) => Err(AgentError::NotDone(outcome.clone())),
            Status::Waiting { question } => Err(AgentError::Waiting { question: question.to_owned(), run: Box::new(self.run) }),
            Status::Running => Err(AgentError::NotDone(Outcome::Failed { reason: "the run was stopped".to_owned() })),
        }
    }
}

/// A run whose result has a type.
#[derive(Debug)]
pub struct TypedRun<T> {
    pub(super) run: RunBuilder,
    pub(super) result: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + Send + 'static> IntoFuture for TypedRun<T> {
    type Output = Result<T, AgentError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (_, value) = self.run.finish().await?.outcome()?;
            Ok(serde_json::from_value(value.unwrap_or(Value::Null))?)
        })
    }
}
