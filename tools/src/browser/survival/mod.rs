//! Going on after a browser has died, in this process or in another one.
//!
//! A checkpoint holds what a person would miss ([`checkpoint`]); restoring makes sure that the old browser is dead, opens the same
//! pages again and looks which elements are still the same ([`restore`]). The one decision: nothing is believed to be the same
//! element unless its role and name are unique before and after; every other old ref is stale, and never means something else.

mod checkpoint;
mod probe;
mod renew;
mod restore;
pub(super) mod watch;

pub(super) use checkpoint::Kept;
