//! The mind with real surroundings: tries in contexts of one Chromium, and what is private beside a remote server.
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod private;
#[cfg(feature = "browser")]
mod tries;
