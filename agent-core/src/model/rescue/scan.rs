//! One pass over a text: what is a call is taken out, what is not stays.

use super::object::Reading;
use super::tag::{self, Tag};
use super::{Block, Raw, fit, invoke, json, tokens, vendors};
use crate::model::{ToolCall, ToolSpec};

/// Openings of JSON that does not close, after which no more are tried: each costs a look at the whole rest of the text.
const MOST_TRIES: usize = 64;

/// More calls than this in one reply are noise, and are not made.
const MOST_CALLS: usize = 128;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) calls: Vec<ToolCall>,
    pub(super) thoughts: Vec<String>,
    pub(super) rest: String,
    pub(super) dialect: Option<&'static str>,
    pub(super) touched: bool,
    /// The places in the text that held calls, from and to.
    spans: Vec<(usize, usize)>,
    /// The last explicit block: from, to, and how many calls there were before it.
    last: Option<(usize, usize, usize)>,
    /// Places in `rest` where something was taken out.
    marks: Vec<usize>,
    /// The model made up results; what it then calls stands on them.
    dreaming: bool,
}

impl Scan {
    /// Whether this place in the text is in a call.
    pub(super) fn holds(&self, at: usize) -> bool {
        self.spans.iter().any(|(from, to)| (*from..*to).contains(&at))
    }

    fn take(&mut self, at: usize, block: Block, tools: &[ToolSpec], explicit: bool) {
        self.rest.truncate(self.rest.len() - block.head);
        self.mark();
        self.thoughts.extend(block.thoughts);
        if block.calls.is_empty() {
            return;
        }
        self.spans.push((at - block.head, at + block.taken));
        if self.dreaming {
            return;
        }
        if explicit && block.closed {
            self.last = Some((at - block.head, at + block.taken, self.calls.len()));
        }
        self.dialect.get_or_insert(block.dialect);
        let room = MOST_CALLS.saturating_sub(self.calls.len());
        self.calls.extend(block.calls.into_iter().take(room).map(|raw| fit::call(raw, tools)));
    }

    fn mark(&mut self) {
        self.touched = true;
        self.marks.push(self.rest.len());
    }

    fn on_own_line(&self) -> bool {
        self.rest.rsplit('\n').next().is_none_or(|start| start.trim().is_empty())
    }

    fn in_fence(&self) -> bool {
        self.rest.lines().filter(|line| is_fence(line)).count() % 2 == 1
    }

    /// Whether what comes next is spoken about, not said.
    fn is_quoted(&self) -> bool {
        self.rest.ends_with('`') && !self.rest.ends_with("```") || self.in_fence()
    }
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// Reads a text. Without tools everything is text.
pub(super) fn scan(text: &str, tools: &[ToolSpec]) -> Scan {
    let mut out = Scan::default();
    if tools.is_empty() {
        text.clone_into(&mut out.rest);
        return out;
    }
    let (mut at, mut tries) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|left| left.find(['<', '{', '['])) {
        out.rest.push_str(text.get(at..at + found).unwrap_or_default());
        at += found;
        let from = text.get(at..).unwrap_or_default();
        let taken = if from.starts_with('<') { markup(from, at, tools, &mut out) } else { loose(from, at, tools, &mut tries, &mut out) };
        let taken = taken.unwrap_or_else(|| {
            out.rest.push_str(from.get(..1).unwrap_or_default());
            1
        });
        at += taken.max(1);
    }
    out.rest.push_str(text.get(at..).unwrap_or_default());
    if out.touched {
        out.rest = clean(&out.rest, &out.marks);
    }
    out
}

/// Reads a tag and what belongs to it; how much of the text that is.
fn markup(from: &str, at: usize, tools: &[ToolSpec], out: &mut Scan) -> Option<usize> {
    let Some(tag) = Tag::at(from) else {
        let last = !from.get(1..)?.contains('<');
        let broken = last && tag::broken_off(from) == Some(0) && !out.is_quoted();
        return broken.then(|| {
            out.mark();
            from.len()
        });
    };
    if let Some(len) = tokens::outputs(from, &tag).filter(|_| !out.is_quoted()) {
        out.mark();
        out.dreaming = true;
        return Some(len);
    }
    let block = vendors::list(from, &tag, tools)
        .or_else(|| tokens::read(from, &tag, &out.rest))
        .or_else(|| invoke::read(from, &tag))
        .or_else(|| vendors::tool_call(from, &tag, tools))
        .or_else(|| vendors::python_tag(from, &tag, tools));
    // A block that breaks off before its first call is there.
    let empty = block.as_ref().is_some_and(|block| block.calls.is_empty() && block.taken == from.len()) && !out.is_quoted();
    if empty {
        out.mark();
        return Some(from.len());
    }
    match block.filter(|block| !block.calls.is_empty()) {
        Some(block) if out.is_quoted() && !knows_any(&block, tools) => {
            out.rest.push_str(from.get(..block.taken)?);
            Some(block.taken)
        }
        Some(block) => {
            let taken = block.taken;
            out.take(at, block, tools, true);
            Some(taken)
        }
        None => {
            let alone =
                from.len() == tag.len || out.on_own_line() && from.get(tag.len..)?.lines().next().is_none_or(|line| line.trim().is_empty());
            let is_ours = match tag.word.as_str() {
                "think" => tag.close,
                "toolcall" | "toolcalls" | "functioncalls" => tag.special || alone || !out.calls.is_empty(),
                "invoke" | "parameter" | "function" => tag.dsml || (tag.close && !out.calls.is_empty()),
                "calls" => tag.dsml,
                word => tag.special && is_token(word),
            };
            (is_ours && !out.is_quoted()).then(|| {
                out.mark();
                tag.len
            })
        }
    }
}

/// Whether it is a special token that is never part of an answer.
fn is_token(word: &str) -> bool {
    let of_calls = ["toolcall", "toolsep", "tooloutput"].iter().any(|start| word.starts_with(start));
    of_calls || matches!(word, "endofsentence" | "beginofsentence" | "pythontag" | "eomid" | "eotid" | "imend")
}

fn knows_any(block: &Block, tools: &[ToolSpec]) -> bool {
    block.calls.iter().any(|call| tools.iter().any(|tool| tool.name == call.name.trim()))
}

/// Reads JSON that stands in the text; how much of the text that is.
fn loose(from: &str, at: usize, tools: &[ToolSpec], tries: &mut usize, out: &mut Scan) -> Option<usize> {
    if let Some(block) = vendors::mistral(from, tools) {
        if out.is_quoted() && !knows_any(&block, tools) {
            return None;
        }
        let taken = block.taken;
        out.take(at, block, tools, true);
        return Some(taken);
    }
    let next = from.get(1..)?.trim_start();
    if !next.starts_with(['"', '{', '}', ']']) || *tries >= MOST_TRIES {
        return None;
    }
    let reading = Reading { tools, explicit: false };
    let mut block = Block::new("json");
    match json::at(from) {
        json::At::Whole(value, len) => {
            block.taken = len;
            // In the middle of a sentence it is spoken about.
            let ends_line = from.get(len..)?.lines().next().is_none_or(|after| after.trim().is_empty());
            if !(out.on_own_line() || out.in_fence() || ends_line) {
                out.rest.push_str(from.get(..len)?);
                return Some(len);
            }
            let Some(found) = reading.value(&value) else {
                out.rest.push_str(from.get(..len)?);
                return Some(len);
            };
            block.thoughts = found.thoughts;
            block.calls = found.calls.into_iter().map(Raw::from).collect();
        }
        json::At::Broken(error, len) => {
            *tries += 1;
            let inner = first_call(from, from.get(..len)?);
            let name = json::name_in(inner).filter(|name| out.on_own_line() && (reading.knows(name) || json::is_protocol(inner)))?;
            block.calls.push(Raw { name: name.to_owned(), args: Err(json::not_json(&error, inner)), whole: super::Whole::Yes });
            block.taken = inner.len();
        }
        json::At::Open => {
            *tries += 1;
            let fence = json::outside(from, |text| text.starts_with("\n```")).filter(|_| out.in_fence());
            let inner = first_call(from, from.get(..fence.unwrap_or(from.len()))?);
            let cut = fence.is_none_or(|end| end != inner.len());
            let (calls, taken) = vendors::unclosed(inner, cut, reading);
            if !out.on_own_line() && calls.iter().all(|call| call.args.is_err()) {
                return None;
            }
            (block.calls, block.taken) = (calls, taken);
        }
    }
    let nothing = block.calls.is_empty() && block.thoughts.is_empty();
    if nothing || (out.is_quoted() && !block.calls.is_empty() && !knows_any(&block, tools)) {
        return None;
    }
    let taken = block.taken;
    out.take(at, block, tools, false);
    Some(taken)
}

/// The line, where calls stand a line each and this one does not end; else all of `piece`.
fn first_call<'a>(from: &'a str, piece: &'a str) -> &'a str {
    let line = from.lines().next().unwrap_or_default();
    let another = from.get(line.len()..).unwrap_or_default().trim_start().starts_with('{');
    if line.len() < piece.len() && json::name_in(line).is_some() && (another || line.trim_end().ends_with('}')) { line } else { piece }
}

/// The text without what only held calls: fences, brackets and commas around places where something was taken out.
fn clean(rest: &str, marks: &[usize]) -> String {
    let mut lines: Vec<(&str, bool, bool)> = Vec::new();
    let mut at = 0;
    for line in rest.split('\n') {
        let marked = marks.iter().any(|mark| (at..=at + line.len()).contains(mark));
        let separator = line.trim().chars().all(|c| matches!(c, '[' | ']' | ',' | ';' | ' '));
        lines.push((line, marked, separator));
        at += line.len() + 1;
    }
    let mut drop = vec![false; lines.len()];
    let fences: Vec<usize> = lines.iter().enumerate().filter(|(_, (line, ..))| is_fence(line)).map(|(place, _)| place).collect();
    let mut left = fences.as_slice();
    while let Some((open, more)) = left.split_first() {
        let (close, more) = more.split_first().map_or((lines.len(), more), |(close, more)| (*close, more));
        let inner = lines.get(open + 1..close).unwrap_or_default();
        let held = inner.iter().all(|(_, _, separator)| *separator);
        let marked =
            inner.iter().any(|(_, marked, _)| *marked) || [*open, close].iter().any(|at| lines.get(*at).is_some_and(|line| line.1));
        if held && marked {
            for place in [*open, close] {
                if let Some(drop) = drop.get_mut(place) {
                    *drop = true;
                }
            }
        }
        left = more;
    }
    // Separators beside a call, as far as nothing but separators lies between.
    let mut near = false;
    let order: Vec<usize> = (0..lines.len()).chain((0..lines.len()).rev()).collect();
    for place in order {
        let Some((line, marked, separator)) = lines.get(place) else { continue };
        near = *separator && (near || *marked);
        if let Some(drop) = drop.get_mut(place).filter(|_| near && !line.trim().is_empty()) {
            *drop = true;
        }
    }
    let kept: Vec<&str> = lines.iter().zip(drop).filter(|(_, drop)| !drop).map(|((line, ..), _)| *line).collect();
    kept.join("\n")
}

/// A block of calls at the very end of reasoning.
#[derive(Debug)]
pub(super) struct Leak {
    pub(super) before: String,
    pub(super) calls: Vec<ToolCall>,
    pub(super) dialect: &'static str,
}

/// The whole, explicit block that `text` ends with. White space and stray closing tags may follow it.
pub(super) fn block_at_end(text: &str, tools: &[ToolSpec]) -> Option<Leak> {
    let mut scan = scan(text, tools);
    let (from, to, earlier) = scan.last?;
    let mut after = text.get(to..)?.trim();
    while let Some(tag) = Tag::at(after).filter(|tag| tag.close || tag.special) {
        after = after.get(tag.len..)?.trim_start();
    }
    let calls = scan.calls.split_off(earlier);
    let whole = after.is_empty() && calls.iter().all(|call| call.problem.is_none());
    let before = text.get(..from)?.trim_end().to_owned();
    whole.then_some(Leak { before, calls, dialect: scan.dialect? })
}
