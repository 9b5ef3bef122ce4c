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
        let lines = match self {
            Self::Paddle(reader) => reader.read(pixels)?,
            Self::Tesseract(reader) => reader.read(pixels)?,
        };
        let mut lines: Vec<Line> = lines.into_iter().flat_map(apart).collect();
        lines.retain(|line| !line.text.trim().is_empty());
        in_reading_order(&mut lines);
        Ok(lines)
    }
}

/// Words that stand far apart are things of their own, though they stand in one line: the buttons of a bar, the cells of a row.
fn apart(line: Line) -> Vec<Line> {
    let gap = (line.area.h * 5 / 4).max(10);
    let mut out: Vec<Line> = Vec::new();
    for word in &line.words {
        match out.last_mut().filter(|last| word.area.x - (last.area.x + last.area.w) < gap) {
            Some(last) => {
                let wide = |c: Option<char>| c.is_some_and(|c| c as u32 >= 0x2E80);
                if !(wide(last.text.chars().next_back()) && wide(word.text.chars().next())) {
                    last.text.push(' ');
                }
                last.text.push_str(&word.text);
                last.area = super::x::pixels::around(last.area, word.area);
                last.words.push(word.clone());
            }
            None => out.push(Line { text: word.text.clone(), area: word.area, words: vec![word.clone()], score: line.score }),
        }
    }
    if out.len() > 1 { out } else { vec![line] }
}

/// Reads text off pictures, by itself.
#[derive(Debug)]
pub struct TextReader(Reader);

/// A text on a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadText {
    /// What is written.
    pub text: String,
    /// Where: left, top, width and height in pixels.
    pub area: (i32, i32, i32, i32),
    /// How sure the reader is, from 0 to 1.
    pub score: f32,
}

impl TextReader {
    /// Loads what reading takes. Blocks.
    ///
    /// # Errors
    /// [`SurfaceError::NotAvailable`] with what to fetch or install, also if the settings say that nothing is to be read.
    pub fn open(config: &OcrConfig) -> Result<Self, SurfaceError> {
        Reader::open(config)?.map(Self).ok_or_else(|| SurfaceError::NotAvailable {
            problem: "reading text off pixels is switched off".to_owned(),
            hint: "choose a reader: paddle or tesseract".to_owned(),
        })
    }

    /// What is written on a PNG picture, in reading order. Blocks.
    ///
    /// # Errors
    /// [`SurfaceError::Protocol`] if it is no such picture, or the reader fails.
    pub fn read_png(&self, png: &[u8]) -> Result<Vec<ReadText>, SurfaceError> {
        let pixels = Pixels::from_png(png).map_err(|problem| broken("reading a picture", &problem))?;
        let texts = self.0.read(&pixels)?.into_iter();
        Ok(texts
            .map(|line| ReadText { text: line.text, area: (line.area.x, line.area.y, line.area.w, line.area.h), score: line.score })
            .collect())
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
