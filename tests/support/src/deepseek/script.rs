//! What the stand-in answers, as data.

use serde_json::Value;

/// One scripted answer.
#[derive(Debug, Clone)]
pub struct Scripted {
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Reply(Reply),
    Refusal { status: u16, message: String, headers: Vec<(String, String)> },
}

#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    pub(super) reasoning: Option<String>,
    pub(super) text: String,
    pub(super) calls: Vec<Call>,
    pub(super) tokens: Option<Tokens>,
    pub(super) finish: Option<String>,
    pub(super) keep_alives: usize,
    pub(super) usage_apart: bool,
    pub(super) done: bool,
    pub(super) end: End,
    pub(super) pieces: Option<Vec<usize>>,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) arguments: String,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens {
    pub(super) prompt: u64,
    pub(super) cached: u64,
    pub(super) completion: Option<u64>,
    pub(super) reasoning: Option<u64>,
}

/// How the stream goes on after so many events.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum End {
    #[default]
    Whole,
    /// The connection breaks.
    Cut(usize),
    /// Nothing more comes, and the connection stays.
    Stall(usize),
}

impl Scripted {
    fn reply(reply: Reply) -> Self {
        Self { kind: Kind::Reply(Reply { done: true, keep_alives: 1, ..reply }) }
    }

    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::reply(Reply { text: text.into(), ..Reply::default() })
    }

    /// A call; more with [`Scripted::and_call`].
    #[must_use]
    pub fn call(name: impl Into<String>, args: &Value) -> Self {
        Self::reply(Reply::default()).and_call(name, args)
    }

    /// An error status with a message, in the API's form.
    #[must_use]
    pub fn refusal(status: u16, message: impl Into<String>) -> Self {
        Self { kind: Kind::Refusal { status, message: message.into(), headers: Vec::new() } }
    }

    /// Another call of the same reply.
    #[must_use]
    pub fn and_call(self, name: impl Into<String>, args: &Value) -> Self {
        self.and(Call { id: None, name: name.into(), arguments: args.to_string() })
    }

    /// Another call with an id and arguments that may be any text.
    #[must_use]
    pub fn and_raw_call(self, id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.and(Call { id: Some(id.into()), name: name.into(), arguments: arguments.into() })
    }

    fn and(self, call: Call) -> Self {
        self.with(|reply| reply.calls.push(call))
    }

    /// The same, with reasoning before it.
    #[must_use]
    pub fn reasoning(self, text: impl Into<String>) -> Self {
        self.with(|reply| reply.reasoning = Some(text.into()))
    }

    /// The same, with text before its calls.
    #[must_use]
    pub fn saying(self, text: impl Into<String>) -> Self {
        self.with(|reply| reply.text = text.into())
    }

    /// The same, with these tokens in its usage instead of estimated ones.
    #[must_use]
    pub fn usage(self, prompt: u64, cached: u64, completion: u64, reasoning: u64) -> Self {
        self.with(|reply| reply.tokens = Some(Tokens { prompt, cached, completion: Some(completion), reasoning: Some(reasoning) }))
    }

    /// The same, with the usage on an extra chunk without choices.
    #[must_use]
    pub fn usage_apart(self) -> Self {
        self.with(|reply| reply.usage_apart = true)
    }

    /// The same, with another reason for its end.
    #[must_use]
    pub fn finish(self, reason: impl Into<String>) -> Self {
        self.with(|reply| reply.finish = Some(reason.into()))
    }

    /// The same, with so many keep-alive comments before it and one after each of its first events. Without this it is one.
    #[must_use]
    pub fn keep_alives(self, count: usize) -> Self {
        self.with(|reply| reply.keep_alives = count)
    }

    /// The same, but the connection breaks after so many events.
    #[must_use]
    pub fn cut_after(self, events: usize) -> Self {
        self.with(|reply| reply.end = End::Cut(events))
    }

    /// The same, but after so many events nothing more comes.
    #[must_use]
    pub fn stall_after(self, events: usize) -> Self {
        self.with(|reply| reply.end = End::Stall(events))
    }

    /// The same, but the stream ends in order without `[DONE]`.
    #[must_use]
    pub fn without_done(self) -> Self {
        self.with(|reply| reply.done = false)
    }

    /// The same, with its body in pieces of these sizes, in bytes and repeated. Without this they are awkward and all the same.
    #[must_use]
    pub fn in_pieces(self, sizes: impl Into<Vec<usize>>) -> Self {
        self.with(|reply| reply.pieces = Some(sizes.into()))
    }

    /// The same with a header; refusals only.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Kind::Refusal { headers, .. } = &mut self.kind {
            headers.push((name.into(), value.into()));
        }
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Reply)) -> Self {
        if let Kind::Reply(reply) = &mut self.kind {
            change(reply);
        }
        self
    }
}
