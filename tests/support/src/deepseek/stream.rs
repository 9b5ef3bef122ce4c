//! A scripted reply as a stream of events, in as many and as awkward pieces as the real API may give.
//!
//! Text comes a few characters at a time, the pieces of several calls interleave, and the bytes of the body are cut without
//! regard to lines or characters.

use std::io;

use axum::body::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use serde_json::{Value, json};

use super::script::{Call, End, Reply, Tokens};

/// Characters of a piece of text.
const PIECE: usize = 3;

/// Bytes of a piece of the body: no divisor of anything.
const CUT: usize = 37;

/// Tokens of a stored unit of the prefix cache.
const UNIT: u64 = 64;

/// A rough count of the request's tokens.
pub(super) fn tokens(body: &Value) -> u64 {
    (prompt(body).len() / 4) as u64
}

/// How much of the request an earlier one began with, in whole units.
pub(super) fn cached<'a>(body: &Value, earlier: impl Iterator<Item = &'a Value>) -> u64 {
    let prompt = prompt(body);
    let common = earlier.map(|earlier| common_prefix(&prompt, &self::prompt(earlier))).max().unwrap_or(0);
    common as u64 / 4 / UNIT * UNIT
}

fn common_prefix(one: &str, two: &str) -> usize {
    one.bytes().zip(two.bytes()).take_while(|(a, b)| a == b).count()
}

/// The request in the order in which the real API renders it: settings and tools first, then the messages.
fn prompt(body: &Value) -> String {
    let part = |name: &str| body.get(name).map(ToString::to_string).unwrap_or_default();
    let messages = part("messages");
    format!("{}{}{}{}", part("model"), part("thinking"), part("tools"), messages.trim_end_matches(']'))
}

fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

/// The events of a reply: the text of each, line ends included.
pub(super) fn events(body: &Value, reply: &Reply, number: usize, tokens: Tokens) -> Vec<String> {
    let thinking = super::rules::thinking(body);
    let chunk = |choices: Value, usage: Value| {
        let model = body.get("model").cloned().unwrap_or_default();
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let chunk = json!({ "id": id, "object": "chat.completion.chunk", "created": 1_795_000_000, "model": model, "system_fingerprint": "fp_stand_in", "choices": choices, "usage": usage });
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value| chunk(json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null }]), Value::Null);

    let mut events = vec![delta(if thinking {
        json!({ "role": "assistant", "content": null, "reasoning_content": "" })
    } else {
        json!({ "role": "assistant", "content": "" })
    })];
    let reasoning = reply.reasoning.as_deref().filter(|_| thinking).unwrap_or_default();
    events.extend(pieces(reasoning).into_iter().map(|piece| delta(json!({ "content": null, "reasoning_content": piece }))));
    events.extend(pieces(&reply.text).into_iter().map(|piece| delta(json!({ "content": piece, "reasoning_content": null }))));
    events.extend(call_events(&reply.calls, number).into_iter().map(|fragment| delta(json!({ "tool_calls": [fragment] }))));

    let finish = reply.finish.as_deref().unwrap_or(if reply.calls.is_empty() { "stop" } else { "tool_calls" });
    let last = json!([{ "index": 0, "delta": { "content": "" }, "logprobs": null, "finish_reason": finish }]);
    let usage = usage(reply, reasoning, tokens);
    if reply.usage_apart {
        events.extend([chunk(last, Value::Null), chunk(json!([]), usage)]);
    } else {
        events.push(chunk(last, usage));
    }
    if reply.done {
        events.push("data: [DONE]\n\n".to_owned());
    }
    events
}

/// The head of each call as it begins, and the pieces of their arguments in turn.
fn call_events(calls: &[Call], number: usize) -> Vec<Value> {
    let head = |(index, call): (usize, &Call)| {
        let id = call.id.clone().unwrap_or_else(|| format!("call_{index:02}_StandIn{number:05}aBcDeFgH{index:04}"));
        json!({ "index": index, "id": id, "type": "function", "function": { "name": call.name, "arguments": "" } })
    };
    let arguments: Vec<Vec<String>> = calls.iter().map(|call| pieces(&call.arguments)).collect();
    let longest = arguments.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| {
        let of_turn = arguments.iter().enumerate().filter_map(move |(index, pieces)| Some((index, pieces.get(turn)?)));
        of_turn.map(|(index, piece)| json!({ "index": index, "function": { "arguments": piece } }))
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

/// The body: comments between the events, cut anywhere.
pub(super) fn bytes(events: Vec<String>, reply: &Reply) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + use<> {
    let most = match reply.end {
        End::Whole => events.len(),
        End::Cut(most) | End::Stall(most) => most,
    };
    let mut text = ": keep-alive\n\n".repeat(reply.keep_alives);
    for (place, event) in events.into_iter().take(most).enumerate() {
        text.push_str(&event);
        if place < reply.keep_alives {
            text.push_str(": keep-alive\n\n");
        }
    }
    let pieces: Vec<Result<Bytes, io::Error>> = text.as_bytes().chunks(CUT).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let end = match reply.end {
        End::Whole => stream::empty().boxed(),
        End::Cut(_) => stream::iter([Err(io::ErrorKind::ConnectionReset.into())]).boxed(),
        End::Stall(_) => stream::pending().boxed(),
    };
    stream::iter(pieces).chain(end).then(|piece| async {
        // The server writes out what it has whenever the next piece has to be waited for; without this all of it would go out,
        // or be lost, at once.
        tokio::task::yield_now().await;
        piece
    })
}
