//! Leading a small model: what it has to decide on, and when.
//!
//! A small model fills forms well when it is asked field by field, and badly when it has to think of them; it submits too early,
//! clicks away what it has just filled in, and never thinks of stopping. So each field that it has not decided on yet comes
//! first in its reply; after filling, only what may send the form can follow; and when something was sent and the page asks for
//! nothing new, it has to say where it stands. All of this is made from the screen and the events, and knows no page.

use std::collections::BTreeSet;

use handiwork_core::event::Started;
use handiwork_core::model::{CallRule, Constraint};
use handiwork_core::{Event, Node, Ref, Run, Screen, State, Verb};
use serde_json::{Value, json};

use super::constraint::{and, named, placeholders, rule};
use super::{finish, prompt};

/// Most fields that have to be decided on in one turn; a page with more is filled as the model likes.
const MOST_FIELDS: usize = 14;

/// The constraint for a small model; `whole` holds the calls that make sense on `screen`.
pub(super) fn lead(whole: Constraint, run: &Run, started: &Started, screen: &Screen) -> Constraint {
    let decided = decided(run);
    let is_open = |node: &&Node| node.r#ref.is_some_and(|r| !decided.contains(&r));
    let is_offered = |rule: &CallRule| prompt::actions(started).any(|name| name == rule.tool);
    let mut fields: Vec<(&Node, CallRule)> =
        screen.nodes.iter().filter(is_open).filter_map(|node| Some((node, field(started, node).filter(is_offered)?))).collect();
    if !fields.is_empty() && fields.len() <= MOST_FIELDS {
        // Closed questions first: a model that has begun to write in its own words chooses by them.
        fields.sort_by_key(|(_, rule)| rule.tool == "fill");
        return form(whole, screen, &fields);
    }
    let done = |ok: bool| rule(finish::NAME, [("ok", vec![json!(ok)])]);
    if !finish::may_be_over(run, screen) {
        return and(whole, [rule(finish::NAME, [])]);
    }
    let stands = |reached: bool| vec![rule(finish::NOTE, [("goal_reached", vec![json!(reached)])])];
    let over = Constraint { first: stands(true), calls: vec![done(true)], ..whole.clone() };
    Constraint { first: stands(false), or: Some(Box::new(over)), ..and(whole, [done(false)]) }
}

/// A page with fields to decide on: it is filled and then sent, or left as it is and then anything.
fn form(whole: Constraint, screen: &Screen, fields: &[(&Node, CallRule)]) -> Constraint {
    let first: Vec<CallRule> = fields.iter().map(|(_, rule)| rule.clone()).collect();
    let filled = Constraint { first, calls: sending(&whole.calls, screen), ..whole.clone() };
    let is_meant = fields
        .iter()
        .any(|(node, rule)| node.accepts(Verb::Select) && rule.allowed.get("option").is_some_and(|o| o.len() < node.options.len()));
    if is_meant {
        // The goal names one of its options: this form is the one that it is about.
        return filled;
    }
    let first = fields.iter().map(|(node, rule)| as_it_is(node, rule)).collect();
    let left = Constraint { first, ..and(whole, [rule(finish::NAME, [])]) };
    Constraint { or: Some(Box::new(left)), ..filled }
}

/// Of these calls, those that may come right after filling: a link or `done` would throw away what was filled in.
fn sending(calls: &[CallRule], screen: &Screen) -> Vec<CallRule> {
    let is_link = |value: &Value| {
        let r = value.as_str().and_then(|text| text.parse::<Ref>().ok());
        r.and_then(|r| screen.get(r)).is_some_and(|node| node.role == "link")
    };
    let stay: Vec<CallRule> = calls
        .iter()
        .filter(|rule| !matches!(rule.tool.as_str(), "navigate" | "switch_tab"))
        .filter_map(|rule| {
            let mut rule = rule.clone();
            if rule.tool == "click" {
                let refs = rule.allowed.get_mut("ref")?;
                refs.retain(|value| !is_link(value));
                return (!refs.is_empty()).then_some(rule);
            }
            Some(rule)
        })
        .collect();
    // A page may send by a link all the same; one without any button is given the benefit of the doubt.
    if stay.iter().any(|rule| rule.tool == "click") { stay } else { calls.to_vec() }
}

/// The call that leaves a field as it is.
fn as_it_is(node: &Node, rule: &CallRule) -> CallRule {
    let (key, value) = match rule.tool.as_str() {
        "check" => ("checked", json!(node.states.contains(&State::Checked))),
        "select" => ("option", json!(node.value.clone().unwrap_or_default())),
        _ => ("text", json!(node.value.clone().unwrap_or_default())),
    };
    let mut rule = rule.clone();
    rule.allowed.insert(key.to_owned(), vec![value]);
    rule
}

/// The call that decides on a field, if it is one.
pub(super) fn field(started: &Started, node: &Node) -> Option<CallRule> {
    let r = vec![named(node)?];
    if node.accepts(Verb::Select) {
        return Some(rule("select", [("ref", r), ("option", options(&started.goal, node))]));
    }
    if node.accepts(Verb::Fill) && !node.states.contains(&handiwork_core::State::Readonly) {
        let secrets = placeholders(started, node);
        return Some(if secrets.is_empty() { rule("fill", [("ref", r)]) } else { rule("fill", [("ref", r), ("text", secrets)]) });
    }
    // One radio of a group says nothing by itself.
    (node.accepts(Verb::Check) && node.role != "radio").then(|| rule("check", [("ref", r)]))
}

/// The options that may be chosen: those that the goal names word for word, if it names any.
fn options(goal: &str, node: &Node) -> Vec<Value> {
    let words = |text: &str| {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let goal = words(goal);
    let is_named = |option: &&String| {
        let option = words(option);
        // Numbers and initials stand in a goal for many things.
        option.iter().any(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= 3)
            && goal.windows(option.len()).any(|window| window == option)
    };
    let named: Vec<Value> = node.options.iter().filter(is_named).map(|option| json!(option)).collect();
    if named.is_empty() { node.options.iter().map(|option| json!(option)).collect() } else { named }
}

/// Elements that the model has made calls on.
fn decided(run: &Run) -> BTreeSet<Ref> {
    let replies = run.events().filter_map(|event| if let Event::Replied { reply, .. } = event { Some(reply) } else { None });
    replies.flat_map(|reply| &reply.calls).filter_map(|call| call.args.get("ref")?.as_str()?.parse().ok()).collect()
}
