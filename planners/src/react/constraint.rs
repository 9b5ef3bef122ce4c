//! What the next reply may hold, from what is on the screen now.
//!
//! For a model that is held to a grammar: only elements that are there, only what they accept, only options that exist, and no
//! call again that has just had no effect on this very screen. A ref is written with the element's name ("e12 Send"): a small
//! model chooses by words better than by numbers.

use handiwork_core::event::Started;
use handiwork_core::model::{CallRule, Constraint};
use handiwork_core::{Action, Node, Run, Screen, State, Verb};
use serde_json::{Value, json};

use super::spent::{self, Spent};
use super::{React, ask, finish, led, long, nameless, prompt};
use crate::plan::{Plan, spec};

/// Longest name that is written with a ref, in characters.
const LONGEST_NAME: usize = 40;

/// Calls after which nothing is known before the next look.
const ALONE: [&str; 3] = [finish::NAME, "scroll", "navigate"];

/// The constraint for `screen`.
pub(super) fn of(settings: &React, run: &Run, started: &Started, screen: &Screen, plan: bool) -> Constraint {
    if plan && Plan::is_due(run) {
        return Constraint { calls: vec![rule(spec::NAME, [])], most_calls: 1, ..Constraint::default() };
    }
    let spent = spent::calls(run, screen);
    let screen = &nameless::named(screen);
    let mut calls: Vec<CallRule> = prompt::actions(started).flat_map(|name| rules(name, started, screen, &spent)).collect();
    calls.extend(started.tools.iter().map(|tool| rule(&tool.name, [])));
    if !prompt::is_led(started) {
        calls.extend([rule(ask::NAME, []), rule(long::NAME, [])]);
    }
    let whole = Constraint { calls, alone: ALONE.map(str::to_owned).to_vec(), most_calls: settings.most_calls, ..Constraint::default() };
    if prompt::is_led(started) { led::lead(whole, run, started, screen) } else { and(whole, [rule(finish::NAME, [])]) }
}

/// The same with more calls.
pub(super) fn and(mut constraint: Constraint, calls: impl IntoIterator<Item = CallRule>) -> Constraint {
    constraint.calls.extend(calls);
    constraint
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

fn rules(name: &str, started: &Started, screen: &Screen, spent: &Spent) -> Vec<CallRule> {
    let offered = |verb: Verb| {
        let able = screen.nodes.iter().filter(move |node| node.accepts(verb));
        able.filter(|node| node.r#ref.is_some_and(|r| !spent.has(name, &r.to_string()))).collect::<Vec<&Node>>()
    };
    match name {
        "fill" | "select" => {
            let verb = if name == "fill" { Verb::Fill } else { Verb::Select };
            let (own, shared): (Vec<&Node>, Vec<&Node>) = offered(verb).into_iter().partition(|node| name == "select" || is_password(node));
            let mut rules: Vec<CallRule> =
                own.into_iter().filter_map(|node| led::field(started, node)).filter(|rule| rule.tool == name).collect();
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
            let keys: Vec<Value> = keys(started, screen).filter(|key| !spent.has(name, key)).map(|key| json!(key)).collect();
            if keys.is_empty() { Vec::new() } else { vec![rule(name, [("keys", keys), ("ref", Vec::new())])] }
        }
        _ => match Action::verb_of(name) {
            Some(verb) => on(name, &offered(verb)),
            None => vec![rule(name, [])],
        },
    }
}

/// Keys, and the words by which a goal asks for one.
const KEYS: [(&str, &[&str]); 6] = [
    ("Enter", &["press enter", "hit enter", "enter key", "return key"]),
    ("Escape", &["escape", "esc key"]),
    ("Tab", &["tab key", "press tab"]),
    ("ArrowDown", &["arrow key", "arrow down", "down arrow"]),
    ("ArrowUp", &["arrow key", "arrow up", "up arrow"]),
    ("Backspace", &["backspace"]),
];

/// The keys that may be of use: those that the goal names; Enter where text was put into a field and no button is there.
fn keys(started: &Started, screen: &Screen) -> impl Iterator<Item = &'static str> {
    let goal = started.goal.to_lowercase();
    let has_button = screen.nodes.iter().any(|node| node.role == "button" && node.accepts(Verb::Click));
    let writes = screen.nodes.iter().any(|node| node.accepts(Verb::Fill) && node.states.contains(&State::Focused));
    let is_wanted =
        move |key: &str, words: &[&str]| words.iter().any(|word| goal.contains(word)) || (key == "Enter" && writes && !has_button);
    KEYS.into_iter().filter(move |(key, words)| is_wanted(key, words)).map(|(key, _)| key)
}

/// One rule for a tool on all these elements.
fn on(name: &str, nodes: &[&Node]) -> Vec<CallRule> {
    let refs: Vec<Value> = nodes.iter().copied().filter_map(named).collect();
    if refs.is_empty() { Vec::new() } else { vec![rule(name, [("ref", refs)])] }
}

/// What may be put into a password field when the run has secrets: their placeholders, and nothing else.
pub(super) fn placeholders(started: &Started, node: &Node) -> Vec<Value> {
    if !is_password(node) {
        return Vec::new();
    }
    started.secrets.iter().map(|(name, _)| json!(format!("{{{{secret:{name}}}}}"))).collect()
}

fn is_password(node: &Node) -> bool {
    node.hint.split(|c: char| !c.is_alphabetic()).any(|word| word == "password")
}

/// A ref with the name of its element.
pub(super) fn named(node: &Node) -> Option<Value> {
    let r = node.r#ref?;
    let words: Vec<&str> = node.name.split_whitespace().collect();
    let name: String = words.join(" ").chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Some(if name.is_empty() { json!(r) } else { json!(format!("{r} {name}")) })
}

pub(super) fn rule<const N: usize>(tool: &str, allowed: [(&str, Vec<Value>); N]) -> CallRule {
    CallRule { tool: tool.to_owned(), allowed: allowed.into_iter().map(|(name, values)| (name.to_owned(), values)).collect() }
}
