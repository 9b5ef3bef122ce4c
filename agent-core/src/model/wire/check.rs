//! What a server is known to refuse, refused before it is sent. Pure.
//!
//! The body itself is checked, as the last thing before it goes: so what our own rendering might get wrong is found too. Where
//! servers differ, [`Rules`] and the dialect say how. Each breach says what to do about it. After DeepSeek's documentation and the
//! request checks of the vendor's crate `deepseek-recipe` 0.2; each rule has its row in the table of the tests.

mod turns;

use std::collections::BTreeSet;

use serde_json::Value;

use super::strict;
use crate::model::compat::Dialect;

/// Longest name of a tool.
const LONGEST_NAME: usize = 64;
/// Longest `user_id`.
const LONGEST_USER: usize = 512;

/// What one kind of server refuses and another does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct Rules {
    /// Most tokens of a reply that can be asked for.
    pub(in crate::model) most_tokens: u64,
    /// Whether the form of the answer may be a JSON Schema.
    pub(in crate::model) schema_output: bool,
    /// Whether the form `json_object` needs the word "json" in the conversation.
    pub(in crate::model) json_word: bool,
    /// Whether strict tools go with a form of the answer.
    pub(in crate::model) strict_with_form: bool,
}

impl Rules {
    /// DeepSeek's own API.
    pub(in crate::model) const DEEPSEEK: Self =
        Self { most_tokens: 393_216, schema_output: false, json_word: true, strict_with_form: false };

    /// A server of which nothing is known.
    pub(in crate::model) const LENIENT: Self =
        Self { most_tokens: u64::MAX, schema_output: true, json_word: false, strict_with_form: true };
}

type Checked = Result<(), String>;

/// Whether the server will take `body`; what is wrong with it, and what to do, if not.
pub(super) fn check(body: &Value, dialect: &Dialect, rules: &Rules) -> Checked {
    let none = Vec::new();
    let list = |field: &str| body.get(field).and_then(Value::as_array).unwrap_or(&none);
    let (tools, messages) = (list("tools"), list("messages"));
    parameters(body, rules)?;
    if body.get("tools").is_some() && tools.is_empty() {
        return Err("it has an empty list of tools; leave the list out".to_owned());
    }
    check_tools(tools, dialect)?;
    let thinking = dialect.thinking && text(body, "/thinking/type") != Some("disabled");
    turns::check(messages, thinking, dialect)?;
    let choice = body.get("tool_choice");
    if thinking && choice.is_some_and(|choice| choice == "required" || choice.is_object()) {
        return Err("a model that thinks can't be made to call a tool; leave tool_choice out, or switch thinking off".to_owned());
    }
    form(body, messages, rules)?;
    prefix(body, messages, tools)
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn parameters(body: &Value, rules: &Rules) -> Checked {
    if body.get("n").is_some_and(|n| *n != 1) {
        return Err("it asks for several answers; only one can be had, so leave n out".to_owned());
    }
    if let Some(most) = body.get("max_tokens").filter(|most| !most.is_null())
        && !most.as_u64().is_some_and(|most| (1..=rules.most_tokens).contains(&most))
    {
        return Err(format!("a reply of at most {most} tokens can't be asked for; ask for 1 to {}", rules.most_tokens));
    }
    if let Some(heat) = body.get("temperature")
        && !heat.as_f64().is_some_and(|heat| (0.0..=2.0).contains(&heat))
    {
        return Err(format!("the temperature can't be {heat}; choose 0 to 2"));
    }
    if let Some(kind) = body.pointer("/thinking/type")
        && kind != "enabled"
        && kind != "disabled"
    {
        return Err(format!("thinking can be \"enabled\" or \"disabled\", not {kind}"));
    }
    if let Some(user) = body.get("user_id").and_then(Value::as_str)
        && !is_word(user, LONGEST_USER)
    {
        return Err(format!("{user:?} can't be a user_id: only 1 to {LONGEST_USER} of a-z, A-Z, 0-9, _ and - may be in it"));
    }
    Ok(())
}

/// Whether a tool may have this name.
fn is_name(name: &str) -> bool {
    is_word(name, LONGEST_NAME)
}

fn is_word(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn check_tools(tools: &[Value], dialect: &Dialect) -> Checked {
    if tools.len() > dialect.most_tools {
        return Err(format!("it has {} tools, and {} are the most; take some out", tools.len(), dialect.most_tools));
    }
    let mut names = BTreeSet::new();
    for tool in tools {
        let name = text(tool, "/function/name").unwrap_or_default();
        if !is_name(name) {
            return Err(format!("{name:?} can't be the name of a tool: only 1 to {LONGEST_NAME} of a-z, A-Z, 0-9, _ and - may be in it"));
        }
        if !names.insert(name) {
            return Err(format!("two tools are named {name}; rename one"));
        }
        if text(tool, "/function/parameters/type") != Some("object") {
            return Err(format!("the arguments of the tool {name} must be an object, so its schema needs \"type\": \"object\""));
        }
    }
    let is_strict = |tool: &&Value| tool.pointer("/function/strict") == Some(&Value::Bool(true));
    match tools.iter().filter(is_strict).count() {
        0 => Ok(()),
        some if some < tools.len() => Err(format!("{some} of {} tools are strict; make all of them strict, or none", tools.len())),
        _ => tools.iter().try_for_each(|tool| {
            let name = text(tool, "/function/name").unwrap_or_default();
            let wrong = tool.pointer("/function/parameters").and_then(strict::breach);
            wrong.map_or(Ok(()), |wrong| Err(format!("the tool {name} can't be strict: {wrong}")))
        }),
    }
}

fn form(body: &Value, messages: &[Value], rules: &Rules) -> Checked {
    let Some(form) = text(body, "/response_format/type") else { return Ok(()) };
    let strict = body.pointer("/tools/0/function/strict") == Some(&Value::Bool(true));
    if strict && !rules.strict_with_form {
        return Err("strict tools don't go with a form of the answer; leave response_format out".to_owned());
    }
    match form {
        "json_object" if rules.json_word && !messages.iter().any(says_json) => {
            Err("an answer in JSON must be asked for in words too; put the word \"json\" into the prompt".to_owned())
        }
        "text" | "json_object" => Ok(()),
        "json_schema" if rules.schema_output => Ok(()),
        "json_schema" => {
            Err("the answer can't be held to a schema; give the schema as the parameters of a tool that ends the run".to_owned())
        }
        other => Err(format!("there is no form of answer named {other}; use text or json_object")),
    }
}

fn says_json(message: &Value) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("json");
    match message.get("content") {
        Some(Value::String(content)) => says(content),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| text(part, "/text")).any(says),
        _ => false,
    }
}

/// A last message that the model only goes on with.
fn prefix(body: &Value, messages: &[Value], tools: &[Value]) -> Checked {
    let is_prefix = |message: &Value| message.get("prefix") == Some(&Value::Bool(true));
    let Some(place) = messages.iter().position(is_prefix) else { return Ok(()) };
    let last = messages.get(place).filter(|_| place + 1 == messages.len());
    if last.and_then(|message| text(message, "/role")) != Some("assistant") {
        return Err(format!("message {place} is a beginning to go on with, so it must be the last one, and of the model"));
    }
    if !tools.is_empty() || messages.iter().any(|message| message.get("tool_calls").is_some() || text(message, "/role") == Some("tool")) {
        return Err("a beginning to go on with can't be given together with tools; leave one of them out".to_owned());
    }
    if text(body, "/response_format/type") == Some("json_object") {
        return Err("a beginning to go on with can't be given together with JSON mode; leave one of them out".to_owned());
    }
    Ok(())
}
