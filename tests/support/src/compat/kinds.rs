//! What each kind of server shows of itself, and what it refuses.

use serde_json::{Value, json};

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the name itself")]
pub enum Kind {
    LlamaServer,
    Ollama,
    Vllm,
    Sglang,
    LmStudio,
    /// None of them: it has a list of models and nothing else.
    Other,
}

/// A server and the model that it has.
#[derive(Debug, Clone)]
pub struct Served {
    /// Which server.
    pub kind: Kind,
    /// The model's id there.
    pub id: String,
    /// Tokens of its context.
    pub context: u32,
    /// Whether it takes tools.
    pub tools: bool,
    /// Whether the model thinks.
    pub thinks: bool,
    /// Its parameters.
    pub parameters: u64,
}

impl Served {
    /// A model of 14 billion parameters and 32,768 tokens, with tools.
    #[must_use]
    pub fn new(kind: Kind, id: &str) -> Self {
        Self { kind, id: id.to_owned(), context: 32_768, tools: true, thinks: false, parameters: 14_770_033_664 }
    }

    /// What a page shows, with its status.
    pub(super) fn page(&self, what: &str, body: &Value) -> (u16, Value) {
        let Self { id, context, .. } = self;
        let shown = match (self.kind, what) {
            (Kind::LlamaServer, "GET /props") => json!({
                "default_generation_settings": { "params": { "temperature": 0.8 }, "n_ctx": context },
                "total_slots": 1, "model_alias": id, "model_path": id,
                "modalities": { "vision": false, "video": false, "audio": false },
                "chat_template": if self.thinks { "{% if x %}<think>\n{% endif %}" } else { "{{ messages }}" },
                "chat_template_caps": { "supports_tools": self.tools, "supports_tool_calls": self.tools, "supports_system_role": true },
                "build_info": "b0-unknown", "is_sleeping": false,
            }),
            (Kind::LlamaServer, "GET /v1/models") => json!({
                "models": [{ "name": id, "model": id, "capabilities": ["completion"] }], "object": "list",
                "data": [{ "id": id, "object": "model", "owned_by": "llamacpp", "meta": { "n_ctx": context, "n_params": self.parameters } }],
            }),
            (Kind::Ollama, "GET /api/version") => json!({ "version": "0.40.12" }),
            (Kind::Ollama, "POST /api/show") if body.get("model").and_then(Value::as_str) == Some(id) => {
                let can = [("completion", true), ("tools", self.tools), ("thinking", self.thinks)];
                let capabilities: Vec<&str> = can.iter().filter(|(_, can)| *can).map(|(name, _)| *name).collect();
                json!({
                    "parameters": "stop    \"<|im_end|>\"\ntemperature    0.7", "capabilities": capabilities,
                    "details": { "format": "gguf", "family": "qwen2", "parameter_size": "14.8B", "quantization_level": "Q4_K_M" },
                    "model_info": { "general.architecture": "qwen2", "general.parameter_count": self.parameters, "qwen2.context_length": context },
                })
            }
            (Kind::Ollama, "POST /api/show") => return (404, json!({ "error": "model 'x' not found" })),
            (Kind::Vllm, "GET /version") => json!({ "version": "0.24.0" }),
            (Kind::Vllm, "GET /v1/models") => json!({
                "object": "list",
                "data": [{ "id": id, "object": "model", "owned_by": "vllm", "root": id, "parent": null, "max_model_len": context }],
            }),
            (Kind::Sglang, "GET /get_model_info") => {
                json!({ "model_path": id, "tokenizer_path": id, "is_generation": true, "has_image_understanding": false })
            }
            (Kind::Sglang, "GET /server_info") => json!({
                "model_path": id, "served_model_name": id, "context_length": context,
                "tool_call_parser": if self.tools { json!("qwen25") } else { Value::Null },
                "reasoning_parser": if self.thinks { json!("deepseek-r1") } else { Value::Null },
            }),
            (Kind::LmStudio, "GET /api/v0/models") => json!({ "object": "list", "data": [
                { "id": "text-embedding-x", "object": "model", "type": "embeddings", "compatibility_type": "gguf", "max_context_length": 2048 },
                { "id": id, "object": "model", "type": "llm", "compatibility_type": "gguf", "state": "loaded", "max_context_length": 131_072,
                  "loaded_context_length": context, "capabilities": if self.tools { json!(["tool_use"]) } else { json!([]) } },
            ] }),
            (_, "GET /v1/models") => json!({ "object": "list", "data": [{ "id": id, "object": "model" }] }),
            // It answers everything with 200.
            (Kind::LmStudio, _) => json!({ "error": format!("Unexpected endpoint or method. ({what})") }),
            (Kind::LlamaServer, _) => {
                return (404, json!({ "error": { "message": "File Not Found", "type": "not_found_error", "code": 404 } }));
            }
            _ => return (404, json!({ "detail": "Not Found" })),
        };
        (200, shown)
    }

    /// Why a conversation is refused, if it is.
    pub(super) fn refusal(&self, body: &Value) -> Option<(u16, Value)> {
        let Self { id, context, .. } = self;
        let has = |field: &str| body.get(field).is_some_and(|value| !value.is_null());
        let tokens = (body.to_string().len() / 4) as u64;
        let error = |code: u16, message: String| {
            Some((code, json!({ "error": { "code": code, "message": message, "type": "invalid_request_error" } })))
        };
        if body.get("model").and_then(Value::as_str) != Some(id) && self.kind != Kind::LlamaServer {
            let message = format!("model '{}' not found", body.get("model").unwrap_or(&Value::Null));
            return Some((
                404,
                if self.kind == Kind::Ollama { json!({ "error": message }) } else { json!({ "error": { "message": message } }) },
            ));
        }
        match self.kind {
            Kind::LlamaServer if has("tools") && !self.tools => error(500, "tools param requires --jinja flag".to_owned()),
            Kind::LlamaServer if has("tools") && has("grammar") => {
                error(400, "Cannot use custom grammar constraints with tools.".to_owned())
            }
            Kind::LlamaServer if tokens > u64::from(*context) => {
                error(400, format!("request ({tokens} tokens) exceeds the available context size ({context} tokens), try increasing it"))
            }
            Kind::Ollama if has("tools") && !self.tools => {
                Some((400, json!({ "error": format!("registry/library/{id} does not support tools") })))
            }
            Kind::Ollama if body.get("think") == Some(&json!(true)) && !self.thinks => {
                Some((400, json!({ "error": format!("\"{id}\" does not support thinking") })))
            }
            Kind::Ollama if tokens > body.pointer("/options/num_ctx").and_then(Value::as_u64).unwrap_or(4096) => {
                Some((400, json!({ "error": "the input length exceeds the context length" })))
            }
            Kind::Vllm if has("tools") && !self.tools => Some((
                400,
                json!({ "error": { "message": "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set", "type": "BadRequestError", "param": null, "code": 400 } }),
            )),
            Kind::Vllm if tokens > u64::from(*context) => error(
                400,
                format!("This model's maximum context length is {context} tokens. However, you requested {tokens} tokens in the messages."),
            ),
            _ => None,
        }
    }
}

impl Kind {
    /// Where conversations are sent, so far as this server is used.
    pub(super) fn chat(self) -> &'static str {
        if self == Self::Ollama { "POST /api/chat" } else { "POST /v1/chat/completions" }
    }

    /// The name that reasoning comes under.
    pub(super) fn reasoning(self) -> &'static str {
        match self {
            Self::Ollama => "thinking",
            Self::Vllm => "reasoning",
            _ => "reasoning_content",
        }
    }
}
