//! The desktop surface: programs that are seen as text and acted on, with a receipt for every action. Linux with X11.
//!
//! [`Desktop`] works on a display of its own that nobody sees, or on a person's own. What is on it is told by three sources that are put
//! together ([`eyes`]): the X server, the programs' accessibility trees, and text that is read off pixels. The one decision: nothing is
//! believed here either. An element is looked at again right before the event, and an effect is looked for after it ([`act`]).

mod act;
pub mod computer;
mod config;
mod display;
mod eyes;
mod guard;
mod hands;
mod keys;
mod ocr;
mod refs;
mod seek;
mod shot;
mod survival;
mod tree;
mod x;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use handiwork_core::marks::{Found, Wanted};
use handiwork_core::{
    Action, Checkpoint, Context, Receipt, Ref, Refusal, Resolved, Restore, Restored, Screen, Shot, Surface, SurfaceError, SurfaceInfo,
};
use tokio::time::Instant;

pub use act::windows::words;
pub use config::{DesktopConfig, Display, OcrConfig};
use display::Seat;
use display::failed;
use eyes::Eyes;
use guard::Guard;
use hands::Hands;
use ocr::Reader;
pub use ocr::{ReadText, TextReader};
pub use shot::{Picture, Region};
use tree::bus::Bus;
use x::X;
use x::worker::Worker;

/// Names of the actions that a model is told of.
const ACTIONS: &[&str] = &[
    "click",
    "double_click",
    "right_click",
    "hover",
    "click_at",
    "drag",
    "fill",
    "type",
    "press",
    "select",
    "check",
    "select_text",
    "copy",
    "paste",
    "scroll",
    "wait",
    "switch_tab",
    "close_tab",
    "find",
    "read",
    "launch",
];

/// A display with programs on it. Dropping it ends what is its own.
pub struct Desktop {
    config: DesktopConfig,
    /// Where it is now. Another one when it was restored.
    place: tokio::sync::RwLock<Arc<Place>>,
    /// What is known of the display; held while something is done, so that two callers don't mix their effects.
    eyes: tokio::sync::Mutex<Eyes>,
    /// What the caller was shown, by ref: role and name.
    shown: Mutex<HashMap<Ref, (String, String)>>,
    /// Windows that a secret was put into.
    secretive: Mutex<BTreeSet<u32>>,
    /// Lines that change by themselves.
    restless: Mutex<HashMap<Ref, u32>>,
    reader: Option<Arc<Reader>>,
}

/// A display that is held.
#[derive(Debug)]
struct Place {
    x: Arc<Worker<X>>,
    hands: Worker<Hands>,
    guard: Option<Guard>,
    bus: Option<Arc<Bus>>,
    /// The last to go: what was started there ends with it.
    seat: Arc<Seat>,
}

impl std::fmt::Debug for Desktop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desktop").field("display", &self.config.display).finish_non_exhaustive()
    }
}

impl Desktop {
    /// Takes the display, starts what is to be started, and waits until it can be seen.
    ///
    /// # Errors
    /// [`SurfaceError::NotAvailable`] if there is no such display, a private one can't be started (it says what to install), or a
    /// program is not there.
    pub async fn open(config: DesktopConfig) -> Result<Self, SurfaceError> {
        let wanted = config.ocr.clone();
        let reader = tokio::task::spawn_blocking(move || Reader::open(&wanted)).await.map_err(|error| failed("no thread", &error))??;
        let reader = reader.map(Arc::new);
        let place = take(&config).await?;
        let eyes = Eyes::new(Arc::clone(&place.x), place.bus.clone(), reader.clone());
        let desktop = Self {
            config,
            place: tokio::sync::RwLock::new(Arc::new(place)),
            eyes: tokio::sync::Mutex::new(eyes),
            shown: Mutex::new(HashMap::new()),
            secretive: Mutex::new(BTreeSet::new()),
            restless: Mutex::new(HashMap::new()),
            reader,
        };
        for words in desktop.config.launch.clone() {
            desktop.launch(&words).await?;
        }
        Ok(desktop)
    }

    /// Starts a program and waits for its first window.
    ///
    /// # Errors
    /// [`SurfaceError::NotAvailable`] if there is no such program, or it shows nothing.
    pub async fn launch(&self, words: &[String]) -> Result<(), SurfaceError> {
        let end = Instant::now() + self.config.deadline;
        let mut eyes = self.turn(end).await?;
        let place = self.place().await;
        let not = |problem: String| SurfaceError::NotAvailable { problem, hint: "check its name, and that it is installed".to_owned() };
        act::windows::launch(&mut eyes, &place, words, end).await.map_err(not)?;
        Ok(())
    }

    /// Packages that a private display needs and this machine has not.
    #[must_use]
    pub fn missing_packages() -> Vec<&'static str> {
        display::private::missing_packages()
    }

    /// The display's name, such as `:99`.
    pub async fn display(&self) -> String {
        self.place().await.seat.name.clone()
    }

    /// What a program needs in its environment to be on this display, seen and owned as those that `launch` starts.
    pub async fn environment(&self) -> Vec<(String, String)> {
        self.place().await.seat.programs.environment()
    }

    /// Processes that were started on a private display, with all that they have started.
    pub async fn processes(&self) -> Vec<u32> {
        let mark = self.place().await.seat.mark.clone();
        display::sweep::marked(&mark)
    }

    async fn place(&self) -> Arc<Place> {
        Arc::clone(&*self.place.read().await)
    }

    fn end(&self, cx: &Context) -> Instant {
        Instant::now() + cx.left(self.config.deadline)
    }

    /// Waits for one's turn.
    async fn turn(&self, end: Instant) -> Result<tokio::sync::MutexGuard<'_, Eyes>, SurfaceError> {
        let limit_ms = end.saturating_duration_since(Instant::now()).as_millis() as u64;
        tokio::time::timeout_at(end, self.eyes.lock())
            .await
            .map_err(|_| SurfaceError::TimedOut { doing: "waiting for another action to end".to_owned(), limit_ms })
    }

    /// What a caller sees of a look: without secrets, and remembered as shown.
    fn show(cx: &Context, mut screen: Screen) -> Screen {
        if !cx.secrets().is_empty() {
            screen.title = cx.secrets().redact(&screen.title);
            for node in &mut screen.nodes {
                node.name = cx.secrets().redact(&node.name);
                node.value = node.value.take().map(|value| cx.secrets().redact(&value));
                node.hint = cx.secrets().redact(&node.hint);
                for option in &mut node.options {
                    *option = cx.secrets().redact(option);
                }
            }
            for tab in &mut screen.tabs {
                tab.title = cx.secrets().redact(&tab.title);
            }
            for note in &mut screen.notes {
                *note = cx.secrets().redact(note);
            }
        }
        screen
    }

    fn remember(&self, screen: &Screen) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        for node in &screen.nodes {
            if let Some(r) = node.r#ref {
                shown.insert(r, (node.role.clone(), node.name.clone()));
            }
        }
    }
}

/// Takes hold of the display that is asked for.
async fn take(config: &DesktopConfig) -> Result<Place, SurfaceError> {
    let settings = config.clone();
    let seat = tokio::task::spawn_blocking(move || Seat::take(&settings)).await.map_err(|error| failed("no thread", &error))??;
    let seat = Arc::new(seat);
    let (name, private) = (seat.name.clone(), seat.private);
    let x = Worker::start("desktop-eyes", move || {
        let mut x = X::connect(&name)?;
        if private {
            x.lock_out_others();
            x.watch(&name);
        }
        Ok(x)
    });
    let x = Arc::new(x.await?);
    let name = seat.name.clone();
    let hands = Worker::start("desktop-hands", move || Hands::connect(&name)).await?;
    let bus = match &seat.bus {
        Some(address) => match Bus::connect(address, Instant::now() + Duration::from_secs(15)).await {
            Ok(bus) => Some(Arc::new(bus)),
            // Without it there is OCR; a screen says which windows tell nothing of themselves.
            Err(error) => {
                tracing::warn!(%error, "no accessibility trees");
                None
            }
        },
        None => None,
    };
    let guard = (!private).then(|| Guard::set(Arc::clone(&x)));
    Ok(Place { x, hands, guard, bus, seat })
}

#[async_trait]
impl Surface for Desktop {
    fn info(&self) -> SurfaceInfo {
        let actions = ACTIONS.iter().filter(|name| self.config.may_launch || **name != "launch");
        SurfaceInfo { kind: "desktop".to_owned(), actions: actions.map(|name| (*name).to_owned()).collect() }
    }

    async fn observe(&self, cx: &Context) -> Result<Screen, SurfaceError> {
        let end = self.end(cx);
        let mut eyes = self.turn(end).await?;
        let before = eyes.last.screen.clone();
        let look = eyes.look(end).await?;
        // What changes while nothing is done changes by itself.
        act::effects::note_restless(&self.restless, &before, &look.screen);
        self.remember(&look.screen);
        Ok(Self::show(cx, look.screen))
    }

    async fn resolve(&self, cx: &Context, action: &Action) -> Result<Resolved, Refusal> {
        let end = self.end(cx);
        let mut eyes = self.turn(end).await?;
        self.resolve_action(&mut eyes, cx, action, end).await
    }

    async fn dispatch(&self, cx: &Context, resolved: &Resolved) -> Result<Receipt, SurfaceError> {
        let end = self.end(cx);
        let mut eyes = self.turn(end).await?;
        Box::pin(self.dispatch_action(&mut eyes, cx, resolved, end)).await
    }

    async fn seek(&self, cx: &Context, wanted: &Wanted) -> Result<Vec<Found>, SurfaceError> {
        self.seek_element(cx, wanted).await
    }

    async fn screenshot(&self, cx: &Context) -> Result<Option<Shot>, SurfaceError> {
        self.picture_of_all(cx).await
    }

    async fn checkpoint(&self, _cx: &Context) -> Result<Option<Checkpoint>, SurfaceError> {
        Ok(self.take_checkpoint().await)
    }

    async fn restore(&self, cx: &Context, from: &Restore<'_>) -> Result<Restored, SurfaceError> {
        self.restore_from(cx, from).await
    }

    async fn close(&self) {
        let place = self.place().await;
        let seat = Arc::clone(&place.seat);
        // What it takes is a moment; nobody else waits for it.
        let _ = tokio::task::spawn_blocking(move || seat.end()).await;
    }
}
