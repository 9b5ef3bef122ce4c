//! A conversation as the turns of a chat template: system, then user and assistant in alternation.
//!
//! Results of tools become user turns, since templates differ on tools and agree on nothing else. Neighbours of one role are
//! joined, because many templates refuse two turns of the same role.

use std::fmt::Write as _;

use serde_json::Value;

use super::{render_reply, render_tools};
use crate::model::{Message, Request, ToolCall};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the word itself")]
pub enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    /// Its name in chat templates.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a chat template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub content: String,
}

/// The system prompt with the protocol and the tools. It depends on what is fixed for a run only.
#[must_use]
pub fn system_text(request: &Request) -> String {
    if request.tools.is_empty() {
        return request.system.clone();
    }
    let mut out = request.system.clone();
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    out.push_str("Reply with JSON objects only, one per line, each a call of one of these tools:\n");
    out.push_str(&render_tools(&request.tools));
    out
}

/// All turns of a request.
#[must_use]
pub fn fold(request: &Request) -> Vec<Turn> {
    let system = system_text(request);
    let first = (!system.is_empty()).then_some(Turn { role: Role::System, content: system });
    first.into_iter().chain(fold_messages(&request.messages)).collect()
}

/// The turns of a conversation. What a message adds never depends on a later one.
#[must_use]
pub fn fold_messages(messages: &[Message]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut made: Vec<&ToolCall> = Vec::new();
    for message in messages {
        let (role, content) = match message {
            Message::User { content, .. } => (Role::User, content.clone()),
            Message::Assistant { content, reasoning, calls } => {
                made = calls.iter().collect();
                (Role::Assistant, render_reply(reasoning.as_deref(), content, calls))
            }
            Message::Tool { call_id, content } => (Role::User, result_line(made.iter().find(|call| call.id == *call_id), content)),
        };
        match turns.last_mut() {
            Some(last) if last.role == role => {
                last.content.push('\n');
                last.content.push_str(&content);
            }
            _ => turns.push(Turn { role, content }),
        }
    }
    turns
}

/// A result, headed by what it is the result of: `click e3: …`.
fn result_line(call: Option<&&ToolCall>, content: &str) -> String {
    let mut out = String::new();
    if let Some(call) = call {
        out.push_str(&call.name);
        if let Some(target) = call.args.get("ref").and_then(Value::as_str) {
            let _ = write!(out, " {target}");
        }
        out.push_str(": ");
    }
    out.push_str(content);
    out
}
