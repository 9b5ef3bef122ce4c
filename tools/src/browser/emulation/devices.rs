//! Devices by name: what pages see of them. Few, one of each kind that pages tell apart.

use super::EmulationError;
use super::check::refuse;

/// What pages see of a device.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Device {
    /// Its name.
    pub name: &'static str,
    /// Width and height of the view, in CSS pixels.
    pub viewport: (u32, u32),
    /// Device pixels for each CSS pixel.
    pub scale: f64,
    /// Whether it is held in the hand and touched.
    pub mobile: bool,
    /// What its browser calls itself.
    pub user_agent: &'static str,
}

const fn device(name: &'static str, viewport: (u32, u32), scale: f64, user_agent: &'static str) -> Device {
    Device { name, viewport, scale, mobile: true, user_agent }
}

/// All that are known.
pub const DEVICES: &[Device] = &[
    device(
        "iPhone 15",
        (393, 659),
        3.0,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    ),
    device(
        "iPhone SE",
        (375, 553),
        2.0,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    ),
    device(
        "iPad",
        (820, 1106),
        2.0,
        "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    ),
    device(
        "Pixel 8",
        (412, 839),
        2.625,
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    ),
    device(
        "Galaxy S24",
        (360, 703),
        3.0,
        "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    ),
    device(
        "Galaxy Tab S9",
        (800, 1205),
        2.0,
        "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    ),
];

pub(super) fn find(name: &str) -> Result<&'static Device, EmulationError> {
    DEVICES.iter().find(|device| device.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known: Vec<&str> = DEVICES.iter().map(|device| device.name).collect();
        refuse("device", name, "it is not known", format!("give one of {}, or set viewport, scale, touch and user agent", known.join(", ")))
    })
}
