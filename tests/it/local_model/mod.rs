//! A real GGUF model in this process: the small one that is there for tests, fetched by the catalogue.

mod broken;
mod cache;
mod constrained;
mod support;
