//! A reply as these servers stream it: events, or Ollama's lines; cut without regard to lines or characters.

use std::io;

use axum::body::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use serde_json::{Value, json};

use super::{Kind, Served};

/// Characters of a piece of text.
const PIECE: usize = 5;

/// Bytes of a piece of the body: no divisor of anything.
const CUT: usize = 61;

/// What a model says.
#[derive(Debug, Clone, Default)]
pub struct Said {
    reasoning: String,
    text: String,
    calls: Vec<(String, Value)>,
}

impl Said {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A native call; more with [`Said::and_call`].
    #[must_use]
    pub fn call(name: &str, args: &Value) -> Self {
        Self::default().and_call(name, args)
    }

    /// Another native call.
    #[must_use]
    pub fn and_call(mut self, name: &str, args: &Value) -> Self {
        self.calls.push((name.to_owned(), args.clone()));
        self
    }

    /// The same with reasoning in a field of its own, as a server with a parser for it gives it.
    #[must_use]
    pub fn reasoning(mut self, text: &str) -> Self {
        text.clone_into(&mut self.reasoning);
        self
    }
}

fn split(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

/// The media type and the whole body.
pub(super) fn stream(served: &Served, body: &Value, said: &Said) -> (&'static str, String) {
    let prompt = body.to_string().len() / 4;
    let written = (said.text.len() + said.reasoning.len()) / 4 + 8 * said.calls.len();
    match served.kind {
        Kind::Ollama => ("application/x-ndjson", lines(served, said, prompt, written)),
        _ => ("text/event-stream; charset=utf-8", events(served, said, prompt, written)),
    }
}

fn lines(served: &Served, said: &Said, prompt: usize, written: usize) -> String {
    let line = |message: Value| json!({ "model": served.id, "created_at": "2026-11-23T20:00:00Z", "message": message, "done": false });
    let part = |content: &str, thinking: &str| json!({ "role": "assistant", "content": content, "thinking": thinking });
    let mut all: Vec<Value> = split(&said.reasoning).iter().map(|piece| line(part("", piece))).collect();
    all.extend(split(&said.text).iter().map(|piece| line(json!({ "role": "assistant", "content": piece }))));
    if !said.calls.is_empty() {
        let calls: Vec<Value> = said.calls.iter().map(|(name, args)| json!({ "function": { "name": name, "arguments": args } })).collect();
        all.push(line(json!({ "role": "assistant", "content": "", "tool_calls": calls })));
    }
    all.push(json!({
        "model": served.id, "created_at": "2026-11-23T20:00:01Z", "message": { "role": "assistant", "content": "" }, "done": true,
        "done_reason": "stop", "total_duration": 5, "prompt_eval_count": prompt, "eval_count": written,
    }));
    all.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n"
}

fn events(served: &Served, said: &Said, prompt: usize, written: usize) -> String {
    let chunk = |choices: Value, usage: Value| json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": served.id, "choices": choices, "usage": usage });
    let delta = |delta: Value, finish: Value| chunk(json!([{ "index": 0, "delta": delta, "finish_reason": finish }]), Value::Null);
    let mut all = vec![delta(json!({ "role": "assistant", "content": null }), Value::Null)];
    all.extend(split(&said.reasoning).iter().map(|piece| delta(json!({ served.kind.reasoning(): piece }), Value::Null)));
    all.extend(split(&said.text).iter().map(|piece| delta(json!({ "content": piece }), Value::Null)));
    for (index, (name, args)) in said.calls.iter().enumerate() {
        let call = json!({ "index": index, "id": format!("call-{index}-{prompt}"), "type": "function", "function": { "name": name, "arguments": args.to_string() } });
        all.push(delta(json!({ "tool_calls": [call] }), Value::Null));
    }
    all.push(delta(json!({}), if said.calls.is_empty() { json!("stop") } else { json!("tool_calls") }));
    let usage = json!({
        "prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written,
        "prompt_tokens_details": { "cached_tokens": prompt / 2 },
    });
    all.push(chunk(json!([]), usage));
    let events: Vec<String> = all.iter().map(Value::to_string).chain(["[DONE]".to_owned()]).collect();
    format!("data: {}\n\n", events.join("\n\ndata: "))
}

/// The body in pieces.
pub(super) fn pieces(text: &str) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + use<> {
    let pieces: Vec<Result<Bytes, io::Error>> = text.as_bytes().chunks(CUT).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    })
}
