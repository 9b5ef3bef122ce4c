//! Explicit blocks that hold JSON: `<tool_call>` (Hermes, Qwen), `<|python_tag|>` (Llama), `[TOOL_CALLS]` (Mistral).

use super::object::Reading;
use super::tag::Tag;
use super::{Block, Raw, Whole, invoke, json};
use crate::model::ToolSpec;

/// Mistral's word.
const MISTRAL: &str = "[TOOL_CALLS]";

/// How far into a text the end of a name is looked for, in characters.
const LONGEST_NAME: usize = 80;

fn ends(tag: &Tag<'_>) -> bool {
    tag.closes("toolcall") || tag.closes("toolcalls") || tag.opens("toolcall") || matches!(tag.word.as_str(), "eomid" | "eotid" | "imend")
}

/// The `<tool_call>` that `text` begins with.
pub(super) fn tool_call(text: &str, tag: &Tag<'_>, tools: &[ToolSpec]) -> Option<Block> {
    if !tag.opens("toolcall") {
        return None;
    }
    let body = text.get(tag.len..)?;
    let inner = body.trim_start();
    let mut block = match Tag::at(inner).filter(invoke::opens_call) {
        Some(inside) => invoke::read(inner, &inside)?,
        None => objects(inner, "tool-call-tags", tools)?,
    };
    block.taken += tag.len + body.len() - inner.len();
    block.closed = false;
    let rest = text.get(block.taken..)?;
    if let Some(close) = Tag::at(rest.trim_start()).filter(|tag| tag.closes("toolcall")) {
        block.taken += rest.len() - rest.trim_start().len() + close.len;
        block.closed = true;
    }
    Some(block)
}

/// JSON calls inside a list that is marked as one.
pub(super) fn list(text: &str, tag: &Tag<'_>, tools: &[ToolSpec]) -> Option<Block> {
    if !invoke::opens_list(tag) {
        return None;
    }
    let body = text.get(tag.len..)?;
    let inner = body.trim_start();
    let mut block = if inner.starts_with(['{', '[']) {
        objects(inner, "tool-call-tags", tools)?
    } else {
        let inside = Tag::at(inner)?;
        tool_call(inner, &inside, tools)?
    };
    block.taken += tag.len + body.len() - inner.len();
    Some(block)
}

/// Llama's tag and what follows it.
pub(super) fn python_tag(text: &str, tag: &Tag<'_>, tools: &[ToolSpec]) -> Option<Block> {
    if !(tag.special && tag.word == "pythontag") {
        return None;
    }
    let body = text.get(tag.len..)?;
    let inner = body.trim_start();
    let mut block = objects(inner, "python-tag", tools)?;
    block.taken += tag.len + body.len() - inner.len();
    Some(block)
}

/// Mistral's word and what follows it: a list, or `name{…}`, or `name[ARGS]{…}`.
pub(super) fn mistral(text: &str, tools: &[ToolSpec]) -> Option<Block> {
    let cut = text.len() > 4 && MISTRAL.starts_with(text);
    let body = if cut { "" } else { text.strip_prefix(MISTRAL)? };
    let inner = body.trim_start();
    let skipped = text.len() - inner.len();
    if inner.starts_with(['{', '[']) {
        let mut block = objects(inner, "mistral", tools)?;
        block.taken += skipped;
        return Some(block);
    }
    let mut block = Block::new("mistral");
    let (name, rest) = named(inner)?;
    let given = json::arguments(rest, |_| false);
    block.taken = text.len() - rest.len() + given.taken;
    block.closed = given.whole == Whole::Yes;
    block.calls.push(given.call(name));
    Some(block)
}

/// A name and the arguments after it.
fn named(text: &str) -> Option<(&str, &str)> {
    let (at, _) = text.char_indices().take(LONGEST_NAME).find(|(_, c)| matches!(c, '{' | '[' | '\n'))?;
    let (name, rest) = text.split_at(at);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("[CALL_ID]").map_or(rest, |after| after.get(after.find('[').unwrap_or(0)..).unwrap_or(after));
    let rest = rest.strip_prefix("[ARGS]").unwrap_or(rest);
    (rest.trim_start().starts_with('{') && super::object::is_name(name.trim())).then_some((name.trim(), rest))
}

/// One JSON call after the other.
fn objects(text: &str, dialect: &'static str, tools: &[ToolSpec]) -> Option<Block> {
    let reading = Reading { tools, explicit: true };
    let mut block = Block::new(dialect);
    loop {
        let rest = text.get(block.taken..).unwrap_or_default();
        let body = json::skip_fence(rest).trim_start_matches([';', ',', '`']).trim_start();
        let skipped = rest.len() - body.len();
        if !body.starts_with(['{', '[']) {
            if block.calls.is_empty() {
                // It was cut before or in its name.
                if tools.iter().any(|tool| tool.name.starts_with(body.trim())) {
                    block.taken = text.len();
                    return Some(block);
                }
                let (name, after) = named(body)?;
                let given = json::arguments(after, ends);
                block.taken += skipped + body.len() - after.len() + given.taken;
                block.calls.push(given.call(name));
            }
            block.closed |= block.calls.iter().all(|call| call.whole == Whole::Yes);
            return Some(block);
        }
        match json::at(body) {
            json::At::Whole(value, len) => {
                let Some(found) = reading.value(&value) else { return (!block.calls.is_empty()).then_some(block) };
                block.thoughts.extend(found.thoughts);
                block.calls.extend(found.calls.into_iter().map(Raw::from));
                block.taken += skipped + len;
                // Closers too many.
                let rest = text.get(block.taken..).unwrap_or_default();
                block.taken += rest.len() - rest.trim_start_matches(['}', ']']).len();
            }
            json::At::Broken(error, len) => {
                let inner = body.get(..len).unwrap_or(body);
                let name = json::name_in(inner).unwrap_or_default();
                block.calls.push(Raw { name: name.to_owned(), args: Err(json::not_json(&error, inner)), whole: Whole::Yes });
                block.taken += skipped + len;
            }
            json::At::Open => {
                let end = json::outside(body, |text| Tag::at(text).is_some_and(|tag| ends(&tag)));
                let inner = body.get(..end.unwrap_or(body.len())).unwrap_or(body);
                let (calls, taken) = unclosed(inner, end.is_none(), reading);
                block.calls.extend(calls);
                block.taken += skipped + if block.calls.is_empty() && end.is_none() { body.len() } else { taken };
                return (!block.calls.is_empty() || end.is_none()).then_some(block);
            }
        }
    }
}

/// The calls in JSON whose closers are missing: those that are whole, and the one that is not.
pub(super) fn unclosed(text: &str, cut: bool, reading: Reading<'_>) -> (Vec<Raw>, usize) {
    let mut calls = Vec::new();
    let mut taken = 0;
    // A list that is open: its items one by one.
    let list = if text.starts_with('[') { Some(1) } else { json::list_in(text) };
    let mut body = text;
    if let Some(start) = list {
        taken = start;
        loop {
            let rest = text.get(taken..).unwrap_or_default();
            body = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            taken += rest.len() - body.len();
            let json::At::Whole(value, len) = json::at(body) else { break };
            let Some(found) = reading.value(&value) else { return (calls, taken) };
            calls.extend(found.calls.into_iter().map(Raw::from));
            taken += len;
        }
    }
    if body.starts_with('{') {
        calls.extend(last(body, cut, reading));
    } else if !body.trim_matches(|c: char| c.is_whitespace() || matches!(c, ']' | '}')).is_empty() {
        return (calls, taken);
    }
    (calls, text.len())
}

/// The one call that lacks closers.
fn last(text: &str, cut: bool, reading: Reading<'_>) -> Option<Raw> {
    let trimmed = text.trim_end().trim_end_matches('`').trim_end();
    if let Some((value, open)) = json::close(trimmed, cut)
        && let Some(found) = reading.value(&value)
        && let [sealed] = found.calls.as_slice()
    {
        let whole = match open.cmp(&sealed.depth) {
            std::cmp::Ordering::Less => Whole::Yes,
            _ if !cut => Whole::Closers,
            std::cmp::Ordering::Equal => Whole::Cut,
            std::cmp::Ordering::Greater => return Some(Raw::lost(&sealed.name, trimmed)),
        };
        return Some(Raw { name: sealed.name.clone(), args: Ok(sealed.args.clone()), whole });
    }
    let name = json::name_in(trimmed)?;
    let known = reading.explicit || reading.knows(name) || json::is_protocol(trimmed);
    known.then(|| Raw::lost(name, trimmed))
}
