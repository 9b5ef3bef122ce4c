//! A scripted reply as a stream of events, in as many and as awkward pieces as the real API may give; or as one object.
//!
//! Text comes a few characters at a time, the pieces of several calls interleave, and the bytes of the body are cut without
//! regard to lines or characters.

use serde_json::{Value, json};

use super::faults;
use super::http::Step;
use super::script::{Call, End, Reply, Tokens};

/// Characters of a piece of text.
const PIECE: usize = 3;

/// Bytes of a piece of the body: no divisor of anything.
pub(super) const CUT: usize = 37;

const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// What an event is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    KeepAlive,
    Role,
    Reasoning,
    Text,
    /// The head of a call.
    Call,
    Arguments,
    Finish,
    Usage,
    Done,
    /// Put in by a fault.
    Fault,
}

/// One event, line ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) part: Part,
    pub(super) bytes: Vec<u8>,
}

fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

/// The id of a reply's call.
pub(super) fn id(call: &Call, index: usize, number: usize) -> String {
    call.id.clone().unwrap_or_else(|| format!("call_{index:02}_StandIn{number:05}aBcDeFgH{index:04}"))
}

fn identity(body: &Value, number: usize, kind: &str) -> Value {
    let model = body.get("model").cloned().unwrap_or_default();
    let id = format!("00000000-0000-4000-8000-{number:012}");
    json!({ "id": id, "object": kind, "created": 1_795_000_000, "model": model, "system_fingerprint": "fp_stand_in" })
}

/// Sets a field of an object.
fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

fn finish(reply: &Reply) -> &str {
    reply.finish.as_deref().unwrap_or(if reply.calls.is_empty() { "stop" } else { "tool_calls" })
}

fn reasoning<'a>(body: &Value, reply: &'a Reply) -> Option<&'a str> {
    super::rules::thinking(body).then(|| reply.reasoning.as_deref().unwrap_or_default())
}

/// The events of a reply.
pub(super) fn events(body: &Value, reply: &Reply, number: usize, tokens: Tokens) -> Vec<Event> {
    let chunk = |part: Part, choices: Value, usage: Value| {
        let mut chunk = identity(body, number, "chat.completion.chunk");
        set(&mut chunk, "choices", choices);
        set(&mut chunk, "usage", usage);
        Event { part, bytes: format!("data: {chunk}\n\n").into_bytes() }
    };
    let delta = |part: Part, delta: Value| {
        chunk(part, json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null }]), Value::Null)
    };

    let reasoning = reasoning(body, reply);
    let mut said = vec![delta(
        Part::Role,
        match reasoning {
            Some(_) => json!({ "role": "assistant", "content": null, "reasoning_content": "" }),
            None => json!({ "role": "assistant", "content": "" }),
        },
    )];
    let thought = pieces(reasoning.unwrap_or_default());
    said.extend(thought.into_iter().map(|piece| delta(Part::Reasoning, json!({ "content": null, "reasoning_content": piece }))));
    said.extend(pieces(&reply.text).into_iter().map(|piece| delta(Part::Text, json!({ "content": piece, "reasoning_content": null }))));
    said.extend(call_events(&reply.calls, number).into_iter().map(|(part, fragment)| delta(part, json!({ "tool_calls": [fragment] }))));

    let last = json!([{ "index": 0, "delta": { "content": "" }, "logprobs": null, "finish_reason": finish(reply) }]);
    let usage = usage(reply, reasoning.unwrap_or_default(), tokens);
    if reply.usage_apart {
        said.extend([chunk(Part::Finish, last, Value::Null), chunk(Part::Usage, json!([]), usage)]);
    } else {
        said.push(chunk(Part::Finish, last, usage));
    }
    if reply.done {
        said.push(Event { part: Part::Done, bytes: b"data: [DONE]\n\n".to_vec() });
    }
    said.truncate(match reply.end {
        End::Whole => usize::MAX,
        End::Cut(most) | End::Stall(most) => most,
    });
    with_keep_alives(said, reply.keep_alives)
}

/// So many comments before the events, and one after each of the first so many.
fn with_keep_alives(said: Vec<Event>, count: usize) -> Vec<Event> {
    let comment = || Event { part: Part::KeepAlive, bytes: KEEP_ALIVE.to_vec() };
    let mut events: Vec<Event> = (0..count).map(|_| comment()).collect();
    for (place, event) in said.into_iter().enumerate() {
        events.push(event);
        if place < count {
            events.push(comment());
        }
    }
    events
}

/// The head of each call as it begins, and the pieces of their arguments in turn.
fn call_events(calls: &[Call], number: usize) -> Vec<(Part, Value)> {
    let head = |(index, call): (usize, &Call)| {
        let id = id(call, index, number);
        (Part::Call, json!({ "index": index, "id": id, "type": "function", "function": { "name": call.name, "arguments": "" } }))
    };
    let arguments: Vec<Vec<String>> = calls.iter().map(|call| pieces(&call.arguments)).collect();
    let longest = arguments.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| {
        let of_turn = arguments.iter().enumerate().filter_map(move |(index, pieces)| Some((index, pieces.get(turn)?)));
        of_turn.map(|(index, piece)| (Part::Arguments, json!({ "index": index, "function": { "arguments": piece } })))
    });
    calls.iter().enumerate().map(head).chain(turns).collect()
}

fn usage(reply: &Reply, reasoning: &str, tokens: Tokens) -> Value {
    let rough = |text: &str| text.len().div_ceil(4) as u64;
    let Tokens { prompt, cached, .. } = tokens;
    let reasoned = tokens.reasoning.unwrap_or_else(|| rough(reasoning));
    let said = reply.calls.iter().map(|call| rough(&call.name) + rough(&call.arguments)).sum::<u64>() + rough(&reply.text);
    let completion = tokens.completion.unwrap_or(reasoned + said);
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": { "cached_tokens": cached },
        "completion_tokens_details": { "reasoning_tokens": reasoned },
        "prompt_cache_hit_tokens": cached,
        "prompt_cache_miss_tokens": prompt.saturating_sub(cached),
    })
}

/// The reply as one object, after as many blank lines as a stream would have comments.
pub(super) fn whole(body: &Value, reply: &Reply, number: usize, tokens: Tokens) -> Vec<u8> {
    let reasoning = reasoning(body, reply);
    let mut message = json!({ "role": "assistant", "content": reply.text });
    if let Some(reasoning) = reasoning {
        set(&mut message, "reasoning_content", reasoning.into());
    }
    if !reply.calls.is_empty() {
        let call = |(index, call): (usize, &Call)| {
            let id = id(call, index, number);
            json!({ "index": index, "id": id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
        };
        set(&mut message, "tool_calls", reply.calls.iter().enumerate().map(call).collect());
    }
    let mut object = identity(body, number, "chat.completion");
    set(&mut object, "choices", json!([{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(reply) }]));
    set(&mut object, "usage", usage(reply, reasoning.unwrap_or_default(), tokens));
    let mut bytes = vec![b'\n'; reply.keep_alives];
    bytes.extend_from_slice(object.to_string().as_bytes());
    bytes
}

/// What is done to write the events.
pub(super) fn steps(events: &[Event], reply: &Reply) -> Vec<Step> {
    let text: Vec<u8> = events.iter().flat_map(|event| event.bytes.clone()).collect();
    let end = match reply.end {
        End::Whole => Some(Step::Last),
        // The body breaks off, and its end is missing.
        End::Cut(_) => None,
        End::Stall(_) => Some(Step::Silence),
    };
    faults::pieces(&text, sizes(reply)).chain(end).collect()
}

/// The sizes of the pieces that the body is written in.
pub(super) fn sizes(reply: &Reply) -> &[usize] {
    reply.pieces.as_deref().filter(|sizes| !sizes.is_empty()).unwrap_or(&[CUT])
}
