//! Calls that come as text: one reader for the protocol of [`super::protocol`] and for whatever leaks out of a model's own markup.
//!
//! The one decision: nothing is guessed. A call is made only with the values that the model wrote, whole; what is meant as a
//! call and can't be read, or was cut off, becomes a call with a [`ToolCall::problem`] and no arguments, so that the model hears
//! of it; all other text is handed back as text.
//!
//! * An explicit block of calls (special tokens, tags) is a call whatever tool it names. Loose JSON is one only if there is such a
//!   tool. Inside a code fence or backticks both need a tool that there is: else it is talk about calls.
//! * A call that the text breaks off in is made if only closers are missing, it fits the schema, and every argument that the tool
//!   knows is there, so that nothing more could have come.
//! * `<think>…</think>` at the start, and what comes before a `</think>` that nothing opened, is reasoning.
//! * Calls in reasoning are thoughts and are not made, with one exception: nothing but reasoning came, and it ends with a whole
//!   explicit block. Then the model made its calls before it closed its thinking, a known leak of V3.2.
//! * Results of calls that the model made up are dropped, and so are the calls that it planned on them.

mod fit;
mod invoke;
mod json;
mod object;
mod scan;
mod settle;
mod tag;
#[cfg(test)]
mod tests;
mod think;
mod tokens;
mod vendors;

use serde_json::Value;

use crate::model::{ToolCall, ToolSpec};
pub(super) use json::closed_arguments;
pub(super) use object::WRAPPERS;
pub(crate) use settle::settle;

/// What a reply holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// The thought before the calls.
    pub thought: Option<String>,
    /// The calls, in order; their ids count from `call_1`.
    pub calls: Vec<ToolCall>,
    /// All other text.
    pub rest: String,
    /// The form in which the calls came, if there are any: `json`, `dsml`, `deepseek-v3`, …
    pub dialect: Option<&'static str>,
}

/// Reads a reply. Without `tools` everything is text.
#[must_use]
pub fn parse_reply(text: &str, tools: &[ToolSpec]) -> Parsed {
    if tools.is_empty() {
        return Parsed { rest: text.to_owned(), ..Parsed::default() };
    }
    let mut read = read(None, text, tools);
    for (place, call) in read.calls.iter_mut().enumerate() {
        call.id = format!("call_{}", place + 1);
    }
    let thought = [read.reasoning, read.thought].into_iter().flatten().reduce(joined);
    Parsed { thought, calls: read.calls, rest: read.rest.trim().to_owned(), dialect: read.dialect }
}

fn joined(first: String, second: String) -> String {
    match (first.trim().is_empty(), second.is_empty()) {
        (true, _) => second,
        (_, true) => first,
        _ => format!("{first}\n{second}"),
    }
}

/// What a content and a reasoning hold together. The calls have no ids yet.
#[derive(Debug, Default)]
struct Read {
    /// The reasoning without the calls that ended it; none if there was none.
    reasoning: Option<String>,
    /// Thoughts that stood beside calls in JSON.
    thought: Option<String>,
    calls: Vec<ToolCall>,
    rest: String,
    dialect: Option<&'static str>,
    /// Whether `rest` is anything but the content as it came.
    touched: bool,
}

fn read(reasoning: Option<&str>, content: &str, tools: &[ToolSpec]) -> Read {
    let split = think::split(content, tools);
    let reasoning = [reasoning, split.thought.as_deref()].into_iter().flatten().map(str::to_owned).reduce(joined);
    let scan = scan::scan(split.answer, tools);
    let mut read = Read {
        reasoning,
        thought: scan.thoughts.into_iter().reduce(joined),
        calls: scan.calls,
        touched: scan.touched || split.thought.is_some(),
        rest: scan.rest,
        dialect: scan.dialect,
    };
    if read.calls.is_empty()
        && read.rest.trim().is_empty()
        && let Some(leak) = read.reasoning.as_deref().and_then(|text| scan::block_at_end(text, tools))
    {
        read.reasoning = Some(leak.before);
        read.calls = leak.calls;
        read.dialect = Some(leak.dialect);
    }
    read
}

/// How much of a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    /// All of it.
    Yes,
    /// Its end is there, and closers before it are missing.
    Closers,
    /// The text ends in it, after a whole value.
    Cut,
}

/// A call as it was written.
#[derive(Debug, Clone, PartialEq)]
struct Raw {
    name: String,
    args: Result<Value, String>,
    whole: Whole,
}

impl Raw {
    /// A call that the text breaks off in, inside a value.
    fn lost(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), args: Err(json::cut_off(text)), whole: Whole::Cut }
    }
}

impl From<object::Sealed> for Raw {
    fn from(sealed: object::Sealed) -> Self {
        Self { name: sealed.name, args: Ok(sealed.args), whole: Whole::Yes }
    }
}

/// A piece of text that holds calls.
#[derive(Debug)]
struct Block {
    dialect: &'static str,
    /// Its length in bytes.
    taken: usize,
    /// Bytes in front of it that belong to it.
    head: usize,
    calls: Vec<Raw>,
    thoughts: Vec<String>,
    /// Whether its end is there.
    closed: bool,
}

impl Block {
    fn new(dialect: &'static str) -> Self {
        Self { dialect, taken: 0, head: 0, calls: Vec::new(), thoughts: Vec::new(), closed: false }
    }
}
