//! Pixels of the display, as they are on it.

use std::collections::BTreeMap;

use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use super::{Area, X, XResult};

/// A picture: four bytes a pixel, red, green, blue and 255.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Pixels {
    pub(crate) area: Area,
    pub(crate) data: Vec<u8>,
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({:?})", self.area)
    }
}

/// Side of the squares that are compared.
const TILE: i32 = 16;

impl Pixels {
    /// The colour at a point of the display.
    pub(crate) fn at(&self, x: i32, y: i32) -> Option<[u8; 3]> {
        if !self.area.holds(x, y) {
            return None;
        }
        let at = ((y - self.area.y) as usize * self.area.w as usize + (x - self.area.x) as usize) * 4;
        match self.data.get(at..at + 3)? {
            [red, green, blue] => Some([*red, *green, *blue]),
            _ => None,
        }
    }

    /// A part of it.
    pub(crate) fn part(&self, area: Area) -> Self {
        let area = area.within(self.area);
        let mut data = Vec::with_capacity(area.size() as usize * 4);
        for y in area.y..area.y + area.h {
            data.extend_from_slice(self.row(y, area.x, area.w));
        }
        Self { area, data }
    }

    /// Lays a smaller picture over its place in this one.
    pub(crate) fn put(&mut self, part: &Self) {
        let area = part.area.within(self.area);
        for y in area.y..area.y + area.h {
            let from = ((y - self.area.y) as usize * self.area.w as usize + (area.x - self.area.x) as usize) * 4;
            let line = part.row(y, area.x, area.w);
            if let Some(place) = self.data.get_mut(from..from + line.len()) {
                place.copy_from_slice(line);
            }
        }
    }

    fn row(&self, y: i32, x: i32, w: i32) -> &[u8] {
        let from = ((y - self.area.y) as usize * self.area.w as usize + (x - self.area.x) as usize) * 4;
        self.data.get(from..from + w as usize * 4).unwrap_or_default()
    }

    /// Areas that differ from another picture of the same place, neighbours joined. All of it if the places differ.
    pub(crate) fn changed(&self, old: &Self) -> Vec<Area> {
        if self.area != old.area {
            return vec![self.area];
        }
        let mut rows: Vec<Area> = Vec::new();
        let mut y = self.area.y;
        while y < self.area.y + self.area.h {
            let h = TILE.min(self.area.y + self.area.h - y);
            let mut x = self.area.x;
            while x < self.area.x + self.area.w {
                let w = TILE.min(self.area.x + self.area.w - x);
                let differs = (y..y + h).any(|y| self.row(y, x, w) != old.row(y, x, w));
                if differs {
                    match rows.last_mut() {
                        Some(last) if last.y == y && last.x + last.w == x => last.w += w,
                        _ => rows.push(Area::new(x, y, w, h)),
                    }
                }
                x += w;
            }
            y += h;
        }
        join(rows)
    }

    /// The colour of most pixels of a part, and the one that stands out most from it.
    pub(crate) fn colours(&self, area: Area) -> Option<([u8; 3], [u8; 3])> {
        let area = area.within(self.area);
        let mut counts: BTreeMap<[u8; 3], usize> = BTreeMap::new();
        for y in (area.y..area.y + area.h).step_by(if area.h > 64 { 2 } else { 1 }) {
            for pixel in self.row(y, area.x, area.w).chunks_exact(4) {
                if let [red, green, blue, _] = pixel {
                    *counts.entry([red & 0xF0, green & 0xF0, blue & 0xF0]).or_default() += 1;
                }
            }
        }
        let ground = counts.iter().max_by_key(|(_, count)| **count).map(|(colour, _)| *colour)?;
        let far = |colour: &[u8; 3]| colour.iter().zip(ground).map(|(one, other)| u32::from(one.abs_diff(other))).sum::<u32>();
        let front =
            counts.iter().max_by_key(|(colour, count)| far(colour) as usize * (**count).min(60)).map_or(ground, |(colour, _)| *colour);
        Some((ground, front))
    }

    /// Those of a PNG.
    pub(crate) fn from_png(png: &[u8]) -> Result<Self, String> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
        let mut buffer = vec![0; reader.output_buffer_size().ok_or("the picture is too large")?];
        let info = reader.next_frame(&mut buffer).map_err(|error| error.to_string())?;
        buffer.truncate(info.buffer_size());
        let data = match info.color_type {
            png::ColorType::Rgba => buffer,
            png::ColorType::GrayscaleAlpha => buffer
                .chunks_exact(2)
                .flat_map(|pixel| match pixel {
                    [grey, alpha] => [*grey, *grey, *grey, *alpha],
                    _ => [0; 4],
                })
                .collect(),
            other => return Err(format!("pictures of the kind {other:?} can't be read")),
        };
        let area = Area::new(
            0,
            0,
            i32::try_from(info.width).map_err(|error| error.to_string())?,
            i32::try_from(info.height).map_err(|error| error.to_string())?,
        );
        Ok(Self { area, data })
    }

    /// As a PNG, made smaller by `scale` (1 or less).
    pub(crate) fn png(&self, scale: f64) -> Result<(Vec<u8>, (u32, u32)), String> {
        let (w, h) = (self.area.w.max(1) as u32, self.area.h.max(1) as u32);
        let (data, w, h) = if scale < 0.999 { self.scaled(scale) } else { (self.data.clone(), w, h) };
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, w, h);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
        writer.write_image_data(&data).map_err(|error| error.to_string())?;
        writer.finish().map_err(|error| error.to_string())?;
        Ok((out, (w, h)))
    }

    /// Each new pixel is the mean of those that it stands for.
    fn scaled(&self, scale: f64) -> (Vec<u8>, u32, u32) {
        let (w, h) = (((f64::from(self.area.w) * scale).round() as i32).max(1), ((f64::from(self.area.h) * scale).round() as i32).max(1));
        let mut out = Vec::with_capacity((w * h * 4) as usize);
        let span = |at: i32, new: i32, old: i32| {
            let from = i64::from(at) * i64::from(old) / i64::from(new);
            let to = (i64::from(at + 1) * i64::from(old) / i64::from(new)).max(from + 1);
            (from as i32, to as i32)
        };
        for y in 0..h {
            let (top, bottom) = span(y, h, self.area.h);
            for x in 0..w {
                let (left, right) = span(x, w, self.area.w);
                let (mut sums, mut count) = ([0_u32; 3], 0);
                for row in top..bottom {
                    for pixel in self.row(self.area.y + row, self.area.x + left, right - left).chunks_exact(4) {
                        for (sum, part) in sums.iter_mut().zip(pixel) {
                            *sum += u32::from(*part);
                        }
                        count += 1;
                    }
                }
                out.extend(sums.map(|sum| (sum / count.max(1)) as u8));
                out.push(255);
            }
        }
        (out, w as u32, h as u32)
    }
}

/// Joins areas that touch.
fn join(mut areas: Vec<Area>) -> Vec<Area> {
    let mut joined = true;
    while joined {
        joined = false;
        let mut out: Vec<Area> = Vec::new();
        for area in areas {
            let near = |other: &Area| {
                area.x <= other.x + other.w && other.x <= area.x + area.w && area.y <= other.y + other.h && other.y <= area.y + area.h
            };
            match out.iter_mut().find(|other| near(other)) {
                Some(other) => {
                    *other = around(*other, area);
                    joined = true;
                }
                None => out.push(area),
            }
        }
        areas = out;
    }
    areas
}

/// The smallest area that holds both.
pub(crate) fn around(one: Area, other: Area) -> Area {
    let (x, y) = (one.x.min(other.x), one.y.min(other.y));
    let (right, bottom) = ((one.x + one.w).max(other.x + other.w), (one.y + one.h).max(other.y + other.h));
    Area::new(x, y, right - x, bottom - y)
}

/// A colour in a word.
pub(crate) fn word([red, green, blue]: [u8; 3]) -> &'static str {
    let (r, g, b) = (i32::from(red), i32::from(green), i32::from(blue));
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most - least < 40 {
        return match most {
            0..=60 => "black",
            61..=150 => "grey",
            151..=224 => "light grey",
            _ => "white",
        };
    }
    let dark = most < 130;
    match (r, g, b) {
        _ if r == most && g > b + 40 && g * 10 > r * 8 => "yellow",
        _ if r == most && g > b + 30 && g * 2 > r => {
            if dark {
                "brown"
            } else {
                "orange"
            }
        }
        _ if r == most && b * 10 > r * 6 => "pink",
        _ if r == most => "red",
        _ if g == most && b * 10 > g * 8 => "cyan",
        _ if g == most => "green",
        _ if r * 10 > b * 6 => "purple",
        _ if g * 10 > b * 9 => "cyan",
        _ => "blue",
    }
}

/// What is on a drawable in an area that lies in it.
pub(super) fn grab(connection: &RustConnection, root: Window, area: Area) -> XResult<Pixels> {
    let (x, y, w, h) = (area.x as i16, area.y as i16, area.w as u16, area.h as u16);
    let mut data = connection.get_image(ImageFormat::Z_PIXMAP, root, x, y, w, h, u32::MAX)?.reply()?.data;
    // 24 and 32 bits deep, four bytes a pixel: blue first.
    for pixel in data.chunks_exact_mut(4) {
        if let [first, _, third, fourth] = pixel {
            std::mem::swap(first, third);
            *fourth = 255;
        }
    }
    data.truncate(area.size() as usize * 4);
    Ok(Pixels { area, data })
}

impl X {
    /// What is on the display in an area.
    pub(crate) fn pixels(&mut self, area: Area) -> XResult<Pixels> {
        let (width, height) = self.measure()?;
        let area = area.within(Area::new(0, 0, width, height));
        if area.is_empty() {
            return Ok(Pixels { area, data: Vec::new() });
        }
        grab(&self.connection, self.root, area)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(area: Area, colour: [u8; 3]) -> Pixels {
        let pixel = [colour[0], colour[1], colour[2], 255];
        Pixels { area, data: pixel.repeat(area.size() as usize) }
    }

    #[test]
    fn what_changed_is_found_and_neighbours_are_one() {
        let old = flat(Area::new(10, 20, 100, 80), [255, 255, 255]);
        let mut new = old.clone();
        for x in 30..50 {
            let at = ((40 - 20) * 100 + (x - 10)) * 4;
            new.data[at as usize] = 0;
        }
        let changed = new.changed(&old);
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(changed[0].holds(30, 40) && changed[0].holds(49, 40) && changed[0].size() <= 3 * 256, "{changed:?}");
        assert!(old.changed(&old.clone()).is_empty());
        assert_eq!(old.changed(&flat(Area::new(0, 0, 5, 5), [0, 0, 0])), vec![old.area]);
    }

    #[test]
    fn a_part_and_a_smaller_one_keep_the_colours() {
        let pixels = flat(Area::new(0, 0, 40, 40), [200, 30, 30]);
        assert_eq!(pixels.part(Area::new(35, 35, 20, 20)).area, Area::new(35, 35, 5, 5));
        assert_eq!(pixels.at(39, 39), Some([200, 30, 30]));
        assert_eq!(pixels.at(40, 0), None);
        let (bytes, size) = pixels.png(0.5).expect("a picture");
        assert_eq!(size, (20, 20));
        assert!(bytes.starts_with(&[0x89, b'P', b'N', b'G']));
    }

    #[test]
    fn colours_have_words() {
        for (colour, known) in [
            ([255, 255, 255], "white"),
            ([0, 0, 0], "black"),
            ([220, 20, 30], "red"),
            ([20, 160, 40], "green"),
            ([30, 60, 220], "blue"),
            ([240, 220, 30], "yellow"),
            ([240, 150, 20], "orange"),
            ([120, 120, 120], "grey"),
        ] {
            assert_eq!(word(colour), known, "{colour:?}");
        }
    }
}
