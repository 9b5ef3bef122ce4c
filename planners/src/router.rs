//! Router: local and remote models in one run, each request to one of them.
//!
//! What is private stays on this machine: that is decided first, by rules that the person has declared, and nothing overrules it. The
//! one decision: a conversation cannot be divided, so once something private is in it, all that follows stays local too. Only then
//! comes what is difficult (turns without anything new go to the remote model) and what may be spent. Each choice is an event.
//!
//! The planner within does not know of it: it is shown the run as if it had been begun with the model that is chosen.

#[cfg(test)]
mod tests;

use handiwork_core::errand::Errand;
use handiwork_core::model::ModelInfo;
use handiwork_core::secret::origin_of;
use handiwork_core::{Event, Next, Planner, Run};
use serde::{Deserialize, Serialize};

use crate::react::idle_turns;

/// What must not leave this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// Screens of these origins, and facts about them.
    pub origins: Vec<String>,
    /// What these tools return.
    pub tools: Vec<String>,
    /// Whatever has one of these texts in it, whatever the case.
    pub texts: Vec<String>,
}

impl Private {
    /// Why the run holds something private, if it does.
    #[must_use]
    pub fn found(&self, run: &Run) -> Option<String> {
        let is_private = |url: &str| {
            let origin = origin_of(url);
            self.origins.iter().any(|known| origin_of(known) == origin)
        };
        let of = |url: &str| is_private(url).then(|| format!("{} is private", origin_of(url)));
        run.events().find_map(|event| match event {
            Event::Started(started) => started.url.as_deref().and_then(of),
            Event::Observed { screen, .. } => of(&screen.url).or_else(|| screen.tabs.iter().find_map(|tab| of(&tab.url))),
            Event::Recalled { facts, .. } => facts.iter().find_map(|found| {
                let origins = [&found.fact.scope.site, &found.fact.source.origin];
                origins.into_iter().flatten().find_map(|site| of(site))
            }),
            Event::ToolResult { call_id, .. } => {
                let tool = run.call(call_id).map(|call| call.name.as_str()).filter(|name| self.tools.iter().any(|known| known == name))?;
                Some(format!("what {tool} returns is private"))
            }
            _ => None,
        })
    }

    /// Whether a request or an errand says something private.
    fn says(&self, what: &impl Serialize) -> bool {
        let text = serde_json::to_string(what).unwrap_or_default().to_lowercase();
        // In a request a text is escaped.
        let escaped = |known: &String| serde_json::to_string(&known.to_lowercase()).unwrap_or_default();
        self.texts.iter().filter(|known| !known.trim().is_empty()).any(|known| text.contains(escaped(known).trim_matches('"')))
    }
}

/// The planner around another one.
#[derive(Debug)]
pub struct Router<P> {
    planner: P,
    name: String,
    settings: Settings,
}

/// How it chooses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Id of the model on this machine.
    pub local: String,
    /// Id of the remote model.
    pub remote: String,
    /// What stays local.
    pub private: Private,
    /// Whether the local model is asked first, and the remote one when it gets nowhere. Otherwise the remote one is asked whenever it
    /// may be.
    pub local_first: bool,
    /// Turns without anything new after which the remote model is asked.
    pub patience: u32,
    /// US dollars after which the remote model is asked no more.
    pub remote_usd: Option<f64>,
    /// Helpers whose models are on this machine. What is private is given to no other.
    pub helpers: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            local: String::new(),
            remote: String::new(),
            private: Private::default(),
            local_first: false,
            patience: 2,
            remote_usd: None,
            helpers: Vec::new(),
        }
    }
}

impl<P: Planner> Router<P> {
    /// Around `planner`. Both models must be the agent's.
    pub fn new(planner: P, settings: Settings) -> Self {
        let name = format!("router of {}", planner.name());
        Self { planner, name, settings }
    }

    /// Which model is next, and why.
    fn choose(&self, run: &Run) -> (&str, String) {
        let Settings { local, remote, private, local_first, patience, remote_usd, .. } = &self.settings;
        if let Some(why) = private.found(run) {
            return (local, why);
        }
        if let Some(most) = remote_usd.filter(|most| run.cost_usd() >= *most) {
            return (local, format!("{:.4} of {most:.4} USD for the remote model are used", run.cost_usd()));
        }
        if !local_first {
            return (remote, "nothing private has come up".to_owned());
        }
        let idle = idle_turns(run);
        // Going back would lose what the remote model's cache holds.
        if idle >= *patience || run.routed().is_some_and(|to| to == remote) {
            return (remote, format!("{idle} turns of the local model brought nothing new"));
        }
        (local, "the local model is asked first".to_owned())
    }

    /// Whether a helper may be given this: its goal was written by whoever knows all that has come up.
    fn may_have(&self, run: &Run, errand: &Errand) -> bool {
        let private = &self.settings.private;
        self.settings.helpers.contains(&errand.helper) || private.found(run).is_none() && !private.says(errand)
    }

    fn next_as(&self, run: &Run, model: &str) -> Next {
        match info(run, model) {
            Some(info) => self.planner.next(&run.as_if(info)),
            None => Next::End(handiwork_core::Outcome::Broken {
                part: handiwork_core::Part::Model,
                error: format!("the run is to ask {model}, which this agent does not have; give it with AgentBuilder::also"),
            }),
        }
    }
}

impl<P: Planner> Planner for Router<P> {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> u32 {
        self.planner.version()
    }

    fn milestones(&self, run: &Run) -> Option<(u32, u32)> {
        self.planner.milestones(run)
    }

    fn seeks(&self, run: &Run) -> bool {
        self.planner.seeks(run)
    }

    fn next(&self, run: &Run) -> Next {
        let (mut to, mut why) = self.choose(run);
        let mut next = self.next_as(run, to);
        if let Next::Ask { request, .. } = &next
            && to != self.settings.local
            && self.settings.private.says(&**request)
        {
            (to, why) = (&self.settings.local, "it says something private".to_owned());
            next = self.next_as(run, to);
        }
        if let Next::Delegate { errands, .. } = &next
            && let Some(refused) = errands.iter().find(|errand| !self.may_have(run, errand))
            && let Some(call_id) = refused.call_id.clone()
        {
            return Next::Settle {
                call_id,
                result: Err(format!("what is private stays here: {} does not get it; do it yourself", refused.helper)),
            };
        }
        // Only an ask goes to a model, and only a change of mind is worth an event.
        if matches!(next, Next::Ask { .. }) && run.routed() != Some(to) {
            return Next::Route { to: to.to_owned(), why };
        }
        next
    }
}

fn info(run: &Run, id: &str) -> Option<ModelInfo> {
    let started = run.started()?;
    std::iter::once(&started.model).chain(&started.others).find(|info| info.id == id).cloned()
}
