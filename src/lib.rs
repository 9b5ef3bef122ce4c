//! handiwork gives a DeepSeek model hands.
//!
//! It sees any screen as text, acts on it, checks that each action had its effect, and remembers in SQLite. This crate is the
//! facade: it puts the parts together (the loop, Chromium, the store, the planners) and re-exports what an application needs.
//!
//! The one decision: [`Agent`] is one type wherever it comes from; the facade only adds [`BuildAgent::builder`], which picks the
//! default planner.

pub mod catalogue;
pub mod prelude;
#[cfg(feature = "memory")]
pub mod report;

pub use handiwork_core as core;
#[cfg(feature = "memory")]
pub use handiwork_memory as memory;
pub use handiwork_planners as planners;
pub use handiwork_tools as tools;

pub use handiwork_core::testing;
pub use handiwork_core::{
    Action, Agent, AgentBuilder, AgentError, Context, EffectClass, Event, Model, Outcome, Policy, Receipt, Run, Screen, Secrets, Surface,
    Tool, ToolError,
};

use handiwork_planners::React;

/// Adds [`Agent::builder`](BuildAgent::builder).
pub trait BuildAgent {
    /// An agent with this model and the default planner.
    fn builder(model: impl Model + 'static) -> AgentBuilder;
}

impl BuildAgent for Agent {
    fn builder(model: impl Model + 'static) -> AgentBuilder {
        AgentBuilder::new(model, React::default())
    }
}

/// Vectors of words from the folder of models, if they were pulled (`handiwork model pull words`): give them to
/// [`memory::Store::with_embedder`], and facts are also found by what they mean.
#[cfg(feature = "memory")]
pub fn word_vectors(models: &std::path::Path) -> Result<Option<memory::StaticEmbedder>, core::memory::EmbedError> {
    let (Ok(weights), Ok(tokenizer)) = (catalogue::resolve(models, "words"), catalogue::resolve(models, "wordllama-tokenizer")) else {
        return Ok(None);
    };
    memory::StaticEmbedder::load("wordllama-256", &weights, &tokenizer).map(Some)
}

/// The README's programs, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
