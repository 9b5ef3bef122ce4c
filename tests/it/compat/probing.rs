//! What is asked of a server before its model is used, and what follows from it.

use std::sync::Arc;

use handiwork::core::model::compat::{Capabilities, CapabilityCache, Dialect, OpenAiCompat, Tools};
use handiwork::core::model::{Model as _, ModelError};
use handiwork_test_support::compat::{Kind, Said, Served};

use super::serve;

fn silent(_: &serde_json::Value, _: usize) -> Said {
    Said::text("nothing")
}

/// Every kind of server, by its own words, from nothing but its address and an id.
#[tokio::test]
async fn each_server_is_known_by_its_answers() {
    let kinds = [
        (Kind::LlamaServer, "llama-server", 32_768),
        (Kind::Ollama, "ollama", 16_384),
        (Kind::Vllm, "vllm", 32_768),
        (Kind::Sglang, "sglang", 32_768),
        (Kind::LmStudio, "lmstudio", 32_768),
        (Kind::Other, "openai-compatible", 32_768),
    ];
    for (kind, name, context) in kinds {
        for address in ["", "/v1", "/v1/"] {
            let server = serve(Served::new(kind, "some-14b"), silent).await;
            let model = OpenAiCompat::connect(format!("{}{address}", server.url()), "some-14b", None).await.expect("a server");
            let info = model.info();
            assert_eq!(
                (info.provider.as_str(), info.id.as_str(), info.context, info.small),
                (name, "some-14b", context, false),
                "{address}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_model_can_do_is_told() {
    let thinker = |kind| Served { thinks: true, tools: false, ..Served::new(kind, "deepseek-r1:14b") };
    let known = [
        (Kind::LlamaServer, Some(false), Some(true), Some(14_770_033_664)),
        (Kind::Ollama, Some(false), Some(true), Some(14_770_033_664)),
        (Kind::Sglang, Some(false), Some(true), None),
        (Kind::LmStudio, Some(false), None, None),
        // It has no word for them: they are found out when they are used.
        (Kind::Vllm, None, None, None),
    ];
    for (kind, tools, thinks, parameters) in known {
        let server = serve(thinker(kind), silent).await;
        let model = OpenAiCompat::connect(server.url(), "deepseek-r1:14b", None).await.expect("a server");
        let Capabilities { tools: t, thinks: n, parameters: p, .. } = model.capabilities().clone();
        assert_eq!((t, n, p), (tools, thinks, parameters), "{kind:?}");
    }
}

/// A small model on a server that takes a grammar is held to it, whatever tools it has: it is led as a local one is.
#[tokio::test]
async fn a_small_model_is_held_to_a_grammar_where_there_is_one() {
    let small = |kind| Served { parameters: 1_540_000_000, ..Served::new(kind, "qwen2.5-1.5b") };
    for (kind, held) in [(Kind::LlamaServer, true), (Kind::Ollama, false), (Kind::Vllm, false)] {
        let server = serve(small(kind), silent).await;
        let model = OpenAiCompat::connect(server.url(), "qwen2.5-1.5b", None).await.expect("a server");
        assert_eq!((model.info().small, model.info().constrained), (true, held), "{kind:?}");
        assert!(!model.tools(Tools::Native).info().constrained, "not when tools are wanted");
    }
}

#[tokio::test]
async fn the_model_need_not_be_named_where_there_is_one() {
    let server = serve(Served::new(Kind::LlamaServer, "/models/a.gguf"), silent).await;
    assert_eq!(OpenAiCompat::connect(server.url(), "", None).await.expect("a server").info().id, "/models/a.gguf");
    let server = serve(Served::new(Kind::Ollama, "a"), silent).await;
    let error = OpenAiCompat::connect(server.url(), "", None).await.expect_err("it has many");
    assert!(matches!(&error, ModelError::NoSuchModel(text) if text.contains("by its id")), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_how_to_start_it() {
    let free = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let base = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let error = OpenAiCompat::new(&base, "a", None).dialect(Dialect::OLLAMA).probed().await.expect_err("nobody is there");
    assert!(matches!(error, ModelError::Unreachable { .. }) && error.to_string().contains("ollama serve"), "{error}");
    let error = OpenAiCompat::connect(&base, "a", None).await.expect_err("nobody is there");
    assert!(matches!(error, ModelError::Unreachable { .. }) && error.to_string().contains(&base), "{error}");
}

/// What a person says stands, whatever the server says.
#[tokio::test]
async fn settings_stay() {
    let server = serve(Served::new(Kind::Ollama, "a"), silent).await;
    let model = OpenAiCompat::new(server.url(), "a", None).context(8000).probed().await.expect("a server");
    assert_eq!(model.info().context, 8000);
    let more = OpenAiCompat::new(server.url(), "a", None).context(99_000).probed().await.expect("a server");
    assert_eq!(more.info().context, 32_768, "more than the model was trained for is no use");
}

/// Asked once: by this process, and by the next one with the same file.
#[tokio::test]
async fn what_is_known_is_not_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("below/servers.json");
    let server = serve(Served::new(Kind::Ollama, "a"), silent).await;
    let connect = |cache: Arc<CapabilityCache>| OpenAiCompat::new(server.url(), "a", Some("sk-canary".to_owned())).cache(cache).probed();
    let cache = Arc::new(CapabilityCache::in_file(&file));
    let first = connect(Arc::clone(&cache)).await.expect("a server").info().clone();
    let asked = server.asked().len();
    assert!(asked > 1);
    assert_eq!(connect(cache).await.expect("a server").info(), &first);
    assert_eq!(connect(Arc::new(CapabilityCache::in_file(&file))).await.expect("a server").info(), &first);
    assert_eq!(server.asked().len(), asked, "{:?}", server.asked());
    let kept = std::fs::read_to_string(&file).expect("the file");
    assert!(!kept.contains("canary"), "{kept}");
    std::fs::write(&file, "{ broken").expect("written");
    assert_eq!(connect(Arc::new(CapabilityCache::in_file(&file))).await.expect("a server").info(), &first);
    assert!(server.asked().len() > asked, "a file that can't be read is an empty one");
}
