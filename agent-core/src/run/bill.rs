//! What a run has cost, by model: a fold over replies, and over the choices of who was asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::model::Usage;

use super::Run;

/// What one model took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// Replies.
    pub replies: u32,
    /// Tokens: asked, of these found in a cache, replied, of these reasoning.
    pub usage: Usage,
    /// US dollars, at the prices of the time of each request.
    pub usd: f64,
}

impl Run {
    /// What each model took, by its id, child runs included.
    #[must_use]
    pub fn bills(&self) -> BTreeMap<String, Bill> {
        let mut bills: BTreeMap<String, Bill> = BTreeMap::new();
        let primary = self.started().map(|started| started.model.id.as_str()).unwrap_or_default();
        let (mut routed, mut fallen) = (primary, None);
        for event in self.events() {
            match event {
                Event::Routed { to, .. } => routed = to,
                Event::Asked { .. } => fallen = None,
                Event::FellBack { to, .. } => fallen = Some(to.as_str()),
                Event::Replied { reply, cost_usd, .. } => {
                    let bill = bills.entry(fallen.unwrap_or(routed).to_owned()).or_default();
                    bill.replies += 1;
                    bill.usage += reply.usage;
                    bill.usd += cost_usd;
                }
                Event::Returned(returned) => {
                    for (id, theirs) in &returned.bills {
                        let bill = bills.entry(id.clone()).or_default();
                        bill.replies += theirs.replies;
                        bill.usage += theirs.usage;
                        bill.usd += theirs.usd;
                    }
                }
                _ => {}
            }
        }
        bills
    }

    /// The model that requests go to, if one was chosen.
    #[must_use]
    pub fn routed(&self) -> Option<&str> {
        self.events().rev().find_map(|event| match event {
            Event::Routed { to, .. } => Some(to.as_str()),
            _ => None,
        })
    }

    /// The same run as if it had been begun with this model.
    #[must_use]
    pub fn as_if(&self, model: crate::model::ModelInfo) -> Self {
        let mut run = self.clone();
        if let Some(Event::Started(started)) = run.entries.first_mut().map(|entry| &mut entry.event) {
            started.model = model;
        }
        run
    }
}
