//! How servers of the protocol differ. Data only.
//!
//! The one decision: a row is all that the code knows of a server. Facts are as of November 2026; those of llama-server were seen
//! on the server itself, the others are from the vendors' documents and issues.

use std::time::Duration;

use super::facts::{Ask, LLAMA_SERVER, LM_STUDIO, MODELS, OLLAMA, SGLANG, VLLM};

/// Whether a model is given its own earlier reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Never: first-generation R1 refuses it, others ignore it.
    Never,
    /// With every message of the model, under this name; `""` where there was none.
    Always(&'static str),
}

/// How a server is told what form a reply must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It can't be told.
    Free,
    /// A grammar in GBNF, in this field.
    Grammar(&'static str),
    /// A JSON Schema, in this place of the body: names of nested objects, outermost first.
    Schema(&'static [&'static str]),
    /// A JSON Schema, as `response_format: {type: "json_schema", json_schema: {name, schema}}`.
    ResponseFormat,
}

/// Where a conversation is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `/chat/completions` below the base URL, answered by events.
    Completions,
    /// Ollama's own `/api/chat`, answered by lines. Only there can the context be set; under `/v1` what doesn't fit is dropped
    /// without a word.
    OllamaChat,
}

/// How one kind of server differs from the others. A value of this may be made by anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// What the server is called.
    pub name: &'static str,
    /// Where it listens unless told otherwise; empty if there is no such place.
    pub address: &'static str,
    /// How to start one, for the hint when there is none.
    pub start: &'static str,
    /// Where a conversation is sent.
    pub route: Route,
    /// What is asked of it to know it. The first question is the one that only it can answer.
    pub asks: &'static [Ask],
    /// How it is told the form of a reply.
    pub form: Form,
    /// Words, in lower case, by which it refuses tools: with any status.
    pub no_tools: &'static [&'static str],
    /// Words, in lower case, by which it refuses a conversation that is too long.
    pub too_long: &'static [&'static str],
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
    /// Those that can be told apart by asking, in the order in which an answer counts.
    pub const KNOWN: [Self; 5] = [Self::LLAMA_SERVER, Self::OLLAMA, Self::SGLANG, Self::VLLM, Self::LM_STUDIO];

    /// DeepSeek's own API, V3.2 and later.
    pub const DEEPSEEK: Self = Self {
        name: "deepseek",
        address: "",
        start: "",
        route: Route::Completions,
        asks: &[],
        form: Form::Free,
        no_tools: &[],
        too_long: &["maximum context length"],
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
        name: "openai-compatible",
        address: "",
        start: "start the server, or correct the address",
        route: Route::Completions,
        asks: MODELS,
        form: Form::Free,
        no_tools: &["support tool", "support function call", "tools param", "tool choice requires", "tools are not supported"],
        too_long: &["maximum context length", "context size", "context length", "context window"],
        reasoning: EITHER,
        replay: Replay::Never,
        thinking: false,
        cached: &["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens"],
        reasoned: OPENAI_REASONED,
        most_tools: usize::MAX,
        // Local servers say nothing while they load a model or read a long prompt.
        silence: Duration::from_mins(10),
    };

    /// llama.cpp's own server. Without `--jinja` it answers 500 to tools. A grammar and tools in one request are refused.
    pub const LLAMA_SERVER: Self = Self {
        name: "llama-server",
        address: "http://127.0.0.1:8080",
        start: "start it with: llama-server -m FILE.gguf --jinja",
        asks: LLAMA_SERVER,
        form: Form::Grammar("grammar"),
        no_tools: &["tools param requires --jinja"],
        too_long: &["exceeds the available context size"],
        reasoning: &["reasoning_content"],
        cached: OPENAI_CACHED,
        ..Self::GENERIC
    };

    /// Ollama. Tools work only where the model's template has them; else 400. A prompt that doesn't fit is cut, unless
    /// `truncate` is false (from 0.12 on).
    pub const OLLAMA: Self = Self {
        name: "ollama",
        address: "http://127.0.0.1:11434",
        start: "start it with: ollama serve",
        route: Route::OllamaChat,
        asks: OLLAMA,
        form: Form::Schema(&["format"]),
        no_tools: &["does not support tools"],
        too_long: &["exceeds the context length", "exceeds maximum context length", "exceed_context_size"],
        reasoning: &["reasoning"],
        cached: OPENAI_CACHED,
        ..Self::GENERIC
    };

    /// vLLM. Since 0.12 the older `guided_json` is ignored without a word.
    pub const VLLM: Self = Self {
        name: "vllm",
        address: "http://127.0.0.1:8000",
        start: "start it with: vllm serve MODEL",
        asks: VLLM,
        form: Form::Schema(&["structured_outputs", "json"]),
        no_tools: &["tool choice requires --enable-auto-tool-choice"],
        reasoning: &["reasoning", "reasoning_content"],
        cached: OPENAI_CACHED,
        ..Self::GENERIC
    };

    /// `SGLang`.
    pub const SGLANG: Self = Self {
        name: "sglang",
        address: "http://127.0.0.1:30000",
        start: "start it with: sglang serve --model-path MODEL",
        asks: SGLANG,
        form: Form::ResponseFormat,
        reasoning: &["reasoning_content"],
        cached: OPENAI_CACHED,
        ..Self::GENERIC
    };

    /// LM Studio.
    pub const LM_STUDIO: Self = Self {
        name: "lmstudio",
        address: "http://127.0.0.1:1234",
        start: "start its server: lms server start",
        asks: LM_STUDIO,
        form: Form::ResponseFormat,
        reasoning: &["reasoning_content", "reasoning"],
        cached: OPENAI_CACHED,
        ..Self::GENERIC
    };

    /// The row of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::DEEPSEEK, Self::GENERIC].into_iter().chain(Self::KNOWN).find(|dialect| dialect.name == name)
    }
}
