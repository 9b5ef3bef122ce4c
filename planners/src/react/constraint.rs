//! What the next reply may hold, from what is on the screen now.
//!
//! For a model that is held to a grammar. Only elements that are there, only what they accept, only options that exist; and a
//! password field takes only secrets, when the run has any.

use std::collections::BTreeMap;

use handiwork_core::event::Started;
use handiwork_core::model::{CallRule, Constraint};
use handiwork_core::{Action, Node, Ref, Screen, Verb};
use serde_json::{Value, json};

use super::{React, finish};

/// The constraint for `screen`.
pub(super) fn of(settings: &React, started: &Started, screen: &Screen) -> Constraint {
    let offered = started.surface.iter().flat_map(|surface| &surface.actions);
    let mut calls: Vec<CallRule> = offered.flat_map(|name| rules(name, started, screen)).collect();
    calls.extend(started.tools.iter().map(|tool| rule(&tool.name, [])));
    calls.push(rule(finish::NAME, []));
    Constraint { calls, alone: vec![finish::NAME.to_owned()], most_calls: settings.most_calls, thought: 0 }
}

fn rules(name: &str, started: &Started, screen: &Screen) -> Vec<CallRule> {
    match name {
        "fill" => fills(started, screen),
        "select" => {
            let selects = screen.nodes.iter().filter(|node| node.accepts(Verb::Select));
            selects.filter_map(|node| Some(rule(name, [("ref", vec![json!(node.r#ref?)]), ("option", node.options.iter().map(|o| json!(o)).collect())]))).collect()
        }
        // Filling replaces typing, and a click replaces most keys: fewer ways for a small model to go wrong.
        "type" => Vec::new(),
        "navigate" => {
            // Addresses come from the goal; a small model's own are guesses.
            let known: Vec<Value> = started.goal.split_whitespace().filter(|word| word.starts_with("http")).map(|word| json!(word.trim_end_matches(['.', ',', ')']))).collect();
            if known.is_empty() { Vec::new() } else { vec![rule(name, [("url", known)])] }
        }
        "switch_tab" => {
            let others: Vec<Value> = screen.tabs.iter().filter(|tab| !tab.active).map(|tab| json!(tab.number)).collect();
            if others.is_empty() { Vec::new() } else { vec![rule(name, [("tab", others)])] }
        }
        "scroll" => {
            let mut rules = Vec::new();
            if screen.notes.iter().any(|note| note.contains("scroll")) {
                rules.push(rule(name, [("direction", vec![json!("down"), json!("up")]), ("ref", Vec::new())]));
            }
            let inner = refs(screen.accepting(Verb::Scroll));
            if !inner.is_empty() {
                rules.push(rule(name, [("direction", vec![json!("down"), json!("up")]), ("ref", inner)]));
            }
            rules
        }
        "press" => vec![rule(name, [("keys", ["Enter", "Escape", "Tab", "ArrowDown", "ArrowUp"].map(|key| json!(key)).to_vec()), ("ref", Vec::new())])],
        "wait" | "back" => Vec::new(),
        _ => match Action::verb_of(name) {
            Some(verb) => {
                let refs = refs(screen.accepting(verb));
                if refs.is_empty() { Vec::new() } else { vec![rule(name, [("ref", refs)])] }
            }
            None => vec![rule(name, [])],
        },
    }
}

fn fills(started: &Started, screen: &Screen) -> Vec<CallRule> {
    let (hidden, plain): (Vec<&Node>, Vec<&Node>) = screen.nodes.iter().filter(|node| node.accepts(Verb::Fill)).partition(|node| is_password(node));
    let refs_of = |nodes: &[&Node]| refs(nodes.iter().filter_map(|node| node.r#ref).collect());
    let mut rules = Vec::new();
    if !plain.is_empty() {
        rules.push(rule("fill", [("ref", refs_of(&plain))]));
    }
    if !hidden.is_empty() {
        let secrets: Vec<Value> = started.secrets.iter().map(|(name, _)| json!(format!("{{{{secret:{name}}}}}"))).collect();
        rules.push(if secrets.is_empty() { rule("fill", [("ref", refs_of(&hidden))]) } else { rule("fill", [("ref", refs_of(&hidden)), ("text", secrets)]) });
    }
    rules
}

fn is_password(node: &Node) -> bool {
    node.hint.split(|c: char| !c.is_alphabetic()).any(|word| word == "password")
}

fn refs(refs: Vec<Ref>) -> Vec<Value> {
    refs.into_iter().map(|r| json!(r)).collect()
}

/// An empty list of values forbids an optional argument.
fn rule<const N: usize>(tool: &str, allowed: [(&str, Vec<Value>); N]) -> CallRule {
    CallRule { tool: tool.to_owned(), allowed: allowed.into_iter().map(|(name, values)| (name.to_owned(), values)).collect::<BTreeMap<_, _>>() }
}
