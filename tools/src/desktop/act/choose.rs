//! What is chosen from lists, and how it is made sure that it is.
//!
//! The one decision: a program's own selection is used where it has one and keeps to it; else the list is opened and the choice clicked,
//! as a person would.

use std::time::Duration;

use atspi::Role;
use enigo::Key;
use handiwork_core::screen::State as Word;
use handiwork_core::{Change, Node, Reason, Receipt, Ref};

use super::super::tree::bus::CallError;
use super::effects::Effects;
use super::{Deed, Halt};

const SELECTION: &str = "org.a11y.atspi.Selection";

impl Deed<'_> {
    pub(super) async fn select(&mut self, option: &str) -> Result<Receipt, Halt> {
        let r = self.target().ok_or(Reason::BadArguments { problem: "it needs a ref".to_owned() })?;
        let node = self.node();
        let Some((bus, item)) = self.element() else {
            return Err(Reason::WrongKind { role: node.role, wanted: "a list of a program that tells what is in it".to_owned() }.into());
        };
        let wanted = option.trim();
        let is_chosen = |option: &str| node.value.as_deref().is_some_and(|value| value.trim() == option.trim());
        if item.role == Role::ComboBox {
            if is_chosen(wanted) {
                return Ok(Receipt::Verified { changes: Vec::new() });
            }
            let at = node.options.iter().position(|known| known == wanted).or_else(|| {
                let lower = wanted.to_lowercase();
                let mut alike = node.options.iter().enumerate().filter(|(_, known)| known.to_lowercase() == lower);
                alike.next().filter(|_| alike.next().is_none()).map(|(at, _)| at)
            });
            let Some(at) = at.filter(|_| !node.options.is_empty()) else {
                if node.options.is_empty() {
                    return self.select_in_popup(r, wanted).await;
                }
                return Err(Reason::NoSuchOption { options: node.options }.into());
            };
            let exact = node.options.get(at).cloned().unwrap_or_default();
            if is_chosen(&exact) {
                return Ok(Receipt::Verified { changes: Vec::new() });
            }
            let offered = self.choices().into_iter().find(|(name, _)| *name == exact.trim());
            if offered.is_some_and(|(_, enabled)| !enabled) {
                return Err(Reason::Disabled.into());
            }
            // In a browser a call would choose it without the page hearing of it.
            let tells = self.eyes.apps.get(&bus).is_some_and(|app| !app.browser) && item.can.selection;
            if let Some(connection) = self.place.bus.as_ref().filter(|_| tells) {
                let set: Result<bool, CallError> = connection.call((&bus, &item.path), SELECTION, "SelectChild", &(at as i32,)).await;
                if set.unwrap_or(false) {
                    let receipt = self.effects(Effects { target: Some(r), value: Some(exact.clone()), ..Effects::default() }).await?;
                    if receipt.is_verified() {
                        return Ok(Receipt::Verified { changes: vec![Change::Selected { r#ref: r, option: exact }] });
                    }
                }
            }
            return self.select_in_popup(r, &exact).await;
        }
        self.select_in_list(r, wanted).await
    }

    /// Opens it and clicks the option, as a person does; one that is out of view is gone to by keys.
    async fn select_in_popup(&mut self, r: Ref, wanted: &str) -> Result<Receipt, Halt> {
        let known = self.node();
        let (x, y) = self.point()?;
        self.hands(move |hands| {
            hands.go(x, y)?;
            hands.click(enigo::Button::Left, 1, &[])
        })
        .await?;
        let before = self.eyes.last.screen.clone();
        let limit = self.end.min(tokio::time::Instant::now() + Duration::from_secs(3));
        let is_known = known.options.iter().any(|option| option == wanted);
        // What it offers comes when its window does.
        let offered = loop {
            let screen = self.eyes.look(self.end).await?.screen;
            let is_open = screen.get(r).is_some_and(|node| node.states.contains(&Word::Expanded));
            let offered: Vec<Node> = screen.nodes.into_iter().filter(|node| node.r#ref.is_some_and(|r| before.get(r).is_none())).collect();
            let has = offered.iter().any(|node| node.name.trim() == wanted);
            // A part of a long list is enough to go on from.
            let part = is_open || offered.iter().any(|node| known.options.iter().any(|option| option == node.name.trim()));
            if has || part && is_known || tokio::time::Instant::now() >= limit {
                break offered;
            }
            tokio::time::sleep(Duration::from_millis(80)).await;
        };
        if let Some(node) = offered.iter().find(|node| node.name.trim() == wanted) {
            let (x, y) = ((node.rect.x + node.rect.w / 2.0) as i32, (node.rect.y + node.rect.h / 2.0) as i32);
            self.hands(move |hands| {
                hands.go(x, y)?;
                hands.click(enigo::Button::Left, 1, &[])
            })
            .await?;
        } else if let Some(steps) = self.steps_to(wanted, known.value.as_deref().unwrap_or_default()) {
            let key = if steps > 0 { Key::DownArrow } else { Key::UpArrow };
            self.hands(move |hands| {
                (0..steps.abs()).try_for_each(|_| hands.press(&[key], Duration::ZERO))?;
                hands.press(&[Key::Return], Duration::ZERO)
            })
            .await?;
        } else {
            self.hands(|hands| hands.press(&[Key::Escape], Duration::ZERO)).await?;
            let options = offered.into_iter().map(|node| node.name).filter(|name| !name.is_empty()).take(60).collect();
            return Err(Reason::NoSuchOption { options }.into());
        }
        match self.effects(Effects { target: Some(r), ..Effects::default() }).await? {
            Receipt::Verified { .. } => {
                let now = self.node();
                match now.value.as_deref().map(str::trim) {
                    Some(value) if value != wanted => {
                        Ok(Receipt::Unknown { why: format!("it now stands at {value:?}, not at {wanted:?}") })
                    }
                    _ => Ok(Receipt::Verified { changes: vec![Change::Selected { r#ref: r, option: wanted.to_owned() }] }),
                }
            }
            other => Ok(other),
        }
    }

    /// How many choices that can be taken lie between what is chosen and what is wanted; fewer than none if it is above.
    fn steps_to(&self, wanted: &str, from: &str) -> Option<i64> {
        let choices: Vec<String> = self.choices().into_iter().filter(|(_, enabled)| *enabled).map(|(name, _)| name).collect();
        let place = |name: &str| choices.iter().position(|one| one == name.trim()).map(|at| at as i64);
        Some(place(wanted)? - place(from)?)
    }

    /// What the program says that the target offers, and whether it can be taken.
    fn choices(&self) -> Vec<(String, bool)> {
        let mut choices = Vec::new();
        if let Some((bus, item)) = self.element()
            && let Some(app) = self.eyes.apps.get(&bus)
        {
            app.walk(&item.path, &mut |choice, depth| {
                if depth > 0 && matches!(choice.role, Role::MenuItem | Role::ListItem) {
                    choices.push((choice.name.trim().to_owned(), choice.is_enabled()));
                }
                true
            });
        }
        choices
    }

    /// Clicks the one of that name in a list, tree or table.
    async fn select_in_list(&mut self, r: Ref, wanted: &str) -> Result<Receipt, Halt> {
        let nodes = self.eyes.last.screen.nodes.clone();
        let at = nodes.iter().position(|node| node.r#ref == Some(r)).unwrap_or_default();
        let depth = nodes.get(at).map_or(0, |node| node.depth);
        let inside: Vec<&Node> = nodes.iter().skip(at + 1).take_while(|node| node.depth > depth).collect();
        let found = inside.iter().find(|node| node.name.trim() == wanted && node.r#ref.is_some());
        let Some(node) = found else {
            let options: Vec<String> =
                inside.iter().filter(|node| node.r#ref.is_some() && !node.name.is_empty()).map(|node| node.name.clone()).take(60).collect();
            return Err(Reason::NoSuchOption { options }.into());
        };
        if node.states.contains(&Word::Selected) {
            return Ok(Receipt::Verified { changes: Vec::new() });
        }
        let option = node.r#ref.unwrap_or(r);
        (self.known, self.r) = (Some(self.eyes.refs.find(option)?), Some(option));
        let name = node.name.clone();
        match self.click(1, enigo::Button::Left).await? {
            Receipt::Verified { .. } => Ok(Receipt::Verified { changes: vec![Change::Selected { r#ref: option, option: name }] }),
            other => Ok(other),
        }
    }
}
