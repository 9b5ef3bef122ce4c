//! What is put into fields, and how it is made sure that it is there.
//!
//! The one decision: a program that lets its text be set is told the text, and asked for it afterwards; that is more certain than keys,
//! which a program can lose. Where it does not, keys are pressed as a person would, and what it holds is read in either case.

use std::time::Duration;

use atspi::Role;
use enigo::Key;
use handiwork_core::screen::State as Word;
use handiwork_core::{Change, Node, Reason, Receipt, Ref};

use super::super::eyes::editor_in;
use super::super::refs::Thing;
use super::super::tree::bus::CallError;
use super::super::tree::item::Item;
use super::effects::{Effects, is_on, same};
use super::{Deed, Halt};

/// A pause between two letters.
const BEAT: Duration = Duration::from_millis(4);

const EDITABLE: &str = "org.a11y.atspi.EditableText";
const SELECTION: &str = "org.a11y.atspi.Selection";
const ACTION: &str = "org.a11y.atspi.Action";
const COMPONENT: &str = "org.a11y.atspi.Component";

impl Deed<'_> {
    /// The element of the tree that is the target.
    fn element(&self) -> Option<(String, Item)> {
        let Thing::Element { bus, path } = &self.known.as_ref()?.thing else { return None };
        Some((bus.clone(), self.eyes.apps.get(bus)?.items.get(path)?.clone()))
    }

    fn node(&self) -> Node {
        self.target().and_then(|r| self.eyes.last.screen.get(r).cloned()).unwrap_or_default()
    }

    fn revealed(&self, text: &str) -> Result<String, Halt> {
        let origin = self.known.as_ref().map(|known| known.origin.clone());
        let origin = origin.or_else(|| self.eyes.last.windows.front().map(super::super::eyes::origin)).unwrap_or_default();
        self.cx.secrets().reveal(text, &origin).map_err(|problem| {
            let name = handiwork_core::secret::names_in(text).into_iter().next().unwrap_or_default();
            Reason::SecretNotAllowed { name, problem: problem.to_string() }.into()
        })
    }

    async fn call(&self, bus: &str, path: &str, interface: &str, method: &str) -> bool {
        let Some(connection) = &self.place.bus else { return false };
        connection.call::<_, bool>((bus, path), interface, method, &()).await.unwrap_or(false)
    }

    pub(super) async fn fill(&mut self, text: &str) -> Result<Receipt, Halt> {
        let text = self.revealed(text)?;
        let r = self.target().ok_or(Reason::BadArguments { problem: "it needs a ref".to_owned() })?;
        if let Some((bus, item)) = self.element() {
            if matches!(item.role, Role::Slider | Role::Dial | Role::SpinButton) && item.can.value {
                return self.set_number(r, &bus, &item, &text).await;
            }
            // A combobox that takes text has its field inside.
            let field = match item.role {
                Role::ComboBox => self.eyes.apps.get(&bus).and_then(|app| editor_in(app, &item)).cloned().unwrap_or(item),
                _ => item,
            };
            if field.text.as_deref().is_some_and(|held| same(held, &text)) && !field.is_hidden_text() {
                return Ok(Receipt::Verified { changes: Vec::new() });
            }
            if field.can.editable && field.role != Role::TableCell && self.set_text(&bus, &field, &text).await? {
                return self.filled(r, &text, field.is_hidden_text()).await;
            }
            if field.role == Role::TableCell {
                self.click_into().await?;
            } else {
                self.take_focus(&bus, &field).await?;
            }
            if field.role == Role::TableCell {
                // What is typed into a cell replaces what it held.
            } else if field.role == Role::Paragraph {
                // All of it would be the whole document.
                self.hands(|hands| {
                    hands.press(&[Key::Home], Duration::ZERO)?;
                    hands.press(&[Key::Shift, Key::End], Duration::ZERO)
                })
                .await?;
            } else {
                self.hands(|hands| hands.press(&[Key::Control, Key::Unicode('a')], Duration::ZERO)).await?;
            }
            let (typed, cell) = (text.clone(), field.role == Role::TableCell);
            self.hands(move |hands| {
                if typed.is_empty() {
                    return hands.press(&[Key::Delete], Duration::ZERO);
                }
                hands.write(&typed, BEAT)?;
                // A cell takes what was typed when it is left.
                if cell { hands.press(&[Key::Return], Duration::ZERO) } else { Ok(()) }
            })
            .await?;
            // A formula shows what comes of it.
            if cell && text.starts_with('=') {
                return self.effects(Effects { target: Some(r), ..Effects::default() }).await;
            }
            return self.filled(r, &text, field.is_hidden_text()).await;
        }
        self.click_into().await?;
        let terminal = self.known.as_ref().is_some_and(|known| super::grave::is_terminal(&known.origin));
        let typed = text.clone();
        self.hands(move |hands| {
            if !terminal {
                hands.press(&[Key::Control, Key::Unicode('a')], Duration::ZERO)?;
            }
            hands.write(&typed, BEAT)
        })
        .await?;
        let pixels = self.known.as_ref().and_then(|known| self.eyes.last.windows.get(known.window)).map(|win| win.area);
        self.effects(Effects { target: Some(r), pixels, ..Effects::default() }).await
    }

    /// Tells a program what a field is to hold. Whether it does is for others to see.
    async fn set_text(&self, bus: &str, field: &Item, text: &str) -> Result<bool, Halt> {
        let Some(connection) = &self.place.bus else { return Ok(false) };
        let _: Result<bool, CallError> = connection.call((bus, &field.path), COMPONENT, "GrabFocus", &()).await;
        let set: Result<bool, CallError> = connection.call((bus, &field.path), EDITABLE, "SetTextContents", &(text,)).await;
        Ok(set.unwrap_or(false))
    }

    /// Waits until a field holds what it was given.
    async fn filled(&mut self, r: Ref, text: &str, hidden: bool) -> Result<Receipt, Halt> {
        if hidden {
            // It is not told, but how much there is.
            let length = self.length().await;
            let wanted = text.chars().count() as i32;
            return Ok(if length == Some(wanted) {
                Receipt::Verified { changes: vec![Change::HiddenValue { r#ref: r }] }
            } else {
                Receipt::NoEffect
            });
        }
        self.effects(Effects { target: Some(r), value: Some(text.to_owned()), ..Effects::default() }).await
    }

    async fn length(&self) -> Option<i32> {
        let (bus, item) = self.element()?;
        tokio::time::sleep(Duration::from_millis(60)).await;
        self.place.bus.as_ref()?.get::<i32>((&bus, &item.path), "org.a11y.atspi.Text", "CharacterCount").await.ok()
    }

    async fn set_number(&mut self, r: Ref, bus: &str, item: &Item, text: &str) -> Result<Receipt, Halt> {
        let number: f64 = text.trim().replace(',', ".").parse().map_err(|_| Reason::BadArguments {
            problem: format!("a {} takes a number, not {text:?}", if item.role == Role::SpinButton { "spinbutton" } else { "slider" }),
        })?;
        if item.value.is_some_and(|value| (value - number).abs() < 1e-9) {
            return Ok(Receipt::Verified { changes: Vec::new() });
        }
        // A field that takes text is told the text: its program checks it as if it had been typed.
        if item.can.editable && self.set_text(bus, item, text.trim()).await? {
            let receipt = self.effects(Effects { target: Some(r), value: Some(text.trim().to_owned()), ..Effects::default() }).await?;
            if receipt.is_verified() {
                return Ok(receipt);
            }
        }
        if let Some(connection) = &self.place.bus {
            let value = zbus::zvariant::Value::from(number);
            let set = connection
                .call::<_, ()>(
                    (bus, &item.path),
                    "org.freedesktop.DBus.Properties",
                    "Set",
                    &("org.a11y.atspi.Value", "CurrentValue", value),
                )
                .await;
            if let Err(error) = set {
                tracing::debug!(%error, "a value can't be set");
            }
        }
        let receipt = self.effects(Effects { target: Some(r), value: Some(text.trim().to_owned()), ..Effects::default() }).await?;
        if receipt.is_verified() || item.role != Role::SpinButton {
            return Ok(receipt);
        }
        self.take_focus(bus, item).await?;
        let typed = text.trim().to_owned();
        self.hands(move |hands| {
            hands.press(&[Key::Control, Key::Unicode('a')], Duration::ZERO)?;
            hands.write(&typed, BEAT)?;
            // Enter would send a form.
            hands.press(&[Key::Tab], Duration::ZERO)
        })
        .await?;
        self.effects(Effects { target: Some(r), value: Some(text.trim().to_owned()), ..Effects::default() }).await
    }

    /// Gives a field the keyboard.
    async fn take_focus(&mut self, bus: &str, item: &Item) -> Result<(), Halt> {
        self.raise().await?;
        if item.is(atspi::State::Focused) && self.eyes.last.windows.active == self.known.as_ref().map(|known| known.window) {
            return Ok(());
        }
        let granted = self.call(bus, &item.path, COMPONENT, "GrabFocus").await;
        let focused = granted && {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let now = match &self.place.bus {
                Some(connection) => connection.basics_of(bus, &item.path).await.ok(),
                None => None,
            };
            now.is_some_and(|now| now.states & atspi::State::Focused as u64 != 0)
        };
        if focused { Ok(()) } else { self.click_into().await }
    }

    /// Lays the target's window on top and gives it the keyboard.
    pub(super) async fn raise(&mut self) -> Result<(), Halt> {
        let Some(known) = &self.known else { return Ok(()) };
        if self.eyes.last.windows.active == Some(known.window) {
            return Ok(());
        }
        let (id, managed) = (known.window, self.eyes.last.windows.managed);
        self.activate(id, managed).await
    }

    async fn click_into(&mut self) -> Result<(), Halt> {
        self.raise().await?;
        let (x, y) = self.point()?;
        self.hands(move |hands| {
            hands.go(x, y)?;
            hands.click(enigo::Button::Left, 1, &[])
        })
        .await?;
        tokio::time::sleep(Duration::from_millis(60)).await;
        Ok(())
    }

    pub(super) async fn type_text(&mut self, text: &str) -> Result<Receipt, Halt> {
        let text = self.revealed(text)?;
        if let Some((bus, item)) = self.element() {
            self.take_focus(&bus, &item).await?;
            if matches!(item.role, Role::Text) {
                self.hands(|hands| hands.press(&[Key::Control, Key::End], Duration::ZERO)).await?;
            } else if matches!(item.role, Role::Entry | Role::PasswordText | Role::SpinButton | Role::Paragraph) {
                self.hands(|hands| hands.press(&[Key::End], Duration::ZERO)).await?;
            }
        } else if self.known.is_some() {
            self.click_into().await?;
        }
        self.before = self.eyes.look_now(self.end).await?;
        let typed = text.clone();
        self.hands(move |hands| hands.write(&typed, BEAT)).await?;
        let pixels = self.eyes.last.windows.front().map(|win| win.area);
        self.effects(Effects { target: self.target(), pixels, ..Effects::default() }).await
    }

    pub(super) async fn press(&mut self, keys: &str, hold: Duration) -> Result<Receipt, Halt> {
        let chord = super::super::keys::parse(keys).map_err(|problem| Reason::BadArguments { problem })?;
        if let Some((bus, item)) = self.element() {
            self.take_focus(&bus, &item).await?;
        } else if self.known.is_some() {
            self.raise().await?;
        }
        self.before = self.eyes.look_now(self.end).await?;
        self.hands(move |hands| hands.press(&chord, hold)).await?;
        // A program without a tree shows by its pixels alone what a key did.
        let win = self.eyes.last.windows.front();
        let pixels = win.filter(|win| self.eyes.app_of(win).is_none() || self.eyes.seen.contains_key(&win.id)).map(|win| win.area);
        let pixels = pixels.or_else(|| win.filter(|_| self.eyes.last.screen.nodes.len() < 3).map(|win| win.area));
        self.effects(Effects { target: self.target(), focus: true, pixels, ..Effects::default() }).await
    }

    pub(super) async fn check(&mut self, wanted: bool) -> Result<Receipt, Halt> {
        let r = self.target().ok_or(Reason::BadArguments { problem: "it needs a ref".to_owned() })?;
        if is_on(&self.node()) == wanted {
            return Ok(Receipt::Verified { changes: Vec::new() });
        }
        if let Ok((x, y)) = self.point() {
            self.hands(move |hands| {
                hands.go(x, y)?;
                hands.click(enigo::Button::Left, 1, &[])
            })
            .await?;
        } else if let Some((bus, item)) = self.element() {
            self.do_action(&bus, &item.path).await;
        }
        self.effects(Effects { target: Some(r), checked: Some(wanted), ..Effects::default() }).await
    }

    /// Has an element do what it is there for.
    pub(super) async fn do_action(&self, bus: &str, path: &str) -> bool {
        let Some(connection) = &self.place.bus else { return false };
        connection.call::<_, bool>((bus, path), ACTION, "DoAction", &(0_i32,)).await.unwrap_or(false)
    }

    pub(super) async fn select(&mut self, option: &str) -> Result<Receipt, Halt> {
        let r = self.target().ok_or(Reason::BadArguments { problem: "it needs a ref".to_owned() })?;
        let node = self.node();
        let Some((bus, item)) = self.element() else {
            return Err(Reason::WrongKind { role: node.role, wanted: "a list of a program that tells what is in it".to_owned() }.into());
        };
        let wanted = option.trim();
        let chosen = |node: &Node| node.value.as_deref().is_some_and(|value| value.trim() == wanted);
        if item.role == Role::ComboBox {
            if chosen(&node) {
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
            if let Some(connection) = self.place.bus.as_ref().filter(|_| item.can.selection) {
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

    /// Opens it and clicks the option, as a person does.
    async fn select_in_popup(&mut self, r: Ref, wanted: &str) -> Result<Receipt, Halt> {
        let (x, y) = self.point()?;
        self.hands(move |hands| {
            hands.go(x, y)?;
            hands.click(enigo::Button::Left, 1, &[])
        })
        .await?;
        let before = self.eyes.last.screen.clone();
        let fresh = |node: &&Node| node.r#ref.is_some_and(|r| before.get(r).is_none());
        let limit = self.end.min(tokio::time::Instant::now() + Duration::from_secs(3));
        // What it offers comes when its window does.
        let (found, options) = loop {
            let screen = self.eyes.look(self.end).await?.screen;
            let found = screen.nodes.iter().filter(fresh).find(|node| node.name.trim() == wanted).cloned();
            let options: Vec<String> =
                screen.nodes.iter().filter(fresh).map(|node| node.name.clone()).filter(|name| !name.is_empty()).take(60).collect();
            if found.is_some() || tokio::time::Instant::now() >= limit {
                break (found, options);
            }
            tokio::time::sleep(Duration::from_millis(80)).await;
        };
        let Some(node) = found else {
            self.hands(|hands| hands.press(&[Key::Escape], Duration::ZERO)).await?;
            return Err(Reason::NoSuchOption { options }.into());
        };
        let (x, y) = ((node.rect.x + node.rect.w / 2.0) as i32, (node.rect.y + node.rect.h / 2.0) as i32);
        self.hands(move |hands| {
            hands.go(x, y)?;
            hands.click(enigo::Button::Left, 1, &[])
        })
        .await?;
        match self.effects(Effects { target: Some(r), ..Effects::default() }).await? {
            Receipt::Verified { .. } => {
                let now = self.node();
                if now.value.is_some() && now.value.as_deref().is_none_or(|value| value.trim() != wanted) {
                    return Ok(Receipt::NoEffect);
                }
                Ok(Receipt::Verified { changes: vec![Change::Selected { r#ref: r, option: wanted.to_owned() }] })
            }
            other => Ok(other),
        }
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
