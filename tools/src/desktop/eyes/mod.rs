//! Eyes: windows, trees and pixels, put together to one screen.
//!
//! The one decision: each of the three tells what it knows best. The X server says what lies on top, a program's tree says what things
//! are, and pixels say what has changed and, where there is no tree, what is written there. Nothing is listed twice, and nothing that a
//! person could not see.

mod compose;
mod reading;
pub(crate) mod shapes;
mod told;
mod walk;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use handiwork_core::{Screen, SurfaceError};
use tokio::time::Instant;

use super::ocr::Reader;
use super::refs::Refs;
use super::tree::bus::{Bus, Dirt};
use super::tree::item::{App, Item};
use super::tree::read::News;
use super::x::pixels::Pixels;
use super::x::windows::{Win, Windows};
use super::x::worker::Worker;
use super::x::{Area, X};
pub(crate) use reading::Seen;
pub(crate) use told::{editor_in, point_of, title_of as title, top_for};

/// The longest that is waited for the display to come to rest before a look.
const REST: Duration = Duration::from_millis(1_200);
/// For so long nothing must have changed.
const STILL: Duration = Duration::from_millis(90);
/// How long reading one program may take.
const PROGRAM: Duration = Duration::from_secs(6);

/// What was seen at one time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    pub(crate) screen: Screen,
    pub(crate) windows: Windows,
    pub(crate) pixels: Arc<Pixels>,
}

/// What is known of the display.
pub(crate) struct Eyes {
    pub(crate) x: Arc<Worker<X>>,
    pub(crate) bus: Option<Arc<Bus>>,
    pub(crate) reader: Option<Arc<Reader>>,
    /// Trees of programs that have a window, by their names on the bus.
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) refs: Refs,
    /// What was read off the pixels of windows.
    pub(crate) seen: HashMap<u32, Seen>,
    /// Numbers of windows, in the order of their coming.
    pub(crate) numbers: BTreeMap<u32, u32>,
    pub(crate) last: Look,
    /// Programs that did not answer.
    pub(crate) silent: HashMap<String, Instant>,
}

impl std::fmt::Debug for Eyes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Eyes({} programs)", self.apps.len())
    }
}

impl Eyes {
    pub(crate) fn new(x: Arc<Worker<X>>, bus: Option<Arc<Bus>>, reader: Option<Arc<Reader>>) -> Self {
        Self {
            x,
            bus,
            reader,
            apps: BTreeMap::new(),
            refs: Refs::default(),
            seen: HashMap::new(),
            numbers: BTreeMap::new(),
            last: Look::default(),
            silent: HashMap::new(),
        }
    }

    /// Windows and pixels as they are now.
    pub(crate) async fn glance(&self, end: Instant) -> Result<(Windows, Arc<Pixels>), SurfaceError> {
        self.x
            .call("looking at the display", end, |x| -> super::x::XResult<_> { Ok((x.windows()?, x.all_pixels()?)) })
            .await?
            .map_err(|error| super::x::worker::gone(format!("the X server does not answer: {error}")))
    }

    /// Waits until nothing moves any more, [`REST`] at most.
    pub(crate) async fn rest(&self, end: Instant) -> Result<(Windows, Arc<Pixels>), SurfaceError> {
        let limit = end.min(Instant::now() + REST);
        let mut still = Instant::now();
        let mut now = self.glance(end).await?;
        loop {
            let said = self.bus.as_ref().and_then(|bus| bus.heard().last).map_or(STILL, |last| last.elapsed());
            let calm = still.elapsed().min(said);
            if calm >= STILL || Instant::now() >= limit {
                return Ok(now);
            }
            tokio::time::sleep(STILL.saturating_sub(calm).clamp(Duration::from_millis(4), Duration::from_millis(30))).await;
            let next = self.glance(end).await?;
            if next != now {
                still = Instant::now();
            }
            now = next;
        }
    }

    /// Looks: what a person could see and use now.
    pub(crate) async fn look(&mut self, end: Instant) -> Result<Look, SurfaceError> {
        let (windows, pixels) = self.rest(end).await?;
        self.look_at(windows, pixels, end).await
    }

    /// The same without waiting for rest.
    pub(crate) async fn look_now(&mut self, end: Instant) -> Result<Look, SurfaceError> {
        let (windows, pixels) = self.glance(end).await?;
        self.look_at(windows, pixels, end).await
    }

    async fn look_at(&mut self, windows: Windows, pixels: Arc<Pixels>, end: Instant) -> Result<Look, SurfaceError> {
        let changed = if Arc::ptr_eq(&pixels, &self.last.pixels) { Vec::new() } else { pixels.changed(&self.last.pixels) };
        for win in windows.all.iter().filter(|win| !win.popup) {
            let next = self.numbers.len() as u32 + 1;
            self.numbers.entry(win.id).or_insert(next);
        }
        self.read_programs(&windows, &changed, end).await;
        self.read_pixels(&windows, &pixels, end).await?;
        let screen = self.compose(&windows, &pixels);
        self.last = Look { screen, windows, pixels };
        Ok(self.last.clone())
    }

    /// Reads what has changed in the trees of those programs that have a window.
    async fn read_programs(&mut self, windows: &Windows, changed: &[Area], end: Instant) {
        let Some(bus) = self.bus.clone() else { return };
        // Where nobody keeps a list what is known stays.
        let Ok(Ok(programs)) = tokio::time::timeout_at(end, bus.programs()).await else { return };
        let is_there = |name: &String| programs.iter().any(|(bus, _)| bus == name);
        self.apps.retain(|name, _| is_there(name));
        bus.heard().dirt.retain(|name, _| is_there(name));
        let pids: Vec<u32> = windows.all.iter().filter_map(|win| win.pid).collect();
        let mut reading = Vec::new();
        for (name, root) in programs {
            let pid = bus.pid(&name).await;
            if pid.is_none_or(|pid| !pids.contains(&pid)) {
                continue;
            }
            // One that has hung is asked again from time to time only.
            let silent = self.silent.get(&name).is_some_and(|since| since.elapsed() < Duration::from_secs(10));
            let app = self.apps.remove(&name);
            let dirt = bus.heard().dirt.remove(&name).unwrap_or_default();
            reading.push(read_one(Arc::clone(&bus), app, name, root, dirt, changed, windows, silent, end));
        }
        for (name, app) in futures::future::join_all(reading).await {
            match app {
                Some(app) => {
                    if app.silent {
                        self.silent.entry(name.clone()).or_insert_with(Instant::now);
                    } else {
                        self.silent.remove(&name);
                    }
                    self.apps.insert(name, app);
                }
                None => {
                    self.silent.insert(name, Instant::now());
                }
            }
        }
    }

    /// The program that has a window.
    pub(crate) fn app_of(&self, win: &Win) -> Option<&App> {
        self.apps.values().find(|app| win.pid == Some(app.pid) && !app.silent && !app.items.is_empty())
    }
}

#[allow(clippy::too_many_arguments, reason = "all that reading one program needs, told once")]
async fn read_one(
    bus: Arc<Bus>,
    known: Option<App>,
    name: String,
    root: String,
    mut dirt: Dirt,
    changed: &[Area],
    windows: &Windows,
    silent: bool,
    end: Instant,
) -> (String, Option<App>) {
    let limit = if silent { Duration::from_millis(200) } else { PROGRAM };
    let limit = end.min(Instant::now() + limit);
    let mut app = match known.filter(|app| !app.items.is_empty() && !app.silent) {
        Some(app) => app,
        None => {
            if let Ok(Ok(app)) = tokio::time::timeout_at(limit, bus.introduce(&name, &root)).await {
                app
            } else {
                let pid = bus.pid(&name).await.unwrap_or_default();
                return (name.clone(), Some(App { bus: name, root, pid, silent: true, ..App::default() }));
            }
        }
    };
    // Qt says nothing of a window that has come.
    let mut open: Vec<u32> = windows.all.iter().filter(|win| win.pid == Some(app.pid)).map(|win| win.id).collect();
    open.sort_unstable();
    if open != app.windows {
        dirt.structure.insert(app.root.clone());
        app.windows = open;
    }
    let origin = |app: &App, top: &Item| window_of(app, top, windows).map(|win| (win.area.x, win.area.y));
    let news = News { dirt: &dirt, areas: changed };
    let read = tokio::time::timeout_at(limit, bus.read(&mut app, &news, &origin)).await;
    app.silent = !matches!(read, Ok(Ok(())));
    if app.silent {
        // What was read in part is read anew when it answers again.
        app.items.clear();
    }
    (name, Some(app))
}

/// Which program a window belongs to, as an origin.
pub(crate) fn origin(win: &Win) -> String {
    told::origin_of(win.pid, &win.class)
}

/// The window that a frame or dialog of a program is.
pub(crate) fn window_of<'a>(app: &App, top: &Item, windows: &'a Windows) -> Option<&'a Win> {
    let mine = || windows.all.iter().filter(|win| win.pid == Some(app.pid) && !win.popup);
    let titled: Vec<&Win> = mine().filter(|win| !win.title.is_empty() && win.title.trim() == top.name.trim()).collect();
    let near = |win: &&Win| {
        top.area.map_or(i64::MAX, |area| {
            i64::from((win.area.w - area.w).abs() + (win.area.h - area.h).abs() + (win.area.x - area.x).abs() + (win.area.y - area.y).abs())
        })
    };
    match titled.as_slice() {
        [one] => Some(one),
        [] => mine().min_by_key(near),
        _ => titled.into_iter().min_by_key(near),
    }
}
