//! The report of a run: its facts are there, a hostile page stays text, and nothing in it reaches outside.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

mod sample;

use std::collections::BTreeMap;

use handiwork::report::{ReportError, render, write};
use handiwork_core::{EffectClass, Event, Journal, MemoryJournal, Receipt, Run, RunId};
use sample::{HOSTILE, Sample, endings, target, whole};
use serde_json::json;

const PICTURES: [&[u8]; 3] = [b"first picture", b"second picture", b"third picture"];

fn html() -> String {
    let sample = whole(PICTURES);
    render(&sample.run(), &sample.shots).expect("a report")
}

/// The part of the page that begins with `from` and ends before `to`.
fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let start = html.find(from).unwrap_or_else(|| panic!("{from} is not in the report"));
    let rest = &html[start..];
    &rest[..rest[from.len()..].find(to).map_or(rest.len(), |end| end + from.len())]
}

#[test]
fn the_facts_are_there() {
    let html = html();
    for fact in [
        "84.50 EUR for Ana",
        "Claim C-1001 was filed.",
        "deepseek-chat",
        "react 1",
        "Verified receipts</dt><dd>5</dd><dd class=\"soft\">4 others: 1 no effect, 2 not done, 1 unknown",
        "Steps</dt><dd>5</dd>",
        "12\u{202f}060",
        "9\u{202f}600 of them cached",
        "0.00125 USD",
        "2026-03-20",
        "I sign in first.",
        "so I write its placeholder",
        "sends a form by POST to",
        "not done: it has no such option; it has: Travel, Meals, Lodging",
        "no effect: it was done, but nothing changed",
        "unknown: the page did not answer within 5000 ms; look at the screen before doing it again",
        "not done: there is no element e99",
        "Not acted on: click",
        "Recalled for",
        "Ana&#x27;s full name is Ana Silva.",
        "Asked for approval",
        "Answer: yes",
        "Yes, file it.",
        "&quot;rate&quot;: 1.0",
        "e1 textbox &quot;User name&quot;",
        "+ &quot;Saved as draft&quot;",
        "password for ",
    ] {
        assert!(html.contains(fact), "{fact:?} is not in the report");
    }
}

#[test]
fn each_verdict_has_its_badge() {
    let html = html();
    for (word, tone, times) in
        [("Verified", "good", 5), ("NoEffect", "warn", 1), ("NotDispatched", "bad", 2), ("Unknown", "doubt", 1), ("Result", "good", 1)]
    {
        let badge = format!("<span class=\"badge {tone}\">{word}</span>");
        assert_eq!(html.matches(&badge).count(), times, "{badge}");
    }
    for (class, tone) in [("write", "note"), ("irreversible", "bad")] {
        assert!(html.contains(&format!("<span class=\"effect {tone}\">{class}</span>")), "{class}");
    }
}

#[test]
fn a_hostile_page_stays_text() {
    let html = html();
    assert!(html.contains("&lt;script&gt;alert"), "the page's title is shown");
    assert!(!html.contains(HOSTILE) && !html.to_lowercase().contains("<script"), "the report holds a script");
}

#[test]
fn nothing_reaches_outside() {
    let html = html();
    let wanted = "default-src 'none'; img-src data:; style-src 'sha256-";
    assert!(between(&html, "Content-Security-Policy", ">").contains(wanted), "{}", between(&html, "Content-Security-Policy", ">"));
    for attribute in ["src=\"", "href=\"", "action=\"", "srcset=\"", "data=\""] {
        for value in html.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()) {
            assert!(value.starts_with("data:image/") || value.starts_with("#step-"), "{attribute}{value}");
        }
    }
    for load in ["url(", "@import", "<link", "<iframe", "<form", "<base", "style=\""] {
        assert!(!html.contains(load), "{load}");
    }
}

#[test]
fn the_style_sheet_is_the_one_that_the_policy_allows() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let html = html();
    let style = between(&html, "<style>", "</style>").trim_start_matches("<style>");
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    let policy = between(&html, "Content-Security-Policy", ">").replace("&#x2f;", "/").replace("&#x3d;", "=").replace("&#x2b;", "+");
    assert!(policy.contains(&hash), "{hash} is not in {policy}");
}

#[test]
fn the_point_of_action_is_drawn_in_per_cent() {
    let html = html();
    let card = between(&html, "<code class=\"args\">ref=&quot;e11&quot;</code>", "</article>");
    for attribute in ["x=\"21.328%\"", "y=\"70.375%\"", "width=\"18.750%\"", "height=\"5.250%\"", "cx=\"30.703%\"", "cy=\"73.000%\""] {
        assert!(card.contains(attribute), "{attribute} is not in {card}");
    }
    assert!(card.contains("width=\"1280\" height=\"800\""), "{card}");
}

#[test]
fn a_target_outside_of_the_picture_is_not_marked() {
    let mut sample = Sample::empty();
    sample.start();
    sample.reply("", None, &[("c1", "click", json!({ "ref": "e1" }))]);
    let shot = sample.picture(b"picture", "image/png");
    sample.intent(
        "c1",
        ("click", &json!({ "ref": "e1" })),
        Some(target(1, "link", "Below", [10.0, 900.0, 50.0, 20.0], false)),
        EffectClass::Read,
    );
    sample.receipt("c1", Receipt::NoEffect, Some(shot));
    let html = render(&sample.run(), &sample.shots).expect("a report");
    assert!(html.contains("<figure class=\"shot\">") && !html.contains("<circle"), "{html}");
}

#[test]
fn a_missing_picture_has_its_reason() {
    let html = html();
    let secret = "no picture: a secret was on the screen";
    let first = between(&html, "id=\"step-1\"", "id=\"step-2\"");
    assert_eq!(html.matches(secret).count(), 1, "only the sign-in click came while the password was there");
    assert!(between(first, "class=\"args\">ref=&quot;e3&quot;", "</article>").contains(secret));
    assert!(between(first, "class=\"args\">ref=&quot;e2&quot;", "</article>").contains("no picture was taken"));

    let mut sample = whole(PICTURES);
    sample.shots.clear();
    let html = render(&sample.run(), &sample.shots).expect("a report");
    assert!(html.contains("no picture: it is missing from the store") && !html.contains("<img"));
}

#[test]
fn a_picture_that_could_hold_a_script_is_not_shown() {
    let mut sample = Sample::empty();
    sample.start();
    sample.reply("", None, &[("c1", "click", json!({ "ref": "e1" }))]);
    let shot = sample.picture(b"<svg/>", "image/svg+xml");
    sample.intent("c1", ("click", &json!({ "ref": "e1" })), Some(target(1, "link", "x", [1.0, 1.0, 5.0, 5.0], false)), EffectClass::Read);
    sample.receipt("c1", Receipt::NoEffect, Some(shot));
    let html = render(&sample.run(), &sample.shots).expect("a report");
    assert!(!html.contains("<img") && html.contains("are not shown"));
}

#[test]
fn an_act_without_a_receipt_is_told_as_such() {
    let mut sample = Sample::empty();
    sample.start();
    sample.reply("", None, &[("c1", "click", json!({ "ref": "e1" }))]);
    sample.intent(
        "c1",
        ("click", &json!({ "ref": "e1" })),
        Some(target(1, "button", "Pay", [1.0, 1.0, 5.0, 5.0], true)),
        EffectClass::Irreversible,
    );
    let html = render(&sample.run(), &sample.shots).expect("a report");
    assert!(html.contains("<span class=\"badge doubt\">No receipt</span>"));
    assert!(html.contains("<span class=\"badge doubt\">Unfinished</span>"));
}

#[test]
fn every_ending_has_its_word() {
    for (outcome, word) in endings() {
        let mut sample = Sample::empty();
        sample.start();
        sample.add(5, Event::Ended { outcome });
        let html = render(&sample.run(), &sample.shots).expect("a report");
        assert!(html.contains(&format!(">{word}</span>")), "{word}");
    }
    let mut sample = Sample::empty();
    sample.start();
    sample.add(5, Event::Question { call_id: None, text: "Which Ana?".into(), hash: None });
    let html = render(&sample.run(), &sample.shots).expect("a report");
    assert!(html.contains(">Waiting</span>") && html.contains("For an answer to: Which Ana?"));
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(html(), html());
}

#[test]
fn a_run_that_never_started_has_no_report() {
    let error = render(&Run::new(RunId("0199ab".into())), &BTreeMap::new()).expect_err("nothing to report");
    assert!(matches!(error, ReportError::Empty(_)), "{error}");
}

#[tokio::test]
async fn written_from_the_journal_in_one_piece() {
    let sample = whole(PICTURES);
    let journal = MemoryJournal::default();
    // One of the three is missing from the store: the report says so and is written all the same.
    for picture in &PICTURES[1..] {
        journal.put_blob(picture).await.expect("stored");
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("report.html");
    write(&sample.run(), &journal, &path).await.expect("written");
    let html = std::fs::read_to_string(&path).expect("there");
    assert!(html.ends_with("</html>\n") || html.ends_with("</html>"));
    assert_eq!(html.matches("no picture: it is missing from the store").count(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing is left beside it");

    let nowhere = folder.path().join("no/such/folder/report.html");
    let error = write(&sample.run(), &journal, &nowhere).await.expect_err("no folder");
    assert!(matches!(&error, ReportError::Write { path, .. } if *path == nowhere), "{error}");
}
