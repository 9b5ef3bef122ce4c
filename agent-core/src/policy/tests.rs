//! Policy by tables.

use serde_json::json;

use super::*;
use crate::action::{Click, Navigate, Scroll};
use crate::event::Entry;
use crate::run::RunId;
use crate::screen::{Rect, Ref, Screen};
use crate::surface::{Form, Target};

fn run_of(events: Vec<Event>) -> Run {
    let started: Event = serde_json::from_value(json!({
        "type": "started", "version": 1, "goal": "g", "planner": ["p", 1], "model": crate::ModelInfo::default(), "policy": Policy::ask()
    }))
    .expect("started");
    let entries = std::iter::once(started).chain(events).enumerate().map(|(seq, event)| Entry { seq: seq as u64, at: 0, event }).collect();
    Run::from_entries(RunId("r".to_owned()), entries).expect("fits")
}

fn click(effect: EffectClass, origin: &str, form: Option<Form>) -> Resolved {
    let target =
        Target { r#ref: Ref(1), role: "button".to_owned(), name: "Pay".to_owned(), origin: origin.to_owned(), form, rect: Rect::default() };
    Resolved::new(Action::from(Click { r#ref: Ref(1) }), Some(target), effect)
}

fn open(url: &str) -> Resolved {
    Resolved::new(Action::from(Navigate { url: url.to_owned() }), None, EffectClass::Read)
}

const SHOP: &str = "https://shop.example";

#[test]
fn effect_classes_meet_their_rules() {
    use EffectClass::{Irreversible, Read, Write};
    for (policy, effect, expected) in [
        (Policy::ask(), Read, "allow"),
        (Policy::ask(), Write, "allow"),
        (Policy::ask(), Irreversible, "ask"),
        (Policy::allow(), Irreversible, "allow"),
        (Policy::read_only(), Read, "allow"),
        (Policy::read_only(), Write, "deny"),
        (Policy::read_only(), Irreversible, "deny"),
    ] {
        let got = match policy.decide(&click(effect, SHOP, None), &run_of(vec![])) {
            Decision::Allow => "allow",
            Decision::Deny(_) => "deny",
            Decision::Ask(_) => "ask",
        };
        assert_eq!(got, expected, "{policy:?} {effect:?}");
    }
}

#[test]
fn origins_are_exact() {
    let form = |origin: &str| Some(Form { method: "POST".to_owned(), origin: origin.to_owned(), submits: true });
    let policy = Policy::allow().origins([SHOP]);
    for (resolved, allowed) in [
        (open("https://shop.example/cart"), true),
        (open("https://shop.example:443/"), true),
        (open("http://shop.example/"), false),
        (open("https://shop.example:8443/"), false),
        (open("https://evil.shop.example/"), false),
        (open("https://shop.example.evil.example/"), false),
        (open("https://shop.example@evil.example/"), false),
        (open("data:text/html,hi"), false),
        (open("javascript:alert(1)"), false),
        (open("file:///etc/passwd"), false),
        (open("blob:https://shop.example/1"), false),
        (click(EffectClass::Write, SHOP, form(SHOP)), true),
        (click(EffectClass::Write, "https://evil.example", None), false),
        (click(EffectClass::Write, SHOP, form("https://evil.example")), false),
        (
            Resolved::new(Action::from(Scroll { direction: crate::action::Direction::default(), r#ref: None }), None, EffectClass::Read),
            true,
        ),
    ] {
        let decision = policy.decide(&resolved, &run_of(vec![]));
        assert_eq!(decision == Decision::Allow, allowed, "{resolved:?} {decision:?}");
    }
    let none = Policy { origins: Some(vec![]), ..Policy::allow() };
    assert!(matches!(none.decide(&open("https://shop.example"), &run_of(vec![])), Decision::Deny(_)), "an empty list allows nothing");
}

#[test]
fn an_approval_is_bound_to_the_exact_action_and_used_up_by_it() {
    let pay = click(EffectClass::Irreversible, SHOP, None);
    let other = click(EffectClass::Irreversible, "https://other.example", None);
    let asked = |hash: &str| Event::Question { call_id: None, text: "?".to_owned(), hash: Some(hash.to_owned()) };
    let answered = |approved| Event::Answer { approved, text: String::new() };
    let done = |resolved: &Resolved| Event::Intent { call_id: "c".to_owned(), resolved: resolved.clone(), screen_hash: None };
    let policy = Policy::ask();
    let decide = |resolved: &Resolved, events| policy.decide(resolved, &run_of(events));
    assert_eq!(decide(&pay, vec![asked(&pay.hash), answered(true)]), Decision::Allow);
    assert!(matches!(decide(&pay, vec![asked(&pay.hash), answered(false)]), Decision::Deny(_)));
    assert!(matches!(decide(&other, vec![asked(&pay.hash), answered(true)]), Decision::Ask(_)), "not for another action");
    assert!(matches!(decide(&pay, vec![asked(&pay.hash), answered(true), done(&pay)]), Decision::Ask(_)), "not twice");
    assert!(matches!(decide(&pay, vec![asked(&other.hash), answered(true), asked(&pay.hash)]), Decision::Ask(_)), "not by another answer");
}

#[test]
fn exactly_the_same_on_exactly_the_same_screen_is_stopped() {
    let screen = Screen { title: "Page".to_owned(), ..Screen::default() };
    let again = click(EffectClass::Write, SHOP, None);
    let seen = |screen: &Screen| Event::Observed { screen: screen.clone(), shot: None };
    let done = |screen: &Screen| Event::Intent { call_id: "c".to_owned(), resolved: again.clone(), screen_hash: Some(screen.hash()) };
    let times = |n: usize| std::iter::once(seen(&screen)).chain((0..n).map(|_| done(&screen))).collect::<Vec<_>>();
    let policy = Policy::allow();
    assert_eq!(policy.decide(&again, &run_of(times(2))), Decision::Allow);
    assert!(matches!(policy.decide(&again, &run_of(times(3))), Decision::Deny(_)));
    let mut elsewhere = times(3);
    elsewhere.push(seen(&Screen { title: "Other".to_owned(), ..Screen::default() }));
    assert_eq!(policy.decide(&again, &run_of(elsewhere)), Decision::Allow, "another screen is another matter");
}

#[test]
fn urls_are_classified_as_a_browser_reads_them() {
    for (url, origin) in [
        ("https://a.example/x", Some("https://a.example")),
        (" HTTPS://A.EXAMPLE:443", Some("https://a.example")),
        ("http://127.0.0.1:8080/", Some("http://127.0.0.1:8080")),
        ("http://[::1]:80/", Some("http://[::1]")),
        ("https://user@a.example/", None),
        ("https://:pw@a.example/", None),
        ("about:blank", None),
        ("view-source:https://a.example", None),
        ("chrome://settings", None),
        ("a.example", None),
        ("", None),
    ] {
        let got = match classify(url) {
            UrlClass::Web { origin } => Some(origin),
            UrlClass::Refused { .. } => None,
        };
        assert_eq!(got.as_deref(), origin, "{url}");
    }
}
