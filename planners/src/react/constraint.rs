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

use super::{React, finish, prompt};

/// Most fields that have to be decided on in one turn; a page with more is filled as the model likes.
const MOST_FIELDS: usize = 14;
/// Longest name that is written with a ref, in characters.
const LONGEST_NAME: usize = 40;

/// The constraint for `screen`.
pub(super) fn of(settings: &React, run: &Run, started: &Started, screen: &Screen) -> Constraint {
    let offered = || prompt::actions(started);
    let futile = futile(run);
    let mut calls: Vec<CallRule> = offered().flat_map(|name| rules(name, started, screen, &futile)).collect();
    calls.extend(started.tools.iter().map(|tool| rule(&tool.name, [])));
    let alone = vec![finish::NAME.to_owned()];
    let whole = |first: Vec<CallRule>, calls: Vec<CallRule>| Constraint {
        first,
        calls,
        alone: alone.clone(),
        most_calls: settings.most_calls,
        ..Constraint::default()
    };
    let done = rule(finish::NAME, []);
    if !prompt::is_led(started) {
        calls.push(done);
        return whole(Vec::new(), calls);
    }
    let decided = decided(run);
    let open = screen.nodes.iter().filter(|node| node.r#ref.is_some_and(|r| !decided.contains(&r)));
    let mut first: Vec<CallRule> =
        open.filter_map(|node| field(started, node)).filter(|rule| offered().any(|name| name == rule.tool)).collect();
    if first.len() > MOST_FIELDS {
        first.clear();
    }
    // Closed questions first: a model that has begun to write in its own words chooses by them.
    first.sort_by_key(|rule| rule.tool == "fill");
    if !first.is_empty() || !finish::may_be_over(run, screen) {
        calls.push(done);
        return whole(first, calls);
    }
    // A small model does not think of stopping by itself. When it may be time, it has to say where it stands, and may then do
    // only what fits that.
    let stands = |reached: bool| vec![rule(finish::NOTE, [("goal_reached", vec![json!(reached)])])];
    let done = |ok: bool| rule(finish::NAME, [("ok", vec![json!(ok)])]);
    calls.push(done(false));
    Constraint { or: Some(Box::new(whole(stands(true), vec![done(true)]))), ..whole(stands(false), calls) }
}

/// The call that decides on a field, if it is one.
fn field(started: &Started, node: &Node) -> Option<CallRule> {
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

/// Words of the goal that look like the path of a file.
fn files(goal: &str) -> Vec<Value> {
    let looks = |word: &&str| {
        word.rsplit_once('.')
            .is_some_and(|(name, end)| !name.is_empty() && (1..=5).contains(&end.len()) && end.chars().any(char::is_alphabetic))
    };
    goal.split_whitespace()
        .map(|word| word.trim_matches(['"', '\'', ',', ';', ':', '.', '(', ')']))
        .filter(looks)
        .map(|word| json!(word))
        .collect()
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
    let mut ours = false;
    for event in run.events() {
        match event {
            Event::Observed { screen, .. } => {
                // A change that no action of the turn explains came from outside: what was futile may not be so now.
                if !ours && seen.is_some_and(|seen| seen.nodes != screen.nodes || seen.url != screen.url) {
                    futile.clear();
                }
                seen = Some(screen);
                ours = false;
            }
            Event::Replied { reply, .. } => {
                made = reply
                    .calls
                    .iter()
                    .filter_map(|call| Some((call.id.as_str(), (call.name.clone(), call.args.get("ref")?.as_str()?.parse().ok()?))))
                    .collect();
            }
            Event::Receipt { receipt, .. } if receipt.is_verified() => {
                futile.clear();
                ours = true;
            }
            Event::Receipt { call_id, .. } => futile.extend(made.get(call_id.as_str()).cloned()),
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
            let mut rules: Vec<CallRule> =
                own.into_iter().filter_map(|node| field(started, node)).filter(|rule| rule.tool == name).collect();
            rules.extend(on(name, &shared));
            rules
        }
        "navigate" => {
            // Addresses come from the goal; a small model's own are guesses.
            let words = started.goal.split_whitespace().filter(|word| word.starts_with("http"));
            let known: Vec<Value> = words.map(|word| json!(word.trim_end_matches(['.', ',', ')']))).collect();
            if known.is_empty() { Vec::new() } else { vec![rule(name, [("url", known)])] }
        }
        "upload" => {
            let (refs, known) = (offered(Verb::Upload).into_iter().filter_map(named).collect::<Vec<_>>(), files(&started.goal));
            if refs.is_empty() || known.is_empty() { Vec::new() } else { vec![rule(name, [("ref", refs), ("path", known)])] }
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
