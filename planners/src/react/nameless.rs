//! Elements without a name, told apart by their place.
//!
//! Refs alone mean little to a small model, so each is written with a name; an element that has none is "3rd textbox".

use std::collections::BTreeMap;

use handiwork_core::{Node, Screen};

use super::goal;

/// The same screen with a name for each element that can be used and has none, where there are several of its kind.
pub(super) fn named(screen: &Screen) -> Screen {
    let mut screen = screen.clone();
    let mut all: BTreeMap<String, usize> = BTreeMap::new();
    for node in screen.nodes.iter().filter(|node| is_nameless(node)) {
        *all.entry(node.role.clone()).or_default() += 1;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for node in screen.nodes.iter_mut().filter(|node| is_nameless(node)) {
        let place = seen.entry(node.role.clone()).or_default();
        *place += 1;
        if all.get(&node.role).is_some_and(|all| *all > 1) {
            node.name = format!("{} {}", goal::ordinal(*place), node.role);
        }
    }
    screen
}

fn is_nameless(node: &Node) -> bool {
    node.r#ref.is_some() && !node.verbs.is_empty() && node.name.trim().is_empty()
}

/// Whether the goal speaks of this element by its place among those of its role.
pub(super) fn is_spoken_of(goal: &str, screen: &Screen, node: &Node) -> bool {
    let kin: Vec<&Node> = screen.nodes.iter().filter(|other| other.role == node.role && other.r#ref.is_some()).collect();
    let place = kin.iter().position(|other| other.r#ref == node.r#ref);
    place.is_some_and(|place| goal::names_place(goal, &node.role, place + 1, kin.len()))
}
