//! What holds is read off screens and receipts, and never off what is said.

use super::*;
use crate::event::Entry;
use crate::run::RunId;
use crate::screen::{Node, Ref, State};
use crate::surface::{Resolved, Target};
use crate::testing::{button, text, textbox};
use crate::{Action, EffectClass};

fn screen() -> Screen {
    let checkbox = Node { role: "checkbox".to_owned(), name: "Urgent".to_owned(), states: vec![State::Checked], ..button(3, "Urgent") };
    Screen {
        url: "http://a.example/claims?id=7".to_owned(),
        title: "Claims".to_owned(),
        nodes: vec![text("Claim  C-1 was filed"), textbox(2, "Amount", "42.50"), checkbox, textbox(4, "", "Dear Ana")],
        ..Screen::default()
    }
}

/// A run of one click on an element of this name, with these changes.
fn run(name: &str, changes: Vec<Change>, then: Vec<Event>) -> Run {
    let mut run = Run::new(RunId::generate());
    let action = Action::from_call("click", &serde_json::json!({ "ref": "e1" })).expect("an action").expect("its arguments");
    let target = Target {
        r#ref: Ref(1),
        role: "button".to_owned(),
        name: name.to_owned(),
        origin: "http://a.example".to_owned(),
        form: None,
        rect: crate::screen::Rect::default(),
    };
    let mut events = vec![
        Event::Started(Box::default()),
        Event::Observed { screen: screen(), shot: None },
        Event::Intent { call_id: "c".to_owned(), resolved: Resolved::new(action, Some(target), EffectClass::Write), screen_hash: None },
        Event::Receipt { call_id: "c".to_owned(), receipt: Receipt::Verified { changes }, millis: 1, shot: None },
    ];
    events.extend(then);
    for (seq, event) in events.into_iter().enumerate() {
        run.apply(Entry { seq: seq as u64, at: 0, event }).expect("fits");
    }
    run
}

fn read(text: &str) -> Condition {
    text.parse().expect("a check")
}

#[test]
fn what_a_screen_tells() {
    let screen = screen();
    for (check, holds) in [
        ("url has /claims?ID=7", true),
        ("url has /other", false),
        ("text has claim c-1 was", true),
        ("text has Claims", true),
        ("text has 42.50", false),
        ("text lacks C-2", true),
        ("text lacks C-1", false),
        ("field Amount is 42.50", true),
        ("field amount is 42", false),
        ("field Urgent is checked", true),
        ("field Urgent is unchecked", false),
        ("field textbox is dear ana", true),
        ("field textbox is 42.50", false),
        ("field combobox is Dear Ana", false),
    ] {
        assert_eq!(read(check).holds_on(&screen), Some(holds), "{check}");
    }
    assert_eq!(read("sent /claims").holds_on(&screen), None);
}

#[test]
fn what_receipts_tell() {
    let post = |url: &str| Change::Network { method: "POST".to_owned(), url: url.to_owned() };
    let error = |url: &str| Change::HttpError { status: 500, url: url.to_owned() };
    let sent = run("Submit claim", vec![post("http://a.example/claims")], Vec::new());
    for (check, standing) in [
        ("sent /claims", Standing::Met),
        ("sent /payments", Standing::Unmet),
        ("done submit", Standing::Met),
        ("done Cancel", Standing::Unmet),
        ("file report", Standing::Unmet),
        ("text has C-1", Standing::Met),
        ("http://a.example/claims has C-1", Standing::Ask),
    ] {
        assert_eq!(read(check).standing(&sent), standing, "{check}");
    }
    let refused = run("Submit claim", vec![post("http://a.example/claims"), error("http://a.example/claims")], Vec::new());
    assert_eq!(read("sent /claims").standing(&refused), Standing::Unmet, "the server answered with an error");
}

#[test]
fn what_the_server_said_counts_until_something_is_done() {
    let check = read("http://a.example/claims has C-1");
    let probed = |holds| Event::Probed { probe: check.probe().expect("one"), holds };
    for (holds, standing) in [(Some(true), Standing::Met), (Some(false), Standing::Unmet), (None, Standing::Unmet)] {
        assert_eq!(check.standing(&run("x", Vec::new(), vec![probed(holds)])), standing);
    }
    let other = Event::Probed { probe: Probe::new("http://a.example/other", "C-1"), holds: Some(true) };
    assert_eq!(check.standing(&run("x", Vec::new(), vec![other])), Standing::Ask);
}

#[test]
fn a_check_is_read_from_a_line_or_refused_with_what_to_write() {
    assert_eq!(read("field Cost centre is 4711"), Condition::Field { name: "Cost centre".to_owned(), value: "4711".to_owned() });
    assert_eq!(read("file report.pdf"), Condition::File { name: "report.pdf".to_owned() });
    for wrong in ["", "text", "text has ", "field x", "page has y", "file:///etc/passwd has root", "url is x"] {
        let error = wrong.parse::<Condition>().expect_err(wrong);
        assert!(error.contains("write \"url has TEXT\""), "{error}");
    }
    for check in ["url has a", "text lacks b", "field c is d", "done e", "sent f"] {
        let condition = read(check);
        let back: Condition = serde_json::from_value(serde_json::to_value(&condition).expect("json")).expect("back");
        assert_eq!(back, condition);
    }
}
