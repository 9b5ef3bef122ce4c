//! The one integration-test binary: a module for each suite.

#[cfg(feature = "browser")]
mod browser;
#[cfg(feature = "cli")]
mod cli;
mod compat;
mod deepseek;
mod demo_site;
#[cfg(all(feature = "desktop", target_os = "linux"))]
mod desktop;
#[cfg(feature = "local")]
mod local_model;
mod matrix;
mod mind;
#[cfg(feature = "browser")]
mod miniwob;
#[cfg(feature = "memory")]
mod oracles;
#[cfg(feature = "memory")]
mod report;
#[cfg(all(feature = "memory", feature = "browser"))]
mod scripts;
#[cfg(feature = "memory")]
mod store;
#[cfg(all(feature = "memory", feature = "browser"))]
mod survive;
mod tidy;
