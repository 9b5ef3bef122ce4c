//! Finding an element that was recorded, on a desktop: by role and name, and by what it looked like.
//!
//! The one decision: marks are those of the browser, so scripts are recorded, replayed and healed by the same code
//! ([`handiwork_core::marks::likeness`]). What a page has as tag and id, an element of a program has not; what stands around it, it has.

use std::time::Duration;

use handiwork_core::marks::{Candidate, Found, Marks, Wanted, likeness};
use handiwork_core::{Context, Node, Ref, Screen, State, SurfaceError};
use tokio::time::Instant;

use super::Desktop;
use super::eyes::Eyes;
use super::refs::Known;

impl Desktop {
    pub(super) async fn seek_element(&self, cx: &Context, wanted: &Wanted) -> Result<Vec<Found>, SurfaceError> {
        let end = self.end(cx);
        let mut eyes = self.turn(end).await?;
        let limit = end.min(Instant::now() + Duration::from_millis(wanted.timeout_ms));
        loop {
            let look = eyes.look(end).await?;
            let screen = Self::show(cx, look.screen);
            let found = likeness::verdict(wanted, &candidates(&screen, wanted));
            let sure = found.iter().any(|one| one.sure.is_some());
            if sure || Instant::now() >= limit {
                self.remember(&screen);
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
    }
}

/// All elements with a ref, and by which of the recorded ways each is found alone.
fn candidates(screen: &Screen, wanted: &Wanted) -> Vec<Candidate> {
    let nodes: Vec<(usize, &Node)> = screen.nodes.iter().enumerate().filter(|(_, node)| node.r#ref.is_some()).collect();
    let marks: Vec<Marks> = nodes.iter().map(|(at, _)| of_node(screen, *at)).collect();
    let ways: Vec<Option<usize>> = wanted
        .selectors
        .iter()
        .map(|way| {
            let mut hits = nodes.iter().zip(&marks).enumerate().filter(|(_, ((_, node), marks))| {
                way.last().is_some_and(|selector| fits(selector, node))
                    && (wanted.row.is_empty() || likeness::in_row(&marks.row, &wanted.row))
            });
            hits.next().filter(|_| hits.next().is_none()).map(|(at, _)| at)
        })
        .collect();
    nodes
        .iter()
        .zip(marks)
        .enumerate()
        .map(|(at, ((_, node), marks))| Candidate {
            r#ref: node.r#ref,
            marks,
            by: ways.iter().position(|way| *way == Some(at)).map(|way| way as u32),
        })
        .collect()
}

/// Whether an element is what a recorded way means: `aria/NAME[role="ROLE"]`, `aria/NAME`, or `text/NAME`.
fn fits(selector: &str, node: &Node) -> bool {
    if let Some(text) = selector.strip_prefix("text/") {
        return node.name == text;
    }
    let Some(rest) = selector.strip_prefix("aria/") else { return false };
    match rest.rsplit_once("[role=\"") {
        Some((name, role)) => node.name == name && node.role == role.trim_end_matches("\"]"),
        None => node.name == rest,
    }
}

/// What an element looks like.
pub(super) fn marks_of(eyes: &Eyes, known: &Known, r: Ref) -> Marks {
    let screen = &eyes.last.screen;
    match screen.nodes.iter().position(|node| node.r#ref == Some(r)) {
        Some(at) => of_node(screen, at),
        None => Marks { role: known.role.clone(), name: known.name.clone(), ..Marks::default() },
    }
}

fn of_node(screen: &Screen, at: usize) -> Marks {
    let Some(node) = screen.nodes.get(at) else { return Marks::default() };
    let text = |node: &Node| Some(node.name.clone()).filter(|name| !name.is_empty());
    let same: Vec<usize> =
        screen.nodes.iter().enumerate().filter(|(_, other)| other.role == node.role && other.r#ref.is_some()).map(|(at, _)| at).collect();
    let order = (same.iter().position(|other| *other == at).unwrap_or_default() as u32, same.len() as u32);
    let before = screen.nodes.iter().take(at).rev().find_map(text);
    let after = screen.nodes.iter().skip(at + 1).find_map(text);
    // The window or dialog that it is in.
    let around = screen.nodes.iter().take(at).rev().filter(|other| matches!(other.role.as_str(), "window" | "dialog")).find_map(text);
    let near: Vec<String> = [before, after, around].into_iter().flatten().collect();
    let rivals = screen.nodes.iter().enumerate().filter(|(other, one)| {
        *other != at && one.role == "button" && node.role == "button" && one.depth == node.depth && (one.rect.y - node.rect.y).abs() < 12.0
    });
    let rivals: Vec<String> = rivals.filter_map(|(_, one)| text(one)).take(12).collect();
    let row: Vec<String> = screen
        .nodes
        .iter()
        .filter(|other| {
            node.rect.h > 0.0 && (other.rect.y + other.rect.h / 2.0 - node.rect.y - node.rect.h / 2.0).abs() < node.rect.h / 2.0
        })
        .filter_map(text)
        .collect();
    let row = if matches!(node.role.as_str(), "cell" | "option" | "treeitem") { row.join(" ") } else { String::new() };
    let mut selectors = Vec::new();
    if !node.name.is_empty() {
        selectors.push(format!("aria/{}[role=\"{}\"]", node.name, node.role));
        selectors.push(format!("text/{}", node.name));
    }
    Marks {
        role: node.role.clone(),
        name: node.name.clone(),
        closed: node.states.contains(&State::Collapsed),
        rivals,
        near,
        row,
        order,
        place: (node.rect.x, node.rect.y),
        selectors,
        options: node.options.iter().map(|option| (option.clone(), option.clone())).collect(),
        ..Marks::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(r: u32, role: &str, name: &str) -> Node {
        Node { r#ref: Some(Ref(r)), role: role.to_owned(), name: name.to_owned(), ..Node::default() }
    }

    #[test]
    fn an_element_is_found_by_the_ways_that_its_marks_tell() {
        let screen =
            Screen { nodes: vec![node(1, "window", "Notes"), node(2, "button", "Save"), node(3, "menuitem", "Save")], ..Screen::default() };
        let marks = of_node(&screen, 1);
        let wanted = Wanted {
            selectors: marks.selectors.iter().map(|one| vec![one.clone()]).collect(),
            marks: Some(marks),
            timeout_ms: 0,
            ..Wanted::default()
        };
        let found = likeness::verdict(&wanted, &candidates(&screen, &wanted));
        assert_eq!(found.first().map(|one| (one.r#ref, one.sure.is_some())), Some((Ref(2), true)), "{found:?}");
        let renamed = Screen {
            nodes: vec![node(1, "window", "Notes"), node(2, "button", "Delete"), node(3, "menuitem", "Close")],
            ..Screen::default()
        };
        let found = likeness::verdict(&wanted, &candidates(&renamed, &wanted));
        assert!(found.iter().all(|one| one.sure.is_none()), "{found:?}");
    }
}
