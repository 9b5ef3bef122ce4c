//! Reading by the networks of PP-OCR, run in Rust: one finds lines, the other reads them. English and Chinese.
//!
//! The one decision: lines are cut out level and read in one go, each as wide as it is; where a word begins is told by where the network
//! saw its letters, so a click on a word hits it.

use std::path::Path;

use handiwork_core::SurfaceError;
use rten::Model;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::super::x::Area;
use super::super::x::pixels::{Pixels, around};
use super::{Line, Word, boxes, broken};

/// Height of a line as the network reads it.
const HEIGHT: i32 = 48;
/// Longest line that is read in one go, in points of that height; what is longer is cut.
const LONGEST: i32 = 1_600;
/// Lines that are read together.
const TOGETHER: usize = 6;
/// A line that is less sure than this is no text.
const SURE: f32 = 0.5;
/// Sides of what the first network takes are multiples of this.
const STEP: i32 = 32;
/// What is smaller than this is enlarged before lines are looked for, so that small text is found.
const SHORT: i32 = 736;

/// Both networks and the letters they know.
pub(crate) struct Paddle {
    finder: Model,
    reader: Model,
    /// Letters by their number; the first one is none.
    letters: Vec<String>,
}

impl std::fmt::Debug for Paddle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Paddle({} letters)", self.letters.len())
    }
}

impl Paddle {
    /// Loads both networks from a folder.
    pub(crate) fn load(folder: &Path) -> Result<Self, SurfaceError> {
        let load = |name: &str| {
            let file = folder.join(name);
            let not = |problem: String| SurfaceError::NotAvailable {
                problem: format!("text can't be read off pixels: {}: {problem}", file.display()),
                hint: "handiwork model pull ocr, or --ocr tesseract, or --ocr off".to_owned(),
            };
            if !file.is_file() {
                return Err(not("it is not there".to_owned()));
            }
            Model::load_file(&file).map_err(|error| not(error.to_string()))
        };
        let (finder, reader) = (load("det.onnx")?, load("rec.onnx")?);
        let known = reader.metadata().get("character").unwrap_or_default().to_owned();
        let mut letters = vec![String::new()];
        letters.extend(known.split('\n').map(str::to_owned));
        letters.push(" ".to_owned());
        if letters.len() < 90 {
            return Err(broken("loading the networks that read", &"the reader does not tell which letters it knows"));
        }
        Ok(Self { finder, reader, letters })
    }

    /// The lines on a picture.
    pub(crate) fn read(&self, pixels: &Pixels) -> Result<Vec<Line>, SurfaceError> {
        let mut areas = self.find(pixels)?;
        // Alike widths together: the shorter ones are filled up.
        areas.sort_by_key(|area| width_of(*area));
        let mut out = Vec::new();
        for some in areas.chunks(TOGETHER) {
            out.extend(self.recognise(pixels, some)?);
        }
        Ok(out)
    }

    /// Where lines of text are.
    fn find(&self, pixels: &Pixels) -> Result<Vec<Area>, SurfaceError> {
        let (w, h) = (pixels.area.w, pixels.area.h);
        // Small pictures are filled up and not enlarged much: text has the size that it has.
        let scale = (f64::from(SHORT) / f64::from(w.min(h))).clamp(1.0, 1.5);
        let side = |length: i32| ((f64::from(length) * scale / f64::from(STEP)).ceil() as i32 * STEP).max(STEP);
        let (nw, nh) = (side(w), side(h));
        let mut input = NdTensor::<f32, 4>::zeros([1, 3, nh as usize, nw as usize]);
        fill(&mut input, 0, pixels, pixels.area, (f64::from(w) * scale).round() as i32, (f64::from(h) * scale).round() as i32);
        let out = self.finder.run_one(input.into(), None).map_err(|error| broken("looking for text on the screen", &error))?;
        let map: NdTensor<f32, 4> =
            out.try_into().map_err(|_| broken("looking for text on the screen", &"the network answered in another form"))?;
        let [_, _, mh, mw] = map.shape();
        let data: Vec<f32> = map.iter().copied().collect();
        let (sx, sy) = (f64::from(nw) / mw as f64 / scale, f64::from(nh) / mh as f64 / scale);
        let found = boxes::find(&data, mw, mh);
        Ok(found
            .into_iter()
            .map(|(area, _)| {
                let place = |at: i32, by: f64| (f64::from(at) * by).round() as i32;
                Area::new(
                    pixels.area.x + place(area.x, sx),
                    pixels.area.y + place(area.y, sy),
                    place(area.w, sx).max(1),
                    place(area.h, sy).max(1),
                )
                .within(pixels.area)
            })
            .filter(|area| area.w >= 3 && area.h >= 5)
            .collect())
    }

    fn recognise(&self, pixels: &Pixels, areas: &[Area]) -> Result<Vec<Line>, SurfaceError> {
        let widest = areas.iter().map(|area| width_of(*area)).max().unwrap_or(HEIGHT);
        let width = (widest + 7) / 8 * 8;
        let mut input = NdTensor::<f32, 4>::zeros([areas.len(), 3, HEIGHT as usize, width as usize]);
        for (at, area) in areas.iter().enumerate() {
            fill(&mut input, at, pixels, *area, width_of(*area), HEIGHT);
        }
        let out = self.reader.run_one(input.into(), None).map_err(|error| broken("reading text on the screen", &error))?;
        let told: NdTensor<f32, 3> =
            out.try_into().map_err(|_| broken("reading text on the screen", &"the network answered in another form"))?;
        let [_, steps, classes] = told.shape();
        let all: Vec<f32> = told.into_data().into_iter().collect();
        let mut lines = Vec::new();
        for (at, area) in areas.iter().enumerate() {
            let one = all.get(at * steps * classes..(at + 1) * steps * classes).unwrap_or_default();
            // Points of the picture for one step of the network.
            let step = f64::from(width) / steps as f64 * f64::from(area.w) / f64::from(width_of(*area));
            let mut letters: Vec<(String, f64)> = Vec::new();
            let (mut last, mut sum, mut count) = (0_usize, 0.0_f32, 0_u32);
            for (t, scores) in one.chunks_exact(classes.max(1)).enumerate() {
                let most = scores.iter().copied().fold(f32::MIN, f32::max);
                let class = scores.iter().position(|p| *p >= most).unwrap_or_default();
                let p = most;
                if class != 0
                    && class != last
                    && let Some(letter) = self.letters.get(class)
                {
                    letters.push((letter.clone(), (t as f64 + 0.5) * step));
                    sum += p;
                    count += 1;
                }
                last = class;
            }
            let score = if count == 0 { 0.0 } else { sum / count as f32 };
            if score < SURE {
                continue;
            }
            lines.extend(line(&letters, *area, score));
        }
        Ok(lines)
    }
}

/// Letters with their places, as a line of words.
fn line(letters: &[(String, f64)], area: Area, score: f32) -> Option<Line> {
    let text: String = letters.iter().map(|(letter, _)| letter.as_str()).collect();
    let text = text.trim().to_owned();
    if text.is_empty() {
        return None;
    }
    let mut words: Vec<Word> = Vec::new();
    let mut open: Vec<&(String, f64)> = Vec::new();
    let half = f64::from(area.h) * 0.25;
    let mut close = |open: &mut Vec<&(String, f64)>| {
        if let (Some((_, first)), Some((_, last))) = (open.first(), open.last()) {
            let (left, right) = ((first - half).max(0.0), (last + half).min(f64::from(area.w)));
            let word: String = open.iter().map(|(letter, _)| letter.as_str()).collect();
            words.push(Word {
                text: word,
                area: Area::new(area.x + left.round() as i32, area.y, (right - left).round().max(1.0) as i32, area.h),
            });
        }
        open.clear();
    };
    for letter in letters {
        if letter.0.trim().is_empty() { close(&mut open) } else { open.push(letter) }
    }
    close(&mut open);
    let whole = words.iter().map(|word| word.area).reduce(around).unwrap_or(area).within(area);
    Some(Line { text, area: whole, words, score })
}

/// Width of a line when it is as high as the network wants it.
fn width_of(area: Area) -> i32 {
    ((f64::from(area.w) * f64::from(HEIGHT) / f64::from(area.h.max(1))).ceil() as i32).clamp(16, LONGEST)
}

/// Puts a part of a picture into a tensor, `w` by `h` points large: blue, green and red from -1 to 1.
fn fill(input: &mut NdTensor<f32, 4>, at: usize, pixels: &Pixels, area: Area, w: i32, h: i32) {
    let part = pixels.part(area);
    if part.area.is_empty() {
        return;
    }
    let (sw, sh) = (part.area.w, part.area.h);
    let (fx, fy) = (sw as f32 / w as f32, sh as f32 / h as f32);
    let plane = input.size(2) * input.size(3);
    let stride = input.size(3);
    let Some(data) = input.data_mut() else { return };
    for y in 0..h {
        let sy = ((y as f32 + 0.5) * fy - 0.5).clamp(0.0, (sh - 1) as f32);
        let (y0, dy) = (sy as i32, sy.fract());
        let y1 = (y0 + 1).min(sh - 1);
        for x in 0..w {
            let sx = ((x as f32 + 0.5) * fx - 0.5).clamp(0.0, (sw - 1) as f32);
            let (x0, dx) = (sx as i32, sx.fract());
            let x1 = (x0 + 1).min(sw - 1);
            let pixel = |x: i32, y: i32| {
                let from = ((y * sw + x) * 4) as usize;
                match part.data.get(from..from + 3) {
                    Some([r, g, b]) => [f32::from(*b), f32::from(*g), f32::from(*r)],
                    _ => [0.0; 3],
                }
            };
            let (a, b, c, d) = (pixel(x0, y0), pixel(x1, y0), pixel(x0, y1), pixel(x1, y1));
            for channel in 0..3 {
                let of = |p: [f32; 3]| p.get(channel).copied().unwrap_or_default();
                let upper = of(a) * (1.0 - dx) + of(b) * dx;
                let lower = of(c) * (1.0 - dx) + of(d) * dx;
                let value = (upper * (1.0 - dy) + lower * dy) / 127.5 - 1.0;
                if let Some(slot) = data.get_mut((at * 3 + channel) * plane + y as usize * stride + x as usize) {
                    *slot = value;
                }
            }
        }
    }
}
