//! What is done with the mouse.

use std::time::Duration;

use enigo::{Button, Key};
use handiwork_core::action::{Button as Named, ClickAt, Direction, Drag, Mouse, MouseDeed, Scroll};
use handiwork_core::{Change, Reason, Receipt};
use tokio::time::Instant;

use super::super::eyes::point_of;
use super::super::refs::Thing;
use super::super::x::Area;
use super::effects::Effects;
use super::{Deed, Halt};

/// Notches of the wheel for most of a window's height.
const PAGE: i32 = 6;
/// The same for all the way.
const ALL: i32 = 60;

impl Deed<'_> {
    /// Where a click reaches the target.
    pub(super) fn point(&self) -> Result<(i32, i32), Halt> {
        let known = self.known.as_ref().ok_or(Reason::BadArguments { problem: "it needs a ref".to_owned() })?;
        let windows = &self.eyes.last.windows;
        let found = windows.get(known.window).and_then(|win| point_of(known.area, win, windows, true));
        found.ok_or_else(|| Reason::Covered { by: "something".to_owned() }.into())
    }

    /// What may follow from a click on the target.
    fn clicked(&self) -> Effects {
        let known = self.known.as_ref();
        let editable = known.is_some_and(|known| matches!(known.role.as_str(), "textbox" | "spinbutton" | "document" | "cell" | "window"));
        let pixels = known.filter(|_| self.is_picture()).and_then(|known| self.eyes.last.windows.get(known.window)).map(|win| win.area);
        Effects { target: self.target(), focus: editable, pixels, ..Effects::default() }
    }

    pub(super) async fn click(&mut self, count: u8, button: Button) -> Result<Receipt, Halt> {
        let (x, y) = self.point()?;
        self.hands(move |hands| hands.go(x, y)).await?;
        // What the mouse alone brings about is no effect of the click.
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.before = self.eyes.look_now(self.end).await?;
        if let Some(r) = self.target()
            && (self.before.screen.get(r).is_none() || !self.eyes.refs.find(r)?.area.holds(x, y))
        {
            // It went away under the mouse.
            return Err(Reason::Moving.into());
        }
        self.hands(move |hands| hands.click(button, count, &[])).await?;
        let mut effects = self.clicked();
        let already = self
            .before
            .screen
            .get(self.target().unwrap_or(handiwork_core::Ref(0)))
            .is_some_and(|node| node.states.contains(&handiwork_core::State::Focused));
        if effects.focus && already && count == 1 {
            // It has the focus, and that is all that a click gives.
            return Ok(Receipt::Verified { changes: Vec::new() });
        }
        if count > 1 {
            effects.focus = true;
        }
        self.effects(effects).await
    }

    pub(super) async fn hover(&mut self) -> Result<Receipt, Halt> {
        let (x, y) = self.point()?;
        self.hands(move |hands| hands.go(x, y)).await?;
        let pixels = self.known.as_ref().and_then(|known| self.eyes.last.windows.get(known.window)).map(|win| win.outer);
        self.effects(Effects { target: self.target(), pixels, ..Effects::default() }).await
    }

    pub(super) async fn click_at(&mut self, at: &ClickAt) -> Result<Receipt, Halt> {
        let area = match &self.known {
            Some(known) => known.area,
            None => self.eyes.last.pixels.area,
        };
        let (x, y) = (area.x + at.x.round() as i32, area.y + at.y.round() as i32);
        if !area.holds(x, y) {
            return Err(Reason::OutOfView { width: f64::from(area.w), height: f64::from(area.h) }.into());
        }
        if let Some(known) = &self.known {
            let windows = &self.eyes.last.windows;
            let reached = windows.at(x, y).is_some_and(|top| top.id == known.window || top.popup);
            if !reached {
                let by =
                    windows.at(x, y).map_or_else(|| "nothing".to_owned(), |top| format!("window {:?}", super::super::eyes::title(top)));
                return Err(Reason::Covered { by }.into());
            }
        }
        let (button, count) = (button_of(at.button), at.count.unwrap_or(1).clamp(1, 3));
        self.at_point(x, y, button, count, Vec::new()).await
    }

    async fn at_point(&mut self, x: i32, y: i32, button: Button, count: u8, held: Vec<Key>) -> Result<Receipt, Halt> {
        self.hands(move |hands| hands.go(x, y)).await?;
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.before = self.eyes.look_now(self.end).await?;
        self.hands(move |hands| hands.click(button, count, &held)).await?;
        let area = self.eyes.last.windows.at(x, y).map_or(self.eyes.last.pixels.area, |win| win.area);
        self.effects(Effects { target: self.target(), focus: true, pixels: Some(area), ..Effects::default() }).await
    }

    pub(super) async fn drag(&mut self, drag: &Drag) -> Result<Receipt, Halt> {
        let known = self.known.clone().ok_or(Reason::BadArguments { problem: "it needs a ref".to_owned() })?;
        let (x, y) = match drag.grab {
            Some(grab) => (known.area.x + grab.x.round() as i32, known.area.y + grab.y.round() as i32),
            None => self.point()?,
        };
        if !known.area.holds(x, y) {
            return Err(Reason::OutOfView { width: f64::from(known.area.w), height: f64::from(known.area.h) }.into());
        }
        let mut points = vec![(x, y)];
        if let Some(to) = drag.to {
            let onto = self.eyes.refs.find(to)?;
            if self.eyes.last.screen.get(to).is_none() {
                return Err(Reason::Stale { r#ref: to }.into());
            }
            points.push(onto.area.middle());
        }
        if drag.dx.is_some() || drag.dy.is_some() {
            points.push((x + drag.dx.unwrap_or_default().round() as i32, y + drag.dy.unwrap_or_default().round() as i32));
        }
        points.extend(drag.path.iter().map(|point| (x + point.x.round() as i32, y + point.y.round() as i32)));
        if points.len() < 2 {
            return Err(Reason::BadArguments { problem: "say where to: to, or dx and dy, or path".to_owned() }.into());
        }
        let all = self.eyes.last.pixels.area;
        if points.iter().any(|(x, y)| !all.holds(*x, *y)) {
            return Err(Reason::OutOfView { width: f64::from(all.w), height: f64::from(all.h) }.into());
        }
        self.hands(move |hands| hands.go(x, y)).await?;
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.before = self.eyes.look_now(self.end).await?;
        self.hands(move |hands| hands.drag(&points, Button::Left)).await?;
        let pixels = self.eyes.last.windows.get(known.window).map(|win| win.area);
        self.effects(Effects { target: self.target(), pixels, ..Effects::default() }).await
    }

    pub(super) async fn scroll(&mut self, scroll: &Scroll) -> Result<Receipt, Halt> {
        let windows = &self.eyes.last.windows;
        let area: Option<Area> = match &self.known {
            Some(known) => Some(known.area),
            None => windows.front().map(|win| win.area),
        };
        let area = area.ok_or(Reason::NotFound { text: "a window".to_owned() })?;
        let (x, y) = match &self.known {
            Some(known) if !matches!(known.thing, Thing::Window { .. }) => self.point()?,
            _ => self.calm_point(area),
        };
        let (dx, dy) = match scroll.direction {
            Direction::Up => (0, -PAGE),
            Direction::Down => (0, PAGE),
            Direction::Left => (-PAGE, 0),
            Direction::Right => (PAGE, 0),
            Direction::Top => (0, -ALL),
            Direction::Bottom => (0, ALL),
        };
        self.hands(move |hands| hands.go(x, y)).await?;
        self.before = self.eyes.look_now(self.end).await?;
        self.hands(move |hands| hands.scroll(dx, dy, &[])).await?;
        match self.effects(Effects { target: self.target(), pixels: Some(area), ..Effects::default() }).await? {
            Receipt::Verified { .. } => Ok(Receipt::Verified { changes: vec![Change::Told { text: "it was scrolled".to_owned() }] }),
            other => Ok(other),
        }
    }

    /// A point near the middle where the wheel scrolls: over a combobox, spinbutton or slider it would choose something.
    fn calm_point(&self, area: Area) -> (i32, i32) {
        let turns = |node: &&handiwork_core::Node| matches!(node.role.as_str(), "combobox" | "spinbutton" | "slider" | "tab");
        let wheels: Vec<handiwork_core::Rect> = self.eyes.last.screen.nodes.iter().filter(turns).map(|node| node.rect).collect();
        let (x, y) = area.middle();
        let near = [0, 1, -1, 2, -2, 3, -3].into_iter().flat_map(|down| [0, 1, -1, 2, -2].map(|right| (right, down)));
        let mut points = near.map(|(right, down)| (x + area.w / 8 * right, y + area.h / 8 * down));
        let is_calm = |(x, y): &(i32, i32)| {
            let (x, y) = (f64::from(*x), f64::from(*y));
            !wheels.iter().any(|rect| x >= rect.x && x < rect.x + rect.w && y >= rect.y && y < rect.y + rect.h)
        };
        points.find(is_calm).unwrap_or((x, y))
    }

    /// The mouse by itself, as computer-use models ask for it.
    pub(super) async fn mouse(&mut self, mouse: &Mouse) -> Result<Receipt, Halt> {
        let all = self.eyes.last.pixels.area;
        let place = |x: f64, y: f64| {
            let (x, y) = (x.round() as i32, y.round() as i32);
            if all.holds(x, y) {
                Ok((x, y))
            } else {
                Err(Halt::from(Reason::OutOfView { width: f64::from(all.w), height: f64::from(all.h) }))
            }
        };
        let at = mouse.x.zip(mouse.y).map(|(x, y)| place(x, y)).transpose()?;
        let held = match &mouse.held {
            Some(held) if !held.trim().is_empty() => super::super::keys::parse(held).map_err(|problem| Reason::BadArguments { problem })?,
            _ => Vec::new(),
        };
        let (button, count) = (button_of(mouse.button), mouse.count.unwrap_or(1).clamp(1, 3));
        let here = self.pointer().await?;
        let (x, y) = at.unwrap_or(here);
        match mouse.r#do {
            MouseDeed::Move => {
                self.hands(move |hands| hands.go(x, y)).await?;
                let now = self.pointer().await?;
                let moved = Change::Told { text: format!("the mouse is at {},{}", now.0, now.1) };
                Ok(if now == (x, y) { Receipt::Verified { changes: vec![moved] } } else { Receipt::NoEffect })
            }
            MouseDeed::Click => self.at_point(x, y, button, count, held).await,
            MouseDeed::Down | MouseDeed::Up => {
                let down = mouse.r#do == MouseDeed::Down;
                self.hands(move |hands| {
                    if at.is_some() {
                        hands.go(x, y)?;
                    }
                    hands.button(button, down)
                })
                .await?;
                let text = format!("the button is {} at {x},{y}", if down { "pressed" } else { "let go of" });
                Ok(Receipt::Verified { changes: vec![Change::Told { text }] })
            }
            MouseDeed::Drag => {
                let to = mouse.to.ok_or(Reason::BadArguments { problem: "say where to: to".to_owned() })?;
                let to = place(to.x, to.y)?;
                self.before = self.eyes.look_now(self.end).await?;
                self.hands(move |hands| hands.drag(&[(x, y), to], button)).await?;
                let area = self.eyes.last.windows.at(x, y).map_or(all, |win| win.area);
                self.effects(Effects { pixels: Some(area), ..Effects::default() }).await
            }
            MouseDeed::Scroll => {
                let (dx, dy) = (mouse.dx.unwrap_or_default().clamp(-100, 100), mouse.dy.unwrap_or_default().clamp(-100, 100));
                self.hands(move |hands| hands.go(x, y)).await?;
                self.before = self.eyes.look_now(self.end).await?;
                self.hands(move |hands| hands.scroll(dx, dy, &held)).await?;
                let area = self.eyes.last.windows.at(x, y).map_or(all, |win| win.area);
                self.effects(Effects { pixels: Some(area), ..Effects::default() }).await
            }
        }
    }

    /// Where the mouse is.
    pub(super) async fn pointer(&self) -> Result<(i32, i32), Halt> {
        let end = self.end.min(Instant::now() + Duration::from_secs(5));
        let at = self.place.x.call("asking where the mouse is", end, |x| x.pointer()).await?;
        at.map_err(|error| super::super::x::worker::gone(error.to_string()).into())
    }
}

fn button_of(button: Option<Named>) -> Button {
    match button.unwrap_or_default() {
        Named::Left => Button::Left,
        Named::Right => Button::Right,
        Named::Middle => Button::Middle,
    }
}
