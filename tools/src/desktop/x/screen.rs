//! The display that our own process is on, by xcap.

use xcap::Monitor;

use super::Area;
use super::pixels::Pixels;

/// A part of it. Blocks.
pub(crate) fn take(area: Area) -> Result<Pixels, String> {
    let monitors = Monitor::all().map_err(|error| error.to_string())?;
    let mut data = vec![0_u8; area.size() as usize * 4];
    let mut any = false;
    for monitor in monitors {
        let place = |value: Result<i32, xcap::XCapError>| value.map_err(|error| error.to_string());
        let (x, y) = (place(monitor.x())?, place(monitor.y())?);
        let size = |value: Result<u32, xcap::XCapError>| value.map_err(|error| error.to_string()).map(|value| value as i32);
        let whole = Area::new(x, y, size(monitor.width())?, size(monitor.height())?);
        let part = area.within(whole);
        if part.is_empty() {
            continue;
        }
        let image = monitor
            .capture_region((part.x - x) as u32, (part.y - y) as u32, part.w as u32, part.h as u32)
            .map_err(|error| error.to_string())?;
        any = true;
        for (row, line) in image.as_raw().chunks_exact(part.w as usize * 4).enumerate() {
            let from = ((part.y - area.y) as usize + row) * area.w as usize * 4 + (part.x - area.x) as usize * 4;
            if let Some(slot) = data.get_mut(from..from + line.len()) {
                slot.copy_from_slice(line);
            }
        }
    }
    if any { Ok(Pixels { area, data }) } else { Err("no monitor is there".to_owned()) }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::super::X;
    use super::*;
    use crate::desktop::config::DesktopConfig;
    use crate::desktop::display::Seat;

    /// xcap takes the display from the environment of its process, so a process of its own asks it there.
    #[test]
    fn a_picture_of_the_own_display_is_what_the_display_itself_gives() {
        let seat = Seat::take(&DesktopConfig::default()).expect("a display");
        let painted = Command::new("xsetroot").args(["-mod", "5", "7", "-fg", "red", "-bg", "blue"]).env("DISPLAY", &seat.name).status();
        assert!(painted.expect("xsetroot").success());
        let other = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "desktop::x::screen::tests::in_a_process_on_the_display", "--ignored", "--nocapture"])
            .env("DISPLAY", &seat.name)
            .output()
            .expect("it starts");
        let told = format!("{}{}", String::from_utf8_lossy(&other.stdout), String::from_utf8_lossy(&other.stderr));
        assert!(other.status.success() && told.contains("1 passed"), "{told}");
    }

    #[test]
    #[ignore = "run by the other one, on its display"]
    fn in_a_process_on_the_display() {
        let name = std::env::var("DISPLAY").expect("DISPLAY");
        let mut x = X::connect(&name).expect("the display");
        for area in [Area::new(0, 0, 1280, 800), Area::new(33, 41, 270, 90)] {
            let (taken, own) = (take(area).expect("xcap"), x.pixels(area).expect("its own"));
            assert!(own == taken, "{area:?}: other pixels");
            let first = taken.data.get(..4).map(<[u8]>::to_vec);
            assert!(taken.data.chunks_exact(4).any(|pixel| Some(pixel) != first.as_deref()), "{area:?}: it is one colour");
        }
        assert!(take(Area::new(5_000, 0, 10, 10)).is_err());
    }
}
