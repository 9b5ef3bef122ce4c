//! What is said once and stays: the system prompt and the tools. Fixed for a run, so that prefixes stay cached.

use handiwork_core::event::Started;
use handiwork_core::model::ToolSpec;
use handiwork_core::Action;

use super::finish;

const LARGE: &str = include_str!("../prompts/react.md");
const SMALL: &str = include_str!("../prompts/react-small.md");

/// The system prompt.
pub(super) fn system(started: &Started) -> String {
    let template = if started.model.small { SMALL } else { LARGE };
    let surface = started.surface.as_ref().map_or("computer", |surface| surface.kind.as_str());
    let mut out = template.trim().replace("{surface}", surface);
    if !started.secrets.is_empty() {
        out.push_str("\nSecrets: you never see their values. To enter one, fill the field with its placeholder:");
        for (name, origin) in &started.secrets {
            out.push_str(&format!(" {{{{secret:{name}}}}} (for {origin})"));
        }
        out.push('.');
    }
    out
}

/// All tools: the surface's actions, the person's tools, and `done`.
pub(super) fn tools(started: &Started) -> Vec<ToolSpec> {
    let actions: Vec<&str> = started.surface.iter().flat_map(|surface| surface.actions.iter().map(String::as_str)).collect();
    let mut tools = Action::specs(&actions);
    tools.extend(started.tools.iter().cloned());
    tools.push(finish::spec(started));
    tools
}
