//! The display that a desktop is on: one of its own, or a person's.
//!
//! The one decision: a private display is a whole session (X server, window manager, message bus, accessibility bus, home folder), so
//! nothing that is done there reaches the person's windows, settings or clipboard, and all of it ends with us ([`sweep`]).

mod home;
pub(crate) mod private;
pub(crate) mod programs;
pub(crate) mod sweep;

use std::path::PathBuf;
use std::sync::Mutex;

use handiwork_core::SurfaceError;

use super::config::{DesktopConfig, Display};
use crate::scratch::Scratch;
use programs::Programs;
use sweep::Watchman;

/// A display that can be worked on.
#[derive(Debug)]
pub(crate) struct Seat {
    /// Its name, such as `:99`.
    pub(crate) name: String,
    /// Address of the session bus.
    pub(crate) bus: Option<String>,
    /// Whether it is ours alone.
    pub(crate) private: bool,
    /// Programs that were started here.
    pub(crate) programs: Programs,
    /// What all that was started here has in its environment.
    pub(crate) mark: String,
    /// The X server, on a private display.
    pub(crate) server: Option<u32>,
    watchman: Mutex<Option<Watchman>>,
    scratch: Mutex<Option<Scratch>>,
}

impl Seat {
    /// Takes the display that is asked for. Blocks.
    pub(crate) fn take(config: &DesktopConfig) -> Result<Self, SurfaceError> {
        match &config.display {
            Display::Private { width, height } => private::start(config, (*width, *height)),
            Display::Own { name, bus, environment, .. } => {
                let mark = uuid::Uuid::now_v7().simple().to_string();
                let scratch = new_scratch()?;
                let watchman = watch(&mark, &scratch)?;
                let mut all = environment.clone();
                all.push(("DISPLAY".to_owned(), name.clone()));
                all.extend(bus.clone().map(|bus| ("DBUS_SESSION_BUS_ADDRESS".to_owned(), bus)));
                let folder = config.folder.clone().unwrap_or_else(|| PathBuf::from("/"));
                Ok(Self {
                    name: name.clone(),
                    bus: bus.clone(),
                    private: false,
                    programs: Programs::new(all, &mark, folder),
                    mark,
                    server: None,
                    watchman: Mutex::new(Some(watchman)),
                    scratch: Mutex::new(Some(scratch)),
                })
            }
        }
    }

    /// Ends all that was started here, and waits until nothing is left. Blocks.
    pub(crate) fn end(&self) {
        self.programs.ask_to_end();
        let left = sweep::sweep(&self.mark, std::time::Duration::from_secs(5));
        if !left.is_empty() {
            tracing::warn!(?left, "programs of a desktop could not be ended");
        }
        self.programs.reap();
        drop(self.watchman.lock().ok().and_then(|mut watchman| watchman.take()));
        if let Some(scratch) = self.scratch.lock().ok().and_then(|mut scratch| scratch.take()) {
            scratch.remove();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.end();
    }
}

pub(super) fn new_scratch() -> Result<Scratch, SurfaceError> {
    Scratch::new("handiwork-desktop-").map_err(|error| failed("the folder of the desktop can't be made", &error))
}

pub(super) fn watch(mark: &str, scratch: &Scratch) -> Result<Watchman, SurfaceError> {
    Watchman::set(mark, scratch.path()).map_err(|error| failed("no process can be started that watches over the desktop", &error))
}

/// Something of the system that did not work.
pub(crate) fn failed(what: &str, error: &dyn std::fmt::Display) -> SurfaceError {
    SurfaceError::NotAvailable {
        problem: format!("{what}: {error}"),
        hint: "check free space and permissions, then `handiwork doctor`".to_owned(),
    }
}
