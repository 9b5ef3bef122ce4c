//! JSON as models write it: with raw line breaks in strings, a comma too many, or closers missing.
//!
//! What is mended loses nothing and adds nothing but brackets. Where a value itself may have been cut there is no value.

use serde_json::{Map, Value};

use super::tag::{self, Tag};
use super::{Raw, Whole};

/// Longest piece of unreadable text that is quoted back, in characters.
const EXCERPT: usize = 200;

/// What stands where JSON begins.
#[derive(Debug)]
pub(super) enum At {
    /// A value, and its length in bytes.
    Whole(Value, usize),
    /// Brackets that close, around something that is no JSON.
    Broken(String, usize),
    /// Brackets that don't close.
    Open,
}

/// Goes over JSON text, telling what is in a string. Ends where the brackets are closed, if they are.
struct Walk {
    open: Vec<char>,
    in_string: bool,
    end: Option<usize>,
}

fn walk(text: &str, mut each: impl FnMut(usize, char, bool)) -> Walk {
    let mut walk = Walk { open: Vec::new(), in_string: false, end: None };
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        each(at, c, walk.in_string);
        if walk.in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => walk.in_string = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => walk.in_string = true,
            '{' => walk.open.push('}'),
            '[' => walk.open.push(']'),
            '}' | ']' => {
                walk.open.pop();
                if walk.open.is_empty() {
                    walk.end = Some(at + 1);
                    return walk;
                }
            }
            _ => {}
        }
    }
    walk
}

/// Raw control characters in strings become escapes, a comma before a closer goes.
fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    walk(text, |_, c, in_string| match c {
        // A backslash before it would make something else of the escape.
        '\n' | '\r' | '\t' if in_string && out.ends_with('\\') => out.push(c),
        '\n' if in_string => out.push_str("\\n"),
        '\r' if in_string => out.push_str("\\r"),
        '\t' if in_string => out.push_str("\\t"),
        '}' | ']' if !in_string => {
            let kept = out.trim_end();
            if kept.ends_with(',') {
                out.truncate(kept.len() - 1);
            }
            out.push(c);
        }
        _ => out.push(c),
    });
    out
}

fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| serde_json::from_str(&mend(text)).map_err(|_| error))
}

/// Reads the object or array that `text` begins with.
pub(super) fn at(text: &str) -> At {
    let Some(len) = walk(text, |_, _, _| {}).end else { return At::Open };
    let Some(slice) = text.get(..len) else { return At::Open };
    match parse(slice) {
        Ok(value) => At::Whole(value, len),
        Err(error) => At::Broken(error.to_string(), len),
    }
}

/// The value of a text that only lacks closers, and how many. A text that was `cut` may have lost the rest of a number, or what
/// should follow a comma, so there it is no value.
pub(super) fn close(text: &str, cut: bool) -> Option<(Value, usize)> {
    let text = text.trim_end();
    let Walk { open, in_string, end: None } = walk(text, |_, _, _| {}) else { return None };
    let last = text.chars().next_back()?;
    if in_string || matches!(last, ':' | '\\') || (cut && (last == ',' || last.is_ascii_digit())) {
        return None;
    }
    let count = open.len();
    let closed: String = text.chars().chain(open.into_iter().rev()).collect();
    Some((parse(&closed).ok()?, count))
}

/// The arguments of a call that broke off, if only their last bracket is missing.
pub(in crate::model) fn closed_arguments(text: &str) -> Option<Value> {
    close(text, true).filter(|(value, open)| *open == 1 && value.is_object()).map(|(value, _)| value)
}

/// The arguments of a call that a tag ends.
pub(super) struct Given {
    pub(super) args: Result<Value, String>,
    pub(super) whole: Whole,
    pub(super) taken: usize,
}

impl Given {
    pub(super) fn call(self, name: &str) -> Raw {
        Raw { name: name.to_owned(), args: self.args, whole: self.whole }
    }
}

/// The first place outside strings, in JSON that does not close, where what follows is `wanted`. What stands in a string never
/// ends a call: else its rest would be read as said by the model.
pub(super) fn outside(text: &str, wanted: impl Fn(&str) -> bool) -> Option<usize> {
    let mut found = None;
    walk(text, |at, c, in_string| {
        if found.is_none() && !in_string && matches!(c, '<' | '\n') && text.get(at..).is_some_and(&wanted) {
            found = Some(at);
        }
    });
    found
}

/// Reads arguments up to the tag that ends them, fences around them included. Where that tag is not there the text was cut.
pub(super) fn arguments(text: &str, ends: impl Fn(&Tag<'_>) -> bool) -> Given {
    let body = skip_fence(text);
    let skipped = text.len() - body.len();
    if body.starts_with(['{', '[']) {
        match at(body) {
            At::Whole(value, len) => {
                let after = body.get(len..).unwrap_or_default();
                let rest = after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '}' | ']' | '`' | ';' | ','));
                return Given { args: Ok(value), whole: Whole::Yes, taken: skipped + len + after.len() - rest.len() };
            }
            At::Broken(error, len) => {
                return Given { args: Err(not_json(&error, body.get(..len).unwrap_or(body))), whole: Whole::Yes, taken: skipped + len };
            }
            At::Open => {}
        }
    }
    let end = if body.starts_with(['{', '[']) {
        outside(body, |text| Tag::at(text).is_some_and(|tag| ends(&tag)))
    } else {
        tag::find(body, ends).map(|(at, _)| at)
    };
    let inner = body.get(..end.unwrap_or(body.len())).unwrap_or(body);
    let taken = skipped + inner.len();
    let inner = inner.trim_end().trim_end_matches('`').trim_end();
    let cut = end.is_none();
    if inner.is_empty() {
        return Given { args: Ok(Value::Object(Map::new())), whole: if cut { Whole::Cut } else { Whole::Yes }, taken };
    }
    if let Ok(text @ Value::String(_)) = parse(inner) {
        return Given { args: Ok(text), whole: Whole::Yes, taken };
    }
    let closed = close(inner, cut).filter(|_| inner.starts_with('{'));
    let (args, whole) = match closed {
        Some((value, _)) if !cut => (Ok(value), Whole::Closers),
        Some((value, 1)) => (Ok(value), Whole::Cut),
        _ if cut => (Err(cut_off(inner)), Whole::Cut),
        _ => (Err(not_json("they do not end", inner)), Whole::Yes),
    };
    Given { args, whole, taken }
}

/// Leaves out white space and the opening of a fence.
pub(super) fn skip_fence(text: &str) -> &str {
    let body = text.trim_start();
    match body.strip_prefix("```") {
        Some(fenced) => fenced.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).trim_start(),
        None => body,
    }
}

fn clip(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
}

pub(super) fn not_json(why: &str, text: &str) -> String {
    format!("the arguments are not valid JSON ({why}): {}", clip(text))
}

pub(super) fn cut_off(text: &str) -> String {
    format!("the call was cut off before its end, so it was not made; make it again, shorter: {}", clip(text))
}

/// Keys that hold the name of a call.
const NAMES: [&str; 5] = ["\"do\"", "\"name\"", "\"tool\"", "\"action\"", "\"function\""];

/// The name of the call in JSON that can't be read, as far as it is there.
pub(super) fn name_in(text: &str) -> Option<&str> {
    NAMES.iter().find_map(|key| {
        let value = text.split_once(key)?.1.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        value.split('"').next()
    })
}

/// Whether it begins as a line of our own protocol does.
pub(super) fn is_protocol(text: &str) -> bool {
    text.strip_prefix('{').is_some_and(|inner| inner.trim_start().starts_with("\"do\""))
}

/// Where the items of a list of calls begin, if `text` begins with the envelope of one.
pub(super) fn list_in(text: &str) -> Option<usize> {
    let at = text.find('[')?;
    let head: String = text.get(..at)?.chars().filter(|c| !c.is_whitespace()).collect();
    super::object::LISTS.iter().any(|key| head.ends_with(&format!("\"{key}\":")) && head.matches(':').count() <= 3).then_some(at + 1)
}
