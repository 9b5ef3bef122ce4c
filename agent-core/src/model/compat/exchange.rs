//! One question to a model: the form that a reply must have, the route that it takes, and tools by prompt.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::ollama::{Answer, Measured, Settings};
use super::{Form, OpenAiCompat, Route, ollama, prompted, schema};
use crate::context::Context;
use crate::model::{Model, ModelError, ModelInfo, Reply, Request, grammar, rescue};

impl OpenAiCompat {
    /// Asks by prompt: the request in plain turns, the reply's text read as calls.
    pub(super) async fn by_prompt(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        let form = if self.thinks() { None } else { form(self.wire.dialect.form, request)? };
        let reply = self.exchange(cx, &prompted::request(request, form.is_some()), form).await?;
        // What comes beside the text is no thought of the protocol. From now on it is left to think, and sees none of it again.
        let beside = reply.reasoning.as_ref().is_some_and(|reasoning| !reasoning.is_empty());
        self.thought.fetch_or(beside, Ordering::Relaxed);
        Ok(prompted::reply(reply, request))
    }

    /// Asks by the route of the dialect. `form` has the fields that say what the reply may be.
    pub(super) async fn exchange(&self, cx: &Context, request: &Request, form: Option<Map<String, Value>>) -> Result<Reply, ModelError> {
        let greedy = form.is_some();
        let mut more = form.unwrap_or_default();
        match self.wire.dialect.route {
            Route::Completions => {
                if greedy {
                    more.insert("temperature".to_owned(), 0.into());
                }
                self.wire.complete_with(cx, &self.info.id, request, more).await
            }
            Route::OllamaChat => self.ollama(cx, request, more, greedy).await,
        }
    }

    async fn ollama(&self, cx: &Context, request: &Request, form: Map<String, Value>, greedy: bool) -> Result<Reply, ModelError> {
        // A model that doesn't think is refused when it is told not to.
        let think = self.wire.settings.thinking.filter(|_| self.known.thinks == Some(true));
        let body = ollama::body(&self.info.id, request, Settings { context: self.info.context, think, greedy }, form);
        let earlier = *self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = ollama::check_length(&body, request, self.info.context, earlier)?;
        let mut answer = Answer::new(request.messages.len());
        self.wire.lines(cx, "/api/chat", &self.info.id, &body, |line| answer.push(line, |progress| cx.report(progress))).await?;
        let reply = answer.finish();
        *self.measured.lock().unwrap_or_else(PoisonError::into_inner) = Measured { bytes, tokens: reply.usage.prompt as usize };
        Ok(rescue::settle(reply, request))
    }
}

/// The fields of a body that hold a reply to `request` to its form; `None` where the server can't be told.
fn form(form: Form, request: &Request) -> Result<Option<Map<String, Value>>, ModelError> {
    let one = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    Ok(match form {
        Form::Free => None,
        Form::Grammar(field) => grammar::of(request, false)?.map(|text| one(field, text.into())),
        Form::Schema(path) => schema::of(request).and_then(|schema| {
            let (first, inner) = path.split_first()?;
            let value = inner.iter().rev().fold(schema, |value, name| Value::Object(one(name, value)));
            Some(one(first, value))
        }),
        Form::ResponseFormat => schema::of(request).map(|schema| {
            let format = json!({ "type": "json_schema", "json_schema": { "name": "reply", "strict": true, "schema": schema } });
            one("response_format", format)
        }),
    })
}

/// Any model, asked by prompt instead of natively. So one task can be run both ways.
#[derive(Debug)]
pub struct Prompted {
    inner: Arc<dyn Model>,
    info: ModelInfo,
}

impl Prompted {
    /// Asks `inner` by prompt.
    #[must_use]
    pub fn new(inner: Arc<dyn Model>) -> Self {
        // Turns made by prompt are text, so it is shown no pictures.
        let info = ModelInfo { vision: false, ..inner.info().clone() };
        Self { inner, info }
    }
}

#[async_trait]
impl Model for Prompted {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        request.check_sight(false)?;
        let rendered = prompted::request(request, false);
        let reply = self.inner.complete(cx, &rendered).await?;
        // A model of the user's own may leave its thought in the text.
        Ok(prompted::reply(rescue::settle(reply, &rendered), request))
    }
}
