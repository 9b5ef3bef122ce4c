//! How a run goes about its goal: the planner, tries beside each other, helpers, and which of two models is asked.

use std::sync::Arc;

use handiwork::core::{Agent, AgentBuilder, Model, Policy, Secrets};
use handiwork::planners::{BestOf, Plan, React, Router, router};
use handiwork::tools::browser::{Browser, BrowserConfig};
use serde::{Deserialize, Serialize};

use super::known::Known;
use super::{Code, Failure};

/// How to go about it.
#[derive(Debug, Default, clap::Args, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MindArgs {
    /// How to go about it: react looks, acts and looks again; plan sets milestones first, which are checked
    #[arg(long, value_enum, default_value_t)]
    planner: Kind,
    /// Try it so many times at most, each in a browser of its own, and take the first try for which every --check holds; without a check
    /// the best one is chosen. The budget is shared
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=50), conflicts_with = "profile")]
    best_of: Option<u32>,
    /// Most tries at the same time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    at_once: u32,
    /// What a try changes on the sites is thrown away, so that more than one may do it. Without this a try may only read
    #[arg(long, requires = "best_of")]
    disposable: bool,
    /// A helper that the model may give parts of the goal to: it has a browser of its own and this model; what follows a second colon
    /// says what it is good for. May be given several times
    #[arg(long = "helper", value_name = "NAME=MODEL")]
    helpers: Vec<String>,
    /// A second model, which is asked for all that is not private; what is stays with --model
    #[arg(long, value_name = "MODEL")]
    remote_model: Option<String>,
    /// What is on pages of this origin stays with --model, and so does all that follows. May be given several times
    #[arg(long = "private-origin", value_name = "ORIGIN", requires = "remote_model")]
    private_origins: Vec<String>,
    /// Whatever has this text in it stays with --model. May be given several times
    #[arg(long = "private-text", value_name = "TEXT", requires = "remote_model")]
    private_texts: Vec<String>,
    /// Ask --model first, and the second model when it gets nowhere
    #[arg(long, requires = "remote_model")]
    local_first: bool,
    /// Most US dollars to spend on the second model
    #[arg(long, value_name = "USD", requires = "remote_model")]
    remote_budget: Option<f64>,
}

/// A planner by its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    React,
    Plan,
}

/// What each agent of a run has.
pub(crate) struct Given {
    pub(crate) model: Arc<dyn Model>,
    /// The second model, if there is one.
    pub(crate) remote: Option<Arc<dyn Model>>,
    /// Helpers by name, what they are good for, and their models.
    pub(crate) helpers: Vec<(String, String, Arc<dyn Model>)>,
    pub(crate) react: React,
    /// A script that fits the goal, if there is one.
    pub(crate) known: Option<Known>,
    pub(crate) policy: Policy,
    pub(crate) secrets: Secrets,
    /// Settings of the browsers of child runs.
    pub(crate) browser: BrowserConfig,
}

impl MindArgs {
    /// The second model, if there is one.
    pub(crate) fn remote_model(&self) -> Option<&str> {
        self.remote_model.as_deref()
    }

    /// Helpers: name, model, and what they are good for.
    pub(crate) fn helpers(&self) -> Result<Vec<(&str, &str, String)>, Failure> {
        let read = |spec: &'_ String| -> Option<(usize, usize)> {
            let name = spec.find('=').filter(|end| *end > 0)?;
            let about = spec.find(": ").filter(|at| *at > name).unwrap_or(spec.len());
            (about > name + 1).then_some((name, about))
        };
        self.helpers
            .iter()
            .map(|spec| {
                let parts = read(spec).and_then(|(name, about)| Some((spec.get(..name)?, spec.get(name + 1..about)?, spec.get(about..)?)));
                let (name, model, about) = parts.ok_or_else(|| {
                    Failure::new(Code::Usage, format!("--helper {spec}: there is no name, or no model"))
                        .hint("write --helper NAME=MODEL, such as \"reader=local: reads long pages\"")
                })?;
                let about = about.trim_start_matches(": ").trim();
                Ok((name, model, if about.is_empty() { format!("works with {model}") } else { about.to_owned() }))
            })
            .collect()
    }

    /// Whether the run itself needs no browser: its tries have one each.
    pub(crate) fn is_tried(&self) -> bool {
        self.best_of.is_some()
    }

    /// Whether nobody else goes about the goal.
    pub(crate) fn is_single(&self) -> bool {
        self.best_of.is_none() && self.helpers.is_empty()
    }

    /// Whether one agent goes about the goal by itself, without a plan.
    pub(crate) fn is_plain(&self) -> bool {
        self.planner == Kind::React && self.best_of.is_none() && self.helpers.is_empty()
    }

    /// The beginning of the agent, with its planner and all that it may give a part of the goal to.
    pub(crate) fn agent(&self, given: Given) -> AgentBuilder {
        let given = Arc::new(given);
        let mut builder = match self.best_of {
            Some(tries) => {
                let planner = BestOf { tries, at_once: self.at_once.max(1), disposable: self.disposable, ..BestOf::default() };
                let name = planner.helper.clone();
                let (model, with, kind) = (Arc::clone(&given.model), Arc::clone(&given), self.routed_kind(&given));
                AgentBuilder::new(model, planner).helper(name, "tries it", move || child(Arc::clone(&with), None, kind.clone()))
            }
            None => begun(&given, &self.routed_kind(&given)),
        };
        for (place, (name, about, _)) in given.helpers.iter().enumerate() {
            let (with, kind) = (Arc::clone(&given), self.routed_kind(&given));
            builder = builder.helper(name.as_str(), about.as_str(), move || child(Arc::clone(&with), Some(place), kind.clone()));
        }
        builder
    }

    /// The planner's name, and how two models are chosen between.
    fn routed_kind(&self, given: &Given) -> (Kind, Option<router::Settings>) {
        let settings = given.remote.as_ref().map(|remote| router::Settings {
            local: given.model.info().id.clone(),
            remote: remote.info().id.clone(),
            private: router::Private {
                origins: self.private_origins.clone(),
                texts: self.private_texts.clone(),
                ..router::Private::default()
            },
            local_first: self.local_first,
            remote_usd: self.remote_budget,
            helpers: given.helpers.iter().filter(|(_, _, model)| Arc::ptr_eq(model, &given.model)).map(|(name, ..)| name.clone()).collect(),
            ..router::Settings::default()
        });
        (self.planner, settings)
    }
}

/// An agent with its planner, and with both models if there are two.
fn begun(given: &Given, (kind, settings): &(Kind, Option<router::Settings>)) -> AgentBuilder {
    let react = given.react.clone();
    let planner: Box<dyn handiwork::core::Planner> = match kind {
        Kind::React => match &given.known {
            Some(known) => Box::new(known.planner(react)),
            None => Box::new(react),
        },
        Kind::Plan => Box::new(Plan { react, ..Plan::default() }),
    };
    match (settings, &given.remote) {
        (Some(settings), Some(remote)) => {
            AgentBuilder::new(Arc::clone(&given.model), Router::new(planner, settings.clone())).also(Arc::clone(remote))
        }
        _ => AgentBuilder::new(Arc::clone(&given.model), planner),
    }
}

/// The agent of a child run, in a browser of its own.
async fn child(given: Arc<Given>, helper: Option<usize>, kind: (Kind, Option<router::Settings>)) -> Result<Agent, String> {
    let browser = Browser::launch(given.browser.clone()).await.map_err(|error| error.to_string())?;
    let builder = match helper.and_then(|place| given.helpers.get(place)) {
        // One that is elsewhere is asked of nothing private either.
        Some((_, _, model)) => match kind.1.filter(|_| !Arc::ptr_eq(model, &given.model)) {
            Some(settings) => {
                let settings = router::Settings { remote: model.info().id.clone(), ..settings };
                AgentBuilder::new(Arc::clone(model), Router::new(given.react.clone(), settings)).also(Arc::clone(&given.model))
            }
            None => AgentBuilder::new(Arc::clone(model), given.react.clone()),
        },
        None => begun(&given, &kind),
    };
    Ok(builder.surface(browser).policy(given.policy.clone()).secrets(given.secrets.clone()).screenshots(true).build())
}
