//! Who the browser is logged in as, kept between runs: cookies and storage, always encrypted.
//!
//! The one decision: a profile is not a browser's folder but a [`StorageState`] that is put into a fresh browser and taken out
//! of it again. So many browsers can use it at once, nothing is locked, and nothing lies on the disk in the clear.

mod carry;
mod error;
mod login;
mod seal;
mod storage;
#[cfg(test)]
mod tests;
mod vault;

pub(crate) use carry::{Keeping, READ};
pub use error::ProfileError;
pub use login::Login;
pub use seal::Key;
pub(crate) use seal::{open, seal};
pub use storage::StorageState;
pub(crate) use storage::Stored;
pub use vault::Profiles;
