//! A run as a person watches it: a line for each thing that happens, on stderr.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};

use handiwork::core::event::Revival;
use handiwork::core::model::ToolCall;
use handiwork::core::{Entry, Event, Progress, Receipt};

use super::print::{Paint, line, note, painted};

/// Prints updates.
#[derive(Debug, Default)]
pub(crate) struct Live {
    step: u32,
    calls: BTreeMap<String, ToolCall>,
    /// What calls that no model made are about.
    about: BTreeMap<String, String>,
    /// Whether a progress line stands unfinished on the terminal.
    open: bool,
    /// Whether the lines are the command's result and not just for the person watching.
    stdout: bool,
}

impl Live {
    /// Prints to stdout.
    pub(crate) fn to_stdout() -> Self {
        Self { stdout: true, ..Self::default() }
    }

    fn say(&self, text: &str) {
        if self.stdout { line(text) } else { note(text) }
    }

    fn paint(&self, colour: Paint, text: &str) -> String {
        painted(colour, text, if self.stdout { std::io::stdout().is_terminal() } else { std::io::stderr().is_terminal() })
    }

    /// Prints what is under way, on one line that is written over. Only on a terminal.
    pub(crate) fn progress(&mut self, progress: &Progress) {
        if !std::io::stderr().is_terminal() {
            if let Progress::Waiting(why) = progress {
                note(&format!("  waiting: {why}"));
            }
            return;
        }
        let text = match progress {
            Progress::Reading { done, total } => format!("reading {done}/{total} tokens"),
            Progress::Text(_) => "writing".to_owned(),
            Progress::Reasoning(_) => "thinking".to_owned(),
            Progress::Waiting(why) => format!("waiting: {why}"),
            _ => return,
        };
        let _ = write!(std::io::stderr().lock(), "\r\x1b[K  {}", self.paint(Paint::Grey, &text));
        self.open = true;
    }

    /// Prints what happened.
    pub(crate) fn entry(&mut self, entry: &Entry) {
        if std::mem::take(&mut self.open) {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
        match &entry.event {
            Event::Started(started) => self.say(&format!("goal   {}", started.goal)),
            Event::Observed { screen, .. } => {
                self.say(&self.paint(Paint::Grey, &format!("screen {} ({} lines)", screen.heading(), screen.nodes.len())));
            }
            Event::Replied { reply, cost_usd, millis, .. } => {
                self.step += 1;
                self.calls.extend(reply.calls.iter().map(|call| (call.id.clone(), call.clone())));
                let usage = reply.usage;
                let cost = if *cost_usd > 0.0 { format!(", ${cost_usd:.5}") } else { String::new() };
                self.say(&self.paint(
                    Paint::Grey,
                    &format!(
                        "step {}: {} calls; {} tokens in ({} cached), {} out, {:.1} s{cost}",
                        self.step,
                        reply.calls.len(),
                        usage.prompt,
                        usage.cached,
                        usage.completion,
                        *millis as f64 / 1000.0
                    ),
                ));
            }
            Event::Intent { call_id, resolved, .. } => {
                let target = resolved.target.as_ref().map(|target| format!(" {} {:?}", target.role, target.name)).unwrap_or_default();
                self.about.insert(call_id.clone(), format!("{}{target}", resolved.action.name().replace('_', " ")));
            }
            Event::Located { found, .. } => {
                if let Some((one, why)) = found.iter().find_map(|one| Some((one, one.sure.as_ref().filter(|_| one.by.is_none())?))) {
                    self.say(&format!("  {} healed: {} {:?}: {why}", self.paint(Paint::Yellow, "+"), one.role, one.name));
                }
            }
            Event::Receipt { call_id, receipt, .. } => {
                let (mark, colour) = match receipt {
                    Receipt::Verified { .. } => ("✓", Paint::Green),
                    Receipt::NoEffect => ("○", Paint::Yellow),
                    Receipt::NotDispatched { .. } => ("✗", Paint::Red),
                    Receipt::Unknown { .. } => ("?", Paint::Red),
                };
                self.say(&format!("  {} {} — {receipt}", self.paint(colour, mark), self.call(call_id)));
            }
            Event::ToolResult { call_id, result, .. } => match result {
                Ok(value) => self.say(&format!("  {} {} — {value}", self.paint(Paint::Green, "✓"), self.call(call_id))),
                Err(why) => self.say(&format!("  {} {} — {why}", self.paint(Paint::Red, "✗"), self.call(call_id))),
            },
            Event::Dropped { call_ids, why } => {
                for id in call_ids {
                    self.say(&format!("  {} {} — {why}", self.paint(Paint::Yellow, "-"), self.call(id)));
                }
            }
            Event::Revived { why, detail, restored } => {
                let what = match why {
                    Revival::Resumed => "resumed",
                    Revival::Relaunched => "the browser was started again",
                };
                self.say(&format!("  {} {what}: {detail}; {} refs kept", self.paint(Paint::Yellow, "↻"), restored.kept.len()));
                restored.lost.iter().for_each(|lost| self.say(&format!("    not restored: {lost}")));
            }
            Event::Refilled { call_id, receipt } => {
                self.say(&format!("  {} {} again — {receipt}", self.paint(Paint::Grey, "↻"), self.call(call_id)));
            }
            Event::Settled { call_id, done, why, .. } => {
                let verdict = if *done { "had been done" } else { "is done now" };
                self.say(&format!("  {} {} {verdict}: {why}", self.paint(Paint::Yellow, "?"), self.call(call_id)));
            }
            Event::Delegated { errands, .. } => {
                for errand in errands {
                    self.say(&format!("  {} {} (run {}): {}", self.paint(Paint::Grey, "⇒"), errand.helper, errand.run, errand.goal));
                }
            }
            Event::Returned(back) => {
                let shown = if back.shown { ", and all checks hold" } else { "" };
                self.say(&format!("  {} run {} came back{shown}: {}", self.paint(Paint::Grey, "⇐"), back.run, back.outcome));
            }
            Event::Routed { to, why } => self.say(&format!("  {} {to} is asked from now on: {why}", self.paint(Paint::Grey, "→"))),
            Event::FellBack { from, to, why } => {
                self.say(&format!("  {} {from} failed, {to} is asked: {why}", self.paint(Paint::Yellow, "!")));
            }
            Event::Said { text, .. } => self.say(&format!("  {} the person says: {text}", self.paint(Paint::Yellow, "»"))),
            Event::Probed { probe, holds } => {
                let said = match holds {
                    Some(true) => "has",
                    Some(false) => "has not",
                    None => "can't be asked about",
                };
                self.say(&format!("  {} {} {said} {:?}", self.paint(Paint::Grey, "?"), probe.url, probe.text));
            }
            Event::Question { text, .. } => self.say(&format!("  {} {text}", self.paint(Paint::Yellow, "?"))),
            _ => {}
        }
    }

    fn call(&self, id: &str) -> String {
        let asked = self.calls.get(id).map(|call| format!("{} {}", call.name, call.args));
        asked.or_else(|| self.about.get(id).cloned()).unwrap_or_else(|| id.to_owned())
    }
}
