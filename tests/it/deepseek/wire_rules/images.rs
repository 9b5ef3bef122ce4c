//! Pictures: who may send them, to which model, and in what form.

use handiwork::core::model::Image;
use handiwork::core::{Message, Model as _, ModelError, Request};
use handiwork_test_support::deepseek::Scripted;
use serde_json::{Value, json};

use super::super::{model, request, server, soon};
use super::{act, extend, messages};

fn look(content: &str, kind: &str, bytes: &[u8]) -> Message {
    Message::User { content: content.to_owned(), images: vec![Image::new(kind, bytes)] }
}

/// A run that is shown a picture at its start and after each turn's results; what was sent.
async fn shown() -> Vec<Value> {
    let server = server(vec![act("e1").and_call("fill", &json!({ "ref": "e2" })), act("e3"), Scripted::text("ok")]).await;
    let model = model(&server);
    let mut request = Request { messages: vec![look("Goal.", "image/webp", b"first")], ..request("") };
    for bytes in [b"one", b"two", b"end"] {
        let reply = model.complete(&soon(), &request).await.expect("a reply");
        extend(&mut request, &reply);
        request.messages.push(look("The screen now.", "image/png", bytes));
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
    server.requests()
}

#[tokio::test]
async fn images_stand_in_user_messages_only() {
    let sent = shown().await;
    let lists: Vec<&Value> = messages(&sent).filter(|message| message["content"].is_array()).collect();
    assert_eq!(lists.len(), 1 + 2 + 3, "as many as were shown by then");
    assert!(lists.iter().all(|message| message["role"] == "user"));
    assert_eq!(sent[2].to_string().matches("image_url\":{").count(), 3);
}

#[tokio::test]
async fn images_are_data_urls_after_the_text() {
    let sent = shown().await;
    let said = json!([
        { "type": "text", "text": "Goal." },
        { "type": "image_url", "image_url": { "url": "data:image/webp;base64,Zmlyc3Q=" } },
    ]);
    assert_eq!(sent[0]["messages"][1]["content"], said);
}

#[tokio::test]
async fn an_image_after_results_is_a_user_message_of_its_own() {
    let sent = shown().await;
    let last = sent[2]["messages"].as_array().expect("messages");
    let roles: Vec<&str> = last.iter().filter_map(|message| message["role"].as_str()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "tool", "user", "assistant", "tool", "user"]);
    assert!(last.iter().filter(|message| message["role"] == "tool").all(|message| message["content"].is_string()));
    assert_eq!(last[5]["content"][1]["image_url"]["url"], "data:image/png;base64,b25l");
}

#[tokio::test]
async fn history_with_images_only_grows() {
    let sent = shown().await;
    for pair in sent.windows(2) {
        let (before, after) = (pair[0]["messages"].as_array().expect("messages"), pair[1]["messages"].as_array().expect("messages"));
        assert!(after.starts_with(before));
    }
}

#[tokio::test]
async fn a_model_without_eyes_is_sent_no_image() {
    let server = server(vec![Scripted::text("never"), Scripted::text("ok")]).await;
    let request = Request { messages: vec![look("Look.", "image/png", b"x")], ..Request::default() };
    let error = model(&server).model("deepseek-v4-pro").complete(&soon(), &request).await.expect_err("it is blind");
    assert!(matches!(&error, ModelError::BadRequest(told) if told.contains("sees none")), "{error}");
    assert_eq!(server.recorded().len(), 0, "it was sent");
    // That it was the model and not the picture.
    model(&server).model("deepseek-flash").complete(&soon(), &request).await.expect("it sees");
    assert_eq!((server.recorded().len(), server.refusals()), (1, vec![]));
}

#[tokio::test]
async fn an_image_that_no_model_reads_is_not_sent() {
    let server = server(vec![Scripted::text("never")]).await;
    for (wrong, says) in [(look("", "image/bmp", b"x"), "image/bmp"), (look("", "image/png", b""), "are not there")] {
        let request = Request { messages: vec![wrong], ..Request::default() };
        let error = model(&server).complete(&soon(), &request).await.expect_err("it can't be read");
        assert!(matches!(&error, ModelError::BadRequest(told) if told.contains(says)), "{error}");
    }
    assert_eq!(server.recorded().len(), 0, "it was sent");
}
