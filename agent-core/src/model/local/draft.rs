//! A reply in the making: what was chosen, what of it the engine has read, what of it was told.

use llama_cpp_2::token::LlamaToken;

use super::worker::Job;
use crate::context::Progress;

/// What ends a block of thought.
pub(super) const THOUGHT_ENDS: &str = "</think>";

/// A reply in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// All of it.
    pub(super) bytes: Vec<u8>,
    /// Number of its tokens.
    pub(super) count: usize,
    /// How much of it has been reported.
    reported: usize,
    /// The free thought before it.
    pub(super) thought: Vec<u8>,
    /// Number of tokens of that, with those that end it.
    pub(super) thought_count: usize,
    /// How much of it has been reported.
    thought_reported: usize,
    /// The newest tokens, which the engine has not read yet.
    pub(super) pending: Vec<LlamaToken>,
    /// The reply's tokens that the engine has read, and their text.
    pub(super) read: Vec<LlamaToken>,
    /// How many bytes these are.
    pub(super) read_bytes: usize,
}

impl Draft {
    pub(super) fn push(&mut self, token: LlamaToken, piece: Vec<u8>) {
        self.count += 1;
        self.pending.push(token);
        self.bytes.extend(piece);
    }

    /// Adds to the thought; `true` when that ended it.
    pub(super) fn think(&mut self, piece: &[u8]) -> bool {
        let before = self.thought.len().saturating_sub(THOUGHT_ENDS.len());
        self.thought_count += 1;
        self.thought.extend_from_slice(piece);
        let tail = self.thought.get(before..).unwrap_or_default();
        let ends = tail.windows(THOUGHT_ENDS.len()).position(|window| window == THOUGHT_ENDS.as_bytes());
        if let Some(end) = ends {
            self.thought.truncate(before + end);
        }
        ends.is_some()
    }

    /// All that was pending has been read.
    pub(super) fn settle(&mut self) {
        self.read.append(&mut self.pending);
        self.read_bytes = self.bytes.len();
    }

    /// Tells whoever watches of the text that is new, in whole characters.
    pub(super) fn report(&mut self, job: &Job) {
        let text = self.bytes.get(self.reported..).map(complete_utf8).unwrap_or_default();
        if !text.is_empty() {
            job.cx.report(Progress::Text(text.to_owned()));
            self.reported += text.len();
        }
    }

    /// The same for the thought. What could be the beginning of its end is held back.
    pub(super) fn report_thought(&mut self, job: &Job, ended: bool) {
        let back = if ended { 0 } else { THOUGHT_ENDS.len() };
        let until = self.thought.len().saturating_sub(back);
        let text = self.thought.get(self.thought_reported..until).map(complete_utf8).unwrap_or_default();
        if !text.is_empty() {
            job.cx.report(Progress::Reasoning(text.to_owned()));
            self.thought_reported += text.len();
        }
    }
}

/// The longest beginning that is whole characters.
pub(super) fn complete_utf8(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => bytes.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default(),
    }
}
