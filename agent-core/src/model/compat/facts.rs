//! What servers tell of themselves and where, as data; and the reading of it. Pure.
//!
//! A place is a JSON pointer with two more kinds of step: `*x` is the first key that ends in `x`, and `=x` is the item of a list
//! whose `x` is the model's id (or the only item there is).

use serde_json::Value;

use super::capabilities::Capabilities;

/// One question to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The path below the server's root.
    pub path: &'static str,
    /// Whether it is asked by POST with `{"model": id}` as its body.
    pub of_model: bool,
    /// What must be in an answer for it to count.
    pub proof: &'static str,
    /// Where each fact is.
    pub facts: &'static [(Fact, &'static str)],
}

/// What can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Tokens of the context.
    Context,
    /// Tokens that the model was trained for: most that a context can be set to.
    Trained,
    /// Whether tools work. A list or a text says so by holding this word.
    Tools(&'static str),
    /// Whether it sees.
    Vision(&'static str),
    /// Whether it thinks before it answers.
    Thinks(&'static str),
    /// Parameters, as a number or as in `7.6B`.
    Parameters,
    /// The id that the server has for its model.
    Id,
}

/// The list of models that all of them have.
pub(super) const MODELS: &[Ask] = &[Ask {
    path: "/v1/models",
    of_model: false,
    proof: "/data/0/id",
    facts: &[(Fact::Context, "/data/=id/max_model_len"), (Fact::Context, "/data/=id/context_length"), (Fact::Id, "/data/=id/id")],
}];

pub(super) const LLAMA_SERVER: &[Ask] = &[
    Ask {
        path: "/props",
        of_model: false,
        proof: "/default_generation_settings",
        facts: &[
            (Fact::Context, "/default_generation_settings/n_ctx"),
            (Fact::Tools(""), "/chat_template_caps/supports_tools"),
            (Fact::Vision(""), "/modalities/vision"),
            (Fact::Thinks("<think>"), "/chat_template"),
            (Fact::Id, "/model_alias"),
        ],
    },
    Ask {
        path: "/v1/models",
        of_model: false,
        proof: "/data/0/meta",
        facts: &[(Fact::Parameters, "/data/0/meta/n_params"), (Fact::Id, "/data/0/id")],
    },
];

pub(super) const OLLAMA: &[Ask] = &[
    Ask { path: "/api/version", of_model: false, proof: "/version", facts: &[] },
    Ask {
        path: "/api/show",
        of_model: true,
        proof: "/model_info",
        facts: &[
            (Fact::Trained, "/model_info/*.context_length"),
            (Fact::Tools("tools"), "/capabilities"),
            (Fact::Vision("vision"), "/capabilities"),
            (Fact::Thinks("thinking"), "/capabilities"),
            (Fact::Parameters, "/model_info/general.parameter_count"),
            (Fact::Parameters, "/details/parameter_size"),
            // A model file may set it: "num_ctx    8192" on a line of a text.
            (Fact::Context, "/parameters#num_ctx"),
        ],
    },
];

pub(super) const VLLM: &[Ask] = &[
    Ask { path: "/version", of_model: false, proof: "/version", facts: &[] },
    Ask {
        path: "/v1/models",
        of_model: false,
        proof: "/data/0/id",
        facts: &[(Fact::Context, "/data/=id/max_model_len"), (Fact::Id, "/data/=id/id")],
    },
];

pub(super) const SGLANG: &[Ask] = &[
    Ask {
        path: "/get_model_info",
        of_model: false,
        proof: "/model_path",
        facts: &[(Fact::Vision(""), "/has_image_understanding"), (Fact::Id, "/model_path")],
    },
    Ask { path: "/server_info", of_model: false, proof: "/model_path", facts: SGLANG_SERVER },
    // The name of the same page until 2026.
    Ask { path: "/get_server_info", of_model: false, proof: "/model_path", facts: SGLANG_SERVER },
    Ask { path: "/v1/models", of_model: false, proof: "/data/0/id", facts: &[(Fact::Context, "/data/=id/max_model_len")] },
];

const SGLANG_SERVER: &[(Fact, &str)] = &[
    (Fact::Context, "/context_length"),
    (Fact::Tools("*"), "/tool_call_parser"),
    (Fact::Thinks("*"), "/reasoning_parser"),
    (Fact::Id, "/served_model_name"),
];

pub(super) const LM_STUDIO: &[Ask] = &[Ask {
    path: "/api/v0/models",
    of_model: false,
    proof: "/data/0/compatibility_type",
    facts: &[
        (Fact::Context, "/data/=id/loaded_context_length"),
        (Fact::Trained, "/data/=id/max_context_length"),
        (Fact::Tools("tool_use"), "/data/=id/capabilities"),
        (Fact::Vision("vlm"), "/data/=id/type"),
        (Fact::Id, "/data/=id/id"),
    ],
}];

/// Adds what `answer` tells to `known`. What is known already stays: earlier places are the better ones.
pub(super) fn read(known: &mut Capabilities, answer: &Value, facts: &[(Fact, &str)], id: &str) {
    for (fact, place) in facts {
        let Some(value) = find(answer, place, id) else { continue };
        match fact {
            Fact::Context => known.context = known.context.or_else(|| count(&value)),
            Fact::Trained => known.trained = known.trained.or_else(|| count(&value)),
            Fact::Tools(word) => known.tools = known.tools.or_else(|| says(&value, word)),
            Fact::Vision(word) => known.vision = known.vision.or_else(|| says(&value, word)),
            Fact::Thinks(word) => known.thinks = known.thinks.or_else(|| says(&value, word)),
            Fact::Parameters => known.parameters = known.parameters.or_else(|| amount(&value)),
            Fact::Id => known.id = known.id.take().or_else(|| value.as_str().filter(|id| !id.is_empty()).map(str::to_owned)),
        }
    }
}

/// The value at a place. `#word` at the end is the second word of the line of a text that begins with `word`.
pub(super) fn find(answer: &Value, place: &str, id: &str) -> Option<Value> {
    let (path, setting) = place.split_once('#').map_or((place, None), |(path, word)| (path, Some(word)));
    let mut at = answer;
    for step in path.split('/').skip(1) {
        at = match (step.strip_prefix('*'), step.strip_prefix('=')) {
            (Some(ending), _) => at.as_object()?.iter().find(|(key, _)| key.ends_with(ending))?.1,
            (_, Some(key)) => {
                let items = at.as_array()?;
                let same = items.iter().find(|item| item.get(key).and_then(Value::as_str) == Some(id));
                same.or_else(|| items.first().filter(|_| items.len() == 1))?
            }
            _ => at.pointer(&format!("/{step}"))?,
        };
    }
    let Some(word) = setting else { return Some(at.clone()) };
    let mut lines = at.as_str()?.lines().map(str::split_whitespace);
    lines.find_map(|mut line| (line.next() == Some(word)).then(|| line.next().map(Value::from)).flatten())
}

fn count(value: &Value) -> Option<u32> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u32::try_from(number).ok().filter(|number| *number > 0)
}

/// `7615616512`, `7.6B` and `135M` are all numbers of parameters.
pub(super) fn amount(value: &Value) -> Option<u64> {
    if let Some(number) = value.as_u64() {
        return Some(number).filter(|number| *number > 0);
    }
    let text = value.as_str()?.trim().to_uppercase();
    let (digits, unit) = [("B", 1e9), ("M", 1e6), ("K", 1e3)].iter().find_map(|(mark, unit)| Some((text.strip_suffix(mark)?, *unit)))?;
    let number: f64 = digits.trim().parse().ok()?;
    (number > 0.0).then_some((number * unit) as u64)
}

/// Whether a value says yes: `true`, or a list or a text that holds the word; `*` is any text at all.
fn says(value: &Value, word: &str) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::Array(items) => Some(items.iter().any(|item| item.as_str() == Some(word))),
        Value::String(text) if word == "*" => Some(!text.is_empty()),
        Value::String(text) => Some(text.contains(word)),
        Value::Null if word == "*" => Some(false),
        _ => None,
    }
}
