//! The person at the display: they come first.
//!
//! On a display that a person uses, the hands wait while the person moves the mouse, and stop for good when the mouse is put into the upper left
//! corner or Control+Alt+Escape is held. The one decision: nothing but a new start lets them go on after that.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handiwork_core::Reason;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use x11rb::protocol::xproto::ConnectionExt as _;

use super::x::worker::Worker;
use super::x::{X, XResult};

/// How often it is looked.
const EVERY: Duration = Duration::from_millis(40);
/// For so long the person must have let go of the mouse.
const CALM: Duration = Duration::from_millis(1_500);
/// The corner: so many pixels from it.
const CORNER: i32 = 2;

/// Keysyms of the keys that stop the hands: Control, Alt, Escape.
const STOP: [&[u32]; 3] = [&[0xffe3, 0xffe4], &[0xffe9, 0xffea], &[0xff1b]];

/// Watches a display for its person.
#[derive(Debug)]
pub(crate) struct Guard {
    told: Arc<Told>,
    watcher: JoinHandle<()>,
    began: Instant,
}

#[derive(Debug, Default)]
struct Told {
    stopped: AtomicBool,
    /// When the person moved the mouse last, in milliseconds since the beginning; -1 if never.
    moved: AtomicI64,
    /// Where the mouse was put by us.
    ours: Mutex<Vec<(i32, i32)>>,
    /// Whether the hands are moving the mouse just now.
    working: AtomicBool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

impl Guard {
    pub(crate) fn set(x: Arc<Worker<X>>) -> Self {
        let told = Arc::new(Told { moved: AtomicI64::new(-1), ..Told::default() });
        let began = Instant::now();
        let watched = Arc::clone(&told);
        let watcher = tokio::spawn(async move {
            let mut last: Option<(i32, i32)> = None;
            loop {
                tokio::time::sleep(EVERY).await;
                let end = Instant::now() + Duration::from_secs(2);
                let Ok(Ok((at, stop))) = x.call("watching the mouse", end, look).await else { continue };
                let ours =
                    watched.working.load(Ordering::SeqCst) || watched.ours.lock().unwrap_or_else(PoisonError::into_inner).contains(&at);
                if stop || !ours && at.0 <= CORNER && at.1 <= CORNER {
                    watched.stopped.store(true, Ordering::SeqCst);
                }
                if last.is_some_and(|last| last != at) && !ours {
                    watched.moved.store(began.elapsed().as_millis() as i64, Ordering::SeqCst);
                }
                last = Some(at);
            }
        });
        Self { told, watcher, began }
    }

    /// Waits until the person lets the hands work. The error says why they may not.
    pub(crate) async fn may(&self, end: Instant) -> Result<(), Reason> {
        loop {
            self.is_stopped()?;
            let moved = self.told.moved.load(Ordering::SeqCst);
            let since = self.began.elapsed().as_millis() as i64 - moved;
            if moved < 0 || since >= CALM.as_millis() as i64 {
                return Ok(());
            }
            if Instant::now() + CALM >= end {
                return Err(Reason::Denied { why: "the person uses the mouse; try again later".to_owned() });
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Whether the person has stopped the hands.
    pub(crate) fn is_stopped(&self) -> Result<(), Reason> {
        if self.told.stopped.load(Ordering::SeqCst) {
            return Err(Reason::Denied { why: "the person has stopped the hands (mouse in the corner, or Control+Alt+Escape)".to_owned() });
        }
        Ok(())
    }

    /// Tells it that the hands move the mouse from now on, or have put it somewhere.
    pub(crate) fn working(&self, working: bool, put: Option<(i32, i32)>) {
        if let Some(put) = put {
            *self.told.ours.lock().unwrap_or_else(PoisonError::into_inner) = vec![put];
        }
        self.told.working.store(working, Ordering::SeqCst);
    }
}

/// Where the mouse is, and whether the keys are held that stop the hands.
fn look(x: &mut X) -> XResult<((i32, i32), bool)> {
    let at = x.pointer()?;
    let held = x.held_keys()?;
    if held.len() < STOP.len() {
        return Ok((at, false));
    }
    let setup = x11rb::connection::Connection::setup(&x.connection);
    let (least, most) = (setup.min_keycode, setup.max_keycode);
    let map = x.connection.get_keyboard_mapping(least, most - least + 1)?.reply()?;
    let per = usize::from(map.keysyms_per_keycode).max(1);
    let is_held = |syms: &[u32]| {
        held.iter().any(|code| {
            let from = usize::from(code.saturating_sub(least)) * per;
            map.keysyms.get(from..from + per).is_some_and(|known| known.iter().any(|sym| syms.contains(sym)))
        })
    };
    Ok((at, STOP.iter().all(|syms| is_held(syms))))
}
