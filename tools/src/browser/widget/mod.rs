//! Compound widgets: what a person does with one in several steps is one action here, ended by what the widget shows.
//!
//! A family is a file. Each opens what belongs to the control, works it by mouse and keys as a person would, and reads the
//! control back. The one decision: a choice counts as made only when the widget shows it; a widget that we opened in vain is
//! closed again, and the model is told what was offered.

/// Waits until a probe gives something, for a time at the longest.
macro_rules! wait_for {
    ($patience:expr, $until:expr, $probe:expr) => {{
        let end = Instant::now() + $patience;
        loop {
            if let Some(found) = $probe {
                break Some(found);
            }
            if Instant::now() >= end || $until.is_over() {
                break None;
            }
            tokio::time::sleep(TICK).await;
        }
    }};
}

mod calendar;
mod dial;
mod list;
mod menu;
mod tree;

use std::time::Duration;

use handiwork_core::action::Button;
use handiwork_core::{Change, Context, Reason, Receipt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Browser;
use super::action::{Facts, Found, Halt, keys};
use super::cdp::{CallError, Until};
use super::watch::Counts;

/// Between two questions to a page that is changing.
const TICK: Duration = Duration::from_millis(40);
/// How long a part may move before it is used all the same.
const MOVING: Duration = Duration::from_millis(800);

/// What a control is, as far as several steps go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Widget {
    /// `native`, `datalist`, `slider`, `spinner`, `listbox`, `tree`, `menu`, `text`, or `opener` for all else.
    kind: String,
    /// Text can be typed into it, if it is not readonly.
    text: bool,
    /// Its `aria-haspopup`.
    popup: String,
    expanded: bool,
    /// Its own name.
    own: String,
    /// What it shows now.
    shown: String,
    multiple: bool,
    /// Options of a datalist.
    options: Vec<String>,
}

/// One of the things that a list, menu or tree offers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Item {
    id: u64,
    name: String,
    picked: bool,
    disabled: bool,
    /// It can be opened, and is not.
    closed: bool,
    /// There is something inside of it.
    more: bool,
}

/// What is offered, and in which box.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Offer {
    items: Vec<Item>,
    r#box: u64,
}

impl Browser {
    /// Chooses an option in anything but a native select.
    pub(crate) async fn choose_in(&self, cx: &Context, found: &Found, option: &str, until: Until) -> Result<Receipt, Halt> {
        let widget: Widget = self.ask(found, "widgetOf", json!([found.id]), until).await?;
        match widget.kind.as_str() {
            "datalist" => self.choose_suggested(cx, found, &widget, option, until).await,
            "tree" => self.choose_in_tree(cx, found, &widget, option, until).await,
            "menu" => self.choose_in_menu(cx, found, &widget, option, until).await,
            "opener" if matches!(widget.popup.as_str(), "menu" | "true") => self.choose_in_menu(cx, found, &widget, option, until).await,
            "slider" | "spinner" => Err(wrong_kind(found, "a list to choose from; use fill to set its value")),
            _ => self.choose_in_list(cx, found, &widget, option, until).await,
        }
    }

    /// Sets what is no plain text field, or a text field by its calendar. `None` if it is to be filled as any other field.
    pub(crate) async fn set_widget(&self, cx: &Context, found: &Found, text: &str, until: Until) -> Result<Option<Receipt>, Halt> {
        let writable = found.facts.editable && !found.facts.readonly;
        let day = calendar::day_of(text);
        if writable && (day.is_none() || found.facts.tag != "input" || !matches!(found.facts.kind.as_str(), "text" | "")) {
            return Ok(None);
        }
        let widget: Widget = self.ask(found, "widgetOf", json!([found.id]), until).await?;
        if let (Some(day), "text" | "opener") = (day, widget.kind.as_str())
            && let Some(receipt) = self.fill_day(cx, found, &widget, day, until).await?
        {
            return Ok(Some(receipt));
        }
        match widget.kind.as_str() {
            _ if writable => Ok(None),
            "slider" | "spinner" => self.fill_dial(cx, found, text, widget.kind == "spinner", until).await.map(Some),
            "text" => self.fill_dial(cx, found, text, true, until).await.map(Some),
            "listbox" => self.choose_in_list(cx, found, &widget, text, until).await.map(Some),
            "opener" if found.facts.role == "combobox" || widget.popup == "listbox" => {
                self.choose_in_list(cx, found, &widget, text, until).await.map(Some)
            }
            _ => Err(Reason::NotEditable { role: found.facts.role.clone() }.into()),
        }
    }

    /// Asks our script about a widget.
    async fn ask<T: DeserializeOwned>(&self, found: &Found, function: &str, args: Value, until: Until) -> Result<T, Halt> {
        let answer = self.tell(found, function, &args, until).await.map_err(Halt::during)?;
        serde_json::from_value(answer).map_err(|error| Halt::during(CallError::Unreadable(format!("{function}: {error}"))))
    }

    /// A part of a widget, brought into view and standing still.
    async fn part_of(&self, owner: &Found, id: u64, until: Until) -> Result<Found, Halt> {
        let end = Instant::now() + MOVING;
        loop {
            let facts: Facts = self.ask(owner, "inspect", json!([id, { "scroll": true, "still": true }]), until).await?;
            if facts.state != "there" {
                return Err(Reason::Stale { r#ref: owner.r#ref }.into());
            }
            let lifted = self.lift(owner.tab, &owner.token, facts, until).await.map_err(Halt::during)?;
            let facts = lifted.ok_or(Reason::Stale { r#ref: owner.r#ref })?;
            if Instant::now() < end && !until.is_over() && (facts.moving || facts.point.is_none()) {
                continue;
            }
            if facts.point.is_none() {
                return Err(if facts.hidden { Reason::Hidden } else { Reason::Covered { by: facts.cover } }.into());
            }
            return Ok(Found { r#ref: owner.r#ref, id, tab: owner.tab, token: owner.token.clone(), facts });
        }
    }

    /// A click on a part of a widget, or on the control itself.
    async fn press_part(&self, part: &Found, until: Until) -> Result<(), Halt> {
        match self.press_mouse(part, Button::Left, 1, until).await {
            // The page was left by it: what came of that is looked at by whoever acts.
            Ok(()) | Err(CallError::Detached) => Ok(()),
            Err(error) => Err(Halt::during(error)),
        }
    }

    pub(crate) async fn press_key(&self, found: &Found, name: &str, until: Until) -> Result<(), Halt> {
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::during)?;
        tab.session.key(&keys::named(name), until).await.map_err(Halt::during)
    }

    /// What is offered now; with `fresh` only what was drawn since the widget was first touched.
    async fn offer(&self, found: &Found, fresh: bool, until: Until) -> Result<Offer, Halt> {
        let offer: Option<Offer> = self.ask(found, "offered", json!([found.id, fresh]), until).await?;
        Ok(offer.unwrap_or_default())
    }

    /// Does several steps as one action. An error among them is the outcome.
    async fn in_steps<W>(&self, cx: &Context, found: &Found, until: Until, work: W) -> Result<Vec<Change>, Halt>
    where
        W: Future<Output = Result<Vec<Change>, Halt>> + Send,
    {
        let mut halt = None;
        let act = async {
            work.await.map_err(|error| {
                halt = Some(error);
                CallError::Remote("the widget could not be used".to_owned())
            })
        };
        let done = self.acting(cx, Some((found.r#ref, found.id)), Counts::default(), until, act).await;
        match halt {
            Some(halt) => {
                if let Ok(look) = self.look(cx, false, until).await {
                    self.remember(look);
                }
                Err(halt)
            }
            None => done,
        }
    }
}

/// It is not a widget of the kind that was asked for.
fn wrong_kind(found: &Found, wanted: &str) -> Halt {
    Reason::WrongKind { role: found.facts.role.clone(), wanted: wanted.to_owned() }.into()
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The item of that name, capitals aside.
fn named<'a>(items: &'a [Item], name: &str) -> Option<&'a Item> {
    let wanted = fold(name);
    items.iter().find(|item| item.name.trim() == name.trim()).or_else(|| items.iter().find(|item| fold(&item.name) == wanted))
}

/// The names of a way through levels: `File > Save`.
fn levels(option: &str) -> Vec<&str> {
    option.split('>').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// What was offered, told when the option that was asked for is not there.
fn not_among(cx: &Context, items: &[Item]) -> Halt {
    let mut options: Vec<String> = Vec::new();
    for item in items {
        let name = cx.secrets().redact(&item.name);
        if !options.contains(&name) && options.len() < 60 {
            options.push(name);
        }
    }
    Reason::NoSuchOption { options }.into()
}
