//! The Chrome DevTools Protocol, and the only place that names chromiumoxide.
//!
//! Its generated types are used for commands and their answers; transport and routing are our own. Events stay raw JSON: an
//! event that a newer browser sends in a new shape can then never break the connection. What is sent is never traced: it may
//! hold a secret.

mod complaints;
mod connection;
mod contexts;
mod emulate;
mod files;
mod input;
mod raw;
mod session;
mod socket;
mod storage;

pub(crate) use complaints::CHANNEL;
pub(crate) use connection::{CallError, Connection, Event, Until};
pub(crate) use contexts::{Identity, allow_place, attach, discover, drop_context, end_context, identity, new_context, new_target};
pub(crate) use emulate::{Disguise, Hands};
pub(crate) use files::{Area, Fetched, Picture, cancel_download, download_to};
pub(crate) use input::{Dragged, Key, Mouse};
pub(crate) use session::{Session, Viewport, auto_attach, close_browser, close_tab, drop_tab};
pub(crate) use socket::socket_of;
pub(crate) use storage::{cookies, set_cookies};
