//! How a model without native tools is told of tools and makes calls: as lines of JSON in plain text.
//!
//! The one decision: there is one canonical text for a reply, and it is both what a grammar lets a local model generate and
//! what history is rendered to. So the rendering of a conversation is append-only to the byte, and a KV cache that has seen
//! a reply being generated need not read it again.
//!
//! A reply is an optional line `{"thought":"…"}` and then a line for each call: a flat object with the tool's name under `do`
//! and then its arguments, `{"do":"fill","ref":"e3","text":"Ana"}`. Reading is lenient ([`parse_reply`]); writing is not.

mod fold;
mod render;
#[cfg(test)]
mod tests;

pub use super::rescue::{Parsed, parse_reply};
pub use fold::{Role, Turn, fold, fold_messages, system_text};
pub use render::{render_call, render_reply, render_tools};

/// The pattern of [`crate::Ref`]'s schema: such an argument needs no explanation.
pub(crate) const REF_PATTERN: &str = "^e[0-9]+$";
