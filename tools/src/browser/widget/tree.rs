//! Trees: `A > B > C` is opened level by level, and the last one picked.
//!
//! Opening a level is nothing that is asked for, so the watch for effects begins only at the pick.

use std::time::Duration;

use handiwork_core::{Change, Context, Reason, Receipt};
use serde_json::json;
use tokio::time::Instant;

use super::super::Browser;
use super::super::action::{Found, Halt, already, verdict};
use super::super::cdp::Until;
use super::{Item, TICK, Widget, levels, named, not_among};

/// How long a level may take to open; it may ask a server first.
const OPENS: Duration = Duration::from_millis(2500);

impl Browser {
    pub(super) async fn choose_in_tree(
        &self,
        cx: &Context,
        found: &Found,
        widget: &Widget,
        option: &str,
        until: Until,
    ) -> Result<Receipt, Halt> {
        let way = levels(option);
        let roots = self.offer(found, false, until).await?.items;
        let mut items = roots;
        if found.facts.role == "treeitem" && way.first().is_some_and(|first| named(&items, first).is_none()) {
            // The way begins inside of the item that was named by its ref.
            let own = Item { id: found.id, name: widget.own.clone(), closed: !widget.expanded, more: true, ..Item::default() };
            items = self.open_branch(found, &own, way.first().copied().unwrap_or_default(), until).await?;
        }
        let mut last: Option<Item> = None;
        for (depth, name) in way.iter().enumerate() {
            let Some(item) = named(&items, name).cloned() else { return Err(not_among(cx, &items)) };
            if let Some(next) = way.get(depth + 1) {
                items = self.open_branch(found, &item, next, until).await?;
            }
            last = Some(item);
        }
        let Some(item) = last else { return Err(Reason::BadArguments { problem: "say which item of the tree".to_owned() }.into()) };
        if item.picked {
            return Ok(already());
        }
        if item.disabled {
            return Err(Reason::Disabled.into());
        }
        let grip: u64 = self.ask(found, "gripOf", json!([item.id]), until).await?;
        let part = self.part_of(found, grip, until).await?;
        let work = async {
            self.ask::<bool>(found, "noteBoxes", json!([found.id]), until).await?;
            self.press_part(&part, until).await?;
            let picked = self.ask::<bool>(found, "showsChoice", json!([0, item.id, item.name, ""]), until).await.unwrap_or(false);
            Ok(if picked { vec![Change::Selected { r#ref: found.r#ref, option: cx.secrets().redact(&item.name) }] } else { Vec::new() })
        };
        let changes = self.in_steps(cx, found, until, work).await?;
        Ok(verdict(changes))
    }

    /// Opens an item, if it is closed, and gives what is inside of it.
    async fn open_branch(&self, found: &Found, item: &Item, wanted: &str, until: Until) -> Result<Vec<Item>, Halt> {
        let inside = || self.ask::<Vec<Item>>(found, "branchItems", json!([item.id]), until);
        let mut items = inside().await?;
        if !item.closed && !items.is_empty() {
            // It is open, and would be closed by a click; what it lacks may still be on its way.
            let late = wait_for!(OPENS / 2, until, {
                items = inside().await?;
                named(&items, wanted).is_some().then(|| items.clone())
            });
            return Ok(late.unwrap_or(items));
        }
        let toggle: u64 = self.ask(found, "toggleOf", json!([item.id]), until).await?;
        let grip: u64 = self.ask(found, "gripOf", json!([item.id]), until).await?;
        let mut ways = vec![toggle, grip];
        ways.retain(|id| *id != 0);
        ways.dedup();
        for (n, id) in ways.iter().enumerate() {
            let part = self.part_of(found, *id, until).await?;
            self.press_part(&part, until).await?;
            // A sign that was none is given up soon; a name that was clicked may open by the key that opens.
            let patience = if n + 1 < ways.len() { OPENS / 3 } else { OPENS / 2 };
            if let Some(shown) = wait_for!(patience, until, {
                let now = inside().await?;
                named(&now, wanted).is_some().then_some(now)
            }) {
                return Ok(shown);
            }
            items = inside().await?;
            if !items.is_empty() {
                return Ok(items);
            }
        }
        self.press_key(found, "ArrowRight", until).await?;
        let shown = wait_for!(OPENS, until, {
            items = inside().await?;
            named(&items, wanted).is_some().then(|| items.clone())
        });
        Ok(shown.unwrap_or(items))
    }
}
