//! For tests of agents: a model that says what a script says, real exchanges that were recorded, and a surface that is a small
//! state machine.
//!
//! They are public because users need them too. Both record what they are asked, so that a test can assert it.

mod cassette;
mod model;
mod surface;

pub use cassette::{Cassette, CassetteError, Recorder};
pub use model::{ScriptedModel, call};
pub use surface::{ScriptedSurface, button, link, text, textbox};
