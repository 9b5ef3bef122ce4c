//! What a fault does to the bytes.

use std::time::Duration;

use super::{Fault, Place, Trouble, body, early};
use crate::deepseek::http::Step;
use crate::deepseek::stream::{Event, Part};

fn events() -> Vec<Event> {
    [
        (Part::Reasoning, "rr"),
        (Part::Reasoning, "RR"),
        (Part::Text, "tttt"),
        (Part::Arguments, "aaaa"),
        (Part::Finish, "ff"),
        (Part::Done, "dd"),
    ]
    .into_iter()
    .map(|(part, text)| Event { part, bytes: text.as_bytes().to_vec() })
    .collect()
}

/// The text that comes, and how it ends.
fn comes(fault: Fault, at: Place) -> (String, Option<Step>) {
    let mut steps = body(events(), &Trouble::new(fault, at), &[3, 1]);
    let end = steps.pop();
    let text = steps.iter().filter_map(|step| match step {
        Step::Chunk(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    });
    (text.collect(), end)
}

#[test]
fn a_cut_is_where_it_is_said() {
    for (at, left) in [
        (Place::AfterHeaders, ""),
        (Place::InReasoning, "rrR"),
        (Place::InText, "rrRRtt"),
        (Place::InArguments, "rrRRttttaa"),
        (Place::BeforeFinish, "rrRRttttaaaa"),
        (Place::BeforeDone, "rrRRttttaaaaff"),
        (Place::AfterDone, "rrRRttttaaaaffdd"),
        (Place::Byte(5), "rrRRt"),
    ] {
        for (fault, end) in [(Fault::Reset, Step::Reset), (Fault::Truncate, Step::Last), (Fault::NoAnswer, Step::Silence)] {
            assert_eq!(comes(fault, at), (left.to_owned(), Some(end)), "{at:?}");
        }
        let (slow, end) = comes(Fault::SlowDrip(2, Duration::ZERO), at);
        assert_eq!((slow.as_str(), end), ("rrRRttttaaaaffdd", Some(Step::Last)), "{at:?}");
    }
}

#[test]
fn events_are_doubled_and_swapped() {
    assert_eq!(comes(Fault::DuplicateChunk, Place::InText).0, "rrRRttttttttaaaaffdd");
    assert_eq!(comes(Fault::OutOfOrder, Place::InText).0, "rrRRaaaattttffdd");
    assert_eq!(comes(Fault::OutOfOrder, Place::AfterDone).0, "rrRRttttaaaaffdd");
    assert_eq!(comes(Fault::DuplicateChunk, Place::AfterDone).0, "rrRRttttaaaaffdddd");
    assert!(comes(Fault::InvalidUtf8, Place::InText).0.contains("tt\u{fffd}"));
    assert!(comes(Fault::GarbageJson, Place::BeforeDone).0.ends_with("ffdata: {\"choices\": [{\"delta\":\n\ndd"));
    assert_eq!(comes(Fault::Huge(1000), Place::BeforeDone).0.len(), 16 + 1000);
    assert!(comes(Fault::Status(503, None), Place::InText).0.contains("rrRRdata: {\"error\""));
}

#[test]
fn before_the_response_there_is_a_status_or_nothing() {
    let text = |fault: &Fault| match early(fault).first() {
        Some(Step::Raw(head)) => String::from_utf8_lossy(head).into_owned(),
        other => format!("{other:?}"),
    };
    assert!(text(&Fault::Status(429, Some("7".to_owned()))).contains("429 As-Scripted\r\n"));
    assert!(text(&Fault::Status(429, Some("7".to_owned()))).contains("\r\nretry-after: 7\r\n"));
    let dated = text(&Fault::Status(503, Some("Sun, 01 Nov 2026 00:00:02 GMT".to_owned())));
    assert!(dated.ends_with("date: Sun, 01 Nov 2026 00:00:00 GMT\r\n\r\n"), "{dated}");
    assert_eq!((early(&Fault::Refuse), early(&Fault::NoAnswer)), (vec![Step::Reset], vec![Step::Silence]));
}
