//! Menus, with menus inside of them: `File > Save`. A level is opened by resting on it, else by a click.
//!
//! What is chosen in a menu is a command, so the verdict is by its effect: that the menu closed is none.

use std::collections::BTreeSet;
use std::time::Duration;

use handiwork_core::{Context, Reason, Receipt};
use serde_json::json;
use tokio::time::Instant;

use super::super::Browser;
use super::super::action::{Found, Halt, verdict};
use super::super::cdp::{CallError, Mouse, Until};
use super::{Item, TICK, Widget, levels, named, not_among, wrong_kind};

/// How long a menu may take to open by resting on it, and by a click.
const RESTS: Duration = Duration::from_millis(300);
const OPENS: Duration = Duration::from_millis(1200);

impl Browser {
    pub(super) async fn choose_in_menu(
        &self,
        cx: &Context,
        found: &Found,
        widget: &Widget,
        option: &str,
        until: Until,
    ) -> Result<Receipt, Halt> {
        let mut way = levels(option);
        let bar = matches!(found.facts.role.as_str(), "menu" | "menubar");
        if !bar && way.len() > 1 && way.first().is_some_and(|first| super::fold(first) == super::fold(&widget.own)) {
            way.remove(0);
        }
        if way.is_empty() {
            return Err(Reason::BadArguments { problem: "say which item of the menu".to_owned() }.into());
        }
        let work = async {
            self.ask::<bool>(found, "noteBoxes", json!([found.id]), until).await?;
            let done = self.walk_menu(cx, found, widget, &way, bar, until).await;
            if done.is_err() {
                self.back_out(found, widget, false, until).await;
            }
            done.map(|()| Vec::new())
        };
        let changes = self.in_steps(cx, found, until, work).await?;
        Ok(verdict(changes))
    }

    async fn walk_menu(&self, cx: &Context, found: &Found, widget: &Widget, way: &[&str], bar: bool, until: Until) -> Result<(), Halt> {
        let mut known = BTreeSet::new();
        let mut items = self.all_items(found, until).await?;
        if !bar && !widget.expanded {
            known.extend(items.iter().map(|item| item.id));
            items = self.open_level(found, found, way.first().copied().unwrap_or_default(), &known, until).await?;
        } else if !bar {
            items.retain(|item| item.id != found.id);
        }
        let mut from: Option<(f64, f64)> = None;
        for (depth, name) in way.iter().enumerate() {
            let Some(item) = named(&items, name).cloned() else {
                return Err(if items.is_empty() { wrong_kind(found, "something that opens a menu") } else { not_among(cx, &items) });
            };
            if item.disabled {
                return Err(Reason::Disabled.into());
            }
            let grip: u64 = self.ask(found, "gripOf", json!([item.id]), until).await?;
            let part = self.part_of(found, grip, until).await?;
            if let (Some((_, y)), Some((x, _)), Some(tab)) = (from, part.facts.point, self.state().tab(found.tab)) {
                // Along the level first, so that the mouse does not leave it on its way into the next.
                tab.session.mouse(Mouse::Move, (x, y), until).await.map_err(Halt::during)?;
            }
            from = part.facts.point;
            let Some(next) = way.get(depth + 1) else { return self.press_part(&part, until).await };
            known.extend(items.iter().map(|item| item.id));
            items = self.open_level(found, &part, next, &known, until).await?;
        }
        Ok(())
    }

    /// Everything that is offered, wherever it is drawn.
    async fn all_items(&self, found: &Found, until: Until) -> Result<Vec<Item>, Halt> {
        let mut items = self.offer(found, false, until).await?.items;
        for item in self.offer(found, true, until).await?.items {
            if items.iter().all(|known| known.id != item.id) {
                items.push(item);
            }
        }
        Ok(items)
    }

    /// Opens a level and gives what is new in it. One that opens by itself when the mouse rests on it is not clicked, for that
    /// would close it again.
    async fn open_level(&self, found: &Found, part: &Found, wanted: &str, known: &BTreeSet<u64>, until: Until) -> Result<Vec<Item>, Halt> {
        let fresh = |items: Vec<Item>| items.into_iter().filter(|item| !known.contains(&item.id)).collect::<Vec<_>>();
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::during)?;
        let point = part.facts.point.ok_or(Reason::Hidden)?;
        tab.session.mouse(Mouse::Move, point, until).await.map_err(Halt::during)?;
        let shown = wait_for!(RESTS, until, {
            let now = fresh(self.all_items(found, until).await?);
            named(&now, wanted).is_some().then_some(now)
        });
        if let Some(items) = shown {
            return Ok(items);
        }
        // One that was about to open by itself is closed by the first click, and opened by the second.
        for _ in 0..2 {
            self.press_part(part, until).await?;
            let shown = wait_for!(OPENS, until, {
                let now = fresh(self.all_items(found, until).await?);
                named(&now, wanted).is_some().then_some(now)
            });
            let items = match shown {
                Some(items) => items,
                None => fresh(self.all_items(found, until).await?),
            };
            if !items.is_empty() {
                return Ok(items);
            }
        }
        Ok(Vec::new())
    }
}
