//! Reasoning that stands in the content.
//!
//! A `</think>` in a call's argument or in backticks is text; any other ends the reasoning, opened or not.

use super::scan;
use crate::model::ToolSpec;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// A content in two parts.
#[derive(Debug)]
pub(super) struct Split<'a> {
    /// The reasoning, if there is any.
    pub(super) thought: Option<String>,
    pub(super) answer: &'a str,
}

pub(super) fn split<'a>(content: &'a str, tools: &[ToolSpec]) -> Split<'a> {
    let mut thoughts: Vec<&str> = Vec::new();
    let mut answer = content;
    while let Some(inner) = answer.trim_start().strip_prefix(OPEN) {
        let Some(at) = closing(inner) else {
            thoughts.push(inner);
            answer = "";
            break;
        };
        thoughts.push(inner.get(..at).unwrap_or_default());
        answer = inner.get(at + CLOSE.len()..).unwrap_or_default();
    }
    if thoughts.is_empty()
        && let Some(at) = closing(content)
        && !scan::scan(content, tools).holds(at)
    {
        thoughts.push(content.get(..at).unwrap_or_default());
        answer = content.get(at + CLOSE.len()..).unwrap_or_default();
    }
    let found = !thoughts.is_empty();
    let thought = thoughts.iter().map(|thought| thought.trim()).filter(|thought| !thought.is_empty()).collect::<Vec<_>>().join("\n");
    Split { thought: found.then_some(thought), answer: if found { answer.trim_start() } else { answer } }
}

/// The first end of reasoning that is not spoken about.
fn closing(text: &str) -> Option<usize> {
    text.match_indices(CLOSE).map(|(at, _)| at).find(|at| !text.get(..*at).is_some_and(|before| before.ends_with(['`', '"', '\''])))
}
