//! Replaying: a model that says what was recorded, in order, and only to what was asked then.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};
use similar::TextDiff;

use super::{CassetteError, Exchange, FORMAT, Outcome};
use crate::context::Context;
use crate::model::{Model, ModelError, ModelInfo, Reply, Request};

/// Most lines of a difference that are shown.
const MOST_LINES: usize = 24;
/// Most characters of each.
const LONGEST_LINE: usize = 200;

/// A recorded model.
///
/// ```no_run
/// use handiwork_core::testing::Cassette;
///
/// let model = Cassette::open("tests/inbox.ndjson")?;
/// assert_eq!(model.unused(), 12);
/// # Ok::<(), handiwork_core::testing::CassetteError>(())
/// ```
#[derive(Debug)]
pub struct Cassette {
    path: PathBuf,
    info: ModelInfo,
    all: usize,
    rest: Mutex<std::collections::VecDeque<Exchange>>,
}

impl Cassette {
    /// Reads a cassette whole. The model is described as the recorded one was, so that it is asked in the same way.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let path = path.as_ref().to_path_buf();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(CassetteError::File { path, doing: "read", source }),
        };
        let mut rest = std::collections::VecDeque::new();
        for (place, line) in text.lines().enumerate() {
            let wrong = |detail: String| CassetteError::Line { path: path.clone(), line: place + 1, detail };
            let exchange: Exchange = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            if exchange.format != FORMAT {
                return Err(wrong(format!("it has format {}, and this is format {FORMAT}", exchange.format)));
            }
            rest.push_back(exchange);
        }
        let Some(first) = rest.front() else { return Err(CassetteError::Empty { path }) };
        Ok(Self { info: first.model.clone(), all: rest.len(), path, rest: Mutex::new(rest) })
    }

    /// Exchanges that nobody has asked for yet. A test that ends with some has not done what was recorded.
    #[must_use]
    pub fn unused(&self) -> usize {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn problem(&self, what: &str) -> ModelError {
        let problem = format!("the cassette {} {what}", self.path.display());
        ModelError::Cassette { problem, hint: "if what is asked now is right, record it again (handiwork run --record FILE)".to_owned() }
    }
}

#[async_trait]
impl Model for Cassette {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, cx: &Context, request: &Request) -> Result<Reply, ModelError> {
        let mut asked = json!(request);
        cx.secrets().redact_json(&mut asked);
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.all - rest.len() + 1;
        match rest.pop_front() {
            None => Err(self.problem(&format!("is over: it has {} exchanges, and this is request {number}", self.all))),
            Some(exchange) if exchange.request != asked => {
                let difference = difference(&exchange.request, &asked);
                rest.push_front(exchange);
                Err(self.problem(&format!("holds another request {number} (- recorded, + asked now):\n{difference}")))
            }
            Some(Exchange { outcome: Outcome::Reply(reply), .. }) => Ok(reply),
            Some(Exchange { outcome: Outcome::Error(error), .. }) => Err(error),
        }
    }
}

/// The first place where two requests differ, with a little around it.
fn difference(recorded: &Value, asked: &Value) -> String {
    let (recorded, asked) = (lines(recorded), lines(asked));
    let diff = TextDiff::from_lines(&recorded, &asked);
    let mut unified = diff.unified_diff();
    let hunk = unified.context_radius(2).iter_hunks().next().map(|hunk| hunk.to_string()).unwrap_or_default();
    let mut shown: Vec<String> = hunk.lines().take(MOST_LINES).map(clip).collect();
    if hunk.lines().count() > MOST_LINES {
        shown.push("…".to_owned());
    }
    shown.join("\n")
}

/// JSON on many lines, where texts of many lines are not one: screens differ by a line or two.
fn lines(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default().replace("\\n", "\n")
}

fn clip(line: &str) -> String {
    let mut short: String = line.chars().take(LONGEST_LINE).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}
