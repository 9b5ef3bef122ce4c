//! The one integration-test binary: a module for each suite.

mod deepseek;
#[cfg(feature = "browser")]
mod browser;
mod demo_site;
#[cfg(feature = "memory")]
mod report;
#[cfg(feature = "memory")]
mod store;
mod tidy;
#[cfg(feature = "local")]
mod local_model;
