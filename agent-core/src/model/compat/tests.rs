//! The pure parts: what a model says of itself, what is read off a server's answers, schemas, and turns by prompt.

use serde_json::{Value, json};

use super::capabilities::Capabilities;
use super::{CapabilityCache, Dialect, OpenAiCompat, Tools, facts, prompted, refusal, schema};
use crate::action::Action;
use crate::model::{CallRule, Constraint, FinishReason, Message, Model as _, ModelError, Reply, Request, ToolCall};

#[test]
fn the_key_is_in_no_debug_output() {
    let nearby = format!("{:?}", OpenAiCompat::new("http://127.0.0.1:1/v1", "m", Some("sk-canary-2".to_owned())));
    assert!(!nearby.contains("canary"), "{nearby}");
}

#[test]
fn what_a_model_is() {
    let nearby = OpenAiCompat::new("http://127.0.0.1:1/v1", "m", None).context(8192).dialect(Dialect::OLLAMA).small(true);
    assert_eq!((nearby.info().context, nearby.info().small, nearby.info().price), (8192, true, None));
    let held = OpenAiCompat::new("http://127.0.0.1:1/v1", "m", None).dialect(Dialect::LLAMA_SERVER).tools(Tools::Prompted);
    assert!(held.info().constrained);
    assert!(!held.tools(Tools::Native).info().constrained);
}

#[test]
fn rows_are_found_by_their_names() {
    for dialect in Dialect::KNOWN {
        assert_eq!(Dialect::named(dialect.name), Some(dialect));
        assert!(!dialect.asks.is_empty() && !dialect.start.is_empty() && dialect.address.starts_with("http://127.0.0.1:"));
    }
    assert_eq!(Dialect::named("nobody"), None);
}

#[test]
fn sizes_are_read_off_ids() {
    let cases = [
        ("qwen2.5:7b", true),
        ("DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf", true),
        ("smollm2:135m", true),
        ("deepseek-r1:8b", false),
        ("Qwen2.5-14B-Instruct", false),
        ("deepseek-v4-pro", false),
        ("big", false),
    ];
    for (id, small) in cases {
        assert_eq!(Capabilities::default().is_small(id), small, "{id}");
    }
    let told = Capabilities { parameters: Some(70_000_000_000), ..Capabilities::default() };
    assert!(!told.is_small("x-7b"), "what the server says counts more");
}

#[test]
fn who_thinks_is_read_off_ids_where_the_server_is_silent() {
    for (id, thinks) in
        [("deepseek-r1:14b", true), ("DeepSeek-R1-Distill-Qwen-7B", true), ("QwQ-32B", true), ("qwen2.5:14b", false), ("r12", false)]
    {
        assert_eq!(Capabilities::default().thinks(id), thinks, "{id}");
    }
    assert!(!Capabilities { thinks: Some(false), ..Capabilities::default() }.thinks("x-r1"));
}

#[test]
fn places_are_found() {
    let answer = json!({
        "model_info": { "general.architecture": "x", "x.context_length": 4096 }, "parameters": "stop  \"a\"\nnum_ctx   8192",
        "data": [{ "id": "one", "n": 1 }, { "id": "two", "n": 2 }], "only": [{ "id": "other", "n": 3 }],
    });
    let cases = [
        ("/model_info/*.context_length", Some(json!(4096))),
        ("/model_info/*.missing", None),
        ("/parameters#num_ctx", Some(json!("8192"))),
        ("/parameters#temperature", None),
        ("/data/=id/n", Some(json!(2))),
        ("/only/=id/n", Some(json!(3))),
        ("/data/0/id", Some(json!("one"))),
        ("/data/=id", Some(json!({ "id": "two", "n": 2 }))),
    ];
    for (place, value) in cases {
        assert_eq!(facts::find(&answer, place, "two"), value, "{place}");
    }
    assert_eq!(facts::find(&answer, "/data/=id/n", "three"), None, "of several the one that is meant, or none");
    for (text, amount) in
        [(json!("7.6B"), Some(7_600_000_000)), (json!("135M"), Some(135_000_000)), (json!(12), Some(12)), (json!("?"), None)]
    {
        assert_eq!(facts::amount(&text), amount, "{text}");
    }
}

#[test]
fn a_cache_knows_a_model_on_a_server() {
    let cache = CapabilityCache::default();
    let known = Capabilities { context: Some(1), ..Capabilities::default() };
    cache.put("http://a/", "m", &known);
    assert_eq!(cache.get("http://a", "m"), Some(known));
    assert_eq!((cache.get("http://a", "n"), cache.get("http://b", "m")), (None, None));
}

#[test]
fn an_old_answer_is_no_answer() {
    let folder = std::env::temp_dir().join(format!("handiwork-cache-{}", uuid::Uuid::now_v7()));
    let file = folder.join("servers.json");
    std::fs::create_dir_all(&folder).unwrap();
    let entry = |asked: jiff::Timestamp| json!({ "http://a#m": { "asked": asked, "capabilities": { "context": 7 } } });
    let now = jiff::Timestamp::now();
    for (age, known) in [(0, true), (9, true), (11, false), (-5, false)] {
        std::fs::write(&file, entry(now - jiff::SignedDuration::from_mins(age)).to_string()).unwrap();
        assert_eq!(CapabilityCache::in_file(&file).get("http://a", "m").is_some(), known, "{age} minutes");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn rule(tool: &str, key: &str, values: &[&str]) -> CallRule {
    CallRule { tool: tool.to_owned(), allowed: [(key.to_owned(), values.iter().map(|value| Value::from(*value)).collect())].into() }
}

#[test]
fn a_schema_says_what_a_constraint_says() {
    let mut request = Request { tools: Action::specs(&["click", "fill", "press"]), ..Request::default() };
    let calls = vec![rule("click", "ref", &["e1", "e2"]), rule("fill", "ref", &[])];
    request.constraint = Some(Constraint { first: vec![rule("fill", "ref", &["e9"])], calls, most_calls: 2, ..Constraint::default() });
    let schema = schema::of(&request).unwrap();
    let check = |reply: Value| crate::schema::validator(&schema).unwrap().is_valid(&reply);
    let fill = json!({ "do": "fill", "ref": "e9", "text": "x" });
    let click = |to: &str| json!({ "do": "click", "ref": to });
    assert!(check(json!({ "calls": [fill, click("e1")] })) && check(json!({ "calls": [fill, click("e2"), click("e1")] })));
    let wrong = [
        json!({ "calls": [fill] }),
        json!({ "calls": [click("e1"), click("e1")] }),
        json!({ "calls": [fill, click("e3")] }),
        json!({ "calls": [fill, { "do": "press", "keys": "Enter" }] }),
        json!({ "calls": [fill, { "do": "click", "ref": "e1", "more": 1 }] }),
        json!({ "calls": [fill, click("e1"), click("e1"), click("e1")] }),
        json!({ "thought": "no", "calls": [fill, click("e1")] }),
    ];
    for reply in wrong {
        assert!(!check(reply.clone()), "{reply}");
    }
    // Of two constraints either may be met, and a reply that is right is also read.
    let inner = Constraint { calls: vec![rule("press", "keys", &["Enter"])], most_calls: 1, thought: 20, ..Constraint::default() };
    request.constraint = request.constraint.map(|outer| Constraint { or: Some(Box::new(inner)), ..outer });
    let schema = schema::of(&request).unwrap();
    let reply = json!({ "thought": "Send.", "calls": [{ "do": "press", "keys": "Enter" }] });
    assert!(crate::schema::validator(&schema).unwrap().is_valid(&reply));
    let read = prompted::reply(Reply { content: reply.to_string(), ..Reply::default() }, &request);
    assert_eq!((read.calls.len(), read.reasoning.as_deref(), read.finish), (1, Some("Send."), FinishReason::ToolCalls));
    assert_eq!(schema::of(&Request::default()), None, "without tools text is free");
}

#[test]
fn a_conversation_in_plain_turns() {
    let call = ToolCall { id: "call_1_0".to_owned(), name: "click".to_owned(), args: json!({ "ref": "e4" }), problem: None, raw: None };
    let request = Request {
        system: "Act.".to_owned(),
        tools: Action::specs(&["click"]),
        messages: vec![
            Message::user("Go."),
            Message::Assistant { content: String::new(), reasoning: Some("Hm.".to_owned()), calls: vec![call] },
            Message::Tool { call_id: "call_1_0".to_owned(), content: "Verified".to_owned() },
            Message::user("Screen"),
        ],
        ..Request::default()
    };
    let texts = |keep| -> Vec<String> {
        let plain = prompted::request(&request, keep);
        assert!(plain.tools.is_empty() && plain.system.starts_with("Act.") && plain.system.contains("{\"do\":\"click\""));
        let text = |message: &Message| match message {
            Message::User { content, .. } | Message::Assistant { content, .. } | Message::Tool { content, .. } => content.clone(),
        };
        plain.messages.iter().map(text).collect()
    };
    assert_eq!(texts(false), ["Go.", "{\"do\":\"click\",\"ref\":\"e4\"}", "click e4: Verified\nScreen"]);
    assert_eq!(texts(true)[1], "{\"thought\":\"Hm.\"}\n{\"do\":\"click\",\"ref\":\"e4\"}");
}

#[test]
fn refusals_are_read_by_the_words_of_a_dialect() {
    let bad = |text: &str| ModelError::BadRequest(text.to_owned());
    let server = |text: &str| ModelError::Server { status: 500, detail: text.to_owned(), retry_after: None };
    assert!(refusal::of_tools(&Dialect::OLLAMA, &bad("registry/x:1b does not support tools")));
    assert!(refusal::of_tools(&Dialect::LLAMA_SERVER, &server("tools param requires --jinja flag")));
    assert!(refusal::of_tools(
        &Dialect::VLLM,
        &bad("\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set")
    ));
    assert!(!refusal::of_tools(&Dialect::GENERIC, &bad("the key is wrong")));
    assert!(!refusal::of_tools(&Dialect::DEEPSEEK, &bad("Tools do not support tools")));
    let full = |dialect: &Dialect, error| match refusal::typed(dialect, error, 4096) {
        ModelError::ContextFull { needed, context } => Some((needed, context)),
        _ => None,
    };
    let words = "request (18010 tokens) exceeds the available context size (4096 tokens), try increasing it";
    assert_eq!(full(&Dialect::LLAMA_SERVER, bad(words)), Some((18_010, 4096)));
    assert_eq!(full(&Dialect::OLLAMA, bad("the input length exceeds the context length")), Some((4097, 4096)));
    assert_eq!(full(&Dialect::GENERIC, server("out of memory")), None);
}
