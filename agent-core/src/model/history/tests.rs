//! Conversations in short, and what is put into them.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::ToolCall;

/// A conversation in short: `u` a user's message, `aXY` a turn with the calls X and Y, `x` a result, `!x` one that was put in.
fn read(text: &str) -> Vec<Message> {
    let message = |word: &str| match word.split_at(1) {
        ("u", _) => Message::user("u"),
        ("a", ids) => Message::Assistant { content: String::new(), reasoning: None, calls: ids.chars().map(call).collect() },
        (id, _) => Message::Tool { call_id: id.to_owned(), content: "done".to_owned() },
    };
    text.split_whitespace().map(message).collect()
}

fn call(id: char) -> ToolCall {
    ToolCall { id: id.to_string(), name: "click".to_owned(), args: json!({}), problem: None, raw: None }
}

fn show(messages: &[Message]) -> String {
    let word = |message: &Message| match message {
        Message::User { .. } => "u".to_owned(),
        Message::Assistant { calls, .. } => calls.iter().fold("a".to_owned(), |word, call| word + &call.id),
        Message::Tool { call_id, content } if content == NOT_CARRIED_OUT => format!("!{call_id}"),
        Message::Tool { call_id, .. } => call_id.clone(),
    };
    messages.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_call_has_a_result() {
    for (given, wanted) in [
        ("", ""),
        ("u a u", "u a u"),
        ("u aX X u", "u aX X u"),
        ("u aX", "u aX !X"),
        ("u aXY X", "u aXY X !Y"),
        ("u aXY Y u", "u aXY Y !X u"),
        ("u aX u aY Y", "u aX !X u aY Y"),
        ("u aX aY", "u aX !X aY !Y"),
        ("u aXYZ", "u aXYZ !X !Y !Z"),
        ("u aX X u aX u", "u aX X u aX !X u"),
    ] {
        assert_eq!(show(&answered(read(given))), wanted, "{given:?}");
    }
}

proptest! {
    #[test]
    fn what_is_answered_stays_as_it_is(words in prop::collection::vec("u|a[XYZ]{0,3}|[XYZ]", 0..12)) {
        let once = answered(read(&words.join(" ")));
        prop_assert_eq!(answered(once.clone()), once);
    }
}
