//! The model of the sweep: it does a fixed task in twelve steps, reading off the screens that it is sent, and tries again what did
//! not succeed. It knows nothing of crashes.

use std::time::Duration;

use async_trait::async_trait;
use handiwork_core::model::Message;
use handiwork_core::testing::call;
use handiwork_core::{Context, Model, ModelError, ModelInfo, Reply, Request, ToolCall, Usage};
use serde_json::{Value, json};

/// One thing to do: its name in this script, the action, the words of the line that it is done to, and the other arguments.
type Item = (&'static str, &'static str, Option<&'static str>, Value);

/// What is done, a list for each step.
fn task(origin: &str) -> Vec<Vec<Item>> {
    let fill = |id, words, text: &str| (id, "fill", Some(words), json!({ "text": text }));
    let click = |id, words| (id, "click", Some(words), json!({}));
    let go = |id, path: &str| (id, "navigate", None, json!({ "url": format!("{origin}{path}") }));
    vec![
        vec![
            fill("user", "textbox \"User name\"", "dana"),
            fill("password", "\"Password\"", "{{secret:password}}"),
            click("sign", "button \"Sign in\""),
        ],
        vec![go("board", "/board")],
        vec![fill("alpha", "textbox \"Note\"", "alpha rope")],
        vec![click("add-alpha", "button \"Add note\"")],
        vec![fill("beta", "textbox \"Note\"", "beta sail"), click("add-beta", "button \"Add note\"")],
        vec![click("digest", "button \"Send digest\"")],
        vec![go("new", "/claims/new")],
        vec![
            fill("employee", "\"Employee\"", "Ana Lopez"),
            fill("title", "\"Description\"", "Train to Hamburg"),
            fill("amount", "\"Amount (EUR)\"", "86.40"),
            fill("date", "\"Date\"", "2026-11-03"),
            ("category", "select", Some("\"Category\""), json!({ "option": "Travel" })),
            ("card", "check", Some("checkbox \"Paid with company card\""), json!({ "checked": true })),
        ],
        vec![click("review", "button \"Review claim\"")],
        vec![click("confirm", "button \"Confirm and file claim\"")],
        vec![("read", "read", None, json!({}))],
        vec![("end", "done", None, json!({ "ok": true, "answer": "filed" }))],
    ]
}

/// Replies of a run in which nothing goes wrong.
pub(super) const STEPS: usize = 12;

/// The model.
#[derive(Debug)]
pub(super) struct Script {
    origin: String,
    info: ModelInfo,
}

impl Script {
    pub(super) fn new(origin: &str) -> Self {
        let info = ModelInfo { provider: "scripted".to_owned(), id: "sweep".to_owned(), context: 100_000, ..ModelInfo::default() };
        Self { origin: origin.to_owned(), info }
    }

    fn reply(&self, request: &Request) -> Result<Reply, String> {
        // A call's id names the item and how often it was tried.
        let results: Vec<(&str, bool)> = request
            .messages
            .iter()
            .filter_map(|message| match message {
                Message::Tool { call_id, content } => Some((call_id.as_str(), content.starts_with("done"))),
                _ => None,
            })
            .collect();
        let is = |id: &str, call: &str| call.rsplit_once('-').is_some_and(|(item, _)| item == id);
        let done = |id: &str| results.iter().any(|(call, done)| *done && is(id, call));
        let step = task(&self.origin).into_iter().find(|step| step.iter().any(|item| !done(item.0))).ok_or("everything is done")?;
        let mut calls: Vec<ToolCall> = Vec::new();
        for (id, action, words, mut args) in step.into_iter().filter(|item| !done(item.0)) {
            if let Some(words) = words {
                args["ref"] = json!(find(request, words)?);
            }
            let tries = results.iter().filter(|(call, _)| is(id, call)).count();
            calls.push(ToolCall { id: format!("{id}-{tries}"), ..call(action, args) });
        }
        let usage = Usage { prompt: 100, completion: 10, ..Usage::default() };
        Ok(Reply { calls, usage, ..Reply::default() })
    }
}

/// The ref on the newest line that holds `words` and is not one that went away.
fn find(request: &Request, words: &str) -> Result<String, String> {
    let text = |message: &Message| match message {
        Message::User { content, .. } | Message::Tool { content, .. } => content.clone(),
        Message::Assistant { .. } => String::new(),
    };
    let lines: Vec<String> =
        request.messages.iter().flat_map(|message| text(message).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let line = lines.iter().rev().find(|line| line.contains(words) && !line.trim_start().starts_with('-'));
    let line = line.ok_or_else(|| format!("{words} is on no screen: {lines:#?}"))?;
    let found = line.split_whitespace().find(|word| word.strip_prefix('e').is_some_and(|digits| digits.parse::<u32>().is_ok()));
    found.map(str::to_owned).ok_or_else(|| format!("no ref in {line}"))
}

#[async_trait]
impl Model for Script {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    async fn complete(&self, _: &Context, request: &Request) -> Result<Reply, ModelError> {
        // As if it took its time: what is to happen during a reply can.
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.reply(request).map_err(ModelError::BadRequest)
    }
}
