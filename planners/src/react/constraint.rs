//! What the next reply may hold, from what is on the screen now.
//!
//! For a model that is held to a grammar: only elements that are there, only what they accept, only options that exist, and no
//! call again that has just had no effect on this very screen. A small model forgets fields and submits too early; so each
//! field that it has not decided on yet comes first, in reading order, and it has to say what shall stand in it. A ref is
//! written with the element's name ("e12 Send"): a small model chooses by words better than by numbers.

use std::collections::{BTreeMap, BTreeSet};

use handiwork_core::event::Started;
use handiwork_core::model::{CallRule, Constraint};
use handiwork_core::{Action, Event, Node, Ref, Run, Screen, Verb};
use serde_json::{Value, json};

use super::{React, finish};

/// Most fields that have to be decided on in one turn; a page with more is filled as the model likes.
const MOST_FIELDS: usize = 14;
/// Longest name that is written with a ref, in characters.
const LONGEST_NAME: usize = 40;

/// The constraint for `screen`.
pub(super) fn of(settings: &React, run: &Run, started: &Started, screen: &Screen) -> Constraint {
    let offered = || started.surface.iter().flat_map(|surface| &surface.actions);
    let futile = futile(run);
    let mut calls: Vec<CallRule> = offered().flat_map(|name| rules(name, started, screen, &futile)).collect();
    calls.extend(started.tools.iter().map(|tool| rule(&tool.name, [])));
    calls.push(rule(finish::NAME, []));
    let mut first = Vec::new();
    if started.model.small {
        let decided = decided(run);
        first.extend(screen.nodes.iter().filter(|node| node.r#ref.is_some_and(|r| !decided.contains(&r))).filter_map(|node| field(started, node)));
        first.truncate(if first.len() > MOST_FIELDS { 0 } else { MOST_FIELDS });
        first.retain(|rule| offered().any(|name| *name == rule.tool));
    }
    // Where there is a form to fill, it says what to do; elsewhere a thought comes first, or a small model never finds an end.
    let thought = if first.is_empty() { settings.thought } else { 0 };
    Constraint { first, calls, alone: vec![finish::NAME.to_owned()], most_calls: settings.most_calls, thought }
}

/// The call that decides on a field, if it is one.
fn field(started: &Started, node: &Node) -> Option<CallRule> {
    let r = vec![named(node)?];
    if node.accepts(Verb::Select) {
        return Some(rule("select", [("ref", r), ("option", node.options.iter().map(|option| json!(option)).collect())]));
    }
    if node.accepts(Verb::Fill) && !node.states.contains(&handiwork_core::State::Readonly) {
        let secrets = placeholders(started, node);
        return Some(if secrets.is_empty() { rule("fill", [("ref", r)]) } else { rule("fill", [("ref", r), ("text", secrets)]) });
    }
    // One radio of a group says nothing by itself.
    (node.accepts(Verb::Check) && node.role != "radio").then(|| rule("check", [("ref", r)]))
}

/// Elements that the model has made calls on.
fn decided(run: &Run) -> BTreeSet<Ref> {
    let replies = run.events().filter_map(|event| if let Event::Replied { reply, .. } = event { Some(reply) } else { None });
    replies.flat_map(|reply| &reply.calls).filter_map(|call| call.args.get("ref")?.as_str()?.parse().ok()).collect()
}

/// Calls on elements that have had no effect since the screen last changed.
fn futile(run: &Run) -> BTreeSet<(String, Ref)> {
    let mut futile = BTreeSet::new();
    let mut made: BTreeMap<&str, (String, Ref)> = BTreeMap::new();
    let mut seen: Option<&Screen> = None;
    for event in run.events() {
        match event {
            Event::Observed { screen, .. } => {
                if seen.is_some_and(|seen| seen.nodes != screen.nodes || seen.url != screen.url) {
                    futile.clear();
                }
                seen = Some(screen);
            }
            Event::Replied { reply, .. } => {
                made = reply.calls.iter().filter_map(|call| Some((call.id.as_str(), (call.name.clone(), call.args.get("ref")?.as_str()?.parse().ok()?)))).collect();
            }
            Event::Receipt { call_id, receipt, .. } if !receipt.is_verified() => futile.extend(made.get(call_id.as_str()).cloned()),
            _ => {}
        }
    }
    futile
}

fn rules(name: &str, started: &Started, screen: &Screen, futile: &BTreeSet<(String, Ref)>) -> Vec<CallRule> {
    let offered = |verb: Verb| {
        let able = screen.nodes.iter().filter(move |node| node.accepts(verb));
        able.filter(|node| node.r#ref.is_some_and(|r| !futile.contains(&(name.to_owned(), r)))).collect::<Vec<&Node>>()
    };
    match name {
        "fill" | "select" => {
            let verb = if name == "fill" { Verb::Fill } else { Verb::Select };
            let (own, shared): (Vec<&Node>, Vec<&Node>) = offered(verb).into_iter().partition(|node| name == "select" || is_password(node));
            let mut rules: Vec<CallRule> = own.into_iter().filter_map(|node| field(started, node)).filter(|rule| rule.tool == name).collect();
            rules.extend(on(name, &shared));
            rules
        }
        // Filling replaces typing and waiting is the surface's work: fewer ways for a small model to go wrong.
        "type" | "wait" | "back" => Vec::new(),
        "navigate" => {
            // Addresses come from the goal; a small model's own are guesses.
            let words = started.goal.split_whitespace().filter(|word| word.starts_with("http"));
            let known: Vec<Value> = words.map(|word| json!(word.trim_end_matches(['.', ',', ')']))).collect();
            if known.is_empty() { Vec::new() } else { vec![rule(name, [("url", known)])] }
        }
        "switch_tab" => {
            let others: Vec<Value> = screen.tabs.iter().filter(|tab| !tab.active).map(|tab| json!(tab.number)).collect();
            if others.is_empty() { Vec::new() } else { vec![rule(name, [("tab", others)])] }
        }
        "scroll" => {
            let ways = || ("direction", vec![json!("down"), json!("up")]);
            let inner: Vec<Value> = offered(Verb::Scroll).into_iter().filter_map(named).collect();
            let page = screen.notes.iter().any(|note| note.contains("scroll")).then(|| rule(name, [ways(), ("ref", Vec::new())]));
            page.into_iter().chain((!inner.is_empty()).then(|| rule(name, [ways(), ("ref", inner)]))).collect()
        }
        "press" => {
            let keys = ["Enter", "Escape", "ArrowDown", "ArrowUp"].map(|key| json!(key)).to_vec();
            vec![rule(name, [("keys", keys), ("ref", Vec::new())])]
        }
        _ => match Action::verb_of(name) {
            Some(verb) => on(name, &offered(verb)),
            None => vec![rule(name, [])],
        },
    }
}

/// One rule for a tool on all these elements.
fn on(name: &str, nodes: &[&Node]) -> Vec<CallRule> {
    let refs: Vec<Value> = nodes.iter().copied().filter_map(named).collect();
    if refs.is_empty() { Vec::new() } else { vec![rule(name, [("ref", refs)])] }
}

/// What may be put into a password field when the run has secrets: their placeholders, and nothing else.
fn placeholders(started: &Started, node: &Node) -> Vec<Value> {
    if !is_password(node) {
        return Vec::new();
    }
    started.secrets.iter().map(|(name, _)| json!(format!("{{{{secret:{name}}}}}"))).collect()
}

fn is_password(node: &Node) -> bool {
    node.hint.split(|c: char| !c.is_alphabetic()).any(|word| word == "password")
}

/// A ref with the name of its element.
fn named(node: &Node) -> Option<Value> {
    let r = node.r#ref?;
    let words: Vec<&str> = node.name.split_whitespace().collect();
    let name: String = words.join(" ").chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Some(if name.is_empty() { json!(r) } else { json!(format!("{r} {name}")) })
}

fn rule<const N: usize>(tool: &str, allowed: [(&str, Vec<Value>); N]) -> CallRule {
    CallRule { tool: tool.to_owned(), allowed: allowed.into_iter().map(|(name, values)| (name.to_owned(), values)).collect() }
}
