//! The builder: what an agent is put together of.

use std::sync::Arc;

use futures::FutureExt as _;

use super::Agent;
use crate::driver::{Limits, Parts};
use crate::errand::{Helper, HelperInfo};
use crate::journal::{Journal, MemoryJournal};
use crate::layer::{Circuit, Layer, Layered, Retry, Trace};
use crate::memory::{self, Memory, Viewer};
use crate::model::Model;
use crate::planner::Planner;
use crate::policy::Policy;
use crate::secret::Secrets;
use crate::surface::Surface;
use crate::tool::{DynTool, Tool, Typed};

/// Puts an agent together.
pub struct AgentBuilder {
    parts: Parts,
    layers: Vec<Arc<dyn Layer>>,
}

impl std::fmt::Debug for AgentBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentBuilder").field("model", self.parts.model.info()).finish_non_exhaustive()
    }
}

impl AgentBuilder {
    /// Begins with what no agent can do without.
    pub fn new(model: impl Model + 'static, planner: impl Planner + 'static) -> Self {
        Self {
            parts: Parts {
                model: Arc::new(model),
                fallbacks: Vec::new(),
                others: Vec::new(),
                helpers: Vec::new(),
                planner: Arc::new(planner),
                surface: None,
                tools: Vec::new(),
                journal: Arc::new(MemoryJournal::default()),
                memory: None,
                viewer: Viewer::default(),
                secrets: Arc::default(),
                policy: Policy::default(),
                limits: Limits::default(),
                screenshots: false,
            },
            layers: vec![Arc::new(Circuit::default()), Arc::new(Retry::default()), Arc::new(Trace)],
        }
    }

    /// Gives it a screen.
    pub fn surface(mut self, surface: impl Surface + 'static) -> Self {
        self.parts.surface = Some(Arc::new(surface));
        self
    }

    /// Gives it a screen that others hold too.
    pub fn shared_surface(mut self, surface: Arc<dyn Surface>) -> Self {
        self.parts.surface = Some(surface);
        self
    }

    /// Gives it a tool.
    pub fn tool(self, tool: impl Tool) -> Self {
        self.dyn_tool(Arc::new(Typed(tool)))
    }

    /// Gives it a tool whose types are known at run time only.
    pub fn dyn_tool(mut self, tool: Arc<dyn DynTool>) -> Self {
        self.parts.tools.push(tool);
        self
    }

    /// Says what it may do; [`Policy::ask`] if not given.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.parts.policy = policy;
        self
    }

    /// Uses another planner.
    pub fn planner(mut self, planner: impl Planner + 'static) -> Self {
        self.parts.planner = Arc::new(planner);
        self
    }

    /// Keeps its runs in `journal`; without one they live as long as the process.
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.parts.journal = journal;
        self
    }

    /// Lets it recall facts before a run, and, if the model can handle that, during it: then it has the tools `remember`,
    /// `recall` and `forget`, too.
    pub fn memory(mut self, memory: Arc<dyn Memory>) -> Self {
        self.parts.memory = Some(memory);
        self
    }

    /// Says on whose behalf facts are recalled and written. Without it there is one user.
    pub fn viewer(mut self, viewer: Viewer) -> Self {
        self.parts.viewer = viewer;
        self
    }

    /// Gives it secrets to use by name.
    pub fn secrets(mut self, secrets: Secrets) -> Self {
        self.parts.secrets = Arc::new(secrets);
        self
    }

    /// Keeps a picture of every step.
    pub fn screenshots(mut self, keep: bool) -> Self {
        self.parts.screenshots = keep;
        self
    }

    /// Changes the deadlines.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.parts.limits = limits;
        self
    }

    /// Has another model asked when the one before has failed; may be given several times.
    pub fn fallback(mut self, model: impl Model + 'static) -> Self {
        self.parts.fallbacks.push(Arc::new(model));
        self
    }

    /// Gives it another model, which a planner may choose by its id; may be given several times.
    pub fn also(mut self, model: impl Model + 'static) -> Self {
        self.parts.others.push(Arc::new(model));
        self
    }

    /// Gives it a helper, to which it may give parts of a goal: `hire` makes the agent of each child run, whose surface must be its
    /// own (it is closed when the child is over), and `about` says what it is good for. A child keeps to what both its agent and the
    /// parent's run may do, and to its share of the parent's budget; its journal is the parent's.
    pub fn helper<F, Hired>(mut self, name: impl Into<String>, about: impl Into<String>, hire: F) -> Self
    where
        F: Fn() -> Hired + Send + Sync + 'static,
        Hired: Future<Output = Result<Agent, String>> + Send + 'static,
    {
        let info = HelperInfo { name: name.into(), about: about.into() };
        self.parts.helpers.push(Helper { info, hire: Arc::new(move || hire().boxed()) });
        self
    }

    /// Puts a layer around each model, inside of those before it. A circuit, retry and tracing are there from the start.
    pub fn layer(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// The agent.
    pub fn build(mut self) -> Agent {
        if let Some(memory) = &self.parts.memory {
            let info = self.parts.model.info();
            // One that is led by a grammar decides on the screen in front of it; each further tool is one more to go wrong.
            if !(info.small && info.constrained) {
                self.parts.tools.extend(memory::tools(memory));
            }
        }
        self.parts.model = layered(self.parts.model, &self.layers);
        self.parts.fallbacks = self.parts.fallbacks.into_iter().map(|model| layered(model, &self.layers)).collect();
        self.parts.others = self.parts.others.into_iter().map(|model| layered(model, &self.layers)).collect();
        Agent { parts: Arc::new(self.parts) }
    }
}

/// A model with layers around it, the first one outermost.
fn layered(model: Arc<dyn Model>, layers: &[Arc<dyn Layer>]) -> Arc<dyn Model> {
    layers.iter().rev().fold(model, |model, layer| Arc::new(Layered::new(model, Arc::clone(layer))))
}
