//! The planners of handiwork: pure state machines that decide what comes next.
//!
//! Nothing here does I/O, reads a clock or keeps state of its own. A planner is settings plus a function of the run.

pub mod best_of;
pub mod plan;
pub mod react;
pub mod router;
pub mod script;

pub use best_of::BestOf;
pub use plan::Plan;
pub use react::React;
pub use router::Router;
pub use script::{Learned, Replay, Script};
