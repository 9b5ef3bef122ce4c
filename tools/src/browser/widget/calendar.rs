//! Date pickers: a field or a button with a calendar that pops up. It is turned to the month by its own buttons or selects, the
//! day is clicked, and the field must show that date, in whatever order it writes it.

use std::time::Duration;

use handiwork_core::{Change, Context, Reason, Receipt};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::super::Browser;
use super::super::action::{Found, Halt, already, verdict};
use super::super::cdp::Until;
use super::{TICK, Widget};

/// How long a calendar may take to open, to turn, and to write the date.
const OPENS: Duration = Duration::from_millis(700);
const TURNS: Duration = Duration::from_millis(1500);
const WRITES: Duration = Duration::from_millis(1500);
/// Most months that are turned one by one.
const MOST: usize = 360;

/// Year, month and day.
pub(super) type Day = (i64, i64, i64);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Calendar {
    months: Vec<Month>,
    prev: u64,
    next: u64,
    /// A button that closes it and takes the day over.
    done: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(clippy::struct_field_names, reason = "as the script calls them")]
struct Month {
    year: i64,
    month: i64,
    days: Vec<Cell>,
    #[serde(rename = "monthSelect")]
    month_select: Option<Choice>,
    #[serde(rename = "yearSelect")]
    year_select: Option<Choice>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Cell {
    id: u64,
    disabled: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Choice {
    id: u64,
    options: Vec<String>,
}

/// The date that a text names, as YYYY-MM-DD.
pub(super) fn day_of(text: &str) -> Option<Day> {
    let mut parts = text.trim().split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let number =
        |text: &str, digits: usize| (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<i64>().ok());
    let day = (number(year, 4)??, number(month, 2)??, number(day, 2)??);
    (parts.next().is_none() && (1..=12).contains(&day.1) && (1..=31).contains(&day.2)).then_some(day)
}

fn refused(problem: &str) -> Halt {
    Reason::BadArguments { problem: problem.to_owned() }.into()
}

impl Browser {
    /// Sets a date by the calendar of a control; `None` if it has none.
    pub(super) async fn fill_day(
        &self,
        cx: &Context,
        found: &Found,
        widget: &Widget,
        day: Day,
        until: Until,
    ) -> Result<Option<Receipt>, Halt> {
        let shows = json!([found.id, day.0, day.1, day.2]);
        if self.ask::<bool>(found, "showsDate", shows.clone(), until).await? {
            return Ok(Some(already()));
        }
        let mut missing = false;
        let work = async {
            self.ask::<bool>(found, "noteBoxes", json!([found.id]), until).await?;
            let Some(calendar) = self.open_calendar(found, until).await? else {
                missing = true;
                return Err(refused("no calendar opened here"));
            };
            if let Err(halt) = self.pick_day(found, calendar, day, until).await {
                self.press_key(found, "Escape", until).await?;
                return Err(halt);
            }
            let shown = wait_for!(WRITES, until, self.ask::<bool>(found, "showsDate", shows.clone(), until).await?.then_some(()));
            if shown.is_none()
                && let Some(calendar) = self.calendar(found, until).await?.filter(|calendar| calendar.done != 0)
            {
                let done = self.part_of(found, calendar.done, until).await?;
                self.press_part(&done, until).await?;
                let _ = wait_for!(WRITES, until, self.ask::<bool>(found, "showsDate", shows.clone(), until).await?.then_some(()));
            }
            let now: Widget = self.ask(found, "widgetOf", json!([found.id]), until).await?;
            let (from, to) = (cx.secrets().redact(&widget.shown), cx.secrets().redact(&now.shown));
            Ok(vec![Change::Value { r#ref: found.r#ref, from, to }])
        };
        let done = self.in_steps(cx, found, until, work).await;
        if missing {
            return Ok(None);
        }
        let mut changes = done?;
        let first = changes.first().cloned();
        changes.retain(|change| !matches!(change, Change::Value { r#ref, .. } if *r#ref == found.r#ref));
        changes.splice(0..0, first);
        let left = changes.iter().any(|change| matches!(change, Change::Navigated { .. }));
        if left || self.ask::<bool>(found, "showsDate", shows, until).await? {
            return Ok(Some(verdict(changes)));
        }
        match changes.first() {
            Some(Change::Value { from, to, .. }) if from != to => {
                let (year, month, day) = day;
                Err(Halt::Unknown(format!(
                    "the day was clicked in the calendar, but the field shows {to:?} and not {year}-{month:02}-{day:02}"
                )))
            }
            _ => Ok(Some(Receipt::NoEffect)),
        }
    }

    async fn calendar(&self, found: &Found, until: Until) -> Result<Option<Calendar>, Halt> {
        self.ask(found, "calendarFor", json!([found.id]), until).await
    }

    /// Opens it by the control itself, else by a button beside it.
    async fn open_calendar(&self, found: &Found, until: Until) -> Result<Option<Calendar>, Halt> {
        self.press_part(found, until).await?;
        if let Some(calendar) = wait_for!(OPENS, until, self.calendar(found, until).await?) {
            return Ok(Some(calendar));
        }
        if found.facts.tag != "input" {
            return Ok(None);
        }
        for id in self.ask::<Vec<u64>>(found, "besideOf", json!([found.id]), until).await? {
            let Ok(button) = self.part_of(found, id, until).await else { continue };
            self.press_part(&button, until).await?;
            if let Some(calendar) = wait_for!(OPENS, until, self.calendar(found, until).await?) {
                return Ok(Some(calendar));
            }
        }
        Ok(None)
    }

    async fn pick_day(&self, found: &Found, mut calendar: Calendar, (year, month, day): Day, until: Until) -> Result<(), Halt> {
        for _ in 0..MOST {
            if let Some(shown) = calendar.months.iter().find(|shown| (shown.year, shown.month) == (year, month)) {
                let cell = usize::try_from(day - 1).ok().and_then(|index| shown.days.get(index));
                let cell = cell.ok_or_else(|| refused("this month has no such day"))?;
                if cell.disabled {
                    return Err(refused("this day can't be chosen in its calendar"));
                }
                let part = self.part_of(found, cell.id, until).await?;
                return self.press_part(&part, until).await;
            }
            let head = |calendar: &Calendar| calendar.months.first().map(|month| (month.year, month.month));
            let before = head(&calendar);
            if !self.turn_calendar(found, &calendar, (year, month), until).await? {
                return Err(refused("its calendar can't be turned to that month"));
            }
            let turned = wait_for!(TURNS, until, self.calendar(found, until).await?.filter(|now| head(now) != before));
            calendar = turned.ok_or_else(|| refused("its calendar can't be turned to that month"))?;
        }
        Err(refused("its calendar can't be turned that far"))
    }

    /// Turns it towards a month: by a select if it has one, else by one month.
    async fn turn_calendar(&self, found: &Found, calendar: &Calendar, (year, month): (i64, i64), until: Until) -> Result<bool, Halt> {
        let Some(shown) = calendar.months.first() else { return Ok(false) };
        if let Some(select) = shown.year_select.as_ref().filter(|_| shown.year != year) {
            let label = year.to_string();
            if select.options.contains(&label) {
                return self.ask(found, "choose", json!([select.id, label]), until).await;
            }
        }
        if let Some(select) = shown.month_select.as_ref().filter(|_| shown.year == year && shown.month != month) {
            let label = usize::try_from(month - 1).ok().and_then(|index| select.options.get(index)).filter(|_| select.options.len() == 12);
            if let Some(label) = label {
                return self.ask(found, "choose", json!([select.id, label]), until).await;
            }
        }
        let later = (year, month) > (shown.year, shown.month);
        let id = if later { calendar.next } else { calendar.prev };
        if id == 0 {
            return Ok(false);
        }
        let part = self.part_of(found, id, until).await?;
        self.press_part(&part, until).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::day_of;

    #[test]
    fn dates_are_read_strictly() {
        assert_eq!(day_of("2026-03-04"), Some((2026, 3, 4)));
        for text in ["2026-3-4", "2026-13-04", "2026-03-32", "04.03.2026", "2026-03-04-01", "+026-03-04", ""] {
            assert_eq!(day_of(text), None, "{text}");
        }
    }
}
