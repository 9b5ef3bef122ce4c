//! Pictures in the conversation: each beside the screen that it shows, in messages of the person only, and never taken back.

use handiwork_core::event::{Event, ShotRef};
use handiwork_core::model::{Message, Reply};
use handiwork_core::testing::{button, call};
use handiwork_core::{BlobId, Entry, Run, RunId, Screen};
use serde_json::json;

use super::{Telling, messages};

fn telling(pictures: bool) -> Telling {
    Telling { memory_tokens: 600, pictures, plan: false, compact_at: u64::MAX }
}

fn observed(title: &str) -> Event {
    let screen =
        Screen { title: title.to_owned(), url: "https://a.example/".to_owned(), nodes: vec![button(1, title)], ..Screen::default() };
    let shot = ShotRef { blob: BlobId::of(title.as_bytes()), media_type: "image/webp".to_owned(), size: (800.0, 600.0) };
    Event::Observed { screen, shot: Some(shot) }
}

fn replied(ids: &[&str]) -> Event {
    let calls = ids.iter().map(|id| handiwork_core::ToolCall { id: (*id).to_owned(), ..call("click", json!({ "ref": "e1" })) }).collect();
    Event::Replied { role: "act".to_owned(), reply: Reply { calls, ..Reply::default() }, cost_usd: 0.0, millis: 1 }
}

fn asked() -> Event {
    Event::Asked { role: "act".to_owned(), request_hash: String::new() }
}

fn dropped(id: &str) -> Event {
    Event::Dropped { call_ids: vec![id.to_owned()], why: "done".to_owned() }
}

/// The run after each of its events, and what would be sent then.
fn told(events: Vec<Event>, pictures: bool) -> Vec<Vec<Message>> {
    let started = json!({ "type": "started", "version": 1, "goal": "g", "planner": ["react", 1], "model": handiwork_core::ModelInfo::default(), "policy": handiwork_core::Policy::ask() });
    let mut run = Run::new(RunId("r".to_owned()));
    run.apply(Entry { seq: 0, at: 0, event: serde_json::from_value(started).expect("started") }).expect("first");
    let mut after = Vec::new();
    for event in events {
        run.apply(Entry { seq: run.next_seq(), at: 0, event }).expect("it fits");
        after.push(messages(&run, run.started().expect("started"), &telling(pictures)));
    }
    after
}

fn history() -> Vec<Event> {
    vec![
        observed("One"),
        asked(),
        replied(&["a", "b"]),
        dropped("a"),
        dropped("b"),
        observed("Two"),
        asked(),
        replied(&[]),
        observed("Three"),
        asked(),
        replied(&["c"]),
        dropped("c"),
        asked(),
    ]
}

#[test]
fn each_new_screen_is_shown_once_and_only_by_the_person() {
    let all = told(history(), true);
    let last = all.last().expect("messages");
    let shown: Vec<(&str, Vec<BlobId>)> = last
        .iter()
        .map(|message| match message {
            Message::User { images, .. } => ("user", images.iter().map(|image| image.blob.clone()).collect()),
            Message::Assistant { .. } => ("assistant", vec![]),
            Message::Tool { .. } => ("tool", vec![]),
        })
        .collect();
    let picture = |title: &str| vec![BlobId::of(title.as_bytes())];
    let expected = [
        ("user", picture("One")),
        ("assistant", vec![]),
        ("tool", vec![]),
        ("tool", vec![]),
        ("user", picture("Two")),
        ("assistant", vec![]),
        ("user", picture("Three")),
        ("assistant", vec![]),
        ("tool", vec![]),
    ];
    assert_eq!(shown, expected, "a screen that is not new is not shown again");
}

#[test]
fn history_with_pictures_only_grows() {
    let asked: Vec<Vec<Message>> =
        history().iter().zip(told(history(), true)).filter(|(event, _)| event.kind() == "asked").map(|(_, messages)| messages).collect();
    assert_eq!(asked.len(), 4);
    for pair in asked.windows(2) {
        assert!(pair[1].starts_with(&pair[0]) && pair[1].len() > pair[0].len(), "{pair:#?}");
    }
}

#[test]
fn without_the_setting_there_are_none() {
    let last = told(history(), false).pop().expect("messages");
    assert!(last.iter().all(|message| !matches!(message, Message::User { images, .. } if !images.is_empty())));
    assert_eq!(last.len(), 8, "and no message for them");
}
