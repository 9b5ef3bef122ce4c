//! Reading by the program `tesseract`, which many machines have.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use handiwork_core::SurfaceError;

use super::super::display::programs::{PATH, find};
use super::super::x::Area;
use super::super::x::pixels::Pixels;
use super::{Line, Word, broken};

/// By how much a picture is enlarged first: the program is made for paper, and text on a screen is small to it.
const LARGER: i32 = 3;

/// The program and its languages.
#[derive(Debug)]
pub(crate) struct Tesseract {
    program: PathBuf,
    languages: String,
}

impl Tesseract {
    pub(super) fn find(languages: &str) -> Result<Self, SurfaceError> {
        let program = find("tesseract").ok_or_else(|| SurfaceError::NotAvailable {
            problem: "there is no program tesseract".to_owned(),
            hint: "apt-get install tesseract-ocr tesseract-ocr-chi-sim".to_owned(),
        })?;
        if !languages.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '+') || languages.is_empty() {
            return Err(SurfaceError::NotAvailable {
                problem: format!("{languages:?} names no languages"),
                hint: "write them as tesseract does: eng+chi_sim".to_owned(),
            });
        }
        Ok(Self { program, languages: languages.to_owned() })
    }

    pub(super) fn read(&self, pixels: &Pixels) -> Result<Vec<Line>, SurfaceError> {
        let wrong = |error: &dyn std::fmt::Display| broken("reading text by tesseract", error);
        let (data, w, h) = larger(pixels);
        let mut child = Command::new(&self.program)
            .args(["-", "-", "-l", &self.languages, "--psm", "11", "--dpi", "288", "-c", "tessedit_create_tsv=1"])
            .env_clear()
            .env("PATH", PATH)
            .env("OMP_THREAD_LIMIT", "2")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| wrong(&error))?;
        let input = child.stdin.take();
        // Written beside: it may say something before it has read all.
        let writer = std::thread::spawn(move || -> std::io::Result<()> {
            let Some(mut input) = input else { return Ok(()) };
            input.write_all(format!("P5\n{w} {h}\n255\n").as_bytes())?;
            input.write_all(&data)
        });
        let output = child.wait_with_output().map_err(|error| wrong(&error))?;
        let _ = writer.join();
        if !output.status.success() {
            return Err(wrong(&format!("it ended with {}", output.status)));
        }
        Ok(lines(&String::from_utf8_lossy(&output.stdout), pixels.area))
    }
}

/// Grey and enlarged.
fn larger(pixels: &Pixels) -> (Vec<u8>, i32, i32) {
    let (w, h) = (pixels.area.w, pixels.area.h);
    let grey: Vec<f32> = pixels
        .data
        .chunks_exact(4)
        .map(|pixel| match pixel {
            [r, g, b, _] => 0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b),
            _ => 0.0,
        })
        .collect();
    let at = |x: i32, y: i32| grey.get((y.clamp(0, h - 1) * w + x.clamp(0, w - 1)) as usize).copied().unwrap_or_default();
    let mut out = Vec::with_capacity((w * h * LARGER * LARGER) as usize);
    let step = 1.0 / LARGER as f32;
    for y in 0..h * LARGER {
        let fy = (y as f32 + 0.5) * step - 0.5;
        let (top, dy) = (fy.floor() as i32, fy - fy.floor());
        for x in 0..w * LARGER {
            let fx = (x as f32 + 0.5) * step - 0.5;
            let (left, dx) = (fx.floor() as i32, fx - fx.floor());
            let upper = at(left, top) * (1.0 - dx) + at(left + 1, top) * dx;
            let lower = at(left, top + 1) * (1.0 - dx) + at(left + 1, top + 1) * dx;
            out.push((upper * (1.0 - dy) + lower * dy).round().clamp(0.0, 255.0) as u8);
        }
    }
    (out, w * LARGER, h * LARGER)
}

/// What the table of words says: level, page, block, paragraph, line, word, left, top, width, height, how sure, text.
fn lines(table: &str, area: Area) -> Vec<Line> {
    let mut out: Vec<((String, String, String), Line)> = Vec::new();
    for row in table.lines().skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let (Some(["5", _, block, paragraph, line, _]), Some(text)) = (fields.get(..6), fields.get(11)) else { continue };
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<f32>().ok()).unwrap_or_default();
        if text.trim().is_empty() || number(10) < 20.0 {
            continue;
        }
        let part = |at: usize| (number(at) / LARGER as f32).round() as i32;
        let word = Word { text: (*text).to_owned(), area: Area::new(area.x + part(6), area.y + part(7), part(8).max(1), part(9).max(1)) };
        let key = ((*block).to_owned(), (*paragraph).to_owned(), (*line).to_owned());
        match out.last_mut().filter(|(last, _)| *last == key) {
            Some((_, line)) => {
                line.area = super::super::x::pixels::around(line.area, word.area);
                // Chinese is written without blanks between words.
                let wide = |c: Option<char>| c.is_some_and(|c| c as u32 >= 0x2E80);
                if !(wide(line.text.chars().next_back()) && wide(word.text.chars().next())) {
                    line.text.push(' ');
                }
                line.text.push_str(&word.text);
                line.score = line.score.min(number(10) / 100.0);
                line.words.push(word);
            }
            None => out.push((key, Line { text: word.text.clone(), area: word.area, score: number(10) / 100.0, words: vec![word] })),
        }
    }
    out.into_iter().map(|(_, line)| line).collect()
}
