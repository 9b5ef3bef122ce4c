//! How servers of the protocol differ. Data only.

use std::time::Duration;

/// Whether a model is given its own earlier reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Never: first-generation R1 refuses it, others ignore it.
    Never,
    /// With every message of the model, under this name; `""` where there was none.
    Always(&'static str),
}

/// How one kind of server differs from the others. A value of this may be made by anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Names under which a piece of reasoning may come; the first that is there counts.
    pub reasoning: &'static [&'static str],
    /// Whether reasoning goes back.
    pub replay: Replay,
    /// Whether the server knows the parameter `thinking: {type}`.
    pub thinking: bool,
    /// Where the usage tells the tokens found in its cache, as JSON pointers; the first that is there counts.
    pub cached: &'static [&'static str],
    /// Where the usage tells the tokens of the reasoning.
    pub reasoned: &'static [&'static str],
    /// Most tools in one request.
    pub most_tools: usize,
    /// How long the server may be silent, keep-alive comments included, before it counts as gone.
    pub silence: Duration,
}

const EITHER: &[&str] = &["reasoning_content", "reasoning"];
const OPENAI_CACHED: &[&str] = &["/prompt_tokens_details/cached_tokens"];
const OPENAI_REASONED: &[&str] = &["/completion_tokens_details/reasoning_tokens"];

impl Dialect {
    /// DeepSeek's own API, V3.2 and later.
    pub const DEEPSEEK: Self = Self {
        reasoning: &["reasoning_content"],
        replay: Replay::Always("reasoning_content"),
        thinking: true,
        cached: &["/prompt_cache_hit_tokens", "/prompt_tokens_details/cached_tokens"],
        reasoned: OPENAI_REASONED,
        most_tools: 128,
        // It sends comments while a request waits, for up to ten minutes.
        silence: Duration::from_mins(2),
    };

    /// A server of which nothing is known.
    pub const GENERIC: Self = Self {
        reasoning: EITHER,
        replay: Replay::Never,
        thinking: false,
        cached: &["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens"],
        reasoned: OPENAI_REASONED,
        most_tools: usize::MAX,
        // Local servers say nothing while they load a model or read a long prompt.
        silence: Duration::from_mins(10),
    };

    /// llama.cpp's server, and `SGLang`.
    pub const LLAMA_SERVER: Self = Self { reasoning: &["reasoning_content"], cached: OPENAI_CACHED, ..Self::GENERIC };

    /// Ollama under `/v1`, and vLLM.
    pub const OLLAMA: Self = Self { reasoning: &["reasoning"], cached: OPENAI_CACHED, ..Self::GENERIC };
}
