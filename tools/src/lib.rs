//! Hands and eyes: the surfaces and tools that act on the outside world.
//!
//! Each part is behind a cargo feature and knows `handiwork-core` only. The one decision: nothing above a surface knows what
//! it is made of; a browser is used through [`handiwork_core::Surface`] and nothing else.

#[cfg(all(feature = "browser", unix))]
pub mod browser;
#[cfg(all(feature = "desktop", target_os = "linux"))]
pub mod desktop;
#[cfg(any(feature = "browser", feature = "desktop"))]
mod grave;
#[cfg(all(any(feature = "browser", feature = "desktop"), unix))]
mod mark;
#[cfg(all(any(feature = "browser", feature = "desktop"), unix))]
mod scratch;
