//! Ollama's own protocol: what is sent, what comes back, and that nothing is ever cut.

use handiwork::core::model::compat::OpenAiCompat;
use handiwork::core::model::{Message, Model as _, ModelError, Request, ToolCall};
use handiwork_test_support::compat::{Kind, Said, Served};
use serde_json::json;

use super::{click, request, serve, soon};

#[tokio::test]
async fn a_request_is_what_ollama_takes() {
    let server = serve(Served::new(Kind::Ollama, "qwen:14b"), |_, _| Said::text("Done.")).await;
    let model = OpenAiCompat::connect(server.url(), "qwen:14b", None).await.expect("a server");
    let call = ToolCall { id: "call_1_0".to_owned(), name: "click".to_owned(), args: click(), problem: None, raw: None };
    let mut asked = Request { max_tokens: Some(99), ..request() };
    asked.messages.extend([
        Message::Assistant { content: String::new(), reasoning: Some("thought".to_owned()), calls: vec![call] },
        Message::Tool { call_id: "call_1_0".to_owned(), content: "Verified".to_owned() },
    ]);
    let reply = model.complete(&soon(), &asked).await.expect("a reply");
    assert_eq!((reply.content.as_str(), reply.calls.len()), ("Done.", 0));
    let sent = server.conversations().remove(0);
    assert_eq!(
        sent["messages"][2],
        json!({ "role": "assistant", "content": "", "tool_calls": [{ "function": { "name": "click", "arguments": { "ref": "e4" } } }] })
    );
    assert_eq!(sent["messages"][3], json!({ "role": "tool", "tool_name": "click", "content": "Verified" }));
    assert_eq!(sent["options"], json!({ "num_ctx": 16_384, "num_predict": 99 }));
    assert_eq!((&sent["truncate"], &sent["shift"], &sent["stream"]), (&json!(false), &json!(false), &json!(true)));
    assert!(sent.get("think").is_none() && sent.get("format").is_none() && sent.get("tools").is_some(), "{sent}");
}

/// Thinking is asked for only of a model that can.
#[tokio::test]
async fn thinking_is_said_only_where_it_is_known() {
    for (thinks, sent) in [(true, Some(json!(true))), (false, None)] {
        let server =
            serve(Served { thinks, ..Served::new(Kind::Ollama, "a") }, |_, _| Said::call("click", &click()).reasoning("So.")).await;
        let model = OpenAiCompat::connect(server.url(), "a", None).await.expect("a server").thinking(true);
        let reply = model.complete(&soon(), &request()).await.expect("a reply");
        assert_eq!(reply.reasoning.as_deref(), Some("So."));
        assert_eq!(server.conversations()[0].get("think").cloned(), sent);
    }
}

/// What can't fit is refused before it is sent. After a reply the server's own count is what is known, so a text that has few
/// bytes per token, or many, is measured rightly.
#[tokio::test]
async fn nothing_is_sent_that_would_be_cut() {
    let server = serve(Served::new(Kind::Ollama, "a"), |_, _| Said::text("Go on.")).await;
    let model = OpenAiCompat::new(server.url(), "a", None).context(4096).probed().await.expect("a server");
    let asked = |words: usize| Request { messages: vec![Message::user("word ".repeat(words))], ..Request::default() };
    // 4096 tokens less 512 for the reply are 10,752 bytes at three for each.
    let error = model.complete(&soon(), &asked(2200)).await.expect_err("too long");
    assert!(matches!(error, ModelError::ContextFull { needed: 4183.., context: 4096 }), "{error:?}");
    assert!(server.conversations().is_empty(), "nothing was sent");
    model.complete(&soon(), &asked(2000)).await.expect("a reply");
    // The stand-in counts four bytes a token, so now there is room for more.
    model.complete(&soon(), &asked(2200)).await.expect("a reply");
    assert_eq!(server.conversations().len(), 2);
}

#[tokio::test]
async fn what_it_has_not_is_told() {
    let server = serve(Served::new(Kind::Ollama, "there"), |_, _| Said::text("never")).await;
    let model = OpenAiCompat::connect(server.url(), "not-there", None).await.expect("a server");
    let error = model.complete(&soon(), &request()).await.expect_err("no such model");
    assert!(matches!(&error, ModelError::NoSuchModel(text) if text.contains("not-there")), "{error}");
}
