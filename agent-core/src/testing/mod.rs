//! For tests of agents: a model that says what a script says, and a surface that is a small state machine.
//!
//! They are public because users need them too. Both record what they are asked, so that a test can assert it.

mod model;
mod surface;

pub use model::{ScriptedModel, call};
pub use surface::{ScriptedSurface, button, text, textbox};
