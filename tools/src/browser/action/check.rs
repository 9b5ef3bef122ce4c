//! Check: a checkbox, radio or switch is clicked, only if it is not yet as wanted, and must then be so.

use handiwork_core::action::Button;
use handiwork_core::{Change, Context, Receipt, Resolved};

use super::super::Browser;
use super::super::cdp::Until;
use super::super::watch::Counts;
use super::{Halt, already, verdict};

impl Browser {
    pub(super) async fn check(&self, cx: &Context, resolved: &Resolved, checked: bool, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        if found.facts.checked == if checked { "checked" } else { "unchecked" } {
            return Ok(already());
        }
        let act = async { self.press_mouse(&found, Button::Left, 1, until).await.map(|()| Vec::new()) };
        let changes = self.acting(cx, Some((found.r#ref, found.id)), Counts::default(), until, act).await?;
        let now = changes.iter().find_map(|change| match change {
            Change::Checked { r#ref, checked } if *r#ref == found.r#ref => Some(*checked),
            _ => None,
        });
        // Something else may have moved; what was asked for is this.
        let left =
            changes.iter().any(|change| matches!(change, Change::Navigated { .. } | Change::TabOpened { .. } | Change::Dialog { .. }));
        Ok(if now == Some(checked) || left { verdict(changes) } else { Receipt::NoEffect })
    }
}
