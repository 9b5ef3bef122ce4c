//! The mouse: clicks of every kind, and resting over something. It is moved there, pressed and released, as by a person.

use handiwork_core::action::{Button, ClickAt};
use handiwork_core::{Context, Reason, Receipt, Resolved};
use serde_json::json;

use super::super::Browser;
use super::super::cdp::{CallError, Mouse, Until};
use super::super::watch::Counts;
use super::{Found, Halt, verdict};

/// Roles in which a click is there to put the focus.
const TEXT: &[&str] = &["textbox", "searchbox", "spinbutton", "combobox"];

impl Browser {
    pub(super) async fn click(&self, cx: &Context, resolved: &Resolved, button: Button, times: u8, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        let counts = Counts { focus: TEXT.contains(&found.facts.role.as_str()), ..Counts::default() };
        let act = async { self.press_mouse(&found, button, times, until).await.map(|()| Vec::new()) };
        let changes = self.acting(cx, Some((found.r#ref, found.id)), counts, until, act).await?;
        Ok(verdict(changes))
    }

    /// Clicks on the point of the element that was found to get them.
    pub(crate) async fn press_mouse(&self, found: &Found, button: Button, times: u8, until: Until) -> Result<(), CallError> {
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached)?;
        let point = found.facts.point.ok_or_else(|| CallError::Remote("the element has no place".to_owned()))?;
        tab.session.mouse(Mouse::Move, point, until).await?;
        // How it looks with the mouse over it is not what the click does to it; a look that is still being loaded has no size.
        let frames = self.tell(found, "under", &json!([found.id]), until).await?;
        if frames.as_i64().is_some_and(|frames| frames > 0) {
            tab.session.mouse(Mouse::Move, point, until).await?;
        }
        for count in 1..=times {
            tab.session.mouse(Mouse::Press(button, count), point, until).await?;
            tab.session.mouse(Mouse::Release(button, count), point, until).await?;
        }
        Ok(())
    }

    pub(super) async fn hover(&self, cx: &Context, resolved: &Resolved, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::before)?;
        let point = found.facts.point.ok_or(Halt::Refused(Reason::Hidden))?;
        let act = async {
            // A mouse that is there already enters nothing.
            tab.session.mouse(Mouse::Move, (point.0 + 1.0, point.1), until).await?;
            tab.session.mouse(Mouse::Move, point, until).await.map(|()| Vec::new())
        };
        let changes = self.acting(cx, Some((found.r#ref, found.id)), Counts::default(), until, act).await?;
        Ok(verdict(changes))
    }

    pub(super) async fn click_at(&self, cx: &Context, resolved: &Resolved, args: &ClickAt, until: Until) -> Result<Receipt, Halt> {
        let found = self.again(cx, resolved, until).await?;
        let tab = self.tab().map_err(Halt::before)?;
        let place = if let Some(found) = &found {
            found.facts.place()
        } else {
            let (width, height) = self.viewport();
            handiwork_core::Rect { x: 0.0, y: 0.0, w: f64::from(width), h: f64::from(height) }
        };
        if !(0.0..=place.w).contains(&args.x) || !(0.0..=place.h).contains(&args.y) {
            return Err(Reason::OutOfView { width: place.w, height: place.h }.into());
        }
        let point = (place.x + args.x, place.y + args.y);
        let (button, times) = (args.button.unwrap_or_default(), args.count.unwrap_or(1).clamp(1, 3));
        let counts = Counts { picture: true, ..Counts::default() };
        let act = async {
            tab.session.mouse(Mouse::Move, point, until).await?;
            if let Some(found) = &found {
                self.tell(found, "notePaint", &json!([found.id]), until).await?;
            }
            for count in 1..=times {
                tab.session.mouse(Mouse::Press(button, count), point, until).await?;
                tab.session.mouse(Mouse::Release(button, count), point, until).await?;
            }
            Ok(Vec::new())
        };
        let changes = self.acting(cx, found.as_ref().map(|found| (found.r#ref, found.id)), counts, until, act).await?;
        Ok(verdict(changes))
    }
}
