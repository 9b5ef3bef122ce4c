//! What has come of a part of a script so far, and the calls by which it is done: folds over events, and values.

use std::collections::BTreeSet;

use handiwork_core::marks::{Found, Wanted};
use handiwork_core::{Change, EffectClass, Event, Next, Receipt, Ref, Run, ToolCall};
use serde_json::{Value, json};

use super::parts::Deed;

/// What has come of a part so far.
#[derive(Debug, Default)]
pub(super) struct Seen<'a> {
    pub(super) receipts: Vec<&'a Receipt>,
    /// When its element was looked for last, and what was found.
    pub(super) located: Option<(u64, &'a [Found])>,
    /// What was opened to find it.
    pub(super) opened: BTreeSet<Ref>,
    pub(super) result: Option<&'a Result<Value, String>>,
    /// Waits for it, and changes of tab.
    pub(super) others: usize,
    /// How grave it was.
    pub(super) effect: Option<EffectClass>,
}

/// The call of a part.
pub(super) fn id(at: usize) -> String {
    format!("p{at}")
}

pub(super) fn call(id: String, name: &str, args: Value) -> ToolCall {
    ToolCall { id, name: name.to_owned(), args, problem: None, raw: None }
}

/// What has come of a part.
pub(super) fn seen(run: &Run, at: usize) -> Seen<'_> {
    let (id, mut seen) = (id(at), Seen::default());
    let beside = format!("{id}-");
    // Whether it has filled a field that was not sent yet.
    let mut unsent = false;
    for entry in run.entries() {
        match &entry.event {
            Event::Receipt { call_id, receipt, .. } => {
                if let Receipt::Verified { changes } = receipt {
                    if *call_id != id && !call_id.contains('-') {
                        // Something else was filled in: what did not open before may open now.
                        seen.opened.clear();
                    }
                    unsent &= !changes.iter().any(Change::leaves_page);
                }
                // Whatever was done, the page may be another one.
                seen.located = None;
                if *call_id == id {
                    seen.receipts.push(receipt);
                } else if let Some(other) = call_id.strip_prefix(&beside) {
                    if let Some(number) = other.strip_prefix('o').and_then(|number| number.parse().ok()) {
                        seen.opened.insert(Ref(number));
                    } else {
                        seen.others += 1;
                    }
                }
            }
            Event::Revived { .. } => {
                seen.located = None;
                if std::mem::take(&mut unsent) {
                    // The page was made anew, without it.
                    seen.receipts.clear();
                }
            }
            Event::Located { call_id, found } if *call_id == id => seen.located = Some((entry.seq, found)),
            Event::ToolResult { call_id, result, .. } if *call_id == id => seen.result = Some(result),
            Event::Intent { call_id, resolved, .. } if *call_id == id => {
                seen.effect = Some(resolved.effect);
                unsent = resolved.action.fills();
            }
            _ => {}
        }
    }
    seen
}

/// The action of a step on the element that was found.
pub(super) fn does(at: usize, found: &Found, deed: &Deed) -> Next {
    let r = found.r#ref;
    let checkable = matches!(found.role.as_str(), "checkbox" | "radio" | "switch");
    let (name, args) = match deed {
        Deed::Click(name) => (*name, json!({ "ref": r })),
        Deed::Check(checked) if checkable => ("check", json!({ "ref": r, "checked": checked })),
        Deed::Check(_) => ("click", json!({ "ref": r })),
        Deed::Change(value) if checkable => {
            ("check", json!({ "ref": r, "checked": !matches!(value.as_str(), "" | "false" | "off" | "0") }))
        }
        Deed::Change(value) if found.tag == "select" => ("select", json!({ "ref": r, "option": value })),
        Deed::Change(value) => ("fill", json!({ "ref": r, "text": value })),
        Deed::Upload(path) => ("upload", json!({ "ref": r, "path": path })),
        Deed::Extract(_) => ("read", json!({ "ref": r })),
        Deed::Be => return Next::Settle { call_id: id(at), result: Ok(Value::from(r.to_string())) },
    };
    Next::Act(vec![call(id(at), name, args)])
}

/// Waits for what must be so.
pub(super) fn wait(at: usize, waits: usize, condition: &handiwork_core::Condition) -> Next {
    let args = match condition {
        // First what is on its way, then the thing itself.
        handiwork_core::Condition::Text { contains } if waits > 0 => json!({ "text": contains }),
        handiwork_core::Condition::Url { contains } if waits > 0 => json!({ "url": contains }),
        _ => json!({ "idle": true }),
    };
    Next::Act(vec![call(format!("{}-w{waits}", id(at)), "wait", args)])
}

/// The element as it was recorded, in words.
pub(super) fn told(wanted: &Wanted) -> String {
    match &wanted.marks {
        Some(marks) => format!("{} {:?}", marks.role, marks.name),
        None => wanted.selectors.first().map(|parts| parts.join(" → ")).unwrap_or_default(),
    }
}

/// What was tried to find an element, and what came nearest.
pub(super) fn lost(wanted: &Wanted, found: &[Found], seen: &Seen<'_>) -> String {
    let mut text = format!("{} is not there for certain; tried: {} selectors", told(wanted), wanted.selectors.len());
    if wanted.marks.is_some() {
        text.push_str(", the likeness of all elements");
    }
    if !seen.opened.is_empty() {
        text.push_str(&format!(", {} closed parts of the page", seen.opened.len()));
    }
    match found.first() {
        Some(best) => text.push_str(&format!("; the most alike is {} {:?} ({:.2})", best.role, best.name, best.score)),
        None => text.push_str("; nothing is like it"),
    }
    if !wanted.row.is_empty() {
        text.push_str(&format!("; its row must say {:?}", wanted.row));
    }
    text
}

/// Whether an address is the one that a step was recorded at; what is asked of it may be another.
pub(super) fn is_at(url: &str, recorded: &str) -> bool {
    let path = |url: &str| url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
    url == recorded || path(url) == path(recorded)
}
