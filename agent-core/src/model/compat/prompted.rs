//! Tools for models that have none: a request becomes plain turns, a reply's text becomes calls. Pure.
//!
//! The one decision: nothing but the rendering of a request changes. The run's history stays provider-neutral, so a model may be
//! asked natively now and by prompt later. The text is that of [`crate::model::protocol`].

use serde_json::{Map, Value};

use crate::model::protocol::{Role, fold_messages, parse_reply, system_text};
use crate::model::{FinishReason, Message, Reply, Request};

/// The same request in plain turns. Earlier reasoning is left out, unless it is the thought that a grammar asks for: R1 must not
/// see its own, and no other model misses it.
pub(super) fn request(request: &Request, keep_thought: bool) -> Request {
    let mut messages = request.messages.clone();
    for message in &mut messages {
        if let Message::Assistant { reasoning, .. } = message {
            *reasoning = reasoning.take().filter(|_| keep_thought);
        }
    }
    let turns = fold_messages(&messages).into_iter().map(|turn| match turn.role {
        Role::Assistant => Message::Assistant { content: turn.content, reasoning: None, calls: Vec::new() },
        _ => Message::user(turn.content),
    });
    Request {
        system: system_text(request),
        tools: Vec::new(),
        messages: turns.collect(),
        constraint: request.constraint.clone(),
        max_tokens: request.max_tokens,
    }
}

/// The reply with the calls that its text holds. `asked` is the request before it was rendered.
pub(super) fn reply(mut reply: Reply, asked: &Request) -> Reply {
    let parsed = parse_reply(&reply.content, &asked.tools);
    reply.content = parsed.rest;
    if let Some(thought) = parsed.thought {
        match &mut reply.reasoning {
            Some(reasoning) if !reasoning.is_empty() => {
                reasoning.push('\n');
                reasoning.push_str(&thought);
            }
            empty => *empty = Some(thought),
        }
    }
    reply.calls.extend(parsed.calls);
    let place = asked.messages.len();
    for (index, call) in reply.calls.iter_mut().enumerate() {
        call.id = format!("call_{place}_{index}");
        if call.args.is_null() {
            call.args = Value::Object(Map::new());
        }
    }
    if reply.finish == FinishReason::Stop && !reply.calls.is_empty() {
        reply.finish = FinishReason::ToolCalls;
    }
    reply
}
