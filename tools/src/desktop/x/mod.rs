//! The X server: windows, pixels, the clipboard, the mouse.
//!
//! The one decision: everything that speaks to the server does so on a thread of its own ([`worker`]), because a server that has been
//! stopped never answers; whoever asks waits until a deadline and no longer.

pub(crate) mod clipboard;
pub(crate) mod pixels;
pub(crate) mod screen;
mod watch;
pub(crate) mod windows;
pub(crate) mod worker;

use std::collections::HashMap;

use handiwork_core::SurfaceError;
use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::{Atom, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, Window};
use x11rb::rust_connection::RustConnection;

/// A rectangle in pixels of the display.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Area {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) w: i32,
    pub(crate) h: i32,
}

impl Area {
    pub(crate) const fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w, h }
    }

    pub(crate) const fn holds(self, x: i32, y: i32) -> bool {
        x >= self.x && y >= self.y && x < self.x + self.w && y < self.y + self.h
    }

    pub(crate) const fn middle(self) -> (i32, i32) {
        (self.x + self.w / 2, self.y + self.h / 2)
    }

    /// What both have in common.
    pub(crate) fn within(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let (right, bottom) = ((self.x + self.w).min(other.x + other.w), (self.y + self.h).min(other.y + other.h));
        Self { x, y, w: (right - x).max(0), h: (bottom - y).max(0) }
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.w <= 0 || self.h <= 0
    }

    pub(crate) const fn size(self) -> i64 {
        if self.is_empty() { 0 } else { self.w as i64 * self.h as i64 }
    }

    pub(crate) fn rect(self) -> handiwork_core::Rect {
        handiwork_core::Rect { x: f64::from(self.x), y: f64::from(self.y), w: f64::from(self.w), h: f64::from(self.h) }
    }
}

/// A connection to the server. Its calls block.
pub(crate) struct X {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
    /// Size of the whole display.
    pub(crate) size: (i32, i32),
    atoms: HashMap<&'static str, Atom>,
    pub(crate) clipboard: clipboard::Clipboard,
    watch: Option<watch::Watch>,
}

impl std::fmt::Debug for X {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("X").field("size", &self.size).finish_non_exhaustive()
    }
}

/// What a call to the server fails with.
pub(crate) type XResult<T> = Result<T, ReplyError>;

impl X {
    /// Connects to the display `name`.
    pub(crate) fn connect(name: &str) -> Result<Self, SurfaceError> {
        let not = |problem: String| SurfaceError::NotAvailable {
            problem: format!("display {name:?}: {problem}"),
            hint: "leave out --display for a private one, or check that an X server runs there (echo $DISPLAY)".to_owned(),
        };
        let (connection, at) = x11rb::connect(Some(name)).map_err(|error| not(error.to_string()))?;
        let screen = connection.setup().roots.get(at).ok_or_else(|| not("it has no screen".to_owned()))?.clone();
        let clipboard = clipboard::Clipboard::new(&connection, screen.root).map_err(|error| not(error.to_string()))?;
        let mask = ChangeWindowAttributesAux::new().event_mask(EventMask::NO_EVENT);
        connection.change_window_attributes(screen.root, &mask).map_err(|error| not(error.to_string()))?;
        let size = (i32::from(screen.width_in_pixels), i32::from(screen.height_in_pixels));
        Ok(Self { connection, root: screen.root, size, atoms: HashMap::new(), clipboard, watch: None })
    }

    /// Lets only our own user on to the display.
    pub(crate) fn lock_out_others(&self) {
        use x11rb::protocol::xproto::{AccessControl, Family, HostMode};
        let user = format!("localuser\0#{}", rustix::process::geteuid().as_raw());
        let _ = self.connection.change_hosts(HostMode::INSERT, Family::SERVER_INTERPRETED, user.as_bytes());
        let known = self.connection.list_hosts().ok().and_then(|cookie| cookie.reply().ok());
        for host in known.into_iter().flat_map(|known| known.hosts).filter(|host| host.family != Family::SERVER_INTERPRETED) {
            let _ = self.connection.change_hosts(HostMode::DELETE, host.family, &host.address);
        }
        let _ = self.connection.set_access_control(AccessControl::ENABLE);
        let _ = self.connection.flush();
    }

    pub(crate) fn atom(&mut self, name: &'static str) -> XResult<Atom> {
        if let Some(atom) = self.atoms.get(name) {
            return Ok(*atom);
        }
        let atom = self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom;
        self.atoms.insert(name, atom);
        Ok(atom)
    }

    /// The size as it is now: it changes when a monitor comes or goes.
    pub(crate) fn measure(&mut self) -> XResult<(i32, i32)> {
        let geometry = self.connection.get_geometry(self.root)?.reply()?;
        self.size = (i32::from(geometry.width), i32::from(geometry.height));
        Ok(self.size)
    }

    /// The monitors, from the first one on. The whole display if there is none.
    pub(crate) fn monitors(&mut self) -> XResult<Vec<Area>> {
        let (width, height) = self.measure()?;
        let whole = Area::new(0, 0, width, height);
        let Ok(known) = self.connection.randr_get_monitors(self.root, true)?.reply() else { return Ok(vec![whole]) };
        let mut all: Vec<Area> = known
            .monitors
            .iter()
            .map(|one| Area::new(i32::from(one.x), i32::from(one.y), i32::from(one.width), i32::from(one.height)))
            .filter(|area| !area.is_empty())
            .collect();
        if all.is_empty() {
            all.push(whole);
        }
        Ok(all)
    }

    /// Where the mouse is.
    pub(crate) fn pointer(&self) -> XResult<(i32, i32)> {
        let reply = self.connection.query_pointer(self.root)?.reply()?;
        Ok((i32::from(reply.root_x), i32::from(reply.root_y)))
    }

    /// Keys that are held on the keyboard now.
    pub(crate) fn held_keys(&self) -> XResult<Vec<u8>> {
        let map = self.connection.query_keymap()?.reply()?.keys;
        let held = map
            .iter()
            .enumerate()
            .flat_map(|(at, bits)| (0..8).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| (at * 8 + bit) as u8));
        Ok(held.collect())
    }

    /// What the keyboard layout is called: it changes when another one is set.
    pub(crate) fn layout(&mut self) -> XResult<Vec<u8>> {
        let rules = self.atom("_XKB_RULES_NAMES")?;
        self.property(self.root, rules)
    }

    /// The bytes of a property; empty if there is none.
    pub(crate) fn property(&self, window: Window, property: Atom) -> XResult<Vec<u8>> {
        let reply = self.connection.get_property(false, window, property, x11rb::protocol::xproto::AtomEnum::ANY, 0, 16_384)?.reply()?;
        Ok(reply.value)
    }

    /// A property of 32-bit values.
    pub(crate) fn words(&self, window: Window, property: Atom) -> XResult<Vec<u32>> {
        let reply = self.connection.get_property(false, window, property, x11rb::protocol::xproto::AtomEnum::ANY, 0, 16_384)?.reply()?;
        Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
    }
}
