//! Press: a key or a chord, to an element or to whatever has the focus.

use handiwork_core::action::Press;
use handiwork_core::{Context, Reason, Receipt, Resolved};
use serde_json::json;

use super::super::Browser;
use super::super::cdp::Until;
use super::super::watch::Counts;
use super::{Halt, keys, verdict};

impl Browser {
    pub(super) async fn press(&self, cx: &Context, resolved: &Resolved, args: &Press, until: Until) -> Result<Receipt, Halt> {
        let key = keys::parse(&args.keys).map_err(|problem| Reason::BadArguments { problem })?;
        let found = self.again(cx, resolved, until).await?;
        let tab = self.tab().map_err(Halt::before)?;
        let target = found.as_ref().map(|found| (found.r#ref, found.id));
        if let Some(found) = found.as_ref().filter(|_| args.r#ref.is_some()) {
            // Putting the focus there is not yet the effect that is looked for.
            self.tell(found, "setFocus", &json!([found.id]), until).await.map_err(Halt::before)?;
        }
        let act = async { tab.session.key(&key, until).await.map(|()| Vec::new()) };
        let changes = self.acting(cx, target, Counts { focus: true, place: true, ..Counts::default() }, until, act).await?;
        Ok(verdict(changes))
    }
}
