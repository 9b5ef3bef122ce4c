//! How a model is told of tools: natively, by prompt, and by prompt after a refusal; and what its reply is held to.

use std::sync::Arc;

use handiwork::core::model::compat::{CapabilityCache, Dialect, Form, OpenAiCompat, Prompted, Tools};
use handiwork::core::model::{FinishReason, Message, Model, ModelError, Reply, Request};
use handiwork_test_support::compat::{CompatStandIn, Kind, Said, Served};
use serde_json::{Value, json};

use super::{by_prompt, click, request, serve, soon};

/// A model that makes the call in the way that it is asked for it.
fn either(body: &Value, _: usize) -> Said {
    if body.get("tools").is_some() { Said::call("click", &click()) } else { by_prompt() }
}

async fn model(server: &CompatStandIn, tools: Tools) -> OpenAiCompat {
    OpenAiCompat::new(server.url(), "a-14b", None).tools(tools).probed().await.expect("a server")
}

fn is_click(reply: &Reply) -> bool {
    let call = reply.calls.first().expect("a call");
    (call.name.as_str(), &call.args, reply.calls.len(), reply.finish) == ("click", &click(), 1, FinishReason::ToolCalls)
}

/// The same request natively and by prompt, on each kind of server: one setting apart, one result.
#[tokio::test]
async fn both_ways_on_each_server() {
    for kind in [Kind::LlamaServer, Kind::Ollama, Kind::Vllm, Kind::Sglang, Kind::LmStudio, Kind::Other] {
        let server = serve(Served::new(kind, "a-14b"), either).await;
        for (tools, natively) in [(Tools::Auto, true), (Tools::Native, true), (Tools::Prompted, false)] {
            let reply = model(&server, tools).await.complete(&soon(), &request()).await.expect("a reply");
            assert!(is_click(&reply), "{kind:?} {tools:?}: {reply:?}");
            let sent = server.conversations().pop().expect("a conversation");
            assert_eq!(sent.get("tools").is_some(), natively, "{kind:?} {tools:?}: {sent}");
            let system = sent["messages"][0]["content"].as_str().expect("a system prompt");
            assert_eq!(system.contains("{\"do\":\"click\""), !natively, "{system}");
            assert!(reply.usage.prompt > 0 && reply.usage.completion > 0);
        }
    }
}

/// The field in which each server takes the form of a reply, and what is in it.
#[tokio::test]
async fn a_prompted_reply_is_held_to_its_form() {
    let places = [
        (Kind::LlamaServer, "/grammar"),
        (Kind::Ollama, "/format/properties/calls"),
        (Kind::Vllm, "/structured_outputs/json/properties/calls"),
        (Kind::Sglang, "/response_format/json_schema/schema/properties/calls"),
        (Kind::LmStudio, "/response_format/json_schema/schema/properties/calls"),
    ];
    for (kind, place) in places {
        let server = serve(Served::new(kind, "a-14b"), either).await;
        let model = model(&server, Tools::Prompted).await;
        assert_eq!(model.info().constrained, kind == Kind::LlamaServer);
        model.complete(&soon(), &request()).await.expect("a reply");
        let sent = server.conversations().pop().expect("a conversation");
        let form = sent.pointer(place).unwrap_or_else(|| panic!("{place} is not in {sent}")).to_string();
        assert!(form.contains("click") && form.contains("fill"), "{form}");
        let temperature = sent.get("temperature").or_else(|| sent.pointer("/options/temperature"));
        assert_eq!(temperature, Some(&json!(0)), "{sent}");
    }
}

/// A model that thinks is not held to a form: it would have no room to think. Its thoughts are never sent back.
#[tokio::test]
async fn a_model_that_thinks_is_left_to_think() {
    for kind in [Kind::LlamaServer, Kind::Ollama, Kind::Sglang] {
        let thinker = Served { thinks: true, tools: false, ..Served::new(kind, "a-14b") };
        let server = serve(thinker, |_, _| Said::text("{\"do\":\"click\",\"ref\":\"e4\"}").reasoning("A long thought.")).await;
        let model = model(&server, Tools::Auto).await;
        assert!(!model.info().constrained);
        let mut asked = request();
        let reply = model.complete(&soon(), &asked).await.expect("a reply");
        assert!(is_click(&reply) && reply.reasoning.as_deref() == Some("A long thought."), "{kind:?}: {reply:?}");
        let id = reply.calls[0].id.clone();
        asked.messages.extend([reply.to_message(), Message::Tool { call_id: id, content: "Verified".to_owned() }]);
        model.complete(&soon(), &asked).await.expect("a reply");
        let sent = server.conversations().pop().expect("a conversation");
        assert!(["grammar", "format", "response_format"].iter().all(|field| sent.get(field).is_none()), "{sent}");
        assert_eq!(sent["messages"][2], json!({ "role": "assistant", "content": "{\"do\":\"click\",\"ref\":\"e4\"}" }));
        assert_eq!(sent["messages"][3], json!({ "role": "user", "content": "click e4: Verified" }));
        assert!(!sent.to_string().contains("long thought"), "{sent}");
    }
}

/// Of a model that nobody knows to think it is found out by its first reply: it is held to no form any more.
#[tokio::test]
async fn a_model_that_is_seen_to_think_is_left_to_think() {
    let server =
        serve(Served::new(Kind::Vllm, "a-14b"), |_, _| Said::text("<think>Secretly.</think>{\"do\":\"click\",\"ref\":\"e4\"}")).await;
    let model = model(&server, Tools::Prompted).await;
    let mut asked = request();
    let reply = model.complete(&soon(), &asked).await.expect("a reply");
    let id = reply.calls[0].id.clone();
    asked.messages.extend([reply.to_message(), Message::Tool { call_id: id, content: "Verified".to_owned() }]);
    model.complete(&soon(), &asked).await.expect("a reply");
    let held: Vec<bool> = server.conversations().iter().map(|body| body.get("structured_outputs").is_some()).collect();
    assert_eq!(held, [true, false]);
    assert!(!json!(server.conversations()).to_string().contains("Secretly"));
}

/// A block of thought within the text, whole or without its beginning, is reasoning in either way of asking.
#[tokio::test]
async fn a_block_of_thought_is_reasoning() {
    for text in ["<think>\nHm {x}.\n</think>\n\n", "Hm {x}.\n</think>\n"] {
        for tools in [Tools::Native, Tools::Prompted] {
            let said = move |body: &Value, _: usize| {
                if body.get("tools").is_some() {
                    Said::text(text).and_call("click", &click())
                } else {
                    Said::text(format!("{text}{{\"do\":\"click\",\"ref\":\"e4\"}}"))
                }
            };
            let server = serve(Served::new(Kind::Other, "a-14b"), said).await;
            let reply = model(&server, tools).await.complete(&soon(), &request()).await.expect("a reply");
            assert!(is_click(&reply) && reply.content.is_empty(), "{reply:?}");
            assert_eq!(reply.reasoning.as_deref(), Some("Hm {x}."), "{tools:?}");
        }
    }
}

/// A server that takes no tools says so once, and is not asked again: not by this model, not by the next.
#[tokio::test]
async fn a_refusal_of_tools_is_answered_by_prompt_once() {
    // These kinds don't tell beforehand; of llama-server it is taken that it was not asked.
    for (kind, dialect) in [(Kind::Vllm, None), (Kind::LlamaServer, Some(Dialect { asks: &[], ..Dialect::LLAMA_SERVER }))] {
        let server = serve(Served { tools: false, ..Served::new(kind, "a-14b") }, either).await;
        let cache = Arc::new(CapabilityCache::default());
        let make = || {
            let model = OpenAiCompat::new(format!("{}/v1", server.url()), "a-14b", None).cache(Arc::clone(&cache));
            if let Some(dialect) = dialect { model.dialect(dialect) } else { model }
        };
        let model = if dialect.is_some() { make() } else { make().probed().await.expect("a server") };
        let (sender, mut progress) = futures::channel::mpsc::unbounded();
        let cx = soon().with_progress(sender);
        for _ in 0..2 {
            assert!(is_click(&model.complete(&cx, &request()).await.expect("a reply")));
        }
        let with_tools = || server.conversations().iter().filter(|body| body.get("tools").is_some()).count();
        assert_eq!((with_tools(), server.conversations().len()), (1, 3), "{kind:?}");
        let told = std::iter::from_fn(|| progress.try_recv().ok()).any(|one| format!("{one:?}").contains("by prompt"));
        assert!(told, "the fall-back is told");
        if dialect.is_none() {
            make().probed().await.expect("a server").complete(&soon(), &request()).await.expect("a reply");
            assert_eq!(with_tools(), 1, "the next model knows it");
        }
        // Who insists on tools hears the server's own words.
        let strict = make().tools(Tools::Native);
        let strict = if dialect.is_some() { strict } else { strict.probed().await.expect("a server") };
        let error = strict.complete(&soon(), &request()).await.expect_err("refused");
        assert!(matches!(&error, ModelError::BadRequest(_) | ModelError::Server { .. }) && error.to_string().contains("tool"), "{error}");
    }
}

/// Too long a conversation is one error, in whatever words and status a server says it.
#[tokio::test]
async fn a_conversation_that_is_too_long_is_typed() {
    let long = Request { messages: vec![Message::user("word ".repeat(40_000))], ..request() };
    for kind in [Kind::LlamaServer, Kind::Vllm, Kind::Ollama] {
        let server = serve(Served { context: 4096, ..Served::new(kind, "a-14b") }, either).await;
        let error = model(&server, Tools::Auto).await.complete(&soon(), &long).await.expect_err("too long");
        assert!(matches!(error, ModelError::ContextFull { needed, context: 4096 } if needed > 4096), "{kind:?}: {error:?}");
    }
}

/// Any model can be asked by prompt, one that has tools too.
#[tokio::test]
async fn any_model_can_be_asked_by_prompt() {
    let server = serve(Served::new(Kind::Other, "a-14b"), either).await;
    let natively = Arc::new(model(&server, Tools::Native).await);
    let reply = Prompted::new(natively).complete(&soon(), &request()).await.expect("a reply");
    assert!(is_click(&reply) && reply.reasoning.as_deref() == Some("Send is e4."));
    assert!(server.conversations().iter().all(|body| body.get("tools").is_none()));
}

/// A row of the table may be made by anyone.
#[tokio::test]
async fn a_dialect_of_ones_own() {
    let dialect = Dialect { name: "mine", asks: &[], form: Form::Schema(&["deep", "er"]), ..Dialect::GENERIC };
    let server = serve(Served::new(Kind::Other, "a"), either).await;
    let model = OpenAiCompat::new(format!("{}/v1", server.url()), "a", None).dialect(dialect).tools(Tools::Prompted);
    assert!(is_click(&model.complete(&soon(), &request()).await.expect("a reply")));
    assert!(server.conversations()[0].pointer("/deep/er/properties/calls").is_some());
}
