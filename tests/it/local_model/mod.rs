//! A real GGUF model in this process: the small one that is there for tests, fetched by the catalogue.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

mod broken;
mod cache;
mod constrained;
mod memory;
mod several;
pub(crate) mod support;
mod thought;
