//! Calls that are not worth making again.
//!
//! What had no effect since the screen last changed has none now; what was clicked on this very screen before led away from it
//! and back, so it would again; and what this run has opened it need not close. A small model tries all three for ever.

use std::collections::{BTreeMap, BTreeSet};

use handiwork_core::{Event, Node, Ref, Run, Screen, State};
use serde_json::Value;

/// Calls that are not offered, by tool and by what they are aimed at: an element or a key.
#[derive(Debug, Default)]
pub(super) struct Spent(BTreeSet<(String, String)>);

impl Spent {
    /// Whether this call is one of them.
    pub(super) fn has(&self, tool: &str, aim: &str) -> bool {
        self.0.contains(&(tool.to_owned(), aim.to_owned()))
    }
}

/// Those of `run` on `screen`, its newest.
pub(super) fn calls(run: &Run, screen: &Screen) -> Spent {
    let mut futile = BTreeSet::new();
    let mut circled = BTreeSet::new();
    let mut made: BTreeMap<&str, (String, String)> = BTreeMap::new();
    let mut seen: Option<&Screen> = None;
    let mut ours = false;
    for event in run.events() {
        match event {
            Event::Observed { screen: now, .. } => {
                // A change that no action of the turn explains came from outside: what was futile may not be so now.
                if !ours && seen.is_some_and(|seen| !alike(seen, now)) {
                    futile.clear();
                }
                seen = Some(now);
                ours = false;
            }
            Event::Replied { reply, .. } => {
                made = reply.calls.iter().filter_map(|call| Some((call.id.as_str(), (call.name.clone(), aim(&call.args)?)))).collect();
            }
            Event::Receipt { call_id, receipt, .. } => {
                let call = made.get(call_id.as_str()).cloned();
                if receipt.is_verified() {
                    futile.clear();
                    ours = true;
                    let clicked = call.filter(|(tool, aim)| tool == "click" && !can_repeat(screen, aim));
                    circled.extend(clicked.filter(|_| seen.is_some_and(|seen| alike(seen, screen))));
                } else {
                    futile.extend(call);
                }
            }
            _ => {}
        }
    }
    let opened = screen.nodes.iter().filter(|node| node.states.contains(&State::Expanded)).filter_map(|node| node.r#ref);
    let opened = opened.map(|r| ("click".to_owned(), r.to_string())).filter(|call| was_made(run, call));
    futile.extend(opened.collect::<Vec<_>>());
    futile.extend(circled);
    Spent(futile)
}

/// Fields may be clicked as often as anybody likes.
fn can_repeat(screen: &Screen, aim: &str) -> bool {
    let node = aim.parse::<Ref>().ok().and_then(|r| screen.get(r));
    node.is_some_and(|node| node.accepts(handiwork_core::Verb::Fill))
}

fn was_made(run: &Run, wanted: &(String, String)) -> bool {
    let replies = run.events().filter_map(|event| if let Event::Replied { reply, .. } = event { Some(reply) } else { None });
    replies.flat_map(|reply| &reply.calls).any(|call| call.name == wanted.0 && aim(&call.args).as_ref() == Some(&wanted.1))
}

/// Whether two screens read the same, whatever has the focus.
fn alike(one: &Screen, two: &Screen) -> bool {
    let differs = |a: &Node, b: &Node| {
        let states = |node: &Node| node.states.iter().filter(|state| **state != State::Focused).copied().collect::<Vec<_>>();
        a.r#ref != b.r#ref || a.name != b.name || a.value != b.value || states(a) != states(b)
    };
    one.url == two.url && one.nodes.len() == two.nodes.len() && !one.nodes.iter().zip(&two.nodes).any(|(a, b)| differs(a, b))
}

/// What a call is aimed at.
fn aim(args: &Value) -> Option<String> {
    if let Some(r) = args.get("ref").and_then(Value::as_str) {
        return Some(r.parse::<Ref>().ok()?.to_string());
    }
    Some(args.get("keys")?.as_str()?.to_owned())
}
