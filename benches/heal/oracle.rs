//! One who knows what to do: acts on elements by their role and name, as a person would who reads the screen.
//!
//! It is a planner like any other, so what it does is a run with receipts, of which a script can be made.

#![allow(unreachable_pub, reason = "a module of a test and of a program")]

use handiwork::core::{Event, Next, Node, Outcome, Planner, Run, Screen, ToolCall};
use serde_json::{Value, json};

/// How often a page is scrolled to find something.
const MOST_SCROLLS: usize = 20;

/// What is done to which element.
#[derive(Debug, Clone)]
pub struct Deed {
    pub action: &'static str,
    /// Its role; empty for any that takes the action.
    pub role: String,
    pub name: String,
    /// Text of the row that it stands in, if there are several of its name.
    pub row: Option<String>,
    /// What else the action takes.
    pub args: Value,
}

/// The planner.
#[derive(Debug, Clone)]
pub struct Oracle {
    pub start: String,
    pub deeds: Vec<Deed>,
}

impl Planner for Oracle {
    fn name(&self) -> &'static str {
        "oracle"
    }

    fn version(&self) -> u32 {
        1
    }

    fn next(&self, run: &Run) -> Next {
        let receipts: Vec<(&str, bool)> = run
            .events()
            .filter_map(|event| match event {
                Event::Receipt { call_id, receipt, .. } if !call_id.starts_with("scroll") => {
                    Some((call_id.as_str(), receipt.is_verified()))
                }
                _ => None,
            })
            .collect();
        if let Some((id, _)) = receipts.iter().find(|(_, done)| !done) {
            let receipt = run
                .events()
                .rev()
                .find_map(|event| if let Event::Receipt { receipt, .. } = event { Some(receipt.to_string()) } else { None });
            return Next::End(Outcome::Failed { reason: format!("{id}: {}", receipt.unwrap_or_default()) });
        }
        let call = |id: usize, name: &str, args: Value| {
            Next::Act(vec![ToolCall { id: format!("o{id}"), name: name.to_owned(), args, problem: None, raw: None }])
        };
        if receipts.is_empty() {
            return call(0, "navigate", json!({ "url": self.start }));
        }
        let Some(deed) = self.deeds.get(receipts.len() - 1) else {
            return Next::End(Outcome::Done { text: "done".to_owned(), value: None });
        };
        let Some(r) = run.screen().and_then(|screen| found(screen, deed)) else {
            // It may be out of view.
            let scrolls =
                run.events().filter(|event| matches!(event, Event::Receipt { call_id, .. } if call_id.starts_with("scroll"))).count();
            if scrolls < MOST_SCROLLS && run.screen().is_some_and(|screen| screen.notes.iter().any(|note| note.contains("below"))) {
                let args = json!({ "direction": "down" });
                return Next::Act(vec![ToolCall {
                    id: format!("scroll{scrolls}"),
                    name: "scroll".to_owned(),
                    args,
                    problem: None,
                    raw: None,
                }]);
            }
            let screen = run.screen().map(Screen::render).unwrap_or_default();
            return Next::End(Outcome::Failed {
                reason: format!("there is no {} {:?} ({:?}) on:\n{screen}", deed.role, deed.name, deed.row),
            });
        };
        let mut args = deed.args.clone();
        if let Some(map) = args.as_object_mut() {
            map.insert("ref".to_owned(), json!(r));
        }
        call(receipts.len(), deed.action, args)
    }
}

/// The element of a deed on a screen: by its name, and where there are several by the nearest line that says its row.
fn found(screen: &Screen, deed: &Deed) -> Option<handiwork::core::Ref> {
    let verb = handiwork::core::Action::verb_of(deed.action);
    let is_kind = |node: &Node| if deed.role.is_empty() { verb.is_none_or(|verb| node.accepts(verb)) } else { node.role == deed.role };
    let fits = |node: &&Node| is_kind(node) && node.name.trim_end_matches([' ', '*', ':']) == deed.name && node.r#ref.is_some();
    let all: Vec<(usize, &Node)> = screen.nodes.iter().enumerate().filter(|(_, node)| fits(node)).collect();
    match &deed.row {
        None => all.first().and_then(|(_, node)| node.r#ref),
        Some(row) => {
            let at = screen.nodes.iter().position(|node| node.name.contains(row.as_str()))?;
            all.iter().find(|(place, _)| *place >= at).and_then(|(_, node)| node.r#ref)
        }
    }
}
