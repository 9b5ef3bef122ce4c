//! The prefix cache, as the documents describe it. Pure.
//!
//! A hit needs a full match of a stored unit: the end of an earlier input, the end of an earlier output, or a prefix that two
//! earlier inputs had in common. Units belong to one `user_id`. What is rendered before the messages (model, thinking, effort,
//! format, tools) is a part of every unit, so changing any of it loses all.

use std::collections::BTreeSet;

use serde_json::Value;

use super::script::Reply;
use super::stream;

/// Tokens are counted in whole units of this many.
const UNIT: usize = 64;

/// A rough count: bytes for one token.
const BYTES: usize = 4;

/// What is stored, with the `user_id` that it belongs to.
#[derive(Debug, Default)]
pub(super) struct Cache {
    inputs: BTreeSet<(String, String)>,
    units: BTreeSet<(String, String)>,
}

impl Cache {
    /// The tokens of the request that are in the cache, before it is stored itself.
    pub(super) fn hit(&self, body: &Value) -> u64 {
        let (user, prompt) = (user(body), prompt(body));
        let matching = self.units.iter().filter(|(owner, unit)| *owner == user && prompt.starts_with(unit.as_str()));
        let longest = matching.map(|(_, unit)| unit.len()).max().unwrap_or(0);
        (longest / BYTES / UNIT * UNIT) as u64
    }

    /// Stores the end of the input, the end of the output, and what the input has in common with each one before it.
    pub(super) fn store(&mut self, body: &Value, reply: Option<(&Reply, usize)>) {
        let (user, prompt) = (user(body), prompt(body));
        if let Some((reply, number)) = reply {
            self.units.insert((user.clone(), format!("{prompt}{}", output(reply, number, super::rules::thinking(body)))));
        }
        // What was asked before is asked again: its units are there.
        if self.inputs.contains(&(user.clone(), prompt.clone())) {
            return;
        }
        for (_, earlier) in self.inputs.iter().filter(|(owner, _)| *owner == user) {
            self.units.insert((user.clone(), shared(earlier, &prompt)));
        }
        self.units.insert((user.clone(), prompt.clone()));
        self.inputs.insert((user, prompt));
    }
}

/// A rough count of the request's tokens.
pub(super) fn tokens(body: &Value) -> u64 {
    (prompt(body).len() / BYTES) as u64
}

fn user(body: &Value) -> String {
    body.get("user_id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn shared(one: &str, other: &str) -> String {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// The request in the order in which it is rendered for the model.
fn prompt(body: &Value) -> String {
    let part = |name: &str| body.get(name).map(ToString::to_string).unwrap_or_default();
    let thinking = super::rules::thinking(body);
    let effort = body.get("reasoning_effort").filter(|_| thinking).map(ToString::to_string).unwrap_or_default();
    let mut text = format!("{}|{thinking}|{effort}|{}|", part("model"), part("response_format"));
    let messages = body.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut tools = Some(part("tools"));
    for message in messages {
        text.push_str(&turn(message, thinking));
        // They stand in the first message, after its own text.
        text.push_str(&tools.take().unwrap_or_default());
    }
    text
}

fn turn(message: &Value, thinking: bool) -> String {
    let field = |name: &str| match message.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) if !other.is_null() => other.to_string(),
        _ => String::new(),
    };
    let calls = message.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    let part = |call: &Value, place: &str| call.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    let calls = calls.map(|call| (part(call, "/id"), part(call, "/function/name"), part(call, "/function/arguments")));
    let reasoning = if thinking { field("reasoning_content") } else { String::new() };
    match field("role").as_str() {
        "assistant" => answer(&reasoning, &field("content"), calls),
        role => format!("<{role}>{}{}</>", field("tool_call_id"), field("content")),
    }
}

/// A reply as it comes back in the next request, if nothing of it is changed. Its arguments are compared as values: they come
/// back in the client's own spacing.
fn output(reply: &Reply, number: usize, thinking: bool) -> String {
    let calls =
        reply.calls.iter().enumerate().map(|(index, call)| (stream::id(call, index, number), call.name.clone(), call.arguments.clone()));
    answer(reply.reasoning.as_deref().filter(|_| thinking).unwrap_or_default(), &reply.text, calls)
}

fn answer(reasoning: &str, content: &str, calls: impl Iterator<Item = (String, String, String)>) -> String {
    let mut text = format!("<assistant>{reasoning}</think>{content}");
    for (id, name, arguments) in calls {
        let arguments = serde_json::from_str::<Value>(&arguments).map_or(arguments, |value| value.to_string());
        text.extend(["<call>", &id, " ", &name, " ", &arguments]);
    }
    text.push_str("</>");
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(turns: &[&str]) -> Value {
        let messages: Vec<Value> = std::iter::once(json!({ "role": "system", "content": "s".repeat(1024) }))
            .chain(turns.iter().map(|turn| json!({ "role": "user", "content": turn.repeat(512) })))
            .collect();
        json!({ "model": "deepseek-flash", "messages": messages, "tools": [{ "name": "click" }] })
    }

    #[test]
    fn a_hit_is_a_full_match_of_a_stored_unit() {
        let mut cache = Cache::default();
        assert_eq!(cache.hit(&body(&["a"])), 0, "nothing is stored yet");
        cache.store(&body(&["a"]), None);
        let end = tokens(&body(&["a"])) / 64 * 64;
        assert_eq!(cache.hit(&body(&["a", "b"])), end, "the end of the input");
        assert_eq!(cache.hit(&body(&["c"])), 0, "a part of a unit is no hit");
        cache.store(&body(&["c"]), None);
        let hit = cache.hit(&body(&["d"]));
        assert!(hit >= 256 && hit < end, "what two inputs had in common is a unit of its own: {hit}");
        assert_eq!(hit % 64, 0);
    }

    #[test]
    fn the_end_of_the_output_is_a_unit() {
        let mut cache = Cache::default();
        let reply = Reply { text: "t".repeat(2048), reasoning: Some("r".repeat(1024)), ..Reply::default() };
        cache.store(&body(&["a"]), Some((&reply, 0)));
        let mut next = body(&["a"]);
        let turns = next["messages"].as_array_mut().expect("messages");
        turns.push(json!({ "role": "assistant", "content": "t".repeat(2048), "reasoning_content": "r".repeat(1024) }));
        turns.push(json!({ "role": "user", "content": "and now?" }));
        assert!(cache.hit(&next) >= tokens(&body(&["a"])) + 700, "{}", cache.hit(&next));
        next["messages"][2]["reasoning_content"] = json!("");
        assert_eq!(cache.hit(&next), tokens(&body(&["a"])) / 64 * 64, "dropped reasoning: only the input is left");
    }

    #[test]
    fn what_breaks_it() {
        let mut cache = Cache::default();
        cache.store(&body(&["a"]), None);
        for (field, value) in [
            ("model", json!("deepseek-v4-pro")),
            ("thinking", json!({ "type": "disabled" })),
            ("reasoning_effort", json!("max")),
            ("response_format", json!({ "type": "json_object" })),
            ("tools", json!([{ "name": "fill" }, { "name": "click" }])),
            ("user_id", json!("another")),
        ] {
            let mut changed = body(&["a", "b"]);
            changed[field] = value;
            assert_eq!(cache.hit(&changed), 0, "{field}");
        }
        let mut clock = body(&["a", "b"]);
        clock["messages"][0]["content"] = json!("It is 10:31.");
        assert_eq!(cache.hit(&clock), 0, "a clock in the system prompt");
    }
}
