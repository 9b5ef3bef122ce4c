//! Tabs: another one is put on the screen.

use handiwork_core::{Change, Context, Reason, Receipt};

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::super::state::Tab;
use super::{Halt, already};

impl Browser {
    /// The tab of that number, or which there are.
    pub(super) fn known_tab(&self, number: u32) -> Result<Tab, Reason> {
        self.state.tab(number).ok_or_else(|| Reason::NoSuchTab { open: self.state.tabs().iter().map(|tab| tab.number).collect() })
    }

    pub(super) async fn switch_tab(&self, cx: &Context, number: u32, until: Until) -> Result<Receipt, Halt> {
        let tab = self.known_tab(number)?;
        if self.state.active().is_some_and(|active| active.number == number) {
            return Ok(already());
        }
        self.state.activate(number);
        match tab.session.bring_to_front(until).await {
            Ok(()) | Err(CallError::Detached) => {}
            Err(error) => return Err(Halt::during(error)),
        }
        if let Ok(look) = self.look(cx, false, until).await {
            self.remember(look);
        }
        Ok(Receipt::Verified { changes: vec![Change::TabSwitched { number }] })
    }
}
