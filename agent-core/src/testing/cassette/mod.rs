//! Cassettes: what a real model was asked and said, recorded once and replayed without it.
//!
//! A cassette is a file with one line of JSON for each exchange, above the wire: requests and replies as the loop knows them, so
//! no key and nothing of HTTP can be in it, and a recording of one provider replays on any machine. Times are left out, and the
//! run's secrets are replaced by their names. Requests are compared exactly: a cassette that would forgive a changed prompt
//! would show nothing.

mod play;
mod record;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{ModelError, ModelInfo, Reply};
pub use play::Cassette;
pub use record::Recorder;

/// Version of the format.
const FORMAT: u32 = 1;

/// One line. The request stays a value: it is compared, and never asked again.
#[derive(Debug, Serialize, Deserialize)]
struct Exchange {
    format: u32,
    model: ModelInfo,
    request: Value,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Reply(Reply),
    Error(ModelError),
}

/// Why a cassette can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CassetteError {
    /// The file can't be made or read.
    #[error("the cassette {path} can't be {doing}: {source}; look at the path and its permissions", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// "written" or "read".
        doing: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line of it is no exchange.
    #[error("line {line} of the cassette {path} is no exchange: {detail}; record it again", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// Nothing is in it.
    #[error("the cassette {path} is empty; record it again", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}
