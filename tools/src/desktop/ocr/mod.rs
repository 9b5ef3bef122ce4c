//! Reading text off pixels, where no program tells what it shows.
//!
//! The one decision: a reader is given pixels and gives back lines with boxes, and knows nothing of windows. What is read again, and
//! what a line means, is decided by those who ask ([`super::eyes`]).

pub(crate) mod boxes;
pub(crate) mod paddle;
mod tesseract;

use handiwork_core::SurfaceError;

use super::config::OcrConfig;
use super::x::Area;
use super::x::pixels::Pixels;

/// A word with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) area: Area,
}

/// A line of text with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) area: Area,
    pub(crate) words: Vec<Word>,
    /// How sure the reader is, from 0 to 1.
    pub(crate) score: f32,
}

/// Something that reads.
#[derive(Debug)]
pub(crate) enum Reader {
    Paddle(Box<paddle::Paddle>),
    Tesseract(tesseract::Tesseract),
}

impl Reader {
    /// The reader that the settings ask for; none if they ask for none. Blocks.
    pub(crate) fn open(config: &OcrConfig) -> Result<Option<Self>, SurfaceError> {
        match config {
            OcrConfig::Off => Ok(None),
            OcrConfig::Paddle { folder } => Ok(Some(Self::Paddle(Box::new(paddle::Paddle::load(folder)?)))),
            OcrConfig::Tesseract { languages } => Ok(Some(Self::Tesseract(tesseract::Tesseract::find(languages)?))),
        }
    }

    /// The lines on a picture, in reading order. Blocks.
    pub(crate) fn read(&self, pixels: &Pixels) -> Result<Vec<Line>, SurfaceError> {
        if pixels.area.w < 8 || pixels.area.h < 8 {
            return Ok(Vec::new());
        }
        let mut lines = match self {
            Self::Paddle(reader) => reader.read(pixels)?,
            Self::Tesseract(reader) => reader.read(pixels)?,
        };
        lines.retain(|line| !line.text.trim().is_empty());
        in_reading_order(&mut lines);
        Ok(lines)
    }
}

/// From top to bottom, and from left to right where they stand beside each other.
fn in_reading_order(lines: &mut [Line]) {
    lines.sort_by_key(|line| (line.area.y + line.area.h / 2, line.area.x));
    let mut from = 0;
    while from < lines.len() {
        let Some(first) = lines.get(from).map(|line| line.area) else { break };
        let same = |line: &Line| (line.area.middle().1 - first.middle().1).abs() * 2 < first.h.min(line.area.h);
        let count = lines.iter().skip(from).take_while(|line| same(line)).count().max(1);
        if let Some(row) = lines.get_mut(from..from + count) {
            row.sort_by_key(|line| line.area.x);
        }
        from += count;
    }
}

pub(crate) fn broken(doing: &str, error: &dyn std::fmt::Display) -> SurfaceError {
    SurfaceError::Protocol { doing: doing.to_owned(), detail: error.to_string() }
}
