//! The demo's site and four more that look real, and a mutator that changes their pages as a redesign would: what healing is tried on.
//!
//! The one decision: whether a task was done is judged by what the server was sent ([`World::judge`]), never by what a page shows.
//! The mutator changes everything about a page but the names of form fields, for by those the server judges.

mod admin;
mod answer;
mod claim;
mod draw;
mod judge;
mod mail;
mod mutation;
mod shop;
mod site;
mod tracker;
mod world;

#[cfg(test)]
mod tests;

pub use judge::{Judged, Posted};
pub use mutation::{Kind, Mutation};
pub use site::{Do, Site, Target, Values};
pub use world::World;
