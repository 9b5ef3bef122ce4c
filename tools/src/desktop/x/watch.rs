//! All pixels of the display, read again only where it was painted.
//!
//! The one decision: the server itself notes what is painted (DAMAGE), so a look at a display that stands still reads nothing. On a
//! person's display a compositor may paint past what a root window notes; there all of it is read each time, as it is without the
//! extension.

use std::sync::Arc;

use x11rb::connection::Connection as _;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::Window;
use x11rb::rust_connection::RustConnection;

use super::pixels::{Pixels, grab};
use super::{Area, X, XResult};

/// More pieces than this are read as one.
const MOST_PIECES: usize = 24;

/// The server's notes. They have a connection of their own: what it tells is thrown away.
pub(crate) struct Watch {
    connection: RustConnection,
    root: Window,
    damage: u32,
    region: u32,
    last: Arc<Pixels>,
}

impl Watch {
    fn begin(display: &str) -> Option<Self> {
        let (connection, at) = x11rb::connect(Some(display)).ok()?;
        let root = connection.setup().roots.get(at)?.root;
        connection.xfixes_query_version(5, 0).ok()?.reply().ok()?;
        connection.damage_query_version(1, 1).ok()?.reply().ok()?;
        let (damage, region) = (connection.generate_id().ok()?, connection.generate_id().ok()?);
        connection.damage_create(damage, root, ReportLevel::NON_EMPTY).ok()?.check().ok()?;
        connection.xfixes_create_region(region, &[]).ok()?.check().ok()?;
        Some(Self { connection, root, damage, region, last: Arc::default() })
    }

    fn look(&mut self, all: Area) -> XResult<Arc<Pixels>> {
        while self.connection.poll_for_event()?.is_some() {}
        // Taken before the pixels are: what is painted in between is noted for the next time.
        self.connection.damage_subtract(self.damage, x11rb::NONE, self.region)?;
        let noted = self.connection.xfixes_fetch_region(self.region)?.reply()?;
        let area = |one: &x11rb::protocol::xproto::Rectangle| {
            Area::new(i32::from(one.x), i32::from(one.y), i32::from(one.width), i32::from(one.height)).within(all)
        };
        if self.last.area != all {
            self.last = Arc::new(grab(&self.connection, self.root, all)?);
            return Ok(Arc::clone(&self.last));
        }
        let mut pieces: Vec<Area> = noted.rectangles.iter().map(area).filter(|piece| !piece.is_empty()).collect();
        if pieces.len() > MOST_PIECES {
            pieces = vec![area(&noted.extents)];
        }
        if !pieces.is_empty() {
            let whole = Arc::make_mut(&mut self.last);
            for piece in pieces {
                let part = grab(&self.connection, self.root, piece)?;
                whole.put(&part);
            }
        }
        Ok(Arc::clone(&self.last))
    }
}

impl X {
    /// Has the server note what is painted from now on, if it can.
    pub(crate) fn watch(&mut self, display: &str) {
        self.watch = Watch::begin(display);
    }

    /// All of the display.
    pub(crate) fn all_pixels(&mut self) -> XResult<Arc<Pixels>> {
        let (width, height) = self.measure()?;
        let all = Area::new(0, 0, width, height);
        match &mut self.watch {
            Some(watch) => watch.look(all),
            None => Ok(Arc::new(self.pixels(all)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::desktop::config::DesktopConfig;
    use crate::desktop::display::Seat;

    #[test]
    fn what_is_kept_is_what_is_there() {
        let seat = Seat::take(&DesktopConfig::default()).expect("a display");
        let (mut watching, mut plain) = (X::connect(&seat.name).expect("eyes"), X::connect(&seat.name).expect("others"));
        watching.watch(&seat.name);
        assert!(watching.watch.is_some(), "the server of a private display can note it");
        let mut before = watching.all_pixels().expect("pixels");
        let mut comes_to_be = |other_than: Option<&Arc<Pixels>>, what: &str| {
            let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
            loop {
                let now = watching.all_pixels().expect("pixels");
                if *now == plain.pixels(now.area).expect("pixels") && other_than.is_none_or(|before| *now != **before) {
                    let again = watching.all_pixels().expect("pixels");
                    assert!(*now != *again || Arc::ptr_eq(&now, &again), "{what}: nothing was painted, and it was copied");
                    return now;
                }
                assert!(std::time::Instant::now() < end, "{what}: other pixels than the display has, or none that are new");
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        };
        let programs: [&[&str]; 4] = [
            &["xsetroot", "-solid", "red"],
            &["xsetroot", "-mod", "5", "7"],
            &["xterm", "-geometry", "40x10+100+80", "-e", "sh", "-c", "seq 1 50; exec sleep 2"],
            &["xsetroot", "-solid", "blue"],
        ];
        for words in programs {
            let (program, args) = words.split_first().expect("a program");
            let mut painting = Command::new(program).args(args).env("DISPLAY", &seat.name).spawn().expect("it starts");
            before = comes_to_be(Some(&before), program);
            assert!(painting.wait().expect("it ends").success(), "{words:?}");
            // A window that has closed is painted over.
            before = comes_to_be((*program == "xterm").then_some(&before), program);
        }
    }
}
