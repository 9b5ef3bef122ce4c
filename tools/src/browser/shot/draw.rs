//! Boxes and labels on a picture.
//!
//! A box is drawn just outside of its element. A label goes where it hides the least: beside its element before on it, never on another
//! label if it can be helped. Large letters are tried first, small ones where there is no room.

use std::collections::BTreeMap;

use handiwork_core::{Node, Rect, Ref, Verb};

use super::glyphs;

/// Most pixels of a picture that is drawn on.
const MOST_PIXELS: usize = 130_000_000;
/// Space around the letters of a label.
const PAD: i64 = 2;
/// Side of the squares by which what is near is found.
const CELL: i64 = 64;

/// What an element is for, which gives its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Link,
    Button,
    Field,
    Choice,
    Other,
}

impl Kind {
    pub(super) fn of(node: &Node) -> Self {
        match node.role.as_str() {
            "link" => Self::Link,
            "checkbox" | "radio" | "switch" | "option" | "tab" | "combobox" | "listbox" | "menuitemcheckbox" | "menuitemradio" => {
                Self::Choice
            }
            "button" | "menuitem" | "clickable" => Self::Button,
            _ if node.verbs.contains(&Verb::Fill) || node.verbs.contains(&Verb::Upload) => Self::Field,
            _ => Self::Other,
        }
    }

    /// Red, green and blue; white letters can be read on each.
    pub(super) fn colour(self) -> [u8; 3] {
        match self {
            Self::Link => [24, 90, 219],
            Self::Button => [12, 125, 62],
            Self::Field => [190, 82, 0],
            Self::Choice => [140, 40, 170],
            Self::Other => [95, 95, 95],
        }
    }
}

/// An element to be marked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    pub(super) r#ref: Ref,
    /// Its box, in pixels of the picture.
    pub(super) rect: Rect,
    pub(super) kind: Kind,
}

/// Left, top, right and bottom, in pixels; right and bottom are the first that are outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) l: i64,
    pub(super) t: i64,
    pub(super) r: i64,
    pub(super) b: i64,
}

impl Block {
    fn common(self, other: Self) -> i64 {
        (self.r.min(other.r) - self.l.max(other.l)).max(0) * (self.b.min(other.b) - self.t.max(other.t)).max(0)
    }

    fn area(self) -> i64 {
        (self.r - self.l).max(0) * (self.b - self.t).max(0)
    }

    fn cells(self) -> impl Iterator<Item = (i64, i64)> {
        let rows = self.t.div_euclid(CELL)..=self.b.div_euclid(CELL);
        rows.flat_map(move |y| (self.l.div_euclid(CELL)..=self.r.div_euclid(CELL)).map(move |x| (x, y)))
    }
}

/// Blocks that can be asked how much of a place they take.
#[derive(Default)]
struct Taken(BTreeMap<(i64, i64), Vec<Block>>);

impl Taken {
    fn add(&mut self, block: Block) {
        for cell in block.cells() {
            self.0.entry(cell).or_default().push(block);
        }
    }

    /// Pixels of `place` that are taken, each as often as it is.
    fn of(&self, place: Block) -> i64 {
        let mut seen: Vec<Block> = Vec::new();
        for block in place.cells().filter_map(|cell| self.0.get(&cell)).flatten() {
            if !seen.contains(block) {
                seen.push(*block);
            }
        }
        seen.into_iter().map(|block| block.common(place)).sum()
    }
}

/// A label in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) at: Block,
    pub(super) scale: i64,
}

fn block_of(rect: Rect) -> Block {
    let px = |value: f64| value.round() as i64;
    Block { l: px(rect.x), t: px(rect.y), r: px(rect.x + rect.w), b: px(rect.y + rect.h) }
}

/// Finds a place for each label on a picture of this size.
pub(super) fn place(marks: &[Mark], width: i64, height: i64) -> Vec<Label> {
    let view = Block { l: 0, t: 0, r: width, b: height };
    let mut elements = Taken::default();
    let mut labels = Taken::default();
    // Boxes that hold other boxes are backgrounds; covering a piece of them hides nothing.
    let blocks: Vec<Block> = marks.iter().map(|mark| block_of(mark.rect)).collect();
    for block in &blocks {
        let holds = blocks.iter().filter(|other| *other != block && other.common(*block) == other.area()).count();
        if holds < 2 {
            elements.add(*block);
        }
    }
    let mut out = Vec::with_capacity(marks.len());
    for (mark, own) in marks.iter().zip(&blocks) {
        let text = mark.r#ref.to_string();
        let best = [2, 1].into_iter().flat_map(|scale| candidates(&text, *own, scale)).map(|(at, scale)| {
            let outside = at.area() - at.common(view);
            let cost = elements.of(at) * 2 + labels.of(at) * 6 + outside * 20 + if scale == 1 { 12 } else { 0 };
            (cost, at, scale)
        });
        // The first of those that cost least: candidates come in order of preference.
        if let Some((_, at, scale)) = best.min_by_key(|(cost, ..)| *cost) {
            labels.add(at);
            out.push(Label { text, at, scale });
        }
    }
    out
}

/// Places for a label: around the element, and last in its corners.
fn candidates(text: &str, own: Block, scale: i64) -> Vec<(Block, i64)> {
    let letters = text.chars().count() as i64;
    let pad = if scale == 1 { 1 } else { PAD };
    let w = letters * (glyphs::WIDTH as i64 + 1) * scale - scale + 2 * pad;
    let h = glyphs::HEIGHT as i64 * scale + 2 * pad;
    // One pixel is for the box.
    let (l, t, r, b) = (own.l - 1, own.t - 1, own.r + 1, own.b + 1);
    let middle = (t + b - h) / 2;
    let tops = [
        (l, t - h),
        (r - w, t - h),
        (l - w, t),
        (r, t),
        (l - w, middle),
        (r, middle),
        (l, b),
        (r - w, b),
        (r - w, t),
        (r - w, b - h),
        (l, t),
        (l, b - h),
    ];
    tops.into_iter().map(|(x, y)| (Block { l: x, t: y, r: x + w, b: y + h }, scale)).collect()
}

/// A picture, decoded: three or four bytes per pixel.
pub(super) struct Canvas {
    pub(super) width: i64,
    pub(super) height: i64,
    bytes: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn decode(picture: &[u8]) -> Result<Self, String> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
        let size = reader.output_buffer_size().filter(|size| *size <= MOST_PIXELS * 4).ok_or("the picture is too large")?;
        let mut pixels = vec![0; size];
        let info = reader.next_frame(&mut pixels).map_err(|error| error.to_string())?;
        let bytes = match info.color_type {
            png::ColorType::Rgb => 3,
            png::ColorType::Rgba => 4,
            other => return Err(format!("a picture of {other:?} pixels")),
        };
        Ok(Self { width: i64::from(info.width), height: i64::from(info.height), bytes, pixels })
    }

    fn encode(&self) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width as u32, self.height as u32);
        encoder.set_color(if self.bytes == 3 { png::ColorType::Rgb } else { png::ColorType::Rgba });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
        writer.write_image_data(&self.pixels).map_err(|error| error.to_string())?;
        writer.finish().map_err(|error| error.to_string())?;
        Ok(out)
    }

    /// The colour of a pixel.
    #[cfg(test)]
    pub(super) fn at(&self, x: i64, y: i64) -> [u8; 3] {
        let start = (y * self.width + x) as usize * self.bytes;
        [self.pixels[start], self.pixels[start + 1], self.pixels[start + 2]]
    }

    fn set(&mut self, x: i64, y: i64, colour: [u8; 3]) {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            return;
        }
        let start = (y * self.width + x) as usize * self.bytes;
        for (offset, value) in colour.into_iter().chain([255]).take(self.bytes).enumerate() {
            if let Some(pixel) = self.pixels.get_mut(start + offset) {
                *pixel = value;
            }
        }
    }

    fn fill(&mut self, block: Block, colour: [u8; 3]) {
        for y in block.t.max(0)..block.b.min(self.height) {
            for x in block.l.max(0)..block.r.min(self.width) {
                self.set(x, y, colour);
            }
        }
    }

    /// One pixel around a block; where the picture ends, inside of it.
    fn frame(&mut self, block: Block, colour: [u8; 3]) {
        let Block { l, t, r, b } =
            Block { l: (block.l - 1).max(0), t: (block.t - 1).max(0), r: (block.r + 1).min(self.width), b: (block.b + 1).min(self.height) };
        for side in [Block { l, t, r, b: t + 1 }, Block { l, t: b - 1, r, b }, Block { l, t, r: l + 1, b }, Block { l: r - 1, t, r, b }] {
            self.fill(side, colour);
        }
    }

    fn write(&mut self, label: &Label, colour: [u8; 3]) {
        self.fill(label.at, colour);
        let pad = if label.scale == 1 { 1 } else { PAD };
        let mut x = label.at.l + pad;
        for letter in label.text.chars() {
            for (row, bits) in (0_i64..).zip(glyphs::rows(letter)) {
                for column in 0..glyphs::WIDTH as i64 {
                    if bits >> (glyphs::WIDTH as i64 - 1 - column) & 1 == 1 {
                        let (l, t) = (x + column * label.scale, label.at.t + pad + row * label.scale);
                        self.fill(Block { l, t, r: l + label.scale, b: t + label.scale }, [255; 3]);
                    }
                }
            }
            x += (glyphs::WIDTH as i64 + 1) * label.scale;
        }
    }
}

/// Draws the marks on a PNG, and gives another PNG.
pub(super) fn draw(picture: &[u8], marks: &[Mark]) -> Result<Vec<u8>, String> {
    let mut canvas = Canvas::decode(picture)?;
    let labels = place(marks, canvas.width, canvas.height);
    for mark in marks {
        canvas.frame(block_of(mark.rect), mark.kind.colour());
    }
    for (mark, label) in marks.iter().zip(&labels) {
        canvas.write(label, mark.kind.colour());
    }
    canvas.encode()
}
