//! Looking for what the goal spells out in quotation marks.
//!
//! A small model clicks whatever stands where it expects its target. So when an element bears exactly the quoted name, that one
//! is offered; and while nothing on the screen does, what can be opened is: a tab, a section, a menu. It narrows what may be
//! clicked and nothing else, and where it finds nothing it leaves all as it is.

use handiwork_core::model::Constraint;
use handiwork_core::{Node, Ref, Screen, State, Verb};
use serde_json::Value;

use super::goal;

/// The same with fewer clicks, if the goal says where to click.
pub(super) fn narrow(mut whole: Constraint, goal: &str, screen: &Screen) -> Constraint {
    let quoted = goal::quoted(goal);
    if quoted.is_empty() {
        return whole;
    }
    let offered: Vec<&Node> = whole
        .calls
        .iter()
        .filter(|rule| rule.tool == "click")
        .filter_map(|rule| rule.allowed.get("ref"))
        .flatten()
        .filter_map(|value| screen.get(reference(value)?))
        .filter(|node| !node.accepts(Verb::Fill))
        .collect();
    let bears = |node: &&&Node| quoted.iter().any(|text| same(&node.name, text));
    let mut wanted: Vec<&Node> = offered.iter().filter(bears).copied().collect();
    if wanted.is_empty() && !screen.nodes.iter().any(|node| holds(node, goal, &quoted)) {
        wanted = offered.into_iter().filter(|node| opens(node)).collect();
    }
    if wanted.is_empty() {
        return whole;
    }
    let is_wanted = |value: &Value| reference(value).is_some_and(|r| wanted.iter().any(|node| node.r#ref == Some(r)));
    for rule in whole.calls.iter_mut().filter(|rule| rule.tool == "click") {
        if let Some(refs) = rule.allowed.get_mut("ref") {
            refs.retain(is_wanted);
        }
    }
    whole
}

fn reference(value: &Value) -> Option<Ref> {
    value.as_str()?.parse().ok()
}

fn same(name: &str, text: &str) -> bool {
    !text.trim().is_empty() && name.trim().to_lowercase() == text.trim().to_lowercase()
}

/// Whether a quoted text stands on this line. A line that repeats the goal itself does not count.
fn holds(node: &Node, goal: &str, quoted: &[&str]) -> bool {
    let has = |text: &str| quoted.iter().any(|quoted| text.contains(quoted.trim()));
    (has(&node.name) && !node.name.contains(goal)) || node.value.as_deref().is_some_and(has)
}

/// Whether a click on it shows more of the page.
fn opens(node: &Node) -> bool {
    let closed = node.states.contains(&State::Collapsed);
    closed || (node.role == "tab" && !node.states.contains(&State::Selected))
}
