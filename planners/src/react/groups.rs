//! Fields that belong together: the radios of one question, the checkboxes of one list.
//!
//! The one decision: a group is what stands together on the screen, with nothing between its members that could be acted on.
//! No surface has to say more than what a person sees.

use handiwork_core::{Node, Verb};

/// Runs of neighbours that can be checked, of one role and one depth each, in reading order.
pub(super) fn groups(nodes: &[Node]) -> Vec<Vec<&Node>> {
    let mut groups: Vec<Vec<&Node>> = Vec::new();
    let mut open = false;
    for node in nodes {
        if !node.accepts(Verb::Check) {
            // A label between two boxes parts nothing, another control does.
            open &= node.verbs.is_empty();
            continue;
        }
        match groups.last_mut().filter(|group| open && group.iter().all(|other| other.role == node.role && other.depth == node.depth)) {
            Some(group) => group.push(node),
            None => groups.push(vec![node]),
        }
        open = true;
    }
    groups
}
