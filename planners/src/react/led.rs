//! Leading a small model: what it has to decide on, and when.
//!
//! A small model fills forms well when it is asked field by field, and badly when it has to think of them; it submits too early,
//! clicks away what it has just filled in, and never thinks of stopping. So each field that it has not decided on yet comes
//! first in its reply; after filling, only what may send the form can follow; and when something was sent and the page asks for
//! nothing new, it has to say where it stands. All of this is made from the screen and the events, and knows no page.

use std::collections::BTreeSet;

use handiwork_core::condition::Standing;
use handiwork_core::event::Started;
use handiwork_core::model::{CallRule, Constraint};
use handiwork_core::{Event, Node, Ref, Run, Screen, State, Verb};
use serde_json::{Value, json};

use super::constraint::{and, named, placeholders, rule};
use super::groups::groups;
use super::{finish, goal, nameless, prompt, seek};

/// Most fields that have to be decided on in one turn; a page with more is filled as the model likes.
const MOST_FIELDS: usize = 14;

/// The constraint for a small model; `whole` holds the calls that make sense on `screen`.
pub(super) fn lead(whole: Constraint, run: &Run, started: &Started, screen: &Screen) -> Constraint {
    // All that the person wants to see is there: a small model would go on for ever.
    if !started.checks.is_empty() && started.checks.iter().all(|check| check.standing(run) == Standing::Met) {
        return Constraint { first: Vec::new(), calls: vec![rule(finish::NAME, [("ok", vec![json!(true)])])], or: None, ..whole };
    }
    let decided = decided(run);
    let is_open = |node: &&Node| node.r#ref.is_some_and(|r| !decided.contains(&r));
    let is_offered = |rule: &CallRule| prompt::actions(started).any(|name| name == rule.tool);
    let mut fields: Vec<Field<'_>> =
        questions(started, screen).into_iter().filter(|field| field.nodes.iter().any(is_open) && is_offered(&field.rule)).collect();
    if !fields.is_empty() && fields.len() <= MOST_FIELDS {
        // Closed questions first: a model that has begun to write in its own words chooses by them.
        fields.sort_by_key(|field| field.rule.tool == "fill");
        return form(whole, screen, &fields);
    }
    let whole = seek::narrow(whole, &started.goal, screen);
    let done = |ok: bool| rule(finish::NAME, [("ok", vec![json!(ok)])]);
    if !finish::may_be_over(run, screen) {
        return and(whole, [rule(finish::NAME, [])]);
    }
    let stands = |reached: bool| vec![rule(finish::NOTE, [("goal_reached", vec![json!(reached)])])];
    let over = Constraint { first: stands(true), calls: vec![done(true)], ..whole.clone() };
    Constraint { first: stands(false), or: Some(Box::new(over)), ..and(whole, [done(false)]) }
}

/// Something that has to be decided on: a field, or a question with several radios.
struct Field<'a> {
    /// What it is about.
    nodes: Vec<&'a Node>,
    /// The call that decides on it.
    rule: CallRule,
    /// Whether the goal names what is to be chosen.
    meant: bool,
}

/// A page with fields to decide on: it is filled and then sent, or left as it is and then anything.
fn form(whole: Constraint, screen: &Screen, fields: &[Field<'_>]) -> Constraint {
    let first: Vec<CallRule> = fields.iter().map(|field| field.rule.clone()).collect();
    let decided: BTreeSet<Ref> = fields.iter().flat_map(|field| &field.nodes).filter_map(|node| node.r#ref).collect();
    let filled = Constraint { first, calls: sending(&whole.calls, screen, &decided), ..whole.clone() };
    if fields.iter().any(|field| field.meant) {
        // The goal names one of its options: this form is the one that it is about.
        return filled;
    }
    let first = fields.iter().filter_map(as_it_is).collect();
    let left = Constraint { first, ..and(whole, [rule(finish::NAME, [])]) };
    Constraint { or: Some(Box::new(left)), ..filled }
}

/// All that there is to decide on, in reading order.
fn questions<'a>(started: &Started, screen: &'a Screen) -> Vec<Field<'a>> {
    let goal = started.goal.as_str();
    let mut boxes = groups(&screen.nodes);
    let is_meant = |node: &Node| goal::names(goal, &node.name) || nameless::is_spoken_of(goal, screen, node);
    // Of several boxes of which the goal names some, the others are none of its business; so with fields that it counts.
    let any_named = boxes.iter().flatten().any(|node| node.role != "radio" && is_meant(node));
    let any_counted = screen.nodes.iter().any(|node| node.accepts(Verb::Fill) && nameless::is_spoken_of(goal, screen, node));
    let has_text = has_text_for_fields(goal, screen);
    let mut fields = Vec::new();
    for node in &screen.nodes {
        if node.role == "radio" && node.accepts(Verb::Check) {
            if let Some(at) = boxes.iter().position(|group| group.first() == Some(&node)) {
                fields.extend(radios(boxes.swap_remove(at), is_meant));
            }
            continue;
        }
        let meant = is_meant(node);
        if node.accepts(Verb::Check) && any_named && !meant {
            continue;
        }
        let Some(rule) = field(started, node) else { continue };
        if rule.tool == "fill" && (!has_text || (any_counted && !nameless::is_spoken_of(goal, screen, node))) {
            continue;
        }
        let meant = match rule.tool.as_str() {
            "check" => meant,
            "select" => rule.allowed.get("option").is_some_and(|options| options.len() < node.options.len()),
            _ => false,
        };
        fields.push(Field { nodes: vec![node], rule, meant });
    }
    fields
}

/// The one question that the radios of a group are.
fn radios(group: Vec<&Node>, is_meant: impl Fn(&Node) -> bool) -> Option<Field<'_>> {
    let spelled: Vec<Value> = group.iter().filter(|node| is_meant(node)).filter_map(|node| named(node)).collect();
    let meant = !spelled.is_empty();
    let refs = if meant { spelled } else { group.iter().filter_map(|node| named(node)).collect() };
    (!refs.is_empty()).then(|| Field { nodes: group, rule: rule("check", [("ref", refs), ("checked", vec![json!(true)])]), meant })
}

/// Whether the goal may hold something to write into a field. It does not when all that it quotes is what stands on other
/// elements, or is a kind of element: "Click the button "Next"" says nothing about the fields beside it.
fn has_text_for_fields(goal: &str, screen: &Screen) -> bool {
    let quoted = goal::quoted(goal);
    let is_kind = |text: &str| screen.nodes.iter().any(|node| node.r#ref.is_some() && (node.role == text || node.hint == text));
    let is_name = |text: &str| {
        let mut others = screen.nodes.iter().filter(|node| node.accepts(Verb::Click) && !node.accepts(Verb::Fill));
        others.any(|node| node.name.trim().eq_ignore_ascii_case(text.trim()))
    };
    quoted.is_empty() || quoted.iter().any(|text| !is_name(text) && !is_kind(text))
}

/// Of these calls, those that may come right after filling: a link or `done` would throw away what was filled in, and a field
/// that was just decided on is done with.
fn sending(calls: &[CallRule], screen: &Screen, decided: &BTreeSet<Ref>) -> Vec<CallRule> {
    let reference = |value: &Value| value.as_str().and_then(|text| text.parse::<Ref>().ok());
    let is_link = |value: &Value| reference(value).and_then(|r| screen.get(r)).is_some_and(|node| node.role == "link");
    let is_decided = |value: &Value| reference(value).is_some_and(|r| decided.contains(&r));
    let stay: Vec<CallRule> = calls
        .iter()
        .filter(|rule| !matches!(rule.tool.as_str(), "navigate" | "switch_tab"))
        .filter_map(|rule| {
            let mut rule = rule.clone();
            if matches!(rule.tool.as_str(), "click" | "fill" | "select" | "check") {
                let refs = rule.allowed.get_mut("ref")?;
                refs.retain(|value| !is_decided(value) && (rule.tool != "click" || !is_link(value)));
                return (!refs.is_empty()).then_some(rule);
            }
            Some(rule)
        })
        .collect();
    // A page may send by a link all the same; one without any button is given the benefit of the doubt.
    if !stay.iter().any(|rule| rule.tool == "click") {
        return calls.to_vec();
    }
    // Where there is a button, a key is the way that may do nothing.
    stay.into_iter().filter(|rule| rule.tool != "press").collect()
}

/// The call that leaves a field as it is; none for a question that nobody has answered.
fn as_it_is(field: &Field<'_>) -> Option<CallRule> {
    let mut rule = field.rule.clone();
    let [node] = field.nodes.as_slice() else {
        let checked = field.nodes.iter().find(|node| node.states.contains(&State::Checked))?;
        rule.allowed.insert("ref".to_owned(), vec![named(checked)?]);
        return Some(rule);
    };
    let (key, value) = match rule.tool.as_str() {
        "check" => ("checked", json!(node.states.contains(&State::Checked))),
        "select" => ("option", json!(node.value.clone().unwrap_or_default())),
        _ => ("text", json!(node.value.clone().unwrap_or_default())),
    };
    rule.allowed.insert(key.to_owned(), vec![value]);
    Some(rule)
}

/// The call that decides on a field, if it is one.
pub(super) fn field(started: &Started, node: &Node) -> Option<CallRule> {
    let r = vec![named(node)?];
    if node.accepts(Verb::Select) {
        return Some(rule("select", [("ref", r), ("option", options(&started.goal, node))]));
    }
    if node.accepts(Verb::Fill) && !node.states.contains(&handiwork_core::State::Readonly) {
        let texts = [placeholders(started, node), times_and_dates(&started.goal, node)].concat();
        return Some(if texts.is_empty() { rule("fill", [("ref", r)]) } else { rule("fill", [("ref", r), ("text", texts)]) });
    }
    // One radio of a group says nothing by itself.
    (node.accepts(Verb::Check) && node.role != "radio").then(|| rule("check", [("ref", r)]))
}

/// What may be put into a field for a date or a time: those that the goal gives, if it gives any.
fn times_and_dates(goal: &str, node: &Node) -> Vec<Value> {
    let has = |word: &str| node.hint.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    let found = match () {
        () if has("YYYY") && has("DD") => goal::dates(goal),
        () if has("HH") && has("MM") && !has("YYYY") => goal::times(goal),
        () => Vec::new(),
    };
    found.into_iter().map(Value::from).collect()
}

/// The options that may be chosen: those that the goal names word for word, if it names any.
fn options(goal: &str, node: &Node) -> Vec<Value> {
    let named: Vec<Value> = node.options.iter().filter(|option| goal::names(goal, option)).map(|option| json!(option)).collect();
    if named.is_empty() { node.options.iter().map(|option| json!(option)).collect() } else { named }
}

/// Elements that the model has made calls on.
fn decided(run: &Run) -> BTreeSet<Ref> {
    let replies = run.events().filter_map(|event| if let Event::Replied { reply, .. } = event { Some(reply) } else { None });
    replies.flat_map(|reply| &reply.calls).filter_map(|call| call.args.get("ref")?.as_str()?.parse().ok()).collect()
}
