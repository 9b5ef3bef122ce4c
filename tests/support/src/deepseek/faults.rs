//! What goes wrong on the way, as data, and the plan of what is then done to the connection. Pure.
//!
//! A fault has a place in the exchange. Before the response it is done instead of the response; within the response it happens
//! at that place and, where it does not end the reply, the rest follows.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::json;

use super::http::{Step, head};
use super::stream::{Event, Part};

/// How many bytes a huge event is written in at once.
const LARGE: usize = 64 << 10;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An error status with the seconds or the date of `Retry-After`; within a stream, an error object.
    Status(u16, Option<String>),
    /// The connection is reset before the request is read; later, as [`Fault::Reset`].
    Refuse,
    /// Nothing more comes, and the connection stays.
    NoAnswer,
    /// From here on so many bytes come at a time, with such a pause after each.
    SlowDrip(usize, Duration),
    /// The connection is reset.
    Reset,
    /// The response ends in order, but too early.
    Truncate,
    /// An event comes twice.
    DuplicateChunk,
    /// An event comes after the one that it should come before.
    OutOfOrder,
    /// Bytes that are no text stand in an event.
    InvalidUtf8,
    /// An event of so many bytes.
    Huge(usize),
    /// An event that is no JSON.
    GarbageJson,
    /// The response says that it is a page.
    WrongContentType,
}

/// Where it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before the request is read.
    Connect,
    /// Instead of the response's head.
    BeforeHeaders,
    /// After the head, before the first byte of the body.
    AfterHeaders,
    /// In the middle of the reasoning.
    InReasoning,
    /// In the middle of the text.
    InText,
    /// In the middle of the calls' arguments.
    InArguments,
    /// Before the chunk that says why the reply ended.
    BeforeFinish,
    /// Before `[DONE]`.
    BeforeDone,
    /// After `[DONE]`, before the body's end.
    AfterDone,
    /// After so many bytes of the body.
    Byte(usize),
}

impl Place {
    /// All places but those that are counted in bytes.
    pub const PHASES: [Self; 9] = [
        Self::Connect,
        Self::BeforeHeaders,
        Self::AfterHeaders,
        Self::InReasoning,
        Self::InText,
        Self::InArguments,
        Self::BeforeFinish,
        Self::BeforeDone,
        Self::AfterDone,
    ];
}

/// A fault at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub fault: Fault,
    /// Where.
    pub at: Place,
}

impl Trouble {
    /// This fault at that place.
    #[must_use]
    pub fn new(fault: Fault, at: Place) -> Self {
        Self { fault, at }
    }

    /// Whether it comes before any response.
    pub(super) fn is_early(&self) -> bool {
        matches!(self.at, Place::Connect | Place::BeforeHeaders)
    }
}

/// What is done instead of reading the request and answering it.
pub(super) fn early(fault: &Fault) -> Vec<Step> {
    let page = |status: u16, kind: &str, more: Option<(&str, &str)>, body: &str| {
        let mut headers = vec![("content-type".to_owned(), kind.to_owned()), ("content-length".to_owned(), body.len().to_string())];
        headers.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        vec![Step::Raw(head(status, &headers)), Step::Raw(body.as_bytes().to_vec())]
    };
    match fault {
        Fault::Status(status, after) => {
            let body = json!({ "error": { "message": "as scripted", "type": "scripted" } }).to_string();
            let mut steps = page(*status, "application/json", after.as_deref().map(|after| ("retry-after", after)), &body);
            if let (Some(Step::Raw(head)), true) = (steps.first_mut(), after.as_deref().is_some_and(|after| after.contains("GMT"))) {
                // A date is counted from the server's own clock.
                let line = b"date: Sun, 01 Nov 2026 00:00:00 GMT\r\n\r\n";
                head.truncate(head.len().saturating_sub(2));
                head.extend_from_slice(line);
            }
            steps
        }
        Fault::Refuse | Fault::Reset => vec![Step::Reset],
        Fault::NoAnswer => vec![Step::Silence],
        Fault::WrongContentType => page(200, "text/html; charset=utf-8", None, "<html><body>Sign in to the hotel's network</body></html>"),
        Fault::Truncate => vec![],
        Fault::InvalidUtf8 => vec![Step::Raw(b"HTTP/1.1 200 \xff\xfe\r\n\xff\xfe: \xff\r\n\r\n".to_vec())],
        Fault::GarbageJson | Fault::OutOfOrder | Fault::DuplicateChunk => vec![Step::Raw(b"data: {\"choices\": [\n\n".to_vec())],
        Fault::Huge(bytes) => vec![Step::Raw(b"HTTP/1.1 200 OK\r\nx: ".to_vec()), Step::Raw(vec![b'x'; *bytes])],
        Fault::SlowDrip(bytes, pause) => head(503, &[("content-length".to_owned(), "0".to_owned())])
            .chunks((*bytes).max(1))
            .flat_map(|piece| [Step::Raw(piece.to_vec()), Step::Pause(*pause)])
            .collect(),
    }
}

/// The body with the fault in it, in pieces of these sizes, repeated.
pub(super) fn body(mut events: Vec<Event>, trouble: &Trouble, sizes: &[usize]) -> Vec<Step> {
    let (index, offset) = locate(&events, trouble.at);
    let inject = |events: &mut Vec<Event>, bytes: Vec<u8>| events.insert(index.min(events.len()), Event { part: Part::Fault, bytes });
    let mut end = vec![Step::Last];
    let mut cut = usize::MAX;
    let mut tail = Vec::new();
    match &trouble.fault {
        Fault::Status(status, _) => {
            let error = json!({ "error": { "message": "as scripted", "type": "scripted", "code": status } });
            inject(&mut events, format!("data: {error}\n\n").into_bytes());
        }
        Fault::NoAnswer => (cut, end) = (offset, vec![Step::Silence]),
        Fault::Refuse | Fault::Reset => (cut, end) = (offset, vec![Step::Reset]),
        Fault::Truncate => cut = offset,
        Fault::SlowDrip(bytes, pause) => {
            let text: Vec<u8> = events.iter().flat_map(|event| event.bytes.clone()).collect();
            let slow = text.get(offset..).unwrap_or_default();
            tail = slow.chunks((*bytes).max(1)).flat_map(|piece| [Step::Chunk(piece.to_vec()), Step::Pause(*pause)]).collect();
            cut = offset;
        }
        Fault::DuplicateChunk => {
            if let Some(twice) = events.get(index).or(events.last()).cloned() {
                events.insert(index.min(events.len()), twice);
            }
        }
        Fault::OutOfOrder if index + 1 < events.len() => events.swap(index, index + 1),
        Fault::InvalidUtf8 => match events.get_mut(index) {
            Some(event) => {
                let middle = event.bytes.len() / 2;
                event.bytes.splice(middle..middle, [0xff, 0xfe, 0xc3]);
            }
            None => inject(&mut events, b"data: \xff\xfe\n\n".to_vec()),
        },
        Fault::Huge(bytes) => {
            let mut huge = b"data: ".to_vec();
            huge.resize(*bytes, b'x');
            inject(&mut events, huge);
            let text: Vec<u8> = events.into_iter().flat_map(|event| event.bytes).collect();
            return text.chunks(LARGE).map(|piece| Step::Chunk(piece.to_vec())).chain(end).collect();
        }
        Fault::GarbageJson => inject(&mut events, b"data: {\"choices\": [{\"delta\":\n\n".to_vec()),
        // The last event comes after nothing; and the head is the caller's.
        Fault::OutOfOrder | Fault::WrongContentType => {}
    }
    let mut text: Vec<u8> = events.into_iter().flat_map(|event| event.bytes).collect();
    text.truncate(cut);
    pieces(&text, sizes).chain(tail).chain(end).collect()
}

/// Bytes in pieces of these sizes, repeated.
pub(super) fn pieces(mut text: &[u8], sizes: &[usize]) -> impl Iterator<Item = Step> {
    let mut sizes = sizes.iter().map(|size| (*size).max(1)).cycle();
    std::iter::from_fn(move || {
        let size = sizes.next().unwrap_or(usize::MAX).min(text.len());
        let (piece, rest) = text.split_at(size);
        text = rest;
        (!piece.is_empty()).then(|| Step::Chunk(piece.to_vec()))
    })
}

/// The event that a place is in or before, and the bytes of the body that come before it.
fn locate(events: &[Event], at: Place) -> (usize, usize) {
    let before = |index: usize| events.iter().take(index).map(|event| event.bytes.len()).sum::<usize>();
    let first = |part: Part| events.iter().position(|event| event.part == part).unwrap_or(events.len());
    let middle = |part: Part| {
        let of: Vec<usize> = (0..events.len()).filter(|index| events.get(*index).is_some_and(|event| event.part == part)).collect();
        of.get(of.len() / 2).copied().unwrap_or_else(|| first(Part::Finish))
    };
    let within = |index: usize| (index, before(index) + events.get(index).map_or(0, |event| event.bytes.len() / 2));
    match at {
        Place::Connect | Place::BeforeHeaders | Place::AfterHeaders => (0, 0),
        Place::InReasoning => within(middle(Part::Reasoning)),
        Place::InText => within(middle(Part::Text)),
        Place::InArguments => within(middle(Part::Arguments)),
        Place::BeforeFinish => (first(Part::Finish), before(first(Part::Finish))),
        Place::BeforeDone => (first(Part::Done), before(first(Part::Done))),
        Place::AfterDone => (events.len(), before(events.len())),
        Place::Byte(offset) => ((0..events.len()).find(|index| before(index + 1) > offset).unwrap_or(events.len()), offset),
    }
}
