//! Sliders and spinners: by keys where they know keys, by their buttons or by dragging where not, and always read back.
//!
//! Where nothing but a number beside it tells the value, that number is what changed when the first key was pressed.

use std::time::Duration;

use handiwork_core::action::Button;
use handiwork_core::{Change, Context, Reason, Receipt};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::super::Browser;
use super::super::action::{Facts, Found, Halt, already, verdict};
use super::super::cdp::{CallError, Mouse, Until};
use super::TICK;

/// How long a new value may take to show.
const SHOWS: Duration = Duration::from_millis(350);
/// Most keys or clicks of one action.
const MOST: f64 = 2000.0;
const MOST_CLICKS: usize = 400;
/// Most corrections.
const ROUNDS: usize = 8;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Dial {
    now: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    upright: bool,
    /// Left, top, width and height, in the coordinates of its own document.
    r#box: (f64, f64, f64, f64),
    track: (f64, f64, f64, f64),
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Steps {
    up: u64,
    down: u64,
}

fn is(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6 * b.abs().max(1.0)
}

impl Browser {
    pub(super) async fn fill_dial(&self, cx: &Context, found: &Found, text: &str, spinner: bool, until: Until) -> Result<Receipt, Halt> {
        let steps: Option<Steps> = if spinner { self.ask(found, "stepsOf", json!([found.id]), until).await? } else { None };
        let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        if found.facts.readonly && steps.is_none() && found.facts.role != "spinbutton" {
            return Err(Reason::NotEditable { role: format!("readonly {}", found.facts.role) }.into());
        }
        let Some(wanted) = number else {
            return Err(Reason::BadArguments { problem: "it takes a number such as 42".to_owned() }.into());
        };
        let dial = self.dial(found, until).await?;
        if dial.now.is_some_and(|now| is(now, wanted)) {
            return Ok(already());
        }
        if dial.min.is_some_and(|min| wanted < min) || dial.max.is_some_and(|max| wanted > max) {
            let side = |value: Option<f64>| value.map_or("?".to_owned(), |value| value.to_string());
            let problem = format!("it goes from {} to {}", side(dial.min), side(dial.max));
            return Err(Reason::BadArguments { problem }.into());
        }
        let work = async {
            let from = dial.now.map(|now| now.to_string()).unwrap_or_default();
            let reached = self.turn_dial(found, wanted, steps, until).await?;
            match reached {
                Some(now) if is(now, wanted) => Ok(vec![Change::Value { r#ref: found.r#ref, from, to: now.to_string() }]),
                Some(now) => Err(Reason::BadArguments {
                    problem: format!("it can't be set to exactly {wanted}; now it is {now}, the nearest that it reached"),
                }
                .into()),
                None => Err(Halt::Unknown("it was moved, but nothing on the page tells its value".to_owned())),
            }
        };
        let mut changes = self.in_steps(cx, found, until, work).await?;
        let first = changes.first().cloned();
        changes.retain(|change| !matches!(change, Change::Value { r#ref, .. } if *r#ref == found.r#ref));
        changes.splice(0..0, first);
        Ok(verdict(changes))
    }

    async fn dial(&self, found: &Found, until: Until) -> Result<Dial, Halt> {
        let dial: Option<Dial> = self.ask(found, "dial", json!([found.id]), until).await?;
        dial.ok_or_else(|| Reason::Stale { r#ref: found.r#ref }.into())
    }

    /// What it shows once that differs from `before`; what it shows if nothing comes.
    async fn moved(&self, found: &Found, before: Option<f64>, until: Until) -> Result<Option<f64>, Halt> {
        let shown = wait_for!(SHOWS, until, self.dial(found, until).await?.now.filter(|now| before.is_none_or(|before| !is(*now, before))));
        Ok(shown.or(self.dial(found, until).await?.now))
    }

    /// Sets it, by whatever works. Gives the value that it shows in the end.
    async fn turn_dial(&self, found: &Found, wanted: f64, steps: Option<Steps>, until: Until) -> Result<Option<f64>, Halt> {
        self.ask::<serde_json::Value>(found, "noteNumbers", json!([found.id]), until).await?;
        self.ask::<bool>(found, "setFocus", json!([found.id]), until).await?;
        let start = self.dial(found, until).await?.now;
        if !found.facts.readonly
            && let Some(now) = self.by_keys(found, wanted, until).await?
            && start.is_none_or(|start| !is(start, now) || is(now, wanted))
        {
            return Ok(Some(now));
        }
        match steps {
            Some(steps) => self.by_clicks(found, wanted, steps, until).await,
            None => self.by_dragging(found, wanted, until).await,
        }
    }

    /// `None` if it does not react to keys.
    async fn by_keys(&self, found: &Found, wanted: f64, until: Until) -> Result<Option<f64>, Halt> {
        let dial = self.dial(found, until).await?;
        let edge = if dial.min.is_some_and(|min| is(min, wanted)) {
            "Home"
        } else if dial.max.is_some_and(|max| is(max, wanted)) {
            "End"
        } else {
            ""
        };
        if !edge.is_empty() {
            self.press_key(found, edge, until).await?;
            if let Some(now) = self.moved(found, dial.now, until).await?.filter(|now| is(*now, wanted)) {
                return Ok(Some(now));
            }
        }
        let mut now = dial.now;
        if now.is_none() {
            // The first key shows where its value is told, and the one back gives the value before.
            self.press_key(found, "ArrowUp", until).await?;
            now = self.moved(found, None, until).await?;
        }
        let Some(mut now) = now else { return Ok(None) };
        for _ in 0..ROUNDS {
            if is(now, wanted) {
                return Ok(Some(now));
            }
            let key = if wanted > now { "ArrowUp" } else { "ArrowDown" };
            let before = now;
            self.press_key(found, key, until).await?;
            now = self.moved(found, Some(before), until).await?.unwrap_or(before);
            let step = now - before;
            if is(now, before) || (step > 0.0) != (wanted > before) {
                return Ok(if is(now, before) && is(before, dial.now.unwrap_or(before)) { None } else { Some(now) });
            }
            let more = ((wanted - now) / step).round();
            if more < 0.0 {
                // One step was already too far: it can't be closer.
                return Ok(Some(now));
            }
            let more = more.min(MOST);
            for n in 0..more as usize {
                if until.is_over() {
                    break;
                }
                self.press_key(found, key, until).await?;
                // What follows its own pace must not be overrun.
                if n % 50 == 49 {
                    tokio::time::sleep(TICK).await;
                }
            }
            if more > 0.0 {
                let aim = step.mul_add(more, now);
                let reached = wait_for!(SHOWS, until, self.dial(found, until).await?.now.filter(|value| is(*value, aim)));
                now = reached.or(self.dial(found, until).await?.now).unwrap_or(now);
            }
        }
        Ok(Some(now))
    }

    async fn by_clicks(&self, found: &Found, wanted: f64, steps: Steps, until: Until) -> Result<Option<f64>, Halt> {
        let mut now = self.dial(found, until).await?.now;
        for _ in 0..MOST_CLICKS {
            let Some(value) = now.filter(|value| !is(*value, wanted) && !until.is_over()) else { break };
            let up = wanted > value;
            let part = self.part_of(found, if up { steps.up } else { steps.down }, until).await?;
            self.press_part(&part, until).await?;
            let next = self.moved(found, now, until).await?;
            // Nothing more comes, or it stepped over.
            if next.is_none_or(|next| is(next, value) || (next > wanted) == up && !is(next, wanted)) {
                return Ok(next);
            }
            now = next;
        }
        Ok(now)
    }

    /// Drags the handle along its track, first in proportion, then nearer and nearer.
    async fn by_dragging(&self, found: &Found, wanted: f64, until: Until) -> Result<Option<f64>, Halt> {
        let dial = self.dial(found, until).await?;
        let (low, high) =
            if dial.upright { (dial.track.1 + dial.track.3, dial.track.1) } else { (dial.track.0, dial.track.0 + dial.track.2) };
        let middle = |dial: &Dial| if dial.upright { dial.r#box.1 + dial.r#box.3 / 2.0 } else { dial.r#box.0 + dial.r#box.2 / 2.0 };
        let (min, max) = if let (Some(min), Some(max)) = (dial.min, dial.max) {
            (min, max)
        } else {
            let min = self.drag_dial(found, low, until).await?;
            let max = self.drag_dial(found, high, until).await?;
            let (Some(min), Some(max)) = (min, max) else { return Ok(None) };
            (min, max)
        };
        if is(min, max) {
            return Ok(self.dial(found, until).await?.now);
        }
        let per_unit = (high - low) / (max - min);
        let mut to = (wanted - min).mul_add(per_unit, low);
        let mut now = None;
        for _ in 0..ROUNDS {
            now = self.drag_dial(found, to.clamp(low.min(high), low.max(high)), until).await?;
            let Some(value) = now.filter(|value| !is(*value, wanted) && !until.is_over()) else { break };
            let near = self.dial(found, until).await?;
            // Less than a pixel is no move.
            let off = (wanted - value) * per_unit;
            to = middle(&near) + if off.abs() < 1.0 { off.signum() } else { off };
        }
        Ok(now)
    }

    /// Drags the handle to a place on its track, in the coordinates of its own document. Gives what is shown then.
    async fn drag_dial(&self, found: &Found, to: f64, until: Until) -> Result<Option<f64>, Halt> {
        let dial = self.dial(found, until).await?;
        let facts: Facts = self.part_of(found, found.id, until).await?.facts;
        let (Some((left, top, ..)), Some((x, y))) = (facts.rect, facts.point) else { return Err(Reason::Hidden.into()) };
        let by = (left - dial.r#box.0, top - dial.r#box.1);
        let end = if dial.upright { (x, to + by.1) } else { (to + by.0, y) };
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::during)?;
        let pull = async {
            tab.session.mouse(Mouse::Move, (x, y), until).await?;
            tab.session.mouse(Mouse::Press(Button::Left, 1), (x, y), until).await?;
            for part in [0.25, 0.5, 0.75, 1.0] {
                let point = ((end.0 - x).mul_add(part, x), (end.1 - y).mul_add(part, y));
                tab.session.mouse(Mouse::Drag, point, until).await?;
            }
            tab.session.mouse(Mouse::Release(Button::Left, 1), end, until).await
        };
        pull.await.map_err(Halt::during)?;
        self.moved(found, dial.now, until).await
    }
}
