//! What is put into fields, and how it is made sure that it is there.
//!
//! The one decision: a program that lets its text be set is told the text, and asked for it afterwards; that is more certain than keys,
//! which a program can lose. Where it does not, keys are pressed as a person would, and what it holds is read in either case.

use std::time::Duration;

use atspi::Role;
use enigo::Key;
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
const VALUE: &str = "org.a11y.atspi.Value";
const TEXT: &str = "org.a11y.atspi.Text";
const ACTION: &str = "org.a11y.atspi.Action";
const COMPONENT: &str = "org.a11y.atspi.Component";

impl Deed<'_> {
    /// The element of the tree that is the target.
    pub(super) fn element(&self) -> Option<(String, Item)> {
        let Thing::Element { bus, path } = &self.known.as_ref()?.thing else { return None };
        Some((bus.clone(), self.eyes.apps.get(bus)?.items.get(path)?.clone()))
    }

    pub(super) fn node(&self) -> Node {
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

    /// Tells a program what a field is to hold. False if it stays as it was: Firefox's address bar says yes and does nothing.
    async fn set_text(&self, bus: &str, field: &Item, text: &str) -> Result<bool, Halt> {
        let Some(connection) = &self.place.bus else { return Ok(false) };
        let to = (bus, field.path.as_str());
        let held = async || connection.call::<_, String>(to, TEXT, "GetText", &(0_i32, -1_i32)).await;
        let before = held().await.ok();
        let _: Result<bool, CallError> = connection.call(to, COMPONENT, "GrabFocus", &()).await;
        let set: Result<bool, CallError> = connection.call(to, EDITABLE, "SetTextContents", &(text,)).await;
        if !set.unwrap_or(false) {
            return Ok(false);
        }
        let Some(before) = before else { return Ok(true) };
        for _ in 0..8 {
            match held().await {
                Ok(now) if now == before && !same(&now, text) => tokio::time::sleep(Duration::from_millis(40)).await,
                _ => return Ok(true),
            }
        }
        Ok(false)
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
        self.place.bus.as_ref()?.get::<i32>((&bus, &item.path), TEXT, "CharacterCount").await.ok()
    }

    /// Sets a slider or spinbutton. What counts is the number that the program has taken, not what is written in the field: many take what
    /// was written when the field is left, and some take another number then.
    async fn set_number(&mut self, r: Ref, bus: &str, item: &Item, text: &str) -> Result<Receipt, Halt> {
        let number: f64 = text.trim().replace(',', ".").parse().map_err(|_| Reason::BadArguments {
            problem: format!("a {} takes a number, not {text:?}", if item.role == Role::SpinButton { "spinbutton" } else { "slider" }),
        })?;
        let is = |value: Option<f64>| value.is_some_and(|value| (value - number).abs() < 1e-9);
        if is(item.value) && is(self.number_of(bus, item).await) {
            return Ok(Receipt::Verified { changes: Vec::new() });
        }
        // A field that takes text is told the text: its program checks it as if it had been typed.
        let told = item.can.editable && self.set_text(bus, item, text.trim()).await?;
        if told && !is(self.number_of(bus, item).await) {
            // It takes it when it is left. Enter would send a form.
            self.take_focus(bus, item).await?;
            self.hands(|hands| hands.press(&[Key::Tab], Duration::ZERO)).await?;
        }
        if !self.becomes(bus, item, number).await {
            self.set_value(bus, item, number).await;
        }
        if !self.becomes(bus, item, number).await && item.role == Role::SpinButton {
            self.take_focus(bus, item).await?;
            let typed = text.trim().to_owned();
            self.hands(move |hands| {
                hands.press(&[Key::Control, Key::Unicode('a')], Duration::ZERO)?;
                hands.write(&typed, BEAT)?;
                hands.press(&[Key::Tab], Duration::ZERO)
            })
            .await?;
        }
        let taken = self.becomes(bus, item, number).await;
        let was = self.node().value.unwrap_or_default();
        let _ = self.eyes.look(self.end).await?;
        let now = self.node().value.unwrap_or_default();
        Ok(match (taken, now == was) {
            (true, _) => Receipt::Verified { changes: vec![Change::Value { r#ref: r, from: was, to: now }] },
            (false, true) => Receipt::NoEffect,
            (false, false) => Receipt::Unknown { why: format!("it now stands at {now:?}, not at {number}") },
        })
    }

    /// What a slider or spinbutton stands at, as the program has it.
    async fn number_of(&self, bus: &str, item: &Item) -> Option<f64> {
        self.place.bus.as_ref()?.get::<f64>((bus, &item.path), VALUE, "CurrentValue").await.ok()
    }

    /// Whether it comes to stand at a number within a moment.
    async fn becomes(&self, bus: &str, item: &Item, number: f64) -> bool {
        for _ in 0..8 {
            if self.number_of(bus, item).await.is_some_and(|value| (value - number).abs() < 1e-9) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        false
    }

    async fn set_value(&self, bus: &str, item: &Item, number: f64) {
        let Some(connection) = &self.place.bus else { return };
        let value = zbus::zvariant::Value::from(number);
        let to = (bus, item.path.as_str());
        let set = connection.call::<_, ()>(to, "org.freedesktop.DBus.Properties", "Set", &(VALUE, "CurrentValue", value)).await;
        if let Err(error) = set {
            tracing::debug!(%error, "a value can't be set");
        }
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
}
