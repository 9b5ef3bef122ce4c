//! What is said once and stays: the system prompt and the tools. Fixed for a run, so that prefixes stay cached.

use handiwork_core::Action;
use std::fmt::Write as _;

use handiwork_core::event::{Instructions, Started};
use handiwork_core::model::ToolSpec;

use super::{ask, delegate, finish, long};
use crate::plan::spec;

const LARGE: &str = include_str!("../prompts/react.md");
const PLAN: &str = include_str!("../prompts/plan.md");
const SMALL: &str = include_str!("../prompts/react-small.md");

/// Actions that a small model held to a grammar is told of: filling replaces typing, waiting is the surface's work, and each
/// further way is one more to go wrong.
const LED: [&str; 9] = ["navigate", "click", "fill", "press", "select", "check", "scroll", "switch_tab", "upload"];

/// The system prompt.
pub(super) fn system(started: &Started, plan: bool) -> String {
    let template = if started.model.small { SMALL } else { LARGE };
    let surface = started.surface.as_ref().map_or("computer", |surface| surface.kind.as_str());
    let mut out = template.trim().replace("{surface}", surface);
    if plan {
        out.push('\n');
        out.push_str(PLAN.trim());
    }
    if !started.secrets.is_empty() {
        out.push_str("\nSecrets: you never see their values. To enter one, fill the field with its placeholder:");
        for (name, origin) in &started.secrets {
            let _ = write!(out, " {{{{secret:{name}}}}} (for {origin})");
        }
        out.push('.');
    }
    if !started.instructions.is_empty() {
        out.push_str("\nThe person has written down, for every such task:");
        for Instructions { site, text, .. } in &started.instructions {
            let site = site.as_ref().map(|site| format!("On {site}: ")).unwrap_or_default();
            let _ = write!(out, "\n{site}{}", text.trim());
        }
    }
    out
}

/// All tools: the surface's actions, the person's tools, and `done`.
pub(super) fn tools(started: &Started, plan: bool) -> Vec<ToolSpec> {
    let actions: Vec<&str> = actions(started).collect();
    // One that is held to a grammar is offered each call by itself.
    let mut tools = if started.model.constrained { Action::specs(&actions) } else { Action::bundled_specs(&actions) };
    tools.extend(started.tools.iter().cloned());
    if is_led(started) {
        tools.push(finish::note_spec());
    }
    if plan {
        tools.push(spec::spec());
    }
    if !is_led(started) {
        if !started.helpers.is_empty() {
            tools.push(delegate::spec(&started.helpers));
        }
        tools.push(long::spec());
        tools.push(ask::spec());
    }
    tools.push(finish::spec(started));
    tools
}

/// The surface's actions that the model is told of.
pub(super) fn actions(started: &Started) -> impl Iterator<Item = &str> {
    let led = is_led(started);
    let all = started.surface.iter().flat_map(|surface| surface.actions.iter().map(String::as_str));
    all.filter(move |name| !led || LED.contains(name))
}

/// Whether the model is led: small, and held to a grammar.
pub(super) fn is_led(started: &Started) -> bool {
    started.model.small && started.model.constrained
}
