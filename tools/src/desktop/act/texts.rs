//! Text that is looked for, read, selected and copied.

use std::time::Duration;

use enigo::Key;
use handiwork_core::{Change, Node, Reason, Receipt};

use super::super::refs::Thing;
use super::super::tree::bus::CallError;
use super::effects::Effects;
use super::grave::is_terminal;
use super::{Deed, Halt};

/// Most that is told of what was found or read, in characters.
const MOST: usize = 12_000;

impl Deed<'_> {
    /// Looks for text on the screen, and in what is out of view.
    pub(super) async fn find(&mut self, text: &str) -> Result<Receipt, Halt> {
        let wanted = text.trim().to_lowercase();
        if wanted.is_empty() {
            return Err(Reason::BadArguments { problem: "say which text".to_owned() }.into());
        }
        let look = self.eyes.look(self.end).await?;
        let hit = |text: &str| text.to_lowercase().contains(&wanted);
        let mut lines: Vec<String> =
            look.screen.nodes.iter().filter(|node| hit(&node.name) || node.value.as_deref().is_some_and(hit)).map(Node::line).collect();
        if lines.is_empty() {
            for app in self.eyes.apps.values() {
                for item in app.items.values().filter(|item| hit(&item.name) || item.text.as_deref().is_some_and(hit)) {
                    let held = item.text.as_deref().and_then(|text| text.lines().find(|line| hit(line))).unwrap_or_default();
                    lines.push(format!("{} {:?} {held} (in {}, out of view or closed)", item.role.name(), item.name, app.name));
                }
            }
        }
        if lines.is_empty() {
            return Err(Reason::NotFound { text: text.to_owned() }.into());
        }
        lines.truncate(40);
        Ok(told(&self.cx.secrets().redact(&lines.join("\n"))))
    }

    /// All text of an element or of the window in front.
    pub(super) async fn read(&mut self) -> Result<Receipt, Halt> {
        let look = self.eyes.look(self.end).await?;
        let nodes = &look.screen.nodes;
        if let Some(Thing::Element { bus, path }) = self.known.as_ref().map(|known| &known.thing)
            && let Some(app) = self.eyes.apps.get(bus)
        {
            let mut out = Vec::new();
            app.walk(path, &mut |item, _| {
                let text = item.text.as_deref().filter(|text| !text.trim().is_empty() && !item.is_hidden_text());
                match text {
                    Some(text) => out.push(text.trim_end().to_owned()),
                    None if !item.name.trim().is_empty() => out.push(item.name.trim().to_owned()),
                    None => {}
                }
                true
            });
            out.dedup();
            return Ok(told(&self.cx.secrets().redact(&out.join("\n"))));
        }
        let window = self.known.as_ref().map(|known| known.window).or_else(|| look.windows.front().map(|win| win.id));
        let lines: Vec<String> = nodes
            .iter()
            .filter(|node| node.r#ref.is_none_or(|r| self.eyes.refs.find(r).is_ok_and(|known| Some(known.window) == window)))
            .map(|node| node.value.clone().filter(|value| !value.is_empty()).unwrap_or_else(|| node.name.clone()))
            .filter(|text| !text.is_empty())
            .collect();
        Ok(told(&self.cx.secrets().redact(&lines.join("\n"))))
    }

    pub(super) async fn select_text(&mut self, part: Option<&str>) -> Result<Receipt, Halt> {
        let known = self.known.clone();
        if let Some(Thing::Element { bus, path }) = known.as_ref().map(|known| known.thing.clone())
            && let Some(connection) = self.place.bus.clone()
            && let Ok(text) = connection.text_of(&bus, &path).await
        {
            let (from, to) = match part {
                None => (0, text.chars().count()),
                Some(part) => {
                    let at = text.find(part).ok_or_else(|| Reason::NotFound { text: part.to_owned() })?;
                    let from = text.get(..at).unwrap_or_default().chars().count();
                    (from, from + part.chars().count())
                }
            };
            let _: Result<bool, CallError> = connection.call((&bus, &path), "org.a11y.atspi.Component", "GrabFocus", &()).await;
            let to_element = (bus.as_str(), path.as_str());
            let range = (0_i32, from as i32, to as i32);
            let set: bool = connection.call(to_element, "org.a11y.atspi.Text", "SetSelection", &range).await.unwrap_or(false);
            if !set {
                let _: Result<bool, CallError> =
                    connection.call(to_element, "org.a11y.atspi.Text", "AddSelection", &(range.1, range.2)).await;
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
            let now: Result<(i32, i32), CallError> = connection.call(to_element, "org.a11y.atspi.Text", "GetSelection", &(0_i32,)).await;
            let chosen: String = text.chars().skip(from).take(to - from).collect();
            return Ok(match now {
                Ok((start, end)) if (start, end) == (range.1, range.2) => {
                    Receipt::Verified { changes: vec![Change::Selection { text: self.cx.secrets().redact(&chosen) }] }
                }
                _ => Receipt::NoEffect,
            });
        }
        if part.is_some() {
            return Err(Reason::Unsupported { action: "selecting a part of this text".to_owned() }.into());
        }
        self.hands(|hands| hands.press(&[Key::Control, Key::Unicode('a')], Duration::ZERO)).await?;
        let pixels = self.eyes.last.windows.front().map(|win| win.area);
        self.effects(Effects { pixels, ..Effects::default() }).await
    }

    fn in_terminal(&self) -> bool {
        self.eyes.last.windows.front().is_some_and(|win| is_terminal(&super::super::eyes::origin(win)))
    }

    async fn clipboard(&self, primary: bool) -> Result<Option<String>, Halt> {
        let copied = self.place.x.call("reading the clipboard", self.end, move |x| x.copied(primary)).await?;
        copied.map_err(|error| super::super::x::worker::gone(error.to_string()).into())
    }

    pub(super) async fn copy(&mut self) -> Result<Receipt, Halt> {
        if self.in_terminal() {
            // What is selected in a terminal is copied already, to a place of its own.
            let Some(text) = self.clipboard(true).await?.filter(|text| !text.is_empty()) else { return Ok(Receipt::NoEffect) };
            let characters = text.chars().count();
            let put = self.place.x.call("filling the clipboard", self.end, move |x| x.put(&text)).await?;
            put.map_err(|error| super::super::x::worker::gone(error.to_string()))?;
            return Ok(Receipt::Verified { changes: vec![Change::Copied { characters }] });
        }
        // Emptied first, so that what is there afterwards has come now.
        let put = self.place.x.call("emptying the clipboard", self.end, |x| x.put("")).await?;
        put.map_err(|error| super::super::x::worker::gone(error.to_string()))?;
        self.hands(|hands| hands.press(&[Key::Control, Key::Unicode('c')], Duration::ZERO)).await?;
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if let Some(text) = self.clipboard(false).await?.filter(|text| !text.is_empty()) {
                return Ok(Receipt::Verified { changes: vec![Change::Copied { characters: text.chars().count() }] });
            }
        }
        Ok(Receipt::NoEffect)
    }

    pub(super) async fn paste(&mut self) -> Result<Receipt, Halt> {
        let text = self.clipboard(false).await?.filter(|text| !text.is_empty());
        let Some(text) = text else { return Err(Reason::NotFound { text: "anything on the clipboard".to_owned() }.into()) };
        if self.known.is_some() {
            let (x, y) = self.point()?;
            let focused = self
                .target()
                .and_then(|r| self.eyes.last.screen.get(r))
                .is_some_and(|node| node.states.contains(&handiwork_core::State::Focused));
            self.raise().await?;
            if !focused {
                self.hands(move |hands| {
                    hands.go(x, y)?;
                    hands.click(enigo::Button::Left, 1, &[])
                })
                .await?;
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
        }
        self.before = self.eyes.look_now(self.end).await?;
        if self.in_terminal() {
            self.hands(move |hands| hands.write(&text, Duration::from_millis(4))).await?;
        } else {
            self.hands(|hands| hands.press(&[Key::Control, Key::Unicode('v')], Duration::ZERO)).await?;
            // What we have put there ourselves is asked for now.
            let served = self.place.x.call("handing over the clipboard", self.end, |x| x.serve(Duration::from_millis(300))).await?;
            served.map_err(|error| super::super::x::worker::gone(error.to_string()))?;
        }
        let pixels = self.eyes.last.windows.front().map(|win| win.area);
        self.effects(Effects { target: self.target(), pixels, ..Effects::default() }).await
    }
}

fn told(text: &str) -> Receipt {
    let cut: String = text.chars().take(MOST).collect();
    let more = text.chars().count().saturating_sub(MOST);
    let text = if more > 0 { format!("{cut}\n… ({more} more characters)") } else { cut };
    Receipt::Verified { changes: vec![Change::Told { text }] }
}
