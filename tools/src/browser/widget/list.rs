//! Lists: ARIA comboboxes and listboxes, autocompletion with and without roles, dropdowns that are drawn by a script.
//!
//! Opened by a click, or by typing where text can be typed; an option that is further down a list that is drawn in parts is
//! scrolled to. Whether the option was taken is read off the control.

use std::time::Duration;

use handiwork_core::{Change, Context, Reason, Receipt};
use serde_json::json;
use tokio::time::Instant;

use super::super::Browser;
use super::super::action::{Found, Halt, already, keys, type_keys, verdict};
use super::super::cdp::{CallError, Until};
use super::{Item, Offer, TICK, Widget, named, not_among, wrong_kind};

/// How long a list may take to open.
const OPENS: Duration = Duration::from_millis(1200);
/// The same for a text field, which may well have none until something is typed.
const OPENS_TEXT: Duration = Duration::from_millis(350);
/// How long a list may take to show what was typed; it may ask a server first.
const SUGGESTS: Duration = Duration::from_secs(3);
/// How long a control may take to show what was chosen.
const TAKES: Duration = Duration::from_secs(2);
/// How often an item may be made anew under the hand.
const REDRAWN: usize = 5;
/// Most pages of a long list.
const PAGES: usize = 80;

impl Browser {
    pub(super) async fn choose_in_list(
        &self,
        cx: &Context,
        found: &Found,
        widget: &Widget,
        option: &str,
        until: Until,
    ) -> Result<Receipt, Halt> {
        let mut typed = String::new();
        let mut was_so = false;
        let work = async {
            self.ask::<bool>(found, "noteBoxes", json!([found.id]), until).await?;
            let item = match self.find_option(cx, found, widget, option, &mut typed, until).await {
                Ok(item) => item,
                Err(halt) => {
                    self.back_out(found, widget, !typed.is_empty(), until).await;
                    return Err(halt);
                }
            };
            if item.disabled {
                self.back_out(found, widget, !typed.is_empty(), until).await;
                return Err(Reason::Disabled.into());
            }
            if widget.kind == "listbox" && item.picked {
                was_so = true;
                return Ok(vec![Change::Selected { r#ref: found.r#ref, option: cx.secrets().redact(&item.name) }]);
            }
            let item = match self.press_option(found, item, until).await {
                Ok(item) => item,
                Err(halt) => {
                    self.back_out(found, widget, !typed.is_empty(), until).await;
                    return Err(halt);
                }
            };
            let args = json!([found.id, item.id, item.name, typed]);
            let shown = wait_for!(
                TAKES,
                until,
                match self.ask::<bool>(found, "showsChoice", args.clone(), until).await {
                    Ok(shown) => shown.then_some(true),
                    // The page was left by it, which is looked at by whoever acts.
                    Err(_) => Some(false),
                }
            );
            Ok(match shown {
                Some(true) => vec![Change::Selected { r#ref: found.r#ref, option: cx.secrets().redact(&item.name) }],
                _ => Vec::new(),
            })
        };
        let mut changes = self.in_steps(cx, found, until, work).await?;
        if was_so {
            return Ok(already());
        }
        let chosen = changes.iter().any(|change| matches!(change, Change::Selected { .. }));
        let left = changes.iter().any(|change| {
            matches!(change, Change::Navigated { .. } | Change::TabOpened { .. } | Change::Dialog { .. } | Change::DialogOpened { .. })
        });
        if !chosen && !left && (widget.text || widget.kind == "listbox" || found.facts.role == "combobox" || widget.popup == "listbox") {
            // Something moved, but the control does not hold what was asked for.
            return Ok(Receipt::NoEffect);
        }
        changes.retain(|change| !matches!(change, Change::Value { r#ref, .. } if chosen && *r#ref == found.r#ref));
        Ok(verdict(changes))
    }

    /// Clicks an option. A list that is drawn in parts makes its items anew as it is scrolled: the one of that name is meant.
    async fn press_option(&self, found: &Found, mut item: Item, until: Until) -> Result<Item, Halt> {
        for _ in 0..REDRAWN {
            match self.part_of(found, item.id, until).await {
                Ok(part) => return self.press_part(&part, until).await.map(|()| item),
                Err(Halt::Refused(Reason::Stale { .. })) => {
                    let now = self.offer(found, false, until).await?;
                    item = named(&now.items, &item.name).cloned().ok_or(Reason::Moving)?;
                }
                Err(halt) => return Err(halt),
            }
        }
        Err(Reason::Moving.into())
    }

    /// The option, with the list that it is in open.
    async fn find_option(
        &self,
        cx: &Context,
        found: &Found,
        widget: &Widget,
        option: &str,
        typed: &mut String,
        until: Until,
    ) -> Result<Item, Halt> {
        let writable = widget.text && !found.facts.readonly;
        let mut offer = if widget.kind == "listbox" || widget.expanded { self.offer(found, false, until).await? } else { Offer::default() };
        if offer.items.is_empty() {
            self.press_part(found, until).await?;
            offer = self.opened(found, if writable { OPENS_TEXT } else { OPENS }, until).await?;
        }
        if offer.items.is_empty() && !writable {
            self.ask::<bool>(found, "setFocus", json!([found.id]), until).await?;
            self.press_key(found, "ArrowDown", until).await?;
            offer = self.opened(found, OPENS, until).await?;
        }
        if let Some(item) = named(&offer.items, option) {
            return Ok(item.clone());
        }
        let mut seen = offer.items.clone();
        if let Some(item) = self.further_down(found, &offer, option, &mut seen, until).await? {
            return Ok(item);
        }
        if writable {
            self.ask::<bool>(found, "setFocus", json!([found.id, { "select": true }]), until).await?;
            let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::during)?;
            option.clone_into(typed);
            type_keys(&tab.session, option, until).await.map_err(Halt::during)?;
            let mut last = Offer::default();
            let item = wait_for!(SUGGESTS, until, {
                let now = self.offer(found, false, until).await?;
                let item = named(&now.items, option).cloned();
                if !now.items.is_empty() {
                    last = now;
                }
                item
            });
            if let Some(item) = item {
                return Ok(item);
            }
            seen.extend(last.items);
        }
        // A combobox has a list, even if there is nothing in it for what was typed.
        let lists = found.facts.role == "combobox" || widget.popup == "listbox";
        if seen.is_empty() && !lists { Err(wrong_kind(found, "something with a list to choose from")) } else { Err(not_among(cx, &seen)) }
    }

    /// What is offered once the list has opened; nothing if it does not open.
    async fn opened(&self, found: &Found, patience: Duration, until: Until) -> Result<Offer, Halt> {
        let offer = wait_for!(patience, until, {
            let now = self.offer(found, false, until).await?;
            (!now.items.is_empty()).then_some(now)
        });
        Ok(offer.unwrap_or_default())
    }

    /// The option in a list of which only a part is drawn.
    async fn further_down(
        &self,
        found: &Found,
        offer: &Offer,
        option: &str,
        seen: &mut Vec<Item>,
        until: Until,
    ) -> Result<Option<Item>, Halt> {
        for _ in 0..PAGES {
            if offer.r#box == 0 || until.is_over() || !self.ask::<bool>(found, "scrollItems", json!([offer.r#box]), until).await? {
                break;
            }
            tokio::time::sleep(TICK).await;
            let now = self.offer(found, false, until).await?;
            if let Some(item) = named(&now.items, option) {
                return Ok(Some(item.clone()));
            }
            seen.extend(now.items);
        }
        Ok(None)
    }

    /// Leaves a widget as it was found: what was typed is put back, what was opened is closed.
    pub(super) async fn back_out(&self, found: &Found, widget: &Widget, typed: bool, until: Until) {
        let Some(tab) = self.state().tab(found.tab) else { return };
        if typed {
            let _ = self.tell(found, "setFocus", &json!([found.id, { "select": true }]), until).await;
            let _ = if widget.shown.is_empty() {
                tab.session.key(&keys::named("Backspace"), until).await
            } else {
                tab.session.insert_text(&widget.shown, until).await
            };
        }
        if typed {
            // What was put back may be looked up as well.
            let _ = self.opened(found, OPENS, until).await;
        }
        let open = self.offer(found, true, until).await.is_ok_and(|offer| !offer.items.is_empty());
        if open && !widget.expanded && widget.kind != "listbox" {
            let _ = tab.session.key(&keys::named("Escape"), until).await;
            let end = Instant::now() + OPENS_TEXT;
            while Instant::now() < end && self.offer(found, true, until).await.is_ok_and(|offer| !offer.items.is_empty()) {
                tokio::time::sleep(TICK).await;
            }
            if Instant::now() >= end && !widget.text {
                // It does not know Escape: another click closes what the first one opened.
                let _ = self.press_part(found, until).await;
            }
        }
    }

    /// A field with suggestions of the browser's own: they are drawn by the system, so the text is put in.
    pub(super) async fn choose_suggested(
        &self,
        cx: &Context,
        found: &Found,
        widget: &Widget,
        option: &str,
        until: Until,
    ) -> Result<Receipt, Halt> {
        let wanted = super::fold(option);
        let Some(text) = widget.options.iter().find(|known| super::fold(known) == wanted) else {
            let options = widget.options.iter().map(|option| cx.secrets().redact(option)).collect();
            return Err(Reason::NoSuchOption { options }.into());
        };
        if *text == widget.shown {
            return Ok(already());
        }
        let work = async {
            self.ask::<bool>(found, "setFocus", json!([found.id, { "select": true }]), until).await?;
            let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::during)?;
            tab.session.insert_text(text, until).await.map_err(Halt::during)?;
            Ok(Vec::new())
        };
        let changes = self.in_steps(cx, found, until, work).await?;
        let holds: bool = self.ask(found, "holds", json!([found.id, text]), until).await?;
        Ok(if holds { verdict(changes) } else { Receipt::NoEffect })
    }
}
