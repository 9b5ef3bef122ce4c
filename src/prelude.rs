//! What most programs with an agent need: `use handiwork::prelude::*;`.

pub use handiwork_core::model::deepseek::DeepSeek;
#[cfg(feature = "local")]
pub use handiwork_core::model::local::{LocalConfig, LocalModel};
pub use handiwork_core::{
    Agent, AgentError, Context, EffectClass, Event, Model, Outcome, Policy, Receipt, Screen, Secrets, Surface, Tool, ToolError, Update,
};
#[cfg(feature = "memory")]
pub use handiwork_memory::Store;
#[cfg(feature = "browser")]
pub use handiwork_tools::browser::{Browser, BrowserConfig};
pub use schemars::JsonSchema;
pub use serde::{Deserialize, Serialize};

pub use crate::BuildAgent;
