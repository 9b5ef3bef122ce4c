//! What is read off pixels: of which windows, and what of it again.
//!
//! The one decision: only what has changed is read again. Lines whose pixels are the same stay as they were read, with their refs.

use std::sync::Arc;

use atspi::Role;
use handiwork_core::SurfaceError;
use tokio::time::Instant;

use super::super::ocr::Line;
use super::super::x::Area;
use super::super::x::pixels::{Pixels, around};
use super::super::x::windows::{Win, Windows};
use super::Eyes;
use super::told::{point_of, top_for};

/// What is added around what has changed: letters at its edge are cut otherwise.
const EDGE: i32 = 10;
/// A canvas below this size has no text on it that is worth reading.
const SMALLEST: i64 = 120 * 40;

/// What was read off a window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Pixels that it was read off.
    pixels: Pixels,
    /// Lines, each with the number that it keeps.
    pub(crate) lines: Vec<(u32, Line)>,
    next: u32,
}

impl Eyes {
    /// Reads what no tree tells of.
    pub(super) async fn read_pixels(&mut self, windows: &Windows, pixels: &Arc<Pixels>, end: Instant) -> Result<(), SurfaceError> {
        let Some(reader) = self.reader.clone() else { return Ok(()) };
        self.seen.retain(|id, _| windows.get(*id).is_some());
        for win in windows.all.iter().filter(|win| !win.passes) {
            let areas = self.blind_areas(win, windows);
            if areas.is_empty() {
                self.seen.remove(&win.id);
                continue;
            }
            let Some(whole) = areas.iter().copied().reduce(around) else { continue };
            let now = pixels.part(whole);
            let old = self.seen.remove(&win.id).unwrap_or_default();
            let moved = old.pixels.area != now.area;
            let changed = if moved { areas.clone() } else { now.changed(&old.pixels) };
            let mut kept: Vec<(u32, Line)> = if moved { Vec::new() } else { old.lines.clone() };
            let mut fresh: Vec<Line> = Vec::new();
            for area in changed {
                let area = whole_lines(area, &kept).within(whole);
                if !areas.iter().any(|blind| !blind.within(area).is_empty()) {
                    continue;
                }
                kept.retain(|(_, line)| !area.holds(line.area.middle().0, line.area.middle().1));
                let (reader, part) = (Arc::clone(&reader), now.part(area));
                let work = tokio::task::spawn_blocking(move || reader.read(&part));
                let read = match tokio::time::timeout_at(end, work).await {
                    Ok(Ok(read)) => read?,
                    Ok(Err(_)) => Vec::new(),
                    Err(_) => return Err(SurfaceError::TimedOut { doing: "reading text off the screen".to_owned(), limit_ms: 0 }),
                };
                fresh.extend(read);
            }
            fresh.retain(|line| areas.iter().any(|blind| blind.holds(line.area.middle().0, line.area.middle().1)));
            let mut seen = Seen { pixels: now, lines: kept, next: old.next };
            seen.take(fresh, &old.lines);
            self.seen.insert(win.id, seen);
        }
        Ok(())
    }

    /// Parts of a window of which no tree tells what is there.
    fn blind_areas(&self, win: &Win, windows: &Windows) -> Vec<Area> {
        let Some(app) = self.app_of(win) else { return vec![win.area] };
        let Some(top) = top_for(app, win, windows) else { return if win.popup { Vec::new() } else { vec![win.area] } };
        let mut out = Vec::new();
        let mut any = false;
        app.walk(&top.path, &mut |item, depth| {
            if depth > 0 && !item.is_shown() {
                return false;
            }
            any |= depth > 0 && (super::super::tree::roles::is_control(item) || !item.name.trim().is_empty() && item.role == Role::Label);
            let canvas = matches!(item.role, Role::DrawingArea | Role::Canvas | Role::Image | Role::Icon);
            if let Some(area) = item.area.filter(|area| canvas && item.children.is_empty() && area.size() >= SMALLEST) {
                let area = area.within(win.area);
                if !area.is_empty() && point_of(area, win, windows, false).is_some() {
                    out.push(area);
                }
            }
            true
        });
        if any { out } else { vec![win.area] }
    }
}

impl Seen {
    /// Takes new lines in; one that was there before keeps its number.
    fn take(&mut self, fresh: Vec<Line>, old: &[(u32, Line)]) {
        for line in fresh {
            let near = |(_, was): &&(u32, Line)| {
                was.text == line.text && (was.area.x - line.area.x).abs() <= 8 && (was.area.y - line.area.y).abs() <= 8
            };
            let free = |(number, _): &&(u32, Line)| !self.lines.iter().any(|(taken, _)| taken == number);
            let same = old.iter().filter(near).find(free).or_else(|| {
                // One that has moved is the same if there is no other like it.
                let mut alike = old.iter().filter(|(_, was)| was.text == line.text);
                alike.next().filter(|_| alike.next().is_none()).filter(free)
            });
            let number = same.map_or_else(
                || {
                    self.next += 1;
                    self.next
                },
                |(number, _)| *number,
            );
            self.lines.push((number, line));
        }
        self.lines.sort_by_key(|(_, line)| (line.area.middle().1 / 8, line.area.x));
    }
}

/// An area with all lines that it cuts.
fn whole_lines(area: Area, lines: &[(u32, Line)]) -> Area {
    let mut out = Area::new(area.x - EDGE, area.y - EDGE, area.w + 2 * EDGE, area.h + 2 * EDGE);
    for (_, line) in lines {
        if !line.area.within(area).is_empty() {
            out = around(out, line.area);
        }
    }
    out
}
