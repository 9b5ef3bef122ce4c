//! The conversation, as a fold over the events. What was said stays said: a later event only ever adds messages.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use handiwork_core::event::{ShotRef, Started};
use handiwork_core::model::{Image, Message, NOT_CARRIED_OUT, Reply, answered};
use handiwork_core::{Event, Run, Screen};

use super::recall::Known;

/// What is said to a reply without a call.
const NUDGE: &str = "That was no call. Call a tool, or call done if the goal is reached.";

/// What is said to a reply of nothing.
const EMPTY: &str = "Your reply was empty. Call a tool, or call done if the goal is reached.";

/// What is said to a picture that comes after results, which can't hold one.
const PICTURE: &str = "The screen as a picture.";

#[derive(Default)]
struct Transcript<'a> {
    messages: Vec<Message>,
    /// The screen that the model has seen last.
    seen: Option<&'a Screen>,
    /// The newest screen, if the model has not seen it yet.
    fresh: Option<&'a Screen>,
    /// Whether pictures are shown.
    pictures: bool,
    /// The picture of the newest screen, if the model has not seen it yet.
    shot: Option<&'a ShotRef>,
    /// What was recalled and not told yet, and which facts were told.
    known: Known<'a>,
    reply: Option<&'a Reply>,
    results: BTreeMap<&'a str, String>,
}

/// All messages up to now.
pub(super) fn messages(run: &Run, started: &Started, memory_tokens: u32, pictures: bool) -> Vec<Message> {
    let mut transcript = Transcript { pictures, known: Known::within(memory_tokens), ..Transcript::default() };
    for event in run.events() {
        transcript.take(event, started);
    }
    transcript.turn(started);
    answered(transcript.messages)
}

impl<'a> Transcript<'a> {
    fn take(&mut self, event: &'a Event, started: &Started) {
        match event {
            Event::Observed { screen, shot } => {
                self.fresh = Some(screen);
                self.shot = shot.as_ref().filter(|_| self.pictures);
            }
            Event::Recalled { site, facts, .. } => self.known.recalled(site.as_deref(), facts),
            Event::Asked { .. } => self.turn(started),
            Event::Replied { reply, .. } => {
                self.messages.push(reply.to_message());
                self.reply = Some(reply);
                self.results.clear();
            }
            Event::Receipt { call_id, receipt, .. } => self.result(call_id, receipt.to_string()),
            Event::ToolResult { call_id, result, .. } => {
                let text = match result {
                    Ok(serde_json::Value::String(text)) => text.clone(),
                    Ok(value) => value.to_string(),
                    Err(why) => format!("error: {why}"),
                };
                self.result(call_id, text);
            }
            Event::Dropped { call_ids, why } => call_ids.iter().for_each(|id| self.result(id, why.clone())),
            _ => {}
        }
    }

    fn result(&mut self, call_id: &'a str, text: String) {
        self.results.insert(call_id, text);
    }

    /// Ends what the model has to be told before it is asked.
    fn turn(&mut self, started: &Started) {
        // A small model loses sight of the goal: it is told again where it reads last.
        let screen = self
            .screen_text()
            .map(|text| if started.model.small { format!("{}\n\nGoal: {}", text.trim_end(), started.goal) } else { text });
        match self.reply.take() {
            None if self.messages.is_empty() => {
                let mut text = if started.model.small && screen.is_some() { String::new() } else { format!("Goal: {}", started.goal) };
                text.push_str(&self.known.told());
                append(&mut text, screen);
                let images = self.picture();
                self.messages.push(Message::User { content: text, images });
            }
            None => {}
            Some(reply) if reply.calls.is_empty() => {
                let mut text = if super::is_empty(reply) { EMPTY } else { NUDGE }.to_owned();
                text.push_str(&self.known.told());
                append(&mut text, screen);
                let images = self.picture();
                self.messages.push(Message::User { content: text, images });
            }
            Some(reply) => {
                let last = reply.calls.len().saturating_sub(1);
                let mut screen = screen;
                for (place, call) in reply.calls.iter().enumerate() {
                    let mut content = self.results.get(call.id.as_str()).cloned().unwrap_or_else(|| NOT_CARRIED_OUT.to_owned());
                    if place == last {
                        content.push_str(&self.known.told());
                        append(&mut content, screen.take());
                    }
                    self.messages.push(Message::Tool { call_id: call.id.clone(), content });
                }
                let images = self.picture();
                if !images.is_empty() {
                    self.messages.push(Message::User { content: PICTURE.to_owned(), images });
                }
            }
        }
    }

    fn picture(&mut self) -> Vec<Image> {
        let shot = self.shot.take();
        shot.map(|shot| Image { media_type: shot.media_type.clone(), blob: shot.blob.clone(), bytes: None }).into_iter().collect()
    }

    fn screen_text(&mut self) -> Option<String> {
        let fresh = self.fresh.take()?;
        let text = self.seen.and_then(|seen| fresh.delta(seen)).unwrap_or_else(|| fresh.render());
        self.seen = Some(fresh);
        Some(text)
    }
}

fn append(text: &mut String, screen: Option<String>) {
    if let Some(screen) = screen {
        text.push_str(if text.is_empty() { "Screen:\n" } else { "\n\nScreen:\n" });
        text.push_str(screen.trim_end());
    }
}
