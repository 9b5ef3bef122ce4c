//! The accessibility trees of the programs on the display (AT-SPI).
//!
//! [`bus`] speaks, [`read`] reads a tree and what has changed of it, [`roles`] says in WAI-ARIA's words what an element is.

pub(crate) mod bus;
mod cells;
pub(crate) mod item;
pub(crate) mod read;
pub(crate) mod roles;
