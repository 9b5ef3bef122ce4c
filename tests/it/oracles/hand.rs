//! The hand of an oracle: it reads lines of text, and acts by what stands on them.

use handiwork_core::action::{Check, Click, Drag, Fill, Navigate, Press, Scroll, Select};
use handiwork_core::{Action, Context, Receipt, Ref, Refusal, Surface};
use handiwork_test_support::miniwob::Episode;
use handiwork_tools::browser::Browser;

/// One line of the screen, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) r#ref: Option<Ref>,
    pub(crate) role: String,
    /// What stands in the first quotes.
    pub(crate) name: String,
    /// What stands in the quotes after `value=`.
    pub(crate) value: Option<String>,
    /// The whole line, without its indentation.
    pub(crate) all: String,
}

impl Line {
    pub(crate) fn of(text: &str) -> Self {
        let body = text.trim_start();
        let first = body.split(' ').next().unwrap_or_default();
        let r#ref: Option<Ref> = first.parse().ok().filter(|_| first.starts_with('e') && first.len() > 1);
        let rest = if r#ref.is_some() { body.strip_prefix(first).unwrap_or_default().trim_start() } else { body };
        // Quotes alone are text.
        let word = rest.split([' ', '"']).next().unwrap_or_default();
        let role = if rest.starts_with('"') { "text" } else { word }.to_owned();
        let quoted = |from: &str| -> Option<String> {
            let mut values = serde_json::Deserializer::from_str(from).into_iter::<String>();
            values.next()?.ok()
        };
        let after = rest.strip_prefix(word).unwrap_or_default().trim_start();
        let name = if after.starts_with('"') { quoted(after).unwrap_or_default() } else { String::new() };
        let value = rest.split_once("value=").and_then(|(_, from)| quoted(from));
        Self { r#ref, role, name, value, all: body.to_owned() }
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.all.contains(word)
    }
}

/// One look: the text, and its lines.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) lines: Vec<Line>,
}

impl Text {
    /// Lines that can be acted on.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.r#ref.is_some())
    }

    /// The first line of a role with a name; either may be empty for any.
    pub(crate) fn find(&self, role: &str, name: &str) -> Option<&Line> {
        self.live().find(|line| (role.is_empty() || line.role == role) && (name.is_empty() || line.name == name))
    }

    pub(crate) fn all(&self, role: &str) -> Vec<&Line> {
        self.live().filter(|line| line.role == role).collect()
    }
}

pub(crate) struct Hand<'a> {
    browser: &'a Browser,
    cx: Context,
    pub(crate) goal: String,
    pub(crate) log: Vec<String>,
}

impl<'a> Hand<'a> {
    pub(crate) async fn open(browser: &'a Browser, episode: &mut Episode) -> Self {
        let mut hand = Self { browser, cx: Context::default(), goal: String::new(), log: Vec::new() };
        hand.act(Navigate { url: episode.url.clone() }).await;
        let goal = tokio::time::timeout(std::time::Duration::from_secs(30), episode.goal()).await.expect("in time").expect("a goal");
        hand.goal = goal.split_whitespace().collect::<Vec<_>>().join(" ");
        hand.log.clear();
        hand
    }

    pub(crate) async fn look(&self) -> Text {
        let text = self.browser.observe(&self.cx).await.expect("a screen").render();
        let lines = text.lines().skip(1).map(Line::of).collect();
        Text { text, lines }
    }

    pub(crate) async fn act(&mut self, action: impl Into<Action>) -> Receipt {
        let action = action.into();
        let receipt = match self.browser.resolve(&self.cx, &action).await {
            Ok(resolved) => self.browser.dispatch(&self.cx, &resolved).await.expect("a receipt"),
            Err(Refusal::NotDispatched(reason)) => Receipt::refused(reason),
            Err(Refusal::Surface(error)) => panic!("{error}"),
        };
        self.log.push(format!("{} -> {receipt}", serde_json::to_string(&action).unwrap_or_default()));
        receipt
    }

    pub(crate) async fn click(&mut self, line: &Line) -> Receipt {
        self.act(Click { r#ref: line.r#ref.expect("a ref") }).await
    }

    /// Clicks the line of this role and name.
    pub(crate) async fn press_on(&mut self, role: &str, name: &str) -> Result<Receipt, String> {
        let line = self.need(role, name).await?;
        Ok(self.click(&line).await)
    }

    pub(crate) async fn need(&mut self, role: &str, name: &str) -> Result<Line, String> {
        let text = self.look().await;
        text.find(role, name).cloned().ok_or_else(|| format!("no {role} {name:?}"))
    }

    pub(crate) async fn fill(&mut self, line: &Line, text: &str) -> Receipt {
        self.act(Fill { r#ref: line.r#ref.expect("a ref"), text: text.to_owned() }).await
    }

    pub(crate) async fn check(&mut self, line: &Line) -> Receipt {
        self.act(Check { r#ref: line.r#ref.expect("a ref"), checked: true }).await
    }

    pub(crate) async fn select(&mut self, line: &Line, option: &str) -> Receipt {
        self.act(Select { r#ref: line.r#ref.expect("a ref"), option: option.to_owned() }).await
    }

    pub(crate) async fn key(&mut self, keys: &str) -> Receipt {
        self.act(Press { keys: keys.to_owned(), r#ref: None }).await
    }

    pub(crate) async fn scroll(&mut self, line: Option<&Line>, direction: handiwork_core::action::Direction) -> Receipt {
        self.act(Scroll { direction, r#ref: line.and_then(|line| line.r#ref) }).await
    }

    pub(crate) async fn drag(&mut self, line: &Line, dx: f64, dy: f64) -> Receipt {
        self.act(Drag { r#ref: line.r#ref.expect("a ref"), to: None, dx: Some(dx), dy: Some(dy), path: Vec::new(), grab: None }).await
    }

    pub(crate) async fn drag_to(&mut self, line: &Line, to: &Line) -> Receipt {
        self.act(Drag { r#ref: line.r#ref.expect("a ref"), to: to.r#ref, dx: None, dy: None, path: Vec::new(), grab: None }).await
    }

    /// Words of the goal in quotes.
    pub(crate) fn quoted(&self) -> Vec<String> {
        self.goal.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }
}
