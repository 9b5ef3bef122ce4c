//! Pictures: as data URLs in messages of the person, and only for a model that sees.

use serde_json::json;

use crate::BlobId;
use crate::model::compat::Dialect;
use crate::model::wire::body::body;
use crate::model::wire::check::{Rules, check};
use crate::model::wire::settings::Settings;
use crate::model::{Image, Message, Request};

fn request(image: Image) -> Request {
    Request { messages: vec![Message::User { content: "Look.".to_owned(), images: vec![image] }], ..Request::default() }
}

#[test]
fn a_picture_is_a_part_of_the_message() {
    let sees = Settings { vision: true, ..Settings::default() };
    let sent = body("m", &Dialect::DEEPSEEK, &sees, &request(Image::new("image/webp", b"bytes"))).expect("a body");
    let expected = json!([
        { "type": "text", "text": "Look." },
        { "type": "image_url", "image_url": { "url": "data:image/webp;base64,Ynl0ZXM=" } },
    ]);
    assert_eq!(sent["messages"][0]["content"], expected);
    assert_eq!(check(&sent, &Dialect::DEEPSEEK, &Rules::DEEPSEEK), Ok(()));
}

#[test]
fn what_can_not_be_shown_is_an_error() {
    let sees = Settings { vision: true, ..Settings::default() };
    let gone = Image { media_type: "image/png".to_owned(), blob: BlobId::of(b"x"), bytes: None };
    let table = [
        (&Settings::default(), Image::new("image/png", b"x"), "the model sees none"),
        (&sees, gone, "are not there"),
        (&sees, Image::new("image/png", b""), "are not there"),
        (&sees, Image::new("image/svg+xml", b"x"), "convert it"),
    ];
    for (settings, image, words) in table {
        let told = body("m", &Dialect::DEEPSEEK, settings, &request(image)).expect_err(words).to_string();
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn bytes_are_in_no_journal_and_no_debug_output() {
    let request = request(Image::new("image/png", b"canary"));
    let text = serde_json::to_string(&request).expect("JSON");
    assert_eq!(
        text,
        format!(
            r#"{{"system":"","tools":[],"messages":[{{"role":"user","content":"Look.","images":[{{"media_type":"image/png","blob":"{}"}}]}}]}}"#,
            BlobId::of(b"canary")
        )
    );
    assert!(format!("{request:?}").contains("6 bytes"), "{request:?}");
    let without = Request { messages: vec![Message::user("Hi")], ..Request::default() };
    assert!(!serde_json::to_string(&without).expect("JSON").contains("images"), "old journals and new ones read alike");
    let old: Message = serde_json::from_str(r#"{"role":"user","content":"Hi"}"#).expect("an old message");
    assert_eq!(old, Message::user("Hi"));
}
