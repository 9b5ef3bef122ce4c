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
