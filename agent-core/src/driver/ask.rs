//! The asking of a model, and of the next one when it fails.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::{Driver, GRACE, Parts, pictures};
use crate::clock::now_ms;
use crate::event::{Event, Outcome, Part};
use crate::journal::JournalError;
use crate::model::{Model, ModelError, Reply, Request};
use crate::screen::hex;

impl Driver {
    pub(super) async fn ask(&mut self, role: String, request: &Request) -> Result<(), JournalError> {
        if let Some(what) = self.policy().exceeded(&self.run, now_ms()) {
            return self.emit(Event::Ended { outcome: Outcome::BudgetExceeded { what } }).await;
        }
        let parts = Arc::clone(&self.parts);
        let Some(mut model) = self.chosen(&parts) else {
            let error = format!("requests are to go to {}, which this agent does not have", self.run.routed().unwrap_or_default());
            return self.broken(Part::Model, &error).await;
        };
        let request = match self.affordable(&**model, request) {
            Ok(request) => request,
            Err(what) => return self.emit(Event::Ended { outcome: Outcome::BudgetExceeded { what } }).await,
        };
        let request = &*request;
        let bytes = serde_json::to_vec(request).unwrap_or_default();
        self.emit(Event::Asked { role: role.clone(), request_hash: hex(&Sha256::digest(&bytes)) }).await?;
        let loaded = pictures::load(&*self.parts.journal, request).await?;
        let request = loaded.as_ref().unwrap_or(request);
        let asked_at = self.run.entries().last().map_or(0, |asked| asked.at);
        let began = Instant::now();
        // Others stand in for the first one only: what was sent elsewhere on purpose is not sent on.
        let is_first = Arc::ptr_eq(model, &parts.model);
        let mut others = parts.fallbacks.iter().filter(|_| is_first);
        loop {
            let affordable = match self.affordable(&**model, request) {
                Ok(affordable) => affordable,
                Err(what) => return self.emit(Event::Ended { outcome: Outcome::BudgetExceeded { what } }).await,
            };
            match self.answer_of(&**model, &affordable).await {
                Ok(reply) => {
                    // A reply is billed at the price of the time at which it was asked for.
                    let cost_usd = model.info().cost(&reply.usage, asked_at);
                    return self.emit(Event::Replied { role, reply, cost_usd, millis: began.elapsed().as_millis() as u64 }).await;
                }
                Err(error) => match others.next() {
                    // What is wrong with the request would be wrong for another model too.
                    Some(other) if !matches!(error, ModelError::BadRequest(_)) => {
                        let (from, to) = (model.info().id.clone(), other.info().id.clone());
                        self.emit(Event::FellBack { from, to, why: error.to_string() }).await?;
                        model = other;
                    }
                    _ => return self.broken(Part::Model, &error).await,
                },
            }
        }
    }

    /// The model that requests go to.
    fn chosen<'a>(&self, parts: &'a Parts) -> Option<&'a Arc<dyn Model>> {
        let Some(to) = self.run.routed() else { return Some(&parts.model) };
        std::iter::once(&parts.model).chain(&parts.others).find(|model| model.info().id == to)
    }

    /// The request, with a reply so short that the budget holds. The error says that there is none.
    fn affordable<'a>(&self, model: &dyn Model, request: &'a Request) -> Result<Cow<'a, Request>, String> {
        let most = self.policy().afford(&self.run, model.info(), request, now_ms())?;
        Ok(match most {
            Some(most) if request.max_tokens != Some(most) => Cow::Owned(Request { max_tokens: Some(most), ..request.clone() }),
            _ => Cow::Borrowed(request),
        })
    }

    async fn answer_of(&self, model: &dyn Model, request: &Request) -> Result<Reply, ModelError> {
        let cx = self.cx.clone().within(self.parts.limits.model);
        // Models keep the context's deadline; this is for one that does not.
        let asking = async {
            request.check_sight(model.info().vision)?;
            model.complete(&cx, request).await
        };
        let answered = tokio::time::timeout(self.parts.limits.model + GRACE, asking).await;
        answered.unwrap_or_else(|_| Err(ModelError::TimedOut(self.parts.limits.model.as_secs())))
    }
}
