//! Mouse and keyboard, as trusted input events.

use chromiumoxide::cdp::browser_protocol::input::{
    DispatchDragEventParams, DispatchDragEventType, DispatchKeyEventParams, DispatchKeyEventType, DispatchMouseEventParams,
    DispatchMouseEventType, DragData, InsertTextParams, MouseButton, SetInterceptDragsParams,
};
use handiwork_core::action::Button;
use serde_json::Value;

use super::connection::{CallError, Until};
use super::session::Session;

/// A key, as the browser wants to be told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Key {
    /// DOM name: `Enter`, `a`.
    pub(crate) name: String,
    /// Place on the keyboard: `KeyA`.
    pub(crate) code: String,
    /// Windows virtual key code.
    pub(crate) number: i64,
    /// Text that it writes; empty for none.
    pub(crate) text: String,
    /// Alt 1, Control 2, Meta 4, Shift 8.
    pub(crate) modifiers: i64,
    /// What an editor does on it, where there is no system to know: `copy`, `selectAll`.
    pub(crate) command: &'static str,
}

/// Something that the mouse does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mouse {
    /// With no button down.
    Move,
    /// With the left button down.
    Drag,
    /// The how many-th press in a row.
    Press(Button, u8),
    /// The release that belongs to it.
    Release(Button, u8),
}

/// A phase of a drag that the page knows of (HTML drag and drop).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dragged {
    Enter,
    Over,
    Drop,
    Cancel,
}

impl Session {
    /// Moves, presses or releases the mouse.
    pub(crate) async fn mouse(&self, what: Mouse, (x, y): (f64, f64), until: Until) -> Result<(), CallError> {
        let kind = match what {
            Mouse::Move | Mouse::Drag => DispatchMouseEventType::MouseMoved,
            Mouse::Press(..) => DispatchMouseEventType::MousePressed,
            Mouse::Release(..) => DispatchMouseEventType::MouseReleased,
        };
        let mut command = DispatchMouseEventParams::new(kind, x, y);
        let bit = |button| match button {
            Button::Left => (MouseButton::Left, 1),
            Button::Right => (MouseButton::Right, 2),
            Button::Middle => (MouseButton::Middle, 4),
        };
        match what {
            Mouse::Move => {}
            Mouse::Drag => (command.button, command.buttons) = (Some(MouseButton::Left), Some(1)),
            Mouse::Press(button, count) | Mouse::Release(button, count) => {
                let (name, held) = bit(button);
                command.button = Some(name);
                command.click_count = Some(i64::from(count));
                command.buttons = Some(if matches!(what, Mouse::Press(..)) { held } else { 0 });
            }
        }
        self.connection.call(Some(&self.id), &command, until).await.map(|_| ())
    }

    /// Has drags that the page knows of told to us instead of to the system, or no longer.
    pub(crate) async fn intercept_drags(&self, on: bool, until: Until) -> Result<(), CallError> {
        self.connection.call(Some(&self.id), &SetInterceptDragsParams::new(on), until).await.map(|_| ())
    }

    /// Goes on with a drag that was told to us. `data` is what came with it.
    pub(crate) async fn drag(&self, what: Dragged, (x, y): (f64, f64), data: &Value, until: Until) -> Result<(), CallError> {
        let kind = match what {
            Dragged::Enter => DispatchDragEventType::DragEnter,
            Dragged::Over => DispatchDragEventType::DragOver,
            Dragged::Drop => DispatchDragEventType::Drop,
            Dragged::Cancel => DispatchDragEventType::DragCancel,
        };
        let data: DragData = serde_json::from_value(data.clone()).map_err(|error| CallError::Unreadable(error.to_string()))?;
        self.connection.call(Some(&self.id), &DispatchDragEventParams::new(kind, x, y, data), until).await.map(|_| ())
    }

    /// Presses and releases a key.
    pub(crate) async fn key(&self, key: &Key, until: Until) -> Result<(), CallError> {
        let kind = if key.text.is_empty() { DispatchKeyEventType::RawKeyDown } else { DispatchKeyEventType::KeyDown };
        for kind in [kind, DispatchKeyEventType::KeyUp] {
            let mut command = DispatchKeyEventParams::new(kind.clone());
            command.key = Some(key.name.clone());
            command.code = Some(key.code.clone());
            command.windows_virtual_key_code = Some(key.number);
            command.modifiers = Some(key.modifiers);
            if kind == DispatchKeyEventType::KeyDown {
                command.text = Some(key.text.clone());
            }
            if kind != DispatchKeyEventType::KeyUp && !key.command.is_empty() {
                command.commands = Some(vec![key.command.to_owned()]);
            }
            self.connection.call(Some(&self.id), &command, until).await?;
        }
        Ok(())
    }

    /// Puts text in at the caret, as an input method does.
    pub(crate) async fn insert_text(&self, text: &str, until: Until) -> Result<(), CallError> {
        self.connection.call(Some(&self.id), &InsertTextParams::new(text), until).await.map(|_| ())
    }
}
