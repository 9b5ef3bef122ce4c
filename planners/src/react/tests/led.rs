//! What a small model is led by: the words of the goal, and what stands together on the screen.

use std::collections::BTreeSet;
use std::sync::Arc;

use handiwork_core::agent::AgentBuilder;
use handiwork_core::model::{Constraint, ModelInfo};
use handiwork_core::testing::{ScriptedModel, ScriptedSurface, button, text, textbox};
use handiwork_core::{Node, Ref, Screen, State, Verb};
use serde_json::json;

use crate::react::React;
use crate::react::goal::{dates, names, names_place, ordinal, quoted, times};
use crate::react::groups::groups;

#[test]
fn a_goal_names_a_label_or_it_does_not() {
    for (goal, label, expected) in [
        ("Select S4 and click Submit.", "S4", true),
        ("Select S4 and click Submit.", "s4", false),
        ("Choose united states, then send.", "United States", true),
        ("Choose the states.", "United States", false),
        ("Click on it.", "on", false),
        ("Rate it 5.", "5", false),
        ("Paid with the company card.", "Company card", true),
        ("选择 中国 然后提交", "中国", true),
        ("Anything", "", false),
    ] {
        assert_eq!(names(goal, label), expected, "{label:?} in {goal:?}");
    }
}

#[test]
fn what_is_quoted_is_found() {
    for (goal, expected) in [
        (r#"Click "Next" and then "No, thanks"."#, vec!["Next", "No, thanks"]),
        ("Write „guten Tag“ into it", vec!["guten Tag"]),
        ("a \" alone", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(quoted(goal), expected, "{goal:?}");
    }
}

fn option(number: u32, role: &str, name: &str) -> Node {
    Node {
        r#ref: Some(Ref(number)),
        role: role.to_owned(),
        name: name.to_owned(),
        states: vec![State::Unchecked],
        verbs: vec![Verb::Click, Verb::Check],
        ..Node::default()
    }
}

#[test]
fn what_stands_together_is_a_group() {
    let nodes = [
        option(1, "radio", "Yes"),
        text("a label"),
        option(2, "radio", "No"),
        textbox(3, "Name", ""),
        option(4, "radio", "By post"),
        option(5, "checkbox", "Gift"),
        option(6, "checkbox", "Fragile"),
    ];
    let found: Vec<Vec<u32>> =
        groups(&nodes).iter().map(|group| group.iter().filter_map(|node| node.r#ref).map(|r| r.0).collect()).collect();
    assert_eq!(found, [vec![1, 2], vec![4], vec![5, 6]]);
}

async fn constraint(goal: &str, nodes: Vec<Node>) -> Constraint {
    constraint_of(goal, nodes, None).await
}

async fn constraint_of(goal: &str, nodes: Vec<Node>, check: Option<&str>) -> Constraint {
    let info = ModelInfo { constrained: true, small: true, ..ModelInfo::default() };
    let model = Arc::new(ScriptedModel::new().with_info(info).calls([super::done("x")]));
    let screen = Screen { url: "https://a.example/".to_owned(), nodes, ..Screen::default() };
    let agent = AgentBuilder::new(model.clone(), React::default()).surface(ScriptedSurface::new(screen, |_, _| {})).build();
    let run = agent.run(goal);
    let run = match check {
        Some(check) => run.check(check.parse().expect("a check")),
        None => run,
    };
    let _ = run.finish().await;
    model.requests()[0].constraint.clone().expect("constraint")
}

fn first(constraint: &Constraint) -> Vec<String> {
    constraint.first.iter().map(|rule| format!("{} {}", rule.tool, json!(rule.allowed))).collect()
}

#[tokio::test]
async fn a_question_with_radios_is_asked_once() {
    let form = || vec![option(1, "radio", "3hIU"), option(2, "radio", "S4"), button(3, "Submit")];
    let named = constraint("Select S4 and click Submit.", form()).await;
    assert_eq!(first(&named), [r#"check {"checked":[true],"ref":["e2 S4"]}"#]);
    assert!(named.or.is_none(), "what the goal names is not left as it is");
    let open = constraint("Choose what you like.", form()).await;
    assert_eq!(first(&open), [r#"check {"checked":[true],"ref":["e1 3hIU","e2 S4"]}"#]);
    assert!(open.or.expect("it may be left").first.is_empty());
}

#[tokio::test]
async fn of_many_boxes_those_that_the_goal_names_are_asked_about() {
    let form = || vec![option(1, "checkbox", "C0ZWRz"), option(2, "checkbox", "vrD"), option(3, "checkbox", "I1"), button(4, "Submit")];
    let some = constraint("Select C0ZWRz, I1 and click Submit.", form()).await;
    assert_eq!(first(&some), [r#"check {"ref":["e1 C0ZWRz"]}"#, r#"check {"ref":["e3 I1"]}"#]);
    let none = constraint("Select nothing and click Submit.", form()).await;
    assert_eq!(none.first.len(), 3);
}

#[tokio::test]
async fn a_quoted_button_is_no_text_for_a_field() {
    let form = || vec![textbox(1, "Name", ""), button(2, "Next"), button(3, "Send")];
    assert!(constraint(r#"Click the button "Next"."#, form()).await.first.is_empty());
    assert_eq!(constraint(r#"Write "Ana", then click "Next"."#, form()).await.first.len(), 1);
    let filled = constraint("Write Ana and submit.", form()).await;
    assert!(filled.calls.iter().all(|rule| rule.tool != "press"), "where there is a button, no key is offered: {:?}", filled.calls);
}

#[test]
fn dates_and_times_are_read_off() {
    for (goal, expected) in [
        ("Enter 10/16/2012 as the date", vec!["2012-10-16"]),
        ("on 03/04/2026, please", vec!["2026-03-04", "2026-04-03"]),
        ("train to Hamburg, 86.40 euros, on 3 November 2026, travel", vec!["2026-11-03"]),
        ("on September 9th, 2026.", vec!["2026-09-09"]),
        ("from 2026-08-17 to 18.08.2026", vec!["2026-08-17", "2026-08-18"]),
        ("version 1.2.3", vec![]),
    ] {
        assert_eq!(dates(goal), expected, "{goal}");
    }
    for (goal, expected) in
        [("Enter 10:15 PM as the time", vec!["22:15"]), ("at 7pm or 08:30", vec!["19:00", "08:30"]), ("in 5 minutes", vec![])]
    {
        assert_eq!(times(goal), expected, "{goal}");
    }
}

#[test]
fn an_element_is_named_by_its_place() {
    for (goal, role, place, of, expected) in [
        ("Focus into the 3rd input textbox.", "textbox", 3, 3, true),
        ("Focus into the 3rd input textbox.", "textbox", 2, 3, false),
        ("check the second radio button", "radio", 2, 4, true),
        ("click the last link", "link", 5, 5, true),
        ("my 3rd try: click the link", "textbox", 3, 3, false),
    ] {
        assert_eq!(names_place(goal, role, place, of), expected, "{role} {place} of {of} in {goal:?}");
    }
    assert_eq!([1, 2, 3, 4, 11, 12, 21].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st"]);
}

#[tokio::test]
async fn fields_without_names_are_counted() {
    let form = || vec![textbox(1, "", ""), textbox(2, "", ""), option(3, "checkbox", ""), option(4, "checkbox", ""), button(5, "Go")];
    let counted = constraint("Write 8 into the 2nd textbox and check the first checkbox", form()).await;
    assert_eq!(first(&counted), [r#"check {"ref":["e3 1st checkbox"]}"#, r#"fill {"ref":["e2 2nd textbox"]}"#]);
}

#[tokio::test]
async fn when_all_checks_hold_it_can_only_say_that_it_is_done() {
    let tools = async |check: Option<&str>| -> BTreeSet<String> {
        let nodes = vec![button(1, "About"), button(2, "Close")];
        let constraint = constraint_of("Open the menu", nodes, check).await;
        constraint.calls.iter().map(|rule| rule.tool.clone()).collect()
    };
    assert!(tools(None).await.contains("click"));
    assert!(tools(Some("text has Nowhere")).await.contains("click"));
    assert_eq!(tools(Some("text has About")).await, BTreeSet::from(["done".to_owned()]));
}
