//! The accessibility trees of the programs on the display (AT-SPI).
//!
//! [`bus`] speaks, [`read`] reads a tree and what has changed of it, [`roles`] says in WAI-ARIA's words what an element is.

pub(crate) mod bus;
mod cells;
mod contents;
pub(crate) mod item;
mod plain;
pub(crate) mod read;
pub(crate) mod roles;
