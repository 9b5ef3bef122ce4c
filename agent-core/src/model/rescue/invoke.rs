//! Calls as markup: DeepSeek V3.2 to V4.1 (`<｜DSML｜invoke name=…>`), the same without the mark (`<invoke name=…>`), and
//! `<function=NAME><parameter=KEY>`.
//!
//! A value ends at the first tag that closes a parameter. Where a parameter opens before that one is closed nobody can tell
//! where the value ends, so it is refused.

use serde_json::{Map, Value};

use super::tag::{self, Tag};
use super::{Block, Raw, Whole, json};

/// Whether the tag opens a list of calls.
pub(super) fn opens_list(tag: &Tag<'_>) -> bool {
    !tag.close && (matches!(tag.word.as_str(), "functioncalls" | "toolcalls") || (tag.dsml && tag.word == "calls"))
}

fn closes_list(tag: &Tag<'_>) -> bool {
    tag.close && matches!(tag.word.as_str(), "functioncalls" | "toolcalls" | "calls")
}

/// Whether the tag opens one call.
pub(super) fn opens_call(tag: &Tag<'_>) -> bool {
    !tag.close && matches!(tag.word.as_str(), "invoke" | "function") && tag.attr("name").is_some()
}

fn dialect(tag: &Tag<'_>) -> &'static str {
    match tag {
        _ if tag.dsml => "dsml",
        _ if tag.word == "function" => "function-tags",
        _ => "invoke-tags",
    }
}

/// The list or the call that `text` begins with.
pub(super) fn read(text: &str, tag: &Tag<'_>) -> Option<Block> {
    let mut block = Block::new(dialect(tag));
    let in_list = opens_list(tag);
    if in_list {
        block.taken = tag.len;
    } else if !opens_call(tag) {
        return None;
    }
    loop {
        let rest = text.get(block.taken..).unwrap_or_default();
        let body = rest.trim_start();
        let skipped = rest.len() - body.len();
        match Tag::at(body) {
            Some(next) if opens_call(&next) && (in_list || block.calls.is_empty() || next.word == "invoke") => {
                if block.calls.is_empty() {
                    block.dialect = dialect(&next);
                }
                let (call, taken, ended) = one(body, &next);
                block.calls.push(call);
                block.taken += skipped + taken;
                block.closed = ended && !in_list;
            }
            Some(next) if in_list && closes_list(&next) => {
                block.taken += skipped + next.len;
                block.closed = true;
                return Some(block);
            }
            // A call's end that was written twice.
            Some(next) if next.closes("invoke") => block.taken += skipped + next.len,
            _ => return Some(block),
        }
    }
}

/// A call, its length, and whether its end is there.
fn one(text: &str, tag: &Tag<'_>) -> (Raw, usize, bool) {
    let name = tag.attr("name").unwrap_or_default().trim();
    let closes = |other: &Tag<'_>| other.close && (other.word == tag.word || closes_list(other) || other.word == "toolcall");
    let mut at = tag.len;
    let mut args = Map::new();
    let body = text.get(at..).unwrap_or_default();
    if json::skip_fence(body).starts_with('{') {
        let given = json::arguments(body, closes);
        at += given.taken;
        let (ended, taken) = end_of(text.get(at..).unwrap_or_default(), &tag.word);
        return (given.call(name), at + taken, ended);
    }
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let body = rest.trim_start();
        let skipped = rest.len() - body.len();
        let whole = |whole, at| (Raw { name: name.to_owned(), args: Ok(Value::Object(args.clone())), whole }, at);
        match Tag::at(body) {
            Some(next) if next.opens("parameter") => match parameter(body, &next) {
                Ok((key, value, taken)) => {
                    args.insert(key, value);
                    at += skipped + taken;
                }
                // Where a value has no end nobody can tell what comes after it: nothing there is read as said.
                Err(problem) => return (Raw { name: name.to_owned(), args: Err(problem), whole: Whole::Yes }, text.len(), false),
            },
            Some(next) if closes(&next) => {
                let (call, at) = whole(Whole::Yes, at);
                let (ended, taken) = end_of(text.get(at..).unwrap_or_default(), &tag.word);
                return (call, at + taken, ended);
            }
            // The next call begins: this one's end was forgotten.
            Some(next) if opens_call(&next) => {
                let (call, at) = whole(Whole::Yes, at);
                return (call, at, false);
            }
            _ => {
                let lost = tag::broken_off(body).is_none_or(|at| at > 0) && !body.is_empty();
                if lost {
                    return (Raw::lost(name, body), text.len(), false);
                }
                let (call, _) = whole(Whole::Cut, at);
                return (call, text.len(), false);
            }
        }
    }
}

/// Whether `text` begins with the end of a call, and how long that is.
fn end_of(text: &str, word: &str) -> (bool, usize) {
    let body = text.trim_start();
    match Tag::at(body) {
        Some(tag) if tag.closes(word) => (true, text.len() - body.len() + tag.len),
        _ => (false, 0),
    }
}

/// A parameter: key, value, length.
fn parameter(text: &str, tag: &Tag<'_>) -> Result<(String, Value, usize), String> {
    let key = tag.attr("name").filter(|key| !key.is_empty()).ok_or_else(|| format!("a parameter has no name: <{}>", tag.attrs))?;
    let body = text.get(tag.len..).unwrap_or_default();
    let close = tag::find(body, |other| other.closes("parameter") && (other.dsml || !tag.dsml));
    let Some((end, close)) = close else { return Err(json::cut_off(text)) };
    let inner = body.get(..end).unwrap_or_default();
    let doubtful = |other: &Tag<'_>| other.dsml == tag.dsml && (other.opens("parameter") || opens_call(other));
    if tag::find(inner, doubtful).is_some() {
        return Err(format!("the value of {key:?} has no end of its own; close each parameter"));
    }
    let kind = tag.attr("string");
    let value = match kind {
        Some("true") => Value::from(inner),
        // What is no JSON is taken as it stands; the schema says whether it may be.
        Some(_) => serde_json::from_str(inner.trim()).unwrap_or_else(|_| Value::from(inner)),
        None if tag.attrs.trim_start().starts_with('=') => Value::from(one_line_break_less(inner)),
        None => Value::from(inner),
    };
    Ok((key.to_owned(), value, tag.len + end + close.len))
}

/// `<parameter=x>` puts its value on lines of its own.
fn one_line_break_less(text: &str) -> &str {
    let text = text.strip_prefix('\n').unwrap_or(text);
    text.strip_suffix('\n').unwrap_or(text)
}
