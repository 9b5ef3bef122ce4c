//! DeepSeek V3, R1 and V3.1: calls between special tokens.
//!
//! V3 and R1 write `function<｜tool▁sep｜>NAME` and the arguments in a fence, V3.1 `NAME<｜tool▁sep｜>` and the arguments bare. Which
//! it is shows in what follows the separator. Servers that drop special tokens leave any part of this out, so no token is needed
//! but the separator, or the one that begins a call.

use super::tag::{self, Tag};
use super::{Block, Raw, Whole, json};

const NAME: &str = "deepseek-v3";

fn ends_call(tag: &Tag<'_>) -> bool {
    matches!(tag.word.as_str(), "toolcallend" | "toolcallsend" | "toolcallbegin" | "tooloutputsbegin" | "endofsentence")
}

/// The block of calls that `text` begins with. `before` is what was written in front of it.
pub(super) fn read(text: &str, tag: &Tag<'_>, before: &str) -> Option<Block> {
    let mut block = Block::new(NAME);
    match tag.word.as_str() {
        "toolcallsbegin" => block.taken = tag.len,
        "toolcallbegin" => {}
        "toolsep" => {
            let head = before.rsplit(|c: char| c.is_whitespace() || c == '>').next().unwrap_or_default();
            let (call, taken) = after_separator(head, text.get(tag.len..)?);
            block.head = head.len();
            block.calls.push(call);
            block.taken = tag.len + taken;
        }
        _ => return None,
    }
    loop {
        let rest = text.get(block.taken..).unwrap_or_default();
        let body = rest.trim_start();
        let skipped = rest.len() - body.len();
        let Some(next) = Tag::at(body) else {
            block.closed |= !block.calls.is_empty() && block.calls.iter().all(|call| call.whole == Whole::Yes);
            return Some(block);
        };
        match next.word.as_str() {
            "toolcallbegin" => {
                let (call, taken) = one(body.get(next.len..).unwrap_or_default());
                block.calls.extend(call);
                block.taken += skipped + next.len + taken;
            }
            "toolcallend" => block.taken += skipped + next.len,
            "toolcallsend" => {
                block.taken += skipped + next.len;
                block.closed = true;
                return Some(block);
            }
            _ => return Some(block),
        }
    }
}

/// The call after the token that begins one, and how long it is.
fn one(text: &str) -> (Option<Raw>, usize) {
    let stop = tag::find(text, |tag| tag.word == "toolsep" || ends_call(tag));
    match stop {
        Some((at, tag)) if tag.word == "toolsep" => {
            let (call, taken) = after_separator(text.get(..at).unwrap_or_default(), text.get(at + tag.len..).unwrap_or_default());
            (Some(call), at + tag.len + taken)
        }
        Some((at, _)) => {
            let inner = text.get(..at).unwrap_or(text);
            let (call, _) = bare(inner, false);
            (call, at)
        }
        None => {
            let end = tag::broken_off(text).unwrap_or(text.len());
            let (call, _) = bare(text.get(..end).unwrap_or(text), true);
            (call, text.len())
        }
    }
}

/// A call without a separator: a name and arguments.
fn bare(text: &str, cut: bool) -> (Option<Raw>, usize) {
    let name = name_of(text);
    if name.trim().is_empty() {
        return (None, text.len());
    }
    let rest = text.trim_start().get(name.trim().len()..).unwrap_or_default();
    if cut || rest.trim().is_empty() {
        return (Some(Raw::lost(name, text)), text.len());
    }
    let given = json::arguments(rest, ends_call);
    (Some(given.call(name)), text.len())
}

fn name_of(text: &str) -> &str {
    text.trim_start().split(['\n', '{', '`', '<']).next().unwrap_or_default().trim()
}

fn after_separator(head: &str, text: &str) -> (Raw, usize) {
    let body = text.trim_start();
    let (name, rest) = if body.starts_with(['{', '[']) || body.starts_with("```") || Tag::at(body).is_some_and(|tag| ends_call(&tag)) {
        (head.trim(), body)
    } else {
        let name = name_of(body);
        (name, body.get(name.len()..).unwrap_or_default())
    };
    if rest.is_empty() {
        let name = if name.is_empty() { head } else { name };
        return (Raw::lost(name, text), text.len());
    }
    let given = json::arguments(rest, ends_call);
    let taken = text.len() - rest.len() + given.taken;
    (given.call(name), taken)
}

/// Made-up results of calls: `(length)`, up to their end or the end of the text.
pub(super) fn outputs(text: &str, tag: &Tag<'_>) -> Option<usize> {
    let end = match tag.word.as_str() {
        "tooloutputsbegin" => "tooloutputsend",
        "tooloutputbegin" => "tooloutputend",
        _ => return None,
    };
    Some(tag::find(text, |tag| tag.word == end).map_or(text.len(), |(at, tag)| at + tag.len))
}
