//! The conversation, as a fold over the events. What was said stays said: a later event only ever adds messages.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use handiwork_core::event::{ShotRef, Started};
use handiwork_core::model::{Image, Message, NOT_CARRIED_OUT, Reply, answered};
use handiwork_core::{Event, Run, Screen};

use super::loops::Watch;
use super::recall::Known;
use super::{compact, long};
use crate::plan::Ledger;

/// What is said to a reply without a call.
const NUDGE: &str = "That was no call. Call a tool, or call done if the goal is reached.";

/// What is said to a reply of nothing.
const EMPTY: &str = "Your reply was empty. Call a tool, or call done if the goal is reached.";

/// What is said to a picture that comes after results, which can't hold one.
const PICTURE: &str = "The screen as a picture.";

/// What is told, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling {
    /// Most tokens from memory at once.
    pub(super) memory_tokens: u32,
    /// Whether pictures are shown.
    pub(super) pictures: bool,
    /// Whether the plan is recited.
    pub(super) plan: bool,
    /// Tokens from which on a small model's conversation is begun anew.
    pub(super) compact_at: u64,
}

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
    /// All that memory has told.
    told: String,
    /// What the person has said since the last turn, and all of it.
    said: Vec<&'a str>,
    all_said: Vec<&'a str>,
    /// What the conversation before this one came to.
    notes: Option<String>,
    /// The newest results, for after that.
    latest: Vec<String>,
    ledger: Option<Ledger<'a>>,
    watch: Watch<'a>,
    small: bool,
    compact_at: u64,
    reply: Option<&'a Reply>,
    results: BTreeMap<&'a str, String>,
}

/// All messages up to now.
pub(super) fn messages(run: &Run, started: &Started, telling: &Telling) -> Vec<Message> {
    let mut transcript = Transcript {
        pictures: telling.pictures,
        known: Known::within(telling.memory_tokens),
        ledger: telling.plan.then(Ledger::default),
        small: started.model.small,
        compact_at: telling.compact_at,
        ..Transcript::default()
    };
    for entry in run.entries() {
        transcript.take(entry.seq, &entry.event, started);
    }
    transcript.turn(started);
    answered(transcript.messages)
}

impl<'a> Transcript<'a> {
    fn take(&mut self, seq: u64, event: &'a Event, started: &Started) {
        if let Some(ledger) = &mut self.ledger {
            ledger.take(seq, event);
        }
        self.watch.take(event);
        match event {
            Event::Observed { screen, shot } => {
                self.fresh = Some(screen);
                self.shot = shot.as_ref().filter(|_| self.pictures);
            }
            Event::Recalled { site, facts, .. } => self.known.recalled(site.as_deref(), facts),
            Event::Asked { .. } => self.turn(started),
            Event::Said { text, .. } => {
                self.said.push(text);
                self.all_said.push(text);
            }
            Event::Replied { role, reply, .. } if role == compact::ROLE => self.begin_anew(Some(reply.content.trim().to_owned())),
            Event::Replied { role, .. } if crate::script::is_own(role) => {}
            Event::Replied { reply, .. } => {
                self.messages.push(reply.to_message());
                self.reply = Some(reply);
                self.results.clear();
            }
            Event::Receipt { call_id, .. } | Event::ToolResult { call_id, .. } => {
                self.result(call_id, long::cut(seq, long::text(event).unwrap_or_default()));
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
        if self.small && self.reply.is_some_and(|reply| compact::is_long(self.compact_at, reply)) {
            // It writes no notes that would be of use; what was done it sees by the results and the screen.
            self.begin_anew(None);
        }
        // A small model loses sight of the goal: it is told again where it reads last.
        let screen = self
            .screen_text()
            .map(|text| if started.model.small { format!("{}\n\nGoal: {}", text.trim_end(), started.goal) } else { text });
        match self.reply.take() {
            None if self.messages.is_empty() => {
                let mut text = if started.model.small && screen.is_some() { String::new() } else { format!("Goal: {}", started.goal) };
                self.before(&mut text);
                self.tail(&mut text, screen);
                let images = self.picture();
                self.messages.push(Message::User { content: text, images });
            }
            // After the conversation was cut between two turns, or when the person has spoken to a run that had ended.
            None if !self.said.is_empty() => {
                let mut text = String::new();
                self.tail(&mut text, screen);
                self.messages.push(Message::user(text.trim_start()));
            }
            None => {}
            Some(reply) if reply.calls.is_empty() => {
                let nudge = if super::is_empty(reply) { EMPTY } else { NUDGE };
                // Whoever goes on talking has taken the words for an answer.
                let mut text = if self.said.is_empty() { nudge.to_owned() } else { String::new() };
                self.tail(&mut text, screen);
                let images = self.picture();
                self.messages.push(Message::User { content: text.trim_start().to_owned(), images });
            }
            Some(reply) => {
                let last = reply.calls.len().saturating_sub(1);
                let mut screen = screen;
                for (place, call) in reply.calls.iter().enumerate() {
                    let mut content = self.results.get(call.id.as_str()).cloned().unwrap_or_else(|| NOT_CARRIED_OUT.to_owned());
                    if place == last {
                        self.tail(&mut content, screen.take());
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

    /// Forgets the conversation. What must not be lost is told again.
    fn begin_anew(&mut self, notes: Option<String>) {
        self.latest = std::mem::take(&mut self.results).into_values().collect();
        self.messages.clear();
        self.reply = None;
        self.fresh = self.fresh.or(self.seen);
        self.seen = None;
        self.notes = notes.filter(|notes| !notes.is_empty()).or_else(|| self.notes.take());
        self.said = self.all_said.clone();
        if let Some(ledger) = &mut self.ledger {
            ledger.renew();
        }
    }

    /// What comes before the rest of a conversation that is not the run's first.
    fn before(&mut self, text: &mut String) {
        text.push_str(&self.told);
        if let Some(notes) = &self.notes {
            text.push_str("\n\nYour notes of what was done so far:\n");
            text.push_str(notes);
        }
        if !self.latest.is_empty() {
            text.push_str("\n\nThe last results:\n");
            text.push_str(&std::mem::take(&mut self.latest).join("\n"));
        }
    }

    /// What a turn ends with: what is known and was said, what is to be thought of, the screen, and the plan.
    fn tail(&mut self, text: &mut String, screen: Option<String>) {
        let known = self.known.told();
        text.push_str(&known);
        self.told.push_str(&known);
        for said in self.said.drain(..) {
            text.push_str("\n\nThe person says: ");
            text.push_str(said);
        }
        if let Some(nudge) = self.watch.nudge().filter(|_| !self.small) {
            text.push_str("\n\n");
            text.push_str(&nudge);
        }
        append(text, screen);
        if let Some(ledger) = &mut self.ledger {
            text.push_str(&ledger.recited());
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
