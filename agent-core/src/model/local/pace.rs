//! How many tokens are read at a time.
//!
//! The engine has no call to break off a computation, so a cancel is heard between two chunks. The one decision is to let the
//! measured speed say how large a chunk can be and still be over soon. It matters: with a model of 1.5 billion parameters on two
//! cores, chunks of 128 tokens are read 13 % faster than chunks of 32 (`make bench-local`).

use std::time::Duration;

/// Tokens of the first chunk, and the fewest.
pub(super) const LEAST: usize = 32;
/// Most tokens of a chunk; the engine's work buffer grows with it, by half a megabyte a token for a large vocabulary.
pub(super) const MOST: usize = 128;
/// Longest time that one chunk should take.
const SOON: Duration = Duration::from_millis(2500);

/// The size of the next chunk. Sizes are powers of two times [`LEAST`]: the engine's results differ in their last bits with
/// how tokens are grouped, so there are few ways to group them.
#[derive(Debug)]
pub(super) struct Pace {
    chunk: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { chunk: LEAST }
    }
}

impl Pace {
    /// Tokens to read next.
    pub(super) fn chunk(&self) -> usize {
        self.chunk
    }

    /// So many tokens took so long.
    pub(super) fn took(&mut self, tokens: usize, time: Duration) {
        // A few tokens take longer each than many do, and say nothing of the speed.
        if tokens < LEAST {
            return;
        }
        let fits = tokens as f64 * SOON.as_secs_f64() / time.as_secs_f64().max(1e-6);
        let mut chunk = LEAST;
        while chunk < MOST && (chunk * 2) as f64 <= fits {
            chunk *= 2;
        }
        self.chunk = chunk;
    }
}
