//! The last look at a reply before anyone uses it.

use super::fit;
use crate::model::{FinishReason, Reply, Request};

/// A reply in which nothing is left that should be a call: calls that leaked as text are made, their markup is gone, and
/// arguments have the form that the tools' schemas want. Native calls win over leaked ones. A reply without any of that is left
/// as it is, to the byte.
///
/// Where calls were rescued, `stop` becomes `tool_calls`; other reasons stay, as they do for native calls.
pub(crate) fn settle(mut reply: Reply, request: &Request) -> Reply {
    for call in &mut reply.calls {
        fit::native(call, &request.tools);
    }
    // Beside native calls reasoning is only reasoning.
    let native = !reply.calls.is_empty();
    // A model that was cut off while it thought has not made the call that it thought of.
    let apart = native || !matches!(reply.finish, FinishReason::Stop | FinishReason::ToolCalls);
    let read = super::read(reply.reasoning.as_deref().filter(|_| !apart), &reply.content, &request.tools);
    if read.touched {
        read.rest.trim().clone_into(&mut reply.content);
    }
    let reasoning =
        if apart { [reply.reasoning.clone(), read.reasoning].into_iter().flatten().reduce(super::joined) } else { read.reasoning };
    reply.reasoning = [reasoning, read.thought].into_iter().flatten().reduce(super::joined);
    let Some(dialect) = read.dialect.filter(|_| !native) else { return reply };
    tracing::debug!(dialect, calls = read.calls.len(), "calls that came as text were rescued");
    let place = request.messages.len();
    reply.calls = read.calls;
    for (index, call) in reply.calls.iter_mut().enumerate() {
        call.id = format!("rescued_{place}_{index}");
    }
    reply.rescued = Some(dialect.to_owned());
    if reply.finish == FinishReason::Stop {
        reply.finish = FinishReason::ToolCalls;
    }
    reply
}
