//! Click: the mouse is moved there, pressed and released, as by a person.

use handiwork_core::{Context, Receipt, Resolved};

use super::super::Browser;
use super::super::cdp::{CallError, Mouse, Until};
use super::super::watch::Counts;
use super::{Found, Halt, verdict};

/// Roles in which a click is there to put the focus.
const TEXT: &[&str] = &["textbox", "searchbox", "spinbutton", "combobox"];

impl Browser {
    pub(super) async fn click(&self, cx: &Context, resolved: &Resolved, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        let counts = Counts { focus: TEXT.contains(&found.facts.role.as_str()) };
        let act = async { self.press_mouse(&found, until).await.map(|()| Vec::new()) };
        let changes = self.acting(cx, Some((found.r#ref, found.id)), counts, until, act).await?;
        Ok(verdict(changes))
    }

    /// One click on the point of the element that was found to get it.
    pub(super) async fn press_mouse(&self, found: &Found, until: Until) -> Result<(), CallError> {
        let tab = self.state.tab(found.tab).ok_or(CallError::Detached)?;
        let point = found.facts.point.ok_or_else(|| CallError::Remote("the element has no place".to_owned()))?;
        for what in [Mouse::Move, Mouse::Press, Mouse::Release] {
            tab.session.mouse(what, point, until).await?;
        }
        Ok(())
    }
}
